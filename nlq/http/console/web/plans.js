/** What is compiled: found, read, traced to where it comes from. And how often the model was right. */
// @ts-check

/** @import { Plan, Report } from "./contract.js" */
import { get, Problem } from "./api.js";
import { sqlDiff } from "./diff.js";
import { counted, duration, h, prose } from "./dom.js";
import { capital, readable, sqlBlock } from "./sql.js";

const short = (/** @type {string} */ name) => name.replace(/^(main|public)\./, "");

/** @param {Problem} problem */
const trouble = (problem) => h("section", { class: "panel trouble" }, h("p", { class: "lead" }, prose(`${capital(problem.message)}.`)), problem.hint && h("p", null, prose(`${capital(problem.hint)}.`)));

/** @param {Plan} plan */
const forWhom = (plan) => (plan.scope === null ? "" : plan.scope === "owner" ? "the owner" : plan.scope.replace(/^roles:/, "") || "everyone");

/** @param {string} model */
const by = (model) => (model === "hand" ? "a person" : model);

export function plansView() {
  const filter = h("input", { type: "search", placeholder: "Find a plan", "aria-label": "Find a plan", oninput: () => list() });
  const links = h("ul", { class: "index" });
  const place = h("div", { class: "detail" });
  const element = h("div", { class: "split" }, h("div", { class: "aside" }, filter, h("nav", { "aria-label": "Plans" }, links)), place);
  /** @type {Plan[]} */
  let plans = [];
  let chosen = "";

  /** Its question, and for whom it is where there are several of that question. @param {Plan} plan */
  const named = (plan) => {
    const alone = plans.every((p) => p.id === plan.id || p.question !== plan.question);
    return h("span", null, plan.question, !alone && forWhom(plan) && h("span", { class: "soft" }, ` for ${forWhom(plan)}`));
  };

  function list() {
    const wanted = filter.value.trim().toLowerCase();
    const found = plans.filter((p) => !wanted || `${p.question} ${p.sql} ${p.id}`.toLowerCase().includes(wanted));
    links.replaceChildren(...found.map((p) => h("li", null, h(
      "a", { href: `#/plans/${p.id}`, "aria-current": p.id === chosen ? "page" : null },
      named(p), p.standing === "stale" ? h("span", { class: "tag stale" }, "stale") : p.provenance.model === "hand" && h("span", { class: "tag" }, "by hand")))));
    if (!found.length) links.replaceChildren(h("li", { class: "soft" }, plans.length ? "None is like that." : "None yet."));
  }

  function whole() {
    const stale = plans.filter((p) => p.standing === "stale").length;
    place.replaceChildren(
      h("h1", null, counted(plans.length, "plan")),
      plans.length
        ? h("p", { class: "soft" }, prose("Each is a readable file in `cache/plans`, checked again whenever it is used. "), stale ? h("strong", null, `${counted(stale, "plan")} no longer fit the database.`) : "All that are yours fit the database as it is.")
        : h("p", { class: "soft" }, "Questions that you ask are compiled once and kept here."),
      plans.length ? h("ul", { class: "choices" }, plans.map((p) => h("li", null, h("a", { href: `#/plans/${p.id}` }, named(p))))) : "",
    );
  }

  /** @param {Plan} plan */
  function one(plan) {
    const made = plan.provenance;
    const facts = [
      ["Takes", plan.parameters.map((p) => `\`${p.name}\` (${p.type})`).join(", ")],
      ["Gives", plan.columns.map((c) => `\`${c.name}\` (${c.type.toLowerCase()})`).join(", ")],
      ["For", forWhom(plan)],
      ["Compiled by", made.model === "hand" ? by(made.model) : `${made.model}, in ${counted(made.attempts, "attempt")} and ${duration(made.seconds * 1000)}`],
      ["Cost", made.prompt_tokens + made.completion_tokens ? `${(made.prompt_tokens + made.completion_tokens).toLocaleString("en")} tokens${made.cost_usd ? `, $${made.cost_usd.toFixed(4)}` : ""}` : ""],
    ];
    const said = { current: ["good", "fits the database"], stale: ["stale", "stale"], other: ["", "for somebody else"] }[plan.standing];
    place.replaceChildren(
      h("p", { class: "back" }, h("a", { href: "#/plans" }, "All plans")),
      h("h1", null, plan.question),
      h("p", { class: "row" }, h("span", { class: `tag ${said[0]}` }, said[1]), h("code", { class: "soft" }, plan.id), plan.asked && plan.standing === "current" && h("a", { href: `#/${plan.kind === "query" ? "ask" : "change"}?q=${encodeURIComponent(plan.asked)}` }, plan.kind === "query" ? "Ask it" : "Preview it")),
      plan.why ? h("p", { class: "finding" }, prose(`${capital(plan.why)}.`)) : "",
      h("p", { class: "reading" }, prose(plan.explanation)),
      plan.assumptions.length ? h("div", { class: "note assumed" }, h("h2", null, "Assumed"), h("ul", null, plan.assumptions.map((a) => h("li", null, prose(a))))) : "",
      h("section", { class: "panel query" }, sqlBlock(readable(plan.sql), "SQL")),
      ...others(plan),
      h("section", { class: "note" }, h("h2", null, "Depends on"), h("ul", { class: "depends" }, plan.depends.map((d) => h("li", null,
        h("a", { href: `#/catalog/${encodeURIComponent(d.relation)}` }, short(d.relation)), h("span", { class: "soft" }, ` ${d.columns.join(", ")}`))))),
      h("dl", { class: "facts" }, facts.filter(([, text]) => text).map(([name, text]) => h("div", null, h("dt", null, name), h("dd", null, prose(text))))),
    );
  }

  /** What it was before a person wrote it, and the plans of the same question. @param {Plan} plan */
  function others(plan) {
    const found = [
      ...plan.earlier.map((e) => ({ sql: e.sql, name: `Before it was written by hand (by ${by(e.model)})` })),
      ...plans.filter((p) => p.question === plan.question && p.id !== plan.id && p.sql !== plan.sql)
        .map((p) => ({ sql: p.sql, name: `The plan for ${forWhom(p) || "you"}${p.standing === "stale" ? ", which is stale" : ""}` })),
    ];
    return found.map(({ sql, name }) => h("details", { class: "compared" }, h("summary", null, name), sqlDiff(sql, plan.sql, name)));
  }

  return {
    element,
    /** @param {URLSearchParams} _given @param {string} rest */
    async enter(_given, rest) {
      chosen = rest;
      try {
        ({ plans } = await get("/console/plans"));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        place.replaceChildren(h("h1", null, "Plans"), trouble(error));
        return;
      }
      const plan = plans.find((p) => p.id === rest);
      list();
      element.classList.toggle("chosen", Boolean(plan));
      if (plan) one(plan);
      else whole();
    },
  };
}

export function evalsView() {
  const element = h("div", { class: "evals" }, h("h1", null, "Evaluation"));
  return {
    element,
    async enter() {
      try {
        const { report } = await get("/console/report");
        element.replaceChildren(h("h1", null, "Evaluation"), ...(report ? report.reports.map(suite) : [nothing()]));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        element.replaceChildren(h("h1", null, "Evaluation"), trouble(error));
      }
    },
  };
}

const nothing = () => h("section", { class: "panel empty" }, h("p", { class: "lead" }, "There is no report yet."),
  h("p", { class: "soft" }, prose("`nlq eval --report evals/report.json` asks every question of your suites and writes it.")));

/** @param {Report} report */
function suite(report) {
  const percent = (/** @type {number} */ share) => `${Math.round(share * 100)} %`;
  const facts = [
    ["Right", `${report.right} of ${report.cases}`],
    ["With 95 % confidence", `${percent(report.interval[0])} to ${percent(report.interval[1])}`],
    ["Leaks", String(report.leaks)],
    ["Model", [report.model, report.prompt].filter(Boolean).join(", ")],
    ...(report.comparison ? [["Since the baseline", `${report.comparison.gained.length} gained, ${report.comparison.lost.length} lost${report.comparison.significant ? "" : ", which may be chance"}`]] : []),
  ];
  const faults = Object.entries(report.faults ?? {});
  return h(
    "section", { class: "panel suite" },
    h("div", { class: "tools" }, h("h2", { class: "title" }, report.suite), h("span", { class: "push" }), h("span", { class: report.leaks ? "tag denied" : "tag good" }, report.leaks ? "leaks" : "no leak")),
    h("p", { class: "value" }, percent(report.accuracy)),
    h("dl", { class: "facts" }, facts.filter(([, text]) => text).map(([name, text]) => h("div", null, h("dt", null, name), h("dd", null, text)))),
    faults.length > 0 && h("div", { class: "note" }, h("h3", { class: "minor" }, "What went wrong"), h("ul", { class: "depends" }, faults.map(([name, n]) => h("li", null, `${n} × ${name.replaceAll("_", " ")}`)))),
  );
}
