"""The law of columns that are given in groups: what is told depends on enough rows, or on none.

For an accepted query, take every row of the relation that has a value in such a column, and replace that
one value by others. The rows on whose value the result depends are those where it changes: there are none,
or at least as many as the group must have. The same holds for each cell of the result, where its rows can
be told apart by columns that never change. A row that may not be read is never among them. That a value is
NULL is not kept secret, and neither are differences between two groups.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import note

from nlq.catalog import Dialect
from nlq.errors import NlqError
from nlq.guard import Statement
from tests.property.databases import Databases, open_databases
from tests.property.groups import Grouped, GroupWorld, group_cases
from tests.property.profile import LONG, Tally, try_law
from tests.property.queries import Query
from tests.property.test_guard_law import Guarded
from tests.property.worlds import quoted

CHANGES = ("+ 1000", "- 7") if LONG else ("+ 1000",)

Rows = list[tuple[Any, ...]]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_what_is_given_in_groups(dialect: Dialect, postgres_url: str) -> None:
    with open_databases(dialect, postgres_url) as databases:

        def law(case: tuple[GroupWorld, list[Query]], tally: Tally) -> None:
            made, queries = case
            note(repr(made.world))
            with databases.holding(made.world, []):
                guarded = Guarded(made.world, made.policy())
                for query in queries:
                    outcome = require_enough(made, guarded, query, databases)
                    tally.add(outcome, query.used)

        tally = try_law(
            f"the law of groups on {dialect}",
            dialect,
            lambda most: group_cases(dialect, most),
            law,
            share=0.2 if dialect == "duckdb" else 0.4,
        )
    assert tally.outcomes["rows"] / tally.queries > 0.05
    assert tally.outcomes["refused"] / tally.queries < 0.7


def require_enough(made: GroupWorld, guarded: Guarded, query: Query, databases: Databases) -> str:
    """`rows` where the result depends on values, `empty` where on none."""
    try:
        statement = guarded.statement(query.sql)
    except NlqError:
        return "refused"
    before = _ask(statement, guarded, databases)
    if before is None:
        return "failed"
    told = False
    for grouped in made.grouped:
        told = _require_enough(grouped, made, guarded, query, statement, before, databases) or told
    return "rows" if told else "empty"


def _require_enough(
    grouped: Grouped,
    made: GroupWorld,
    guarded: Guarded,
    query: Query,
    statement: Statement,
    before: Rows,
    databases: Databases,
) -> bool:
    if quoted(grouped.table.name) not in statement.sql:
        return False
    after = {
        (row["id"], change): _changed(grouped, row["id"], change, statement, guarded, databases)
        for row in grouped.table.rows
        if row["pay"] is not None
        for change in CHANGES
    }
    whole = {key for (key, _), rows in after.items() if Counter(rows) != Counter(before)}
    note(f"{query.sql}\n-- guarded:\n{statement.sql}\n-- {grouped.table.sql}: {whole} of {before}")
    seen = made.world.of(grouped.table)
    readable = {r["id"] for r in seen.rows} if seen is not None and _shows_keys(grouped, made) else None
    assert not whole or len(whole) >= grouped.group, f"depends on {whole} alone"
    assert readable is None or whole <= readable, f"depends on {whole - readable}, which may not be read"
    for cell, rows in _cells(before, after).items():
        assert not rows or len(rows) >= grouped.group, f"{cell} depends on {rows} alone"
    return bool(whole)


def _changed(
    grouped: Grouped, key: int, change: str, statement: Statement, guarded: Guarded, databases: Databases
) -> Rows:
    """The rows of the statement while one value is another."""
    column, table = quoted(grouped.column.name), grouped.table.sql
    databases.full(f'UPDATE {table} SET {column} = {column} {change} WHERE "id" = {key}', [])
    rows = _ask(statement, guarded, databases)
    back = "- 1000" if change == "+ 1000" else "+ 7"
    databases.full(f'UPDATE {table} SET {column} = {column} {back} WHERE "id" = {key}', [])
    assert rows is not None
    return rows


def _ask(statement: Statement, guarded: Guarded, databases: Databases) -> Rows | None:
    found, _ = databases.ask(databases.full, statement.sql, guarded.values(statement))
    return None if found is None else list(found.elements())


def _cells(before: Rows, after: dict[tuple[int, str], Rows]) -> dict[Any, set[int]]:
    """For each cell of the result, the rows that it depends on; empty where rows cannot be told apart."""
    if not before:
        return {}
    width = range(len(before[0]))
    fixed = [
        i
        for i in width
        if all(Counter(_only(rows, [i])) == Counter(_only(before, [i])) for rows in after.values())
    ]
    keys = Counter(_only(before, fixed))
    if not fixed or max(keys.values()) > 1:
        return {}
    if any(Counter(_only(rows, fixed)) != keys for rows in after.values()):
        return {}
    wanted = dict(zip(_only(before, fixed), before, strict=True))
    found: dict[Any, set[int]] = {}
    for (row_id, _), rows in after.items():
        for key, row in zip(_only(rows, fixed), rows, strict=True):
            for i in width:
                if row[i] != wanted[key][i]:
                    found.setdefault((key, i), set()).add(row_id)
    return found


def _only(rows: Rows, places: list[int]) -> Rows:
    return [tuple(row[i] for i in places) for row in rows]


def _shows_keys(grouped: Grouped, made: GroupWorld) -> bool:
    """True where `id` is neither hidden nor masked, so that rows are known by it."""
    rules = {id(t): r for t, r in made.world.policy.tables}[id(grouped.table)]
    return "id" not in rules.columns
