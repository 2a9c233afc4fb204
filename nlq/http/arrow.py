"""Rows as an Apache Arrow stream: columns with types, for programs that compute with them.

A column has the type that its database says it has, whatever the values are. What Arrow has no type for is
text, by the rule of `nlq.encoding`: UUIDs, JSON, lists, and decimals whose scale is not declared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nlq.answer import Answer
from nlq.catalog import Dialect
from nlq.catalog.types import family
from nlq.encoding import encode
from nlq.errors import CatalogError, RequestError
from nlq.http.spool import on_disk, open_file, start_anew
from nlq.plan import ResultColumn

if TYPE_CHECKING:
    import pyarrow

_DECIMAL = re.compile(r"\w+\((?P<precision>\d+)(?:, ?(?P<scale>\d+))?\)")
_WIDEST = 38
"""Digits of a decimal in Arrow."""


def require_arrow() -> None:
    """Refuse what cannot be given here. Raises `request.invalid`."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise RequestError(
            "request.invalid",
            "this server does not give Apache Arrow",
            "ask for `application/json` or `text/csv`, or have `nlq[arrow]` installed there",
        ) from None


class ArrowSpool:
    """The rows in the streaming format, one batch for each time that there are some."""

    def __init__(self, dialect: Dialect) -> None:
        self.has_begun = False
        self.file = open_file()
        self._dialect = dialect
        self._types: list[pyarrow.Field] = []
        self._writer: Any = None

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """See `Sink.begin`."""
        import pyarrow

        self.has_begun = True
        self._types = [pyarrow.field(c.name, type_of(c.type, self._dialect)) for c in columns]
        self._open()

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Sink.add`."""
        arrays = [_array(v, f.type) for v, f in zip(zip(*rows, strict=True), self._types, strict=True)]
        misfits = {i for i, array in enumerate(arrays) if array.type != self._types[i].type}
        if misfits:
            self._write_anew(misfits)
        self._write(arrays)

    def end(self, _answer: Answer) -> tuple[bytes, bytes]:
        """See `Spool.end`."""
        with on_disk():
            self._writer.close()
        return b"", b""

    def _open(self) -> None:
        import pyarrow

        start_anew(self.file)
        with on_disk():
            self._writer = pyarrow.ipc.new_stream(self.file, pyarrow.schema(self._types))

    def _write(self, arrays: Sequence[Any]) -> None:
        import pyarrow

        with on_disk():
            self._writer.write_batch(pyarrow.record_batch(arrays, schema=pyarrow.schema(self._types)))

    def _write_anew(self, misfits: set[int]) -> None:
        """All that was written, with these columns as text: of a value that their types do not hold."""
        import pyarrow

        with on_disk():
            self._writer.close()
        old, self.file = self.file, open_file()
        for i in misfits:
            self._types[i] = pyarrow.field(self._types[i].name, pyarrow.string())
        self._open()
        with closing(old):
            old.seek(0)
            for batch in pyarrow.ipc.open_stream(old):
                self._write(
                    [_array(c.to_pylist(), f.type) for c, f in zip(batch, self._types, strict=True)]
                )


@lru_cache(maxsize=1000)
def type_of(name: str, dialect: Dialect) -> pyarrow.DataType:
    """The type in Arrow of a canonical type.

    >>> [str(type_of(t, "duckdb")) for t in ("INT", "DECIMAL(10, 2)", "TIMESTAMPTZ", "UUID", "UNKNOWN")]
    ['int64', 'decimal128(10, 2)', 'timestamp[us, tz=UTC]', 'string', 'string']
    """
    import pyarrow as pa

    try:
        of = family(name, dialect)
    except CatalogError:
        of = "other"
    match of:
        case "boolean":
            return pa.bool_()
        case "integer":
            return pa.int64()
        case "float":
            return pa.float64()
        case "decimal" if (found := _DECIMAL.fullmatch(name)) and int(found["precision"]) <= _WIDEST:
            return pa.decimal128(int(found["precision"]), int(found["scale"] or 0))
        case "date":
            return pa.date32()
        case "timestamp":
            return pa.timestamp("us", tz="UTC" if "TZ" in name.upper() else None)
        case "time" if "TZ" not in name.upper():
            return pa.time64("us")
        case "interval":
            return pa.duration("us")
        case "bytes":
            return pa.binary()
        case _:
            return pa.string()


def _array(values: Sequence[object], type_: Any) -> Any:
    import pyarrow as pa

    if not pa.types.is_string(type_):
        try:
            return pa.array(values, type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            pass  # beyond what the type holds, such as a number of 100 digits, or infinity as a date
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    encoded = encode(value)
    return encoded if isinstance(encoded, str) else json.dumps(encoded, ensure_ascii=False)
