/** What the server does with a question, step by step, as it happens. */
// @ts-check

/** @import { Stage } from "./contract.js" */
import { announce, counted, duration, h, prose } from "./dom.js";

/** @param {Stage} stage @returns {{text: string, note?: string}|null} what it says to a person; null is not worth a line */
export function told(stage) {
  switch (stage.stage) {
    case "plan_found": return { text: "Found a plan that is known" };
    case "plan_rejected": return { text: "A known plan is out of date", note: stage.code };
    case "queued": return stage.ahead ? { text: "Waiting in the queue", note: `${stage.ahead} before this one` } : { text: "Next in the queue" };
    case "following": return { text: "Making it a question that stands alone", note: stage.model };
    case "followed": return { text: "Asking that", note: stage.question };
    case "model_loading": return { text: "Starting the model", note: stage.model };
    case "downloading": return { text: "Fetching the model" };
    case "drafting": return stage.attempt === 1 ? { text: "Drafting SQL", note: stage.model } : { text: `Repairing, attempt ${stage.attempt}`, note: stage.model };
    case "drafted": return { text: "Checking the draft" };
    case "draft_mended": return { text: "Mended names without the model", note: (stage.what ?? []).join("; ") };
    case "draft_refused": return { text: "The draft was refused", note: stage.message };
    case "plan_made": return { text: "The draft is a plan now" };
    case "running": return { text: "Running" };
    case "ran": return { text: `The database gave ${counted(stage.rows ?? 0, "row")}` };
    default: return null;
  }
}

/** A list that grows while the server works. `log` stays, for the answer to show. */
export function progress() {
  const log = h("ol", { class: "log" });
  const clock = h("span", { class: "clock", "aria-hidden": "true" });
  const element = h("section", { class: "panel progress", "aria-label": "Progress" }, log, clock);
  const started = performance.now();
  let at = started;
  /** @type {HTMLElement|null} */
  let open = null;
  const tick = window.setInterval(() => { clock.textContent = duration(performance.now() - started); }, 100);

  /** Ends the step that was being shown. */
  function close() {
    const now = performance.now();
    open?.classList.remove("now");
    open?.append(h("span", { class: "took" }, duration(now - at)));
    at = now;
    open = null;
  }
  /** @param {string} text @param {string} [note] */
  function begin(text, note) {
    close();
    open = h("li", { class: "now" }, h("span", { class: "step" }, text, note && h("span", { class: "soft" }, ...prose(` ${note}`))));
    log.append(open);
    announce(text);
  }
  begin("Looking for a known plan");
  return {
    element,
    log,
    /** @param {Stage} stage */
    on(stage) {
      const line = told(stage);
      if (line) begin(line.text, line.note);
    },
    end() {
      close();
      clearInterval(tick);
      clock.remove();
    },
  };
}
