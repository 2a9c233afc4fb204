/** The box for questions: grows with its text, completes, remembers. */
// @ts-check

/** @import { Suggestion } from "./suggest.js" */
import { announce, counted, h } from "./dom.js";

/**
 * @param {{suggestions: (before: string) => Suggestion[], ask: (question: string) => void, stop: () => void,
 *   label?: string, placeholder?: string, action?: string}} options
 */
export function questionBox({ suggestions, ask, stop, label = "Question", placeholder = "Ask in plain English", action = "Ask" }) {
  const field = h("textarea", {
    id: "question", rows: 1, autocomplete: "off", autocapitalize: "sentences", spellcheck: "false", enterkeyhint: "go",
    placeholder, "aria-label": label, "aria-autocomplete": "list", "aria-controls": "suggestions",
    maxlength: 4000,
  });
  const button = h("button", { type: "submit", class: "primary" }, action);
  const list = h("ul", { id: "suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const form = h("form", { class: "box", role: "search", onsubmit: (/** @type {Event} */ e) => { e.preventDefault(); go(); } },
    h("div", { class: "field" }, field, button), list);

  /** @type {Suggestion[]} */
  let found = [];
  let active = -1;
  let busy = false;
  let asked = "";

  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
  const go = () => {
    if (busy) return stop();
    close();
    if (field.value.trim()) ask(field.value.trim());
  };
  /** Another question is asked instead of the one that is worked on. */
  const enter = () => {
    if (busy && field.value.trim() !== asked) busy = false;
    go();
  };
  const close = () => {
    list.hidden = true;
    activate(-1);
  };
  /** @param {boolean} all even where nothing was typed */
  const open = (all) => {
    const before = field.value.slice(0, field.selectionStart);
    found = all || before.trim().length > 1 ? suggestions(before) : [];
    list.replaceChildren(...found.map((s, n) => h(
      "li", {
        id: `suggestion-${n}`, role: "option", "aria-selected": "false",
        onpointerdown: (/** @type {Event} */ event) => { event.preventDefault(); take(s); },
      }, h("span", { class: "text" }, s.text), h("span", { class: "kind" }, s.kind))));
    list.hidden = found.length === 0;
    activate(-1);
    if (found.length) announce(counted(found.length, "suggestion"));
  };
  /** @param {number} n */
  const activate = (n) => {
    active = n;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === n)));
    if (n >= 0) field.setAttribute("aria-activedescendant", `suggestion-${n}`);
    else field.removeAttribute("aria-activedescendant");
    list.children[n]?.scrollIntoView({ block: "nearest" });
  };
  /** @param {Suggestion} chosen */
  const take = (chosen) => {
    const at = field.selectionStart;
    if (chosen.replaces === "all") field.value = chosen.text;
    else {
      const before = field.value.slice(0, at).replace(/[\p{L}\p{N}_]+$/u, "") + chosen.text;
      field.value = before + field.value.slice(at);
      field.setSelectionRange(before.length, before.length);
    }
    grow();
    close();
    field.focus();
  };

  field.addEventListener("input", () => { grow(); open(false); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = !list.hidden;
    const oneLine = !field.value.includes("\n");
    if (event.key === "Enter" && !event.shiftKey) {
      if (isOpen && active >= 0 && !event.ctrlKey && !event.metaKey) take(found[active]);
      else enter();
    } else if (event.key === "ArrowDown" && (isOpen || oneLine)) {
      if (!isOpen) open(true);
      activate(found.length ? (active + 1) % found.length : -1);
    } else if (event.key === "ArrowUp" && (isOpen || oneLine)) {
      if (!isOpen) open(true);
      activate(found.length ? (active < 0 ? (isOpen ? found.length - 1 : 0) : active - 1 + (active ? 0 : found.length)) : -1);
    } else if (event.key === "Tab" && isOpen && active >= 0) {
      take(found[active]);
    } else if (event.key === "/" && !field.value) {
      // Who presses it to come here is here already.
    } else if (event.key === "Escape" && isOpen) {
      close();
    } else if (event.key === "Escape" && busy) {
      stop();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    form,
    focus: () => { field.focus(); field.setSelectionRange(field.value.length, field.value.length); },
    select: () => { field.focus(); field.select(); },
    value: () => field.value,
    /** @param {string} question */
    fill(question) {
      field.value = question;
      asked = question.trim();
      requestAnimationFrame(grow);
    },
    /** @param {boolean} now */
    setBusy(now) {
      busy = now;
      asked = field.value.trim();
      button.textContent = now ? "Stop" : action;
      button.classList.toggle("stop", now);
    },
  };
}
