"""Rows that a query brings along: VALUES as what they mean, and series that are written down and short.

VALUES are read as UNION ALL of SELECTs, so that nothing after the parser has to know of them. A series is
left to the engine, which makes its rows within the limits of the statement: but not more of them than
anybody would look at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from nlq.catalog import Dialect

MAX_SERIES = 100_000
"""Numbers in a series, at most."""

_FIRST: Mapping[Dialect, tuple[str, int]] = {
    "duckdb": ("col", 0), "postgres": ("column", 1), "sqlite": ("column", 1),
}  # fmt: skip
"""What engines call the first column of VALUES that names none."""

_SERIES = (exp.GenerateSeries, exp.ExplodingGenerateSeries)
_DATE = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d(?:[ T]00:00(?::00)?)?")
_STEP = re.compile(r"-?[1-9]\d{0,3} (?:hour|day|week|month|quarter|year)s?", re.IGNORECASE)


def write_values(root: exp.Expr, dialect: Dialect) -> None:
    """Each VALUES in FROM as a query, in place."""
    for node in list(root.find_all(exp.Values)):
        rows = node.expressions
        if isinstance(node.parent, exp.From | exp.Join) and all(isinstance(r, exp.Tuple) for r in rows):
            node.replace(_as_query(node, dialect))


def _as_query(node: exp.Values, dialect: Dialect) -> exp.Subquery:
    alias = node.args.get("alias")
    word, first = _FIRST[dialect]
    given = [c.name for c in alias.columns] if alias is not None else []
    if alias is not None:
        alias.set("columns", None)
    query: exp.Expr | None = None
    for row in node.expressions:
        items = list(row.expressions)
        if query is None:
            names = given + [f"{word}{first + n}" for n in range(len(given), len(items))]
            items = [
                exp.alias_(item, exp.to_identifier(name, quoted=True), copy=False)
                for item, name in zip(items, names, strict=False)
            ]
        select = exp.Select(expressions=items)
        query = select if query is None else exp.Union(this=query, expression=select, distinct=False)
    return exp.Subquery(this=query, alias=alias)


def is_series(node: exp.Expr) -> bool:
    """True for `generate_series(…)` and `range(…)`."""
    return isinstance(node, _SERIES)


def is_short_series(node: exp.Expr, dialect: Dialect) -> bool:
    """True for a series in FROM whose ends are written down and not far from each other."""
    table = node.parent
    if dialect == "sqlite" or not isinstance(table, exp.Table) or table.this is not node:
        return False
    if any(table.args.get(key) for key in ("db", "ordinality")):
        return False
    start, end, step = (node.args.get(key) for key in ("start", "end", "step"))
    if _number(start) is not None:
        by = _number(step) if step is not None else 1
        first, last = _number(start), _number(end)
        if first is None or last is None or not by:
            return False
        return abs(last - first) // abs(by) <= MAX_SERIES
    return _is_date(start) and _is_date(end) and _STEP.fullmatch(_interval(step)) is not None


def series_column(node: exp.Table, dialect: Dialect) -> str | None:
    """What the one column of a series is called; None where that is not written down."""
    alias = node.args.get("alias")
    if alias is None or not node.alias or len(alias.columns) > 1:
        return None
    if alias.columns:
        return str(alias.columns[0].name)
    return node.alias if dialect == "postgres" else None


def _number(node: exp.Expr | None) -> int | None:
    sign = 1
    if isinstance(node, exp.Neg):
        sign, node = -1, node.this
    plain = isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal()
    return sign * int(node.name) if plain and node is not None and len(node.name) <= 12 else None


def _is_date(node: exp.Expr | None) -> bool:
    if isinstance(node, exp.Cast) and node.to.this in (exp.DType.DATE, exp.DType.TIMESTAMP):
        node = node.this
    return isinstance(node, exp.Literal) and node.is_string and _DATE.fullmatch(node.name) is not None


def _interval(node: exp.Expr | None) -> str:
    """The step as text, such as `1 day`."""
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name
    if not isinstance(node, exp.Interval) or not isinstance(node.this, exp.Literal):
        return ""
    return f"{node.this.name} {node.unit.name}" if node.unit is not None else node.this.name
