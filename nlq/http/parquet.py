"""Rows as a Parquet file, typed as far as their values allow.

DuckDB writes it, in a database of its own that is in memory and holds nothing else: neither the locked
engine nor another library is needed for it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from nlq.catalog import Dialect, family
from nlq.encoding import encode
from nlq.errors import CatalogError
from nlq.plan import ResultColumn

_SIZE = re.compile(r"\((\d+), ?(\d+)\)")
_OBJECT = 2**24
"""Bytes that a row may have unasked."""

_DIGITS = 38
"""What a decimal of Parquet has at most."""


def to_parquet(columns: Sequence[ResultColumn], rows: Sequence[Sequence[Any]], dialect: Dialect) -> bytes:
    """The file. What Parquet has no type for, or a value does not fit, is text as in JSON."""
    import duckdb

    types = [_type(column, [row[n] for row in rows], dialect) for n, column in enumerate(columns)]
    shown = ", ".join(
        f"{f'from_base64(c{n})' if of == 'BLOB' else f'c{n}'} AS {_quoted(name)}"
        for n, (name, of) in enumerate(zip(_distinct(c.name for c in columns), types, strict=True))
    )
    read = ", ".join(f"c{n}: '{'VARCHAR' if of == 'BLOB' else of}'" for n, of in enumerate(types))
    with tempfile.TemporaryDirectory(prefix="nlq-") as scratch:
        lines, file = Path(scratch) / "rows.json", Path(scratch) / "rows.parquet"
        texts = [_line(row, types) for row in rows]
        lines.write_text("".join(texts), "utf-8")
        longest = max([_OBJECT, *(4 * len(text) for text in texts)])  # in bytes
        source = (
            f"read_json({_text(lines)}, format = 'newline_delimited', columns = {{{read}}},"
            f" maximum_object_size = {longest})"
        )
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            # Names are quoted, types are those below.
            connection.execute(
                f"COPY (SELECT {shown} FROM {source}) TO {_text(file)} (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
            )
        return file.read_bytes()


def _type(column: ResultColumn, values: Sequence[Any], dialect: Dialect) -> str:
    """The type of a column: what its own type says, where all values are of that; else what they are."""
    present = [v for v in values if v is not None]
    try:
        of = family(column.type, dialect)
    except CatalogError:
        of = "other"
    if of in ("json", "array", "interval", "text", "enum"):
        return "VARCHAR"
    for kind, (python, name) in _TYPES.items():
        if (kind == of or (present and of == "other")) and all(type(v) in python for v in present):
            return _sized(name, present, column.type)
    return "VARCHAR"


_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "boolean": ((bool,), "BOOLEAN"),
    "integer": ((int,), "BIGINT"),
    "float": ((float, int), "DOUBLE"),
    "decimal": ((Decimal, int), "DECIMAL"),
    "date": ((date,), "DATE"),
    "timestamp": ((datetime,), "TIMESTAMP"),
    "time": ((time,), "TIME"),
    "uuid": ((UUID,), "UUID"),
    "bytes": ((bytes, bytearray, memoryview), "BLOB"),
}


def _sized(name: str, values: Sequence[Any], declared: str) -> str:
    if name == "BIGINT" and any(abs(v) >= 2**63 for v in values):
        return "VARCHAR"
    if name == "TIMESTAMP" and any(v.tzinfo for v in values):
        return "TIMESTAMPTZ"
    if name != "DECIMAL":
        return name
    numbers = [Decimal(v) for v in values]
    if not all(n.is_finite() for n in numbers):
        return "VARCHAR"
    size = _SIZE.search(declared)
    scale = max([-int(n.as_tuple().exponent) for n in numbers] + [int(size[2]) if size else 0])
    whole = max([n.adjusted() + 1 for n in numbers] + [int(size[1]) - int(size[2]) if size else 1])
    return f"DECIMAL({whole + scale}, {scale})" if whole + scale <= _DIGITS else "VARCHAR"


def _line(row: Sequence[Any], types: Sequence[str]) -> str:
    values = {f"c{n}": _value(value, of) for n, (value, of) in enumerate(zip(row, types, strict=True))}
    return json.dumps(values, ensure_ascii=False) + "\n"


def _value(value: Any, of: str) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"  # exact
    told = encode(value)
    return (
        json.dumps(told, ensure_ascii=False) if of == "VARCHAR" and isinstance(told, dict | list) else told
    )


def _distinct(names: Iterable[str]) -> list[str]:
    """The names, told apart where they differ in case alone: to some readers of Parquet those are one.

    >>> _distinct(["a", "A", "b"])
    ['a', 'A_2', 'b']
    """
    seen: list[str] = []
    for name in names:
        told, n = name, 1
        while told.casefold() in (s.casefold() for s in seen):
            told, n = f"{name}_{n + 1}", n + 1
        seen.append(told)
    return seen


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
