"""Figures among sets of rows, where a draft unites or subtracts them as if they were rows. No model asked.

`SELECT count(*) … UNION SELECT count(*) …` tells two figures in no order, and one where they are equal; a
count less some keys is the count.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp


def set_beside(tree: exp.Expr) -> tuple[exp.Expr, tuple[str, ...]]:
    """The tree, or one SELECT of the figures that it is made of; what was done, in words."""
    if isinstance(tree, exp.Except | exp.Intersect) and (counted := _count_of_set(tree)) is not None:
        return counted, ("counted what is left of the rows",)
    if not isinstance(tree, exp.Union) or any(tree.args.get(key) for key in ("order", "limit", "with_")):
        return tree, ()
    members = list(_members(tree))
    if not all(_is_figure(member) for member in members):
        return tree, ()
    select = exp.Select(expressions=[exp.Subquery(this=member.copy()) for member in members])
    return select, ("showed figures beside each other",)


def _count_of_set(tree: exp.SetOperation) -> exp.Select | None:
    """`SELECT count(id) … EXCEPT SELECT …`: how many ids are left."""
    first, second = tree.this, tree.expression
    if not _is_figure(first) or not isinstance(second, exp.Select) or tree.args.get("with_"):
        return None
    count = first.expressions[0].unalias()
    other = second.expressions[0].unalias() if len(second.expressions) == 1 else None
    if not isinstance(count, exp.Count) or not isinstance(other, exp.Column):
        return None
    told = count.this.expressions[0] if isinstance(count.this, exp.Distinct) else count.this
    if not isinstance(told, exp.Column) or any(tree.args.get(key) for key in ("order", "limit")):
        return None
    rows = tree.copy()
    rows.this.set("expressions", [told.copy()])
    rest = exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier("rest")))
    return exp.Select(expressions=[exp.Count(this=exp.Star())]).from_(rest)


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
