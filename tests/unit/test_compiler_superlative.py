"""What is counted once, measured, numbered or either of two, where drafts do otherwise."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.either import mend_either
from nlq.compiler.mend.names import mend_names
from nlq.compiler.mend.numbers import mend_numbers
from nlq.compiler.mend.once import mend_once
from nlq.compiler.mend.superlative import mend_superlative
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT, city TEXT, player_no INTEGER, num_tours INTEGER);
    CREATE TABLE rounds (id INTEGER PRIMARY KEY, player_id INTEGER REFERENCES players (id), day DATE, paid REAL, strokes INTEGER);
    CREATE TABLE cards (player_id INTEGER PRIMARY KEY REFERENCES players (id), colour TEXT);
    CREATE TABLE fans (id INTEGER PRIMARY KEY, city TEXT, name TEXT, mail TEXT);
    """,
    "sqlite",
)
JOINED = "FROM players AS p JOIN rounds AS r ON p.id = r.player_id"


def mended(rule: object, sql: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(sql, "sqlite")
    assert callable(rule)
    if rule is not mend_names:
        assert not bind(tree, CATALOG).findings
    changes = rule(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", ""), changes


@pytest.mark.parametrize(
    ("rule", "sql", "question", "expected"),
    [
        pytest.param(mend_superlative, f"SELECT p.name {JOINED} GROUP BY p.id ORDER BY COUNT(*) DESC LIMIT 1", "who has the most tours?",
                     (f"SELECT p.name {JOINED} ORDER BY p.num_tours DESC LIMIT 1",
                      ("ordered by `num_tours`, which is their number, instead of counting rows",)), id="a number of them"),
        pytest.param(mend_superlative, f"SELECT p.name, p.city {JOINED} ORDER BY r.paid DESC LIMIT 1", "who paid the most in total?",
                     (f"SELECT p.name, p.city {JOINED} GROUP BY p.id, p.name, p.city ORDER BY SUM(r.paid) DESC LIMIT 1",
                      ("ordered by `paid` of each `players` in total",)), id="in total"),
        pytest.param(mend_superlative, f"SELECT p.name {JOINED} ORDER BY SUM(r.paid) LIMIT 1", "who paid least?",
                     (f"SELECT p.name {JOINED} GROUP BY p.id, p.name ORDER BY SUM(r.paid) LIMIT 1",
                      ("ordered by the measure of each `name`",)), id="a sum of all"),
        pytest.param(mend_superlative, "SELECT MAX(r.paid) FROM rounds AS r", "what did the most recent round cost?",
                     ("SELECT r.paid FROM rounds AS r ORDER BY r.day DESC LIMIT 1",
                      ("showed it of the one that comes last by `day`",)), id="the latest"),
        pytest.param(mend_once, f"SELECT p.name {JOINED} WHERE r.paid < 5", "names of the players who had a round under 5",
                     (f"SELECT DISTINCT p.name {JOINED} WHERE r.paid < 5",
                      ("showed each of `players` once, however many rows belong to it",)), id="who"),
        pytest.param(mend_once, "SELECT COUNT(*) FROM rounds AS r", "how many players had a round?",
                     ("SELECT COUNT(DISTINCT r.player_id) FROM rounds AS r",
                      ("counted each of `players` once, however many rows belong to it",)), id="how many who"),
        pytest.param(mend_once, f"SELECT COUNT(*) {JOINED}", "count the players with rounds",
                     (f"SELECT COUNT(DISTINCT p.id) {JOINED}",
                      ("counted each of `players` once, however many rows belong to it",)), id="how many of those joined"),
        pytest.param(mend_once, f"SELECT COUNT(*) {JOINED} WHERE r.paid < 5", "Among the players of Osk, how many had rounds under 5?",
                     (f"SELECT COUNT(DISTINCT p.id) {JOINED} WHERE r.paid < 5",
                      ("counted each of `players` once, however many rows belong to it",)), id="how many among them"),
        pytest.param(mend_once, f"SELECT p.id, p.name {JOINED} WHERE r.paid < 5", "list the ids and names for rounds under 5",
                     (f"SELECT DISTINCT p.id, p.name {JOINED} WHERE r.paid < 5",
                      ("showed each of `players` once, however many rows belong to it",)), id="keys"),
        pytest.param(mend_numbers, "SELECT COUNT(*), p.name FROM players AS p", "the number and name of each player",
                     ("SELECT p.player_no, p.name FROM players AS p",
                      ("showed `player_no`, which is the number that is asked for, instead of a count",)), id="a number that is told"),
        pytest.param(mend_either, f"SELECT p.id, p.name {JOINED} WHERE p.city = 'Osk' GROUP BY p.id HAVING COUNT(*) > 3", "players from Osk or with more than three rounds",
                     ("SELECT p.id, p.name FROM players AS p LEFT JOIN rounds AS r ON p.id = r.player_id GROUP BY p.id, p.city HAVING p.city = 'Osk' OR COUNT(r.player_id) > 3",
                      ("took what has `Osk`, or so many of `rounds`, not only both",)), id="either"),
        pytest.param(mend_either, "SELECT p.id FROM rounds AS r JOIN players AS p ON p.id = r.player_id WHERE p.city = 'Osk' GROUP BY p.id HAVING COUNT(*) > 3", "more than 3 rounds or from Osk",
                     ("SELECT p.id FROM players AS p LEFT JOIN rounds AS r ON p.id = r.player_id GROUP BY p.id, p.city HAVING p.city = 'Osk' OR COUNT(r.player_id) > 3",
                      ("took what has `Osk`, or so many of `rounds`, not only both",)), id="either, the other way round"),
        pytest.param(mend_names, "SELECT f.name FROM players AS p JOIN fans AS f ON p.fan_id = f.id WHERE f.city = 'Osk'", "players of the city of Osk",
                     ("SELECT p.name FROM players AS p WHERE p.city = 'Osk'",
                      ("left out `fans`, which no key joins, and took all from `players`",)), id="a relation nobody speaks of"),
    ],
)  # fmt: skip
def test_what_is_meant(
    rule: object, sql: str, question: str, expected: tuple[str, tuple[str, ...]]
) -> None:
    assert mended(rule, sql, question) == expected


@pytest.mark.parametrize(
    ("rule", "sql", "question"),
    [
        pytest.param(mend_superlative, f"SELECT p.name {JOINED} GROUP BY p.id ORDER BY COUNT(*) DESC LIMIT 1", "who has the most rounds?", id="rows that are counted"),
        pytest.param(mend_superlative, f"SELECT p.name {JOINED} ORDER BY r.paid DESC LIMIT 1", "who paid the most at once?", id="one row"),
        pytest.param(mend_superlative, "SELECT p.name FROM players AS p JOIN cards AS c ON p.id = c.player_id ORDER BY p.num_tours DESC LIMIT 1", "who has the most tours in total?", id="a column of its own"),
        pytest.param(mend_superlative, f"SELECT p.name {JOINED} GROUP BY p.id ORDER BY COUNT(*) DESC LIMIT 3", "the three with the most tours", id="several"),
        pytest.param(mend_superlative, "SELECT c.colour FROM cards AS c ORDER BY (SELECT COUNT(*) FROM rounds AS r WHERE r.player_id = c.player_id) LIMIT 1", "the card of who has fewest", id="a measure of its own"),
        pytest.param(mend_superlative, "SELECT r.paid FROM rounds AS r ORDER BY SUM(r.paid) OVER (PARTITION BY r.day) LIMIT 1", "the one with least", id="a window"),
        pytest.param(mend_superlative, "SELECT MAX(r.paid) FROM rounds AS r", "the highest price of the latest round", id="two superlatives"),
        pytest.param(mend_once, f"SELECT r.paid {JOINED}", "the prices of the players who had rounds", id="what belongs to them"),
        pytest.param(mend_once, f"SELECT p.name {JOINED}", "the name of the player for each round", id="one for each"),
        pytest.param(mend_once, "SELECT p.name FROM players AS p JOIN cards AS c ON p.id = c.player_id", "players who have a card", id="one row of each"),
        pytest.param(mend_once, f"SELECT COUNT(p.city) {JOINED}", "how many players with a city had rounds?", id="what may be missing"),
        pytest.param(mend_once, f"SELECT COUNT(*) {JOINED}", "how many player rounds are there?", id="rounds of players"),
        pytest.param(mend_once, "SELECT COUNT(*) FROM rounds AS r", "how many rounds did players have?", id="rows"),
        pytest.param(mend_numbers, "SELECT COUNT(*), p.city FROM players AS p", "the city and the number of players", id="how many"),
        pytest.param(mend_either, f"SELECT p.id {JOINED} WHERE p.city = 'Osk' GROUP BY p.id HAVING COUNT(*) > 3", "players from Osk with more than three rounds", id="both"),
        pytest.param(mend_either, f"SELECT p.id {JOINED} WHERE p.city = 'Osk' GROUP BY p.id HAVING COUNT(*) > 3", "players or fans from Osk with more than three rounds", id="an or elsewhere"),
    ],
)  # fmt: skip
def test_what_is_right_is_left_alone(rule: object, sql: str, question: str) -> None:
    tree = parse(sql, "sqlite")
    bind(tree, CATALOG)
    before = tree.copy()
    assert callable(rule)
    assert (rule(tree, CATALOG, question), tree) == ((), before)
