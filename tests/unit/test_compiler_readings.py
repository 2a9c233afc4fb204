"""What else a question may mean, and where nothing else is meant."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.catalog.models import RelationName
from nlq.compiler.readings import find_choices
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE accounts (
      id INTEGER PRIMARY KEY, holder TEXT, monthly_fee INTEGER, closing_fee INTEGER, fee_note TEXT, first_name TEXT,
      last_name TEXT, opened_on TEXT, day1_score INTEGER, day7_score INTEGER
    );
    CREATE TABLE players (
      id INTEGER PRIMARY KEY, name TEXT, birth_city TEXT, team_city TEXT, origin_city TEXT, club_id INTEGER,
      coach_id INTEGER, home_town TEXT
    );
    """,
    "sqlite",
)
PLAYERS = RelationName("main", "players")
VALUES = {
    (PLAYERS, "birth_city"): ("Rome", "Oslo"),
    (PLAYERS, "team_city"): ("Rome", "Paris"),
    (PLAYERS, "origin_city"): ("Rome",),
    (PLAYERS, "home_town"): ("Rome",),
}


def choices(sql: str, question: str) -> list[tuple[str, str, str]]:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    found = []
    for choice in find_choices(tree, CATALOG, question, VALUES):
        assert not bind(choice.other, CATALOG).findings
        other = render(choice.other, "sqlite", pretty=False).replace('"', "").replace("main.", "")
        found.append(
            (choice.taken, choice.question, other.replace(" AS accounts", "").replace(" AS players", ""))
        )
    return found


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param(
            "SELECT monthly_fee FROM accounts WHERE holder = 'Ana'", "What is the fee of Ana?",
            [(
                "What is the monthly fee of Ana?", "What is the closing fee of Ana?",
                "SELECT accounts.closing_fee FROM accounts WHERE accounts.holder = 'Ana'",
            )],
            id="a noun of two columns",
        ),
        pytest.param(
            "SELECT a.holder FROM accounts AS a ORDER BY a.closing_fee DESC LIMIT 1", "who pays the highest fee",
            [(
                "who pays the highest closing fee", "who pays the highest monthly fee",
                "SELECT a.holder FROM accounts AS a ORDER BY a.monthly_fee DESC LIMIT 1",
            )],
            id="in the order",
        ),
        pytest.param(
            "SELECT name FROM players WHERE birth_city = 'Rome'", "players of rome",
            [(
                "players of birth city rome", "players of team city rome",
                "SELECT players.name FROM players WHERE players.team_city = 'Rome'",
            )],
            id="a value of two columns",
        ),
    ],
)  # fmt: skip
def test_what_else_is_meant(sql: str, question: str, expected: list[tuple[str, str, str]]) -> None:
    assert choices(sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT monthly_fee FROM accounts", "the monthly fees", id="said"),
        pytest.param("SELECT monthly_fee FROM accounts", "not the closing fee", id="the other is said"),
        pytest.param("SELECT monthly_fee, closing_fee FROM accounts", "the fees", id="both are shown"),
        pytest.param("SELECT first_name FROM accounts", "the names", id="parts of a name"),
        pytest.param("SELECT day7_score FROM accounts", "the score", id="numbered"),
        pytest.param("SELECT club_id FROM players", "the id", id="keys"),
        pytest.param("SELECT holder FROM accounts WHERE monthly_fee > 3", "a fee over 3", id="in a filter"),
        pytest.param("SELECT name FROM players WHERE birth_city = 'Rome'", "players born in Rome by birth", id="a word of it"),
        pytest.param("SELECT name FROM players WHERE birth_city = 'Oslo'", "players of Oslo", id="in one column alone"),
        pytest.param("SELECT name FROM players WHERE birth_city = 'Rome'", "players of the capital", id="a value nobody said"),
        pytest.param("SELECT name FROM players WHERE home_town = 'Rome'", "players of Rome", id="other words"),
    ],
)  # fmt: skip
def test_where_nothing_else_is_meant(sql: str, question: str) -> None:
    assert choices(sql, question) == []
