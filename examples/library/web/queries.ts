// Made by `nlq build` from the queries of this project. Do not edit it: it is written anew.

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

/** An instruction that changes rows. */
export interface Mutation<Params> {
  readonly name: string;
  readonly changes: true;
  /** Never there: it keeps the type of the parameters. */
  readonly params?: Params;
}

/** What became of rows of one relation; `before` and `after` are those that the caller may see. */
export interface RelationChange {
  readonly relation: string;
  readonly action: "create" | "update" | "delete";
  readonly count: number;
  readonly before: ReadonlyArray<{ readonly [column: string]: Json }>;
  readonly after: ReadonlyArray<{ readonly [column: string]: Json }>;
}

/** What was changed, or would be, where it is not `committed`. `undo` names it for `POST /undo`. */
export interface Changed {
  readonly committed: boolean;
  readonly changes: readonly RelationChange[];
  readonly approval: string | null;
  readonly undo: string | null;
  /** It had been done before, with the same `idempotencyKey`. */
  readonly repeated: boolean;
}

export interface ChangeOptions {
  /** Change nothing, and show what would be changed. */
  readonly preview?: boolean;
  /** Of a preview: make what it showed. */
  readonly approval?: string;
  /** Change no more rows than these. */
  readonly limit?: number;
  /** What is sent again with the same key is done once. */
  readonly idempotencyKey?: string;
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
  return _find(question, _questions) as Asked<Text>;
}

/** An instruction that is built; what is declared of its parameters makes no difference. */
export type Instruction<Text extends string> = Text &
  (_Plain<Text> extends keyof Instructions ? unknown : "`nlq build` has not built this instruction");

/** The mutation that an instruction is. */
export type MutationOf<Text extends string> = _Plain<Text> extends keyof Instructions ? Instructions[_Plain<Text>] : never;
export type ParamsOfMutation<MutationOf> = MutationOf extends Mutation<infer Params> ? Params : never;

/** The mutation of an instruction that stands in the program: `nlq.mutation("archive post {id: int}")`. */
export function mutation<const Text extends string>(instruction: Instruction<Text>): MutationOf<Text> {
  return _find(instruction, _instructions) as MutationOf<Text>;
}

function _find(text: string, known: unknown): unknown {
  const plain = text
    .replace(/\{\s*([^\s:=?{}]+)[^{}]*\}/g, "{$1}")
    .replace(/\s+/g, " ")
    .trim();
  const found = (known as Readonly<Record<string, unknown>>)[plain];
  if (found === undefined) throw new QueryError("request.not_found", `the question is not built: ${plain}`);
  return found;
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
  /** Change rows. Throws `QueryError`: then nothing was changed. */
  change<Params>(
    mutation: Mutation<Params>,
    ...given: [...Given<Params>, options?: ChangeOptions]
  ): Promise<Changed>;
  /** The same client, whose queries end when the signal says so. */
  until(signal: AbortSignal): Client;
}

export function createClient(options: ClientOptions = {}, signal: AbortSignal | null = null): Client {
  const send = options.fetch ?? fetch;
  const base = (options.url ?? "").replace(/\/+$/, "");
  const call = async (path: string, params: unknown, more: Record<string, string> = {}): Promise<unknown> => {
    const headers: Record<string, string> = {
      "content-type": "application/json",
      accept: "application/json",
      ...more,
      ...options.headers,
    };
    if (options.token !== undefined) {
      const token = typeof options.token === "string" ? options.token : await options.token();
      headers["authorization"] = `Bearer ${token}`;
    }
    let response: Response;
    try {
      const body = JSON.stringify(params ?? {});
      response = await send(`${base}/queries/${path}`, { method: "POST", headers, body, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new QueryError("engine.unreachable", `the server cannot be reached: ${String(error)}`);
    }
    const reply: unknown = await response.json().catch(() => null);
    if (!response.ok) throw _problem(reply, response.status);
    return reply;
  };
  return {
    async run<Params, Result>(query: Query<Params, Result>, ...given: Given<Params>): Promise<Result> {
      return query.read(await call(query.name, given[0]));
    },
    async change<Params>(
      mutation: Mutation<Params>,
      ...given: [...Given<Params>, options?: ChangeOptions]
    ): Promise<Changed> {
      const [params, how] = given as unknown as [unknown?, ChangeOptions?];
      const said = new URLSearchParams();
      if (how?.preview) said.set("preview", "true");
      if (how?.approval !== undefined) said.set("approval", how.approval);
      if (how?.limit !== undefined) said.set("limit", String(how.limit));
      const query = said.toString();
      const key = how?.idempotencyKey;
      const path = `${mutation.name}${query && `?${query}`}`;
      return (await call(path, params, key === undefined ? {} : { "idempotency-key": key })) as Changed;
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

export type AuthorsParams = Record<string, never>;

export interface AuthorsRow {
  readonly name: string;
  readonly books: ReadonlyArray<{ readonly title: string; readonly year: number }>;
}

/** the names of the authors with their books, title and year, sorted by name and year */
export const authors: Query<AuthorsParams, Rows<AuthorsRow>> = {
  name: "authors",
  read: _many<AuthorsRow>([]),
};

export interface BookParams {
  readonly id: number;
}

export interface BookRow {
  readonly title: string;
  readonly year: number;
  readonly name: string;
}

/** title, year and author's name of the book with the id {id} */
export const book: Query<BookParams, BookRow | null> = {
  name: "book",
  read: _one<BookRow>([]),
};

export interface BooksFromParams {
  readonly country?: string | null;
}

export interface BooksFromRow {
  readonly title: string;
  readonly year: number;
  readonly name: string;
}

/** title, year and author's name of all books by authors from {country}, sorted by title
 *
 * the list that the page begins with
 */
export const booksFrom: Query<BooksFromParams, Rows<BooksFromRow>> = {
  name: "books_from",
  read: _many<BooksFromRow>([]),
};

export interface MostLentParams {
  readonly most?: number;
}

export interface MostLentRow {
  readonly title: string;
  readonly loan_count: number;
}

/** the titles of the {most} books with the most loans, with the number of their loans */
export const mostLent: Query<MostLentParams, Rows<MostLentRow>> = {
  name: "most_lent",
  read: _many<MostLentRow>([]),
};

export type OpenLoansParams = Record<string, never>;

export interface OpenLoansRow {
  readonly title: string | null;
  readonly name: string | null;
  readonly taken: string;
}

/** title of the book, name of the reader and day taken of the loans without a day of return, sorted by day taken
 *
 * a reader sees their own
 */
export const openLoans: Query<OpenLoansParams, Rows<OpenLoansRow>> = {
  name: "open_loans",
  read: _many<OpenLoansRow>([]),
};

/** The questions that are built, by their words. */
export interface Questions {
  readonly "the names of the authors with their books, title and year, sorted by name and year": typeof authors;
  readonly "the titles of the {most} books with the most loans, with the number of their loans": typeof mostLent;
  readonly "title of the book, name of the reader and day taken of the loans without a day of return, sorted by day taken": typeof openLoans;
  readonly "title, year and author's name of all books by authors from {country}, sorted by title": typeof booksFrom;
  readonly "title, year and author's name of the book with the id {id}": typeof book;
}

const _questions: Questions = {
  "the names of the authors with their books, title and year, sorted by name and year": authors,
  "the titles of the {most} books with the most loans, with the number of their loans": mostLent,
  "title of the book, name of the reader and day taken of the loans without a day of return, sorted by day taken": openLoans,
  "title, year and author's name of all books by authors from {country}, sorted by title": booksFrom,
  "title, year and author's name of the book with the id {id}": book,
};

/** The instructions that are built, by their words. */
export interface Instructions {}

const _instructions: Instructions = {};
