"""Functions of other engines, for SQLite."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.dialect import mend_spans, speak_dialect
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render


def spoken(expression: str) -> str:
    tree = parse(f"SELECT {expression} FROM t", "sqlite")
    changes = speak_dialect(tree, "sqlite")
    assert set(changes) <= {"wrote times as SQLite has them"}
    written = render(tree, "sqlite", pretty=False).replace('"', "")
    return written.removeprefix("SELECT ").removesuffix(" FROM t") if changes else ""


@pytest.mark.parametrize(
    ("other", "own"),
    [
        pytest.param("YEAR(d)", "CAST(STRFTIME('%Y', d) AS INTEGER)", id="year"),
        pytest.param("YEAR(built_year)", "built_year", id="the year of a year"),
        pytest.param("EXTRACT(MONTH FROM d)", "CAST(STRFTIME('%m', d) AS INTEGER)", id="extract"),
        pytest.param("DATE_PART('dow', d)", "CAST(STRFTIME('%w', d) AS INTEGER)", id="date_part"),
        pytest.param("QUARTER(d)", "((CAST(STRFTIME('%m', d) AS INTEGER) + 2) / 3)", id="quarter"),
        pytest.param("DATE_TRUNC('month', d)", "STRFTIME('%Y-%m-01', d)", id="date_trunc"),
        pytest.param("DATE_FORMAT(d, '%Y %H:%i')", "STRFTIME('%Y %H:%M', d)", id="MySQL's format"),
        pytest.param("TO_CHAR(d, 'YYYY-MM')", "STRFTIME('%Y-%m', d)", id="that of Postgres"),
        pytest.param("NOW()", "CURRENT_TIMESTAMP", id="now"),
        pytest.param(
            "CURDATE() - INTERVAL 2 WEEK", "DATE(CURRENT_DATE, '-14 days')", id="weeks before today"
        ),
        pytest.param("DATE_ADD(d, INTERVAL 1 MONTH)", "DATETIME(d, '+1 months')", id="a month later"),
    ],
)
def test_functions_of_others(other: str, own: str) -> None:
    assert spoken(other) == own


@pytest.mark.parametrize(
    "own",
    ["STRFTIME('%Y', d)", "DATE('now', '-7 days')", "a - b", "DATE_TRUNC('decade', d)", "JULIANDAY(d)"],
)
def test_what_sqlite_has_or_nobody_can_write_is_left_alone(own: str) -> None:
    assert spoken(own) == ""


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        pytest.param("STRFTIME('%Y', d) = 2020", "CAST(STRFTIME('%Y', d) AS INTEGER) = 2020", id="a number"),
        pytest.param("STRFTIME('%w', d) IN (0, 6)", "CAST(STRFTIME('%w', d) AS INTEGER) IN (0, 6)", id="numbers"),
        pytest.param("STRFTIME('%m', d) BETWEEN 1 AND 3", "CAST(STRFTIME('%m', d) AS INTEGER) BETWEEN 1 AND 3", id="between"),
        pytest.param("STRFTIME('%m', d) = '1'", "CAST(STRFTIME('%m', d) AS INTEGER) = 1", id="a text without its 0"),
        pytest.param("STRFTIME('%m', d) = '01'", "", id="as it is stored"),
        pytest.param("STRFTIME('%w', d) = '1'", "", id="a text that has no 0"),
        pytest.param("STRFTIME('%Y-%m', d) = 2020", "", id="no part"),
    ],
)  # fmt: skip
def test_parts_of_times_are_compared_as_numbers(condition: str, meant: str) -> None:
    tree = parse(f"SELECT a FROM t WHERE {condition}", "sqlite")
    changes = speak_dialect(tree, "sqlite")
    assert changes == (("compared parts of times as numbers",) if meant else ())
    assert render(tree, "sqlite", pretty=False).replace('"', "").split(" WHERE ")[1] == (meant or condition)


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("STRFTIME('%Y-%m', d) BETWEEN '2023-01-01' AND '2023-03-31'", "STRFTIME('%Y-%m-%d', d) BETWEEN '2023-01-01' AND '2023-03-31'"),
        ("STRFTIME('%Y', d) >= '2023-01-01'", "STRFTIME('%Y-%m-%d', d) >= '2023-01-01'"),
        ("STRFTIME('%Y-%m', d) BETWEEN '2023-01' AND '2023-03'", ""),
    ],
)  # fmt: skip
def test_months_are_not_compared_with_days(condition: str, meant: str) -> None:
    tree = parse(f"SELECT a FROM t WHERE {condition}", "sqlite")
    assert speak_dialect(tree, "sqlite") == (("compared days with days, not months",) if meant else ())
    assert render(tree, "sqlite", pretty=False).replace('"', "").split(" WHERE ")[1] == (meant or condition)


def test_other_engines_have_their_own() -> None:
    tree = parse("SELECT EXTRACT(YEAR FROM d) FROM t", "postgres")
    assert speak_dialect(tree, "postgres") == ()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("how long, in seconds?", "((JULIANDAY(t.b) - JULIANDAY(t.a)) * 86400)", id="seconds"),
        pytest.param("how long?", "(JULIANDAY(t.b) - JULIANDAY(t.a))", id="days"),
    ],
)
def test_the_time_between(question: str, expected: str) -> None:
    catalog = catalog_from_ddl("CREATE TABLE t (a TIMESTAMP, b TIMESTAMP, n INTEGER);", "sqlite")
    tree = parse("SELECT AVG(b - a), n - 1 FROM t", "sqlite")
    assert not bind(tree, catalog).findings
    assert len(mend_spans(tree, "sqlite", question)) == 1
    written = render(tree, "sqlite", pretty=False).replace('"', "")
    assert written == f"SELECT AVG({expected}), t.n - 1 FROM main.t AS t"
