"""Canonical names of column types, so that every source of a catalog spells a type alike."""

from __future__ import annotations

import re
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
NUMBERS: frozenset[Family | None] = frozenset({"integer", "decimal", "float"})
DAYS: frozenset[Family | None] = frozenset({"date", "timestamp"})
"""Families that can be summed, and that have a day; None, where a family is not known, is in neither."""

_FAMILIES: dict[Family, frozenset[exp.DType]] = {
    "integer": frozenset(exp.DataType.INTEGER_TYPES) - {_T.BIT},
    "float": frozenset({_T.FLOAT, _T.DOUBLE}),
    "decimal": frozenset({_T.DECIMAL, _T.BIGDECIMAL, _T.MONEY}),
    "text": frozenset({*exp.DataType.TEXT_TYPES, _T.NAME, _T.BPCHAR}),
    "boolean": frozenset({_T.BOOLEAN}),
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


_SERIALS = {_T.SERIAL: _T.INT, _T.BIGSERIAL: _T.BIGINT, _T.SMALLSERIAL: _T.SMALLINT}
_SYNONYMS: dict[Dialect, dict[str, str]] = {
    "postgres": {
        "CHAR": "CHAR(1)", "CHARACTER": "CHAR(1)", "BIT": "BIT(1)",
        "SERIAL2": "SMALLINT", "SERIAL4": "INT", "SERIAL8": "BIGINT",
    },
    "duckdb": {
        "GUID": "UUID", "VARINT": "BIGNUM", "TIMESTAMP(0)": "TIMESTAMP_S", "TIMESTAMP(3)": "TIMESTAMP_MS",
        "TIMESTAMP(6)": "TIMESTAMP", "TIMESTAMP(9)": "TIMESTAMP_NS",
    },
    "sqlite": {},
}  # fmt: skip
_AFFINITIES = (
    ("INT", "INTEGER"), ("CHAR", "TEXT"), ("CLOB", "TEXT"), ("TEXT", "TEXT"),
    ("REAL", "REAL"), ("FLOA", "REAL"), ("DOUB", "REAL"),
)  # fmt: skip
_PREFIX = re.compile(r"NATIONAL\s+(?=CHAR)|PG_CATALOG\s*\.\s*", re.IGNORECASE)
_VARBIT = re.compile(r"(?:BIT\s+VARYING|VARBIT)\s*(?P<size>\(\s*\d+\s*\))?", re.IGNORECASE)
_FLOAT = re.compile(r"FLOAT\s*\(\s*(?P<bits>\d+)\s*\)", re.IGNORECASE)
_ARRAY = re.compile(r"(?:\s+ARRAY)?\s*(?:\[\s*\d*\s*\]\s*)+\Z|\s+ARRAY\Z", re.IGNORECASE)


@lru_cache(maxsize=4096)
def canonical_type(text: str, dialect: Dialect) -> str:
    """The one spelling of a type in its dialect; unknown types are kept as they are written.

    DuckDB keeps no length of a string, SQLite no length of anything, and Postgres no size of an array,
    so theirs are dropped.

    >>> canonical_type("character varying(20)", "postgres"), canonical_type("varchar(20)", "duckdb")
    ('VARCHAR(20)', 'TEXT')
    """
    match dialect:
        case "sqlite":
            return _sqlite_type(text.strip())
        case "postgres":
            return _postgres_type(text.strip())
        case "duckdb":
            return _parsed_type(text.strip(), dialect)


def _sqlite_type(text: str) -> str:
    """The declared type, or for one that is not a type elsewhere its affinity.

    SQLite manual, "Datatypes In SQLite", 3.1: a column without a type has the affinity of a BLOB.
    """
    name = text.upper()
    if not name or name in ("BOOLEAN", "BOOL"):
        return "BOOLEAN" if name else "BLOB"
    for part, affinity in _AFFINITIES:
        if part in name:
            return affinity
    return _parsed_type(name, "sqlite")


def _postgres_type(text: str) -> str:
    text = _PREFIX.sub("", text)
    if array := _ARRAY.search(text):
        return _postgres_type(text[: array.start()]) + "[]"
    if varbit := _VARBIT.fullmatch(text):
        return "VARBIT" + (varbit["size"] or "").replace(" ", "")
    if floating := _FLOAT.fullmatch(text):
        return "REAL" if int(floating["bits"]) <= 24 else "DOUBLE PRECISION"
    return _parsed_type(text, "postgres")


def _parsed_type(text: str, dialect: Dialect) -> str:
    if not text:
        return "UNKNOWN"
    try:
        parsed = exp.DataType.build(_SYNONYMS[dialect].get(text.upper(), text), dialect=dialect, udt=True)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return " ".join(text.upper().split())
    if parsed.this is _T.ENUM:
        return ENUM
    for part in parsed.find_all(exp.DataType):
        _drop_what_is_not_kept(part, dialect)
    return parsed.sql(dialect=dialect)


def _drop_what_is_not_kept(part: exp.DataType, dialect: Dialect) -> None:
    kind = part.this
    if kind in _SERIALS:
        part.set("this", _SERIALS[kind])
    elif kind is _T.DECIMAL and dialect != "sqlite":
        part.set("expressions", _precision(part.expressions, dialect))
    elif _keeps_no_size(kind, dialect):
        part.set("expressions", None)


def _keeps_no_size(kind: exp.DType, dialect: Dialect) -> bool:
    sized_in_postgres = kind in exp.DataType.TEXT_TYPES or kind in (_T.FLOAT, _T.DOUBLE)
    return kind is _T.ENUM or dialect == "sqlite" or (dialect == "duckdb" and sized_in_postgres)


def _precision(given: list[exp.Expr], dialect: Dialect) -> list[exp.Expr]:
    """Precision and scale with what is assumed: a scale of 0; in DuckDB DECIMAL(18, 3) without either."""
    assumed = [18, 3] if dialect == "duckdb" and not given else [0] if len(given) == 1 else []
    return given + [exp.DataTypeParam(this=exp.Literal.number(n)) for n in assumed]


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
