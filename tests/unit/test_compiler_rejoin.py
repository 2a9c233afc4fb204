"""Joins on columns that do not belong together."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.rejoin import mend_joins
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE colours (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE genders (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE heroes (
        id INTEGER PRIMARY KEY, name TEXT, gender_id INTEGER REFERENCES genders (id), height INTEGER,
        eye_colour_id INTEGER REFERENCES colours (id), hair_colour_id INTEGER REFERENCES colours (id)
    );
    CREATE TABLE powers (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE hero_powers (hero_id INTEGER REFERENCES heroes (id), power_id INTEGER REFERENCES powers (id));
    CREATE TABLE team (team_no INTEGER PRIMARY KEY, team TEXT);
    CREATE TABLE fights (id INTEGER PRIMARY KEY, team INTEGER, teams INTEGER, movie INTEGER);
    CREATE TABLE movies (id INTEGER PRIMARY KEY, title TEXT);
    CREATE TABLE weather (id INTEGER PRIMARY KEY, degrees INTEGER);
    """,
    "sqlite",
)


def mended(joins: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(f"SELECT h.name FROM heroes AS h {joins}", "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = mend_joins(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    text = render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "")
    return text.removeprefix("SELECT h.name FROM heroes AS h "), changes


@pytest.mark.parametrize(
    ("joins", "question", "expected", "told"),
    [
        pytest.param(
            "JOIN genders AS g ON h.id = g.id", "female heroes",
            "JOIN genders AS g ON h.gender_id = g.id",
            "joined `genders` to `heroes` by `gender_id`, not where `id` equals `id`", id="a foreign key",
        ),
        pytest.param(
            "JOIN colours AS c ON c.id = h.id", "heroes with blue eyes",
            "JOIN colours AS c ON h.eye_colour_id = c.id",
            "joined `colours` to `heroes` by `eye_colour_id`, not where `id` equals `id`", id="the one asked for",
        ),
        pytest.param(
            "JOIN powers AS p ON h.id = p.id", "heroes who can fly",
            "JOIN hero_powers AS hero_powers ON h.id = hero_powers.hero_id "
            "JOIN powers AS p ON hero_powers.power_id = p.id",
            "joined `powers` to `heroes` through `hero_powers`, not where `id` equals `id`", id="through another",
        ),
        pytest.param(
            "JOIN powers AS p ON h.id = p.name", "heroes who can fly",
            "JOIN hero_powers AS hero_powers ON h.id = hero_powers.hero_id "
            "JOIN powers AS p ON hero_powers.power_id = p.id",
            "joined `powers` to `heroes` through `hero_powers`, not where `id` equals `name`", id="a number and a text",
        ),
    ],
)  # fmt: skip
def test_keys_that_belong_together(joins: str, question: str, expected: str, told: str) -> None:
    assert mended(joins, question) == (expected, (told,))


@pytest.mark.parametrize(
    "joins",
    [
        pytest.param("JOIN genders AS g ON h.gender_id = g.id", id="right"),
        pytest.param("JOIN colours AS c ON h.id = c.id", id="the question does not choose"),
        pytest.param("JOIN weather AS w ON h.id = w.id", id="no key leads there"),
        pytest.param("JOIN weather AS w ON h.height = w.degrees", id="no keys"),
        pytest.param("JOIN heroes AS o ON h.id = o.id", id="itself"),
        pytest.param("JOIN genders AS g ON h.id < g.id", id="no equality"),
    ],
)
def test_what_may_be_meant_stays(joins: str) -> None:
    assert mended(joins, "heroes") == (joins, ())


@pytest.mark.parametrize(
    ("condition", "expected", "told"),
    [
        pytest.param(
            "h.id NOT IN (SELECT h.id FROM powers AS p WHERE p.name = 'fly')",
            "NOT h.id IN (SELECT hero_powers.hero_id FROM powers AS p "
            "JOIN hero_powers AS hero_powers ON p.id = hero_powers.power_id WHERE p.name = 'fly')",
            ("compared `id` with `hero_powers.hero_id`, not with itself",), id="through another",
        ),
        pytest.param(
            "h.id IN (SELECT h.id FROM hero_powers AS p WHERE p.power_id = 1)",
            "h.id IN (SELECT p.hero_id FROM hero_powers AS p WHERE p.power_id = 1)",
            ("compared `id` with `p.hero_id`, not with itself",), id="what refers to it",
        ),
        pytest.param(
            "h.id IN (SELECT h.id FROM weather AS w WHERE w.degrees = 1)",
            "h.id IN (SELECT h.id FROM weather AS w WHERE w.degrees = 1)", (), id="nothing leads there",
        ),
        pytest.param(
            "h.id IN (SELECT p.hero_id FROM hero_powers AS p WHERE p.hero_id = h.id)",
            "h.id IN (SELECT p.hero_id FROM hero_powers AS p WHERE p.hero_id = h.id)", (), id="its own column",
        ),
    ],
)  # fmt: skip
def test_a_column_from_outside_is_not_compared_with_itself(
    condition: str, expected: str, told: tuple[str, ...]
) -> None:
    assert mended(f"WHERE {condition}", "heroes") == (f"WHERE {expected}", told)


@pytest.mark.parametrize(
    ("sql", "expected", "told"),
    [
        pytest.param(
            "SELECT t.team FROM team AS t JOIN fights AS f ON f.team = t.team",
            "SELECT t.team FROM team AS t JOIN fights AS f ON f.team = t.team_no",
            ("compared `team` with the key `team_no`, not with `team`",), id="in a join",
        ),
        pytest.param(
            "SELECT t.team FROM team AS t WHERE t.team NOT IN (SELECT f.team FROM fights AS f)",
            "SELECT t.team FROM team AS t WHERE NOT t.team_no IN (SELECT f.team FROM fights AS f)",
            ("compared `team` with the key `team_no`, not with `team`",), id="in a subquery",
        ),
        pytest.param(
            "SELECT m.title FROM movies AS m JOIN fights AS f ON f.movie = m.title",
            "SELECT m.title FROM movies AS m JOIN fights AS f ON f.movie = m.id",
            ("compared `movie` with the key `id`, not with `title`",), id="one of several",
        ),
        pytest.param(
            "SELECT t.team FROM team AS t JOIN fights AS f ON f.teams = t.team",
            "SELECT t.team FROM team AS t JOIN fights AS f ON f.teams = t.team", (), id="a number of them",
        ),
        pytest.param(
            "SELECT h.name FROM heroes AS h JOIN genders AS g ON h.gender_id = g.id WHERE g.name IN (SELECT h.name FROM heroes AS h)",
            "SELECT h.name FROM heroes AS h JOIN genders AS g ON h.gender_id = g.id WHERE g.name IN (SELECT h.name FROM heroes AS h)",
            (), id="two texts",
        ),
    ],
)  # fmt: skip
def test_a_number_that_refers_is_not_compared_with_a_text(
    sql: str, expected: str, told: tuple[str, ...]
) -> None:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    assert mend_joins(tree, CATALOG, "teams") == told
    assert not bind(tree, CATALOG).findings
    assert render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "") == expected
