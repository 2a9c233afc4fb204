"""Years that are asked for, and days that a draft shows."""

from __future__ import annotations

import pytest

from nlq.catalog import Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.years import mend_years
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render


def mended(sql: str, question: str, dialect: Dialect = "sqlite") -> str:
    catalog = catalog_from_ddl(
        "CREATE TABLE tram (id INTEGER PRIMARY KEY, built DATE, year INTEGER)", dialect
    )
    tree = parse(sql, dialect)
    assert not bind(tree, catalog).findings
    changes = mend_years(tree, dialect, question)
    assert not bind(tree, catalog).findings
    text = render(tree, dialect, pretty=False).replace('"', "")
    return text.split(f" FROM {catalog.default_schema}.tram")[0].replace("tram.", "") if changes else ""


@pytest.mark.parametrize(
    ("sql", "dialect", "expected"),
    [
        ("SELECT MIN(built) FROM tram", "sqlite", "SELECT STRFTIME('%Y', MIN(built))"),
        ("SELECT built FROM tram ORDER BY built LIMIT 1", "sqlite", "SELECT STRFTIME('%Y', built)"),
        ("SELECT id, built FROM tram", "duckdb", "SELECT id, EXTRACT(YEAR FROM built)"),
        ("SELECT MAX(built) FROM tram", "postgres", "SELECT EXTRACT(YEAR FROM MAX(built))"),
    ],
)
def test_the_year_is_told(sql: str, dialect: Dialect, expected: str) -> None:
    assert mended(sql, "In which year was the oldest tram built?", dialect) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT MIN(built) FROM tram", "When was it built?", id="no year"),
        pytest.param("SELECT MIN(year) FROM tram", "In which year was it built?", id="a number"),
        pytest.param("SELECT STRFTIME('%Y', built) FROM tram", "In what year was it built?", id="as it is"),
        pytest.param(
            "SELECT built FROM tram GROUP BY built", "In which year were most built?", id="groups"
        ),
    ],
)
def test_what_is_left_as_it_is(sql: str, question: str) -> None:
    assert mended(sql, question) == ""
