"""Variants of real databases: the same schema and constraints, other data, the same for the same seed."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from nlq.engine import open_engine
from nlq.evaluate.distinguish import leaves_choice
from nlq.evaluate.gold import run_gold_on
from nlq.evaluate.variants import compared_values, make_variant
from nlq.settings import Settings

SCHOOL = """
CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seats INTEGER CHECK (seats < 100));
CREATE TABLE pupils (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER, room INTEGER NOT NULL REFERENCES rooms (id),
    friend INTEGER REFERENCES pupils (id)
);
CREATE VIEW older AS SELECT * FROM pupils WHERE age > 12;
INSERT INTO rooms VALUES (1, 'north', 20), (2, 'south', 30), (3, 'attic', 5);
INSERT INTO pupils VALUES (1, 'Ana', 11, 1, NULL), (5, 'Eli', 14, 3, NULL);
INSERT INTO pupils VALUES (2, 'Bo', 12, 1, 1), (3, 'Caio', 13, 2, 1), (6, 'Fay', 15, 3, 5);
INSERT INTO pupils VALUES (4, 'Dua', 12, 2, 3);
"""
GOLDS = ["SELECT name FROM pupils WHERE age > 17", "SELECT name FROM pupils WHERE name = 'Zoe'"]


def _rows(dialect: str, path: Path, sql: str) -> list[tuple[object, ...]]:
    if dialect == "duckdb":
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()
    with closing(sqlite3.connect(path)) as file:
        return file.execute(sql).fetchall()


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_variants(dialect: str, shared_database: Callable[[str, str], str], tmp_path: Path) -> None:
    url = shared_database(dialect, SCHOOL)
    source = Path(url.partition(":///")[2])
    with closing(open_engine(url, Settings())) as engine:
        catalog = engine.introspect()
        kind = engine.dialect
        literals = compared_values(GOLDS, kind)
        assert literals == {"age": (16, 17, 18), "name": ("Zoe",)}
        found: list[list[tuple[object, ...]]] = []
        for seed in (1, 1, 2, 3, 4, 5):
            path = tmp_path / f"{len(found)}.{dialect}"
            make_variant(source, path, catalog, seed, literals)
            found.append(_rows(dialect, path, "SELECT * FROM pupils ORDER BY id"))
            with closing(open_engine(f"{dialect}:///{path}", Settings())) as made:
                assert made.introspect() == catalog
            orphans = (
                "SELECT count(*) FROM pupils p WHERE room NOT IN (SELECT id FROM rooms) "
                "OR friend NOT IN (SELECT id FROM pupils)"
            )
            assert _rows(dialect, path, orphans) == [(0,)]
            assert _rows(dialect, path, "SELECT count(*) FROM older") == [
                (sum(isinstance(row[2], int) and row[2] > 12 for row in found[-1]),)
            ]
    original = _rows(dialect, source, "SELECT * FROM pupils ORDER BY id")
    assert found[0] == found[1]
    assert original not in found
    assert len({tuple(rows) for rows in found}) == 5
    assert all(found)
    values = {value for rows in found for row in rows for value in row}
    assert values & {16, 17, 18}, "values that golds compare with turn up"


@pytest.mark.parametrize(
    ("sql", "leaves"),
    [
        ("SELECT name FROM pupils", False),
        ("SELECT name FROM pupils ORDER BY age LIMIT 1", False),
        ("SELECT name FROM pupils ORDER BY age LIMIT 2", True),
        ("SELECT name, age AS a FROM pupils ORDER BY a DESC LIMIT 5", False),
        ("SELECT name, age FROM pupils ORDER BY 2 LIMIT 3", False),
        ("SELECT name FROM pupils LIMIT 2", True),
        ("SELECT name FROM pupils ORDER BY age LIMIT 9", False),
        ("SELECT age, count(*) FROM pupils GROUP BY age ORDER BY count(*) DESC LIMIT 1", False),
        ("SELECT age, count(*) FROM pupils GROUP BY age ORDER BY count(*) DESC LIMIT 2", True),
        ("SELECT * FROM (SELECT name FROM pupils LIMIT 2) AS s", True),
    ],
)
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_what_leaves_a_choice(
    dialect: str, sql: str, leaves: bool, open_database: Callable[..., object]
) -> None:
    engine = open_database(dialect, SCHOOL)
    assert leaves_choice(sql, run_gold_on(engine), engine.dialect) is leaves
