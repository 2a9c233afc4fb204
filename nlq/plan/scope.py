"""What is in scope at one place of a query: sources, their columns and aliases; and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlglot import exp

from nlq.catalog import Column, Relation, RelationName
from nlq.errors import PlanError

_T = TypeVar("_T")
Output = list[tuple[str, Column | None]]
"""Columns of a query in order: the name, and the column of a relation that it passes on unchanged."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One name that cannot be bound. `node` is its place in the tree, `sources` what was in scope there."""

    error: PlanError
    node: exp.Expr
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Something in FROM: its alias, and its columns by folded name. `relation` for base tables.

    `exact` has the columns of a query by exact name: two may differ in case alone.
    """

    alias: str
    columns: dict[str, tuple[str, Column | None]]
    relation: Relation | None = None
    exact: dict[str, tuple[str, Column | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Binding:
    """What was read, and what could not be bound."""

    reads: dict[RelationName, dict[str, Column]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Merged:
    """A column that USING or NATURAL made one: what it is called, whose it was, by which joins."""

    name: str
    sources: list[Source]
    sides: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Scope:
    """One SELECT. `aliases` are those that its writer gave, `names` those that we added."""

    ctes: tuple[Source, ...]
    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Merged] = field(default_factory=dict)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    names: dict[str, exp.Expr] = field(default_factory=dict)
    sees_aliases: bool = False
    alias_first: bool = False


def named_like(name: str, things: Iterable[_T], called: Callable[[_T], str]) -> _T | None:
    """The last of `things` that is called exactly so, else the last that is but for case."""
    folded = name.casefold()
    found = [t for t in things if called(t).casefold() == folded]
    exact = [t for t in found if called(t) == name]
    return exact[-1] if exact else found[-1] if found else None


def same_type(one: Column | None, other: Column | None) -> bool:
    """True where both are columns of the catalog, of one type."""
    return one is not None and other is not None and one.type == other.type


def column_of(source: Source, name: str) -> exp.Column:
    """The column of that name of a source, qualified."""
    return exp.column(
        exp.to_identifier(name, quoted=True),
        table=exp.to_identifier(source.alias, quoted=True) if source.alias else None,
    )


def spellings(source: Source, *, outermost: bool) -> list[str]:
    """The columns that `*` shows: those given only in groups, and those only shown in the end, left out."""
    if source.relation is not None:
        return [c.name for c in source.relation.columns if not c.group and (c.filterable or outermost)]
    return list(source.exact)


def in_reach(scope: Scope | None) -> Iterator[Source]:
    """The sources that an expression may name: the nearest first."""
    while scope is not None:
        yield from scope.sources
        scope = scope.outer
