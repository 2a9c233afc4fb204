"""What the question says in so many words, and drafts that do otherwise."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.said import mend_said
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    "CREATE TABLE singers (id INTEGER PRIMARY KEY, name TEXT, country TEXT, age INTEGER, code INTEGER)",
    "sqlite",
)


def mended(sql: str, question: str) -> str:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    before = render(tree, "sqlite", pretty=False)
    changes = mend_said(tree, CATALOG, question)
    after = render(tree, "sqlite", pretty=False)
    assert (before != after) == bool(changes)
    assert not bind(tree, CATALOG).findings
    return after.replace('"', "").replace("main.", "").replace("singers.", "").replace(" AS singers", "")


@pytest.mark.parametrize(
    ("question", "has", "expected"),
    [
        pytest.param("singers under 30", "> 30", "< 30", id="under"),
        pytest.param("singers older than 30", "< 30", "> 30", id="older"),
        pytest.param("singers of at least 30", "> 30", ">= 30", id="at least"),
        pytest.param("singers of at most 30", "< 30", "<= 30", id="at most"),
        pytest.param("singers over 30", ">= 30", "> 30", id="over"),
        pytest.param("singers with more than 1,500 fans", "= 1500", "> 1500", id="thousands"),
        pytest.param("singers not older than 30", "<= 30", "<= 30", id="not"),
        pytest.param("singers who are not older than 30", "> 30", "<= 30", id="denied"),
        pytest.param("singers who have never had more than 30", "<= 30", "<= 30", id="denied, as it is"),
        pytest.param("singers not from here and older than 30", "< 30", "> 30", id="something else denied"),
        pytest.param("singers of 30 or older than 30", "> 30", "> 30", id="said twice"),
        pytest.param("singers under 30", "< 30", "< 30", id="right"),
        pytest.param("singers under 30 or more", "> 30", "> 30", id="unclear"),
        pytest.param("singers over 30%", "= 30", "= 30", id="another unit"),
        pytest.param("singers over 2020-01-30", "= 2020", "= 2020", id="a date"),
        pytest.param("singers after 2018", "= 2018", "> 2018", id="after a year"),
        pytest.param(
            "singers from before the year 2018", "= '2018'", "< '2018'", id="before a year of text"
        ),
        pytest.param("singers since 2018", "> 2018", ">= 2018", id="since a year"),
        pytest.param("singers not before 2018", ">= 2018", ">= 2018", id="not before a year"),
        pytest.param("singers after 30", "= 30", "= 30", id="no year"),
        pytest.param("singers after 2018-06", "= 2018", "= 2018", id="a month"),
    ],
)
def test_numbers_are_compared_as_it_is_said(question: str, has: str, expected: str) -> None:
    sql = f"SELECT name FROM singers WHERE age {has}"
    assert mended(sql, question) == f"SELECT name FROM singers WHERE age {expected}"


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param(
            "SELECT country FROM singers", "the different countries", "SELECT DISTINCT country FROM singers",
            id="rows",
        ),
        pytest.param(
            "SELECT count(country) FROM singers", "how many distinct countries are there?",
            "SELECT COUNT(DISTINCT country) FROM singers", id="a count",
        ),
        pytest.param(
            "SELECT country FROM singers", "the countries", "SELECT country FROM singers", id="not said"
        ),
        pytest.param(
            "SELECT country, count(*) FROM singers GROUP BY country", "how many in different countries?",
            "SELECT country, COUNT(*) FROM singers GROUP BY country", id="groups differ",
        ),
        pytest.param(
            "SELECT country, count(*) AS n FROM singers GROUP BY country ORDER BY n DESC LIMIT 1",
            "which country has the most singers?",
            "SELECT country FROM singers GROUP BY country ORDER BY COUNT(*) DESC LIMIT 1", id="a measure",
        ),
        pytest.param(
            "SELECT country, count(*) FROM singers GROUP BY country ORDER BY count(*) DESC LIMIT 1",
            "which country has the most singers, and how many?",
            "SELECT country, COUNT(*) FROM singers GROUP BY country ORDER BY COUNT(*) DESC LIMIT 1",
            id="a measure that is asked for",
        ),
        pytest.param(
            "SELECT id, name FROM singers", "list the names of the singers", "SELECT name FROM singers", id="a key"
        ),
        pytest.param(
            "SELECT id, name FROM singers", "list id and name of the singers", "SELECT id, name FROM singers",
            id="a key that is asked for",
        ),
        pytest.param(
            "SELECT name, age FROM singers WHERE country = 'Peru'", "Show all the information on singers from Peru by name",
            "SELECT id, name, country, age, code FROM singers WHERE country = 'Peru'", id="everything",
        ),
        pytest.param(
            "SELECT name, age FROM singers", "show some details of all singers by name", "SELECT name, age FROM singers",
            id="not everything",
        ),
        pytest.param(
            "SELECT name FROM singers", "names of singers (use `singers` for all information on them)",
            "SELECT name FROM singers", id="said of something else",
        ),
        pytest.param("SELECT id, name FROM singers", "singers", "SELECT id, name FROM singers", id="nothing said"),
    ],
)  # fmt: skip
def test_what_is_given(sql: str, question: str, expected: str) -> None:
    assert mended(sql, question) == expected


@pytest.mark.parametrize(
    ("question", "has", "expected"),
    [
        pytest.param("which singers are from Peru?", " LIMIT 10", "", id="not said"),
        pytest.param("Show the first name of each singer.", " LIMIT 10", "", id="a first name"),
        pytest.param("list ten singers", " LIMIT 10", " LIMIT 10", id="in words"),
        pytest.param("list the top singers", " LIMIT 10", " LIMIT 10", id="some"),
        pytest.param("which singers are the oldest?", " LIMIT 10", " LIMIT 10", id="the oldest"),
        pytest.param("which singer is from Peru?", " LIMIT 1", " LIMIT 1", id="one"),
        pytest.param("which singers come next to these?", " LIMIT 5 OFFSET 5", " LIMIT 5 OFFSET 5", id="a page"),
        pytest.param("die zehn Jüngsten", " LIMIT 10", " LIMIT 10", id="another language"),
    ],
)  # fmt: skip
def test_a_limit_that_nothing_asks_for(question: str, has: str, expected: str) -> None:
    assert mended(f"SELECT name FROM singers{has}", question) == f"SELECT name FROM singers{expected}"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("the first names of all people", ["first_name"], id="first"),
        pytest.param("family names of the people", ["last_name"], id="last"),
        pytest.param(
            "first and last names of people", ["first_name", "middle_name", "last_name"], id="a word apart"
        ),
        pytest.param("names of the people", ["first_name", "middle_name", "last_name"], id="names"),
        pytest.param(
            "full names of people by first name",
            ["first_name", "middle_name", "last_name"],
            id="the whole name",
        ),
    ],
)
def test_parts_of_names(question: str, expected: list[str]) -> None:
    people = catalog_from_ddl(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, first_name TEXT, middle_name TEXT, last_name TEXT)",
        "sqlite",
    )
    tree = parse("SELECT first_name, middle_name, last_name FROM people", "sqlite")
    bind(tree, people)
    mend_said(tree, people, question)
    assert [e.name for e in tree.expressions] == expected
