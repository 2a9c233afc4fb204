"""Suites of instructions, each judged by the state of the database afterwards.

Every case has a copy of the database for itself, and another one for its gold. What asks to be confirmed is
confirmed, and counted: a wrong change that was made without asking is the one that must not be.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from nlq.errors import EvalError, NlqError
from nlq.mutations.doer import Order
from nlq.policy import OWNER, Principal
from nlq.policy.load import parse_principal
from nlq.service import Service

_KEYS = frozenset({"instruction", "gold", "params", "as", "before", "expect"})


@dataclass(frozen=True, slots=True)
class MutationCase:
    """An instruction, and statements that lead to the right state; without any it is to be refused."""

    instruction: str
    gold: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    principal: Principal = OWNER
    before: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case: `right`, `wrong`, `refused`, or `failed` with a code; whether it asked first."""

    case: MutationCase
    outcome: str
    asked: bool
    sql: str = ""


def read_cases(path: Path) -> tuple[MutationCase, ...]:
    """The cases of a file; raises `eval.invalid`."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        found = [_case(c) for c in raw["case"]]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, NlqError) as error:
        raise EvalError("eval.invalid", f"`{path.name}` cannot be read: {error}") from error
    return tuple(found)


def is_mutation_suite(path: Path) -> bool:
    """Whether a file says `kind = "mutations"`; what cannot be read says nothing."""
    try:
        return tomllib.loads(path.read_text("utf-8")).get("kind") == "mutations"
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def _case(raw: Mapping[str, Any]) -> MutationCase:
    if raw.keys() - _KEYS:
        raise ValueError(f"unknown keys: {', '.join(sorted(raw.keys() - _KEYS))}")
    principal = OWNER
    if "as" in raw:
        # Everything is allowed: it is what is understood that is judged, not what is permitted.
        principal = Principal(parse_principal(json.loads(raw["as"]), "as").id, is_owner=True)
    if ("gold" in raw) == (raw.get("expect") == "refused"):
        raise ValueError('a case has `gold`, or `expect = "refused"`')
    return MutationCase(
        raw["instruction"], raw.get("gold", ""), raw.get("params", {}), principal, raw.get("before", "")
    )


def judge(case: MutationCase, database: Path, open_: Callable[[str], Service]) -> Verdict:
    """Try one case on copies of the database, which is left as it is."""
    with tempfile.TemporaryDirectory() as directory:
        tried, right = Path(directory) / "tried.duckdb", Path(directory) / "right.duckdb"
        for path, statements in ((tried, (case.before,)), (right, (case.before, case.gold))):
            shutil.copyfile(database, path)
            with duckdb.connect(path) as connection:
                for statement in filter(None, statements):
                    connection.execute(statement)
        service = open_(f"duckdb:///{tried}")
        asked, sql = False, ""
        try:
            order = Order(case.instruction, case.params)
            done = service.do(order, principal=case.principal)
            sql = done.sql
            if not done.committed:
                asked = True
                approved = Order(case.instruction, case.params, approval=done.approval)
                done = service.do(approved, principal=case.principal)
        except NlqError as error:
            outcome = "refused" if not case.gold else f"failed: {error.code}"
            return Verdict(case, outcome, asked, sql or error.message)
        finally:
            service.close()
        if not case.gold:
            return Verdict(case, "wrong", asked, sql)
        return Verdict(case, "right" if are_same(tried, right) else "wrong", asked, sql)


def are_same(one: Path, other: Path) -> bool:
    """Whether every table of two databases holds the same rows; a time within the last hour is just now."""
    since = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"ATTACH $path AS {name} (READ_ONLY)", {"path": str(path)})
        return _contents(connection, "one", since) == _contents(connection, "other", since)


def _contents(
    connection: duckdb.DuckDBPyConnection, database: str, since: datetime
) -> dict[str, tuple[list[tuple[str, str]], tuple[object, ...]]]:
    """Of each table its columns, how many rows it has, and the sum of their hashes: no order changes it."""
    found = {}
    for table, columns in _tables(connection, database).items():
        rows = connection.execute(_summary(database, table, columns, since)).fetchall()
        found[table] = (columns, rows[0])
    return found


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """The columns of each table, with their types."""
    found = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE database_name = ? AND schema_name = 'main' AND NOT internal ORDER BY ALL",
        [database],
    ).fetchall()
    return {
        table: [(name, kind) for _, name, kind in columns]
        for table, columns in groupby(found, key=lambda row: row[0])
    }


def _summary(database: str, table: str, columns: Sequence[tuple[str, str]], since: datetime) -> str:
    shown = ", ".join(
        f"CASE WHEN {_quoted(n)} > TIMESTAMP '{since}' THEN TIMESTAMP 'infinity' ELSE {_quoted(n)} END"
        if kind.startswith("TIMESTAMP")
        else _quoted(n)
        for n, kind in columns
    )
    # The names are those of a database that the suite made, and quoted.
    return f"SELECT count(*), sum(hash({shown})) FROM {database}.main.{_quoted(table)}"  # noqa: S608


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
