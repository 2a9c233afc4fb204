/** Start: who asks, what there is to ask about, and the view that the address names. */
// @ts-check

/** @import { World } from "./ask.js" */
/** @import { Plan } from "./contract.js" */
import { get, getSchema, getSession, Problem } from "./api.js";
import { askView } from "./ask.js";
import { charts } from "./chart.js";
import { h, prose } from "./dom.js";
import { changeView } from "./change.js";
import { catalogView } from "./catalog.js";
import { evalsView, plansView } from "./plans.js";
import { rulesView } from "./rules.js";
import { themeButton } from "./theme-switch.js";
import { whoButton } from "./who.js";

/**
 * @typedef {{element: HTMLElement, enter?: (given: URLSearchParams, rest: string) => void, focus?: () => void,
 *   stop?: () => void, again?: () => void}} View
 */

/** @type {Record<string, {title: string, make: (world: World) => View, shows: (world: World) => boolean}>} */
const VIEWS = {
  ask: { title: "Ask", make: askView, shows: () => true },
  change: { title: "Change", make: changeView, shows: ({ session }) => session.mutations },
  catalog: { title: "Catalog", make: catalogView, shows: () => true },
  rules: { title: "Rules", make: () => rulesView(load), shows: ({ session }) => session.insider },
  plans: { title: "Plans", make: plansView, shows: () => true },
  evals: { title: "Evals", make: evalsView, shows: ({ session }) => session.insider },
};

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const nav = /** @type {HTMLElement} */ (document.getElementById("nav"));
/** @type {World|null} */
let world = null;
/** @type {Map<string, View>} */
let made = new Map();
let current = "ask";

/** Asks the server anew who we are and what we may see, and shows the view again. */
async function load() {
  const wasAsked = made.get("ask");
  try {
    const session = await getSession();
    /** @type {Problem|null} */
    let catalogProblem = null;
    const catalog = await getSchema().catch((error) => {
      catalogProblem = error;
      return null;
    });
    const { plans } = await get("/console/plans").catch(() => ({ plans: [] }));
    const known = plans.filter((/** @type {Plan} */ p) => p.kind === "query" && p.standing === "current" && p.asked).map((/** @type {Plan} */ p) => p.asked);
    world = { session, catalog, catalogProblem, known, chart: charts(session) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    refuse(error);
    return;
  }
  made = new Map();
  if (wasAsked?.element.classList.contains("asked")) made.set("ask", wasAsked);
  who.show(world.session);
  drawNav();
  route();
}

/** @param {Problem} problem */
function refuse(problem) {
  who.show(null);
  nav.replaceChildren();
  main.replaceChildren(h(
    "section", { class: "panel trouble", role: "alert" },
    h("p", { class: "lead" }, prose(`${problem.message}.`)), problem.hint && h("p", null, prose(`${problem.hint}.`)),
    h("p", null, h("button", { type: "button", onclick: load }, "Try again")),
  ));
}

function drawNav() {
  const shown = Object.entries(VIEWS).filter(([, view]) => world && view.shows(world));
  nav.replaceChildren(...shown.map(([name, view]) => h("a", { href: `#/${name}`, "data-view": name }, view.title)));
}

/** Shows the view that the address names: `#/catalog/orders`, `#/ask?q=…`. */
function route() {
  if (!world) return;
  const [path, query = ""] = location.hash.replace(/^#\//, "").split("?");
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  current = name in VIEWS && VIEWS[name].shows(world) ? name : "ask";
  const view = made.get(current) ?? VIEWS[current].make(world);
  made.set(current, view);
  for (const link of nav.children) {
    if (/** @type {HTMLElement} */ (link).dataset.view === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (main.firstChild !== view.element) main.replaceChildren(view.element);
  if (current !== "ask") document.title = `${VIEWS[current].title} · nlq`;
  view.enter?.(new URLSearchParams(query), rest.join("/"));
}

const who = whoButton(/** @type {HTMLButtonElement} */ (document.getElementById("who")), load);
themeButton(/** @type {HTMLButtonElement} */ (document.getElementById("theme")));
window.addEventListener("hashchange", route);
document.addEventListener("keydown", (event) => {
  const writing = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    if (current !== "ask") {
      window.history.pushState(null, "", "#/ask");
      route();
    }
    made.get("ask")?.focus?.();
  } else if (event.key === "Escape" && !writing) made.get(current)?.stop?.();
});
load();
