/** What there is to ask about: relations, their columns and keys, and rows to get the idea. */
// @ts-check

/** @import { World } from "./ask.js" */
/** @import { Catalog, Relation } from "./contract.js" */
import { ask, Problem } from "./api.js";
import { diagram, fullName, MOST } from "./diagram.js";
import { breakable, counted, h, prose } from "./dom.js";
import { grid } from "./grid.js";
import { capital } from "./sql.js";
import { about } from "./suggest.js";

const SAMPLE = 8;

/** @param {World} world */
export function catalogView(world) {
  const catalog = world.catalog ?? { dialect: "", relations: [] };
  const several = new Set(catalog.relations.map((r) => r.schema)).size > 1;
  const title = (/** @type {Relation} */ r) => (several ? fullName(r) : r.name);
  const filter = h("input", { type: "search", placeholder: "Find a relation or column", "aria-label": "Find a relation or column", oninput: () => list() });
  const links = h("ul", { class: "index" });
  const place = h("div", { class: "detail" });
  const element = h("div", { class: "split" }, h("div", { class: "aside" }, filter, h("nav", { "aria-label": "Relations" }, links)), place);
  let chosen = "";

  function list() {
    const wanted = filter.value.trim().toLowerCase();
    const found = catalog.relations.filter((r) => !wanted || r.name.toLowerCase().includes(wanted) || r.columns.some((c) => c.name.toLowerCase().includes(wanted)));
    links.replaceChildren(...found.map((r) => h("li", null, h(
      "a", { href: `#/catalog/${encodeURIComponent(fullName(r))}`, "aria-current": fullName(r) === chosen ? "page" : null },
      h("span", null, breakable(title(r))), h("span", { class: "soft" }, r.kind === "view" ? "view" : String(r.columns.length))))));
    if (!found.length) links.replaceChildren(h("li", { class: "soft" }, "Nothing is called so."));
  }

  /** All of it, as far as it fits a picture. */
  function whole() {
    const many = catalog.relations.length > MOST;
    place.replaceChildren(
      h("h1", null, counted(catalog.relations.length, "relation")),
      h("p", { class: "soft" }, many ? "Too many for one picture. Choose one, to see it with its neighbours." : "Keys lead from a relation to what it refers to. Choose one to see its columns."),
      many ? hubs() : frame(diagram(catalog, {})),
    );
  }

  /** Where to begin in what is too large to draw: what most others refer to. */
  function hubs() {
    /** @type {Map<string, number>} */
    const times = new Map();
    for (const r of catalog.relations) for (const key of r.foreign_keys) times.set(key.referred, (times.get(key.referred) ?? 0) + 1);
    const most = [...times].sort((a, b) => b[1] - a[1]).slice(0, 12);
    return h("section", null, h("h2", null, "Referred to most"), h("ul", { class: "choices" }, most.map(([name, n]) => h("li", null,
      h("a", { href: `#/catalog/${encodeURIComponent(name)}` }, name.replace(/^(main|public)\./, ""), h("span", { class: "soft" }, ` by ${n}`))))));
  }

  /** @param {Relation} relation */
  function one(relation) {
    const rows = h("div", { class: "place" });
    place.replaceChildren(
      h("p", { class: "back" }, h("a", { href: "#/catalog" }, "All relations")),
      h("h1", null, breakable(title(relation))),
      relation.comment ? h("p", { class: "lead" }, relation.comment) : "",
      h("section", { class: "panel list" }, columns(catalog, relation)),
      h("section", { class: "asks" }, h("h2", null, "Ask about this"), h("ul", { class: "choices" }, about(relation).map((q) => h("li", null,
        h("a", { href: `#/ask?q=${encodeURIComponent(q)}` }, q))))),
      h("section", { class: "note" }, h("h2", null, "Rows that you may see"), rows),
      h("section", { class: "note" }, h("h2", null, "Its neighbours"), frame(diagram(catalog, { chosen: fullName(relation), near: true }))),
    );
    rows.replaceChildren(h("button", { type: "button", onclick: () => sample(relation, rows) }, `Show ${SAMPLE} rows`));
  }

  return {
    element,
    /** @param {URLSearchParams} _given @param {string} rest */
    enter(_given, rest) {
      chosen = rest;
      const relation = catalog.relations.find((r) => fullName(r) === rest);
      list();
      element.classList.toggle("chosen", Boolean(relation));
      if (relation) one(relation);
      else if (catalog.relations.length) whole();
      else place.replaceChildren(h("h1", null, "Catalog"), h("p", { class: "panel" }, "There is nothing that you may read."));
    },
  };
}

/** @param {SVGElement} picture */
const frame = (picture) => h("div", { class: "panel frame", tabindex: 0, role: "region", "aria-label": "Diagram" }, picture);

/** @param {Catalog} catalog @param {Relation} relation */
function columns(catalog, relation) {
  const link = (/** @type {string} */ name) => h("a", { href: `#/catalog/${encodeURIComponent(name)}` }, name.replace(/^(main|public)\./, ""));
  const refers = (/** @type {string} */ column) => relation.foreign_keys.filter((k) => k.columns.includes(column)).map((k) => h("span", { class: "ref" }, "→ ", link(k.referred)));
  const referring = catalog.relations.filter((r) => r.foreign_keys.some((k) => k.referred === fullName(relation)));
  return h(
    "div", { class: "scroll-x", tabindex: 0, role: "region", "aria-label": "Columns" },
    h("table", { class: "plain-table" },
      h("thead", null, h("tr", null, ["Column", "Type", ""].map((t) => (t ? h("th", { scope: "col" }, t) : h("td", null))))),
      h("tbody", null, relation.columns.map((c) => h(
        "tr", null,
        h("th", { scope: "row" }, h("code", null, c.name)),
        h("td", null, h("span", { class: "type" }, c.type.toLowerCase()), !c.nullable && !relation.primary_key.includes(c.name) && h("span", { class: "soft" }, " required")),
        h("td", null, relation.primary_key.includes(c.name) && h("span", { class: "tag" }, "key"), refers(c.name), c.comment, c.enum.length > 0 && h("span", { class: "soft" }, ` ${c.enum.join(", ")}`)),
      ))),
    ),
    referring.length > 0 && h("p", { class: "soft refs" }, "Referred to by ", referring.flatMap((r, n) => [n ? ", " : "", link(fullName(r))])),
  );
}

/** @param {string} name */
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

/** Through the same check and guard as any question. @param {Relation} relation @param {HTMLElement} place */
async function sample(relation, place) {
  const sql = `SELECT ${relation.columns.map((c) => quoted(c.name)).join(", ")} FROM ${quoted(relation.schema)}.${quoted(relation.name)}`;
  try {
    const answer = await ask({ path: "/sql", body: { sql, limit: SAMPLE } }, () => {}, new AbortController().signal);
    place.replaceChildren(answer.rows.length ? h("div", { class: "panel rows bare" }, grid(answer.columns, answer.rows).element) : h("p", { class: "soft" }, "None."));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    place.replaceChildren(h("p", { class: "soft" }, prose(`They cannot be shown: ${error.message}.`), error.hint ? prose(` ${capital(error.hint)}.`) : ""));
  }
}
