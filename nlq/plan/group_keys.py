"""Grouping by a key of a relation: what else that makes the same within each group."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.plan.scope import Scope

_GROUPINGS = ("rollup", "cube", "grouping_sets", "all")


def group_by_keys(node: exp.Select, scope: Scope) -> None:
    """A group of one key of a relation has one value of its other columns: group by these too.

    Postgres knows that of a table (manual, 7.2.3), but not of a query that stands in for one; SQLite
    needs no grouping.
    """
    group = node.args.get("group")
    if group is None or any(map(group.args.get, _GROUPINGS)):
        return
    keys = [_grouped(item, node) for item in group.expressions]
    grouped = {(k.table, k.name) for k in keys if isinstance(k, exp.Column)}
    for source in scope.sources:
        key = source.relation.primary_key if source.relation is not None else ()
        if not key or not {(source.alias, name) for name in key} <= grouped:
            continue
        for column in _outside_aggregates(node):
            if column.table == source.alias and (column.table, column.name) not in grouped:
                grouped.add((column.table, column.name))
                group.append("expressions", column.copy())


def _grouped(item: exp.Expr, node: exp.Select) -> exp.Expr:
    """What an item of GROUP BY stands for: a number and a name of the output stand for that."""
    if isinstance(item, exp.Literal) and not item.is_string and item.name.isdigit():
        at = int(item.name) - 1
        return node.expressions[at].unalias() if 0 <= at < len(node.expressions) else item
    if isinstance(item, exp.Column) and not item.table:
        named = [i for i in node.expressions if isinstance(i, exp.Alias) and i.alias == item.name]
        return named[0].unalias() if named else item
    return item


def _outside_aggregates(node: exp.Select) -> Iterator[exp.Column]:
    parts = [*node.expressions, node.args.get("having"), node.args.get("order"), node.args.get("qualify")]
    for part in parts:
        for column in part.find_all(exp.Column) if part is not None else ():
            inside, at = False, column.parent
            while at is not None and at is not node:
                inside = isinstance(at, exp.AggFunc) or (inside and not isinstance(at, exp.Select))
                at = at.parent
            if not inside:
                yield column
