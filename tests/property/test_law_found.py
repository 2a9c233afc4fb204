"""Differences that the law found, by name: each query is asked of a small world, and of a part of it."""

from __future__ import annotations

from typing import Any

import pytest

from nlq.catalog import Dialect
from nlq.errors import NlqError
from tests.property.databases import bag, open_databases
from tests.property.policies import Rule, Rules, TableRules
from tests.property.test_guard_law import Guarded
from tests.property.worlds import Col, Table, World

DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite")


def table(name: str, columns: str, *rows: tuple[Any, ...]) -> Table:
    names = columns.split()
    return Table(
        name, [Col(n, "int") for n in names], {}, [dict(zip(names, row, strict=True)) for row in rows]
    )


def world_of(dialect: Dialect) -> World:
    """Three tables of which the rows with `id` 2 are hidden."""
    tables = [
        table("a", "id x s", (1, 10, 7), (2, 20, 8), (3, 30, 9)),
        table("b", "id y s", (1, 11, 7), (2, 21, 5), (3, 31, 6), (4, 41, 9)),
        table("c", "id b_id z", (1, 3, 100), (2, 1, 200), (3, 4, 300), (5, 1, 500)),
    ]
    rule = Rule('"id" <> 2', lambda row: row["id"] != 2)
    rules = Rules(dialect, [(t, TableRules([rule], {})) for t in tables])
    return World(dialect, tables, rules, rules.seen())


SAME = {
    "what NATURAL merges comes first in Postgres": "SELECT * FROM a NATURAL FULL JOIN b",
    "what USING merges comes in its order in Postgres": "SELECT * FROM a FULL JOIN b USING (s, id)",
    "a second USING comes before the first": "SELECT * FROM a JOIN b USING (s) JOIN c ON TRUE",
    "USING behind a comma leaves alone what stands before it":
        "SELECT * FROM a, b RIGHT JOIN c USING (id)",
    "NATURAL behind a comma leaves alone what stands before it":
        "SELECT * FROM a, c NATURAL RIGHT JOIN (SELECT id, y FROM b) AS q",
    "ON behind a comma means its own item of FROM":
        "SELECT s.x, t.x FROM a AS s, b AS u JOIN a AS t ON t.id = u.id AND x > 5",
    "an item of FROM keeps its place": "SELECT * FROM c, a JOIN b USING (s)",
    "the left star of an outer join that merges": "SELECT t.* FROM a AS t FULL JOIN b AS u USING (id)",
    "the right star of an outer join that merges": "SELECT u.* FROM a AS t FULL JOIN b AS u USING (id)",
    "the middle star of outer joins that merge":
        "SELECT u.* FROM a AS t FULL JOIN b AS u USING (id) FULL JOIN c AS v USING (id)",
    "a column of a star in ORDER BY, of which there is another":
        "SELECT t.* FROM a AS s JOIN a AS t ON s.id = t.id ORDER BY x",
    "names that come twice are shown": "SELECT * FROM (SELECT * FROM a JOIN b ON a.id = b.id) AS t",
}  # fmt: skip


# SQLite says that what is merged behind a comma is ambiguous.
@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        pytest.param(sql, d, id=f"{name}-{d}")
        for name, sql in SAME.items()
        for d in DIALECTS
        if d != "sqlite" or "behind a comma" not in name
    ],
)
def test_the_same(sql: str, dialect: Dialect, postgres_url: str) -> None:
    world = world_of(dialect)
    with open_databases(dialect, postgres_url) as databases, databases.holding(world):
        guarded = Guarded(world)
        statement = guarded.statement(sql)
        got, wanted = (
            databases.full(statement.sql, guarded.values(statement)), databases.part(sql, []),
        )  # fmt: skip
    assert wanted
    assert bag(got) == bag(wanted)


TWICE = "(SELECT * FROM a JOIN b ON a.id = b.id) AS t"
REFUSED: dict[str, tuple[str, tuple[Dialect, ...]]] = {
    "NATURAL by a name that is ours": (f"SELECT x FROM {TWICE} NATURAL JOIN c", DIALECTS),
    "USING by a name that is ours": (f"SELECT x FROM {TWICE} JOIN c USING (b_id)", DIALECTS),
    "USING by a name that comes twice": (f"SELECT x FROM {TWICE} JOIN c USING (id)", ("postgres",)),
    "a bare name that comes twice": (f"SELECT id FROM {TWICE}", ("postgres",)),
    "a name that comes twice, with its table": (f"SELECT t.id FROM {TWICE}", ("postgres",)),
    "one that comes twice in a WITH query": (
        "WITH t AS (SELECT a.id, b.id FROM a JOIN b ON a.id = b.id) SELECT id FROM t AS u", ("postgres",),
    ),
    "one name merged in two items of FROM": (
        "SELECT * FROM a JOIN b USING (id), c JOIN b AS d USING (id)", ("duckdb", "postgres"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [pytest.param(q, d, id=f"{n}-{d}") for n, (q, dialects) in REFUSED.items() for d in dialects],
)
def test_refused_as_ambiguous(sql: str, dialect: Dialect) -> None:
    with pytest.raises(NlqError) as raised:
        Guarded(world_of(dialect)).statement(sql)
    assert raised.value.code == "plan.ambiguous_column"
