"""Runs a suite: every gold first, then every question, each scored as soon as it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import sqlglot
from sqlglot import exp

from nlq.answer import Answer
from nlq.catalog import Dialect
from nlq.catalog.value import DEFAULT_SCHEMA
from nlq.engine.base import Engine, Rows
from nlq.errors import EvalError, NlqError
from nlq.evaluate.report import Outcome, Report
from nlq.evaluate.score import Score, is_ordered, score_answer
from nlq.evaluate.suite import Case, Suite
from nlq.events import Drafted, Event, Observer
from nlq.guard import Statement
from nlq.policy import OWNER, Principal
from nlq.service import Service

GOLD_ROWS = 100_000
GOLD_SECONDS = 60.0

Ask = Callable[[Case, Observer], Answer]
RunGold = Callable[[str], Rows]


def evaluate(
    suite: Suite,
    open_service: Callable[[str], Service],
    *,
    principal: Principal = OWNER,
    observe: Callable[[Outcome], None] | None = None,
) -> Report:
    """The report of the whole suite.

    `open_service` is given the database of a case as the suite names it: empty where it names none. The
    engine is closed when its cases are done; the model is not, for it may serve the next database.
    Results longer than the service's row limit are cut and so wrong: open it with a generous one.
    Raises `eval.invalid` where a gold does not run, before any question of its database is asked,
    unless the suite is lenient.
    """
    outcomes: list[Outcome] = []
    skipped: list[int] = []
    for database, cases in _by_database(suite):
        service = open_service(database)
        try:
            part = replace(suite, cases=tuple(cases))
            dialect = service.engine.dialect

            def ask(case: Case, listen: Observer, service: Service = service) -> Answer:
                return service.ask(case.full_question, principal=principal, observe=listen, kind="eval")

            run = run_suite(part, dialect, ask, run_gold_on(service.engine), observe)
            outcomes += run.outcomes
            skipped += run.skipped
        finally:
            service.engine.close()
    ordered = sorted(outcomes, key=lambda o: o.case.number)
    return Report(suite.name, tuple(ordered), tuple(sorted(skipped)))


def run_suite(
    suite: Suite,
    dialect: Dialect,
    ask: Ask,
    run_gold: RunGold,
    observe: Callable[[Outcome], None] | None = None,
) -> Report:
    """The report of a suite whose cases share one database.

    Raises `eval.invalid` where a gold does not run, unless the suite is lenient.
    """
    golds: dict[Case, list[tuple[Rows, bool]]] = {}
    skipped = []
    for case in suite.cases:
        try:
            golds[case] = _gold_results(case, dialect, run_gold)
        except EvalError:
            if not suite.lenient:
                raise
            skipped.append(case.number)
    outcomes = []
    for case, results in golds.items():
        outcome = _ask(case, dialect, results, ask)
        outcomes.append(outcome)
        if observe is not None:
            observe(outcome)
    return Report(suite.name, tuple(outcomes), tuple(skipped))


def run_gold_on(engine: Engine) -> RunGold:
    """Runs golds as they stand: a person wrote and reviewed them, as one does a test.

    They go through neither check nor guard, so that a fault of those cannot hide itself.
    """

    def run(sql: str) -> Rows:
        text = sql.strip().rstrip(";")
        if engine.dialect == "postgres":
            text = name_schema(text)
        statement = Statement(text, engine.dialect, arguments=(), plan_id="gold", decisions=())
        rows = engine.run(statement, {}, limit=GOLD_ROWS, timeout_s=GOLD_SECONDS)
        if rows.truncated:
            raise EvalError("eval.invalid", f"the gold SQL gives more than {GOLD_ROWS} rows")
        return rows

    return run


def name_schema(sql: str) -> str:
    """Postgres SQL with the default schema before each relation that names none; otherwise as it was.

    The engine searches no schema, and the guard, which names them, is not asked.

    >>> name_schema("WITH s AS (SELECT * FROM t) SELECT * FROM s, x.t")
    'WITH s AS (SELECT * FROM "public".t) SELECT * FROM s, x.t'
    """
    try:
        tree = sqlglot.parse_one(sql, dialect="postgres")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return sql
    local = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    bare = [t.this for t in tables if not t.db and t.name.casefold() not in local]
    # From the end, so that the places that are still to come stay where they are.
    for start in sorted((name.meta["start"] for name in bare), reverse=True):
        sql = f'{sql[:start]}"{DEFAULT_SCHEMA["postgres"]}".{sql[start:]}'
    return sql


def _gold_results(case: Case, dialect: Dialect, run_gold: RunGold) -> list[tuple[Rows, bool]]:
    """The result of each gold, and whether its order counts."""
    results = []
    for sql in case.gold_sql(dialect):
        try:
            results.append((run_gold(sql), is_ordered(sql, dialect)))
        except NlqError as error:
            raise EvalError(
                "eval.invalid",
                f"the gold SQL of case {case.number} does not run: {error.message}",
                hint=f"it answers `{case.question}`",
            ) from error
    return results


def _ask(case: Case, dialect: Dialect, golds: Iterable[tuple[Rows, bool]], ask: Ask) -> Outcome:
    drafts: list[Drafted] = []

    def listen(event: Event) -> None:
        if isinstance(event, Drafted):
            drafts.append(event)

    sql, code = "", ""
    started = time.perf_counter()
    try:
        answer = ask(case, listen)
        seconds = time.perf_counter() - started
        sql = answer.sql
        verdict = _best(score_answer(gold, answer, ordered=ordered) for gold, ordered in golds)
    except NlqError as error:
        seconds = time.perf_counter() - started
        code, verdict = error.code, Score(False, "error", error.message)
    return Outcome(
        case=case,
        dialect=dialect,
        score=verdict,
        sql=sql,
        seconds=seconds,
        error_code=code,
        drafts=len(drafts),
        model_calls=sum(not d.from_cache for d in drafts),
        prompt_tokens=sum(d.prompt_tokens for d in drafts),
        completion_tokens=sum(d.completion_tokens for d in drafts),
    )


def _best(scores: Iterable[Score]) -> Score:
    """The first that is right, else the first."""
    listed = list(scores)
    return next((s for s in listed if s.correct), listed[0])


def _by_database(suite: Suite) -> list[tuple[str, list[Case]]]:
    groups: dict[str, list[Case]] = {}
    for case in suite.cases:
        groups.setdefault(case.database or suite.database, []).append(case)
    return list(groups.items())
