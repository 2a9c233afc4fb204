"""Questions of which a catalog does not speak, and those of which it may."""

# ruff: noqa: E501  # a question on one line is read more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.catalog.models import RelationName
from nlq.compiler.missing import find_missing

CATALOG = catalog_from_ddl(
    "CREATE TABLE singers (id INTEGER PRIMARY KEY, name TEXT, nationality TEXT, age INTEGER)", "sqlite"
)
SINGERS = RelationName("main", "singers")
VALUES = {(SINGERS, "name"): ("Mara Voss", "Jon Hale"), (SINGERS, "nationality"): ("Danish",)}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("What is the wing span of a bald eagle?", ("wing", "span", "bald", "eagle"), id="another matter"),
        pytest.param("How does paper affect the durability of books?", ("paper", "affect", "durability", "books"), id="words"),
        pytest.param("What is the age of the oldest bald eagle?", (), id="a column"),
        pytest.param("Which nation has the most bald eagles?", (), id="the beginning of a column"),
        pytest.param("Where does Mara live and work?", (), id="a value"),
        pytest.param("How tall is the tower?", (), id="too short to tell"),
        pytest.param("Wie lang ist der längste Fluss im ganzen Land?", (), id="another language"),
    ],
)  # fmt: skip
def test_what_nothing_speaks_of(question: str, expected: tuple[str, ...]) -> None:
    assert find_missing(question, CATALOG, VALUES) == expected


def test_without_values_nothing_is_known() -> None:
    assert find_missing("What is the wing span of a bald eagle?", CATALOG, {}) == ()


def test_a_name_may_be_among_values_that_were_not_looked_at() -> None:
    some = {(SINGERS, "nationality"): ("Danish",)}
    assert find_missing("Where does Petra live with Olga?", CATALOG, some) == ()
