"""Masks in SQL: what the subquery of a relation shows in place of a column."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

from nlq.catalog import Column, Dialect, family
from nlq.plan.syntax import parse
from nlq.policy.mask import STARS, Mask

KEPT = 1024
"""How many masks are kept in parsed form."""

HASH_KEY = "__hash_key"
"""The argument that holds the key of hashes."""

_SQLITE_STARTS = {
    "day": "date({c})",
    "week": "date({c}, 'weekday 0', '-6 days')",
    "month": "date({c}, 'start of month')",
    "quarter": "date({c}, 'start of month', "
    "'-' || ((CAST(strftime('%m', {c}) AS INTEGER) - 1) % 3) || ' months')",
    "year": "date({c}, 'start of year')",
}
"""SQLite manual, "Date And Time Functions": it has no `date_trunc`."""


def masked(source: exp.Column, column: Column, mask: Mask, dialect: Dialect) -> exp.Expr:
    """What is shown of `source`, which is `column` of the base relation.

    None of these can fail on a value, so that a masked value cannot be told from an error.
    """
    return _masked(source.sql(dialect, identify=True), column, mask, dialect).copy()


@lru_cache(maxsize=KEPT)
def _masked(name: str, column: Column, mask: Mask, dialect: Dialect) -> exp.Expr:
    text = f"CAST({name} AS {'VARCHAR' if dialect == 'duckdb' else 'TEXT'})"
    match mask.kind:
        case "null":
            sql = "NULL" if dialect == "sqlite" else f"CAST(NULL AS {column.type})"
            if family(column.type, dialect) in ("enum", "other"):
                # The type may have a name of its own, which only the column knows.
                sql = f"CASE WHEN FALSE THEN {name} END"
        case "constant":
            sql = _quoted(mask.value)
        case "hash":
            sql = _hash(text, dialect)
        case "partial":
            sql = _partial(name, text, mask)
        case "rounded":
            sql = _rounded(name, column, mask, dialect)
    return parse(f"SELECT {sql}", dialect).expressions[0]  # type: ignore[no-any-return]  # one expression


def _hash(text: str, dialect: Dialect) -> str:
    keyed = f":{HASH_KEY} || ':' || {text}"
    match dialect:
        case "duckdb":
            return f"sha256({keyed})"
        case "postgres":
            return f"encode(sha256(convert_to({keyed}, 'UTF8')), 'hex')"
        case "sqlite":
            return f"nlq_sha256({keyed})"


def _partial(name: str, text: str, mask: Mask) -> str:
    parts = [f"substr({text}, 1, {mask.first})"] if mask.first else []
    parts.append(f"'{STARS}'")
    if mask.last:
        parts.append(f"substr({text}, length({text}) - {mask.last - 1}, {mask.last})")
    return (
        f"CASE WHEN {name} IS NULL THEN NULL WHEN length({text}) > {mask.first + mask.last} "
        f"THEN {' || '.join(parts)} ELSE '{STARS}' END"
    )


def _rounded(name: str, column: Column, mask: Mask, dialect: Dialect) -> str:
    if mask.unit:
        if dialect == "sqlite":
            return _SQLITE_STARTS[mask.unit].format(c=name)
        return f"CAST(date_trunc('{mask.unit}', {name}) AS {column.type})"
    if family(column.type, dialect) == "integer":
        return f"{name} - {name} % {mask.to}"
    if dialect == "sqlite":
        return f"CAST({name} / {mask.to}.0 AS INTEGER) * {mask.to}"
    whole = (
        f"trunc(CAST({name} AS NUMERIC) / {mask.to})"
        if dialect == "postgres"
        else f"trunc({name} / {mask.to})"
    )
    return f"CAST({whole} * {mask.to} AS {column.type})"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
