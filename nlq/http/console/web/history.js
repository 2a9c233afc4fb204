/** What was asked in this browser, newest first. */
// @ts-check

const KEPT = "nlq.history";
const MOST = 100;

/** @returns {string[]} */
export function history() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(found) ? found.filter((q) => typeof q === "string") : [];
  } catch {
    return [];
  }
}

/** @param {string} question */
export function remember(question) {
  keep([question, ...history().filter((q) => q !== question)].slice(0, MOST));
}

export function forget() {
  keep([]);
}

/** @param {string[]} questions */
function keep(questions) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(questions));
  } catch {
    // A browser that keeps nothing has no history.
  }
}
