/** Relations and the keys between them, drawn: whatever is referred to stands further left. */
// @ts-check

/** @import { Catalog, Relation } from "./contract.js" */
import { svg } from "./dom.js";

const [NARROW, WIDE, LINE, HEAD, ACROSS, DOWN, EDGE] = [164, 290, 19, 30, 60, 22, 12];
/** About how wide a letter is. */
const [NAME, CODE] = [8.7, 7.6];
/** Beyond, only what is near the chosen relation is drawn. */
export const MOST = 40;

/** @typedef {{relation: Relation, rows: string[], x: number, y: number, width: number, height: number,
 *   layer: number}} Box all boxes of a picture are of one width */

/** @param {Relation} r */
export const fullName = (r) => `${r.schema}.${r.name}`;

/**
 * @param {Catalog} catalog @param {{chosen?: string, near?: boolean}} options
 * `chosen` is the full name of a relation; with `near`, only it and what a key leads to or from is drawn
 */
export function diagram(catalog, { chosen, near = false }) {
  const boxes = layOut(near && chosen ? neighbours(catalog, chosen) : catalog.relations);
  const byName = new Map(boxes.map((b) => [fullName(b.relation), b]));
  const width = Math.max(...boxes.map((b) => b.x + b.width)) + EDGE;
  const height = Math.max(...boxes.map((b) => b.y + b.height)) + EDGE;
  const lines = boxes.flatMap((from) => from.relation.foreign_keys.map((key) => {
    const to = byName.get(key.referred);
    return to && line(from, to, key.columns[0], chosen);
  }));
  return svg(
    "svg", { class: "diagram", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Relations and their keys" },
    svg("g", { "aria-hidden": "true" }, lines.filter((l) => l !== undefined)),
    boxes.map((box) => draw(box, fullName(box.relation) === chosen)),
  );
}

/** @param {Catalog} catalog @param {string} chosen */
function neighbours(catalog, chosen) {
  const kept = new Set([chosen]);
  for (const r of catalog.relations) {
    for (const key of r.foreign_keys) {
      if (fullName(r) === chosen) kept.add(key.referred);
      if (key.referred === chosen) kept.add(fullName(r));
    }
  }
  const near = new Set([...kept].slice(0, MOST)); // the chosen one is the first
  return catalog.relations.filter((r) => near.has(fullName(r)));
}

/** @param {Relation[]} relations @returns {Box[]} */
function layOut(relations) {
  const byName = new Map(relations.map((r) => [fullName(r), r]));
  /** @type {Map<string, number>} */
  const depth = new Map();
  const depthOf = (/** @type {Relation} */ r, /** @type {Set<string>} */ path) => {
    const name = fullName(r);
    const known = depth.get(name);
    if (known !== undefined) return known;
    if (path.has(name)) return 0; // keys in a circle
    let found = 0;
    for (const key of r.foreign_keys) {
      const to = byName.get(key.referred);
      if (to && to !== r) found = Math.max(found, depthOf(to, new Set([...path, name])) + 1);
    }
    depth.set(name, found);
    return found;
  };
  const boxes = relations.map((relation) => {
    const columns = new Set([...relation.primary_key, ...relation.foreign_keys.flatMap((k) => k.columns)]);
    const rows = relation.columns.map((c) => c.name).filter((c) => columns.has(c));
    return { relation, rows, x: 0, y: 0, width: 0, height: HEAD + rows.length * LINE + 8, layer: depthOf(relation, new Set()) };
  });
  const longest = Math.max(...boxes.flatMap((b) => [b.relation.name.length * NAME, ...b.rows.map((c) => c.length * CODE)]));
  for (const box of boxes) box.width = Math.round(Math.min(Math.max(longest + 26, NARROW), WIDE));
  pull(boxes);
  place(boxes);
  return boxes;
}

/** Moves what refers to nothing next to the first that refers to it. @param {Box[]} boxes */
function pull(boxes) {
  for (const box of boxes) {
    const name = fullName(box.relation);
    const referring = boxes.filter((b) => b !== box && b.relation.foreign_keys.some((k) => k.referred === name));
    if (box.layer === 0 && referring.length) box.layer = Math.max(0, Math.min(...referring.map((b) => b.layer)) - 1);
  }
}

/** Gives each box its place: a layer is a column, in it boxes stand near what they refer to. @param {Box[]} boxes */
function place(boxes) {
  const at = new Map(boxes.map((b) => [fullName(b.relation), b]));
  const layers = Math.max(0, ...boxes.map((b) => b.layer)) + 1;
  // What refers to nothing and nothing refers to fills the shortest column.
  const inUse = new Set(boxes.flatMap((b) => b.relation.foreign_keys.flatMap((k) => (at.has(k.referred) ? [fullName(b.relation), k.referred] : []))));
  const heights = new Array(layers).fill(0);
  const alone = boxes.filter((b) => !inUse.has(fullName(b.relation)));
  for (let layer = 0; layer < layers; layer++) {
    const column = boxes.filter((b) => b.layer === layer && !alone.includes(b));
    const wish = (/** @type {Box} */ b) => {
      const ys = b.relation.foreign_keys.map((k) => at.get(k.referred)).filter((t) => t && t.layer < layer).map((t) => /** @type {Box} */ (t).y);
      return ys.length ? ys.reduce((sum, y) => sum + y, 0) / ys.length : -1;
    };
    column.sort((a, b) => wish(a) - wish(b) || b.rows.length - a.rows.length);
    for (const box of column) stack(box, layer, heights);
  }
  const columns = Math.max(layers, Math.min(4, alone.length));
  while (heights.length < columns) heights.push(0);
  for (const box of alone) stack(box, heights.indexOf(Math.min(...heights)), heights);
}

/** @param {Box} box @param {number} column @param {number[]} heights */
function stack(box, column, heights) {
  box.x = EDGE + column * (box.width + ACROSS);
  box.y = EDGE + heights[column];
  heights[column] += box.height + DOWN;
}

/** @param {Box} from @param {Box} to @param {string} column @param {string} [chosen] */
function line(from, to, column, chosen) {
  const y1 = from.y + HEAD + from.rows.indexOf(column) * LINE + LINE / 2 + 1;
  const y2 = to.y + HEAD / 2;
  const [x1, x2] = from === to ? [from.x + from.width, to.x + to.width] : to.x < from.x ? [from.x, to.x + to.width] : [from.x + from.width, to.x];
  const bend = from === to ? 34 : Math.max(34, Math.abs(x1 - x2) / 2);
  const [c1, c2] = from === to ? [x1 + bend, x2 + bend] : x2 < x1 ? [x1 - bend, x2 + bend] : [x1 + bend, x2 - bend];
  const isNear = chosen !== undefined && [fullName(from.relation), fullName(to.relation)].includes(chosen);
  return svg("g", { class: isNear ? "near" : null },
    svg("path", { d: `M${x1} ${y1}C${c1} ${y1} ${c2} ${y2} ${x2} ${y2}` }), svg("circle", { cx: x2, cy: y2, r: 3 }));
}

/** @param {Box} box @param {boolean} chosen */
function draw(box, chosen) {
  const { relation, rows, x, y, width, height } = box;
  const keys = new Set(relation.primary_key);
  return svg(
    "a", { href: `#/catalog/${encodeURIComponent(fullName(relation))}`, class: chosen ? "box chosen" : "box", "aria-label": relation.name },
    svg("title", {}, relation.name), svg("rect", { x, y, width, height, rx: 7 }),
    svg("text", { x: x + 12, y: y + 20, class: "name" }, short(relation.name, Math.floor((width - 24) / NAME))),
    rows.map((name, n) => svg("text", { x: x + 12, y: y + HEAD + n * LINE + 14, class: keys.has(name) ? "key" : null }, short(name, Math.floor((width - 24) / CODE)))),
  );
}

/** @param {string} text @param {number} most */
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
