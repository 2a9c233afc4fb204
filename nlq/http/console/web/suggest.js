/** What one could ask: known questions, one's own, and the words of the catalog. */
// @ts-check

/** @import { Catalog, Relation } from "./contract.js" */

/** @typedef {{text: string, kind: string, replaces: "all"|"word"}} Suggestion */

const MOST = 8;

/**
 * Suggestions for what is in the box and stands before the cursor.
 * @param {string} before @param {string[]} asked @param {string[]} known @param {Catalog|null} catalog
 * @returns {Suggestion[]}
 */
export function suggest(before, asked, known, catalog) {
  const typed = before.trim().toLowerCase();
  if (!typed) return asked.slice(0, MOST).map((text) => ({ text, kind: "asked before", replaces: "all" }));
  /** @type {Suggestion[]} */
  const found = [];
  const add = (/** @type {string} */ text, /** @type {string} */ kind, /** @type {"all"|"word"} */ replaces) => {
    if (text.toLowerCase() !== typed && !found.some((f) => f.text === text)) found.push({ text, kind, replaces });
  };
  for (const text of known) if (text.toLowerCase().includes(typed)) add(text, "known", "all");
  for (const text of asked) if (text.toLowerCase().includes(typed)) add(text, "asked before", "all");
  const word = /[\p{L}\p{N}_]{2,}$/u.exec(before)?.[0].toLowerCase();
  if (word && found.length < MOST) for (const [text, kind] of words(catalog, word)) add(text, kind, "word");
  return found.slice(0, MOST);
}

/** @param {Catalog|null} catalog @param {string} beginning @returns {[string, string][]} names with what they are */
function words(catalog, beginning) {
  const starts = (/** @type {string} */ name) => name.toLowerCase().startsWith(beginning);
  const relations = catalog?.relations ?? [];
  /** @type {Map<string, string[]>} */
  const columns = new Map();
  for (const r of relations) {
    for (const c of r.columns) if (starts(c.name)) columns.set(c.name, [...(columns.get(c.name) ?? []), r.name]);
  }
  return [
    ...relations.filter((r) => starts(r.name)).map((r) => /** @type {[string, string]} */ ([r.name, r.kind])),
    ...[...columns].map(([name, of]) => /** @type {[string, string]} */ ([name, `column of ${of.slice(0, 3).join(", ")}${of.length > 3 ? ", …" : ""}`])),
  ];
}

/** A name as one speaks it: `UnitPrice` and `unit_price` are "unit price". @param {string} name */
const spoken = (name) => (/^(?:[A-Z][a-z]+)+$/.test(name) ? name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase() : name.replaceAll("_", " "));

/** A name as one speaks of many. @param {string} name */
const several = (name) => (/^[ -~]*[a-rt-z]$/.test(name) ? name.replace(/([^aeiou])y$/, "$1ie").replace(/(ch|sh|x|z)$/, "$1e") + "s" : name);

/**
 * Questions about a database that nobody has asked anything yet.
 * @param {Catalog} catalog @returns {string[]}
 */
export function starters(catalog) {
  const tables = [...catalog.relations].sort((a, b) => b.foreign_keys.length - a.foreign_keys.length);
  const questions = tables.slice(0, 4).flatMap((relation) => about(relation).slice(0, 2));
  return [...new Set(questions)].slice(0, 6);
}

/** @param {Relation} relation @returns {string[]} questions about it */
export function about(relation) {
  const name = several(spoken(relation.name));
  const questions = [`How many ${name} are there?`];
  const keys = new Set([...relation.primary_key, ...relation.foreign_keys.flatMap((k) => k.columns)]);
  const group = relation.columns.find((c) => !keys.has(c.name) && (c.enum.length || /^(status|type|kind|category|country|city|role|topic|segment|state|genre)$/.test(c.name)));
  if (group) questions.push(`How many ${name} are there for each ${spoken(group.name)}?`);
  const amount = relation.columns.find((c) => !keys.has(c.name) && /INT|DECIMAL|DOUBLE|FLOAT|NUMERIC/.test(c.type) && !/_?id$/.test(c.name));
  if (amount) questions.push(`What is the average ${spoken(amount.name)} of ${name}?`);
  const time = relation.columns.find((c) => /^(DATE|TIMESTAMP)/.test(c.type));
  if (time) questions.push(`How many ${name} are there for each year?`);
  questions.push(`Show the first ten ${name}.`);
  return questions;
}
