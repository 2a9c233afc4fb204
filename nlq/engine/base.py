"""What every engine does. One file per vendor; vendors' exceptions stop there.

An engine takes a `Statement`, never a `str`: running unchecked SQL is a type error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

from nlq.catalog import Catalog, Dialect
from nlq.defence.identity import Identity
from nlq.engine import failure
from nlq.errors import EngineError, PlanError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.policy.principal import Claim

if TYPE_CHECKING:
    from nlq.engine.change import Terms
    from nlq.engine.work import Done, Work

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


class Engine(Protocol):
    """A database. Safe to use from several threads at once."""

    @property
    def dialect(self) -> Dialect:
        """The dialect of its SQL."""

    @property
    def name(self) -> str:
        """What a person calls it: file or host and database, never a password."""

    def version(self) -> Version | None:
        """What its file is now; None where it has none, or where that does not tell of every change."""

    def introspect(self) -> Catalog:
        """The catalog as it is now: user relations of all schemas, no system relation.

        Raises `engine.unreachable`, `engine.timeout` or `engine.failed`.
        """

    def describe(self, statement: Statement, identity: Identity | None = None) -> tuple[ResultColumn, ...]:
        """The columns of the result, from the engine's own prepare; nothing is run.

        They are the columns that `run` gives. Raises `plan.invalid` with a message that holds no value
        of the database and no name that the statement does not hold, and `engine.*` as `run` does.
        """

    def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
        sink: Sink | None = None,
    ) -> Rows:
        """At most `limit` rows of the statement, read-only, with `arguments` bound by name.

        With a `sink`, it gets them as they come, and they are never in memory as a whole.

        `arguments` has a value for each of `statement.arguments` but `__limit`, which the engine
        binds to `limit + 1`. A `timeout_s` of 0 is no limit of time. A database that enforces the policy
        itself is told `identity`, without which it shows nothing; others do not look at it.

        Raises `engine.timeout`, `engine.cancelled`, `engine.resources`, `engine.unreachable`, or
        `engine.failed` with a message that holds no value of the database.
        """

    def write(
        self,
        work: Work,
        terms: Terms,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Done:
        """Do the work in one transaction, serializable with all others, and commit it if `terms` say so.

        A database that enforces the policy itself is told `identity`.

        Raises `policy.denied`, `change.*`, and `engine.*` as `run` does: then nothing was changed.
        """

    def release(self) -> None:
        """Let go of a file that nobody reads at this moment; the next statement opens it again."""

    def close(self) -> None:
        """Give back connections. The engine may not be used afterwards."""


def values_in_order(
    engine: Engine, statement: Statement, arguments: Mapping[str, Argument], limit: int
) -> list[Argument]:
    """What is bound to each position of the statement, once it is sure that it is meant for `engine`.

    `__limit` is one row more than `limit`: that row is not given, it tells that there was one.
    """
    require_dialect(engine, statement)
    bound = {**arguments, "__limit": limit + 1}
    return [bound[name] for name in statement.arguments]


def require_dialect(engine: Engine, statement: Statement) -> None:
    """Refuse a statement that was made for another engine.

    Raises `engine.failed`.
    """
    if statement.dialect != engine.dialect:
        raise EngineError(
            "engine.failed",
            f"a statement in the dialect `{statement.dialect}` cannot run on `{engine.dialect}`",
            "compile the question for this database",
        )


def milliseconds(timeout_s: float) -> int:
    """The limit as databases take it; never 0, which is none, for a short one.

    >>> milliseconds(0), milliseconds(0.0001), milliseconds(2.5)
    (0, 1, 2500)
    """
    return max(1, int(timeout_s * 1000)) if timeout_s else 0


@contextmanager
def stoppable(cancellation: Cancellation | None, interrupt: Callable[[], None]) -> Iterator[None]:
    """Within it, cancelling calls `interrupt` in a thread of its own, until the statement has ended.

    Once is not enough: DuckDB and SQLite forget an interrupt that arrives before the statement starts.
    Raises `engine.cancelled` where it was cancelled already.
    """
    if cancellation is None:
        yield
        return
    if cancellation.cancelled:
        raise was_cancelled()
    ended = Event()
    threads: list[Thread] = []

    def insist() -> None:
        interrupt()
        while not ended.wait(0.02):
            interrupt()

    def stop() -> None:
        if not threads:
            threads.append(Thread(target=insist, daemon=True))
            threads[0].start()

    cancellation.watch(stop)
    try:
        yield
    finally:
        ended.set()
        cancellation.watch(None)
        # INVARIANT: no interrupt is under way once we are out of here, or it would hit the next
        # statement of the same connection.
        for thread in threads:
            thread.join()


def was_interrupted(cancellation: Cancellation | None, timeout_s: float) -> EngineError:
    """Why a statement was stopped in the middle: the caller went away, or time was up."""
    if cancellation is not None and cancellation.cancelled:
        return was_cancelled()
    return EngineError(
        "engine.timeout",
        f"the statement ran longer than {timeout_s:g} s",
        "ask for less, or raise the setting `statement_timeout_s`",
    )


def was_cancelled() -> EngineError:
    """The caller went away."""
    return EngineError(*failure.CANCELLED)


def unreachable(name: str, hint: str) -> EngineError:
    """The database `name` cannot be reached; `hint` says why, as far as we know."""
    return EngineError("engine.unreachable", f"the database `{name}` cannot be reached", hint)


def refused(text: str, sql: str) -> PlanError:
    """`plan.invalid`, with what may be shown of the vendor's reason: one line, no suggestions, no values.

    Suggestions go, for they name what exists, and the reader may not be allowed to know. `sql` is what was
    refused: the values that the reason can hold are its literals.

    >>> refused('Binder Error: column "x" not found!\\nCandidate bindings: "y"', 'SELECT "x"').message
    'the database refuses the SQL: column "x" not found'
    >>> refused("Could not convert string 'plugh' to INT32", "SELECT CAST('plugh' AS INT)").message
    "the database refuses the SQL: Could not convert string '…' to INT32"
    """
    line = text.strip().partition("\n")[0]
    for suggestion in ("Did you mean", "Candidate ", "Perhaps you", "LINE 1:"):
        line = line.partition(suggestion)[0]
    kind, colon, rest = line.partition(" Error: ")
    if colon and kind.replace(" ", "").isalpha():
        line = rest
    shown = _without_literals(line.strip().rstrip(".!"), sql)
    return PlanError("plan.invalid", f"the database refuses the SQL: {shown[:300]}")


_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NAME = re.compile(r'"((?:[^"]|"")*)"')
_NUMBER = re.compile(r"(?<![\w.])\d[\d.]*")


def _without_literals(line: str, sql: str) -> str:
    """The line with `…` for literals of the SQL, and for longer words of them that are no names in it."""
    texts = [found[1].replace("''", "'") for found in _TEXT.finditer(sql)]
    names = {found[1].casefold() for found in _NAME.finditer(_TEXT.sub("", sql))}
    words = {word for text in texts for word in re.findall(r"\w{3,}", text) if word.casefold() not in names}
    numbers = set(_NUMBER.findall(_TEXT.sub("", sql)))
    for literal in sorted({*texts, *words, *numbers} - {""}, key=len, reverse=True):
        line = re.sub(rf"(?<!\w){re.escape(literal)}(?!\w)", "…", line)
    return _TEXT.sub("'…'", line)
