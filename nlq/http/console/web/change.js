/** Changes: an instruction, what it would do row by row, approved of or not; and what was done, to be undone. */
// @ts-check

/** @import { World } from "./ask.js" */
/** @import { Change, Entry, Outcome, Relation, Row } from "./contract.js" */
import { get, mutate, post, Problem } from "./api.js";
import { questionBox } from "./box.js";
import { announce, counted, h, prose } from "./dom.js";
import { shown } from "./grid.js";
import { progress } from "./progress.js";
import { capital, readable, sqlBlock } from "./sql.js";
import { suggest } from "./suggest.js";

/** @typedef {Record<string, string|number|boolean|null>} Params */

const DONE = { create: "added to", update: "changed in", delete: "deleted from" };
const MOST = 50; // rows of one step that are drawn
const short = (/** @type {string} */ name) => name.replace(/^(main|public)\./, "");

/** @param {World} world */
export function changeView(world) {
  const place = h("div", { class: "place" });
  const past = h("div", { class: "place" });
  /** @type {AbortController|null} */
  let running = null;
  const stop = () => running?.abort();
  const box = questionBox({
    label: "Instruction", placeholder: "Say what to change", action: "Preview", stop,
    suggestions: (before) => suggest(before, [], [], world.catalog),
    ask: (instruction) => preview(instruction, {}),
  });
  const element = h("div", { class: "ask asked" }, h("h1", { class: "unseen" }, "Change the database"), box.form, place, past);

  /** Shows what would be changed; nothing is. @param {string} instruction @param {Params} params */
  async function preview(instruction, params) {
    const outcome = await work((onStage, signal) => mutate({ instruction, params, preview: true }, onStage, signal), (problem) => {
      const missing = problem.code === "request.missing_parameter" ? [...problem.message.matchAll(/`([^`]+)`/g)].map((m) => m[1]) : [];
      return missing.length ? inputs(instruction, { ...params }, missing) : null;
    });
    if (outcome) place.replaceChildren(proposal(outcome, () => commit(instruction, params, outcome)));
  }

  /** Makes what was shown, and that alone. @param {string} instruction @param {Params} params @param {Outcome} seen */
  async function commit(instruction, params, seen) {
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const body = { instruction, params, preview: false, ...(seen.approval ? { approval: seen.approval } : {}) };
    const outcome = await work((onStage, signal) => mutate(body, onStage, signal, key), () => null);
    if (!outcome) return;
    place.replaceChildren(done(outcome));
    announce("done");
    history();
  }

  /**
   * @param {(onStage: (stage: any) => void, signal: AbortSignal) => Promise<Outcome>} send
   * @param {(problem: Problem) => HTMLElement|null} mend what can be done about a problem
   * @returns {Promise<Outcome|null>}
   */
  async function work(send, mend) {
    stop();
    const mine = new AbortController();
    running = mine;
    const steps = progress();
    place.replaceChildren(steps.element);
    box.setBusy(true);
    try {
      return await send(steps.on, mine.signal);
    } catch (error) {
      if (error instanceof Problem) place.replaceChildren(mend(error) ?? trouble(error));
      else if (mine.signal.aborted) place.replaceChildren(h("p", { class: "panel soft" }, "Stopped. Nothing was changed."));
      else throw error;
      return null;
    } finally {
      steps.end();
      if (running === mine) {
        running = null;
        box.setBusy(false);
      }
    }
  }

  /** Asks for what the instruction leaves open. @param {string} instruction @param {Params} params @param {string[]} missing */
  function inputs(instruction, params, missing) {
    const fields = missing.map((name) => ({ name, field: h("input", { id: `input-${name}`, required: true, autocomplete: "off" }) }));
    return h(
      "form", { class: "panel inputs", onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        for (const { name, field } of fields) params[name] = valueOf(field.value);
        preview(instruction, params);
      } },
      h("p", { class: "lead" }, "It leaves something open."),
      fields.map(({ name, field }) => h("p", null, h("label", { for: field.id }, h("code", null, name)), field)),
      h("p", { class: "row" }, h("button", { type: "submit", class: "primary" }, "Preview"), h("span", { class: "soft" }, "Numbers, true, false and null are read as such; put text in quotes to keep it text.")),
    );
  }

  /** @param {Outcome} outcome @param {() => void} approve */
  function proposal(outcome, approve) {
    const rows = outcome.changes.reduce((sum, c) => sum + c.count, 0);
    announce(`would change ${counted(rows, "row")}`);
    return h(
      "section", { class: "answer", "aria-label": "Preview" },
      h("div", { class: "left" },
        h("div", { class: "panel outcome" },
          h("p", { class: "lead" }, !rows ? "Nothing would be changed." : outcome.doubts.length ? "This would happen, and it is doubtful." : "This would happen. Nothing has been changed yet."),
          outcome.changes.map(difference),
          rows > 0 && h("p", { class: "row" }, h("button", { type: "button", class: "primary", onclick: approve }, "Make this change"),
            h("button", { type: "button", onclick: begin }, "Leave it"))),
        h("div", { class: "panel query" }, sqlBlock(readable(outcome.sql), "SQL"))),
      aside(outcome),
    );
  }

  /** @param {Outcome} outcome */
  const done = (outcome) => h("section", { class: "panel outcome", "aria-label": "Outcome" },
    h("p", { class: "lead" }, outcome.repeated ? "This was done before." : "Done."), outcome.changes.map(difference),
    outcome.undo && h("p", { class: "row" }, h("button", { type: "button", onclick: () => undo(outcome.undo ?? "") }, "Undo")));

  /** @param {string} id */
  async function undo(id) {
    try {
      const { changes } = await post("/undo", { undo: id });
      place.replaceChildren(h("section", { class: "panel outcome", "aria-label": "Outcome" }, h("p", { class: "lead" }, "Undone."), changes.map(difference)));
      announce("undone");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      place.replaceChildren(trouble(error));
    }
    history();
  }

  async function history() {
    /** @type {Entry[]} */
    const entries = (await get("/history").catch(() => ({ changes: [] }))).changes;
    const undone = new Map(entries.filter((e) => e.undone_by).map((e) => [e.undone_by, e.instruction]));
    // An undo is a change like others, and can be undone.
    const said = (/** @type {Entry} */ e) => (undone.has(e.id) ? `Undone: ${undone.get(e.id) ?? "an undo"}` : e.instruction ?? "An undo");
    past.replaceChildren(entries.length ? h("section", { class: "note" }, h("h2", null, "What was changed"), h("ul", { class: "history" }, entries.slice(0, 20).map((e) => h(
      "li", null,
      h("span", { class: "text" }, said(e)),
      h("span", { class: "soft" }, e.changes.map((c) => `${counted(c.count, "row")} ${DONE[/** @type {"create"} */ (c.action)] ?? c.action} ${short(c.relation)}`).join(", "), ` · ${e.time.slice(0, 16).replace("T", " ")}`),
      e.undone_by ? h("span", { class: "tag" }, "undone") : h("button", { type: "button", class: "plain", "aria-label": `Undo: ${said(e)}`, onclick: () => undo(e.id) }, "Undo"),
    )))) : "");
  }

  /** What is there before anything was said. */
  function begin() {
    place.replaceChildren(welcome(world, (instruction) => { box.fill(instruction); preview(instruction, {}); }));
  }

  begin();
  return {
    element,
    /** @param {URLSearchParams} given */
    enter(given) {
      // Filled in and not previewed: a link must not make anybody's server work.
      box.fill(given.get("q") ?? box.value());
      history();
      box.focus();
    },
    focus: () => box.select(),
    stop,
  };
}

/** @param {World} world @param {(instruction: string) => void} take */
function welcome(world, take) {
  const found = (world.catalog?.relations ?? []).filter((r) => r.kind === "table" && r.primary_key.join() === "id").flatMap(thinkable).slice(0, 4);
  return h("div", { class: "note" },
    h("p", { class: "soft" }, "Say what to change. You see each row as it was and as it would be, and nothing is changed until you say so. What was done can be undone."),
    found.length > 0 && [h("h2", null, "For example"), h("ul", { class: "choices" }, found.map((text) => h("li", null, h("button", { type: "button", onclick: () => take(text) }, text))))]);
}

/** An instruction that one could give. @param {Relation} relation @returns {string[]} */
function thinkable(relation) {
  const one = relation.name.replaceAll("_", " ").replace(/ies$/, "y").replace(/(?<!s)s$/, "");
  const name = relation.columns.find((c) => /^(name|title)$/.test(c.name));
  const status = relation.columns.find((c) => c.enum.length > 1 && /status|state/.test(c.name));
  if (status) return [`Set the ${status.name} of ${one} 7 to ${status.enum[status.enum.length - 1]}`];
  return name ? [`Rename ${one} 7 to 'Something else'`] : [];
}

/** @param {Problem} problem */
function trouble(problem) {
  announce(problem.message);
  return h("section", { class: "panel trouble", role: "alert" }, h("p", { class: "lead" }, prose(`${capital(problem.message)}.`)),
    h("p", null, "Nothing was changed.", problem.hint && prose(` ${capital(problem.hint)}.`)), h("code", { class: "code" }, problem.code));
}

/** @param {Outcome} outcome */
const aside = (outcome) => h("div", { class: "right" },
  h("div", { class: "note" }, h("h2", null, "What this does"), h("p", { class: "reading" }, prose(outcome.explanation))),
  outcome.doubts.length > 0 && h("div", { class: "note assumed" }, h("h2", null, "Doubts"), h("ul", null, outcome.doubts.map((d) => h("li", null, prose(capital(d)))))),
  outcome.assumptions.length > 0 && h("div", { class: "note" }, h("h2", null, "Assumed"), h("ul", { class: "depends" }, outcome.assumptions.map((a) => h("li", null, prose(a))))));

/** Rows as they were and as they would be, one beside the other where a row is both. @param {Change} change */
function difference(change) {
  const rows = Math.max(change.before.length, change.after.length);
  const columns = Object.keys(change.after[0] ?? change.before[0] ?? {});
  return h(
    "div", { class: "difference" },
    h("h2", { class: "title" }, `${counted(change.count, "row")} ${DONE[change.action]} `, h("code", null, short(change.relation))),
    rows > 0 && h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": `Rows ${DONE[change.action]} ${short(change.relation)}` }, h(
      "table", { class: "plain-table" },
      h("thead", null, h("tr", null, columns.map((c) => h("th", { scope: "col" }, h("code", null, c))))),
      h("tbody", null, Array.from({ length: Math.min(rows, MOST) }, (_, n) => h("tr", { class: change.action }, columns.map((c) => cell(change, change.before[n], change.after[n], c))))))),
    rows > MOST && h("p", { class: "soft" }, `And ${(rows - MOST).toLocaleString("en")} more.`),
  );
}

/** @param {Change} change @param {Row|undefined} before @param {Row|undefined} after @param {string} column */
function cell(change, before, after, column) {
  const text = (/** @type {Row} */ row) => (row[column] === null ? "null" : shown(row[column]));
  if (change.action !== "update" || !before || !after) return h("td", null, h(change.action === "delete" ? "del" : "ins", null, text(/** @type {Row} */ (after ?? before))));
  if (shown(before[column]) === shown(after[column])) return h("td", null, text(after));
  return h("td", null, h("del", null, text(before)), " ", h("ins", null, text(after)));
}

/** As the terminal reads a value. @param {string} text @returns {string|number|boolean|null} */
function valueOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}
