"""The steps of a mutation, bound to the catalog that the principal may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.errors import PlanError
from nlq.plan.allow import require_allowed
from nlq.plan.bind import require_bound
from nlq.plan.compare import find_mismatches
from nlq.plan.dml import NEW, Step, leaves
from nlq.plan.meta import RELATION


@dataclass(frozen=True, slots=True)
class Bound:
    """A step whose names are those of the catalog; `key` are the columns that tell its rows apart."""

    step: Step
    relation: Relation
    key: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it writes, in order."""
        found = (self.relation.column(name) for name in self.step.columns)
        return tuple(c for c in found if c is not None)


def bind_steps(
    steps: tuple[Step, ...], catalog: Catalog
) -> tuple[tuple[Bound, ...], dict[RelationName, dict[str, Column]]]:
    """The steps bound, in place, and all columns that they read or write.

    Raises `plan.*`.
    """
    reads: dict[RelationName, dict[str, Column]] = {}
    bound = tuple(_bind_step(step, catalog, reads) for step in steps)
    for number, one in enumerate(bound):
        for node in placeholders_of(one.step):
            if node.name.startswith(NEW):
                _made_before(node.name, bound[:number])
    return bound, reads


def placeholders_of(step: Step) -> Iterator[exp.Placeholder]:
    """What the step has to be given, in order: first in its condition, then in its query."""
    for tree in [*([step.when.query] if step.when else []), step.query]:
        yield from tree.find_all(exp.Placeholder)


def _bind_step(step: Step, catalog: Catalog, reads: dict[RelationName, dict[str, Column]]) -> Bound:
    relation, target = _find_target(step, catalog)
    for tree in [step.query, *([step.when.query] if step.when else [])]:
        require_allowed(tree, catalog.dialect)
        for name, read in require_bound(tree, catalog).reads.items():
            reads.setdefault(name, {}).update(read)
        for finding in find_mismatches(tree, catalog):
            raise finding
    key = key_of(relation)
    if step.action != "create":
        _require_rows_of_one(step, relation, key)
    columns = [_column(name, relation) for name in step.columns]
    kept = reads.setdefault(relation.name, {})
    kept.update({c.name: c for c in columns})
    kept.update({c.name: c for name in key if (c := relation.column(name)) is not None})
    step = replace(step, target=target, columns=tuple(c.name for c in columns))
    for leaf in leaves(step.query):
        if len(leaf.expressions) != len(columns) and step.action != "delete":
            raise PlanError("plan.syntax", f"`{relation.name.name}` is not given one value for each column")
    return Bound(step, relation, key)


def key_of(relation: Relation) -> tuple[str, ...]:
    """Columns by which rows can be told apart: the primary key, or a unique key that is never null."""
    for key in relation.keys:
        columns = [relation.column(name) for name in key]
        if key == relation.primary_key or all(c is not None and not c.nullable for c in columns):
            return key
    return ()


def _find_target(step: Step, catalog: Catalog) -> tuple[Relation, exp.Table]:
    probe = exp.Select(expressions=[exp.Literal.number(1)]).from_(step.target.copy(), copy=False)
    require_allowed(probe, catalog.dialect)
    require_bound(probe, catalog)
    table: exp.Table = probe.args["from_"].this
    relation = catalog.relation(table.meta[RELATION])
    assert relation is not None
    if relation.kind != "table":
        raise PlanError(
            "plan.unsupported", f"`{relation.name.name}` is a view", "change the relations behind it"
        )
    bare = exp.Table(this=table.this.copy(), db=table.args["db"].copy())
    return relation, bare


def _require_rows_of_one(step: Step, relation: Relation, key: tuple[str, ...]) -> None:
    if not key:
        raise PlanError(
            "plan.unsupported",
            f"`{relation.name.name}` has no key by which you could tell its rows apart",
            "declare a primary key; you have to be able to see it",
        )
    for value in step.query.expressions:
        for node in value.walk(prune=lambda n: isinstance(n, exp.Query)):
            if isinstance(node, exp.AggFunc | exp.Window):
                raise PlanError(
                    "plan.unsupported", "SET aggregates", "write it as `(SELECT sum(…) FROM …)`"
                )


def _column(name: str, relation: Relation) -> Column:
    column = relation.column(name)
    if column is None:
        names = ", ".join(f"`{c.name}`" for c in relation.columns)
        raise PlanError(
            "plan.unknown_column", f"unknown column `{name}` in `{relation.name.name}`", f"it has {names}"
        )
    if column.group or not column.filterable:
        raise PlanError("plan.unsupported", f"`{column.name}` may be read in part only, and not written")
    return column


def _made_before(name: str, earlier: Iterable[Bound]) -> None:
    """Refuse the key of a row that no earlier step has made."""
    _, relation, column = name.split(".")
    for bound in earlier:
        if bound.step.action == "create" and bound.relation.name.name == relation and column in bound.key:
            return
    raise PlanError(
        "plan.parameter",
        f"`:{name}` is not the key of a row that an earlier step inserts",
        "insert the row first; `:new.posts.id` is then the key of the row of `posts`",
    )


def written_relations(steps: Collection[Bound]) -> tuple[RelationName, ...]:
    """The relations that the steps change, each once, in order."""
    return tuple(dict.fromkeys(b.relation.name for b in steps))
