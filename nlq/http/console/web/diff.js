/** Two texts of SQL, and what differs: lines that went and lines that came. */
// @ts-check

import { h } from "./dom.js";
import { highlight, readable } from "./sql.js";

/** @typedef {{kind: "same"|"gone"|"new", text: string}} Line */

/**
 * The lines of both, in order: a shortest way from one to the other.
 * @param {string[]} before @param {string[]} after @returns {Line[]}
 */
export function compare(before, after) {
  // longest[i][j]: how many lines the rest of `before` from i and of `after` from j have in common, in order.
  const longest = Array.from({ length: before.length + 1 }, () => new Array(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      longest[i][j] = before[i] === after[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) [lines[lines.length], i, j] = [{ kind: "same", text: before[i] }, i + 1, j + 1];
    else if (i < before.length && (j === after.length || longest[i + 1][j] >= longest[i][j + 1])) lines.push({ kind: "gone", text: before[i++] });
    else lines.push({ kind: "new", text: after[j++] });
  }
  return lines;
}

const ELEMENTS = { same: /** @type {"span"} */ ("span"), gone: /** @type {"del"} */ ("del"), new: /** @type {"ins"} */ ("ins") };
const SIGNS = { same: "  ", gone: "− ", new: "+ " };

/** @param {string} before @param {string} after @param {string} label */
export function sqlDiff(before, after, label) {
  const lines = compare(readable(before).split("\n"), readable(after).split("\n"));
  return h("pre", { class: "sql diff", tabindex: 0, role: "region", "aria-label": label },
    h("code", null, lines.map(({ kind, text }) => h(ELEMENTS[kind], null, SIGNS[kind], highlight(text)))));
}
