/** Who asks: what the server says of it, and how to be somebody else. */
// @ts-check

/** @import { Person, Session } from "./contract.js" */
import { setIdentity, whoAsks } from "./api.js";
import { h, prose } from "./dom.js";

/** @param {HTMLButtonElement} button @param {() => void} changed */
export function whoButton(button, changed) {
  /** @type {Session|null} */
  let session = null;
  button.addEventListener("click", () => {
    const dialog = whoDialog(session, (identity) => {
      setIdentity(identity);
      changed();
    });
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      button.focus();
    });
    dialog.showModal();
  });
  return {
    /** @param {Session|null} found */
    show(found) {
      session = found;
      button.replaceChildren(h("span", { class: "soft" }, "as "), nameOf(found));
      button.classList.toggle("other", Boolean(whoAsks()));
    },
  };
}

/** @param {Session|null} session */
export function nameOf(session) {
  const who = whoAsks();
  if (who?.kind === "name" && !who.text.startsWith("{")) return who.text;
  if (!session) return "somebody";
  if (session.caller.owner) return "owner";
  if (session.caller.id !== null) return String(session.caller.id);
  return session.caller.roles.join(", ") || "anybody";
}

/**
 * @param {Session|null} session
 * @param {(identity: {kind: "name"|"token", text: string}|null) => void} choose
 */
function whoDialog(session, choose) {
  const kind = session?.sign_in ?? "bearer";
  /** @param {{kind: "name"|"token", text: string}|null} identity */
  const be = (identity) => {
    dialog.close();
    choose(identity);
  };
  const field = h(kind === "bearer" ? "input" : "textarea", {
    id: "identity", autocomplete: "off", spellcheck: "false", ...(kind === "bearer" ? { type: "password" } : { rows: 2 }),
    placeholder: kind === "bearer" ? "nlq_…" : '{"id": 7, "roles": ["analyst"]}',
  });
  const form = h(
    "form", { onsubmit: (/** @type {Event} */ e) => { e.preventDefault(); if (field.value.trim()) be({ kind: kind === "bearer" ? "token" : "name", text: field.value.trim() }); } },
    h("label", { for: "identity" }, kind === "bearer" ? "Token or API key" : "Or somebody else, as a JSON object"),
    field,
    kind === "bearer" && h("p", { class: "soft" }, "Kept in this tab until it is closed, and sent to this server only."),
    h("div", { class: "row" }, h("button", { type: "submit", class: "primary" }, kind === "bearer" ? "Use it" : "View as them")),
  );
  const dialog = h(
    "dialog", { "aria-labelledby": "who-title" },
    h("div", { class: "tools" }, h("h2", { id: "who-title" }, "Who asks"), h("span", { class: "push" }),
      h("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => dialog.close() }, "Close")),
    h("p", null, session ? present(session) : prose("The server did not accept who you said you are.")),
    whoAsks() && h("p", null, h("button", { type: "button", onclick: () => be(null) }, kind === "bearer" ? "Sign out" : "Be yourself again")),
    kind === "name" && session && h("ul", { class: "people" }, session.principals.map((p) => h("li", null, person(p, () => be({ kind: "name", text: p.name }))))),
    kind === "none" && h("p", { class: "soft" }, prose("This server knows no others: it has neither a policy with principals in development (`--dev`) nor authentication.")),
    kind !== "none" && form,
  );
  return dialog;
}

/** @param {Person} person @param {() => void} choose */
function person(person, choose) {
  const pressed = whoAsks()?.text === person.name;
  return h("button", { type: "button", "aria-pressed": String(pressed), onclick: choose },
    h("strong", null, person.name), h("span", { class: "soft" }, person.roles.join(", ") || "no role"));
}

/** @param {Session} session @returns {(Node|string)[]} */
function present(session) {
  const { caller } = session;
  if (caller.owner) return ["You are the owner, who may read everything."];
  if (!caller.named) return ["You are anybody: nobody has said who asks. You read what everyone may."];
  const roles = caller.roles.length ? `with the role ${caller.roles.map((r) => `\`${r}\``).join(", ")}` : "without a role";
  return prose(caller.id === null ? `You ask ${roles}.` : `You are \`${caller.id}\`, ${roles}.`);
}
