/** What there is to ask about. */
// @ts-check

/** @import { World } from "./ask.js" */
import { h } from "./dom.js";

/** @param {World} world */
export function catalogView(world) {
  return { element: h("div", null, h("h1", null, "Catalog"), String(world.catalog?.relations.length)) };
}
