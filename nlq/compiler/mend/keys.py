"""Keys that a draft adds up, or counts once for each row of something else: mended without the model.

A key says which row is meant, and how many of them there are, but is no amount.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import Rule, base_tables
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, BoundColumn


def mend_keys(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    rules: tuple[Rule, ...] = (
        _count_what_is_added,
        _count_apart,
    )
    return tuple(
        change
        for rule in rules
        for select in list(tree.find_all(exp.Select))
        for change in rule(select, catalog, question)
    )


def _count_what_is_added(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`sum(papers.id)`: how many papers there are."""
    for total in list(select.find_all(exp.Sum)):
        bound = total.this.meta.get(COLUMN) if isinstance(total.this, exp.Column) else None
        if total.parent_select is not select or bound is None or not _is_key(bound, catalog):
            continue
        # What is said to be added up may be an amount that happens to tell rows apart.
        if _is_id(bound.column.name) or not set(words(bound.column.name)) <= set(words(question)):
            total.replace(exp.Count(this=total.this.copy()))
            yield f"counted `{bound.column.name}`, which is a key, instead of adding it up"


def _is_key(bound: BoundColumn, catalog: Catalog) -> bool:
    """Whether the column says which row is meant, of its own relation or of another."""
    relation = catalog.relation(bound.relation) if bound.relation is not None else None
    if relation is None:
        return False
    name = bound.column.name
    if relation.primary_key == (name,):
        return True
    return any(
        link.keys == (name,) and link.pairs[0][0] == name and (link.declared or _is_id(name))
        for link in Graph.of(catalog).links.get(relation.name, ())
    )


def _is_id(name: str) -> bool:
    return name.casefold().endswith("id")


def _count_apart(select: exp.Select, catalog: Catalog, _question: str) -> Iterator[str]:
    """`count(a.id) / count(b.id)` of joined rows is always 1: how many there are of each is meant."""
    tables = {t.alias_or_name: t for t in base_tables(select)}
    counts = [
        count
        for item in select.expressions
        for count in item.find_all(exp.Count)
        if isinstance(count.this, exp.Column) and count.parent_select is select
    ]
    keys = dict.fromkeys(
        (count.this.table, count.this.name)
        for count in counts
        if count.this.table in tables and _is_primary(count.this, catalog)
    )
    if len({alias for alias, _ in keys}) < 2:
        return
    for count in list(select.find_all(exp.Count)):
        one = count.this
        if isinstance(one, exp.Column) and (one.table, one.name) in keys:
            count.set("this", exp.Distinct(expressions=[one.copy()]))
    told = " and ".join(f"`{tables[alias].name}`" for alias, _ in keys)
    yield f"counted each of {told} once, however many rows of the others belong to it"


def _is_primary(column: exp.Column, catalog: Catalog) -> bool:
    bound: BoundColumn | None = column.meta.get(COLUMN)
    relation = (
        catalog.relation(bound.relation) if bound is not None and bound.relation is not None else None
    )
    return relation is not None and relation.primary_key == (column.name,)
