"""The one rule by which values of a database become JSON, whichever engine they come from.

Text, booleans and null are themselves. Integers beyond 2^53 and decimals of more than 15 significant
digits are strings, because JSON readers would round them; other numbers are numbers. NaN and infinity
are the strings `NaN`, `Infinity`, `-Infinity`. Dates and times are ISO 8601, durations seconds, bytes
base64, UUIDs their text; lists and structs are arrays and objects of such values.

`nlq.engine.postgres_json` says the same in SQL: a test holds both against each other.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

_EXACT = 2**53
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def encode(value: object) -> Any:
    """`value` as something that JSON can carry, by the rule above.

    >>> encode(Decimal("12.50")), encode(2**60), encode(date(2026, 1, 31))
    (12.5, '1152921504606846976', '2026-01-31')
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _EXACT else str(value)
        case float():
            if math.isfinite(value):
                return value
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        case Decimal():
            if not value.is_finite() or len(value.as_tuple().digits) > 15:
                return str(value)
            return (
                int(value) if value == value.to_integral_value() and abs(value) <= _EXACT else float(value)
            )
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(bytes(value)).decode("ascii")
        case UUID():
            return str(value)
        case Mapping():
            return {str(k): encode(v) for k, v in value.items()}
        case list() | tuple() | set():
            return [encode(v) for v in value]
        case _:
            return str(value)


def encode_rows(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as a JSON array of objects.

    >>> encode_rows(["a", "b"], [(1, None), (2**60, "é")]).decode()
    '[{"a":1,"b":null},{"a":"1152921504606846976","b":"é"}]'
    """
    return to_bytes([{n: encode(v) for n, v in zip(names, row, strict=True)} for row in rows])


def to_bytes(shape: object) -> bytes:
    """JSON in UTF-8, without white space."""
    return _ENCODER.encode(shape).encode()
