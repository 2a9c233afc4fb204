"""Pass 2: what is given in groups is NULL for a group that is too small.

The check has made sure that such a column is only ever the bare argument of an aggregate, over rows
that count once: so the number of its values is the number of rows that they come from.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.errors import PlanError
from nlq.guard.context import Context
from nlq.plan.use import mixing_aggregate, restricted


def aggregate(tree: exp.Expr, _context: Context) -> exp.Expr:
    """The tree with a condition around each such aggregate: enough values, or NULL."""
    for node in list(tree.find_all(exp.Column)):
        column = restricted(node)
        if column is None or not column.group:
            continue
        whole = mixing_aggregate(node)
        if whole is None:
            # The binder refuses these first; this is the second lock on the same door.
            raise PlanError("plan.only_aggregated", f"`{column.name}` may only be added up")
        counted: exp.Expr = exp.Count(this=node.copy())
        if isinstance(whole, exp.Filter):
            counted = exp.Filter(this=counted, expression=whole.expression.copy())
        enough = exp.GTE(this=counted, expression=exp.Literal.number(column.group))
        shown = exp.Case()
        whole.replace(shown)
        shown.set("ifs", [exp.If(this=enough, true=whole)])
    return tree
