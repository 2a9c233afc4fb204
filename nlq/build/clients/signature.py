"""What a client knows of a query: what it takes and what it gives, in types of no language."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nlq.build.parameter import QueryParameter
from nlq.build.source import Cardinality
from nlq.catalog import Catalog, Dialect, Family, family
from nlq.plan import Plan
from nlq.plan.bind import bind
from nlq.plan.divide import divide
from nlq.plan.nested import LIST, Path
from nlq.plan.result import facts_of_result
from nlq.plan.syntax import parse
from nlq.plan.value import Value

EXACT_DIGITS = 15
"""Digits of a decimal that JSON carries as a number: `nlq.answer.encode`."""

_SMALL = re.compile(r"U?(?:TINY|SMALL)?INT(?:EGER)?")
_DIGITS = re.compile(r"\((\d+)")

Kind = Literal[
    "integer", "bigint", "decimal", "bigdecimal", "float", "text", "boolean", "date", "timestamp", "time",
    "uuid", "bytes", "interval", "scalar", "json",
]  # fmt: skip
"""`big…` is what JSON carries as text where it is too long for a number; a `scalar` is no list."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """The type of a value. With `depth`, lists of lists of it, so deep."""

    kind: Kind
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these fields, or a list of such objects."""

    fields: tuple[Field, ...]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the result, or of an object in it."""

    name: str
    type: ValueType | Record
    nullable: bool


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of the query. What is not `required` may be left out."""

    name: str
    type: ValueType
    default: Value
    optional: bool

    @property
    def required(self) -> bool:
        """Whether a caller has to give it."""
        return self.default is None and not self.optional


@dataclass(frozen=True, slots=True)
class Signature:
    """A query as its callers see it. `arguments` are in the order of the question, required ones first."""

    name: str
    cardinality: Cardinality
    question: str
    notes: tuple[str, ...]
    arguments: tuple[Argument, ...]
    fields: tuple[Field, ...]


def signature_of(
    name: str,
    cardinality: Cardinality,
    question: str,
    notes: tuple[str, ...],
    declared: Iterable[QueryParameter],
    readings: Sequence[tuple[Plan, Catalog]],
    paths: tuple[Path, ...] = (),
) -> Signature:
    """The signature of a query. `readings` are its plan for each role, and what that role sees.

    `paths` say how its result is nested.

    It is true for all of them: what may be NULL for one may be NULL, and what is a number for one and the
    text of a mask for another is either.
    """
    base, _ = readings[0]
    known = {p.name: p.family for p in base.parameters}
    arguments = [
        Argument(p.name, _argument_type(p.family or known.get(p.name, "other")), p.default, p.optional)
        for p in declared
    ]
    every = [_fields(plan, catalog, paths) for plan, catalog in readings if plan.kind == "query"]
    fields = [functools.reduce(_either, same) for same in zip(*every, strict=True)]
    if paths:
        fields = _nest(fields, paths, _absent(*readings[0], paths))
    ordered = sorted(arguments, key=lambda a: not a.required)
    return Signature(name, cardinality, question, notes, tuple(ordered), tuple(fields))


def _absent(plan: Plan, seen: Catalog, paths: tuple[Path, ...]) -> frozenset[Path]:
    tree = parse(plan.sql, plan.dialect)
    bind(tree, seen)
    return divide(tree, paths).absent


def _nest(
    fields: Iterable[Field], paths: Iterable[Path], absent: frozenset[Path], within: Path = ()
) -> list[Field]:
    """The fields of the object at `within`, by their names there; an object is where its first one was."""
    here: dict[str, list[tuple[Field, Path]]] = {}
    for field, path in zip(fields, paths, strict=True):
        here.setdefault(path[len(within)], []).append((field, path))
    found = []
    for part, inside in here.items():
        field, path = inside[0]
        if len(path) == len(within) + 1:
            found.append(replace(field, name=part))
            continue
        place = (*within, part)
        inner = _nest([f for f, _ in inside], [p for _, p in inside], absent, place)
        record = Record(tuple(inner), part.endswith(LIST))
        found.append(Field(part.removesuffix(LIST), record, place in absent))
    return found


def _fields(plan: Plan, seen: Catalog, paths: tuple[Path, ...]) -> list[Field]:
    return [
        Field(
            column.name,
            ValueType("integer") if fact.counts else value_type(fact.family or column.type, plan.dialect),
            not fact.never_null,
        )
        for column, fact in zip(plan.columns, facts_of_result(plan, seen, paths), strict=True)
    ]


def _either(one: Field, other: Field) -> Field:
    return Field(
        one.name,
        one.type if one.type == other.type else ValueType("json"),
        one.nullable or other.nullable,
    )


def value_type(written: str, dialect: Dialect) -> ValueType:
    """The type of a column or the family of a parameter, as clients have it.

    >>> value_type("BIGINT", "duckdb"), value_type("TEXT[]", "postgres"), value_type("date", "sqlite")
    (ValueType(kind='bigint', depth=0), ValueType(kind='text', depth=1), ValueType(kind='date', depth=0))
    """
    depth = 0
    while written.endswith("[]"):
        written, depth = written[:-2], depth + 1
    if written.endswith("]") or written == "UNKNOWN":
        return ValueType("json")
    match family(written, dialect):
        case "integer":
            # SQLite has one integer, of 64 bits, whatever it is called.
            small = dialect != "sqlite" and _SMALL.fullmatch(written)
            return ValueType("integer" if small else "bigint", depth)
        case "decimal":
            if dialect == "sqlite":
                return ValueType("float", depth)  # it has no other numbers with a point
            digits = _DIGITS.search(written)
            fits = digits is not None and int(digits[1]) <= EXACT_DIGITS
            return ValueType("decimal" if fits else "bigdecimal", depth)
        case "array" | "other" | "json":
            return ValueType("json", depth)
        case "enum" | "text":
            return ValueType("text", depth)
        case found:
            return ValueType(found, depth)


def _argument_type(of: Family) -> ValueType:
    match of:
        case "enum":
            return ValueType("text")
        case "integer" | "decimal" | "float" | "text" | "boolean" | "date" | "timestamp" | "time" | "uuid":
            return ValueType(of)
        case _:
            return ValueType("scalar")
