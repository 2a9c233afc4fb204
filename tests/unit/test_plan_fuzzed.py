"""Texts that the fuzzer found: each broke parse, check or guard once, and is an error with a code now."""

from __future__ import annotations

import pytest

from fuzz.target import DIALECTS, try_text
from nlq.catalog import Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.errors import NlqError
from nlq.plan import check

CATALOG_DDL = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)"
CASES: dict[str, tuple[Dialect, str, str, str]] = {
    "a name in place of a query of a union": (
        "duckdb", "users UNION ALL SELECT name FROM users",
        "plan.unsupported", "`UNION` of anything but queries is not allowed",
    ),
    "a generator that reads what it wrote": (
        "duckdb", "SELECT initcap(string_agg(name, NULL), ', ' ORDER BY name) FROM users",
        "plan.unsupported", "this cannot be said in the dialect `duckdb`",
    ),
    "a function without its argument": (
        "duckdb", "SELECT date() FROM users",
        "plan.unsupported", "this cannot be said in the dialect `duckdb`",
    ),
    "lateral subqueries that take twice as long for each level": (
        "duckdb", "SELECT 1 FROM users, " + "LATERAL (users, " * 30,
        "plan.too_complex", "the SQL has more than 6 nested types, limits or lateral subqueries",
    ),
    "a word that is no unit of an interval": (
        "duckdb", "SELECT DATE '2026-01-01' + INTERVAL '3' AT FROM users",
        "plan.unsupported", "an interval of `at` is not allowed",
    ),
    "limits in brackets that take four times as long for each level": (
        "duckdb", "SELECT 1 FROM users, " + "LIMIT ( VALUES TIME " * 30,
        "plan.too_complex", "the SQL has more than 6 nested types, limits or lateral subqueries",
    ),
    "brackets that begin with FROM": (
        "duckdb", "SELECT * FROM users JOIN " + "(FROM users, " * 30,
        "plan.too_complex", "the SQL has more than 6 nested types, limits or lateral subqueries",
    ),
    "subscripts without end": (
        "postgres", "SELECT id" + "[1]" * 900 + " FROM users",
        "plan.too_complex", "the SQL has more than 40 square brackets, or points after brackets",
    ),
    "a chain of calls": (
        "duckdb", "SELECT id" + ".count(*)" * 900 + " FROM users",
        "plan.too_complex", "the SQL has more than 40 square brackets, or points after brackets",
    ),
    "stars without end": (
        "duckdb", f"SELECT {', '.join(['*'] * 900)} FROM users",
        "plan.too_complex", "the SQL has more than 32 stars",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("dialect", "text", "code", "message"), CASES.values(), ids=CASES)
def test_what_broke_once_is_refused(dialect: Dialect, text: str, code: str, message: str) -> None:
    with pytest.raises(NlqError) as caught:
        check(text, catalog_from_ddl(CATALOG_DDL, dialect))
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_group_is_named_by_a_whole_number_alone() -> None:
    checked = check("SELECT name FROM users GROUP BY 1.5", catalog_from_ddl(CATALOG_DDL, "duckdb"))
    assert checked.explanation == "Shows `name`, from `users`. One row for each 1.5."


def test_the_target_of_fuzzing_takes_what_is_right_and_refuses_what_is_not() -> None:
    texts = ("SELECT name FROM users", "SELECT code FROM vault", "SELECT email FROM users", "SELEC")
    assert [[try_text(t, d)[0] is not None for t in texts] for d in DIALECTS] == [
        [True, False, False, False]
    ] * 3
