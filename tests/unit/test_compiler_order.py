"""The order of groups of which none is asked for."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog import Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.order import mend_order
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = "CREATE TABLE sales (id INTEGER PRIMARY KEY, city TEXT, kind TEXT, year INTEGER, sold DATE, total DOUBLE PRECISION);"
LARGEST, EARLIEST = (
    ("largest first, for no order is asked for",),
    ("earliest first, for no order is asked for",),
)


def mended(sql: str, dialect: Dialect = "duckdb") -> tuple[str, tuple[str, ...]]:
    catalog = catalog_from_ddl(DDL, dialect)
    tree = parse(sql, dialect)
    assert not bind(tree, catalog).findings
    changes = mend_order(tree, catalog, {})
    assert not bind(tree, catalog).findings
    written = render(tree, dialect, pretty=False).replace('"', "")
    return written.partition(" ORDER BY ")[2], changes


@pytest.mark.parametrize(
    ("sql", "dialect", "expected"),
    [
        pytest.param("SELECT city, COUNT(*) FROM sales GROUP BY city", "sqlite", ("COUNT(*) DESC", LARGEST), id="counts"),
        pytest.param("SELECT city, SUM(total) AS sum FROM sales GROUP BY city", "postgres", ("SUM(sales.total) DESC NULLS LAST", LARGEST), id="sums, what is missing last"),
        pytest.param("SELECT AVG(total), city, MAX(id) FROM sales GROUP BY city", "duckdb", ("AVG(sales.total) DESC", LARGEST), id="the first of several measures"),
        pytest.param("SELECT COUNT(*), year FROM sales GROUP BY year", "duckdb", ("sales.year ASC", EARLIEST), id="a column called so"),
        pytest.param("SELECT date_trunc('month', sold) AS start, COUNT(*) FROM sales GROUP BY date_trunc('month', sold)", "duckdb", ("DATE_TRUNC('MONTH', sales.sold) ASC", EARLIEST), id="what is made of a date"),
        pytest.param("SELECT strftime('%m', sold) AS month, COUNT(*) FROM sales GROUP BY strftime('%m', sold)", "sqlite", ("STRFTIME('%m', sales.sold) ASC NULLS LAST", EARLIEST), id="what is missing last in SQLite too"),
    ],
)  # fmt: skip
def test_groups_are_ordered(sql: str, dialect: Dialect, expected: tuple[str, tuple[str, ...]]) -> None:
    assert mended(sql, dialect) == expected


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT city, COUNT(*) FROM sales GROUP BY city LIMIT 3", id="a limit"),
        pytest.param("SELECT city FROM sales GROUP BY city", id="nothing is measured"),
        pytest.param("SELECT COUNT(*) FROM sales GROUP BY city", id="no group is shown"),
        pytest.param("SELECT city, kind, COUNT(*) FROM sales GROUP BY city, kind", id="groups of two"),
        pytest.param("SELECT city, total FROM sales", id="no groups"),
        pytest.param(
            "SELECT * FROM (SELECT city, COUNT(*) AS n FROM sales GROUP BY city) AS g", id="an inner query"
        ),
    ],
)
def test_nothing_else_is(sql: str) -> None:
    assert mended(sql) == ("", ())
