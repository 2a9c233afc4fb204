/** The rules of the policy: what each means, who sees which row, who approved; and who reads what. */
// @ts-check

/** @import { Access, ColumnRule, Rule } from "./contract.js" */
import { get, post, Problem, setIdentity } from "./api.js";
import { announce, counted, h, prose } from "./dom.js";
import { shown } from "./grid.js";
import { capital, sqlBlock } from "./sql.js";

const SAID = { sql: "in SQL", reviewed: "reviewed", new: "waits for review", changed: "changed since its review", missing: "not compiled yet", ambiguous: "may mean several things", not_understood: "not understood", unsupported: "not supported" };
const short = (/** @type {string} */ name) => name.replace(/^(main|public)\./, "");

/** @param {() => void} reload asks the server anew who we are */
export function rulesView(reload) {
  const element = h("div", { class: "rules" }, h("h1", null, "Rules"), h("p", { class: "soft" }, "Reading the policy…"));

  async function load() {
    try {
      const [{ rules, columns, policy }, access] = await Promise.all([get("/console/rules"), get("/console/access")]);
      if (!policy) return none();
      const waiting = rules.filter((/** @type {Rule} */ r) => !["sql", "reviewed"].includes(r.status));
      const done = rules.filter((/** @type {Rule} */ r) => !waiting.includes(r));
      const relations = [...new Set([...done.map((/** @type {Rule} */ r) => r.relation), ...columns.map((/** @type {ColumnRule} */ c) => c.relation)])];
      element.replaceChildren(
        h("h1", null, "Rules"),
        h("p", { class: "soft" }, `${counted(rules.length, "rule")} for rows, ${columns.length} for columns. What no rule lets through does not exist.`),
        ...(waiting.length ? [
          h("h2", { class: "over" }, `${counted(waiting.length, "rule")} ${waiting.length === 1 ? "grants" : "grant"} nothing until reviewed`),
          waiting.some((/** @type {Rule} */ r) => ["missing", "changed"].includes(r.status)) ? compile() : "",
          h("ul", { class: "cards" }, waiting.map((/** @type {Rule} */ r) => h("li", { class: "panel rule" }, card(r)))),
        ] : []),
        h("h2", { class: "over" }, "Who reads what"), matrix(access),
        h("h2", { class: "over" }, "What each rule means"),
        ...relations.map((relation) => h("section", { class: "panel group" },
          h("h3", null, short(relation)),
          done.filter((/** @type {Rule} */ r) => r.relation === relation).map((/** @type {Rule} */ r) => h("div", { class: "rule" }, card(r))),
          columnRules(columns.filter((/** @type {ColumnRule} */ c) => c.relation === relation)))),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      element.replaceChildren(h("h1", null, "Rules"), h("section", { class: "panel trouble" }, h("p", { class: "lead" }, prose(`${capital(error.message)}.`)), error.hint && h("p", null, prose(`${capital(error.hint)}.`))));
    }
  }

  function none() {
    element.replaceChildren(h("h1", null, "Rules"), h("section", { class: "panel empty" }, h("p", { class: "lead" }, "There is no policy."),
      h("p", { class: "soft" }, prose("Whoever reaches this server reads everything. `nlq init` writes a policy to start from."))));
  }

  /** The grammar alone: a model is asked at the terminal. */
  function compile() {
    const button = h("button", { type: "button", onclick: async () => {
      button.disabled = true;
      await post("/console/rules/compile", {}).catch((error) => announce(error.message));
      await load();
    } }, "Compile what is missing");
    return h("p", { class: "row" }, button, h("span", { class: "soft" }, prose("By the grammar. What it does not understand, `nlq rules compile` gives to the model.")));
  }

  /** @param {Rule} rule @returns {(HTMLElement|null)[]} */
  function card(rule) {
    const done = rule.status === "sql" || rule.status === "reviewed";
    const examples = h("div", { class: "place" });
    const open = h("details", { ontoggle: (/** @type {Event} */ event) => {
      if (/** @type {HTMLDetailsElement} */ (event.currentTarget).open && !examples.childElementCount) show(rule, examples);
    } }, h("summary", null, "Who sees this row?"), examples);
    const predicates = rule.grants.map((g) => `${g.predicate ?? "TRUE"}${!rule.roles.length && g.roles.length ? ` -- for ${g.roles.join(", ")}` : ""}`);
    return [
      h("div", { class: "head" },
        h("strong", null, h("code", null, rule.name)),
        h("span", { class: `tag ${done ? "good" : "waiting"}` }, SAID[rule.status] ?? rule.status),
        rule.roles.map((role) => h("span", { class: "tag" }, role)),
        rule.reviewed && h("span", { class: "soft" }, `by ${rule.reviewed.by}, ${rule.reviewed.at.slice(0, 10)}`)),
      h("div", { class: "pair" },
        h("div", null, rule.english ? h("p", { class: "english" }, `“${rule.english}”`) : null, rule.explanation && h("p", { class: rule.english ? "soft" : "reading" }, prose(rule.explanation)),
          rule.assumptions.length > 0 && h("ul", { class: "assumptions" }, rule.assumptions.map((a) => h("li", null, prose(`Assumed: ${a}`)))),
          rule.finding && h("p", { class: "finding" }, prose(`${capital(rule.finding.message)}.`), rule.finding.hint && !rule.readings.length ? prose(` ${capital(rule.finding.hint)}.`) : ""),
          rule.readings.length > 0 && h("ol", { class: "readings" }, rule.readings.map((r) => h("li", null, prose(r.explanation))))),
        rule.grants.every((g) => g.predicate === null) ? h("p", { class: "every" }, rule.grants.length ? "every row" : "") : sqlBlock(predicates.join("\nOR ").replace(/\n\s+/g, "\n").trim())),
      rule.grants.some((g) => g.predicate !== null) || rule.readings.length ? open : null,
      rule.status === "new" ? approval(rule) : null,
    ];
  }

  /** @param {Rule} rule */
  function approval(rule) {
    const id = `by-${rule.name}`;
    const field = h("input", { id, autocomplete: "name", required: true, placeholder: "Your name" });
    try {
      field.value = localStorage.getItem("nlq.reviewer") ?? "";
    } catch {
      // It is asked for each time.
    }
    const said = h("p", { class: "soft", role: "status" });
    return h("form", { class: "row approve", onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      try {
        // What was read is what is approved of: the server refuses where it has changed meanwhile.
        await post("/console/rules/approve", { name: rule.name, id: rule.id, by: field.value });
        try {
          localStorage.setItem("nlq.reviewer", field.value);
        } catch {
          // As above.
        }
        announce(`approved ${rule.name}`);
        await load();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        said.replaceChildren(...prose(`${capital(error.message)}. ${capital(error.hint ?? "")}`));
      }
    } }, h("label", { for: id, class: "unseen" }, "Your name"), field, h("button", { type: "submit", class: "primary" }, "Approve"), h("span", { class: "soft" }, "It grants from then on."), said);
  }

  /** @param {Access} access */
  function matrix(access) {
    const be = (/** @type {string} */ name) => {
      setIdentity(name === "owner" ? null : { kind: "name", text: name === "anybody" ? "{}" : name });
      reload();
    };
    return h(
      "div", { class: "panel list scroll-x", tabindex: 0, role: "region", "aria-label": "Who reads what" },
      h("table", { class: "plain-table matrix" },
        h("thead", null, h("tr", null, h("th", { scope: "col" }, "Relation"), access.people.map((p) => h("th", { scope: "col" },
          h("button", { type: "button", class: "plain", title: p.roles.join(", ") || "no role", "aria-label": `View as ${p.name}`, onclick: () => be(p.name) }, p.name))))),
        h("tbody", null, access.relations.map((r) => h("tr", null, h("th", { scope: "row" }, h("code", null, short(r.relation))), r.reach.map((cell) => {
          const less = cell.effect === "denied" ? [] : cell.columns;
          return h("td", { title: cell.reason }, h("span", { class: `reach ${cell.effect}` }, { allowed: "all", filtered: "some", denied: "—" }[cell.effect]),
            less.map((c) => h("span", { class: "less" }, `${c.kind === "hidden" ? "no" : c.kind} ${c.name}`)));
        })))),
      ),
      h("p", { class: "soft refs" }, "All rows, some rows, or the relation does not exist. Choose a name to view everything as they do."),
    );
  }

  return { element, enter: load };
}

/** @param {ColumnRule[]} columns */
function columnRules(columns) {
  if (!columns.length) return null;
  const said = (/** @type {ColumnRule} */ c) => [
    c.kind === "aggregate" ? `only in groups of ${c.group} or more` : c.kind === "visible" ? "" : c.kind,
    c.filterable ? "" : "may only be shown", c.writable ? "" : "nobody writes it",
    c.except.length ? `except for ${c.except.join(", ")}` : "",
  ].filter(Boolean).join(", ");
  return h("div", { class: "rule" }, h("ul", { class: "depends" }, columns.map((c) => h("li", null, h("code", null, c.column), h("span", { class: "soft" }, ` ${said(c)}`)))));
}

/** @param {Rule} rule @param {HTMLElement} place */
async function show(rule, place) {
  place.replaceChildren(h("p", { class: "soft" }, "Making rows…"));
  try {
    const { examples } = await get(`/console/rules/${rule.name.split("/").map(encodeURIComponent).join("/")}`);
    if (!examples) {
      place.replaceChildren(h("p", { class: "soft" }, "There is nothing to show: the rule is out of date."));
      return;
    }
    const several = examples.rows[0]?.sees.length > 1;
    place.replaceChildren(h("div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": `Examples of ${rule.name}` }, h(
      "table", { class: "plain-table examples" },
      h("caption", { class: "soft" }, "Made-up rows; what a real engine says of them."),
      h("thead", null, h("tr", null, examples.columns.map((/** @type {string} */ c) => h("th", { scope: "col" }, h("code", null, c))),
        examples.rows[0].sees.flatMap((/** @type {boolean[]} */ _r, /** @type {number} */ n) => examples.callers.map((/** @type {string} */ c) => h("th", { scope: "col", class: "who" }, several ? `${n + 1}: ${c}` : c))))),
      h("tbody", null, examples.rows.map((/** @type {any} */ row) => h("tr", null, examples.columns.map((/** @type {string} */ c) => h("td", null, row.row[c] === null ? h("em", { class: "soft" }, "null") : shown(row.row[c]))),
        row.sees.flat().map((/** @type {boolean} */ sees) => h("td", { class: sees ? "sees yes" : "sees" }, sees ? "yes" : "–"))))),
    )));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    place.replaceChildren(h("p", { class: "soft" }, prose(error.message)));
  }
}
