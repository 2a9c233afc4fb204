"""The law of nested results: what is nested is the flat result, which has a law of its own, put together.

Every source shows its key, so that rows of the flat result can be told apart: those of the sources outside
a list say which row it belongs to, the others which item.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nlq.catalog import Catalog
from nlq.engine import Engine, open_engine
from nlq.errors import PlanError
from nlq.guard import guard
from nlq.guard.lists import bind_claims
from nlq.plan import Plan, check
from nlq.plan.nested import Path as ResultPath
from nlq.plan.nested import fold
from nlq.policy import Policy, Principal, visible
from nlq.policy.load import load_policy
from nlq.settings import Settings
from tests.property.profile import LONG

TABLES = ("a", "b", "c")
POLICY = """
[relations.a]
read = { sql = "x <> 2" }
[relations.b]
read = { sql = "ref IN (SELECT id FROM c)" }
[relations.c]
read = { sql = "id > 0" }
[relations.c.columns]
x = { mask = "null" }
"""
TRIES = 3_000 if LONG else 40
MOST = 1_000


def script() -> str:
    draw = random.Random(7)

    def row(key: int) -> str:
        return f"({key}, {draw.choice((1, 2, 3, 4, 'NULL'))}, {draw.choice((0, 1, 2, 'NULL'))})"

    rows = {t: ", ".join(map(row, range(1, 6))) for t in TABLES}
    return "".join(
        f"CREATE TABLE {t} (id INTEGER PRIMARY KEY, ref INTEGER, x INTEGER);"
        f" INSERT INTO {t} VALUES {rows[t]};"
        for t in TABLES
    )


def query(draw: random.Random) -> tuple[str, tuple[ResultPath, ...]]:
    """A join of some tables under aliases, its key columns and some others, and where they are put."""
    count = draw.randint(2, 5)
    names = [f"t{i}" for i in range(count)]
    below = {i: draw.randrange(i) for i in range(1, count)}
    lists = {
        i: f"list{i}[]" for i in draw.sample(range(1, count), k=min(draw.choice((1, 1, 2)), count - 1))
    }

    def place(i: int) -> ResultPath:
        above = place(below[i]) if i else ()
        own = (lists[i],) if i in lists else (f"o{i}",) if i and draw_object[i] else ()
        return (*above, *own)

    draw_object = [draw.random() < 0.4 for _ in range(count)]
    sql = f"FROM {draw.choice(TABLES)} AS t0"
    for i in range(1, count):
        kind = draw.choice(("JOIN", "JOIN", "LEFT JOIN"))
        on = f"t{below[i]}.{draw.choice(('id', 'ref'))} = t{i}.{draw.choice(('id', 'ref', 'x'))}"
        if draw.random() < 0.3:
            on += f" AND t{i}.x >= {draw.randint(0, 2)}"
        sql += f" {kind} {draw.choice(TABLES)} AS t{i} ON {on}"
    conditions = [
        draw.choice((
            f"{n}.x >= 1", f"{n}.ref <> {draw.randint(1, 3)}", f"{n}.x <= {draw.choice(names)}.id",
            f"{n}.ref IS NULL OR {n}.ref > 1", f"{n}.id IN (SELECT ref FROM c)",
        ))
        for n in draw.choices(names, k=draw.choice((0, 1, 2)))
    ]  # fmt: skip
    if conditions:
        sql += " WHERE " + " AND ".join(f"({c})" for c in conditions)
    shown = [(f"{n}.{c}", (*place(i), f"{c}{i}")) for i, n in enumerate(names) for c in ("id", "x")]
    items = ", ".join(f"{value} AS {path[-1]}" for value, path in shown)
    return f"SELECT {items} {sql}", tuple(path for _, path in shown)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_what_is_nested_is_the_flat_result_put_together(
    dialect: str, make_database: Callable[[str, str], str]
) -> None:
    engine = open_engine(make_database(dialect, script()), Settings(threads=1))
    try:
        catalog = engine.introspect()
        policy = load_policy(POLICY, catalog)
        outcomes = Counter(compare(engine, catalog, policy, random.Random(seed)) for seed in range(TRIES))
    finally:
        engine.close()
    assert outcomes["rows"] > TRIES / 4, outcomes


def compare(engine: Engine, catalog: Catalog, policy: Policy, draw: random.Random) -> str:
    """What came of one query, once it is sure that both results say the same."""
    principal = Principal(id=1)
    seen = visible(policy, principal, catalog)
    sql, paths = query(draw)
    checked = check(sql, seen)
    plan = Plan(
        "query", sql, catalog.dialect, policy.scope(principal), checked.sql, (), (), checked.depends, ""
    )

    def run(paths: tuple[ResultPath, ...]) -> tuple[Any, list[tuple[Any, ...]]]:
        statement = guard(plan, policy, principal, catalog, seen, paths=paths)
        rows = engine.run(statement, bind_claims(statement.arguments, principal), limit=MOST, timeout_s=60)
        assert not rows.truncated
        return statement, list(rows.rows)

    plan = replace(plan, columns=engine.describe(guard(plan, policy, principal, catalog, seen)))
    try:
        statement, rows = run(paths)
    except PlanError as error:
        assert error.code == "plan.not_nestable"
        return error.message
    names, values = fold(statement.cells, rows)
    nested = [dict(zip(names, row, strict=True)) for row in values]
    expected = put_together(paths, run(())[1])
    assert sorted(map(leaves, nested)) == sorted(expected), f"{sql} {paths}"
    return "rows" if nested else "none"


def put_together(paths: tuple[ResultPath, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    """Each outer row with the items of its lists, by hand."""
    of = [next((p for p in path[:-1] if p.endswith("[]")), "") for path in paths]
    whole: dict[tuple[Any, ...], dict[str, set[Any]]] = {}
    for row in rows:
        outer = tuple((paths[i][-1], v) for i, v in enumerate(row) if not of[i] and v is not None)
        lists = whole.setdefault(outer, {name: set() for name in of if name})
        for name in lists:
            item = tuple((paths[i][-1], v) for i, v in enumerate(row) if of[i] == name and v is not None)
            # What a LEFT JOIN adds where there is nothing.
            lists[name] |= {item} if item else set()
    return [
        repr(
            (
                sorted(outer),
                sorted((name, sorted(map(sorted, items))) for name, items in lists.items() if items),
            )
        )
        for outer, lists in whole.items()
    ]


def leaves(row: dict[str, Any]) -> str:
    """The same of a nested row. What is absent has no values."""
    lists: list[tuple[str, Any]] = []

    def of(value: Any, name: str) -> list[tuple[str, Any]]:
        if isinstance(value, list):
            # An empty list, and one in an object that is absent, are the same to the flat result.
            items = sorted(sorted(of(item, "")) for item in value)
            lists.extend([(f"{name}[]", items)] if items else [])
            return []
        if isinstance(value, dict):
            return [leaf for key, inner in value.items() for leaf in of(inner, key)]
        return [] if value is None else [(name, value)]

    outer = sorted(of(row, ""))
    return repr((outer, sorted(lists)))
