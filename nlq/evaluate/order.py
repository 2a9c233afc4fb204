"""What a query orders by. Pure."""

from __future__ import annotations

from sqlglot import exp


def order_keys(tree: exp.Query) -> list[exp.Ordered]:
    """The keys of the query's own order, with the columns of the result that they stand for.

    >>> import sqlglot
    >>> tree = sqlglot.parse_one("SELECT a, b + 1 AS c FROM t ORDER BY c DESC, 1")
    >>> [key.sql() for key in order_keys(tree)]
    ['b + 1 DESC', 'a']
    """
    order = tree.args.get("order")
    keys = []
    for key in order.expressions if order is not None else []:
        meant: exp.Ordered = key.copy()
        meant.set("this", _meant(key.this, tree))
        keys.append(meant)
    return keys


def _meant(key: exp.Expr, tree: exp.Query) -> exp.Expr:
    """A number stands for a column of the result, and so does the name that the result gives it."""
    columns = list(tree.expressions) if isinstance(tree, exp.Select) else []
    if isinstance(key, exp.Literal) and key.is_int and 1 <= int(key.name) <= len(columns):
        chosen: exp.Expr = columns[int(key.name) - 1]
        return chosen.unalias().copy()
    if isinstance(key, exp.Column) and not key.table:
        for column in columns:
            if isinstance(column, exp.Alias) and column.alias.casefold() == key.name.casefold():
                return column.unalias().copy()
    return key.copy()
