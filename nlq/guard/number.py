"""Pass 6: parameters become positional in the engine's own spelling, and the text is generated.

Parameters whose type an engine would have to guess are cast to the family that the plan gives them.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Dialect, Family
from nlq.guard.context import Context
from nlq.guard.limit import LIMIT
from nlq.guard.lists import CLAIM, list_compared, write_list
from nlq.plan.lift import expression_family, parameter_family
from nlq.plan.syntax import render

_CASTS: dict[Dialect, dict[Family, str]] = {
    "duckdb": {"text": "TEXT", "integer": "BIGINT", "date": "DATE", "timestamp": "TIMESTAMP"},
    "postgres": {"text": "TEXT", "integer": "BIGINT", "decimal": "NUMERIC", "float": "DOUBLE PRECISION",
                 "date": "DATE", "timestamp": "TIMESTAMP", "boolean": "BOOLEAN"},
    "sqlite": {},
}  # fmt: skip


def number(tree: exp.Expr, context: Context) -> exp.Expr:
    """The tree with `$1, $2…` (`?1, ?2…` for SQLite); a name used twice keeps one position."""
    dialect = context.catalog.dialect
    sign = "?" if dialect == "sqlite" else "$"
    every = list(tree.find_all(exp.Placeholder))
    compared = {node.name: of for node in every if (of := _family(node, dialect)) is not None}
    for given in every:
        # `:p IS NULL` does not say what `:p` is; Postgres does not look at where else it stands.
        of = compared.get(given.name) if isinstance(given.parent, exp.Is) else _family(given, dialect)
        several = "[]" if list_compared(given) is not None else ""
        for node in write_list(given, dialect):
            name = node.name
            if name not in context.arguments:
                context.arguments.append(name)
            native: exp.Expr = exp.Var(this=f"{sign}{context.arguments.index(name) + 1}")
            # A claim has the type that the principal's token gives it: the engine compares as it can, but
            # must not take all texts of a column for numbers because the token holds one.
            if of in _CASTS[dialect] and (of == "text" or not name.startswith(CLAIM)):
                native = exp.cast(native, _CASTS[dialect][of] + several, dialect=dialect)
            node.replace(native)
    context.text = render(tree, dialect, pretty=False)
    return tree


def _family(node: exp.Placeholder, dialect: Dialect) -> Family | None:
    if node.name == LIMIT:
        return "integer"
    compared = list_compared(node)
    return (
        parameter_family(node, dialect) if compared is None else expression_family(compared.this, dialect)
    )
