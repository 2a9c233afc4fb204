"""`NOT IN`, a trap of SQL: one missing value of what it looks in, and it is never true."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.plan.meta import COLUMN


def skip_missing_in_not_in(tree: exp.Expr) -> Iterator[str]:
    """`x NOT IN (SELECT y …)` is never true once a `y` is missing, which nobody means in English."""
    for condition in list(tree.find_all(exp.In)):
        query = condition.args.get("query")
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(condition.parent, exp.Not) or not isinstance(select, exp.Select):
            continue
        item = select.expressions[0].unalias() if len(select.expressions) == 1 else None
        if not isinstance(item, exp.Column) or COLUMN not in item.meta:
            continue
        column = item.meta[COLUMN][1]
        # A condition less would change what is grouped, or which rows a limit leaves.
        if not column.nullable or any(select.args.get(key) for key in ("group", "limit", "offset")):
            continue
        missing = exp.Is(this=item.copy(), expression=exp.Null())
        where = select.args.get("where")
        if where is not None and any(
            (part.this, part.expression) == (missing.this, missing.expression)
            for part in where.find_all(exp.Is)
        ):
            continue
        select.where(exp.Not(this=missing), copy=False)
        yield f"left out rows where `{column.name}` is missing, which NOT IN could not compare"
