"""Comparisons that would fail when the statement runs are found before."""

from __future__ import annotations

import pytest

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.errors import PlanError
from nlq.plan import check

DDL = """
CREATE TABLE teams (id INT PRIMARY KEY, name TEXT, motto TEXT, size DOUBLE PRECISION);
CREATE TABLE people (id INT PRIMARY KEY, name TEXT, team INT REFERENCES teams (id), born DATE, paid NUMERIC(9, 2));
"""  # noqa: E501  # a relation is one line


def catalog_of(dialect: Dialect) -> Catalog:
    return catalog_from_ddl(DDL, dialect)


MISMATCHES = [
    pytest.param(
        "SELECT name FROM people WHERE team = 'red'",
        "`team` holds a number, and the text that it is compared with is none",
        "it refers to `teams`: join that, and compare its `name`, `motto`",
        id="a foreign key",
    ),
    pytest.param(
        "SELECT name FROM people WHERE 'x1' <> id",
        "`id` holds a number, and the text that it is compared with is none",
        "compare `name`",
        id="the other way round",
    ),
    pytest.param(
        "SELECT name FROM people WHERE paid IN ('1.5', 'much')",
        "`paid` holds a number, and the text that it is compared with is none",
        "compare `name`", id="one of a list",
    ),
    pytest.param(
        "SELECT name FROM people WHERE born > 'March'",
        "`born` holds a date, and the text that it is compared with is none",
        "compare `name`", id="a date",
    ),
]  # fmt: skip


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize(("sql", "message", "hint"), MISMATCHES)
def test_text_that_a_column_cannot_hold(sql: str, message: str, hint: str, dialect: Dialect) -> None:
    with pytest.raises(PlanError) as caught:
        check(sql, catalog_of(dialect))
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("plan.mismatch", message, hint)


FITTING = [
    "SELECT name FROM people WHERE team = ' 3 '",
    "SELECT name FROM people WHERE paid > '-1.5e3'",
    "SELECT name FROM people WHERE born > '2026-01-31' AND born < 'infinity'",
    "SELECT name FROM teams WHERE size = 'NaN'",
    "SELECT name FROM people WHERE name = 'red'",
    "SELECT name FROM people WHERE CAST(team AS TEXT) = 'red'",
]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize("sql", FITTING)
def test_text_that_engines_convert_is_left_to_them(sql: str, dialect: Dialect) -> None:
    assert check(sql, catalog_of(dialect)).sql


def test_sqlite_compares_what_it_is_given() -> None:
    assert check("SELECT name FROM people WHERE team = 'red'", catalog_of("sqlite")).sql
