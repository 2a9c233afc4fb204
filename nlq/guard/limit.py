"""Pass 5: a query without a limit of its own gets one, so that an engine may plan for few rows."""

from __future__ import annotations

from sqlglot import exp

from nlq.guard.context import Context

LIMIT = "__limit"


def limit(tree: exp.Expr, _context: Context) -> exp.Expr:
    """The tree with `LIMIT :__limit`, unless it limits itself; engines cut what exceeds it anyway."""
    if tree.args.get("limit") is None:
        tree.set("limit", exp.Limit(expression=exp.Placeholder(this=LIMIT)))
    return tree
