"""Connections of one event loop to Postgres, each used by one request at a time.

Of the session, each is told once what `PostgresEngine` tells it in every transaction, where it is ours
alone. Behind a pooler that hands sessions on (PgBouncer) it is told so in every transaction here too.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from contextlib import suppress
from typing import Any, cast

import psycopg

from nlq.engine.cancellation import Cancellation, was_cancelled, was_interrupted
from nlq.engine.failure import unreachable
from nlq.engine.postgres import PostgresEngine
from nlq.engine.postgres_failure import NONE_FREE, failure_of, undefended, why_no_connection
from nlq.engine.postgres_sessions import ABOUT, ABOVE_RULES, session_settings
from nlq.engine.postgres_wire import Wire
from nlq.errors import EngineError, NlqError

CONNECTIONS = 8
"""Statements that run at the same time; others wait, the first first."""

GRACE_S = 1.0
"""What the database has beyond a statement's limit to end it by itself."""

LOOK_S = 0.1
"""How often to look at what runs and waits: for connections that broke, and for time that is up."""

FULL_S = 1.0
"""How long to make do with the connections that are open where no more can be opened."""


class WirePool:
    """At most so many connections, opened when they are needed."""

    def __init__(self, engine: PostgresEngine, most: int) -> None:
        self._engine = engine
        self._most = most
        self._open = 0
        self._idle: list[Wire] = []
        self._wires: set[Wire] = set()
        self._waiting: deque[_Turn] = deque()
        self._watches: set[Watch] = set()
        self._round: asyncio.TimerHandle | None = None
        self._full_until = 0.0
        self._closed = False

    def load(self) -> tuple[int, int, int]:
        """Connections that are open, those of them that are idle, and statements that wait for one."""
        return len(self._wires), len(self._idle), len(self._waiting)

    def close(self) -> None:
        """Give back the connections."""
        self._closed = True
        if self._round is not None:
            self._round.cancel()
        for wire in list(self._wires):
            wire.close()
        self._idle.clear()

    async def take(self, timeout_s: float) -> tuple[Wire, bool]:
        """A connection of one's own, and whether it is new. Who came first is served first."""
        deadline, was_refused = 0.0, False
        while True:
            if self._closed:
                raise unreachable(self._engine.name, "it was closed")
            while self._idle:
                wire = self._idle.pop()
                if wire.is_alive:
                    return wire, False
                self._forget(wire)
            if self._open < self._most and (self._open == 0 or time.monotonic() > self._full_until):
                try:
                    return await self._open_one(), True
                except EngineError as error:
                    # The database may have no more for us than those that are open: one of them will do.
                    # It may refuse all that are opened at the same time, each for the others' sake: the
                    # last one tries again alone.
                    if self._open == 0 and (was_refused or error.hint != NONE_FREE):
                        raise
                    was_refused = True
                    self._full_until = time.monotonic() + FULL_S
                    continue
            deadline = deadline or (time.monotonic() + timeout_s if timeout_s else math.inf)
            wire_or_turn = await self._wait(deadline, timeout_s)
            if wire_or_turn is not None:
                return wire_or_turn, False

    async def _open_one(self) -> Wire:
        self._open += 1
        try:
            wire = await self._connect()
        except BaseException:
            self._open -= 1
            self._wake()
            raise
        self._wires.add(wire)
        return wire

    async def _wait(self, deadline: float, timeout_s: float) -> Wire | None:
        """The connection that somebody gives back, or None where one may be opened now."""
        turn: asyncio.Future[Wire | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, deadline, timeout_s))
        self._go_rounds()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                wire = turn.result()  # it was our turn, and is another's now
                if wire is not None:
                    self.give_back(wire)
                else:
                    self._wake()
            raise

    # what runs, and what waits

    def watch(self, watch: Watch) -> None:
        """Look at it now and then. One timer for all costs less than one for each."""
        self._watches.add(watch)
        self._go_rounds()

    def unwatch(self, watch: Watch) -> None:
        """Do not look at it any more."""
        self._watches.discard(watch)

    def _go_rounds(self) -> None:
        if self._round is None and not self._closed:
            self._round = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._round = None
        now = time.monotonic()
        for watch in list(self._watches):
            watch.look(now)
        for turn, deadline, timeout_s in self._waiting:
            if now > deadline and not turn.done():
                turn.set_exception(was_interrupted(None, timeout_s))
        if self._watches or self._waiting:
            self._go_rounds()

    def _wake(self, wire: Wire | None = None) -> bool:
        """Give whoever waits longest the connection, or leave to open one; whether anybody waited."""
        while self._waiting:
            turn, _, _ = self._waiting.popleft()
            if not turn.done():
                turn.set_result(wire)
                return True
        return False

    def give_back(self, wire: Wire) -> None:
        """Let another have it, or open one in its place where it broke."""
        if wire.is_alive and not self._closed:
            # INVARIANT: handed on, not laid down: whoever came later would be there before who was woken.
            if not self._wake(wire):
                self._idle.append(wire)
            return
        if not wire.aborted:
            wire.close()
        self._forget(wire)
        self._wake()

    def _forget(self, wire: Wire) -> None:
        """Let another take its place. It may have told us already that it broke."""
        if wire in self._wires:
            self._wires.discard(wire)
            self._open -= 1

    def _on_lost(self, wire: Wire) -> None:
        if wire in self._idle:
            self._idle.remove(wire)
            self._forget(wire)
            self._wake()

    def drop_idle(self) -> None:
        """Close what nobody uses."""
        while self._idle:
            wire = self._idle.pop()
            wire.close()
            self._forget(wire)

    async def _connect(self) -> Wire:
        try:
            connection = await psycopg.AsyncConnection.connect(self._engine.conninfo, autocommit=True)
        except psycopg.Error as error:
            raise unreachable(self._engine.name, why_no_connection(str(error))) from None
        try:
            local = await self._set_up(connection)
            wire = Wire(cast("Any", connection), self._on_lost, local)
        except BaseException as error:
            connection.pgconn.finish()
            if isinstance(error, psycopg.Error):
                raise failure_of(error, None, 0) from None
            raise
        return wire

    async def _set_up(self, connection: psycopg.AsyncConnection[Any]) -> list[bytes]:
        """Tell the session what holds for every request; what each has to tell it where it is not ours."""
        found = await (await connection.execute(cast("Any", ABOUT), prepare=False)).fetchone()
        backend, path = found or (0, "pg_catalog")
        if self._engine.names is not None:
            above = await (await connection.execute(ABOVE_RULES, prepare=False)).fetchone()
            if above is None or above[0]:
                raise undefended("the user of the connection is SUPERUSER or BYPASSRLS")
        settings = session_settings(self._engine.timeout_s, path)
        if backend != connection.pgconn.backend_pid:
            return [f"SET LOCAL {setting}".encode() for setting in settings]
        words = "; ".join(f"SET {setting}" for setting in settings)
        await connection.execute(cast("Any", words), prepare=False)
        return []


_Turn = tuple["asyncio.Future[Wire | None]", float, float]
"""What is set to the connection, until when it waits for it, and how long that was."""


class Watch:
    """Within it, the statement of a connection is ended when time is up or the caller goes away."""

    __slots__ = ("_cancellation", "_deadline", "_is_over", "_pool", "_timeout_s", "_wire", "why")

    def __init__(
        self, pool: WirePool, wire: Wire, cancellation: Cancellation | None, timeout_s: float
    ) -> None:
        self.why: NlqError | None = None
        self._is_over = False
        self._pool = pool
        self._wire = wire
        self._cancellation = cancellation
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s + GRACE_S if timeout_s else math.inf

    def __enter__(self) -> Watch:
        """Raises `engine.cancelled` where it was cancelled already."""
        if self._cancellation is not None:
            if self._cancellation.cancelled:
                raise was_cancelled()
            self._cancellation.watch(self._cancel)
        self._pool.watch(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._pool.unwatch(self)
        if self._cancellation is not None:
            self._cancellation.watch(None)

    def look(self, now: float) -> None:
        """End what took too long, and notice a connection that broke unseen."""
        if now > self._deadline:
            self._end(was_interrupted(None, self._timeout_s))
        else:
            self._wire.look()

    def _cancel(self) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # the loop has ended meanwhile
            self._wire.loop.call_soon_threadsafe(self._end, was_cancelled())

    def _end(self, why: NlqError) -> None:
        # INVARIANT: once we are out of here, the connection is another's.
        if self.why is None and not self._is_over:
            self.why = why
            self._wire.abort()
