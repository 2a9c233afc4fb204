"""Days that a draft compares as text."""

from __future__ import annotations

import duckdb
import pytest

from nlq.catalog import Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.patterns import mend_patterns
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = "CREATE TABLE t (id INTEGER, day DATE, moment TIMESTAMP, name TEXT);"


def mended(where: str, dialect: Dialect = "duckdb") -> str:
    catalog = catalog_from_ddl(DDL, dialect)
    tree = parse(f"SELECT id FROM t WHERE {where}", dialect)
    assert not bind(tree, catalog).findings
    changes = mend_patterns(tree, dialect)
    assert not bind(tree, catalog).findings
    return render(tree, dialect, pretty=False).replace('"', "").partition(" WHERE ")[2] if changes else ""


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("day LIKE '2026%'", "(t.day >= '2026-01-01' AND t.day < '2027-01-01')"),
        ("day LIKE '2026-12-%'", "(t.day >= '2026-12-01' AND t.day < '2027-01-01')"),
        ("moment LIKE '2026-02-28%'", "(t.moment >= '2026-02-28' AND t.moment < '2026-03-01')"),
        ("NOT day LIKE '2026%'", "NOT (t.day >= '2026-01-01' AND t.day < '2027-01-01')"),
        ("day NOT LIKE '2026%'", "NOT (t.day >= '2026-01-01' AND t.day < '2027-01-01')"),
        ("day NOT LIKE '%-05-%'", "CAST(t.day AS TEXT) NOT LIKE '%-05-%'"),
        ("day LIKE '%-05-%'", "CAST(t.day AS TEXT) LIKE '%-05-%'"),
        ("day LIKE '2026-02-30%'", "CAST(t.day AS TEXT) LIKE '2026-02-30%'"),
        ("day LIKE '9999%'", "CAST(t.day AS TEXT) LIKE '9999%'"),
    ],
)  # fmt: skip
def test_days_like_a_pattern(where: str, expected: str, dialect: Dialect) -> None:
    assert mended(where, dialect) == expected


@pytest.mark.parametrize(
    ("where", "dialect"),
    [("name LIKE '2026%'", "duckdb"), ("day LIKE name", "duckdb"), ("day LIKE '2026%'", "sqlite")],
)
def test_what_is_left_as_it_is(where: str, dialect: Dialect) -> None:
    assert mended(where, dialect) == ""


def test_it_finds_what_was_meant() -> None:
    database = duckdb.connect()
    database.execute(DDL)
    days = ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    database.executemany("INSERT INTO t (id, day) VALUES (?, ?)", list(enumerate(days)))
    where = mended("day LIKE '2026%'")
    found = database.execute(f"SELECT id FROM t WHERE {where}").fetchall()
    assert found == [(1,), (2,)]
