/** Light, dark, or as the system has it. */
// @ts-check

import { svg } from "./dom.js";

const NEXT = { "": "light", light: "dark", dark: "" };
const SAID = { "": "as the system", light: "light", dark: "dark" };
const SHAPES = {
  "": ["M12 3a9 9 0 1 0 0 18z", "M12 3a9 9 0 0 1 0 18"],
  light: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 2v3M12 19v3M2 12h3M19 12h3M4.9 4.9 7 7M17 17l2.1 2.1M4.9 19.1 7 17M17 7l2.1-2.1"],
  dark: ["M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"],
};

/** @param {HTMLButtonElement} button */
export function themeButton(button) {
  const root = document.documentElement;
  const now = () => /** @type {keyof typeof NEXT} */ (root.dataset.theme ?? "");
  const draw = () => {
    const said = `Theme: ${SAID[now()]}`;
    button.title = said;
    button.setAttribute("aria-label", said);
    button.replaceChildren(svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" },
      SHAPES[now()].map((d, n) => svg("path", { d, class: n === 0 ? "solid" : null }))));
  };
  button.addEventListener("click", () => {
    const next = NEXT[now()];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
      localStorage.setItem("nlq.theme", next);
    } catch {
      // Then it lasts until the page is loaded again.
    }
    draw();
    document.dispatchEvent(new Event("themechange"));
  });
  draw();
}
