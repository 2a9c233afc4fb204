"""An engine in processes of its own: what a statement does to memory or to its process, it does there.

DuckDB has limits of its own, and parts of it that do not know them: scalar functions, vectors of long
text, a bug. Here the operating system holds the limit, and the clock ends what does not end itself.
"""

from __future__ import annotations

import io
import pickle
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from threading import BoundedSemaphore, Lock
from typing import IO, Any

from nlq.catalog import Catalog, Dialect
from nlq.child import READY, Child, DeadError, bound_memory, open_streams, read, write
from nlq.defence.identity import Identity
from nlq.engine import failure
from nlq.engine.base import Engine, require_dialect
from nlq.engine.cancellation import Cancellation, was_cancelled, was_interrupted
from nlq.engine.failure import unreachable
from nlq.engine.rows import Argument, Rows, Sink, Version
from nlq.engine.work import Done, Work, read_done, write_done
from nlq.engine.writing import Terms
from nlq.errors import CODES, ChangeError, EngineError, NlqError, PlanError, PolicyError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

GRACE_S = 1.0
"""What a statement has beyond its limit to end by itself, before its process is ended."""

HEADROOM_MB = 512
"""Address space beyond the engine's own limit of memory: stacks of threads, the rows of the answer."""

UNBOUNDED_MB = 16_384
"""The same where the engine has no limit of its own."""

WORKERS = 4
"""Processes at most. Each has the memory that the settings allow."""

LARGEST = 2**30
"""Bytes of an answer."""

VALUE, ERROR, COLUMNS, ROWS = b"v", b"e", b"c", b"r"

_KILLED = {signal.SIGKILL, signal.SIGABRT}
"""How a process ends that asked for more memory than there is: the kernel's doing, or C++'s."""

_CLASSES = {
    ("decimal", "Decimal"),
    ("uuid", "UUID"),
    ("pytz", "_UTC"),
    *(("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")),
}
"""Values of rows. Whatever else a process sends is not made."""


class WorkerEngine:
    """An engine for a file, whose statements run in at most `WORKERS` processes."""

    def __init__(self, engine: Engine, path: str, settings: Settings) -> None:
        """`engine` is the same here, and asked for the catalog alone: no caller's statement runs in it."""
        self.name = engine.name
        self._here = engine
        self._path = path
        self._settings = settings
        self._slots = BoundedSemaphore(WORKERS)
        self._writer = Lock()
        self._idle: list[Child] = []
        self._closed = False

    @property
    def dialect(self) -> Dialect:
        """See `Engine.dialect`."""
        return self._here.dialect

    def version(self) -> Version | None:
        """See `Engine.version`."""
        return self._here.version()

    def introspect(self) -> Catalog:
        """See `Engine.introspect`."""
        return self._here.introspect()

    def describe(self, statement: Statement, identity: Identity | None = None) -> tuple[ResultColumn, ...]:
        """See `Engine.describe`."""
        require_dialect(self, statement)
        found = self._call(("describe", statement), self._settings.statement_timeout_s, None)
        return tuple(ResultColumn(name, type_) for name, type_ in found)

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
        """See `Engine.run`. To cancel is to end the process."""
        require_dialect(self, statement)
        started = time.perf_counter()
        request = ("run", statement, dict(arguments), limit, timeout_s, sink is not None)
        columns, rows, truncated, version, handed_on = self._call(request, timeout_s, cancellation, sink)
        return Rows(
            _columns(columns), tuple(rows), truncated, time.perf_counter() - started,
            Version(*version) if version else None, handed_on,
        )  # fmt: skip

    def write(
        self,
        work: Work,
        terms: Terms,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Done:
        """See `Engine.write`. Nobody reads meanwhile: the file is given to one process, which writes."""
        from nlq.engine.duckdb import DuckDBEngine

        if not isinstance(self._here, DuckDBEngine):
            return self._here.write(work, terms, cancellation, identity)
        message = pickle.dumps(("write", work, terms))
        with self._alone(terms.timeout_s), self._here.released(terms.timeout_s):
            self._release_idle()
            with self._own_child(terms.timeout_s, cancellation) as child:
                kind, value = self._talk(child, message, terms.timeout_s, cancellation)
        if kind == ERROR:
            raise _error(value)
        return read_done(str(value))

    @contextmanager
    def _alone(self, timeout_s: float) -> Iterator[None]:
        """Within it no process of ours has work."""
        if not self._writer.acquire(timeout=timeout_s or -1):
            raise was_interrupted(None, timeout_s)
        have = 0
        try:
            while have < WORKERS:
                if not self._slots.acquire(timeout=timeout_s or None):
                    raise was_interrupted(None, timeout_s)
                have += 1
            yield
        finally:
            for _ in range(have):
                self._slots.release()
            self._writer.release()

    def _release_idle(self) -> None:
        """Have the processes that wait for work close the file."""
        for child in list(self._idle):
            try:
                with child.killed_after(GRACE_S):
                    child.send(VALUE, pickle.dumps(("release",)))
                    child.receive(LARGEST)
            except DeadError:
                child.kill()

    def release(self) -> None:
        """See `Engine.release`."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().kill()
        self._here.close()

    def _call(
        self,
        request: object,
        timeout_s: float,
        cancellation: Cancellation | None,
        sink: Sink | None = None,
    ) -> Any:
        if self._closed:
            raise unreachable(self.name, "it was closed")
        if cancellation is not None and cancellation.cancelled:
            raise was_cancelled()
        message = pickle.dumps(request)
        with self._child(timeout_s, cancellation) as child:
            kind, value = self._talk(child, message, timeout_s, cancellation, sink)
        if kind == ERROR:
            raise _error(value)
        return value

    def _talk(
        self,
        child: Child,
        message: bytes,
        timeout_s: float,
        cancellation: Cancellation | None,
        sink: Sink | None = None,
    ) -> tuple[bytes, Any]:
        """What the process answers, and whether that is a value or an error."""
        if cancellation is not None:
            cancellation.watch(child.stop)
        try:
            with child.killed_after(timeout_s and timeout_s + GRACE_S):
                child.send(VALUE, message)
                kind, body = child.receive(LARGEST)
                while sink is not None and kind in (COLUMNS, ROWS):
                    if kind == COLUMNS:
                        sink.begin(_columns(_load(body)))
                    else:
                        sink.add(_load(body))
                    kind, body = child.receive(LARGEST)
            value = _load(body)
        finally:
            if cancellation is not None:
                cancellation.watch(None)
        return kind, value

    @contextmanager
    def _child(self, timeout_s: float, cancellation: Cancellation | None) -> Iterator[Child]:
        """A process of one's own; one that died of it is not used again."""
        if not self._slots.acquire(timeout=timeout_s or None):
            raise was_interrupted(None, timeout_s)
        try:
            with self._own_child(timeout_s, cancellation) as child:
                yield child
        finally:
            self._slots.release()

    @contextmanager
    def _own_child(self, timeout_s: float, cancellation: Cancellation | None) -> Iterator[Child]:
        child: Child | None = None
        try:
            child = self._take()
            yield child
            if child.is_alive:  # it may have been cancelled while its answer was on the way
                self._idle.append(child)
                child = None
        except DeadError:
            if cancellation is not None and cancellation.cancelled:
                raise was_cancelled() from None
            raise self._ended(child, timeout_s) from None
        finally:
            if child is not None:
                child.kill()
            if self._closed:
                with suppress(IndexError):
                    self._idle.pop().kill()

    def _take(self) -> Child:
        while self._idle:
            with suppress(IndexError):
                child = self._idle.pop()
                if child.is_alive:
                    return child
                child.kill()
        return Child("nlq.engine.worker", (self._here.dialect, self._path, self._settings))

    def _ended(self, child: Child | None, timeout_s: float) -> EngineError:
        if child is None:
            return unreachable(self.name, "no process could be started for it")
        if child.was_late:
            return was_interrupted(None, timeout_s)
        child.kill()
        return EngineError(*(failure.MEMORY if child.signal in _KILLED else failure.BROKEN))


def main(dialect: Dialect, path: str, settings: Settings) -> None:
    """In the process: answer until the other side closes."""
    requests, replies = open_streams()
    engine = _open(dialect, path, settings)
    bound_memory((settings.memory_limit_mb or UNBOUNDED_MB) + HEADROOM_MB)
    write(replies, READY, b"")
    while (message := read(requests)) is not None:
        try:
            sending = _Sending(replies)
            reply = VALUE, pickle.dumps(_answer(engine, sending, *pickle.loads(message[1])), 5)
        except NlqError as error:
            reply = ERROR, pickle.dumps((error.code, error.message, error.hint))
        except MemoryError:
            reply = ERROR, pickle.dumps(failure.MEMORY)
        write(replies, *reply)
    sys.exit(0)


def _open(dialect: Dialect, path: str, settings: Settings) -> Engine:
    if dialect == "duckdb":
        from nlq.engine.duckdb import DuckDBEngine

        return DuckDBEngine(path, settings)
    from nlq.engine.sqlite import SQLiteEngine

    return SQLiteEngine(path, settings)


class _Sending:
    """A sink that is on the other side."""

    def __init__(self, replies: IO[bytes]) -> None:
        self._replies = replies

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """See `Sink.begin`."""
        write(self._replies, COLUMNS, pickle.dumps([(c.name, c.type) for c in columns]))

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Sink.add`."""
        write(self._replies, ROWS, pickle.dumps(rows, 5))


def _columns(described: Sequence[tuple[str, str]]) -> tuple[ResultColumn, ...]:
    return tuple(ResultColumn(name, type_) for name, type_ in described)


def _answer(engine: Engine, sending: Sink, action: str, *rest: Any) -> object:
    if action == "release":
        engine.release()
        return None
    if action == "write":
        return write_done(engine.write(*rest))
    if action == "describe":
        return [(c.name, c.type) for c in engine.describe(*rest)]
    statement, arguments, limit, timeout_s, goes_on = rest
    sink = sending if goes_on else None
    rows = engine.run(statement, arguments, limit=limit, timeout_s=timeout_s, sink=sink)
    version = astuple(rows.version) if rows.version else None
    return [(c.name, c.type) for c in rows.columns], rows.rows, rows.truncated, version, rows.handed_on


_KINDS: dict[str, type[NlqError]] = {"plan": PlanError, "policy": PolicyError, "change": ChangeError}


class _Unpickler(pickle.Unpickler):
    """Makes values of rows and nothing else: the process that sent them ran what a stranger wrote."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _CLASSES:
            raise DeadError(f"{module}.{name}")
        return super().find_class(module, name)


def _load(body: bytes) -> Any:
    try:
        return _Unpickler(io.BytesIO(body)).load()
    except DeadError:
        raise
    except Exception as error:  # a pickle that is broken raises whatever it likes
        raise DeadError from error


def _error(value: object) -> NlqError:
    match value:
        case (str(code), str(message), (str() | None) as hint) if code in CODES:
            return _KINDS.get(code.partition(".")[0], EngineError)(code, message, hint)
    return EngineError(*failure.BROKEN)
