"""What a question leaves out, and drafts that forget it or leave out the wrong rows."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import sqlite3

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.catalog.models import RelationName
from nlq.compiler.mend.without import mend_without
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = """
CREATE TABLE sailors (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, is_cook TEXT, home_id INTEGER REFERENCES ports (id));
CREATE TABLE pets (id INTEGER PRIMARY KEY, kind TEXT, sailor_id INTEGER REFERENCES sailors (id));
CREATE TABLE ports (id INTEGER PRIMARY KEY, town TEXT);
CREATE TABLE trips (id INTEGER PRIMARY KEY, title TEXT, year INTEGER);
CREATE TABLE crew (trip_id INTEGER REFERENCES trips (id), sailor_id INTEGER REFERENCES sailors (id));
INSERT INTO ports VALUES (1, 'Osk'), (2, 'Tarn');
INSERT INTO sailors VALUES (1, 'Ada', 30, 'no', 1), (2, 'Bo', 40, 'yes', 1), (3, 'Cleo', 50, 'no', 2), (4, 'Dov', 60, 'no', 2);
INSERT INTO pets VALUES (1, 'cat', 1), (2, 'dog', 1), (3, 'dog', 2), (4, 'parrot', 3), (5, 'dog', 2);
INSERT INTO trips VALUES (1, 'Dawn', 2021), (2, 'Dusk', 2022);
INSERT INTO crew VALUES (1, 1), (2, 1), (1, 2);
"""
CATALOG = catalog_from_ddl(DDL.partition("INSERT")[0], "sqlite")
VALUES = {
    (RelationName("main", "pets"), "kind"): ("cat", "dog", "parrot"),
    (RelationName("main", "sailors"), "is_cook"): ("no", "yes"),
}


def test_what_is_there_is_not_what_is_missing_on_postgres() -> None:
    catalog = catalog_from_ddl(DDL.partition("INSERT")[0], "postgres")
    tree = parse(f"{JOINED} WHERE p.id IS NOT NULL", "postgres")
    assert not bind(tree, catalog).findings
    assert mend_without(tree, catalog, "sailors and pets", {}) == ()


def found(sql: str, question: str) -> tuple[list[object], tuple[str, ...]]:
    """What the mended draft finds, and the changes."""
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = mend_without(tree, CATALOG, question, VALUES)
    assert not bind(tree, CATALOG).findings
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(DDL)
        rows = connection.execute(render(tree, "sqlite")).fetchall()
    finally:
        connection.close()
    return sorted(row[0] for row in rows), changes


JOINED = "SELECT s.name FROM sailors AS s JOIN pets AS p ON p.sailor_id = s.id"
FAR = "SELECT s.name FROM sailors AS s JOIN crew AS c ON c.sailor_id = s.id JOIN trips AS t ON t.id = c.trip_id"


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param(f"{FAR} WHERE t.year <= 2021", "sailors who were never on a trip after 2021",
                     (["Bo", "Cleo", "Dov"], ("left out what has `2021`, whatever else it has",)), id="an amount"),
        pytest.param("SELECT s.name FROM sailors AS s LEFT JOIN pets AS p ON p.sailor_id = s.id WHERE p.kind <> 'cat'", "sailors with no cat",
                     (["Bo", "Cleo", "Dov"], ("left out what has `cat`, whatever else it has",)), id="an outer join"),
        pytest.param(f"{JOINED} WHERE p.kind <> 'cat'", "sailors who do not have a cat",
                     (["Bo", "Cleo", "Dov"], ("left out what has `cat`, whatever else it has",)), id="another"),
        pytest.param(f"{JOINED} WHERE NOT p.kind IN ('cat', 'dog') AND s.age > 40", "over 40, neither cat nor dog",
                     (["Cleo", "Dov"], ("left out what has `cat` or `dog`, whatever else it has",)), id="several"),
        pytest.param(f"{JOINED} WHERE p.kind = 'cat'", "sailors with no cat",
                     (["Bo", "Cleo", "Dov"], ("left out what has `cat`, whatever else it has",)), id="forgotten"),
        pytest.param(f"{FAR} WHERE t.title <> 'Dawn'", "who was never on Dawn?",
                     (["Cleo", "Dov"], ("left out what has `Dawn`, whatever else it has",)), id="through another"),
        pytest.param("SELECT count(*) FROM sailors AS s JOIN pets AS p ON p.sailor_id = s.id WHERE p.kind <> 'dog'",
                     "how many sailors do not have a dog", ([2], ("left out what has `dog`, whatever else it has",)), id="counted"),
        pytest.param(f"{JOINED} WHERE p.kind = 'dog' AND s.is_cook = 'no'", "sailors who have a dog but no cat",
                     (["Bo"], ("left out what has `cat`, too",)), id="but no"),
        pytest.param(f"{JOINED} WHERE p.kind = 'dog' AND p.kind <> 'cat'", "sailors who have a dog but not a cat",
                     (["Bo"], ("left out what has `cat`, whatever else it has",)), id="but not, in one row"),
        pytest.param("SELECT name FROM sailors WHERE is_cook = 'no'", "the sailors without any pets",
                     (["Dov"], ("left out what has any of `pets`",)), id="none at all"),
        pytest.param(f"{JOINED}", "which sailors have no pets?", (["Dov"], ("left out what has any of `pets`",)), id="that has one"),
        pytest.param(f"{JOINED} WHERE p.id IS NULL", "who has no pets?",
                     (["Dov"], ("kept rows without `pets`, of which those are asked for",)), id="an inner join"),
    ],
)  # fmt: skip
def test_what_is_left_out(sql: str, question: str, expected: tuple[list[object], tuple[str, ...]]) -> None:
    assert found(sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param(f"{JOINED} WHERE p.kind <> 'cat'", "sailors of other pets", ["Ada", "Bo", "Bo", "Cleo"], id="nothing denied"),
        pytest.param("SELECT s.name FROM sailors AS s JOIN ports AS h ON h.id = s.home_id WHERE h.town <> 'Osk'",
                     "sailors who are not from Osk", ["Cleo", "Dov"], id="one of each"),
        pytest.param("SELECT p.kind FROM sailors AS s JOIN pets AS p ON p.sailor_id = s.id WHERE p.kind <> 'cat'",
                     "pets that are not cats", ["dog", "dog", "dog", "parrot"], id="of the pets themselves"),
        pytest.param("SELECT name FROM sailors WHERE id NOT IN (SELECT sailor_id FROM pets)", "sailors with no pets",
                     ["Dov"], id="right"),
        pytest.param("SELECT name FROM sailors WHERE is_cook = 'no'", "sailors who are no cooks", ["Ada", "Cleo", "Dov"], id="a column"),
        pytest.param(f"{FAR} WHERE t.year <= 2021", "sailors with a trip of no later than 2021", ["Ada", "Bo"], id="no later"),
        pytest.param(f"{JOINED} WHERE p.kind = 'dog'", "sailors with a dog who are not cooks", ["Ada", "Bo", "Bo"], id="another no"),
        pytest.param("SELECT name FROM sailors WHERE NOT age > 45", "no sailors over 45 with no pets", ["Ada", "Bo"], id="denied already"),
    ],
)  # fmt: skip
def test_what_stays(sql: str, question: str, expected: list[object]) -> None:
    assert found(sql, question) == (expected, ())
