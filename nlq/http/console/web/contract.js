/**
 * The shapes of replies, as docs/http.md and docs/console.md have them. Types only: nothing is exported at run time.
 *
 * @typedef {string|number|boolean|null|object} Value
 * @typedef {Record<string, Value>} Row
 * @typedef {{name: string, type: string}} Column
 * @typedef {{relation: string, column?: string, effect: "allowed"|"filtered"|"masked"|"aggregated"|"denied",
 *   reason: string}} Decision
 * @typedef {{id: string, cached: boolean, model: string, model_calls: number, prompt_tokens: number,
 *   completion_tokens: number, confidence: number}} UsedPlan
 * @typedef {{columns: Column[], rows: Row[], truncated: boolean, sql: string, explanation: string,
 *   assumptions: string[], plan: UsedPlan, decisions: Decision[], timings: Record<string, number>,
 *   question?: string}} Answer
 * @typedef {{stage: string, attempt?: number, model?: string, message?: string, code?: string, what?: string[],
 *   rows?: number, seconds?: number, from_cache?: boolean, ahead?: number, done?: number, total?: number,
 *   question?: string}} Stage
 * @typedef {{type: string, title: string, status: number, detail: string, code: string, hint: string|null,
 *   span?: [number, number], readings?: Reading[], ahead?: number}} ProblemBody
 * @typedef {{question: string, sql: string, explanation: string}} Reading
 *
 * @typedef {{name: string, type: string, nullable: boolean, comment: string|null, enum: string[]}} SchemaColumn
 * @typedef {{columns: string[], referred: string, referred_columns: string[]}} ForeignKey
 * @typedef {{schema: string, name: string, kind: "table"|"view", comment: string|null, columns: SchemaColumn[],
 *   primary_key: string[], foreign_keys: ForeignKey[]}} Relation
 * @typedef {{dialect: string, relations: Relation[]}} Catalog
 *
 * @typedef {{name: string, id: Value, roles: string[], claims: Record<string, Value>}} Person
 * @typedef {{version: string, dialect: string, database: string|null,
 *   caller: {owner: boolean, named: boolean, id: Value, roles: string[]}, sign_in: "bearer"|"name"|"none",
 *   principals: Person[], insider: boolean, frozen: boolean, model: string|null, row_limit: number, policy: boolean,
 *   charts: boolean, mutations: boolean}} Session
 * @typedef {{sql: string, explanation: string, columns: Column[], relations: string[]}} Checked
 *
 * @typedef {{relation: string, action: "create"|"update"|"delete", count: number, before: Row[], after: Row[]}} Change
 * @typedef {{committed: boolean, changes: Change[], sql: string, explanation: string, assumptions: string[],
 *   doubts: string[], undo: string|null, approval: string|null, repeated: boolean, messages: number, decisions: Decision[],
 *   timings: Record<string, number>}} Outcome
 * @typedef {{id: string, time: string, principal: string, instruction: string|null, undone_by: string|null,
 *   changes: {relation: string, action: string, count: number}[]}} Entry
 *
 * @typedef {{roles: string[], predicate: string|null}} Grant
 * @typedef {{name: string, relation: string, action: string, roles: string[], english: string|null,
 *   status: "sql"|"reviewed"|"new"|"changed"|"missing"|"ambiguous"|"not_understood"|"unsupported", id: string|null,
 *   grants: Grant[], explanation: string|null, assumptions: string[], reviewed: {by: string, at: string}|null,
 *   readings: {grants: Grant[], explanation: string}[],
 *   finding: {code: string, message: string, hint: string|null}|null}} Rule
 * @typedef {{relation: string, column: string, kind: string, group: number, except: string[], filterable: boolean,
 *   writable: boolean}} ColumnRule
 * @typedef {{people: {name: string, roles: string[]}[], relations: {relation: string,
 *   reach: {effect: "allowed"|"filtered"|"denied", reason: string, columns: {name: string, kind: string}[]}[]}[]}} Access
 * @typedef {{id: string, kind: "query"|"mutation", question: string, sql: string, explanation: string, assumptions: string[],
 *   parameters: Column[], columns: Column[], depends: {relation: string, columns: string[]}[],
 *   provenance: {model: string, attempts: number, prompt_tokens: number, completion_tokens: number,
 *   seconds: number, cost_usd: number}, standing: "current"|"stale"|"other", why: string|null, scope: string|null,
 *   asked: string|null, earlier: {id: string, sql: string, model: string}[]}} Plan
 * @typedef {{suite: string, model: string|null, prompt: string|null, cases: number, right: number, accuracy: number,
 *   interval: [number, number], leaks: number, faults?: Record<string, number>,
 *   comparison?: {gained: string[], lost: string[], significant: boolean}}} Report
 */
export {};
