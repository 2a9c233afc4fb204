"""Canonical names of column types, so that every source of a catalog spells a type alike."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import sqlglot
from sqlglot import exp

from nlq.errors import CatalogError

Dialect = Literal["duckdb", "postgres", "sqlite"]
Family = Literal[
    "integer", "decimal", "float", "text", "boolean", "date", "timestamp", "time", "enum",
    "uuid", "json", "bytes", "array", "interval", "other",
]  # fmt: skip

ENUM = "ENUM"
"""The canonical type of an enumerated column; its values are `Column.enum`."""

_T = exp.DType
_FAMILIES: dict[Family, frozenset[exp.DType]] = {
    "integer": frozenset(exp.DataType.INTEGER_TYPES),
    "float": frozenset({_T.FLOAT, _T.DOUBLE}),
    "decimal": frozenset({_T.DECIMAL, _T.BIGDECIMAL, _T.MONEY}),
    "text": frozenset({*exp.DataType.TEXT_TYPES, _T.NAME}),
    "boolean": frozenset({_T.BOOLEAN, _T.BIT}),
    "date": frozenset({_T.DATE, _T.DATE32}),
    "timestamp": frozenset(exp.DataType.TEMPORAL_TYPES) - {_T.DATE, _T.DATE32, _T.TIME, _T.TIMETZ},
    "time": frozenset({_T.TIME, _T.TIMETZ}),
    "enum": frozenset({_T.ENUM, _T.ENUM8, _T.ENUM16}),
    "uuid": frozenset({_T.UUID}),
    "json": frozenset({_T.JSON, _T.JSONB}),
    "bytes": frozenset({_T.BINARY, _T.VARBINARY, _T.BLOB}),
    "array": frozenset({_T.ARRAY, _T.LIST}),
    "interval": frozenset({_T.INTERVAL}),
}


@lru_cache(maxsize=4096)
def canonical_type(text: str, dialect: Dialect) -> str:
    """The one spelling of a type in its dialect; unknown types are kept as they are written.

    DuckDB keeps no length of a string, and SQLite no length of anything, so theirs are dropped.

    >>> canonical_type("character varying(20)", "postgres"), canonical_type("varchar(20)", "duckdb")
    ('VARCHAR(20)', 'TEXT')
    """
    if not text.strip():
        return "BLOB" if dialect == "sqlite" else "UNKNOWN"
    try:
        parsed = exp.DataType.build(text, dialect=dialect, udt=True)
    except sqlglot.errors.SqlglotError:
        return text.strip().upper()
    kind = parsed.this
    if kind in (_T.SERIAL, _T.BIGSERIAL, _T.SMALLSERIAL):
        parsed = exp.DataType.build({"SERIAL": "INT", "BIGSERIAL": "BIGINT"}.get(kind.name, "SMALLINT"))
    elif kind is _T.ENUM:
        return ENUM
    elif dialect == "sqlite" or (dialect == "duckdb" and kind in exp.DataType.TEXT_TYPES):
        parsed.set("expressions", None)
    if kind is _T.DECIMAL and dialect == "duckdb" and not parsed.expressions:
        return "DECIMAL(18, 3)"  # DuckDB manual, "Numeric Types": the width that it assumes
    return parsed.sql(dialect=dialect)


@lru_cache(maxsize=4096)
def family(type_name: str, dialect: Dialect) -> Family:
    """The coarse kind of a canonical type.

    >>> family("TIMESTAMPTZ", "postgres"), family("BIGINT", "duckdb")
    ('timestamp', 'integer')
    """
    try:
        parsed = exp.DataType.build(type_name, dialect=dialect, udt=True)
    except sqlglot.errors.SqlglotError:
        return "other"
    for name, kinds in _FAMILIES.items():
        if parsed.this in kinds:
            return name
    return "other"


def require_dialect(name: str) -> Dialect:
    """`name` as a dialect.

    Raises `catalog.invalid` for one that is not supported.
    """
    match name:
        case "duckdb" | "postgres" | "sqlite":
            return name
        case _:
            raise CatalogError(
                "catalog.invalid",
                f"unknown dialect `{name}`",
                hint="use `duckdb`, `postgres` or `sqlite`",
            )
