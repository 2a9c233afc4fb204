/** An answer: the rows, what was asked of the database, why these rows, what it cost. */
// @ts-check

/** @import { Asked } from "./api.js" */
/** @import { Answer, Decision } from "./contract.js" */
import { getRows, post, Problem } from "./api.js";
import { sqlDiff } from "./diff.js";
import { announce, counted, download, duration, h, prose } from "./dom.js";
import { grid, isNumber, read, toTsv } from "./grid.js";
import { capital, readable, sqlBlock, sqlEditor } from "./sql.js";

/** @typedef {{question: string, plan: string, sql: string, keep: boolean}} Edited what SQL was written instead of, and whether it may be kept */

/**
 * @typedef {{asked: Asked, answer: Answer, log: HTMLElement, edited: Edited|null, runSql: (sql: string) => void,
 *   again: (question: string) => void, next?: HTMLElement, chart?: (answer: Answer) => HTMLElement|null}} Shown
 */

/** @param {Shown} shown @returns {HTMLElement} */
export function showAnswer({ asked, answer, log, edited, runSql, again, next, chart }) {
  return h(
    "section", { class: "answer", "aria-label": "Answer" },
    h("div", { class: "left" }, edited && instead(edited, answer, again), result(asked, answer, chart), next, sqlPart(answer, runSql)),
    h("div", { class: "right" }, meaning(answer), seen(answer), assumed(answer), made(answer, log)),
  );
}

/** @param {Asked} asked @param {Answer} answer @param {Shown["chart"]} chart */
function result(asked, answer, chart) {
  if (answer.rows.length === 0) {
    return h(
      "div", { class: "panel empty" }, h("p", { class: "lead" }, "No rows."),
      h("p", { class: "soft" }, "Nothing in the part of the database that you may read fits the question. " +
        "Compare the conditions with what you meant."),
    );
  }
  const only = answer.rows.length === 1 && answer.columns.length === 1 ? answer.rows[0][answer.columns[0].name] : undefined;
  if (only !== undefined) return figure(answer, read(answer.columns[0], only));
  return table(asked, answer, chart);
}

/** @param {Answer} answer @param {string} text */
function figure(answer, text) {
  const [column] = answer.columns;
  const number = isNumber(column) && /^-?\d{1,15}(\.\d+)?$/.test(text) && !/(^|_)(id|year|number)$/i.test(column.name);
  return h(
    "figure", { class: "panel figure" },
    h("p", { class: "value" }, text === "" ? "null" : number ? Number(text).toLocaleString("en", { maximumFractionDigits: 10 }) : text),
    h("figcaption", null, column.name.replaceAll("_", " ")),
  );
}

/** @param {Asked} asked @param {Answer} answer @param {Shown["chart"]} chart */
function table(asked, answer, chart) {
  const rows = grid(answer.columns, answer.rows);
  const place = h("div", null, rows.element);
  const picture = chart?.(answer) ?? null;
  const choice = picture && h(
    "div", { class: "segments", role: "group", "aria-label": "Show as" },
    ...["Table", "Chart"].map((name, n) => h("button", {
      type: "button", "aria-pressed": n === 0 ? "true" : "false",
      onclick: (/** @type {Event} */ event) => {
        const pressed = /** @type {HTMLElement} */ (event.currentTarget);
        for (const b of pressed.parentElement?.children ?? []) b.setAttribute("aria-pressed", String(b === pressed));
        place.replaceChildren(n === 0 ? rows.element : picture);
      },
    }, name)),
  );
  const count = answer.truncated ? `The first ${answer.rows.length.toLocaleString("en")} rows; there are more` : counted(answer.rows.length, "row");
  return h(
    "div", { class: "panel rows" },
    h(
      "div", { class: "tools" }, h("p", { class: "count" }, count), choice, h("span", { class: "push" }), h("span", { class: "takes" },
      h("button", { type: "button", class: "plain", onclick: () => copy(toTsv(answer.columns, rows.rows()), "the rows") }, "Copy"),
      Object.keys(FILES).map((name) => h("button", { type: "button", class: "plain", onclick: (/** @type {Event} */ e) => save(asked, name, e) }, name)),
      h("button", {
        type: "button", class: "plain",
        onclick: () => download("answer.json", "application/json", `${JSON.stringify(rows.rows(), null, 1)}\n`),
      }, "JSON")),
    ),
    place,
  );
}

/** @type {Record<string, string>} */
const FILES = { CSV: "text/csv", Parquet: "application/vnd.apache.parquet" };

/** @param {Asked} asked @param {string} name of the kind of file @param {Event} event */
async function save(asked, name, event) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  button.disabled = true;
  try {
    download(`answer.${name.toLowerCase()}`, FILES[name], await getRows(asked, FILES[name]));
    announce(`${name} saved`);
  } catch (error) {
    announce(error instanceof Error ? error.message : "it did not work");
    button.title = error instanceof Error ? error.message : "";
  } finally {
    button.disabled = false;
  }
}

/** @param {string} text @param {string} what */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`${what} copied`);
  } catch {
    const field = h("textarea", { class: "unseen" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    announce(`${what} copied`);
  }
}

/** @param {Answer} answer @param {(sql: string) => void} runSql */
function sqlPart(answer, runSql) {
  const sql = readable(answer.sql);
  const place = h("div", { class: "place" }, sqlBlock(sql, "SQL"));
  const tools = h("div", { class: "tools" }, h("h2", null, "SQL"), h("span", { class: "push" }),
    h("button", { type: "button", class: "plain", onclick: () => copy(sql, "the SQL") }, "Copy"),
    h("button", { type: "button", class: "plain edit", onclick: edit }, "Edit"));
  function edit() {
    tools.classList.add("editing");
    const cancel = () => {
      tools.classList.remove("editing");
      place.replaceChildren(sqlBlock(sql, "SQL"));
      /** @type {HTMLElement|null} */ (tools.querySelector(".edit"))?.focus();
    };
    const editor = sqlEditor({ sql, run: runSql, cancel });
    place.replaceChildren(editor.form);
    editor.start();
  }
  return h("div", { class: "panel query" }, tools, place);
}

/**
 * What the person changed, to be kept or not.
 * @param {Edited} edited @param {Answer} answer @param {(question: string) => void} again
 */
function instead(edited, answer, again) {
  const place = h("div", { class: "panel instead" });
  const back = h("button", { type: "button", onclick: () => again(edited.question) }, "Back to what it was");
  const said = h("p", { class: "finding", role: "alert" });
  const keep = h("button", { type: "button", class: "primary", onclick: async () => {
    keep.disabled = true;
    try {
      await post("/console/keep", { question: edited.question, sql: answer.sql, seen: edited.plan });
      place.replaceChildren(h("p", { class: "lead" }, "Kept."),
        h("p", null, "From now on this SQL answers the question, and no model is asked. What it replaced is shown under ", h("a", { href: "#/plans" }, "Plans"), "."),
        h("p", { class: "row" }, h("button", { type: "button", onclick: () => again(edited.question) }, "Ask the question")));
      announce("kept");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      keep.disabled = false;
      said.replaceChildren(...prose(`${capital(error.message)}.${error.hint ? ` ${capital(error.hint)}.` : ""}`));
    }
  } }, "Keep it");
  const same = edited.sql === answer.sql;
  place.append(
    h("h2", { class: "title" }, same ? "The same SQL as before" : "Your SQL, instead of what answered the question"),
    same ? "" : sqlDiff(edited.sql, answer.sql, "What you changed"),
    edited.keep ? h("p", { class: "soft" }, "Keep it, and it is the reviewed plan of this question: nothing is compiled in its place.") : "",
    said, h("p", { class: "row" }, edited.keep && keep, back));
  return place;
}

/** The explanation, which is made from the SQL and not by the model. @param {Answer} answer */
function meaning(answer) {
  return h("div", { class: "note" }, h("h2", null, "What this asks"),
    h("p", { class: "reading" }, prose(answer.explanation)));
}

/** @type {Record<Decision["effect"], string>} */
const EFFECTS = { allowed: "all", filtered: "some", masked: "masked", aggregated: "grouped", denied: "none" };

/** What the policy let through, in its own words. @param {Answer} answer */
function seen(answer) {
  if (!answer.decisions.length) return null;
  return h(
    "div", { class: "note" }, h("h2", null, "What you may see of it"),
    h("ul", { class: "decisions" }, answer.decisions.map((d) => h(
      "li", null,
      h("span", { class: `tag ${d.effect}` }, EFFECTS[d.effect]),
      h("span", null, h("code", null, d.relation.replace(/^main\.|^public\./, "") + (d.column ? `.${d.column}` : "")),
        h("span", { class: "soft" }, ...prose(` ${d.reason}`))),
    ))),
  );
}

/** @param {Answer} answer */
function assumed(answer) {
  if (!answer.assumptions.length) return null;
  return h("div", { class: "note assumed" }, h("h2", null, "Assumed"),
    h("ul", null, answer.assumptions.map((a) => h("li", null, prose(a)))));
}

// By the weights of compiler/vote.py: above the first are drafts that bound at once, say what the question says, and of
// which the model was sure. Four in five of the surest were right (docs/accuracy.md).
const [SURE, UNSURE] = [0.65, 0.4];

/** How likely it is right, in the words of a person. @param {number} confidence */
function sureness(confidence) {
  const said = confidence >= SURE ? "Probably right" : confidence >= UNSURE ? "May be wrong: read the SQL" : "Doubtful: read the SQL";
  return h("p", { class: confidence < SURE ? "doubt" : "soft" }, `${said} (${Math.round(confidence * 100)} %)`);
}

const PARTS = [["plan", "Plan"], ["guard", "Permissions"], ["engine", "Database"]];

/** @param {Answer} answer @param {HTMLElement} log */
function made(answer, log) {
  const { plan, timings } = answer;
  const total = timings.total ?? 0;
  const by = plan.model === "hand" ? (plan.cached ? "A plan that a person wrote: no model was called" : "SQL written by hand")
    : plan.cached ? "A known plan: no model was called"
      : `Compiled by ${plan.model} in ${counted(plan.model_calls, "call")}`;
  const cost = plan.model_calls ? `${(plan.prompt_tokens + plan.completion_tokens).toLocaleString("en")} tokens` : null;
  const known = PARTS.filter(([key]) => timings[key] !== undefined);
  const bar = h("div", { class: "bar", "aria-hidden": "true" }, known.map(([key]) => {
    const part = h("span", { class: key });
    part.style.flexGrow = String(Math.max(timings[key], total * 0.01));
    return part;
  }));
  return h(
    "div", { class: "note made" }, h("h2", null, "How it was made"),
    h("p", null, by, cost && h("span", { class: "soft" }, `, ${cost}`)),
    plan.model !== "hand" && sureness(plan.confidence),
    bar,
    h("dl", { class: "times" }, known.map(([key, name]) => h("div", null, h("dt", { class: key }, name), h("dd", null, duration(timings[key])))),
      h("div", null, h("dt", null, "Together"), h("dd", null, duration(total)))),
    h("details", null, h("summary", null, "Step by step"), log,
      plan.model === "hand" && !plan.cached ? null : h("p", { class: "soft" }, "Plan ", h("a", { href: `#/plans/${plan.id}` }, h("code", null, plan.id)))),
  );
}
