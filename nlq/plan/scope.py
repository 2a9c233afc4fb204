"""What is in scope at one place of a query: sources, their columns and aliases; and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from sqlglot import exp

from nlq.catalog import Column, Dialect, Relation, RelationName
from nlq.errors import PlanError

_T = TypeVar("_T")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.Glob, exp.In, exp.Between)


class OutputColumn(NamedTuple):
    """A column of a query: its name, the column of a relation that it passes on, what its writer called it.

    `given` is another than `name` where two columns had one name, and empty where it had none.
    """

    name: str
    column: Column | None
    given: str


Output = list[OutputColumn]


@dataclass(frozen=True, slots=True)
class Finding:
    """One name that cannot be bound. `node` is its place in the tree, `sources` what was in scope there."""

    error: PlanError
    node: exp.Expr
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Something in FROM: its alias, and its columns by folded name. `relation` for base tables.

    `exact` has the columns of a query by exact name: two may differ in case alone. `twice` are the names
    that its writer gave to several columns, `ours` the folded ones that we gave instead.
    """

    alias: str
    columns: dict[str, tuple[str, Column | None]]
    relation: Relation | None = None
    exact: dict[str, tuple[str, Column | None]] = field(default_factory=dict)
    twice: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()


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
    """One SELECT. `aliases` are those that its writer gave, `names` those that we added.

    `items` says at which of the `sources` each item of FROM begins, `merged_first` in which order
    Postgres shows what its joins have merged, `right_joined` which source a RIGHT or FULL join has last.
    """

    ctes: tuple[Source, ...]
    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    items: list[int] = field(default_factory=lambda: [0])
    merged: dict[str, Merged] = field(default_factory=dict)
    merged_first: list[str] = field(default_factory=list)
    right_joined: int = -1
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


def is_quoted_text(node: exp.Column) -> bool:
    """True for a bare name in double quotes that something is compared with: `status = "paid"`."""
    parent = node.parent
    if parent is None or not isinstance(parent, _COMPARISONS) or parent.this is node:
        return False
    return bool(node.this.args.get("quoted")) and not node.table


def is_comma(join: exp.Join) -> bool:
    """True where a comma begins another item of FROM; in SQLite it is a join like others."""
    return not any(value for key, value in join.args.items() if key != "this")


def shared_names(before: list[Source], joined: Source, scope: Scope, dialect: Dialect) -> list[str]:
    """What NATURAL merges: the folded names that both sides have, in the order of the left one."""
    names = dict.fromkeys(n for s in before for n in s.columns if n in joined.columns)
    if dialect == "postgres":  # where names that differ in case are two
        spelled = {s.columns[n][0] for s in before for n in names if n in s.columns}
        names = {n: None for n in names if joined.columns[n][0] in spelled}
    first = {name: place for place, name in enumerate(scope.merged_first)}
    return sorted(names, key=lambda n: first.get(n, len(first)))


def is_unclear(source: Source, name: str, dialect: Dialect) -> bool:
    """True where a join may not take a column of a query by that name: nobody gave it, or it is two."""
    return name in source.ours or (dialect == "postgres" and source.columns[name][0] in source.twice)


def in_reach(scope: Scope | None) -> Iterator[Source]:
    """The sources that an expression may name: the nearest first."""
    while scope is not None:
        yield from scope.sources
        scope = scope.outer
