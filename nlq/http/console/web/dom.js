/** Elements without markup: text is only ever text. */
// @ts-check

/** @typedef {Node|string|number|null|undefined|false} Child */
/** @typedef {Record<string, string|number|boolean|null|undefined|EventListener|((event: any) => void)>} Attributes */

/**
 * An element with attributes, listeners (`onclick`) and children.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Attributes|null} [attributes] @param {...(Child|Child[])} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function h(name, attributes, ...children) {
  const element = document.createElement(name);
  set(element, attributes ?? {});
  element.append(...nodes(children));
  return element;
}

/**
 * An element of SVG.
 * @param {string} name @param {Attributes} [attributes] @param {...(Child|Child[])} children
 * @returns {SVGElement}
 */
export function svg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(element, attributes ?? {});
  element.append(...nodes(children));
  return /** @type {SVGElement} */ (element);
}

/** @param {Element} element @param {Attributes} attributes */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** @param {(Child|Child[])[]} children @returns {(Node|string)[]} */
function nodes(children) {
  return children
    .flat()
    .filter((c) => c !== null && c !== undefined && c !== false && c !== "")
    .map((c) => (c instanceof Node ? c : String(c)));
}

/**
 * Text in which `names` in backticks are set as code.
 * @param {string} text @returns {(Node|string)[]}
 */
export function prose(text) {
  return text.split(/`([^`]*)`/).map((part, n) => (n % 2 ? h("code", null, part) : part));
}

/**
 * A name that may be broken where its words end.
 * @param {string} name @returns {(Node|string)[]}
 */
export function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, n) => (n ? [h("wbr", null), part] : [part]));
}

/** Tell who does not see the page. @param {string} text */
export function announce(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** Milliseconds for people. @param {number} ms */
export function duration(ms) {
  if (ms >= 10_000) return `${Math.round(ms / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** @param {string} name @param {string} type @param {BlobPart} content */
export function download(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
