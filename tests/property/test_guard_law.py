"""The law: the guarded query over everything equals the plain query over what the principal may see.

The reference database holds the rows and columns that Python kept; the plain query is the caller's own
text. Engines are real. `NLQ_LAW=long` runs for minutes.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, given, note, settings
from psycopg.raw_cursor import RawCursor

from nlq.catalog import Catalog, Column, Dialect, Relation, RelationName
from nlq.catalog.value import DEFAULT_SCHEMA
from nlq.errors import NlqError
from nlq.guard import Statement, guard
from nlq.plan import Plan, check
from nlq.policy import ColumnRule, Policy, Principal, RelationRules, Rule, visible
from tests.property.queries import Query
from tests.property.strategies import cases
from tests.property.worlds import Table, World, literal, quoted

LONG = os.environ.get("NLQ_LAW") == "long"
EXAMPLES = {"duckdb": 20_000, "postgres": 5_000, "sqlite": 5_000} if LONG else {
    "duckdb": 300, "postgres": 120, "sqlite": 200}  # fmt: skip
KINDS = {"int": "INTEGER", "text": "TEXT"}
LIMIT = 10_000

Run = Callable[[str, list[Any]], list[tuple[Any, ...]]]


class Databases:
    """Two databases on kept connections: all of a world, and the part that may be seen."""

    def __init__(self, full: Run, part: Run, error: type[Exception], undo: Callable[[], None]) -> None:
        self.full, self.part, self.error, self.undo = full, part, error, undo

    @contextmanager
    def holding(self, world: World) -> Iterator[None]:
        try:
            _fill(self.full, world.tables)
            _fill(self.part, world.seen())
            yield
        finally:
            self.undo()


@pytest.fixture(scope="module")
def duckdbs() -> Iterator[Databases]:
    with duckdb.connect() as full, duckdb.connect() as part:
        runs = [lambda s, v, c=c: c.execute(s, v or None).fetchall() for c in (full, part)]

        def undo() -> None:
            for connection in (full, part):
                connection.rollback()

        yield Databases(*_in_transaction(runs), duckdb.Error, undo)


@pytest.fixture(scope="module")
def sqlites() -> Iterator[Databases]:
    with closing(_memory()) as full, closing(_memory()) as part:
        runs = [lambda s, v, c=c: c.execute(s, v).fetchall() for c in (full, part)]

        def undo() -> None:
            for connection in (full, part):
                connection.rollback()

        yield Databases(*_in_transaction(runs), sqlite3.Error, undo)


@pytest.fixture(scope="module")
def postgreses(postgres_url: str) -> Iterator[Databases]:
    names = ("law_full", "law_part")
    with psycopg.connect(postgres_url.format("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    full, part = (
        psycopg.connect(postgres_url.format(n), autocommit=True, cursor_factory=RawCursor) for n in names
    )

    def run(connection: psycopg.Connection[Any]) -> Run:
        def execute(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
            cursor = connection.execute(sql.encode(), values or None, prepare=False)
            return cursor.fetchall() if cursor.description else []

        return execute

    def undo() -> None:
        for connection in (full, part):
            connection.execute(b"ROLLBACK")

    yield Databases(*_in_transaction([run(full), run(part)]), psycopg.Error, undo)
    full.close()
    part.close()
    with psycopg.connect(postgres_url.format("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name}")


def test_the_law_on_duckdb(duckdbs: Databases) -> None:
    require_law("duckdb", duckdbs)


def test_the_law_on_postgres(postgreses: Databases) -> None:
    require_law("postgres", postgreses)


def test_the_law_on_sqlite(sqlites: Databases) -> None:
    require_law("sqlite", sqlites)


def require_law(dialect: Dialect, databases: Databases) -> None:
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES[dialect],
        derandomize=not LONG,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(dialect))
    def law(case: tuple[World, Query]) -> None:
        world, query = case
        note(f"{world!r}\n{query.sql}")
        outcome = require_equal(world, query, databases)
        outcomes[outcome] += 1
        outcomes["examples"] += 1
        outcomes.update(query.used if outcome == "rows" else ())

    law()
    print(dialect, dict(outcomes))
    # A law that is only tried on empty results, or on refusals, says nothing.
    assert outcomes["rows"] / outcomes["examples"] > 0.6
    missing = {"left join", "exists", "in", "group", "cte", "derived", "window", "limit"} - set(outcomes)
    assert not missing


def require_equal(world: World, query: Query, databases: Databases) -> str:
    """Compare both sides, and say what kind of example it was."""
    with databases.holding(world):
        wanted, reason = _bag(databases.part, databases.error, query.sql, [])
        try:
            statement = guarded(world, query.sql)
        except NlqError as error:
            # An engine may not look at a WITH query that is not used: what it would refuse passes there.
            assert wanted is None or query.oversteps, f"refused: {error}"
            return "refused"
        values = [_argument(world, name) for name in statement.arguments]
        rows, failure = _bag(databases.full, databases.error, statement.sql, values)
    assert (rows is None) == (wanted is None), f"{reason}\n{failure}\n{statement.sql}"
    assert rows == wanted, statement.sql
    return "failed" if rows is None else "rows" if rows else "empty"


def _bag(
    run: Run, error: type[Exception], sql: str, values: list[Any]
) -> tuple[Counter[tuple[Any, ...]] | None, str]:
    try:
        return Counter(run(sql, values)), ""
    except error as raised:
        return None, str(raised)


def guarded(world: World, sql: str) -> Statement:
    """What an engine would be given for the query of the world's principal."""
    catalog = Catalog.of(world.dialect, [_relation(world, t) for t in world.tables])
    policy = Policy({_name(world, n): _rules(world, n) for n in world.policy})
    principal = Principal(id=world.claims["id"], claims=world.claims)
    seen = visible(policy, principal, catalog)
    checked = check(sql, seen)
    plan = Plan(
        "query", sql, world.dialect, policy.scope(principal), checked.sql, checked.parameters, (),
        checked.depends, checked.explanation,
    )  # fmt: skip
    assert plan.explanation
    return guard(plan, policy, principal, catalog, seen)


def _argument(world: World, name: str) -> Any:
    return LIMIT if name == "__limit" else world.claims[name.removeprefix("me.")]


def _name(world: World, name: str) -> RelationName:
    return RelationName(DEFAULT_SCHEMA[world.dialect], name)


def _relation(world: World, table: Table) -> Relation:
    columns = tuple(Column(c.name, KINDS[c.kind]) for c in table.columns)
    return Relation(_name(world, table.name), columns, primary_key=("id",))


def _rules(world: World, name: str) -> RelationRules:
    rules = world.policy[name]
    if rules.rules is None:
        return RelationRules()
    read = tuple(Rule(sql=r.sql) for r in rules.rules) or (Rule(),)
    return RelationRules(read, columns={c: ColumnRule("hidden") for c in rules.hidden})


def _fill(run: Run, tables: list[Table]) -> None:
    run("BEGIN", [])
    for table in tables:
        columns = ", ".join(f"{quoted(c.name)} {KINDS[c.kind]}" for c in table.columns)
        run(f"CREATE TABLE {quoted(table.name)} ({columns})", [])
        if table.rows:
            rows = ", ".join("(" + ", ".join(map(literal, r.values())) + ")" for r in table.rows)
            run(f"INSERT INTO {quoted(table.name)} VALUES {rows}", [])


def _in_transaction(runs: list[Run]) -> tuple[Run, Run]:
    return runs[0], runs[1]


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)
