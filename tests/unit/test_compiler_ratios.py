"""Ratios and percentages."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

from dataclasses import replace

import pytest

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.ratios import mend_ratios
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = "CREATE TABLE t (a INTEGER, b INTEGER, price NUMERIC(9,2), weight DOUBLE PRECISION, kind TEXT, is_open INTEGER);"
AS_NUMBERS = ("divided as numbers, not as whole numbers",)


def catalog_of(dialect: Dialect) -> Catalog:
    catalog = catalog_from_ddl(DDL, dialect)
    if dialect != "sqlite":
        return catalog
    # As a SQLite file has it: it keeps the type that was written.
    kept = [replace(c, type="NUMERIC") if c.name == "price" else c for r in catalog for c in r.columns]
    return replace(catalog, relations=tuple(replace(r, columns=tuple(kept)) for r in catalog))


def mended(sql: str, question: str, dialect: Dialect = "sqlite") -> tuple[str, tuple[str, ...]]:
    catalog = catalog_of(dialect)
    tree = parse(sql, dialect)
    assert not bind(tree, catalog).findings
    changes = mend_ratios(tree, catalog, question)
    assert not bind(tree, catalog).findings
    return render(tree, dialect, pretty=False).replace('"', "").replace(" FROM main.t AS t", ""), changes


@pytest.mark.parametrize(
    ("sql", "dialect", "expected"),
    [
        pytest.param("SELECT a / b FROM t", "sqlite", "SELECT CAST(t.a AS REAL) / t.b", id="columns"),
        pytest.param("SELECT COUNT(CASE WHEN kind = 'x' THEN 1 END) / NULLIF(COUNT(*), 0) FROM t", "sqlite",
                     "SELECT CAST(COUNT(CASE WHEN t.kind = 'x' THEN 1 END) AS REAL) / NULLIF(COUNT(*), 0)", id="counts"),
        pytest.param("SELECT SUM(kind = 'x') / COUNT(*) FROM t", "sqlite",
                     "SELECT CAST(SUM(t.kind = 'x') AS REAL) / COUNT(*)", id="a sum of what is true"),
        pytest.param("SELECT price / b FROM t", "sqlite", "SELECT CAST(t.price AS REAL) / t.b", id="decimals of SQLite may be whole"),
    ],
)  # fmt: skip
def test_whole_numbers_are_divided_as_numbers(sql: str, dialect: Dialect, expected: str) -> None:
    assert mended(sql, "the ratio of a to b", dialect) == (expected, AS_NUMBERS)


def test_so_are_those_of_postgres() -> None:
    sql, changes = mended("SELECT COUNT(a) / COUNT(b) FROM t", "the ratio of a to b", "postgres")
    assert (
        sql.removesuffix(" FROM public.t AS t")
        == "SELECT CAST(COUNT(t.a) AS DOUBLE PRECISION) / COUNT(t.b)"
    )
    assert changes == AS_NUMBERS


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        pytest.param("SELECT a / b FROM t", "duckdb", id="an engine that does so itself"),
        pytest.param("SELECT a / 12 FROM t", "sqlite", id="a number that is written down"),
        pytest.param("SELECT weight / b FROM t", "sqlite", id="no whole number"),
        pytest.param("SELECT AVG(a) / b FROM t", "sqlite", id="an average"),
        pytest.param("SELECT CAST(a AS REAL) / b FROM t", "sqlite", id="said already"),
        pytest.param("SELECT price / b FROM t", "postgres", id="decimals of Postgres"),
    ],
)
def test_what_is_divided_as_it_should_be(sql: str, dialect: Dialect) -> None:
    assert mended(sql, "the ratio of a to b", dialect)[1] == ()


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT kind, SUM(weight) / AVG(weight) * 100 FROM t GROUP BY kind", "the ratio for each kind",
                     ("SELECT t.kind, SUM(t.weight) / AVG(t.weight) GROUP BY t.kind", ("told the ratio itself, not in percent",)), id="ratio"),
        pytest.param("SELECT 100.0 * SUM(weight) / AVG(weight) FROM t", "what proportion is that?",
                     ("SELECT SUM(t.weight) / AVG(t.weight)", ("told the ratio itself, not in percent",)), id="proportion"),
        pytest.param("SELECT SUM(weight) / AVG(weight) AS share FROM t", "what percentage is that?",
                     ("SELECT (SUM(t.weight) / AVG(t.weight)) * 100 AS share", ("told in percent, as is asked for",)), id="percentage"),
        pytest.param("SELECT SUM(weight) / AVG(weight) FROM t", "which ratio, in percent?",
                     ("SELECT SUM(t.weight) / AVG(t.weight)", ()), id="both are said"),
        pytest.param("SELECT SUM(weight) / AVG(weight) * 100 FROM t", "the ratio, multiplied by 100",
                     ("SELECT SUM(t.weight) / AVG(t.weight) * 100", ()), id="a hundred is said"),
        pytest.param("SELECT SUM(weight) * 100.0 / AVG(weight) FROM t", "the percentage",
                     ("SELECT SUM(t.weight) * 100.0 / AVG(t.weight)", ()), id="in percent already"),
    ],
)  # fmt: skip
def test_it_is_told_in_what_is_asked_for(
    sql: str, question: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    assert mended(sql, question) == expected


def test_a_share_is_one_of_all() -> None:
    counted = "COUNT(CASE WHEN t.kind = 'x' THEN t.a END)"
    sql = f"SELECT {counted} * 100.0 / COUNT(t.a) FROM t WHERE t.b > 1 AND t.kind = 'x'"
    assert mended(sql, "what percentage is x?", "duckdb") == (
        f"SELECT {counted} * 100.0 / COUNT(t.a) WHERE t.b > 1",
        ("took the share of all, not of those that it is a share of",),
    )


def test_a_share_of_some_is_left_alone() -> None:
    sql = "SELECT SUM(CASE WHEN kind = 'x' THEN 1 END) / AVG(a) FROM t WHERE kind = 'y'"
    assert mended(sql, "the share of x", "duckdb")[1] == ()


ALL = "SELECT CAST(SUM(CASE WHEN {} THEN 1 ELSE 0 END) AS REAL) / {}"


@pytest.mark.parametrize(
    ("condition", "question", "others"),
    [
        pytest.param("t.a > 4", "the ratio of hits with an a over 4.5 to hits with an a under 3", "SUM(CASE WHEN t.a < 3 THEN 1 ELSE 0 END)", id="another comparison"),
        pytest.param("t.kind = 'x'", "the ratio of x hits to non-x hits", "SUM(CASE WHEN NOT (t.kind = 'x') THEN 1 ELSE 0 END)", id="what is not so"),
        pytest.param("t.is_open = 1", "the ratio of open shops to closed shops", "SUM(CASE WHEN NOT (t.is_open = 1) THEN 1 ELSE 0 END)", id="a flag that is not set"),
        pytest.param("t.is_open = 1", "the ratio of open shops to shops", "COUNT(*)", id="all of them"),
        pytest.param("t.kind = 'x'", "the ratio of x hits to all hits", "COUNT(*)", id="all hits"),
        pytest.param("t.kind = 'x'", "the ratio of hits that are easy to hit to hits that are not", "COUNT(*)", id="another to"),
    ],
)  # fmt: skip
def test_a_ratio_to_the_others(condition: str, question: str, others: str) -> None:
    assert mended(f"{ALL.format(condition, 'COUNT(*)')} FROM t", question)[0] == ALL.format(
        condition, others
    )


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT a * 1.0 / a FROM t WHERE kind IN ('x', 'y')",
                     "SELECT MAX(CASE WHEN t.kind = 'y' THEN t.a END) * 1.0 / MAX(CASE WHEN t.kind = 'x' THEN t.a END)", id="of two rows"),
        pytest.param("SELECT COUNT(*) * 1.0 / COUNT(*) FROM t WHERE a = 1 OR b = 1",
                     "SELECT SUM(CASE WHEN t.a = 1 THEN 1 ELSE 0 END) * 1.0 / SUM(CASE WHEN t.b = 1 THEN 1 ELSE 0 END)", id="counts"),
        pytest.param("SELECT COUNT(*) * 1.0 / COUNT(b) FROM t WHERE a = 1 OR b = 1", "", id="not the same"),
        pytest.param("SELECT a * 1.0 / a FROM t WHERE kind = 'x'", "", id="not two"),
    ],
)  # fmt: skip
def test_what_is_divided_by_itself(sql: str, expected: str) -> None:
    assert mended(sql, "the ratio of a of y to that of x")[0].partition(" WHERE ")[0] == (
        expected
        or sql.partition(" FROM ")[0]
        .replace("a *", "t.a *")
        .replace("/ a", "/ t.a")
        .replace("(b)", "(t.b)")
    )


def test_a_share_of_all_in_another_query_is_a_number() -> None:
    assert mended("SELECT COUNT(*) / (SELECT COUNT(*) FROM t AS u) FROM t", "the ratio")[1] == AS_NUMBERS


def test_a_formula_of_the_notes_has_no_hundred() -> None:
    sql, changes = mended(
        "SELECT SUM(weight) * 100 / AVG(weight) FROM t",
        "What is the R? (R = sum of weights / average weight)",
    )
    assert (sql, changes) == (
        "SELECT SUM(t.weight) / AVG(t.weight)",
        ("told the ratio itself, not in percent",),
    )
