"""The columns that a change sets and looks at, and the values that they get or are held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Column, ForeignKey, Relation
from nlq.compiler.doubt.instruction import Instruction
from nlq.compiler.words import words
from nlq.plan.bind_steps import Bound
from nlq.plan.dml import leaves
from nlq.plan.meta import COLUMN

_COMPARING = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like, exp.ILike, exp.Is,
)  # fmt: skip
_TRUTHS = (exp.Where, exp.And, exp.Or, exp.Not, exp.Paren)

_SMALL_WORDS = frozenset("id at on is has no of by the to in for a an and or was be key ref fk pk".split())
"""Words of names that say nothing."""


@dataclass(frozen=True, slots=True)
class Use:
    """A column that a change sets or looks at, and the values that it gets or is held against."""

    relation: Relation
    column: Column
    values: tuple[exp.Expr, ...]
    sets: bool
    creates: bool = False

    @property
    def key(self) -> ForeignKey | None:
        """The foreign key that the column is."""
        keys = (k for k in self.relation.foreign_keys if k.columns == (self.column.name,))
        return next(keys, None)

    @property
    def names_rows(self) -> bool:
        """Whether its values name rows, here or elsewhere."""
        return self.key is not None or self.column.name in self.relation.primary_key

    @property
    def nouns(self) -> tuple[str, ...]:
        """What a row is called that its values name: `user` and `author` of `author_id`."""
        if self.key is None:
            return words(self.relation.name.name)[-1:]
        return (*self.own, *words(self.key.referred.name)[-1:])

    @property
    def own(self) -> tuple[str, ...]:
        """What its name says beyond the relation that it refers to: `author` of `author_id`."""
        other = words(self.key.referred.name) if self.key is not None else ()
        return tuple(w for w in told(self.column.name) if w not in other)


@dataclass(frozen=True, slots=True)
class Said:
    """An instruction beside the catalog that it is about.

    `values` are those of placeholders, as text; with `reckoned`, numbers become others on the way.
    """

    instruction: Instruction
    catalog: Catalog
    values: Mapping[str, str]
    named: frozenset[str]
    reckoned: bool = False

    def text_of(self, node: exp.Expr) -> str | None:
        """The value as it was said, or would have been; None of what is no plain value."""
        if isinstance(node, exp.Placeholder):
            return self.values.get(node.name)
        return node.name if isinstance(node, exp.Literal) else None


def uses_of(bound: Bound, catalog: Catalog) -> Iterator[Use]:
    """What the step sets, and what it and its condition look at."""
    step = bound.step
    for leaf in leaves(step.query):
        for value, column in zip(leaf.expressions, bound.columns, strict=False):
            bare = value.unalias()
            plain = [n for n in inner(bare) if isinstance(n, exp.Literal | exp.Placeholder)]
            given = (bare,) if isinstance(bare, exp.Column | exp.Query) else tuple(plain) or (bare,)
            yield Use(bound.relation, column, given, True, step.action == "create")
            if step.action == "update":
                read = (column_of(n, catalog) for n in inner(bare) if isinstance(n, exp.Column))
                yield from (Use(*found, (), False) for found in read if found and found[1] != column)
    for tree in trees(bound):
        for node in tree.walk():
            yield from _compared(node, catalog)


def _compared(node: exp.Expr, catalog: Catalog) -> Iterator[Use]:
    if isinstance(node, exp.Column) and isinstance(node.parent, _TRUTHS):
        if (found := column_of(node, catalog)) is not None:
            yield Use(*found, (), False)
    elif isinstance(node, _COMPARING):
        within = [n for n in inner(node) if n is not node]
        columns = [n for n in within if isinstance(n, exp.Column)]
        if (
            isinstance(node, exp.EQ)
            and isinstance(node.left, exp.Column)
            and isinstance(node.right, exp.Column)
        ):
            return  # how relations hang together
        values = tuple(n for n in within if isinstance(n, exp.Literal | exp.Placeholder | exp.Boolean))
        for column in columns:
            if (found := column_of(column, catalog)) is not None:
                if isinstance(node, exp.In) and node.args.get("query") and is_key(*found):
                    continue
                yield Use(*found, values, False)


def inner(node: exp.Expr) -> list[exp.Expr]:
    """The nodes of an expression, without those of queries in it."""
    return list(node.walk(prune=lambda n: isinstance(n, exp.Query)))


def column_of(node: exp.Column, catalog: Catalog) -> tuple[Relation, Column] | None:
    """The relation and column that a node is bound to, if it is of a relation."""
    bound = node.meta.get(COLUMN)
    relation = catalog.relation(bound.relation) if bound is not None and bound.relation else None
    return (relation, bound.column) if bound is not None and relation is not None else None


def is_key(relation: Relation, column: Column) -> bool:
    """Whether the values of the column name rows."""
    return Use(relation, column, (), False).names_rows


def told(name: str) -> tuple[str, ...]:
    """The words of a name that say something."""
    return tuple(w for w in words(name) if w not in _SMALL_WORDS)


def trees(bound: Bound) -> tuple[exp.Expr, ...]:
    """The queries of a step: its own, and that of its condition."""
    when = bound.step.when
    return (bound.step.query,) if when is None else (when.query, bound.step.query)
