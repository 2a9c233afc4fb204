"""The law with the guard switched off, and with both layers: Postgres enforces the policy as well.

The migration of `nlq.defence` runs in the transaction that holds the world. Alone, the database is asked
the caller's own text, as the role of requests; it must equal the reference, where what its views cannot
leave out is NULL. Beside the guard, it must equal the reference of the guard.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import note

from nlq.defence import identify, make_defence, write_migration
from nlq.defence.identity import CLAIMS, ROLES
from tests.property import policies
from tests.property.databases import Databases, open_databases
from tests.property.profile import Tally, try_law
from tests.property.queries import Query
from tests.property.strategies import cases
from tests.property.test_guard_law import Guarded, require_equal
from tests.property.worlds import SCHEMAS, World, literal, quoted

READER = f"law{os.getpid()}"


def test_the_database_alone(postgres_url: str) -> None:
    with open_databases("postgres", postgres_url) as databases:

        def law(case: tuple[World, list[Query]], tally: Tally) -> None:
            world, queries = case
            note(repr(world))
            with databases.holding(world), as_reader(databases, Guarded(world)) as ask:
                for query in queries:
                    tally.add(require_same(query, databases, ask), query.used)

        tally = try_law(
            "the law on Postgres, without the guard", "postgres",
            lambda most: cases("postgres", most, shown=policies.Rules.shown), law, share=0.25,
        )  # fmt: skip
    assert tally.share_of_rows > 0.4


def test_both_layers(postgres_url: str) -> None:
    with open_databases("postgres", postgres_url) as databases:

        def law(case: tuple[World, list[Query]], tally: Tally) -> None:
            world, queries = case
            note(repr(world))
            guarded = Guarded(world, db_role=READER)
            with databases.holding(world), as_reader(databases, guarded) as ask:
                for query in queries:
                    tally.add(require_equal(guarded, query, databases, ask), query.used)

        tally = try_law(
            "the law on Postgres, both layers", "postgres",
            lambda most: cases("postgres", most), law, share=0.25,
        )  # fmt: skip
    assert tally.share_of_rows > 0.4


Ask = Callable[[str, list[Any]], list[tuple[Any, ...]]]


@contextmanager
def as_reader(databases: Databases, guarded: Guarded) -> Iterator[Ask]:
    """Migrates the full database, and gives what asks it as the role of requests."""
    identity = identify(guarded.policy, guarded.principal)
    migration = write_migration(make_defence(guarded.policy, guarded.catalog, READER))
    body = migration.replace("\nBEGIN;\n", "\n").replace("\nCOMMIT;\n", "\n")
    begin = (
        f"SET LOCAL {ROLES} = {literal(identity.roles_text())}; "
        f"SET LOCAL {CLAIMS} = {literal(identity.claims_text())}; "
        f"SET LOCAL search_path = {quoted(READER + '_public')}, pg_catalog; SET LOCAL ROLE {quoted(READER)}"
    )

    def migrate() -> None:
        databases.full(body, [])
        databases.full(f'UPDATE {quoted(READER)}."hash_key" SET value = {literal(policies.HASH_KEY)}', [])
        databases.full("SET LOCAL search_path = public", [])
        databases.full("SAVEPOINT filled", [])

    def ask(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        databases.full(begin, [])
        rows = databases.full(sql, values)
        databases.full("RESET ROLE", [])
        return rows

    migrate()
    yield ask


def require_same(query: Query, databases: Databases, ask: Ask) -> str:
    """Compare the database's own answer to the caller's text with that of the reference."""
    wanted, reason = databases.ask(databases.part, query.sql, [])
    asked = query.sql
    for schema in ("public", *SCHEMAS):
        asked = asked.replace(f"{quoted(schema)}.", f"{quoted(f'{READER}_{schema}')}.")
    rows, failure = databases.ask(ask, asked, [])
    if rows != wanted:
        note(f"{query.sql}\n-- wanted: {wanted or reason}\n-- got: {failure if rows is None else rows}")
    assert (rows is None) == (wanted is None), f"{reason}\n{failure}"
    assert rows == wanted
    return "failed" if rows is None else "rows" if rows else "empty"
