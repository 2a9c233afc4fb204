// The documentation page: asks a question over server-sent events, and lists the routes of /openapi.json.
// Whatever comes from the server is set as text, never as HTML.
"use strict";

const at = (id) => document.getElementById(id);

function make(tag, text = "", ...children) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...children);
  return element;
}

// Asking

at("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("answer").replaceChildren();
  at("stage").textContent = "asking…";
  const asked = { question: at("question").value };
  try {
    const response = await send("POST", "/query", JSON.stringify(asked), "text/event-stream");
    if (!response.ok) return showProblem(await response.json());
    for await (const [name, data] of eventsOf(response)) {
      if (name === "stage") at("stage").textContent = data.stage.replaceAll("_", " ") + "…";
      if (name === "answer") showAnswer(data);
      if (name === "error") showProblem(data);
    }
  } catch (error) {
    at("stage").textContent = "the server cannot be reached";
  }
});

function send(method, path, body, accept) {
  const headers = { accept };
  if (body !== undefined) headers["content-type"] = "application/json";
  const who = at("as").value.trim();
  if (/^bearer /i.test(who)) headers.authorization = toByteString(who);
  else if (who) headers["x-nlq-as"] = toByteString(who);
  return fetch(path, { method, headers, body });
}

// A header holds bytes: the server reads these as UTF-8.
function toByteString(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const found = /^event: (\w+)\ndata: (.*)$/s.exec(part);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}

function showAnswer(answer) {
  const { plan, timings, rows, columns } = answer;
  const cost = plan.cached ? "known: no model was called" : `compiled by ${plan.model}, calls: ${plan.model_calls}`;
  const count = `${rows.length}${answer.truncated ? "+" : ""} row${rows.length === 1 ? "" : "s"}`;
  at("stage").textContent = `${count} · ${cost} · ${timings.total.toFixed(1)} ms`;
  const table = make("table", "", make("tr", "", ...columns.map((c) => make("th", c.name))));
  for (const row of rows) {
    table.append(make("tr", "", ...columns.map((c) => cell(row[c.name]))));
  }
  const scroll = make("div", "", table);
  scroll.className = "scroll";
  at("answer").append(scroll, make("p", answer.explanation), make("pre", answer.sql));
  for (const assumption of answer.assumptions) at("answer").append(make("p", `Assumed: ${assumption}`));
}

function cell(value) {
  const text = value === null ? "NULL" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const element = make("td", text);
  if (typeof value === "number") element.className = "number";
  if (value === null) element.className = "dim";
  return element;
}

function showProblem(problem) {
  at("stage").textContent = `${problem.detail} (${problem.code})` + (problem.hint ? ` — ${problem.hint}` : "");
}

// Routes

async function listRoutes() {
  const document_ = await (await send("GET", "/openapi.json", undefined, "application/json")).json();
  const found = [];
  for (const [path, operations] of Object.entries(document_.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      found.push(route(method.toUpperCase(), path, operation));
    }
  }
  at("routes").replaceChildren(...found);
}

function route(method, path, operation) {
  const title = make("summary", "", make("code", `${method} ${path}`));
  const details = make("details", "", title, make("p", operation.description));
  const body = operation.requestBody?.content["application/json"].schema;
  if (body) details.append(fields(body));
  const area = make("textarea", body ? JSON.stringify(example(body), null, 2) : "");
  area.rows = 5;
  area.setAttribute("aria-label", "Body");
  const output = make("pre", "");
  output.hidden = true;
  const button = make("button", "Send");
  button.addEventListener("click", async () => {
    const target = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(prompt(name) ?? ""));
    const response = await send(method, target, body ? area.value : undefined, "application/json");
    const text = await response.text();
    output.hidden = false;
    output.textContent = `${response.status}\n${pretty(text)}`;
  });
  if (body) details.append(area);
  details.append(button, output);
  return details;
}

function fields(schema) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    make("tr", "", make("td", "", make("code", name)), make("td", typeOf(field)),
      make("td", required.has(name) ? "required" : ""), make("td", field.description ?? "")));
  return make("table", "", ...rows);
}

function typeOf(field) {
  const kinds = field.anyOf ? field.anyOf.map(typeOf) : [field.enum ? field.enum.join(" | ") : field.type];
  return kinds.filter((kind) => kind !== "null").join(" | ");
}

function example(schema) {
  const given = Object.entries(schema.properties).filter(([, field]) => field.examples);
  return Object.fromEntries(given.map(([name, field]) => [name, field.examples[0]]));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

listRoutes();
