"""Drafts that bind and mean what no one asks for."""

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.shape import mend_shape
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE crimes (id INTEGER PRIMARY KEY, kind TEXT, place TEXT);
    CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT, age INTEGER);
    """,
    "duckdb",
)


def mended(sql: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(sql, "duckdb")
    assert not bind(tree, CATALOG).findings
    changes = mend_shape(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    return render(tree, "duckdb", pretty=False).replace('"', "").replace("main.", ""), changes


def untouched(sql: str, question: str) -> bool:
    return mended(sql, question)[1] == ()


def test_a_join_with_itself_that_nobody_asked_for() -> None:
    sql = (
        "SELECT a.place FROM crimes AS a JOIN crimes AS b ON a.id = b.id WHERE b.kind = 'theft' "
        "GROUP BY a.place"
    )
    assert mended(sql, "where do thefts happen?") == (
        "SELECT a.place FROM crimes AS a WHERE a.kind = 'theft' GROUP BY a.place",
        ("read `crimes` once, not joined with itself",),
    )


@pytest.mark.parametrize(
    ("join", "question"),
    [
        pytest.param(
            "JOIN people AS b ON a.city = b.city", "who lives in the same city as Bob?", id="same"
        ),
        pytest.param("LEFT JOIN people AS b ON a.city = b.city", "who lives alone?", id="outer"),
        pytest.param("JOIN people AS b ON a.id = b.age", "who?", id="other columns"),
        pytest.param("JOIN people AS b ON a.city = b.city AND a.age < b.age", "who?", id="more is said"),
    ],
)
def test_a_join_with_itself_that_may_be_meant(join: str, question: str) -> None:
    assert untouched(f"SELECT a.name FROM people AS a {join} WHERE b.name = 'Bob'", question)


def test_a_condition_on_groups_stands_in_having() -> None:
    sql = "SELECT city FROM people WHERE count(*) > 3 AND age > 18 GROUP BY city HAVING min(age) < 50"
    assert mended(sql, "cities") == (
        "SELECT people.city FROM people AS people WHERE people.age > 18 GROUP BY people.city "
        "HAVING MIN(people.age) < 50 AND COUNT(*) > 3",
        ("moved a condition on groups from WHERE to HAVING",),
    )


def test_an_aggregate_of_an_inner_query_is_no_condition_on_groups() -> None:
    assert untouched(
        "SELECT city FROM people WHERE age > (SELECT avg(age) FROM people) GROUP BY city", "cities"
    )
