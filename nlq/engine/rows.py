"""What a statement takes and gives: arguments, rows, and sinks that take rows as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nlq.plan import ResultColumn
from nlq.policy.principal import Claim

BATCH = 1000
"""Rows that go to a sink at once."""

Argument = Claim | Any
"""A value to bind: a scalar, date, Decimal, or tuple of scalars (a claim with several values)."""


@dataclass(frozen=True, slots=True)
class Version:
    """What tells a file from what it was and will be; `changed_ns` is when it last changed, since 1970."""

    device: int
    inode: int
    modified_ns: int
    changed_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Rows:
    """`rows`: tuples in `columns` order. `truncated`: the database had more than the limit.

    `handed_on` of them went to a sink, and are not here.

    `version` is that of the file which they were read from, where there is one.
    """

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    seconds: float
    version: Version | None = None
    handed_on: int = 0


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows as the bytes of a JSON array of objects, by the rule of `nlq.encoding`; `count` of them."""

    names: tuple[str, ...]
    rows: bytes
    count: int
    truncated: bool
    seconds: float


class Sink(Protocol):
    """Takes rows as they come."""

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """Rows of these columns follow. What came before is of no answer: something failed."""

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """The next rows."""


def hand_on(
    sink: Sink,
    columns: tuple[ResultColumn, ...],
    fetch: Callable[[int], Sequence[tuple[Any, ...]]],
    limit: int,
) -> tuple[int, bool]:
    """How many of the rows that `fetch` gives went to the sink, and whether there are more."""
    sink.begin(columns)
    given = 0
    while given < limit and (rows := fetch(min(BATCH, limit - given))):
        sink.add(rows)
        given += len(rows)
    return given, given == limit and bool(fetch(1))
