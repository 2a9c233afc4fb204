/** A suitable chart of an answer, drawn by the server; others to choose from. */
// @ts-check

/** @import { Answer, Column, Row, Session } from "./contract.js" */
import { post, Problem } from "./api.js";
import { download, h, prose } from "./dom.js";
import { isNumber, shown } from "./grid.js";
import { capital } from "./sql.js";

/** @typedef {"bar"|"line"|"points"|"histogram"|"heat"} Kind */
/** @typedef {{kind: Kind, x: Column, y: Column|null, colour: Column|null}} Chart */

const NAMES = { bar: "Bars", line: "Line", points: "Points", histogram: "Distribution", heat: "Heat map" };
const MOST = 2000;
const PERIOD = /(^|_)(year|quarter|month|week|day|hour|weekday)s?$/i;

const WRITTEN = /^\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?)?$/;

/** @param {Column} c */
const isTime = (c) => /^(DATE|TIMESTAMP)/.test(c.type.toUpperCase());

/**
 * The columns, with text that says when (SQLite has no other) as what it says.
 * @param {Column[]} columns @param {Row[]} rows @returns {Column[]}
 */
function understood(columns, rows) {
  return columns.map((c) => {
    const values = rows.slice(0, 50).map((r) => r[c.name]).filter((v) => v !== null);
    const saysWhen = /^(TEXT|VARCHAR)/.test(c.type.toUpperCase()) && values.length > 0 && values.every((v) => typeof v === "string" && WRITTEN.test(v));
    return saysWhen ? { ...c, type: "TIMESTAMP" } : c;
  });
}
/** Numbers that say when: their order matters, their sum means nothing. @param {Column} c */
const isPeriod = (c) => isNumber(c) && PERIOD.test(c.name);
/** @param {Column} c */
const isAmount = (c) => isNumber(c) && !isPeriod(c) && !/(^|_)id$/i.test(c.name);
/** @param {Column} c */
const isCategory = (c) => !isTime(c) && !isNumber(c) && !/^(BLOB|BYTEA|JSON)/.test(c.type.toUpperCase());

/**
 * The charts that fit a result, the most suitable first.
 * @param {Column[]} columns @param {Row[]} rows @returns {Chart[]}
 */
export function fitting(columns, rows) {
  if (rows.length < 2) return [];
  const many = (/** @type {Column} */ c) => new Set(rows.slice(0, MOST).map((r) => r[c.name])).size;
  const times = columns.filter((c) => isTime(c) || isPeriod(c));
  const amounts = columns.filter(isAmount);
  const categories = columns.filter((c) => isCategory(c) && many(c) <= 60);
  /** @type {Chart[]} */
  const found = [];
  const [time, amount, category, second] = [times[0], amounts[0], categories[0], categories[1]];
  if (time && amount) {
    const colour = category && many(category) <= 8 ? category : null;
    found.push({ kind: "line", x: time, y: amount, colour }, { kind: "bar", x: time, y: amount, colour });
  }
  if (category && second && many(second) <= 40) found.push({ kind: "heat", x: category, y: amount ?? null, colour: second });
  if (category && amount) found.push({ kind: "bar", x: category, y: amount, colour: second && many(second) <= 8 ? second : null });
  if (amounts.length > 1) found.push({ kind: "points", x: amounts[0], y: amounts[1], colour: category && many(category) <= 8 ? category : null });
  if (amount && rows.length > 10) found.push({ kind: "histogram", x: amount, y: null, colour: null });
  return found.filter((chart, n) => found.findIndex((c) => c.kind === chart.kind) === n);
}

/**
 * What stands where the rows stand, when a chart is asked for; null where none fits.
 * @param {Session} session @returns {(answer: Answer) => HTMLElement|null}
 */
export function charts(session) {
  return (answer) => {
    const found = fitting(understood(answer.columns, answer.rows), answer.rows);
    if (!found.length) return null;
    if (!session.charts) {
      return h("div", { class: "chart" }, h("p", { class: "soft" }, prose("Charts need the extra `console`: `pip install 'nlq[console]'` where the server runs, and start it again.")));
    }
    return picture(answer, found);
  };
}

/** @param {Answer} answer @param {Chart[]} found */
function picture(answer, found) {
  let chart = found[0];
  let svg = "";
  const amounts = answer.columns.filter(isAmount);
  const image = h("img", { alt: "" });
  const said = h("p", { class: "soft", role: "status" });
  const element = h("figure", { class: "chart" });

  const kinds = h("select", { "aria-label": "Kind of chart", onchange: () => { chart = found[kinds.selectedIndex]; match(); draw(); } },
    found.map((c) => h("option", null, NAMES[c.kind])));
  const values = amounts.length > 1 && h("select", { "aria-label": "Shown value", onchange: (/** @type {Event} */ e) => {
    const amount = amounts[/** @type {HTMLSelectElement} */ (e.currentTarget).selectedIndex];
    chart = chart.kind === "histogram" ? { ...chart, x: amount } : { ...chart, y: amount };
    draw();
  } }, amounts.map((c) => h("option", null, c.name)));
  const match = () => { if (values) values.selectedIndex = amounts.indexOf(chart.y ?? chart.x); };
  match();

  async function draw() {
    if (!element.isConnected) return;
    const rows = answer.rows.slice(0, MOST);
    const axis = (/** @type {Column|null} */ c) => c && { name: c.name, scale: scaleOf(c), values: rows.map((r) => valueOf(c, r)) };
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    const width = Math.max(240, Math.min(Math.floor(element.clientWidth) - 24, 1400));
    try {
      ({ svg } = await post("/console/chart", { kind: chart.kind, x: axis(chart.x), y: axis(chart.y), colour: axis(chart.colour), dark, width }));
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
      image.alt = described(chart);
      said.textContent = answer.rows.length > MOST ? `The first ${MOST.toLocaleString("en")} rows.` : "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      said.replaceChildren(...prose(`${capital(error.message)}.${error.hint ? ` ${capital(error.hint)}.` : ""}`));
    }
  }
  element.append(
    h("div", { class: "row" }, kinds, values, h("span", { class: "push" }),
      h("button", { type: "button", class: "plain", onclick: () => download("chart.svg", "image/svg+xml", svg) }, "SVG"),
      h("button", { type: "button", class: "plain", onclick: () => savePng(image) }, "PNG")),
    image, said,
  );
  document.addEventListener("themechange", draw);
  new ResizeObserver(([entry], observer) => {
    // Once it has its place; a window that changes its width later scales what is there.
    if (!entry.contentRect.width) return;
    observer.disconnect();
    draw();
  }).observe(element);
  return element;
}

/** @param {Chart} chart */
function described(chart) {
  const spoken = (/** @type {Column|null} */ c) => c?.name.replaceAll("_", " ") ?? "rows";
  const by = chart.colour ? ` and ${spoken(chart.colour)}` : "";
  return chart.kind === "histogram" ? `Distribution of ${spoken(chart.x)}` : `${NAMES[chart.kind]}: ${spoken(chart.y)} for each ${spoken(chart.x)}${by}`;
}

/** @param {Column} c */
const scaleOf = (c) => (isTime(c) ? "temporal" : isAmount(c) ? "quantitative" : "nominal");

/** @param {Column} column @param {Row} row @returns {string|number|boolean|null} */
function valueOf(column, row) {
  const value = row[column.name];
  if (value === null || value === undefined) return null;
  if (isAmount(column)) return Number(value);
  const text = shown(value).slice(0, 200);
  // Times are drawn as they are written, wherever the server is.
  return isTime(column) && text.includes(":") && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text.replace(" ", "T")}Z` : text;
}

/** @param {HTMLImageElement} image */
function savePng(image) {
  const canvas = h("canvas", { width: image.naturalWidth * 2, height: image.naturalHeight * 2 });
  const context = canvas.getContext("2d");
  if (!context || !image.naturalWidth) return;
  context.fillStyle = getComputedStyle(document.body).getPropertyValue("--sheet") ? getComputedStyle(image).backgroundColor : "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => blob && download("chart.png", "image/png", blob), "image/png");
}
