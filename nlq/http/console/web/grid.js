/** Rows to read: sorted, copied, taken away; only those in view are elements. */
// @ts-check

/** @import { Column, Row, Value } from "./contract.js" */
import { announce, counted, h } from "./dom.js";

const ROW_HEIGHT = 33;
const BEYOND = 12; // rows above and below what can be seen
const SAMPLE = 300; // rows that a column's width is made from
const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|INT\d|DECIMAL|NUMERIC|DOUBLE|FLOAT|REAL)/;

/** @param {Column} column */
export const isNumber = (column) => NUMERIC.test(column.type.toUpperCase());

/** A value as text, as one would type it. @param {Value|undefined} value */
export function shown(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A value as it is read in its column: a duration as such, where JSON has seconds. @param {Column} column @param {Value|undefined} value */
export function read(column, value) {
  if (typeof value !== "number" || !/^INTERVAL/i.test(column.type)) return shown(value);
  const all = Math.abs(value);
  const days = Math.floor(all / 86400);
  const [hours, minutes, seconds] = [Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, Math.floor(all) % 60];
  const rest = (all % 1).toFixed(6).slice(1).replace(/\.?0+$/, "");
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${value < 0 ? "-" : ""}${days ? `${counted(days, "day")}, ` : ""}${hours}:${two(minutes)}:${two(seconds)}${rest}`;
}

/**
 * The rows with tabs between, for spreadsheets.
 * @param {Column[]} columns @param {Row[]} rows
 */
export function toTsv(columns, rows) {
  const field = (/** @type {string} */ text) => (/[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [columns.map((c) => field(c.name)), ...rows.map((r) => columns.map((c) => field(shown(r[c.name]))))];
  return lines.map((line) => line.join("\t")).join("\n");
}

/**
 * @param {Column[]} columns @param {Row[]} rows
 * @returns {{element: HTMLElement, rows: () => Row[]}} the grid, and its rows as they are sorted now
 */
export function grid(columns, rows) {
  /** @type {{column: Column|null, down: boolean}} */
  const order = { column: null, down: false };
  let sorted = rows;

  const widths = columns.map((c) => widthOf(c, rows));
  const head = h("tr", { "aria-rowindex": 1 }, columns.map((c) => header(c)));
  const above = h("tr", { class: "gap", "aria-hidden": "true" }, h("td", { colspan: columns.length }));
  const below = h("tr", { class: "gap", "aria-hidden": "true" }, h("td", { colspan: columns.length }));
  const body = h("tbody", null);
  const table = h(
    "table", { class: "grid", "aria-rowcount": rows.length + 1, "aria-colcount": columns.length },
    h("caption", { class: "unseen" }, `Result: ${counted(rows.length, "row")}, ${counted(columns.length, "column")}`),
    h("colgroup", null, widths.map(columnOfWidth), h("col", null)), h("thead", null, head), body,
  );
  table.style.minWidth = `${widths.reduce((sum, w) => sum + w, 0)}px`;
  const scroller = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Rows of the result" }, table);

  /** @param {Column} column */
  function header(column) {
    const button = h(
      "button", { type: "button", class: "sorter", title: `${column.name} (${column.type})`, onclick: () => sortBy(column) },
      h("span", null, column.name), h("span", { class: "arrow", "aria-hidden": "true" }),
    );
    return h("th", { scope: "col", class: isNumber(column) ? "number" : null, "aria-sort": "none" }, button);
  }

  /** Up, then down, then as the database gave them. @param {Column} column */
  function sortBy(column) {
    if (order.column !== column) [order.column, order.down] = [column, false];
    else if (!order.down) order.down = true;
    else [order.column, order.down] = [null, false];
    sorted = order.column ? sortRows(rows, order.column, order.down) : rows;
    columns.forEach((c, n) => {
      const way = c !== order.column ? "none" : order.down ? "descending" : "ascending";
      head.children[n].setAttribute("aria-sort", way);
    });
    announce(order.column ? `sorted by ${column.name}, ${order.down ? "descending" : "ascending"}` : "not sorted");
    scroller.scrollTop = 0;
    draw(true);
  }

  let first = -1;
  let last = -1;
  /** Make the rows that can be seen. @param {boolean} [anew] */
  function draw(anew = false) {
    const height = scroller.clientHeight || 480;
    const from = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - BEYOND);
    const to = Math.min(sorted.length, Math.ceil((scroller.scrollTop + height) / ROW_HEIGHT) + BEYOND);
    if (!anew && from === first && to === last) return;
    [first, last] = [from, to];
    /** @type {HTMLElement} */ (above.firstElementChild).style.height = `${from * ROW_HEIGHT}px`;
    /** @type {HTMLElement} */ (below.firstElementChild).style.height = `${(sorted.length - to) * ROW_HEIGHT}px`;
    body.replaceChildren(
      ...(from ? [above] : []),
      ...sorted.slice(from, to).map((row, n) => rowOf(row, from + n)),
      ...(to < sorted.length ? [below] : []),
    );
  }

  /** @param {Row} row @param {number} index */
  function rowOf(row, index) {
    const cells = columns.map((column) => {
      const value = row[column.name];
      if (value === null || value === undefined) return h("td", { class: isNumber(column) ? "null number" : "null" }, "null");
      const text = read(column, value);
      return h("td", { class: isNumber(column) ? "number" : null, title: text.length > 24 ? text : null }, text);
    });
    return h("tr", { "aria-rowindex": index + 2 }, cells, h("td", { class: "rest" }));
  }
  head.append(h("td", { class: "rest" }));

  scroller.addEventListener("scroll", () => draw(), { passive: true });
  new ResizeObserver(() => draw()).observe(scroller);
  draw(true);
  return { element: scroller, rows: () => sorted };
}

/** @param {Column} column @param {Row[]} rows @returns {number} pixels */
function widthOf(column, rows) {
  let longest = 0;
  for (const row of rows.slice(0, SAMPLE)) longest = Math.max(longest, textWidth(read(column, row[column.name]).slice(0, 60), "14px"));
  const head = textWidth(column.name, "600 13px") + ARROW;
  return Math.round(Math.min(Math.max(longest, head, 36), WIDEST)) + PADDING;
}

const [ARROW, PADDING, WIDEST] = [16, 34, Math.min(340, window.innerWidth / 2)];
const measure = document.createElement("canvas").getContext("2d");

/** @param {string} text @param {string} font size and weight; the family is that of the page */
function textWidth(text, font) {
  if (!measure) return text.length * 8;
  measure.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  return measure.measureText(text).width;
}

/** @param {number} width */
function columnOfWidth(width) {
  const column = h("col", null);
  column.style.width = `${width}px`;
  return column;
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

/**
 * Sorted by one column, what is missing last; equal rows stay in their order.
 * @param {Row[]} rows @param {Column} column @param {boolean} down
 */
export function sortRows(rows, column, down) {
  const numeric = isNumber(column);
  const sign = down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: keyOf(row[column.name], numeric) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return sign * (typeof a.key === "string" ? COLLATOR.compare(a.key, String(b.key)) : Number(a.key) - Number(b.key));
  });
  return keyed.map((k) => k.row);
}

/** @param {Value} value @param {boolean} numeric @returns {string|number|null} */
function keyOf(value, numeric) {
  if (value === null || value === undefined) return null;
  return numeric ? Number(value) : shown(value);
}
