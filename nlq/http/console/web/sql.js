/** SQL to read and to write. */
// @ts-check

import { checkSql, Problem } from "./api.js";
import { h, prose } from "./dom.js";

const WORDS = new Set(
  (
    "SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET AS ON USING JOIN LEFT RIGHT FULL INNER OUTER CROSS LATERAL " +
    "AND OR NOT IN IS NULL LIKE ILIKE BETWEEN EXISTS CASE WHEN THEN ELSE END DISTINCT UNION ALL EXCEPT INTERSECT WITH " +
    "RECURSIVE ASC DESC NULLS FIRST LAST TRUE FALSE CAST INTERVAL OVER PARTITION FILTER ROWS RANGE VALUES DATE TIMESTAMP " +
    "CURRENT_DATE CURRENT_TIMESTAMP EXTRACT ESCAPE ANY SOME UNBOUNDED PRECEDING FOLLOWING CURRENT ROW QUALIFY " +
    "INSERT INTO UPDATE SET DELETE IF DO NOTHING CONFLICT"
  ).split(" "),
);
/** Names that mean something else without their quotes, in one of the dialects. */
const RESERVED = new Set(
  (
    "ADD ALTER ANALYSE ANALYZE ARRAY ASYMMETRIC AUTHORIZATION BINARY BOTH CHECK COLLATE COLLATION COLUMN COMMIT CONCURRENTLY " +
    "CONSTRAINT CREATE CURRENT_CATALOG CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_USER DEFAULT DEFERRABLE DELETE DESCRIBE " +
    "DO DROP FETCH FOR FOREIGN FREEZE GRANT GROUPS ILIKE INDEX INITIALLY INSERT INTO ISNULL LEADING LOCALTIME LOCALTIMESTAMP " +
    "NATURAL NOTNULL ONLY OVERLAPS PIVOT PLACING POSITIONAL PRIMARY REFERENCES RETURNING SEMI ANTI SESSION_USER SET SHOW SIMILAR " +
    "SUMMARIZE SYMMETRIC SYSTEM_USER TABLE TABLESAMPLE TO TRAILING TRANSACTION UNIQUE UNPIVOT UPDATE USER VARIADIC VERBOSE WINDOW"
  ).split(" "),
);
const TOKEN =
  /(?<comment>--[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*'?)|(?<name>"(?:[^"]|"")*"?)|(?<param>:[A-Za-z]\w*)|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>[A-Za-z_]\w*)|[^]/g;

/**
 * SQL in parts, each in its colour.
 * @param {string} sql @returns {(Node|string)[]}
 */
export function highlight(sql) {
  /** @type {(Node|string)[]} */
  const parts = [];
  let plain = "";
  for (const match of sql.matchAll(TOKEN)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0];
    const isCall = kind === "word" && /^\s*\(/.test(sql.slice(match.index + match[0].length));
    let style = kind ?? "";
    if (kind === "word") style = WORDS.has(match[0].toUpperCase()) ? "keyword" : isCall ? "call" : "";
    if (style === "") {
      plain += match[0];
      continue;
    }
    if (plain) parts.push(plain);
    plain = "";
    parts.push(h("span", { class: `sql-${style}` }, match[0]));
  }
  if (plain) parts.push(plain);
  return parts;
}

/**
 * SQL as this page shows it: names that need no quotes have none. To read, and valid all the same.
 * @param {string} sql
 */
export function readable(sql) {
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, (found) => {
    const name = found.slice(1, -1);
    return found[0] === '"' && /^[a-z_][a-z0-9_]*$/.test(name) && !isReserved(name) ? name : found;
  });
}

/** @param {string} name */
const isReserved = (name) => WORDS.has(name.toUpperCase()) || RESERVED.has(name.toUpperCase());

/**
 * @param {string} sql @param {string} [label] says what it is where it may be wider than its place and is scrolled
 * @returns {HTMLElement}
 */
export function sqlBlock(sql, label) {
  const attributes = label ? { tabindex: 0, role: "region", "aria-label": label } : {};
  return h("pre", { class: "sql", ...attributes }, h("code", null, highlight(sql)));
}

/**
 * A field for SQL that is checked while it is written. Nothing runs before the person says so.
 * @param {{sql: string, run: (sql: string) => void, cancel: () => void}} options
 */
export function sqlEditor({ sql, run, cancel }) {
  const behind = h("pre", { class: "sql", "aria-hidden": "true" });
  const field = h("textarea", {
    class: "sql", spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    "aria-label": "SQL", "aria-describedby": "sql-verdict",
  });
  field.value = sql;
  const verdict = h("p", { id: "sql-verdict", class: "verdict", role: "status" });
  const go = h("button", { type: "submit", class: "primary" }, "Run");
  let stop = new AbortController();
  let timer = 0;

  const draw = () => {
    behind.replaceChildren(h("code", null, highlight(field.value), "\n"));
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
  const check = async () => {
    stop.abort();
    stop = new AbortController();
    if (!field.value.trim()) return say("empty", "Nothing to check yet.");
    try {
      const found = await checkSql(field.value, stop.signal);
      const gives = found.columns.map((c) => `\`${c.name}\``).join(", ");
      say("good", `Fine: ${found.explanation || `gives ${gives}.`}`);
    } catch (error) {
      if (error instanceof Problem) say("bad", `${capital(error.message)}.${error.hint ? ` ${capital(error.hint)}.` : ""}`);
    }
  };
  /** @param {string} kind @param {string} text */
  const say = (kind, text) => {
    verdict.dataset.kind = kind;
    verdict.replaceChildren(...prose(text.replace(/([.?!])\.$/, "$1")));
  };
  const submit = () => field.value.trim() && run(field.value);
  field.addEventListener("input", () => {
    draw();
    clearTimeout(timer);
    timer = window.setTimeout(check, 350);
  });
  field.addEventListener("scroll", () => { behind.scrollLeft = field.scrollLeft; });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
    else if (event.key === "Escape") cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const form = h(
    "form", { class: "editor", onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); submit(); } },
    h("div", { class: "layers" }, behind, field), verdict,
    h("div", { class: "row" }, go, h("button", { type: "button", onclick: cancel }, "Cancel"),
      h("span", { class: "keys" }, h("kbd", null, "Ctrl"), " ", h("kbd", null, "Enter"), " runs it")),
  );
  return {
    form,
    start() {
      draw();
      field.focus();
      check();
    },
  };
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
