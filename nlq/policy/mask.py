"""Masks: what is shown of a value in its place. `nlq.guard.mask` writes them in SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from nlq.catalog import Column, Dialect, Family, family

STARS = "***"
UNITS = ("day", "week", "month", "quarter", "year")
_TEXT: dict[Dialect, str] = {"duckdb": "VARCHAR", "postgres": "TEXT", "sqlite": "TEXT"}


@dataclass(frozen=True, slots=True)
class Mask:
    """One way to hide most of a value. NULL stays NULL, under every mask but `constant`.

    - `null`: nothing is shown.
    - `constant`: the text `value`.
    - `hash`: 64 hex digits, equal for equal values: SHA-256 of a key of the server's own and the value.
    - `partial`: the `first` and `last` characters around three stars; stars alone where that is all.
    - `rounded`: numbers towards zero to a multiple of `to`, dates and times to the start of the `unit`.
    """

    kind: Literal["null", "constant", "hash", "partial", "rounded"]
    value: str = STARS
    first: int = 1
    last: int = 0
    to: int = 0
    unit: str = ""


def masked_column(column: Column, mask: Mask, dialect: Dialect) -> Column:
    """The column as those see it for whom it is masked: its type may change, its values mean less."""
    shown = replace(column, enum=(), default=None, sample=False)
    match mask.kind:
        case "null":
            return replace(shown, nullable=True)
        case "constant":
            return replace(shown, type=_TEXT[dialect], nullable=False)
        case "hash" | "partial":
            return replace(shown, type=_TEXT[dialect])
        case "rounded":
            return shown


def fits(mask: Mask, column: Column, dialect: Dialect) -> bool:
    """True where the mask can be put on values of that type."""
    if mask.kind != "rounded":
        return True
    return family(column.type, dialect) in _ROUNDED[bool(mask.unit)]


_ROUNDED: dict[bool, tuple[Family, ...]] = {
    False: ("integer", "decimal", "float"),
    True: ("date", "timestamp"),
}
