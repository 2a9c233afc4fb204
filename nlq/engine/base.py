"""What every engine does. One file per vendor; vendors' exceptions stop there.

An engine takes a `Statement`, never a `str`: running unchecked SQL is a type error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from nlq.catalog import Catalog, Dialect
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.policy.principal import Claim

Argument = Claim | Any
"""A value to bind: a scalar, date, Decimal, or tuple of scalars (a claim with several values)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """`rows`: tuples in `columns` order. `truncated`: the database had more than the limit."""

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    seconds: float


@dataclass(slots=True)
class Cancellation:
    """Lets another thread stop a running statement: the engine registers how, the door calls `cancel`."""

    cancelled: bool = False
    _stop: Callable[[], None] | None = None
    _lock: Lock = field(default_factory=Lock)

    def cancel(self) -> None:
        """Stop the running statement, and any that starts later with this object."""
        with self._lock:
            self.cancelled = True
            if self._stop is not None:
                self._stop()

    def watch(self, stop: Callable[[], None] | None) -> None:
        """Called by the engine: how to stop the statement now running, or None when it ended."""
        with self._lock:
            self._stop = stop
            if stop is not None and self.cancelled:
                stop()


class Engine(Protocol):
    """A database. Safe to use from several threads at once."""

    @property
    def dialect(self) -> Dialect:
        """The dialect of its SQL."""

    @property
    def name(self) -> str:
        """What a person calls it: file or host and database, never a password."""

    def introspect(self) -> Catalog:
        """The catalog as it is now: user relations of all schemas, no system relation.

        Raises `engine.unreachable`.
        """

    def describe(self, statement: Statement) -> tuple[ResultColumn, ...]:
        """The columns of the result, from the engine's own prepare; nothing is run.

        Raises `plan.invalid` with a message that holds no value of the database.
        """

    def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
    ) -> Rows:
        """At most `limit` rows of the statement, read-only, with `arguments` bound by name.

        `arguments` has a value for each of `statement.arguments` but `__limit`, which the engine
        binds to `limit + 1`.

        Raises `engine.timeout`, `engine.cancelled`, `engine.resources`, `engine.unreachable`, or
        `engine.failed` with a message that holds no value of the database.
        """

    def close(self) -> None:
        """Give back connections. The engine may not be used afterwards."""
