// Runs before the page is drawn, so that it is never drawn in the other theme first.
// @ts-check
"use strict";
try {
  const chosen = localStorage.getItem("nlq.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing: the system decides.
}
