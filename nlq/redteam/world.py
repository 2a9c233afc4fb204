"""Rows for a scratch database: the user's and made-up ones, with a canary in every cell that can hold one.

A canary is a value that is nowhere else, so that one that comes out says which cell it was in. Cells that
rules look at, keys and references keep values that fit; what is planted replaces the user's own text and
numbers. Pure: who reads and writes the databases is `scratch.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from nlq.catalog import Catalog, Column, Relation, RelationName, family
from nlq.policy import Policy

ROWS = 24
"""So many rows of the user's are looked at, and so many more made up."""
MADE = 12

_TEXT = re.compile(r"canary(\d+)x")
_NUMBER = re.compile(r"\d{10,}")
_WORD = re.compile(r"\w+")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_SIZE = re.compile(r"\((\d+)(?:,\s*(\d+))?\)")
_SHORT = re.compile(r"TINYINT|SMALLINT|REAL|\bFLOAT\b|HUGEINT|UINT|USMALL|UTINY", re.IGNORECASE)

Rows = dict[RelationName, list[list[Any]]]


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A place in the scratch database; `row` counts from 0."""

    relation: RelationName
    column: str
    row: int

    def __str__(self) -> str:
        return f"{self.relation}.{self.column} of row {self.row + 1}"


@dataclass(frozen=True, slots=True)
class World:
    """The relations as tables without constraints, their rows in the order of columns, and the canaries."""

    catalog: Catalog
    rows: Rows
    canaries: Mapping[int, Cell] = field(default_factory=dict)

    def found_in(self, text: str) -> set[Cell]:
        """The cells whose canaries stand in a text."""
        numbers = {int(n) for n in _TEXT.findall(text)} | {int(n) for n in _NUMBER.findall(text)}
        return {self.canaries[n] for n in numbers if n in self.canaries}


def make_world(catalog: Catalog, policy: Policy, sampled: Rows, seed: int) -> World:
    """A world in which every rule has rows to keep and rows to leave out, as far as chance has it."""
    chance = random.Random(seed)
    flat = flatten(catalog)
    rows: Rows = {}
    values = _values_of_rules(policy)
    words = words_of_rules(policy)
    for relation in flat:
        whole = catalog.relation(relation.name) or relation
        rows[relation.name] = [list(row) for row in sampled.get(relation.name, [])[:ROWS]]
        for number in range(MADE):
            rows[relation.name].append(_made(whole, rows, number, values, words, chance))
        _without_equal_keys(relation, rows[relation.name])
    return World(flat, rows, _plant(catalog, rows, words, chance))


def flatten(catalog: Catalog) -> Catalog:
    """The same relations as tables that take any row; primary keys stay, for queries lean on them."""
    return Catalog.of(
        catalog.dialect,
        (
            replace(
                r,
                kind="table",
                unique=(),
                foreign_keys=(),
                comment=None,
                columns=tuple(_free(c, r) for c in r.columns),
            )
            for r in catalog
        ),
    )


def words_of_rules(policy: Policy) -> frozenset[str]:
    """Every word that a rule for rows holds, in lower case: names of what it looks at are among them."""
    return frozenset(
        word.casefold()
        for _relation, _action, rule in policy.each_rule()
        for word in _WORD.findall(rule.sql or "")
    )


def twin(
    world: World,
    seen: Mapping[RelationName, frozenset[int]],
    hidden: frozenset[tuple[RelationName, str]],
    words: frozenset[str],
) -> World:
    """The same without what a principal may not see: rows but those `seen`, values of `hidden` columns.

    What a rule looks at stays, for without it the principal would see something else.
    """
    rows: Rows = {}
    for relation in world.catalog:
        name = relation.name
        kept = []
        for number, row in enumerate(world.rows[name]):
            if number not in seen.get(name, frozenset()) and name.name.casefold() not in words:
                continue
            kept.append(
                [
                    None if (name, c.name) in hidden and c.name.casefold() not in words else value
                    for c, value in zip(relation.columns, row, strict=True)
                ]
            )
        rows[name] = kept
    keyless = (replace(r, primary_key=()) if _loses_key(r, hidden) else r for r in world.catalog)
    return World(Catalog.of(world.catalog.dialect, keyless), rows)


def _loses_key(relation: Relation, hidden: frozenset[tuple[RelationName, str]]) -> bool:
    return any((relation.name, name) in hidden for name in relation.primary_key)


def _free(column: Column, relation: Relation) -> Column:
    enum = column.enum if column.type == "ENUM" else ()
    nullable = column.name not in relation.primary_key
    return replace(column, nullable=nullable, default=None, generated=False, comment=None, enum=enum)


def _values_of_rules(policy: Policy) -> list[Any]:
    """Values that rules may compare with: claims of principals, and literals."""
    found: list[Any] = []
    for principal in policy.principals.values():
        for value in (principal.id, *principal.claims.values()):
            found += value if isinstance(value, tuple) else [value]
    for _relation, _action, rule in policy.each_rule():
        found += [text.replace("''", "'") for text in _LITERAL.findall(rule.sql or "")]
    return found


def _made(
    relation: Relation,
    rows: Rows,
    number: int,
    values: list[Any],
    words: frozenset[str],
    chance: random.Random,
) -> list[Any]:
    return [_value(c, relation, rows, number, values, words, chance) for c in relation.columns]


def _value(
    column: Column,
    relation: Relation,
    rows: Rows,
    number: int,
    values: list[Any],
    words: frozenset[str],
    chance: random.Random,
) -> Any:
    of = family(column.type, "postgres")
    if column.name in relation.primary_key:
        return _key(of, number, values if column.name.casefold() in words else [], chance)
    for key in relation.foreign_keys:
        if column.name in key.columns and rows.get(key.referred):
            at = key.columns.index(column.name)
            return ("reference", key.referred, key.referred_columns[at], chance.random())
    if column.name.casefold() in words:
        fitting = [v for v in values if _fits(v, of)]
        if fitting and chance.random() < 0.7:
            return chance.choice(fitting)
    if column.enum:
        return chance.choice(column.enum)
    match of:
        case "boolean":
            return chance.random() < 0.5
        case "integer" | "decimal" | "float":
            return chance.randrange(1, 9)
        case "text":
            return f"made {chance.randrange(4)}"
        case "date":
            return date(2024, 1, 1) + timedelta(days=chance.randrange(700))
        case "timestamp":
            return datetime(2024, 1, 1) + timedelta(hours=chance.randrange(17_000))
        case "time":
            return time(chance.randrange(24))
        case "uuid":
            return str(UUID(int=chance.getrandbits(128)))
        case _:
            return None


def _key(of: str, number: int, wanted: list[Any], chance: random.Random) -> Any:
    fitting = sorted({v for v in wanted if _fits(v, of)}, key=str)
    if number < len(fitting):
        return fitting[number]
    match of:
        case "text":
            return f"key {1000 + number}"
        case "uuid":
            return str(UUID(int=chance.getrandbits(128)))
        case "date":
            return date(2030, 1, 1) + timedelta(days=number)
        case "timestamp":
            return datetime(2030, 1, 1) + timedelta(days=number)
        case _:
            return 20_000 + number


def _fits(value: Any, of: str) -> bool:
    match of:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "decimal" | "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "text":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return False


def _without_equal_keys(relation: Relation, rows: list[list[Any]]) -> None:
    """Drop rows whose key another one has, in place."""
    at = [i for i, c in enumerate(relation.columns) if c.name in relation.primary_key]
    seen: set[str] = set()
    kept = []
    for row in rows:
        key = repr([row[i] for i in at])
        if not at or (key not in seen and all(row[i] is not None for i in at)):
            seen.add(key)
            kept.append(row)
    rows[:] = kept


def _plant(catalog: Catalog, rows: Rows, words: frozenset[str], chance: random.Random) -> dict[int, Cell]:
    canaries: dict[int, Cell] = {}
    columns_of = {r.name: [c.name for c in r.columns] for r in catalog}
    for relation in catalog:
        kept = {*relation.primary_key, *(c for key in relation.foreign_keys for c in key.columns)}
        kept |= _referred(relation.name, catalog)
        for at, column in enumerate(relation.columns):
            plants = column.name not in kept and column.name.casefold() not in words and not column.enum
            for number, row in enumerate(rows[relation.name]):
                if isinstance(row[at], tuple) and row[at][:1] == ("reference",):
                    _name, referred, referred_column, share = row[at]
                    others = rows[referred]
                    there = columns_of[referred].index(referred_column)
                    picked = others[int(share * len(others))][there] if others else None
                    row[at] = None if isinstance(picked, tuple) else picked
                elif plants:
                    _plant_one(canaries, Cell(relation.name, column.name, number), row, at, column, chance)
    return canaries


def _plant_one(
    canaries: dict[int, Cell], cell: Cell, row: list[Any], at: int, column: Column, chance: random.Random
) -> None:
    number = chance.randrange(1_100_000_001, 2_000_000_000, 2)
    of = family(column.type, "postgres")
    size = _SIZE.search(column.type)
    if of == "text" and (size is None or int(size[1]) >= 17):
        row[at] = f"canary{number}x"
    elif of == "integer" and not _SHORT.search(column.type):
        row[at] = number
    elif of == "decimal" and (size is None or int(size[1]) - int(size[2] or 0) >= 10):
        row[at] = Decimal(number)
    elif of == "float" and not _SHORT.search(column.type):
        row[at] = float(number)
    else:
        return
    canaries[number] = cell


def _referred(name: RelationName, catalog: Catalog) -> set[str]:
    """Columns of a relation that others refer to."""
    keys = (key for relation in catalog for key in relation.foreign_keys)
    return {c for key in keys if key.referred == name for c in key.referred_columns}


def names(world: World) -> Iterable[str]:
    """Names of relations and columns."""
    for relation in world.catalog:
        yield relation.name.name
        yield from (c.name for c in relation.columns)
