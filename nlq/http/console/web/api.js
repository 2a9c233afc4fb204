/** The server, as calls. Who asks is sent along as the person chose; nothing is kept in cookies. */
// @ts-check

/** @import { Answer, Catalog, Checked, Outcome, ProblemBody, Session, Stage } from "./contract.js" */

/** An error of the server, or that it cannot be reached. */
export class Problem extends Error {
  /** @param {Partial<ProblemBody>} body */
  constructor(body) {
    super(body.detail ?? "the server's reply cannot be read");
    this.code = body.code ?? "";
    this.hint = body.hint ?? null;
    this.title = body.title ?? "";
    this.span = body.span ?? null;
    this.status = body.status ?? 0;
    this.readings = body.readings ?? [];
  }
}

/** @typedef {{kind: "name"|"token", text: string}|null} Identity a name or object of a development server, or a token */

/** @type {Identity} who asks; kept as long as this tab is open */
let identity = null;
const KEPT = "nlq.identity";

/** @returns {Identity} */
export function whoAsks() {
  if (identity === null) {
    try {
      identity = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    } catch {
      identity = null;
    }
  }
  return identity;
}

/** @param {Identity} chosen */
export function setIdentity(chosen) {
  identity = chosen;
  try {
    if (chosen) sessionStorage.setItem(KEPT, JSON.stringify(chosen));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // Then it is forgotten when the page is loaded again.
  }
}

/** @returns {Record<string, string>} */
function headers() {
  const who = whoAsks();
  if (who === null) return {};
  if (who.kind === "token") return { authorization: `Bearer ${who.text}` };
  // Headers hold bytes: the server reads UTF-8.
  const bytes = new TextEncoder().encode(who.text);
  return { "x-nlq-as": Array.from(bytes, (byte) => String.fromCharCode(byte)).join("") };
}

/**
 * @param {string} path @param {object} [body] what to post; without, it is a GET
 * @param {{accept?: string, signal?: AbortSignal, more?: Record<string, string>}} [options]
 */
async function send(path, body, { accept = "application/json", signal, more = {} } = {}) {
  /** @type {RequestInit} */
  const request = { headers: { accept, ...more, ...headers() }, signal, credentials: "omit" };
  if (body !== undefined) {
    request.method = "POST";
    request.body = JSON.stringify(body);
    request.headers = { ...request.headers, "content-type": "application/json" };
  }
  let reply;
  try {
    reply = await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem({ detail: "the server cannot be reached", hint: "is `nlq serve` still running?" });
  }
  if (!reply.ok) throw new Problem(await reply.json().catch(() => ({ status: reply.status })));
  return reply;
}

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return (await send(path)).json();
}

/** @param {string} path @param {object} body @param {AbortSignal} [signal] @returns {Promise<any>} */
export async function post(path, body, signal) {
  return (await send(path, body, { signal })).json();
}

/** @returns {Promise<Session>} */
export const getSession = () => get("/console/session");

/** @returns {Promise<Catalog>} */
export const getSchema = () => get("/schema");

/** @param {string} sql @param {AbortSignal} signal @returns {Promise<Checked>} */
export const checkSql = (sql, signal) => post("/console/check", { sql }, signal);

/**
 * The rows alone as the server writes them: JavaScript would round what has many digits.
 * @param {Asked} asked @param {string} type a media type
 */
export async function getRows(asked, type) {
  return (await send(asked.path, asked.body, { accept: type })).blob();
}

/** @typedef {{path: "/query"|"/sql", body: {question?: string, follows?: string, sql?: string, limit?: number}}} Asked */

/**
 * The answer; `onStage` is told of what happens until it is there.
 * @param {Asked} asked @param {(stage: Stage) => void} onStage @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export const ask = (asked, onStage, signal) => follow(asked.path, asked.body, onStage, signal);

/**
 * What was changed, or would be. With a `key`, the same change is never made twice.
 * @param {{instruction: string, params: Record<string, string|number|boolean|null>, preview: boolean, approval?: string}} body
 * @param {(stage: Stage) => void} onStage @param {AbortSignal} signal @param {string} [key]
 * @returns {Promise<Outcome>}
 */
export const mutate = (body, onStage, signal, key) => follow("/mutate", body, onStage, signal, key ? { "idempotency-key": key } : {});

/**
 * @param {string} path @param {object} body @param {(stage: Stage) => void} onStage @param {AbortSignal} signal
 * @param {Record<string, string>} [more] headers
 * @returns {Promise<any>}
 */
async function follow(path, body, onStage, signal, more = {}) {
  const reply = await send(path, body, { accept: "text/event-stream", signal, more });
  if (!reply.body) throw new Problem({});
  for await (const event of events(reply.body)) {
    if (event.name === "stage") onStage(event.data);
    else if (event.name === "answer") return event.data;
    else if (event.name === "error") throw new Problem(event.data);
  }
  throw new Problem({ detail: "the server ended before it answered", hint: "ask again" });
}

/**
 * Server-sent events of a reply.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const found = /^event: (\w+)\ndata: ([^]*)$/.exec(block);
      if (found) yield { name: found[1], data: JSON.parse(found[2]) };
    }
  }
}
