"""What is counted, summed and read, where the question says otherwise."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.groups import mend_groups
from nlq.compiler.mend.measures import mend_measures
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE states (name TEXT PRIMARY KEY, population INTEGER, area REAL);
    CREATE TABLE cities (id INTEGER PRIMARY KEY, city TEXT, population INTEGER, seats INTEGER, state_name TEXT REFERENCES states (name));
    CREATE TABLE clubs (id INTEGER PRIMARY KEY, name TEXT, town TEXT);
    CREATE TABLE climbers (id INTEGER PRIMARY KEY, name TEXT, club_id INTEGER REFERENCES clubs (id));
    CREATE TABLE checkin (id INTEGER PRIMARY KEY, count INTEGER);
    CREATE TABLE visiting (city_id INTEGER REFERENCES cities (id));
    CREATE TABLE grades (id INTEGER PRIMARY KEY, grade TEXT);
    CREATE TABLE routes (id INTEGER PRIMARY KEY, name TEXT, grade_id INTEGER REFERENCES grades (id));
    CREATE TABLE climbs (climber_id INTEGER REFERENCES climbers (id), year INTEGER);
    """,
    "sqlite",
)


def mended(sql: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = mend_measures(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    changes += mend_groups(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", ""), changes


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT COUNT(*) FROM states AS s WHERE s.area > 5", "how many people live in large states?",
                     ("SELECT SUM(s.population) FROM states AS s WHERE s.area > 5",
                      ("summed `population`, which counts them, instead of counting rows",)), id="people"),
        pytest.param("SELECT c.city, COUNT(c.seats) FROM cities AS c GROUP BY c.city", "the number of seats of each city",
                     ("SELECT c.city, SUM(c.seats) FROM cities AS c GROUP BY c.city",
                      ("summed `seats`, which counts them, instead of counting rows",)), id="seats"),
        pytest.param("SELECT c.name, COUNT(*) FROM clubs AS c GROUP BY c.name", "how many members does each club have?",
                     ("SELECT c.name, COUNT(*) FROM clubs AS c JOIN climbers AS climbers ON c.id = climbers.club_id GROUP BY c.name",
                      ("counted `climbers` of each, for each `clubs` is one",)), id="members"),
        pytest.param("SELECT s.name, COUNT(s.name) FROM states AS s GROUP BY s.name ORDER BY COUNT(s.name) DESC LIMIT 1", "which state has the most, and how many visitings?",
                     ("SELECT s.name, COUNT(s.name) FROM states AS s JOIN cities AS cities ON s.name = cities.state_name JOIN visiting AS visiting ON cities.id = visiting.city_id GROUP BY s.name ORDER BY COUNT(s.name) DESC LIMIT 1",
                      ("counted `visiting` of each, for each `states` is one",)), id="what refers to it through another"),
        pytest.param("SELECT c.town, COUNT(*) FROM clubs AS c GROUP BY c.town", "the number of climbers of each town",
                     ("SELECT c.town, COUNT(*) FROM clubs AS c JOIN climbers AS climbers ON c.id = climbers.club_id GROUP BY c.town",
                      ("counted `climbers`, which are asked for",)), id="what is said, not what is there"),
        pytest.param("SELECT COUNT(*) FROM checkin AS k", "the total number of check-ins",
                     ("SELECT SUM(k.count) FROM checkin AS k", ("summed `count`, which counts them, instead of counting rows",)), id="rows that stand for several"),
        pytest.param("SELECT AVG(k.climber_id) FROM climbs AS k", "the average climber of each year",
                     ("SELECT k.year, AVG(k.climber_id) FROM climbs AS k GROUP BY k.year", ("told it for each `year`",)), id="each"),
        pytest.param("SELECT COUNT(c.city) FROM cities AS c GROUP BY c.state_name", "how many cities does each state have?",
                     ("SELECT c.state_name, COUNT(c.city) FROM cities AS c GROUP BY c.state_name", ("showed of which `state_name` each is",)), id="groups that are not shown"),
        pytest.param("SELECT COUNT(*) FROM grades AS g WHERE g.grade = '5a'", "how many are 5a?",
                     ("SELECT COUNT(*) FROM grades AS g JOIN routes AS routes ON g.id = routes.grade_id WHERE g.grade = '5a'",
                      ("counted `routes`, not the one row of `grades`",)), id="what has a value of a list"),
        pytest.param("SELECT AVG(s.area) FROM states AS s", "the average area for each state",
                     ("SELECT s.name, AVG(s.area) FROM states AS s GROUP BY s.name", ("told it for each `name`",)), id="each of what has a name"),
        pytest.param("SELECT MAX(k.year) FROM climbs AS k", "the latest year of each climber",
                     ("SELECT climbers.name, MAX(k.year) FROM climbs AS k JOIN climbers AS climbers ON k.climber_id = climbers.id GROUP BY climbers.id, climbers.name",
                      ("told it for each `name`",)), id="each of another relation"),
        pytest.param("SELECT k.climber_id, AVG(k.year) AS mean FROM climbs AS k GROUP BY k.climber_id ORDER BY mean DESC", "How many climbs did each climber make?",
                     ("SELECT k.climber_id, COUNT(*) FROM climbs AS k GROUP BY k.climber_id ORDER BY COUNT(*) DESC",
                      ("counted, for how many there are is asked, not what `year` is",)), id="how many"),
        pytest.param("SELECT k.climber_id, AVG(k.year), COUNT(*) FROM climbs AS k GROUP BY k.climber_id", "How many climbs did each climber make?",
                     ("SELECT k.climber_id, COUNT(*) FROM climbs AS k GROUP BY k.climber_id",
                      ("left out what `year` is, for only how many there are is asked",)), id="how many, and no more"),
        pytest.param("SELECT c.population FROM cities AS c WHERE c.state_name = 'texas'", "the population of texas",
                     ("SELECT c.population FROM states AS c WHERE c.name = 'texas'",
                      ("read `states`, which `texas` is one of, not `cities`",)), id="the owner of a value"),
        pytest.param("SELECT COUNT(*) FROM clubs AS c WHERE c.town = 'Osk'", "How many climbers are from Osk?",
                     ("SELECT COUNT(*) FROM clubs AS c JOIN climbers AS climbers ON c.id = climbers.club_id WHERE c.town = 'Osk'",
                      ("counted `climbers`, not `clubs`",)), id="those who belong to it"),
        pytest.param("SELECT COUNT(*) FROM grades AS g WHERE g.grade = '5a'", "How many climbs are 5a?",
                     ("SELECT COUNT(*) FROM grades AS g JOIN routes AS routes ON g.id = routes.grade_id WHERE g.grade = '5a'",
                      ("counted `routes`, not the one row of `grades`",)), id="what nothing leads to"),
        pytest.param("SELECT SUM(CASE WHEN c.town = 'Osk' THEN 1 ELSE 0 END) FROM clubs AS c", "The number of climbs made from Osk?",
                     ("SELECT SUM(CASE WHEN c.town = 'Osk' THEN 1 ELSE 0 END) FROM clubs AS c JOIN climbers AS climbers ON c.id = climbers.club_id JOIN climbs AS climbs ON climbers.id = climbs.climber_id",
                      ("counted `climbs`, not `clubs`",)), id="what belongs to those"),
    ],
)  # fmt: skip
def test_what_is_meant(sql: str, question: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert mended(sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT COUNT(*) FROM states", "how many states are there?", id="rows"),
        pytest.param("SELECT COUNT(population) FROM cities", "how many cities have a population?", id="a relation"),
        pytest.param("SELECT COUNT(DISTINCT seats) FROM cities", "how many different seats are there?", id="different"),
        pytest.param("SELECT town, COUNT(*) FROM clubs GROUP BY town", "how many clubs are in each town?", id="no name"),
        pytest.param("SELECT name, COUNT(*) FROM clubs GROUP BY name", "how many clubs are there of each name?", id="of itself"),
        pytest.param("SELECT town, COUNT(*) FROM clubs GROUP BY town", "how many climbers clubs are in each town?", id="clubs of climbers"),
        pytest.param("SELECT population FROM cities WHERE state_name = 'texas'", "the populations of cities in texas", id="said"),
        pytest.param("SELECT seats FROM cities WHERE state_name = 'texas'", "the seats in texas", id="not there"),
    ],
)  # fmt: skip
def test_what_may_be_meant(sql: str, question: str) -> None:
    assert mended(sql, question)[1] == ()
