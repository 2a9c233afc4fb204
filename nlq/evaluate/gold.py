"""Runs golds as they stand: a person wrote and reviewed them, as one does a test."""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from sqlglot import exp

from nlq.catalog import Dialect
from nlq.catalog.value import DEFAULT_SCHEMA
from nlq.engine.base import Engine
from nlq.engine.rows import Rows
from nlq.errors import EvalError, NlqError
from nlq.evaluate.judge import Wanted
from nlq.evaluate.score import is_ordered
from nlq.evaluate.suite import Case
from nlq.guard import Statement

GOLD_ROWS = 100_000
GOLD_SECONDS = 60.0

RunGold = Callable[[str], Rows]


def run_gold_on(engine: Engine) -> RunGold:
    """Runs golds through neither check nor guard, so that a fault of those cannot hide itself."""

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


def run_golds(case: Case, dialect: Dialect, run_gold: RunGold) -> tuple[Wanted, ...]:
    """The results that are right: of each gold, and what is written out.

    Raises `eval.invalid` where a gold does not run, or none finds anything: an answer that is empty, as
    every wrong one may be, would be right.
    """
    wanted = []
    for sql in case.gold_sql(dialect):
        try:
            wanted.append(Wanted(run_gold(sql), is_ordered(sql, dialect), sql))
        except NlqError as error:
            raise EvalError(
                "eval.invalid",
                f"the gold SQL of case {case.number} does not run: {error.message}",
                hint=f"it answers `{case.question}`",
            ) from error
    if wanted and not any(w.result.rows for w in wanted):
        raise EvalError(
            "eval.invalid",
            f"the gold SQL of case {case.number} finds no rows, as many a wrong answer would",
            hint="put rows into the fixture, or write `rows = []` where finding none is the point",
        )
    if case.rows is not None:
        wanted.append(Wanted(case.rows, case.rows.ordered))
    return tuple(wanted)


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
