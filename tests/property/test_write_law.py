"""The law for writes: a guarded mutation changes exactly the rows that the principal may change.

What it should change is worked out in Python. Which rows its condition finds, and what it gives them, is
asked of the database that holds only what the principal may see; which of those may be changed, and what
they may become, is what Python says of the rules. Then every row of every table is compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import note
from hypothesis import strategies as st

from nlq.catalog import Dialect
from nlq.engine.change import make_change
from nlq.engine.writing import Image, Query, Terms, Writing
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.guard.change import guard_change
from nlq.guard.lists import bind_claims
from nlq.guard.mask import HASH_KEY
from nlq.guard.rows import Field, Target
from nlq.plan import Plan
from nlq.plan.bind_steps import bind_steps
from nlq.plan.dml import read_steps
from nlq.plan.inputs import input_schema
from nlq.plan.mutation import assigned, check_mutation
from nlq.policy import Policy
from nlq.policy import Rule as PolicyRule
from tests.property import policies
from tests.property.databases import Databases, bag, open_databases
from tests.property.policies import Rule, RulesMaker
from tests.property.profile import Tally, try_law
from tests.property.queries import QueryMaker, Src
from tests.property.strategies import QUERY, WORLD, choices
from tests.property.test_guard_law import Guarded
from tests.property.worlds import (
    Col,
    Pick,
    Row,
    Table,
    World,
    default_schema,
    make_tables,
    quoted,
)

CONVERTED = {"int": "INTEGER", "date": "DATE", "dec": "DECIMAL(8, 2)", "text": "TEXT"}


@dataclass
class Writes:
    """What the principal may do to the rows of a table, beside reading them."""

    create: list[Rule]
    update: list[Rule]
    delete: list[Rule]


@dataclass
class WriteWorld:
    world: World
    writes: dict[int, Writes]

    def policy(self) -> Policy:
        rules: policies.Rules = self.world.policy
        policy = rules.policy()
        relations = {}
        for (name, read), (table, _) in zip(policy.relations.items(), rules.tables, strict=True):
            own = self.writes[id(table)]
            relations[name] = replace(
                read,
                **{
                    action: tuple(PolicyRule(r.roles, r.sql) for r in getattr(own, action))
                    for action in ("create", "update", "delete")
                },
            )
        return replace(policy, relations=relations)


@dataclass
class Mutation:
    """SQL, and the query that says what it is about: keys and values of rows, or values of new ones."""

    table: Table
    action: str
    sql: str
    columns: list[Col]
    query: str


def make_write_world(dialect: Dialect, pick: Pick) -> WriteWorld:
    tables = make_tables(dialect, pick)
    maker = RulesMaker(dialect, pick, tables, whole=35)
    rules = maker.make()
    writes = {}
    for table in tables:
        made = []
        for _ in range(3):
            some = [maker.rule(table, pick.below(2)) for _ in range(1 + pick.below(2))]
            made.append(
                [Rule(None, lambda _: True)] if pick.chance(30) else some if pick.chance(95) else []
            )
        writes[id(table)] = Writes(*made)
    return WriteWorld(World(dialect, tables, rules, rules.seen()), writes)


class MutationMaker(QueryMaker):
    """A mutation of a table that the principal sees."""

    def mutation(self) -> Mutation | None:
        pick = self.pick
        seen = [s for s in self.world.seen if any(c.name == "id" and c.kind == "int" for c in s.columns)]
        tables = [
            (s, t) for s in seen for t in self.world.tables if (s.schema, s.name) == (t.schema, t.name)
        ]
        rules: policies.Rules = self.world.policy
        masked = [
            t for t, r in rules.tables if "id" in r.columns and not r.columns["id"].exempt & rules.effective
        ]
        # A row whose key is masked cannot be named, and is not changed.
        tables = [(s, t) for s, t in tables if t.view is None and t not in masked]
        if not tables:
            return None
        part, table = pick.one(tables)
        name = f"{quoted(default_schema(self.dialect, table))}.{quoted(table.name)}"
        raw = {c.name: c for c in table.columns}
        others = [c for c in part.columns if c.name != "id"]
        source = Src("t0", tuple(part.columns))
        self.qualified = True
        if others and pick.chance(22):
            columns = [raw[c.name] for c in others]
            values = ", ".join(self.cast(pick.constant(c), c.kind) for c in columns)
            names = ", ".join(quoted(c.name) for c in columns)
            return Mutation(table, "create", f"INSERT INTO {name} ({names}) VALUES ({values})", columns,
                            f"SELECT {values}")  # fmt: skip
        where = self.predicate((source,), 2 if pick.chance(40) else 1, (), ())
        if not others or pick.chance(35):
            query = f'SELECT t0."id" FROM {name} AS t0 WHERE {where}'
            return Mutation(table, "delete", f"DELETE FROM {name} AS t0 WHERE {where}", [], query)
        columns = [raw[c.name] for c in dict.fromkeys(pick.some(others, 2))]
        values = [self.expression(c.kind, (source,), 1, ()) for c in columns]
        sets = ", ".join(f"{quoted(c.name)} = {v}" for c, v in zip(columns, values, strict=True))
        shown = ", ".join(f"CAST({v} AS {CONVERTED[c.kind]})" for c, v in zip(columns, values, strict=True))
        query = f'SELECT t0."id", {shown} FROM {name} AS t0 WHERE {where}'
        return Mutation(table, "update", f"UPDATE {name} AS t0 SET {sets} WHERE {where}", columns, query)


def write_cases(dialect: Dialect, most: int) -> st.SearchStrategy[tuple[WriteWorld, list[Mutation]]]:
    def make(drawn: tuple[bytes, list[bytes]]) -> tuple[WriteWorld, list[Mutation]]:
        world = make_write_world(dialect, Pick(drawn[0]))
        made = [MutationMaker(world.world, Pick(b)).mutation() for b in drawn[1]]
        return world, [m for m in made if m is not None]

    return st.tuples(choices(WORLD), st.lists(choices(QUERY), min_size=most, max_size=most)).map(make)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_the_law_for_writes(dialect: Dialect, postgres_url: str) -> None:
    with open_databases(dialect, postgres_url) as databases:

        def law(case: tuple[WriteWorld, list[Mutation]], tally: Tally) -> None:
            world, mutations = case
            note(repr(world.world))
            guarded = Guarded(world.world, world.policy())
            with databases.holding(world.world):
                for mutation in mutations:
                    tally.add(*require_lawful(world, guarded, mutation, databases))
                    restore(databases)

        tally = try_law(
            f"the law for writes on {dialect}",
            dialect,
            lambda most: write_cases(dialect, most),
            law,
            share=0.6,
        )
    # A law that is only tried on refusals, or on nothing, says nothing.
    assert tally.share_of_rows > 0.2
    assert {"create", "update", "delete", "some may not", "denied"} <= {*tally.constructs, *tally.outcomes}


def restore(databases: Databases) -> None:
    """Everything as it was before the mutation."""
    if databases.savepoints:
        databases.full("ROLLBACK TO SAVEPOINT filled", [])
    else:
        databases.undo()
        databases.refill()


def require_lawful(
    world: WriteWorld,
    guarded: Guarded,
    mutation: Mutation,
    databases: Databases,
    writing: Writing | None = None,
) -> tuple[str, set[str]]:
    note(mutation.sql)
    used = {mutation.action}
    found, _ = databases.ask(databases.part, mutation.query, [])
    before = all_rows(world, databases)
    outcome = make(guarded, mutation, databases, writing or LawWriting(databases))
    expected = None if found is None else wanted(world, mutation, list(found.elements()), used)
    after = all_rows(world, databases) if outcome == "made" else before
    if expected is None:
        # Somebody may not, or it cannot be done: then it is refused, whatever the reason.
        assert outcome != "made" or after == before, mutation.sql
        return ("denied" if found is not None else "failed"), used
    if isinstance(expected, str):
        return "untold", used
    if outcome != "made":
        # What fails for a reason of its own changes nothing: reserved words, types that do not convert.
        assert outcome.startswith(("plan.", "engine.", "policy.unsupported")), (
            f"{mutation.sql}\n-- {outcome}"
        )
        return "refused", used
    assert after == {**before, **expected}, f"{mutation.sql}\n-- wanted {expected}\n-- got {after}"
    return ("rows" if after != before else "empty"), used


def wanted(
    world: WriteWorld, mutation: Mutation, found: list[tuple[Any, ...]], used: set[str]
) -> dict[str, Any] | str | None:
    """The rows of the table afterwards; None where the rules forbid it, text where Python cannot tell."""
    rules: policies.Rules = world.world.policy
    table, writes = mutation.table, world.writes[id(mutation.table)]
    read = next(r for t, r in rules.tables if t is table)
    granted: dict[str, list[Rule]] = {
        action: [r for r in some if not r.roles or r.roles & rules.effective]
        for action, some in (("read", read.rules), *vars(writes).items())
    }
    acting = granted[mutation.action]
    if not acting:
        return None
    checked = {"create": ("create",), "update": ("update", "read"), "delete": ()}[mutation.action]
    if any(looks_at_what_changes(r, world, table) for action in checked for r in granted[action]):
        return "a rule looks at rows that change"

    def may(action: str, row: Row) -> bool:
        return any(r.holds(row) is True for r in granted[action])

    rows = [dict(r) for r in table.rows]
    touched: list[Row] = []
    if mutation.action == "create":
        new: Row = dict.fromkeys(c.name for c in table.columns)
        new |= zip((c.name for c in mutation.columns), found[0], strict=True)
        new["id"] = max((r["id"] for r in rows), default=0) + 1
        touched.append(new)
        rows.append(new)
    else:
        by_key = {r["id"]: r for r in rows}
        allowed = [f for f in found if may(mutation.action, by_key[f[0]])]
        if len(allowed) < len(found):
            used.add("some may not")
        if mutation.action == "delete":
            gone = {f[0] for f in allowed}
            rows = [r for r in rows if r["id"] not in gone]
        for key, *values in allowed if mutation.action == "update" else ():
            by_key[key] |= zip((c.name for c in mutation.columns), values, strict=True)
            touched.append(by_key[key])
    if any(not may(action, row) for action in checked for row in touched):
        return None
    return {table.sql: bag([tuple(r[c.name] for c in table.columns) for r in rows])}


def looks_at_what_changes(rule: Rule, world: WriteWorld, table: Table) -> bool:
    """Python's rules look at the rows as they were."""
    names = [table.sql, *(t.sql for t in world.world.tables if t.view is not None)]
    return any(re.search(rf"(FROM|JOIN) {re.escape(name)}( |$)", rule.sql or "") for name in names)


def all_rows(world: WriteWorld, databases: Databases) -> dict[str, Any]:
    tables = [t for t in world.world.tables if t.view is None]
    return {
        t.sql: bag(
            databases.full(f"SELECT {', '.join(quoted(c.name) for c in t.columns)} FROM {t.sql}", [])
        )
        for t in tables
    }


def make(guarded: Guarded, mutation: Mutation, databases: Databases, writing: Writing) -> str:
    """`made`, or the code of the error."""
    try:
        checked = check_mutation(mutation.sql, guarded.visible).checked
        steps, _ = bind_steps(read_steps(checked.sql, guarded.world.dialect), guarded.visible)
        inputs = input_schema((), assigned(steps), guarded.visible)
        plan = Plan("mutation", "law", guarded.world.dialect, "", checked.sql, (), (), checked.depends,
                    checked.explanation, inputs=inputs)  # fmt: skip
        change = guard_change(plan, guarded.policy, guarded.principal, guarded.catalog, guarded.visible,
                              db_role=guarded.db_role)  # fmt: skip
        arguments = {**bind_claims(change.arguments, guarded.principal), HASH_KEY: policies.HASH_KEY}
        make_change(writing, change, arguments, Terms(100, 0, datetime(2026, 1, 1)))
    except NlqError as error:
        # Layers that mean different rows would be refused like this.
        return "mismatch" if "another number of rows" in error.message else error.code
    except psycopg.errors.InsufficientPrivilege:
        restore(databases)
        return "policy.denied"
    except databases.error:
        restore(databases)
        return "engine.failed"
    return "made"


class LawWriting:
    """The transaction that holds the world."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases

    def ask(self, statement: Statement, values: Sequence[Any]) -> list[Image]:
        return self.fetch(statement.sql, values)

    def look(self, sql: str, values: Sequence[Any]) -> list[Image]:
        return self.fetch(sql, values)

    def fetch(self, sql: str, values: Sequence[Any]) -> list[Image]:
        return list(self.databases.full(sql, list(values)))

    def several(self, queries: Sequence[Query]) -> list[list[Image]]:
        return [
            [(str(self.execute(query.sql, query.values)),)]
            if query.sql.startswith("UPDATE")
            else (self.look if query.seen else self.fetch)(query.sql, query.values)
            for query in queries
        ]

    def put(self, sql: str, values: Sequence[Any]) -> None:
        self.fetch(sql, values)

    def ask_what_cascades(self, target: Target) -> None:
        """Worlds have no foreign keys."""

    def execute(self, sql: str, values: Sequence[Any]) -> int:
        if self.databases.savepoints:  # Postgres
            return len(self.fetch(f"{sql} RETURNING 1", values))
        return int(self.fetch(sql, values)[0][0] or 0)

    def require_alone(
        self,
        target: Target,
        keys: Sequence[Image],
        written: tuple[Field, ...] | None,
        cascades: Sequence[Image],
    ) -> None:
        """Worlds have no foreign keys."""
