"""Several figures that a draft has below each other, put beside each other. Mended without the model.

`SELECT count(*) … UNION SELECT count(*) …` tells two figures in no order, and one where they are equal.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp


def set_beside(tree: exp.Expr) -> tuple[exp.Expr, tuple[str, ...]]:
    """The tree, or one SELECT of the figures that it is a union of; what was done, in words."""
    if not isinstance(tree, exp.Union) or any(tree.args.get(key) for key in ("order", "limit", "with_")):
        return tree, ()
    members = list(_members(tree))
    if not all(_is_figure(member) for member in members):
        return tree, ()
    select = exp.Select(expressions=[exp.Subquery(this=member.copy()) for member in members])
    return select, ("showed figures beside each other",)


def _members(tree: exp.Expr) -> Iterator[exp.Expr]:
    """What is united, in its order."""
    if isinstance(tree, exp.Union):
        yield from _members(tree.this)
        yield from _members(tree.expression)
    else:
        yield tree


def _is_figure(member: exp.Expr) -> bool:
    """Whether it is one SELECT of one aggregate over all rows."""
    if not isinstance(member, exp.Select) or any(member.args.get(k) for k in ("group", "limit", "with_")):
        return False
    return len(member.expressions) == 1 and isinstance(member.expressions[0].unalias(), exp.AggFunc)
