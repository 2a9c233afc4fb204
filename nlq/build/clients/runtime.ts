/** An integer of 64 bits: text beyond 2^53, which a number would round. */
export type Int64 = number | string;

/** A decimal: text beyond 15 digits, which a number would round. */
export type Decimal = number | string;

/** What a column of JSON, a list or an object holds. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The rows of a query. `truncated` says that there were more than the server gives at once. */
export type Rows<Row> = readonly Row[] & { readonly truncated: boolean };

/** A query: what it takes, and what it gives. */
export interface Query<Params, Result> {
  readonly name: string;
  readonly read: (reply: unknown) => Result;
  /** Never there: it keeps the type of the parameters. */
  readonly params?: Params;
}

/** Parameters may be left out where none is required. */
export type Given<Params> = Record<never, never> extends Params ? [params?: Params] : [params: Params];

type _Trim<T extends string> = T extends ` ${infer R}` ? _Trim<R> : T extends `${infer R} ` ? _Trim<R> : T;
type _Name<T extends string> = T extends `${infer N}:${string}` ? _Trim<N> : T extends `${infer N}=${string}` ? _Trim<N> : _Trim<T>;
type _Plain<T extends string> = T extends `${infer A}{${infer B}}${infer C}` ? `${A}{${_Name<B>}}${_Plain<C>}` : T;

/** A question that is built; what is declared of its parameters makes no difference. */
export type Question<Text extends string> = Text &
  (_Plain<Text> extends keyof Questions ? unknown : "`nlq build` has not built this question");

/** The query that a question is. */
export type Asked<Text extends string> = _Plain<Text> extends keyof Questions ? Questions[_Plain<Text>] : never;
export type ParamsOf<Asked> = Asked extends Query<infer Params, infer _Result> ? Params : never;
export type ResultOf<Asked> = Asked extends Query<infer _Params, infer Result> ? Result : never;

/** The query of a question that stands in the program: `nlq.query("all posts since {day: date}")`. */
export function query<const Text extends string>(question: Question<Text>): Asked<Text> {
  const plain = question
    .replace(/\{\s*([^\s:=?{}]+)[^{}]*\}/g, "{$1}")
    .replace(/\s+/g, " ")
    .trim();
  const found: unknown = (_questions as unknown as Readonly<Record<string, unknown>>)[plain];
  if (found === undefined) throw new QueryError("request.not_found", `the question is not built: ${plain}`);
  return found as Asked<Text>;
}

/** Why a query was not answered: `code` is stable, `hint` says how to mend it. */
export class QueryError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
  ) {
    super(message);
    this.name = "QueryError";
  }
}

export interface ClientOptions {
  /** Where the server is, such as `https://api.example`; the page's own origin where it is left out. */
  readonly url?: string;
  /** A JWT or an API key, or what gives one. */
  readonly token?: string | (() => string | Promise<string>);
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
}

export interface Client {
  /** The result of a query. Throws `QueryError`. */
  run<Params, Result>(query: Query<Params, Result>, ...given: Given<Params>): Promise<Result>;
  /** The same client, whose queries end when the signal says so. */
  until(signal: AbortSignal): Client;
}

export function createClient(options: ClientOptions = {}, signal: AbortSignal | null = null): Client {
  const send = options.fetch ?? fetch;
  const base = (options.url ?? "").replace(/\/+$/, "");
  return {
    async run<Params, Result>(query: Query<Params, Result>, ...given: Given<Params>): Promise<Result> {
      const headers: Record<string, string> = {
        "content-type": "application/json",
        accept: "application/json",
        ...options.headers,
      };
      if (options.token !== undefined) {
        const token = typeof options.token === "string" ? options.token : await options.token();
        headers["authorization"] = `Bearer ${token}`;
      }
      let response: Response;
      try {
        response = await send(`${base}/queries/${query.name}`, {
          method: "POST",
          headers,
          body: JSON.stringify(given[0] ?? {}),
          signal,
        });
      } catch (error) {
        if (signal?.aborted) throw error;
        throw new QueryError("engine.unreachable", `the server cannot be reached: ${String(error)}`);
      }
      const reply: unknown = await response.json().catch(() => null);
      if (!response.ok) throw _problem(reply, response.status);
      return query.read(reply);
    },
    until: (other: AbortSignal) => createClient(options, other),
  };
}

function _problem(reply: unknown, status: number): QueryError {
  const found = (typeof reply === "object" && reply !== null ? reply : {}) as Record<string, unknown>;
  const text = (key: string): string | null => (typeof found[key] === "string" ? found[key] : null);
  const message = text("detail") ?? `the server replied with status ${status}`;
  return new QueryError(text("code") ?? "internal.error", message, text("hint"));
}

/** The names that lead to a value, through objects and lists. */
type _Names = readonly string[];

/** JSON has no NaN and no infinity: they come as text. */
function _numbers<Row>(row: Row, floats: readonly _Names[]): Row {
  for (const names of floats) _number(row, names);
  return row;
}

function _number(holder: unknown, names: _Names): void {
  if (typeof holder !== "object" || holder === null) return;
  const values = holder as Record<string, unknown>;
  const [name = "", ...rest] = names;
  const value = values[name];
  if (rest.length === 0 && typeof value === "string") values[name] = Number(value);
  if (rest.length > 0) for (const inner of Array.isArray(value) ? value : [value]) _number(inner, rest);
}

function _many<Row>(floats: readonly _Names[]): (reply: unknown) => Rows<Row> {
  return (reply) => {
    const { rows, truncated } = reply as { rows: Row[]; truncated: boolean };
    return Object.assign(
      rows.map((row) => _numbers(row, floats)),
      { truncated },
    );
  };
}

function _one<Row>(floats: readonly _Names[]): (reply: unknown) => Row | null {
  return (reply) => {
    const { row } = reply as { row: Row | null };
    return row === null ? null : _numbers(row, floats);
  };
}
