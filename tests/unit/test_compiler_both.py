"""What has both of two values, which stand in two rows."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.both import mend_both
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, city TEXT, age INTEGER);
    CREATE TABLE climbs (person_id INTEGER REFERENCES people (id), year INTEGER);
    """,
    "sqlite",
)
JOINED = "FROM people AS p JOIN climbs AS c ON c.person_id = p.id"


def mended(sql: str, question: str) -> tuple[str, tuple[str, ...]]:
    tree = parse(sql, "sqlite")
    assert not bind(tree, CATALOG).findings
    changes = mend_both(tree, CATALOG, question)
    assert not bind(tree, CATALOG).findings
    return render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", ""), changes


TWO_ROWS = ("took what has both `Ann` and `Bob`, in two rows",)


@pytest.mark.parametrize(
    ("sql", "question", "expected"),
    [
        pytest.param("SELECT city FROM people WHERE name = 'Ann' AND age > 30 AND name = 'Bob'", "cities of both Ann and Bob",
                     ("SELECT DISTINCT people.city FROM people AS people WHERE people.age > 30 AND people.name = 'Ann' "
                      "AND people.city IN (SELECT people.city FROM people AS people WHERE people.age > 30 AND people.name = 'Bob')",
                      TWO_ROWS), id="two values"),
        pytest.param("SELECT city FROM people WHERE name = 'Ann' AND age > 30 AND name = 'Bob'", "cities of Ann or Bob",
                     ("SELECT people.city FROM people AS people WHERE people.age > 30 AND people.name IN ('Ann', 'Bob')",
                      ("took rows of either `Ann` or `Bob`",)), id="one of two values"),
        pytest.param("SELECT DISTINCT city FROM people WHERE age < 30 AND age > 60", "cities of people under 30 and of people over 60",
                     ("SELECT DISTINCT people.city FROM people AS people WHERE people.age < 30 "
                      "AND people.city IN (SELECT people.city FROM people AS people WHERE people.age > 60)",
                      ("took what has both `< 30` and `> 60`, in two rows",)), id="below and above"),
        pytest.param("SELECT name FROM people WHERE age < 30 AND age > 60", "people under 30 or over 60",
                     ("SELECT people.name FROM people AS people WHERE (people.age < 30 OR people.age > 60)",
                      ("took rows of either `< 30` or `> 60`",)), id="below or above"),
        pytest.param(f"SELECT p.name, p.city {JOINED} WHERE c.year = 2021 AND c.year = 2022", "name and city of who climbed in 2021 and 2022",
                     ("SELECT DISTINCT p.name, p.city FROM people AS p JOIN climbs AS c ON c.person_id = p.id WHERE c.year = 2021 "
                      "AND p.id IN (SELECT p.id FROM people AS p JOIN climbs AS c ON c.person_id = p.id WHERE c.year = 2022)",
                      ("took what has both `2021` and `2022`, in two rows",)), id="several columns"),
        pytest.param(f"SELECT p.name {JOINED} WHERE c.year IN (2021, 2022)", "who climbed in both 2021 and 2022?",
                     ("SELECT DISTINCT p.name FROM people AS p JOIN climbs AS c ON c.person_id = p.id WHERE c.year = 2021 "
                      "AND p.name IN (SELECT p.name FROM people AS p JOIN climbs AS c ON c.person_id = p.id WHERE c.year = 2022)",
                      ("took what has both `2021` and `2022`, not either",)), id="either of two"),
        pytest.param(f"SELECT p.name {JOINED} WHERE c.year = 2021 OR c.year = 2022", "people who have a climb in 2021 and one in 2022",
                     ("SELECT DISTINCT p.name FROM people AS p JOIN climbs AS c ON c.person_id = p.id WHERE c.year = 2021 "
                      "AND p.name IN (SELECT p.name FROM people AS p JOIN climbs AS c ON c.person_id = p.id WHERE c.year = 2022)",
                      ("took what has both `2021` and `2022`, not either",)), id="one and another"),
        pytest.param("SELECT city FROM people WHERE age < 30 OR age > 60", "cities where a person under 30 and a person over 60 live",
                     ("SELECT DISTINCT people.city FROM people AS people WHERE people.age < 30 "
                      "AND people.city IN (SELECT people.city FROM people AS people WHERE people.age > 60)",
                      ("took what has both `< 30` and `> 60`, not either",)), id="two ranges in one place"),
    ],
)  # fmt: skip
def test_what_has_both(sql: str, question: str, expected: tuple[str, tuple[str, ...]]) -> None:
    assert mended(sql, question) == expected


@pytest.mark.parametrize(
    ("sql", "question"),
    [
        pytest.param(f"SELECT p.name {JOINED} WHERE c.year IN (2021, 2022)", "who climbed in 2021 or 2022?", id="either"),
        pytest.param("SELECT age FROM people WHERE city IN ('Osk', 'Tarn')", "the ages of a person of Osk and a person of Tarn", id="rows of two values"),
        pytest.param("SELECT id FROM people WHERE age < 30 OR age > 60", "ids of a person under 30 and a person over 60", id="what only one can be"),
        pytest.param("SELECT name FROM people WHERE age > 30 AND age < 60", "people over 30 and under 60", id="between"),
        pytest.param("SELECT count(*) FROM people WHERE name = 'Ann' AND name = 'Bob'", "how many are both Ann and Bob?", id="counted"),
        pytest.param(f"SELECT p.name, c.year {JOINED} WHERE c.year = 2021 AND c.year = 2022", "who, and when, in both?",
                     id="columns of both relations"),
    ],
)  # fmt: skip
def test_what_may_be_meant_stays(sql: str, question: str) -> None:
    assert mended(sql, question)[1] == ()
