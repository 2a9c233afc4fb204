"""What is explained is what the SQL says, in the words of a reader, and never its opposite."""

from __future__ import annotations

import pytest

from nlq.catalog import Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.guard.predicate import parse_predicate
from nlq.plan import check
from nlq.plan.explain_rule import explain_predicate
from nlq.policy import ClaimType

DDL = """
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER, day DATE, written TEXT, data JSON, tags TEXT[]
);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)
"""


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


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        pytest.param("'vip' = ANY(tags)", "'vip' is one of `tags`", id="a list"),
        pytest.param("data ->> 'size' = 'L'", "`size` of `data` is 'L'", id="JSON"),
        pytest.param("json_extract(data, '$.a.b') = 'L'", "`a.b` of `data` is 'L'", id="a path of JSON"),
        pytest.param("written IS NOT NULL", "`written` is not missing", id="not null"),
        pytest.param("NOT written IS NULL", "`written` is not missing", id="not: null"),
        pytest.param(
            "NOT (written IS NOT NULL)", "it is not so that (`written` is not missing)", id="not: not null"
        ),
        pytest.param(
            "NOT written NOT LIKE 'a%'", "it is not so that `written` is not like 'a%'", id="not: not like"
        ),
        pytest.param(
            "NOT EXISTS (SELECT 1 FROM customers AS c WHERE c.id = orders.customer_id)",
            "there is no row of `customers` where `customers.id` is `orders.customer_id`",
            id="no row",
        ),
        pytest.param("EXISTS (SELECT * FROM customers)", "there is a row of `customers`", id="any row"),
        pytest.param(
            "EXISTS (SELECT id FROM customers LIMIT 1)",
            "there is a row for which: shows `customers.id`, from `customers`. At most 1 row",
            id="a row of a longer query",
        ),
    ],
)
def test_conditions(condition: str, said: str) -> None:
    found = check(f"SELECT id FROM orders WHERE {condition}", catalog_from_ddl(DDL, "postgres"))
    assert found.explanation == f"Shows `id`, from `orders`. Only rows where {said}."


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
@pytest.mark.parametrize(
    ("predicate", "said"),
    [
        pytest.param(":me.id IS NULL", "the caller is not known", id="null"),
        pytest.param(":me.id IS NOT NULL", "the caller is known", id="not null"),
        pytest.param("NOT :me.id IS NULL", "the caller is known", id="not: null"),
        pytest.param("CAST(:me.id AS INT) IS NOT NULL", "the caller is known", id="typed"),
        pytest.param("NOT (:me.id IS NOT NULL)", "the caller is not known", id="not: not null"),
        pytest.param("'a' = ANY(:me.teams)", "'a' is one of the caller's `teams`", id="a list"),
    ],
)
def test_rules(dialect: Dialect, predicate: str, said: str) -> None:
    catalog = catalog_from_ddl(DDL, dialect)
    tree = parse_predicate(
        predicate, next(iter(catalog)), catalog, {"teams": ClaimType("text", is_list=True)}
    )
    assert explain_predicate(tree, dialect) == said
