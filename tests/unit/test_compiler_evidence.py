"""What a question says in SQL."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.evidence import mend_evidence
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE depot (depot_id INTEGER PRIMARY KEY, A3 TEXT, type TEXT);
    CREATE TABLE tram (tram_id INTEGER PRIMARY KEY, depot_id INTEGER REFERENCES depot (depot_id), type TEXT, built DATE, "Low Floor" INTEGER);
    CREATE TABLE repair (tram_id INTEGER REFERENCES tram (tram_id), day DATE, amount INTEGER);
    """,
    "sqlite",
)


def mended(sql: str, question: str) -> str:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = mend_evidence(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "") if changes else ""


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT r.amount FROM repair AS r JOIN tram AS t ON r.tram_id = t.tram_id WHERE t.built LIKE '1996%'",
                     "repairs of 1996 (in 1996 refers to day LIKE '1996%')",
                     "SELECT r.amount FROM repair AS r JOIN tram AS t ON r.tram_id = t.tram_id WHERE r.day LIKE '1996%'", id="beside it"),
        pytest.param("SELECT t.tram_id FROM tram AS t WHERE t.type = 'Lakeland'", "trams in Lakeland (Lakeland refers to A3 = 'Lakeland')",
                     "SELECT t.tram_id FROM tram AS t JOIN depot AS depot ON t.depot_id = depot.depot_id WHERE depot.A3 = 'Lakeland'", id="of another relation"),
        pytest.param("SELECT t.tram_id FROM tram AS t WHERE t.type = 'K'", "depots of kind K: depot.type = 'K'",
                     "SELECT t.tram_id FROM tram AS t JOIN depot AS depot ON t.depot_id = depot.depot_id WHERE depot.type = 'K'", id="a relation that is named"),
        pytest.param("SELECT t.built FROM tram AS t WHERE t.depot_id = 7", "in Lakeland (Lakeland refers to A3 = 'Lakeland')",
                     "SELECT t.built FROM tram AS t JOIN depot AS depot ON t.depot_id = depot.depot_id WHERE depot.A3 = 'Lakeland'", id="a key that was guessed"),
        pytest.param("SELECT tram_id FROM tram WHERE depot_id = 1", "low floor refers to `Low Floor` = 1",
                     "SELECT tram.tram_id FROM tram AS tram WHERE tram.Low Floor = 1", id="a number"),
    ],
)  # fmt: skip
def test_the_column_that_is_said(sql: str, question: str, expected: str) -> None:
    assert mended(sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT tram_id FROM tram WHERE type = 'K'", "trams of type = 'K'", id="as it is"),
        pytest.param("SELECT tram_id FROM tram WHERE built = '1996'", "day = '1997'", id="another value"),
        pytest.param(
            "SELECT tram_id FROM tram WHERE depot_id = 1",
            "`Low Floor` = 1 and amount > 1",
            id="two columns",
        ),
        pytest.param("SELECT tram_id FROM tram WHERE built = '1996'", "year = '1996'", id="no column"),
        pytest.param(
            "SELECT tram_id FROM tram WHERE depot_id = 1",
            "depot 1; low floor refers to `Low Floor` = 1",
            id="the number of something else",
        ),
        pytest.param(
            "SELECT tram_id FROM tram WHERE type = 'K' AND built = 'K'",
            "trams of type = 'K'",
            id="as it is, and more",
        ),
        pytest.param(
            "SELECT built FROM tram WHERE depot_id = 7",
            "depot 7 in Lakeland (A3 = 'Lakeland')",
            id="a key that is said",
        ),
        pytest.param("SELECT tram_id FROM tram WHERE type = 'K'", "trams of kind K", id="nothing is said"),
    ],
)
def test_what_is_left_alone(sql: str, question: str) -> None:
    assert mended(sql, question) == ""
