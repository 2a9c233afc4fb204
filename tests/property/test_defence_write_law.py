"""The law for writes where Postgres enforces the rules too: by the database alone, and by both layers.

Alone, SQL that nothing has looked at runs as the role that makes changes: every row that is not as it was
is one that the principal may change, to what they may make it. Beside the guard, the law is the guard's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
from hypothesis import note

from nlq.defence import Names, identify, make_defence, write_migration
from nlq.defence.identity import CLAIMS, ROLES
from nlq.defence.names import quote
from nlq.engine.writing import Image
from nlq.guard import Statement
from tests.property import policies
from tests.property.databases import Databases, open_databases
from tests.property.policies import Rule
from tests.property.profile import Tally, try_law
from tests.property.test_defence_law import READER
from tests.property.test_guard_law import Guarded
from tests.property.test_write_law import (
    LawWriting,
    Mutation,
    WriteWorld,
    looks_at_what_changes,
    require_lawful,
    restore,
    write_cases,
)
from tests.property.worlds import Row, literal, quoted

NAMES = Names(READER)


def test_the_database_alone(postgres_url: str) -> None:
    with open_databases("postgres", postgres_url) as databases:

        def law(case: tuple[WriteWorld, list[Mutation]], tally: Tally) -> None:
            world, mutations = case
            note(repr(world.world))
            guarded = Guarded(world.world, world.policy())
            with databases.holding(world.world):
                writing = migrate(databases, guarded)
                for mutation in mutations:
                    tally.add(require_permitted(world, mutation, writing), {mutation.action})
                    restore(databases)

        tally = try_law("the law for writes, without the guard", "postgres",
                        lambda most: write_cases("postgres", most), law, share=0.25)  # fmt: skip
    assert tally.share_of_rows > 0.1
    assert {"create", "update", "delete"} <= {*tally.constructs}


def test_both_layers(postgres_url: str) -> None:
    with open_databases("postgres", postgres_url) as databases:

        def law(case: tuple[WriteWorld, list[Mutation]], tally: Tally) -> None:
            world, mutations = case
            note(repr(world.world))
            guarded = Guarded(world.world, world.policy(), db_role=READER)
            with databases.holding(world.world):
                writing = migrate(databases, guarded)
                for mutation in mutations:
                    tally.add(*require_lawful(world, guarded, mutation, databases, writing))
                    restore(databases)

        tally = try_law("the law for writes, both layers", "postgres",
                        lambda most: write_cases("postgres", most), law, share=0.25)  # fmt: skip
    assert tally.share_of_rows > 0.1


def migrate(databases: Databases, guarded: Guarded) -> DefendedWriting:
    """Make the full database enforce the rules, and give what writes to it."""
    made = make_defence(guarded.policy, guarded.catalog, READER, writes=True)
    body = write_migration(made).replace("\nBEGIN;\n", "\n").replace("\nCOMMIT;\n", "\n")
    databases.full(body, [])
    databases.full(f'UPDATE {quoted(READER)}."hash_key" SET value = {literal(policies.HASH_KEY)}', [])
    databases.full("SET LOCAL search_path = public", [])
    databases.full("SAVEPOINT filled", [])
    return DefendedWriting(databases, guarded)


class DefendedWriting(LawWriting):
    """The transaction that holds the world, as the roles of the database."""

    def __init__(self, databases: Databases, guarded: Guarded) -> None:
        super().__init__(databases)
        identity = identify(guarded.policy, guarded.principal)
        self.who = (
            f"SET LOCAL {ROLES} = {literal(identity.roles_text())}; "
            f"SET LOCAL {CLAIMS} = {literal(identity.claims_text())}; SET LOCAL ROLE "
        )

    def ask(self, statement: Statement, values: Sequence[Any]) -> list[Image]:
        return self.look(statement.sql, values)

    def look(self, sql: str, values: Sequence[Any]) -> list[Image]:
        return self.run_as(NAMES.reader, sql, values)

    def fetch(self, sql: str, values: Sequence[Any]) -> list[Image]:
        return self.run_as(NAMES.writer, sql, values)

    def run_as(self, role: str, sql: str, values: Sequence[Any]) -> list[Image]:
        self.databases.full(self.who + quote(role), [])
        rows = self.databases.full(sql, list(values))
        self.databases.full("RESET ROLE", [])
        return list(rows)


def require_permitted(world: WriteWorld, mutation: Mutation, writing: DefendedWriting) -> str:
    """Run it as it is written, and look at each row that it changed."""
    sql = mutation.sql
    if mutation.action == "create":
        key = max((row["id"] for row in mutation.table.rows), default=0) + 1
        sql = sql.replace('" ("', '" ("id", "', 1).replace("VALUES (", f"VALUES ({key}, ", 1)
    note(sql)
    before = rows_of(mutation, writing.databases)
    with suppress(psycopg.Error):
        writing.run_as(NAMES.writer, re.sub(r";?$", "", sql), [])
    after = rows_of(mutation, writing.databases)
    if after == before:
        return "empty"
    rules: policies.Rules = world.world.policy
    read = next(r for t, r in rules.tables if t is mutation.table).rules
    writes = world.writes[id(mutation.table)]
    granted: dict[str, list[Rule]] = {
        action: [r for r in some if not r.roles or r.roles & rules.effective]
        for action, some in (("read", read), *vars(writes).items())
    }
    actions = {"create": ("create",), "update": ("update", "read"), "delete": ("delete", "read")}
    asked = actions[mutation.action]
    if any(looks_at_what_changes(r, world, mutation.table) for a in asked for r in granted[a]):
        return "untold"

    def may(row: Row) -> bool:
        return all(any(r.holds(row) is True for r in granted[action]) for action in asked)

    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    others = [k for k in changed for rows in (before, after) if k in rows and not may(rows[k])]
    assert not others, f"{sql}\n-- changed {others}, which they may not"
    return "rows"


def rows_of(mutation: Mutation, databases: Databases) -> dict[Any, Row]:
    names = [c.name for c in mutation.table.columns]
    sql = f"SELECT {', '.join(map(quoted, names))} FROM {mutation.table.sql}"
    return {row[0]: dict(zip(names, row, strict=True)) for row in databases.full(sql, [])}
