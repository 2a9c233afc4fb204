"""Pass 1: the tree is allow-listed and every name is bound to what the principal may see."""

from __future__ import annotations

from sqlglot import exp

from nlq.guard.context import Context
from nlq.plan.allow import require_allowed
from nlq.plan.bind import require_bound


def bound(tree: exp.Expr, context: Context) -> exp.Expr:
    """The same tree, its tables marked with the relations that they are.

    Raises `plan.*`, as for any draft: a stored plan is trusted no more than a new one.
    """
    require_allowed(tree, context.visible.dialect)
    require_bound(tree, context.visible)
    return tree
