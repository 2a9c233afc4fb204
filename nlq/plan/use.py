"""How columns may be used that the policy lets be shown, or added up, and nothing else.

Both kinds are marked on the visible catalog (`Column.filterable`, `Column.group`), so that a draft
that misuses one goes back to the model like any other.

What may only be shown stands in the SELECT list of the outermost query, by itself: every other place
would answer questions about values. What is given in groups stands by itself in an aggregate that
mixes values. A row must not count twice there, or it could be weighed until it shows; so its relation
may be joined only to rows of which there is one, by their keys. `nlq.guard.aggregate` adds the least
number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Column
from nlq.errors import PlanError
from nlq.plan.meta import COLUMN, RELATION

MIXING = (
    exp.Sum,
    exp.Avg,
    exp.Count,
    exp.Stddev,
    exp.StddevPop,
    exp.StddevSamp,
    exp.Variance,
    exp.VariancePop,
)
"""Aggregates whose result is no single value of a group."""


def find_misuses(tree: exp.Expr, catalog: Catalog) -> Iterator[tuple[PlanError, exp.Expr]]:
    """Each use of a column of a bound tree that its rule does not allow, with its place."""
    for node in tree.find_all(exp.Column):
        column = restricted(node)
        if column is None:
            continue
        if column.group:
            if (problem := _aggregate_problem(node, column, catalog)) is not None:
                yield problem, node
        elif not _is_only_shown(node, tree):
            yield only_shown(column), node


def only_shown(column: Column) -> PlanError:
    """The finding that a column was used to choose, sort or compute."""
    return PlanError(
        "plan.not_filterable",
        f"`{column.name}` may only be shown",
        "name it in the SELECT list of the outermost query, and nowhere else",
    )


def misused(column: Column) -> PlanError:
    """The finding that a column was named where its rule never lets it be."""
    return _only_aggregated(column) if column.group else only_shown(column)


def restricted(node: exp.Expr) -> Column | None:
    """The column, if `node` is one whose use is restricted."""
    bound = node.meta.get(COLUMN) if isinstance(node, exp.Column) else None
    column: Column | None = bound[1] if bound else None
    return column if column is not None and (column.group or not column.filterable) else None


def mixing_aggregate(node: exp.Column) -> exp.Expr | None:
    """The aggregate of which the column is the bare argument, with its FILTER if it has one."""
    aggregate = node.parent
    if not isinstance(aggregate, MIXING) or aggregate.this is not node or aggregate.expressions:
        return None
    return aggregate.parent if isinstance(aggregate.parent, exp.Filter) else aggregate


def _aggregate_problem(node: exp.Column, column: Column, catalog: Catalog) -> PlanError | None:
    aggregate = mixing_aggregate(node)
    if aggregate is None or isinstance(aggregate.parent, exp.Window | exp.WithinGroup):
        return _only_aggregated(column)
    select = aggregate.find_ancestor(exp.Select)
    if select is None or _own_table(node, select) is None:
        return _only_aggregated(column)
    group = select.args.get("group")
    if group is not None and group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        return PlanError(
            "plan.only_aggregated",
            f"`{column.name}` is given for one grouping at a time",
            "leave out ROLLUP, CUBE and GROUPING SETS",
        )
    if not _counts_once(node.table, select, catalog):
        return PlanError(
            "plan.only_aggregated",
            f"a row may not count twice in what is computed from `{column.name}`",
            "join its relation only to the keys of others",
        )
    return None


def _only_aggregated(column: Column) -> PlanError:
    return PlanError(
        "plan.only_aggregated",
        f"`{column.name}` is given only for {column.group} rows or more together",
        f"use it by itself in sum, avg or count, as in avg({column.name})",
    )


def _own_table(node: exp.Column, select: exp.Select) -> exp.Table | None:
    """The base table in the FROM of this SELECT that the column belongs to."""
    for source in _sources(select):
        if isinstance(source, exp.Table) and source.alias_or_name == node.table and RELATION in source.meta:
            return source
    return None


def _counts_once(table: str, select: exp.Select, catalog: Catalog) -> bool:
    """True where each row of `table` is joined to at most one row of every other source."""
    reached = {table}
    others = {s.alias_or_name: s for s in _sources(select) if s.alias_or_name != table}
    if len(others) + 1 != len(list(_sources(select))):
        return False
    for join in select.args.get("joins") or ():
        if join.args.get("using") or (join.method or "").upper() == "NATURAL":
            return False
    equal = list(_equalities(select))
    while others:
        found = [n for n, s in others.items() if _has_one_row(s, n, reached, equal, catalog)]
        if not found:
            return False
        for name in found:
            reached.add(name)
            del others[name]
    return True


def _has_one_row(
    source: exp.Expr,
    name: str,
    reached: set[str],
    equal: list[tuple[exp.Column, exp.Column]],
    catalog: Catalog,
) -> bool:
    relation = catalog.relation(source.meta[RELATION]) if RELATION in source.meta else None
    if relation is None:
        return False
    given = {
        one.name
        for left, right in equal
        for one, other in ((left, right), (right, left))
        if one.table == name and other.table in reached
    }
    return any(key and set(key) <= given for key in relation.keys)


def _equalities(select: exp.Select) -> Iterator[tuple[exp.Column, exp.Column]]:
    for join in select.args.get("joins") or ():
        on = join.args.get("on")
        for condition in on.flatten() if isinstance(on, exp.And) else (on,):
            bare = condition.unnest() if condition is not None else None
            if isinstance(bare, exp.EQ):
                left, right = bare.left, bare.right
                if isinstance(left, exp.Column) and isinstance(right, exp.Column):
                    yield left, right


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    clause = select.args.get("from_")
    if clause is not None:
        yield clause.this
    for join in select.args.get("joins") or ():
        yield join.this


def _is_only_shown(node: exp.Column, tree: exp.Expr) -> bool:
    """True in the SELECT list of the outermost query, where nothing else there can mean it by its name."""
    item = node.parent if isinstance(node.parent, exp.Alias) else node
    if not isinstance(tree, exp.Select) or item.parent is not tree or item.arg_key != "expressions":
        return False
    if any(tree.args.get(key) for key in ("group", "having", "qualify", "distinct")):
        return False
    name = item.alias_or_name.casefold()
    for other in tree.find_all(exp.Column):
        if other is not node and not other.table and other.name.casefold() == name:
            return False
    order = tree.args.get("order")
    return order is None or not any(
        isinstance(o.this, exp.Literal | exp.Var | exp.Star) for o in order.expressions
    )
