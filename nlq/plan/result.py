"""What the columns of a result can be, as far as that is plain from the syntax and the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Family
from nlq.plan.bind import bind
from nlq.plan.divide import divide
from nlq.plan.lift import expression_family
from nlq.plan.meta import COLUMN
from nlq.plan.nested import Path
from nlq.plan.syntax import parse
from nlq.plan.value import Plan

_NUMBERING = (exp.RowNumber, exp.Rank, exp.DenseRank)


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """Of a column: whether no row of it is NULL, its family where the engine did not say, and whether it
    counts rows, of which there are never more than a number can tell apart.
    """

    never_null: bool = False
    family: Family | None = None
    counts: bool = False


def facts_of_result(plan: Plan, catalog: Catalog, paths: tuple[Path, ...] = ()) -> tuple[ResultFacts, ...]:
    """The facts of each column of the result; by `paths`, where the object that it is in is there.

    `catalog` is what the caller may see.
    """
    tree = parse(plan.sql, plan.dialect)
    bind(tree, catalog)
    surely = _of_query(tree)
    if paths and isinstance(tree, exp.Select):
        padded = divide(tree, paths).padded
        surely = tuple(_is_never_null(item.unalias(), padded) for item in tree.expressions)
    items = [item.unalias() for item in tree.selects] if isinstance(tree, exp.Query) else []
    if not len(surely) == len(items) == len(plan.columns):
        return (ResultFacts(),) * len(plan.columns)
    return tuple(
        ResultFacts(
            sure,
            expression_family(item, plan.dialect) if column.type == "UNKNOWN" else None,
            isinstance(item, (exp.Count, *_NUMBERING)),
        )
        for sure, item, column in zip(surely, items, plan.columns, strict=True)
    )


def _of_query(query: exp.Expr) -> tuple[bool, ...]:
    if isinstance(query, exp.SetOperation):
        left, right = _of_query(query.left), _of_query(query.right)
        return tuple(a and b for a, b in zip(left, right, strict=False))
    if isinstance(query, exp.Subquery):
        return _of_query(query.this)
    if not isinstance(query, exp.Select):
        return ()
    padded = _padded(query)
    return tuple(_is_never_null(item.unalias(), padded) for item in query.expressions)


def _padded(select: exp.Select) -> frozenset[str] | None:
    """The names of the sources of which a row may be all NULL; None where that may be any."""
    group = select.args.get("group")
    if group is not None and group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        return None
    found = set()
    for join in select.args.get("joins") or ():
        if join.side in ("RIGHT", "FULL"):
            return None
        if join.side == "LEFT":
            found.add(join.this.alias_or_name)
    return frozenset(found)


def _is_never_null(node: exp.Expr, padded: frozenset[str] | None) -> bool:
    match node:
        case exp.Column():
            bound = node.meta.get(COLUMN)
            # Of what a query passed on, its own joins are not known here.
            if bound is None or bound.relation is None or padded is None or not node.table:
                return False
            return not bound.column.nullable and node.table not in padded
        case exp.Count():
            return not _is_withheld(node)
        case exp.Literal() | exp.Boolean():
            return True
        case exp.Coalesce():
            return any(_is_never_null(n, padded) for n in (node.this, *node.expressions))
        case exp.Window():
            return isinstance(node.this, (exp.Count, *_NUMBERING)) and not _is_withheld(node)
        case exp.Paren():
            return _is_never_null(node.this, padded)
        case exp.Round() | exp.Lower() | exp.Upper() | exp.Abs():
            others = [v for k, v in node.args.items() if k != "this" and isinstance(v, exp.Expr)]
            return _is_never_null(node.this, padded) and all(isinstance(v, exp.Literal) for v in others)
        case _:
            return False


def _is_withheld(node: exp.Expr) -> bool:
    """Whether a column in it is given in groups only: where they are too small, what is shown is NULL."""
    return any(bound.column.group for c in node.find_all(exp.Column) if (bound := c.meta.get(COLUMN)))
