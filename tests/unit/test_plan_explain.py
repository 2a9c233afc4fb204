"""Times as text are explained by what their pattern says."""

from __future__ import annotations

import pytest

from nlq.catalog import Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.plan import check

DDL = "CREATE TABLE orders (id INTEGER PRIMARY KEY, day DATE, written TEXT)"


@pytest.mark.parametrize(
    ("dialect", "value", "said"),
    [
        pytest.param("duckdb", "strftime(day, '%Y-%m')", "the year-month of `day`", id="duckdb"),
        pytest.param("duckdb", "strftime('%d/%m/%Y', day)", "the day/month/year of `day`", id="swapped"),
        pytest.param("duckdb", "strftime(day, '%B')", "the month of `day`", id="one part"),
        pytest.param("duckdb", "strftime(day, 'Q%q')", "`day` as 'Q%q'", id="no words"),
        pytest.param(
            "duckdb", "strptime(written, '%Y-%m-%d')", "`written` read as year-month-day", id="read"
        ),
        pytest.param("postgres", "to_char(day, 'YYYY-MM')", "the year-month of `day`", id="postgres"),
        pytest.param("sqlite", "strftime('%Y', written)", "the year of `written`", id="sqlite"),
    ],
)
def test_times_as_text(dialect: Dialect, value: str, said: str) -> None:
    catalog = catalog_from_ddl(DDL, dialect)
    found = check(f"SELECT {value} AS x FROM orders", catalog)
    assert found.explanation == f"Shows {said} (as `x`), from `orders`."


def test_a_group_by_a_part_of_a_time() -> None:
    sql = "SELECT strftime(day, '%Y-%m') AS m, count(*) AS n FROM orders GROUP BY 1 ORDER BY m"
    assert check(sql, catalog_from_ddl(DDL, "duckdb")).explanation == (
        "Shows the year-month of `day` (as `m`) and the number of rows (as `n`), from `orders`."
        " One row for each year-month of `day`. Sorted by `m`, lowest first."
    )
