"""Names that do not bind, where the words of the question or of a name tell what is meant."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.names import mend_names
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE clubs (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
    CREATE TABLE climbers (id INTEGER PRIMARY KEY, name TEXT, born INTEGER, age INTEGER, club_id INTEGER REFERENCES clubs (id),
                           mentor_id INTEGER REFERENCES climbers (id));
    CREATE TABLE peaks (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE climbs (climber_id INTEGER REFERENCES climbers (id), peak_id INTEGER REFERENCES peaks (id));
    CREATE TABLE dogs (id INTEGER PRIMARY KEY, dog_age INTEGER, climber_id INTEGER REFERENCES climbers (id));
    """,
    "sqlite",
)


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT AVG(age) FROM dogs", "the average age of dogs", "SELECT AVG(dogs.dog_age) FROM dogs AS dogs", id="its own column"),
        pytest.param("SELECT b.name FROM climbers AS a JOIN mentor AS b ON a.mentor_id = b.id", "the mentor of each",
                     "SELECT b.name FROM climbers AS a JOIN climbers AS b ON a.mentor_id = b.id", id="a role"),
        pytest.param("SELECT a.name FROM climbs AS a JOIN peaks AS b ON a.peak_id = b.id WHERE b.name = 'Sel'", "climbers who climbed Sel",
                     "SELECT climbers.name FROM climbs AS a JOIN peaks AS b ON a.peak_id = b.id JOIN climbers AS climbers "
                     "ON a.climber_id = climbers.id WHERE b.name = 'Sel'", id="not what is said"),
        pytest.param("SELECT name FROM climbers JOIN clubs ON climbers.club_id = clubs.id", "names of climbers and names of their clubs",
                     "SELECT climbers.name, clubs.name FROM climbers AS climbers JOIN clubs AS clubs ON climbers.club_id = clubs.id",
                     id="of each"),
        pytest.param("SELECT a.name, a.born FROM clubs AS a WHERE a.city = 'Osk'", "name and year of climbers of the clubs in Osk",
                     "SELECT climbers.name, climbers.born FROM clubs AS a JOIN climbers AS climbers ON a.id = climbers.club_id WHERE a.city = 'Osk'",
                     id="what is beside it"),
    ],
)  # fmt: skip
def test_what_the_words_tell(sql: str, question: str, expected: str) -> None:
    tree = parse(sql, "sqlite")
    assert mend_names(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    assert render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "") == expected
