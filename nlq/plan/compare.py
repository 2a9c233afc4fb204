"""Comparisons that can only fail or never hold: a number or date with text that is neither.

DuckDB finds these when the statement runs, and a question that is compiled must not fail then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from sqlglot import exp

from nlq.catalog import Catalog, Column, Family, Relation, family
from nlq.errors import PlanError
from nlq.plan.meta import COLUMN, BoundColumn

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE)
_KINDS: dict[Family, str] = {
    "integer": "a number",
    "decimal": "a number",
    "float": "a number",
    "date": "a date",
    "timestamp": "a time",
}


def find_mismatches(tree: exp.Expr, catalog: Catalog) -> Iterator[PlanError]:
    """A finding for each column of a bound tree that is compared with text that it cannot hold."""
    if catalog.dialect == "sqlite":
        return  # SQLite manual, "Datatypes In SQLite", 4: any two values compare
    for node in tree.find_all(*_COMPARISONS, exp.In):
        for column, values in _compared(node):
            bound: BoundColumn | None = column.meta.get(COLUMN)
            for value in values:
                if bound is not None and not _holds(bound.column, value, catalog):
                    yield _mismatch(bound, value, catalog)


def _compared(node: exp.Expr) -> Iterator[tuple[exp.Column, list[exp.Literal]]]:
    if isinstance(node, exp.In):
        sides = [(node.this, node.expressions)]
    else:
        left, right = node.this, node.expression
        sides = [(left, [right]), (right, [left])]
    for one, others in sides:
        if isinstance(one, exp.Column):
            yield one, [o for o in others if isinstance(o, exp.Literal) and o.is_string]


def _holds(column: Column, value: exp.Literal, catalog: Catalog) -> bool:
    match family(column.type, catalog.dialect):
        case "integer" | "decimal" | "float":
            special = column.type in ("FLOAT", "DOUBLE", "REAL", "DOUBLE PRECISION")
            return special or _NUMBER.fullmatch(value.name) is not None
        case "date" | "timestamp":
            return not value.name.isalpha() or _is_time(value.name)
        case _:
            return True


def _is_time(text: str) -> bool:
    """Words that engines take for a time (Postgres manual, 8.5.1.4), or what looks like one."""
    if text.lower() in ("infinity", "epoch", "now", "today", "tomorrow", "yesterday", "allballs"):
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _mismatch(bound: BoundColumn, value: exp.Literal, catalog: Catalog) -> PlanError:
    column = bound.column
    relation = catalog.relation(bound.relation) if bound.relation is not None else None
    kind = _KINDS[family(column.type, catalog.dialect)]
    return PlanError(
        "plan.mismatch",
        f"`{column.name}` holds {kind}, and the text that it is compared with is none",
        _hint(relation, column, catalog) if relation is not None else None,
    )


def _hint(relation: Relation, column: Column, catalog: Catalog) -> str | None:
    """Where the text may be meant to be found: in what the column refers to, or beside it."""
    for key in relation.foreign_keys:
        referred = catalog.relation(key.referred)
        if key.columns == (column.name,) and referred is not None:
            texts = _texts(referred, catalog)
            if texts:
                named = ", ".join(f"`{t}`" for t in texts[:3])
                return f"it refers to `{referred.name.name}`: join that, and compare its {named}"
    texts = _texts(relation, catalog)
    return "compare " + ", ".join(f"`{t}`" for t in texts[:3]) if texts else None


def _texts(relation: Relation, catalog: Catalog) -> list[str]:
    return [c.name for c in relation.columns if family(c.type, catalog.dialect) in ("text", "enum")]
