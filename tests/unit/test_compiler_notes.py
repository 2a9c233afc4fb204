"""Notes behind a question, read as SQL, and what of a draft they put right."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlglot import exp

from nlq.catalog import Catalog
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.formulas import mend_formulas
from nlq.compiler.mend.lists import mend_lists
from nlq.compiler.mend.noted import mend_noted
from nlq.compiler.notes import Note, is_said, read_notes
from nlq.compiler.untrusted import Untrusted, examine
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE colour (id INTEGER PRIMARY KEY, colour TEXT);
    CREATE TABLE depot (depot_id INTEGER PRIMARY KEY, A3 TEXT, A4 INTEGER, opened DATE);
    CREATE TABLE driver (driver_id INTEGER PRIMARY KEY, forename TEXT, surname TEXT, sex TEXT, depot_id INTEGER REFERENCES depot (depot_id));
    CREATE TABLE tram (
        tram_id INTEGER PRIMARY KEY, depot_id INTEGER REFERENCES depot (depot_id), built DATE, "Seats (Upper)" REAL, low INTEGER,
        roof_colour_id INTEGER REFERENCES colour (id), door_colour_id INTEGER REFERENCES colour (id)
    );
    CREATE TABLE repair (tram_id INTEGER REFERENCES tram (tram_id), day DATE, amount INTEGER);
    """,
    "sqlite",
)


def noted(text: str) -> list[tuple[str, list[str]]]:
    notes = read_notes(f"What? ({text})", CATALOG)
    return [(note.said, [one.sql(dialect="sqlite") for one in note.means]) for note in notes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("women refers to sex = 'F'; in Osk refers to A3 = 'Osk'",
                     [("women", ["sex = 'F'"]), ("in Osk", ["A3 = 'Osk'"])], id="two clauses"),
        pytest.param("women refers to sex = 'F', men refers to sex = 'M'",
                     [("women", ["sex = 'F'"]), ("men", ["sex = 'M'"])], id="behind a comma"),
        pytest.param("A3 contains the data of region", [("region", ["A3"])], id="the other way round"),
        pytest.param("sex = 'F' stands for women; and so on", [("women", ["sex = 'F'"])], id="prose says nothing"),
        pytest.param("full name refers to forename and surname", [("full name", ["forename", "surname"])], id="two columns"),
        pytest.param("seats refers to `Seats (Upper)`", [("seats", ['"Seats (Upper)"'])], id="an odd name"),
        pytest.param("seats = Seats (Upper) + low", [("seats", ['"Seats (Upper)" + low'])], id="an odd name, not quoted"),
        pytest.param("same colour: roof_colour_id = door_colour_id = colour.id",
                     [("same colour", ["roof_colour_id = door_colour_id", "door_colour_id = colour.id"])], id="a chain"),
        pytest.param("dearest refers to MAX(amount) where sex = 'F'", [("dearest", ["MAX(amount)", "sex = 'F'"])], id="where"),
        pytest.param("share = DIVIDE(COUNT(tram_id where low = 1), COUNT(tram_id)) * 100%",
                     [("share", ["(CAST(COUNT(CASE WHEN low = 1 THEN tram_id END) AS REAL) / COUNT(tram_id)) * 100"])], id="a share"),
        pytest.param("gap = SUBTRACT(SUM(sex = 'F'); SUM(sex = 'M'))",
                     [("gap", ["(SUM(CASE WHEN sex = 'F' THEN 1 ELSE 0 END) - SUM(CASE WHEN sex = 'M' THEN 1 ELSE 0 END))"])], id="counts"),
        pytest.param("opened in 2020 refers to YEAR(opened) = 2020",
                     [("opened in 2020", ["CAST(STRFTIME('%Y', opened) AS INTEGER) = 2020"])], id="a function of others"),
        pytest.param("young refers to age < 30", [], id="no such column"),
        pytest.param("bad refers to low = (SELECT 1 FROM tram); worse refers to load_extension(low)", [], id="what is refused"),
        pytest.param("bad refers to sex = 'F; DROP TABLE tram", [], id="no SQL"),
    ],
)  # fmt: skip
def test_what_notes_say(text: str, expected: list[tuple[str, list[str]]]) -> None:
    assert noted(text) == expected


def test_notes_are_read_up_to_a_bound() -> None:
    clauses = [f"word {n} refers to low = {n}" for n in range(200)]
    assert [said for said, _ in noted("; ".join(clauses))] == [f"word {n}" for n in range(30)]
    assert noted("a refers to " + " = ".join(["low"] * 900)) == []


def test_what_is_said_in_the_question() -> None:
    note = Note("female drivers", (exp.true(),))
    assert (is_said(note, "How many drivers are female?"), is_said(note, "How many are female?")) == (
        True,
        False,
    )


Rule = Callable[[exp.Expr, Catalog, str, tuple[Note, ...]], tuple[str, ...]]


def mended(rule: Rule, sql: str, question: str) -> str:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = rule(tree, CATALOG, question, read_notes(question, CATALOG))
    assert not bind(tree, CATALOG).findings
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "") if changes else ""


RATIO = "What is the ratio of women to men? (ratio = DIVIDE(SUM(sex = 'F'), SUM(sex = 'M')))"
SHARE = "Of the trams built in 1996, what percentage has a low floor? (low floor refers to low = 1; percentage = DIVIDE(COUNT(tram_id where low = 1), COUNT(tram_id)) * 100)"
RATIO_SQL = "(CAST(SUM(CASE WHEN driver.sex = 'F' THEN 1 ELSE 0 END) AS REAL) / SUM(CASE WHEN driver.sex = 'M' THEN 1 ELSE 0 END))"


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT COUNT(*) FROM driver WHERE sex = 'F'", RATIO, f"SELECT {RATIO_SQL} FROM driver AS driver", id="one side"),
        pytest.param("SELECT COUNT(CASE WHEN sex = 'F' THEN 1 END), COUNT(CASE WHEN sex = 'M' THEN 1 END) FROM driver",
                     RATIO, f"SELECT {RATIO_SQL} FROM driver AS driver", id="both, not divided"),
        pytest.param("SELECT depot_id, COUNT(*) FROM driver GROUP BY depot_id", RATIO,
                     f"SELECT driver.depot_id, {RATIO_SQL} FROM driver AS driver GROUP BY driver.depot_id", id="of each"),
        pytest.param("SELECT COUNT(*) * 100.0 / COUNT(tram_id) FROM tram WHERE low = 1 AND built LIKE '1996%'", SHARE,
                     "SELECT (CAST(COUNT(CASE WHEN tram.low = 1 THEN tram.tram_id END) AS REAL) / COUNT(tram.tram_id)) * 100 FROM tram AS tram WHERE tram.built LIKE '1996%'", id="a share of all"),
        pytest.param("SELECT COUNT(*) FROM repair", "The share of Osk? (share = DIVIDE(SUM(A3 = 'Osk'), COUNT(depot_id)))", "", id="a key that is nowhere"),
        pytest.param("SELECT AVG(2000 - STRFTIME('%Y', built)) FROM tram WHERE STRFTIME('%Y', built) = '2000'",
                     "The average age in 2000? (average age = AVG(SUBTRACT(2000, STRFTIME('%Y', built))))",
                     "SELECT AVG(2000 - STRFTIME('%Y', tram.built)) FROM tram AS tram", id="a number of the formula"),
    ],
)  # fmt: skip
def test_a_formula_is_what_is_told(sql: str, question: str, expected: str) -> None:
    assert mended(mend_formulas, sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT CAST(SUM(CASE WHEN d.sex = 'F' THEN 1 ELSE 0 END) AS REAL) / SUM(CASE WHEN d.sex = 'M' THEN 1 ELSE 0 END) FROM driver d", RATIO, id="as it is"),
        pytest.param("SELECT surname FROM driver", RATIO, id="nothing is measured"),
        pytest.param("SELECT COUNT(*) FROM driver", "Who drives? (ratio = DIVIDE(SUM(sex = 'F'), SUM(sex = 'M')))", id="not asked for"),
        pytest.param("SELECT COUNT(*) FROM driver", "The ratio? (ratio = DIVIDE(SUM(low = 1), SUM(low = 0)), gap = SUM(low = 1) - SUM(low = 0))", id="two formulas"),
    ],
)  # fmt: skip
def test_a_formula_that_changes_nothing(sql: str, question: str) -> None:
    assert mended(mend_formulas, sql, question) == ""


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT COUNT(*) FROM driver", "How many drivers are female? (female refers to sex = 'F')",
                     "SELECT COUNT(*) FROM driver AS driver WHERE driver.sex = 'F'", id="a condition"),
        pytest.param("SELECT COUNT(*) FROM driver", "How many drivers work in Osk? (in Osk refers to A3 = 'Osk')",
                     "SELECT COUNT(*) FROM driver AS driver JOIN depot AS depot ON driver.depot_id = depot.depot_id WHERE depot.A3 = 'Osk'", id="of another relation"),
        pytest.param("SELECT tram_id FROM tram WHERE depot_id = 1", "Trams of depot 1 without seats data? (without seats data refers to `Seats (Upper)` = 0 OR `Seats (Upper)` IS NULL)",
                     "SELECT tram.tram_id FROM tram AS tram WHERE tram.depot_id = 1 AND (tram.Seats (Upper) = 0 OR tram.Seats (Upper) IS NULL)", id="either"),
        pytest.param("SELECT tram_id FROM repair WHERE amount >= 100", "Repairs over 100? (over 100 refers to amount > 100)",
                     "SELECT repair.tram_id FROM repair AS repair WHERE repair.amount > 100", id="another comparison"),
        pytest.param("SELECT tram_id FROM tram", "Trams of the same colour all over? (same colour refers to roof_colour_id = door_colour_id = low)",
                     "SELECT tram.tram_id FROM tram AS tram WHERE tram.roof_colour_id = tram.door_colour_id AND tram.door_colour_id = tram.low", id="a chain"),
        pytest.param("SELECT c.colour FROM tram t JOIN colour c ON t.door_colour_id = c.id", "The roof colours? (roof colours refers to colour where roof_colour_id = colour.id)",
                     "SELECT c.colour FROM tram AS t JOIN colour AS c ON t.roof_colour_id = c.id", id="another key"),
        pytest.param("SELECT d.A3 FROM depot d JOIN tram t ON d.depot_id = t.depot_id GROUP BY d.A3 ORDER BY COUNT(*) DESC LIMIT 1",
                     "Which region has the highest number of places? (A4 refers to number of places)",
                     "SELECT d.A3 FROM depot AS d ORDER BY d.A4 DESC LIMIT 1", id="the most of a column"),
        pytest.param("SELECT tram_id FROM repair GROUP BY tram_id ORDER BY SUM(amount) DESC LIMIT 1", "Which tram had the dearest repair? (dearest refers to MAX(amount))",
                     "SELECT repair.tram_id FROM repair AS repair GROUP BY repair.tram_id ORDER BY MAX(repair.amount) DESC LIMIT 1", id="the largest, not the sum"),
        pytest.param("SELECT tram_id FROM tram", "Which tram is the oldest? (oldest refers to MIN(built))",
                     "SELECT tram.tram_id FROM tram AS tram ORDER BY tram.built ASC NULLS LAST LIMIT 1", id="no order at all"),
    ],
)  # fmt: skip
def test_what_notes_say_of_rows(sql: str, question: str, expected: str) -> None:
    assert mended(mend_noted, sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param("SELECT sex FROM driver", "Which sex has Ana? (female refers to sex = 'F')", id="not said in the question"),
        pytest.param("SELECT sex, COUNT(*) FROM driver GROUP BY sex", "How many men and women? (men refers to sex = 'M'; women refers to sex = 'F')", id="either"),
        pytest.param("SELECT SUM(CASE WHEN sex = 'F' THEN 1 END) FROM driver", "How many women? (women refers to sex = 'F')", id="in a measure"),
        pytest.param("SELECT COUNT(*) FROM driver WHERE sex LIKE 'F%'", "How many women? (women refers to sex = 'F' OR sex = 'W')", id="said in another way"),
        pytest.param("SELECT MIN(built) FROM tram", "How old is the oldest tram? (oldest refers to MIN(built))", id="measured"),
        pytest.param("SELECT tram_id FROM tram ORDER BY built LIMIT 1", "Which is the oldest tram? (oldest refers to MIN(built))", id="as it is"),
    ],
)  # fmt: skip
def test_rows_that_are_left_alone(sql: str, question: str) -> None:
    assert mended(mend_noted, sql, question) == ""


BOTH = "Trams with red roofs and blue doors? (red roofs refers to colour = 'Red' and roof_colour_id = colour.id; blue doors refers to colour = 'Blue' and door_colour_id = colour.id)"
EACH = "SELECT t.tram_id FROM tram AS t JOIN colour AS colour ON t.roof_colour_id = colour.id JOIN colour AS colour_2 ON t.door_colour_id = colour_2.id WHERE colour.colour = 'Red' AND colour_2.colour = 'Blue'"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("SELECT t.tram_id FROM tram AS t JOIN colour AS c ON t.roof_colour_id = c.id WHERE c.colour = 'Red' AND t.door_colour_id = c.id", EACH, id="joined once"),
        pytest.param("SELECT t.tram_id FROM tram AS t JOIN colour AS c ON t.roof_colour_id = c.id AND t.door_colour_id = c.id WHERE c.colour IN ('Red', 'Blue') AND t.low = 1",
                     EACH.replace("WHERE ", "WHERE t.low = 1 AND "), id="and what else is said"),
        pytest.param(EACH, "", id="as it is"),
        pytest.param("SELECT c.colour FROM tram AS t JOIN colour AS c ON t.roof_colour_id = c.id", "", id="shown"),
        pytest.param("SELECT tram_id FROM tram WHERE roof_colour_id = 1", "", id="not joined at all"),
    ],
)  # fmt: skip
def test_a_list_that_is_meant_twice(sql: str, expected: str) -> None:
    assert mended(mend_lists, sql, BOTH) == expected


def test_a_draft_in_the_words_of_notes() -> None:
    draft = "SELECT SUBTRACT(AVG(amount WHERE day > '2020-01-01'), DIVIDE(SUM(amount), 2)) FROM repair"
    examined = examine(Untrusted(draft, question="What is the difference?"), CATALOG)
    assert "".join(examined.checked.sql.replace('"', "").split()) == (
        "SELECT(AVG(CASEWHENrepair.day>'2020-01-01'THENrepair.amountEND)-(CAST(SUM(repair.amount)ASREAL)/2))AScolumn_1"
        "FROMmain.repairASrepair"
    )
