"""What is fuzzed: text of one dialect through parse, allow-list, binder, check and guard.

Whatever the text is, it becomes a statement or an `NlqError`, within a second. Anything else is a finding.
"""

from __future__ import annotations

import time
from functools import cache
from typing import get_args

import duckdb

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.engine import failure
from nlq.engine.duckdb_reads import require_same_reads
from nlq.errors import EngineError, NlqError, StoreError
from nlq.guard import Statement, guard
from nlq.plan import Plan, Slot, check
from nlq.policy import Policy, Principal, visible
from nlq.policy.load import load_policy

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

SECONDS = 1.0
"""Time of the processor that one text may take, without instruments."""

DDL = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, "Full Name" TEXT, team_id INTEGER, born DATE
);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, title TEXT, status TEXT, author_id INTEGER REFERENCES users (id),
    likes INTEGER, price DECIMAL(10, 2), at TIMESTAMP, open BOOLEAN
);
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE vault (id INTEGER PRIMARY KEY, code TEXT);
"""
POLICY = """
[relations.users]
read = { sql = "team_id = :me.team_id OR id IN (SELECT author_id FROM posts WHERE open)" }
[relations.users.columns]
email = "hidden"

[relations.posts]
read = [{ sql = "author_id = :me.id" }, { sql = "status = 'open' AND likes > 3" }]

[relations.teams]
read = true
"""
WHO = Principal(7, frozenset({"reader"}), {"team_id": 3})
SLOTS = (Slot("p1", 100, "integer"), Slot("p2", "open", "text"))


class FindingError(AssertionError):
    """What must not happen."""


@cache
def world(dialect: Dialect) -> tuple[Catalog, Policy, Catalog]:
    """The catalog, the policy, and the part of the catalog that `WHO` may see."""
    catalog = catalog_from_ddl(DDL, dialect)
    policy = load_policy(POLICY, catalog)
    return catalog, policy, visible(policy, WHO, catalog)


def statement_of(text: str, dialect: Dialect) -> Statement:
    """The text as a statement of `WHO`.

    Raises `plan.*`, and a `FindingError` where the guard does not take what the check gave, or DuckDB's
    parser sees other relations in the statement than the guard put there.
    """
    catalog, policy, seen = world(dialect)
    checked = check(text, seen, slots=SLOTS)
    plan = Plan(
        "query",
        text,
        dialect,
        "",
        checked.sql,
        checked.parameters,
        (),
        checked.depends,
        checked.explanation,
    )
    try:
        statement = guard(plan, policy, WHO, catalog, seen)
    except StoreError as error:
        raise FindingError(f"the guard refuses what the check gave: {error.message}") from error
    if dialect == "duckdb":
        _require_same_reads(statement)
    return statement


def _require_same_reads(statement: Statement) -> None:
    try:
        require_same_reads(parser().cursor(), statement, frozenset())
    except EngineError as error:
        # What DuckDB cannot read at all is refused when it is prepared.
        if error.message != failure.NOT_A_READ[1]:
            raise FindingError(f"{error.message}: {statement.sql}") from error


@cache
def parser() -> duckdb.DuckDBPyConnection:
    """DuckDB, of which only the parser is used."""
    return duckdb.connect()


def try_text(text: str, dialect: Dialect) -> tuple[Statement | None, float]:
    """The statement, or None where the text is refused, and the seconds that it took.

    Raises whatever a bug raises.
    """
    started = time.process_time()
    try:
        statement = statement_of(text, dialect)
    except NlqError:
        statement = None
    return statement, time.process_time() - started
