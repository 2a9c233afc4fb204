"""Drafts that bind and mean what no one asks for."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.shape import mend_shape
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE crimes (id INTEGER PRIMARY KEY, kind TEXT, place TEXT);
    CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT, age INTEGER);
    CREATE TABLE visits (person_id INTEGER REFERENCES people (id), place_name TEXT UNIQUE);
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


def test_either_of_two_values_is_in_brackets() -> None:
    sql = "SELECT name FROM people WHERE age = 3 AND city LIKE 'a%' OR city LIKE 'b%'"
    assert mended(sql, "who is three, in a or b?") == (
        "SELECT people.name FROM people AS people WHERE people.age = 3 AND (people.city LIKE 'a%' OR people.city LIKE 'b%')",
        ("read either of two for `city`, with all else that is said",),
    )


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("age = 3 AND city = 'a' OR name = 'b'", id="another column"),
        pytest.param("city = 'c' AND city = 'a' OR city = 'b'", id="one column"),
        pytest.param("age = 3 AND (city = 'a' OR city = 'b')", id="in brackets already"),
    ],
)
def test_other_alternatives_are_left_alone(condition: str) -> None:
    assert untouched(f"SELECT name FROM people WHERE {condition}", "who?")


def test_an_aggregate_of_an_inner_query_is_no_condition_on_groups() -> None:
    assert untouched(
        "SELECT city FROM people WHERE age > (SELECT avg(age) FROM people) GROUP BY city", "cities"
    )


def test_people_of_one_name_are_told_apart() -> None:
    sql = "SELECT p.name, count(*) FROM people AS p JOIN visits AS v ON v.person_id = p.id GROUP BY p.name"
    assert mended(sql, "how many visits did each of the people make?") == (
        "SELECT p.name, COUNT(*) FROM people AS p JOIN visits AS v ON v.person_id = p.id GROUP BY p.name, p.id",
        ("told `people` of the same name apart, by `id`",),
    )


@pytest.mark.parametrize(
    ("select", "joined", "group", "question"),
    [
        pytest.param("p.name", "v.person_id = p.id", "p.name", "visits by name", id="said"),
        pytest.param("p.city", "v.person_id = p.id", "p.city", "visits of each city", id="a kind"),
        pytest.param("p.name", "v.person_id = p.id", "p.name, p.id", "visits", id="apart already"),
        pytest.param(
            "p.name", "v.person_id = p.id", "p.name, v.place_name", "visits", id="of two relations"
        ),
        pytest.param(
            "v.place_name", "v.person_id = p.id", "v.place_name", "visits", id="names that are unique"
        ),
        pytest.param("p.name", "v.person_id = p.age", "p.name", "visits", id="joined otherwise"),
    ],
)
def test_names_that_stand_for_themselves(select: str, joined: str, group: str, question: str) -> None:
    assert untouched(
        f"SELECT {select}, count(*) FROM people AS p JOIN visits AS v ON {joined} GROUP BY {group}",
        question,
    )


def test_a_relation_of_which_nothing_is_used_is_left_out() -> None:
    sql = "SELECT p.name FROM people AS p JOIN crimes AS c ON p.id = c.id WHERE p.age > 30"
    assert mended(sql, "who is over 30?") == (
        "SELECT p.name FROM people AS p WHERE p.age > 30",
        ("left out `crimes`, of which nothing is used",),
    )


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT p.name FROM people AS p JOIN crimes AS c ON p.id = c.id", "who did crimes?",
                     id="asked for"),
        pytest.param("SELECT p.name FROM people AS p JOIN crimes AS c ON p.id = c.id WHERE c.kind = 'x'", "who?",
                     id="used"),
        pytest.param("SELECT * FROM people AS p JOIN crimes AS c ON p.id = c.id", "all", id="shown"),
        pytest.param("SELECT p.city, count(*) FROM people AS p JOIN crimes AS c ON p.id = c.id GROUP BY p.city", "where?",
                     id="counted in groups"),
        pytest.param("SELECT p.name FROM people AS p LEFT JOIN crimes AS c ON p.id = c.id", "who?", id="outer"),
    ],
)  # fmt: skip
def test_a_relation_that_may_be_meant_stays(sql: str, question: str) -> None:
    assert untouched(sql, question)


def test_a_count_beside_a_column_is_one_for_each_of_its_values() -> None:
    tree = parse("SELECT city, count(*) FROM people", "sqlite")
    bind(tree, CATALOG)
    assert mend_shape(tree, CATALOG, "people by city") == ("counted for each `city`",)
    assert render(tree, "sqlite", pretty=False) == (
        'SELECT "people"."city", COUNT(*) FROM "main"."people" AS "people" GROUP BY "people"."city"'
    )


def test_the_row_of_a_maximum_is_no_group() -> None:
    assert untouched("SELECT name, max(age) FROM people", "who is the oldest?")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT max(age) FROM people ORDER BY id DESC LIMIT 1",
                     "SELECT people.age FROM people AS people ORDER BY people.id DESC LIMIT 1", id="alone"),
        pytest.param("SELECT name, min(age) FROM people ORDER BY id LIMIT 1",
                     "SELECT people.name, people.age FROM people AS people ORDER BY people.id LIMIT 1", id="beside a column"),
    ],
)  # fmt: skip
def test_the_first_row_is_shown_not_a_maximum(sql: str, expected: str) -> None:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    assert mend_shape(tree, CATALOG, "the age of the last one") == (
        "showed `age` of the row that comes first, not of all",
    )
    assert render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "") == expected


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(
            "SELECT max(age) FROM people ORDER BY age DESC LIMIT 1", id="of what it is ordered by"
        ),
        pytest.param("SELECT city, max(age) FROM people GROUP BY city ORDER BY city LIMIT 1", id="grouped"),
        pytest.param("SELECT max(age) FROM people ORDER BY count(*) LIMIT 1", id="ordered by an aggregate"),
        pytest.param("SELECT max(age), count(*) FROM people ORDER BY city LIMIT 1", id="beside a count"),
    ],
)
def test_a_maximum_that_may_be_meant_stays(sql: str) -> None:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    assert mend_shape(tree, CATALOG, "the highest age") == ()
