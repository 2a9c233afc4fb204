"""Who can see this row? Rows made up for a rule, and what a real engine says that each caller sees of them.

The engine is DuckDB in memory (SQLite for rules of SQLite); nothing of the user's database is read.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlglot import exp

from nlq.catalog import Catalog, Column, Family, Relation, RelationName, family
from nlq.guard.predicate import ALIAS, parse_predicate
from nlq.plan.meta import COLUMN
from nlq.policy import ClaimType
from nlq.policy.english import Grant, Words

MOST = 8
"""Rows that are shown, at most: one for each way in which callers can differ."""

TRIED = 240
"""Combinations of values that are tried to find them."""

_ROW = "__row"
_CLAIM = "me."
_GROUPS = (1, 1, 2, 2)
"""Which team, account and so on the first four people are of."""

_TYPES: Mapping[Family, str] = {
    "integer": "BIGINT", "decimal": "DECIMAL(18, 4)", "float": "DOUBLE", "boolean": "BOOLEAN",
    "date": "DATE", "timestamp": "TIMESTAMP", "uuid": "UUID",
}  # fmt: skip

Row = dict[str, Any]
Run = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks, as the examples have them. `number` 0 is nobody known."""

    number: int
    role: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """`sees[reading][row][caller]`: who sees which of the `rows`, under each reading of a rule."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    callers: tuple[str, ...]
    sees: tuple[tuple[tuple[bool, ...], ...], ...]


def make_examples(
    readings: Sequence[tuple[Grant, ...]],
    relation: Relation,
    catalog: Catalog,
    known: Words,
    claims: Mapping[str, ClaimType],
) -> Examples:
    """Rows that tell the readings and the callers apart, few and each for a reason.

    Raises `plan.*` where a predicate cannot be bound.
    """
    made = _Maker(readings, relation, catalog, known, claims)
    rows = made.rows()
    seen = made.evaluate(rows)
    kinds: dict[tuple[tuple[bool, ...], ...], int] = {}
    for n in range(len(rows)):
        kinds.setdefault(tuple(reading[n] for reading in seen), n)
    # Where readings differ, those rows are what the reviewer has to see.
    order = sorted(kinds.items(), key=lambda k: (len(set(k[0])) == 1, k[1]))
    chosen = sorted(n for _, n in order[:MOST])
    return Examples(
        columns=tuple(made.shown),
        rows=tuple(tuple(rows[n][c] for c in made.shown) for n in chosen),
        callers=tuple(made.describe(c) for c in made.callers),
        sees=tuple(tuple(reading[n] for n in chosen) for reading in seen),
    )


class _Maker:
    def __init__(
        self,
        readings: Sequence[tuple[Grant, ...]],
        relation: Relation,
        catalog: Catalog,
        known: Words,
        claims: Mapping[str, ClaimType],
    ) -> None:
        self.readings = readings
        self.relation = relation
        self.catalog = catalog
        self.people = catalog.relation(known.principals) if known.principals else None
        self.lists = {name for name, claim in claims.items() if claim.is_list}
        self.trees = {
            g.sql: parse_predicate(g.sql, relation, catalog, claims)
            for grants in readings
            for g in grants
            if g.sql is not None
        }
        self.callers = self._callers()
        self.reads = self._reads()
        self.literals = self._literals()
        self.claims = self._claim_families()
        names = self.reads.get(relation.name, {})
        keys = [c.name for c in relation.columns if c.name in relation.primary_key]
        self.shown = [*keys, *(c.name for c in relation.columns if c.name in names and c.name not in keys)]
        self.shown = self.shown or [relation.columns[0].name]

    def _callers(self) -> tuple[Caller, ...]:
        """Three people without a role; each role as somebody the rows know, and as a stranger."""
        grants = [g for reading in self.readings for g in reading]
        roles = sorted({role for g in grants for role in g.roles})
        asking = {r for g in grants for r in g.roles if g.sql and self.trees[g.sql].find(exp.Placeholder)}
        known = [Caller(1, role) for role in roles if role in asking]
        return (Caller(1), Caller(2), Caller(3), *known, *(Caller(4, r) for r in roles), Caller(0))

    # what the predicates speak of

    def _reads(self) -> dict[RelationName, dict[str, Column]]:
        reads: dict[RelationName, dict[str, Column]] = {}
        for tree in self.trees.values():
            for node in tree.find_all(exp.Column):
                bound = node.meta.get(COLUMN)
                if bound is not None and bound.relation is not None:
                    reads.setdefault(bound.relation, {})[bound.column.name] = bound.column
        return reads

    def _literals(self) -> dict[str, list[str]]:
        """The literals that a column is compared with, by its name."""
        found: dict[str, list[str]] = {}
        for tree in self.trees.values():
            for node in tree.find_all(exp.Binary):
                sides = (node.left, node.right)
                for one, other in (sides, sides[::-1]):
                    if isinstance(one, exp.Column) and isinstance(other, exp.Literal):
                        found.setdefault(one.name, []).append(other.name)
        return found

    def _claim_families(self) -> dict[str, Family]:
        found: dict[str, Family] = {}
        for tree in self.trees.values():
            for node in tree.find_all(exp.Placeholder):
                comparison = node.find_ancestor(exp.Binary)
                column = comparison.find(exp.Column) if comparison is not None else None
                bound = column.meta.get(COLUMN) if column is not None else None
                if bound is not None:
                    found[node.name] = family(bound.column.type, self.catalog.dialect)
        return found

    # rows

    def rows(self) -> list[Row]:
        """Rows of the rule's relation: every combination of the values that matter, or many of them."""
        columns = [c for c in self.relation.columns if c.name in self.shown]
        keys = set(self.relation.primary_key) if len(self.relation.primary_key) == 1 else set()
        free = [c for c in columns if c.name not in keys]
        combinations = list(itertools.product(*(self._domain(c) for c in free)))
        step = max(1, -(-len(combinations) // TRIED))
        rows = []
        for n, values in enumerate(combinations[::step] if step > 1 else combinations, start=1):
            row: Row = dict(zip((c.name for c in free), values, strict=True))
            for column in columns:
                if column.name in keys:
                    row[column.name] = self._value(column, n)
            rows.append(row)
        while len(rows) < 4 and keys:  # a relation of people has to have those who ask
            row = {**rows[-1], **{c.name: self._value(c, len(rows) + 1) for c in columns if c.name in keys}}
            rows.append(row)
        return rows

    def _domain(self, column: Column) -> list[Any]:
        nothing = [None] if column.nullable else []
        kind = family(column.type, self.catalog.dialect)
        said = list(dict.fromkeys(self.literals.get(column.name, [])))
        if column.enum:
            known = [v for v in said if v in column.enum]
            return [*known, *[v for v in column.enum if v not in known][:2], *nothing]
        if self._refers_to_people(self.relation, column):
            # Somebody is not their own manager.
            among = self.people is not None and self.relation.name == self.people.name
            return [self._value(column, n) for n in ((2, 3, 1) if among else (1, 2, 3))] + nothing
        if kind == "boolean":
            return [True, False, *nothing]
        if kind in ("date", "timestamp"):
            return [_days_ago(1, kind), _days_ago(7000, kind), *nothing]
        if kind in ("integer", "decimal", "float") and said:
            numbers = sorted({Decimal(v) + n for v in said for n in (-1, 0, 1)})
            return [int(n) if kind == "integer" else n for n in numbers] + nothing
        if kind in ("text", "enum") and said:
            return [*said, "another", *nothing]
        return [self._value(column, 1), self._value(column, 2), *nothing]

    def _refers_to_people(self, relation: Relation, column: Column) -> bool:
        if self.people is None:
            return column.name.endswith("_by") or self._is_me(column)
        declared = any(
            k.columns == (column.name,) and k.referred == self.people.name for k in relation.foreign_keys
        )
        return declared or self._is_me(column)

    def _is_me(self, column: Column) -> bool:
        for tree in self.trees.values():
            for node in tree.find_all(exp.EQ):
                sides = {type(side) for side in (node.left, node.right)}
                names = {side.name for side in (node.left, node.right)}
                if sides == {exp.Column, exp.Placeholder} and names == {column.name, f"{_CLAIM}id"}:
                    return True
        return False

    def others(self) -> dict[RelationName, list[Row]]:
        """Rows of the other relations that the predicates look into."""
        found: dict[RelationName, list[Row]] = {}
        for name, columns in self.reads.items():
            relation = self.catalog.relation(name)
            if relation is not None and name != self.relation.name:
                found[name] = [self._other(relation, columns.values(), n) for n in range(4)]
        return found

    def _other(self, relation: Relation, columns: Iterable[Column], n: int) -> Row:
        key = relation.primary_key if len(relation.primary_key) == 1 else ()
        needed = {c.name: c for c in (*columns, *(c for c in relation.columns if c.name in key))}
        row: Row = {}
        for column in needed.values():
            kind = family(column.type, self.catalog.dialect)
            if column.name in key:
                row[column.name] = self._value(column, n + 1)
            elif self._refers_to_people(relation, column):
                # Of people, each refers to the next, such as their manager; elsewhere, each has one row.
                own = n + 2 if self.people is not None and relation.name == self.people.name else n + 1
                row[column.name] = self._value(column, own) if own <= 4 else None
            elif column.enum or kind in ("boolean", "date", "timestamp") or column.name in self.literals:
                domain = self._domain(column)
                row[column.name] = domain[n % len(domain)]
            else:
                row[column.name] = self._value(column, _GROUPS[n])
        return row

    def _value(self, column: Column, n: int) -> Any:
        return _typed(family(column.type, self.catalog.dialect), n)

    # callers

    def claim(self, caller: Caller, name: str) -> Any:
        """The value of a claim; none for nobody known."""
        if caller.number == 0:
            return None
        n = caller.number if name == f"{_CLAIM}id" else _GROUPS[caller.number - 1]
        value = _typed(self.claims.get(name, "integer"), n)
        return [value] if name.removeprefix(_CLAIM) in self.lists else value

    def describe(self, caller: Caller) -> str:
        """The caller as the head of a column."""
        if caller.number == 0:
            return "anonymous"
        names = sorted(self.claims.keys() - {f"{_CLAIM}id"})
        parts = [f"id {_shown(self.claim(caller, f'{_CLAIM}id'))}"]
        parts += [f"{n.removeprefix(_CLAIM)} {_shown(self.claim(caller, n))}" for n in names]
        parts += [part for name in self.reads for part in self._of_person(name, caller.number)]
        return ", ".join([*parts, *([f"role {caller.role}"] if caller.role else [])])

    def _of_person(self, name: RelationName, number: int) -> Iterable[str]:
        """What the made-up rows say of a person: `team_id 1`, `team_members.team_id 2`."""
        relation = self.catalog.relation(name)
        if relation is None or self.people is None or name == self.relation.name:
            return
        if name == self.people.name:
            person = self._other(relation, self.reads[name].values(), number - 1)
            yield from (f"{c} {_shown(v)}" for c, v in person.items() if c not in relation.primary_key)
            return
        referring = [c for c in self.reads[name].values() if self._refers_to_people(relation, c)]
        for row in self.others()[name]:
            if any(row[c.name] == self._value(c, number) for c in referring):
                names = [c for c in row if c not in {r.name for r in referring}]
                yield from (f"{name.name}.{c} {_shown(row[c])}" for c in names)

    # the engine

    def evaluate(self, rows: list[Row]) -> list[list[tuple[bool, ...]]]:
        """For each reading and row, which callers see it."""
        with closing(_connect(self.catalog.dialect)) as connection:
            for name, made in {**self.others(), self.relation.name: rows}.items():
                self._fill(connection, name, made)

            def run(sql: str) -> list[int]:
                return [r[0] for r in connection.execute(sql).fetchall()]

            found = []
            for grants in self.readings:
                sets = [self._seen_by(caller, grants, run, len(rows)) for caller in self.callers]
                found.append([tuple(n in seen for seen in sets) for n in range(len(rows))])
            return found

    def _seen_by(self, caller: Caller, grants: tuple[Grant, ...], run: Run, count: int) -> set[int]:
        seen: set[int] = set()
        for grant in grants:
            if grant.roles and caller.role not in grant.roles:
                continue
            if grant.sql is None:
                return set(range(count))
            where = self._bound(self.trees[grant.sql], caller)
            if where is not None:
                source = f'{_quoted(self.relation.name)} AS "{ALIAS}"'
                seen |= set(run(f'SELECT "{_ROW}" FROM {source} WHERE {where}'))  # noqa: S608  # checked
        return seen

    def _bound(self, tree: exp.Expr, caller: Caller) -> str | None:
        """The predicate with the caller's values in it; None where a list is missing, which denies."""
        tree = tree.copy()
        holder = exp.Paren(this=tree)
        for node in list(holder.find_all(exp.Placeholder)):
            value = self.claim(caller, node.name)
            if value is None and node.name.removeprefix(_CLAIM) in self.lists:
                return None
            node.replace(_literal(value))
        return holder.sql(dialect="sqlite" if self.catalog.dialect == "sqlite" else "duckdb")

    def _fill(self, connection: Any, name: RelationName, rows: list[Row]) -> None:
        relation = self.catalog.relation(name)
        if relation is None or not rows:
            return
        of = {c.name: c for c in relation.columns}
        types = [_TYPES.get(family(of[c].type, self.catalog.dialect), "VARCHAR") for c in rows[0]]
        columns = ", ".join(f"{_name(c)} {t}" for c, t in zip(rows[0], types, strict=True))
        if self.catalog.dialect != "sqlite":
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_name(name.schema)}")
        connection.execute(f'CREATE TABLE {_quoted(name)} ("{_ROW}" INTEGER, {columns})')
        marks = ", ".join("?" for _ in range(len(rows[0]) + 1))
        values = [[n, *row.values()] for n, row in enumerate(rows)]
        connection.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", values)  # noqa: S608  # quoted


def _connect(dialect: str) -> Any:
    if dialect == "sqlite":
        return sqlite3.connect(":memory:")
    import duckdb

    return duckdb.connect(":memory:", config={"enable_external_access": "false", "threads": 1})


def _typed(kind: Family, n: int) -> Any:
    match kind:
        case "integer" | "decimal" | "float":
            return n
        case "uuid":
            return f"00000000-0000-0000-0000-{n:012d}"
        case "boolean":
            return n % 2 == 1
        case "date" | "timestamp":
            return _days_ago(n, kind)
        case _:
            return str(n)


def _days_ago(days: int, kind: str) -> date:
    day = date.today() - timedelta(days=days)  # as the engine's CURRENT_DATE, which the rules count from
    return day if kind == "date" else datetime(day.year, day.month, day.day)


def _literal(value: Any) -> exp.Expr:
    match value:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case list():
            return exp.Array(expressions=[_literal(v) for v in value])
        case int():
            return exp.Literal.number(value)
        case _:
            return exp.Literal.string(str(value))


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _quoted(name: RelationName) -> str:
    return f"{_name(name.schema)}.{_name(name.name)}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
