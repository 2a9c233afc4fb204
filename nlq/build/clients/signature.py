"""What a client knows of a query: what it takes and what it gives, in types of no language."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nlq.build.parameter import QueryParameter
from nlq.build.source import Cardinality
from nlq.catalog import Catalog, Dialect, Family, family
from nlq.plan import Plan
from nlq.plan.result import facts_of_result
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
class Field:
    """A column of the result."""

    name: str
    type: ValueType
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
) -> Signature:
    """The signature of a query. `readings` are its plan for each role, and what that role sees.

    It is true for all of them: what may be NULL for one may be NULL, and what is a number for one and the
    text of a mask for another is either.
    """
    base, _ = readings[0]
    known = {p.name: p.family for p in base.parameters}
    arguments = [
        Argument(p.name, _argument_type(p.family or known.get(p.name, "other")), p.default, p.optional)
        for p in declared
    ]
    every = [_fields(plan, catalog) for plan, catalog in readings]
    fields = [functools.reduce(_either, same) for same in zip(*every, strict=True)]
    ordered = sorted(arguments, key=lambda a: not a.required)
    return Signature(name, cardinality, question, notes, tuple(ordered), tuple(fields))


def _fields(plan: Plan, seen: Catalog) -> list[Field]:
    return [
        Field(
            column.name,
            ValueType("integer") if fact.counts else value_type(fact.family or column.type, plan.dialect),
            not fact.never_null,
        )
        for column, fact in zip(plan.columns, facts_of_result(plan, seen), strict=True)
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
