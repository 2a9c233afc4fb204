/** The first view: a question, and its answer. */
// @ts-check

/** @import { Asked } from "./api.js" */
/** @import { Edited } from "./answer.js" */
/** @import { Answer, Catalog, Reading, Session } from "./contract.js" */
import { ask, Problem } from "./api.js";
import { showAnswer } from "./answer.js";
import { questionBox } from "./box.js";
import { announce, counted, h, prose } from "./dom.js";
import { forget, history, remember } from "./history.js";
import { progress } from "./progress.js";
import { capital, readable, sqlBlock, sqlEditor } from "./sql.js";
import { starters, suggest } from "./suggest.js";

/** @typedef {{question: string, said: string}} Step a question, and the words that it came of */
/**
 * @typedef {{session: Session, catalog: Catalog|null, catalogProblem: Problem|null, known: string[],
 *   chart?: (answer: Answer) => HTMLElement|null}} World
 */

/** @param {World} world */
export function askView(world) {
  const place = h("div", { class: "place" });
  /** @type {AbortController|null} */
  let running = null;
  /** @type {(() => void)|null} asks the last question anew */
  let last = null;
  const stop = () => running?.abort();
  const box = questionBox({
    suggestions: (before) => suggest(before, history(), world.known, world.catalog),
    ask: (question) => start({ path: "/query", body: { question } }),
    stop,
  });
  const element = h("div", { class: "ask" }, h("div", { class: "greeting" }, h("h1", null, "Ask the database"),
    h("p", { class: "soft" }, "Every answer comes with its SQL, what that means in plain words, and what your permissions left of it.")), box.form, place);

  /**
   * @param {Asked} asked @param {Edited|null} [edited]
   * @param {Step[]} [before] the questions that this one refines, the first of them first
   */
  async function start(asked, edited = null, before = []) {
    stop();
    const mine = new AbortController();
    [running, last] = [mine, () => start(asked, edited, before)];
    element.classList.add("asked");
    const { question, follows } = asked.body;
    if (question && !follows) fill(question);
    const steps = progress();
    place.replaceChildren(steps.element);
    box.setBusy(true);
    const limited = { ...asked, body: { ...asked.body, limit: world.session.row_limit } };
    try {
      const answer = await ask(limited, (stage) => {
        if (stage.stage === "followed" && stage.question) fill(stage.question);
        steps.on(stage);
      }, mine.signal);
      steps.end();
      if (running !== mine) return;
      const whole = answer.question ?? question;
      const of = whole
        ? { question: whole, plan: answer.plan.id, sql: answer.sql, keep: world.session.insider && !world.session.frozen }
        : edited;
      const next = whole && !world.session.frozen ? followUps(whole, [...before, { question: whole, said: (follows && question) || whole }]) : null;
      const shown = showAnswer({
        asked: whole ? { ...limited, body: { question: whole, limit: limited.body.limit } } : limited,
        answer, log: steps.log, edited, again: askIt, chart: world.chart, next: next?.form,
        runSql: (written) => start({ path: "/sql", body: { sql: written } }, of),
      });
      place.replaceChildren(...(before.length && question ? [trail(before, question)] : []), shown);
      if (follows) next?.focus();
      announce(`answered: ${counted(answer.rows.length, "row")}. ${answer.explanation}`);
    } catch (error) {
      steps.end();
      if (running !== mine) return;
      if (error instanceof Problem) place.replaceChildren(error.readings.length ? readings(error.readings, asked) : trouble(error, asked, steps.log));
      else if (mine.signal.aborted) place.replaceChildren(h("p", { class: "panel soft" }, "Stopped."));
      else throw error;
    } finally {
      if (running === mine) {
        running = null;
        box.setBusy(false);
      }
    }
  }

  /** @param {string} question */
  function fill(question) {
    remember(question);
    box.fill(question);
    document.title = `${question} · nlq`;
  }

  /** @param {string} question @param {Step[]} steps it and those that it refines */
  const followUps = (question, steps) => followUpBox((text) => start({ path: "/query", body: { question: text, follows: question } }, null, steps));

  /** How one came to this question; each step can be asked again. @param {Step[]} before @param {string} said */
  const trail = (before, said) => h("nav", { class: "trail", "aria-label": "How you came here" }, h("ol", null,
    before.map((step, n) => h("li", null, h("button", { type: "button", class: "plain", title: step.question,
      onclick: () => start({ path: "/query", body: { question: step.question } }, null, before.slice(0, n)) }, step.said))),
    h("li", { "aria-current": "step" }, said)));

  /** @param {string} question */
  const askIt = (question) => {
    box.fill(question);
    start({ path: "/query", body: { question } });
  };

  /** What an ambiguous question may mean, to choose from. @param {Reading[]} found @param {Asked} asked */
  function readings(found, asked) {
    const before = new Set((asked.body.question ?? "").split(/\s+/));
    announce(`this may mean ${found.length} things`);
    return h(
      "section", { class: "panel which", "aria-labelledby": "which" },
      h("h2", { id: "which", class: "title" }, "Which do you mean?"),
      h("ul", null, found.map((r) => h("li", null,
        h("button", { type: "button", class: "reading", onclick: () => askIt(r.question) },
          // The words that tell it from the others.
          r.question.split(/(\s+)/).map((word) => (word.trim() && !before.has(word) ? h("strong", null, word) : word))),
        h("p", { class: "soft" }, prose(r.explanation)), sqlBlock(readable(r.sql), `SQL of: ${r.question}`)))),
    );
  }

  /** @param {Problem} problem @param {Asked} asked @param {HTMLElement} log */
  function trouble(problem, asked, log) {
    // A hint may name questions that are known; those can be asked at once.
    const known = /known questions: (.*)$/.exec(problem.hint ?? "");
    const hint = (problem.hint ?? "").replace(/(^|; )known questions: .*$/, "");
    const questions = known ? [...known[1].matchAll(/`([^`]+)`/g)].map((m) => m[1]) : [];
    announce(problem.message);
    return h(
      "section", { class: "panel trouble", role: "alert" },
      h("p", { class: "lead" }, prose(`${capital(problem.message)}.`)),
      hint && h("p", null, prose(`${capital(hint)}.`)),
      questions.length > 0 && h("div", null, h("p", { class: "soft" }, "These are known:"), choices(questions)),
      h("p", { class: "row" },
        h("button", { type: "button", onclick: () => last?.() }, "Ask again"),
        asked.body.sql && h("button", { type: "button", onclick: () => write(asked.body.sql ?? "") }, "Edit the SQL"),
        problem.code && h("code", { class: "code" }, problem.code)),
      log.childElementCount > 1 && h("details", null, h("summary", null, "Step by step"), log),
    );
  }

  /** @param {string[]} questions */
  const choices = (questions) => h("ul", { class: "choices" }, questions.map((q) => h("li", null,
    h("button", { type: "button", onclick: () => askIt(q) }, q))));

  /** SQL by hand, through the same check and guard. @param {string} sql */
  function write(sql) {
    const editor = sqlEditor({ sql, run: (written) => start({ path: "/sql", body: { sql: written } }), cancel: begin });
    element.classList.add("asked");
    place.replaceChildren(h("section", { class: "panel query" }, h("div", { class: "tools" }, h("h2", null, "SQL by hand")), editor.form));
    editor.start();
  }

  /** What is there before anything was asked. */
  function begin() {
    element.classList.remove("asked");
    document.title = "nlq";
    place.replaceChildren(welcome());
  }

  function welcome() {
    const { catalog, catalogProblem, session } = world;
    if (catalogProblem) return h("section", { class: "panel trouble" }, h("p", { class: "lead" }, prose(`${capital(catalogProblem.message)}.`)), catalogProblem.hint && h("p", null, prose(`${capital(catalogProblem.hint)}.`)));
    if (!catalog) return h("div", null);
    if (!catalog.relations.length) return nothing(session);
    const questions = world.known.length >= 3 ? world.known.slice(0, 8) : starters(catalog);
    const asked = history().slice(0, 5);
    return h(
      "div", { class: "welcome" },
      h("section", null, h("h2", null, "For example"), choices(questions),
        session.frozen && h("p", { class: "soft" }, "This server compiles nothing: it answers the questions that it knows.")),
      h("section", null,
        asked.length > 0 && [h("h2", null, "Asked before"), choices(asked),
          h("p", null, h("button", { type: "button", class: "plain", onclick: () => { forget(); begin(); } }, "Forget them"))],
        h("h2", null, "Or"),
        h("ul", { class: "choices" },
          h("li", null, h("button", { type: "button", onclick: () => write("") }, "Write SQL by hand")),
          h("li", null, h("a", { href: "#/catalog" }, `Look at ${counted(catalog.relations.length, "relation")}`)))),
    );
  }

  begin();
  return {
    element,
    /** @param {URLSearchParams} given */
    enter(given) {
      const question = given.get("q");
      if (given.get("sql") !== null) write(given.get("sql") ?? "");
      else if (question) {
        // Filled in and not asked: a link must not make anybody's server work.
        box.fill(question);
        if (element.classList.contains("asked")) begin();
      } else if (given.has("new")) {
        box.fill("");
        begin();
      }
      if (matchMedia("(pointer: fine)").matches) box.focus();
    },
    focus: () => box.select(),
    stop,
    /** Asks the last question anew, as whoever asks now. */
    again: () => last?.(),
  };
}

/** A box for what refines the answer above it. @param {(text: string) => void} ask */
function followUpBox(ask) {
  const field = h("input", { id: "follow-up", "aria-label": "Refine it", autocomplete: "off", enterkeyhint: "go", placeholder: "only those of 2025 · by month instead · and their names?", maxlength: 1000 });
  const form = h("form", { class: "follow-up", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); if (field.value.trim()) ask(field.value.trim()); } },
    h("label", { for: "follow-up" }, "Refine it"), field, h("button", { type: "submit" }, "Refine"));
  return { form, focus: () => field.focus({ preventScroll: true }) };
}

/** @param {Session} session */
function nothing(session) {
  const anonymous = !session.caller.owner && !session.caller.roles.length;
  return h(
    "section", { class: "panel empty" },
    h("p", { class: "lead" }, "There is nothing that you may read."),
    h("p", { class: "soft" }, anonymous && session.sign_in !== "none"
      ? "You are nobody in particular yet. Say who you are, at the top right."
      : "The policy of this database has no rule for you."),
  );
}
