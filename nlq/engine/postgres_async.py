"""Postgres for an event loop: statements that are known, one round trip each, rows as JSON that it made.

Beside `PostgresEngine`, which does all the rest. Of the session, each connection is told once what that one
tells it in every transaction: so it must be ours alone. Behind a pooler that hands sessions on
(PgBouncer) nothing is run here.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import psycopg
from psycopg.pq.abc import PGresult

from nlq.defence.identity import CLAIMS, ROLES, Identity
from nlq.defence.names import quote
from nlq.engine import failure
from nlq.engine.base import (
    Argument,
    Cancellation,
    Encoded,
    milliseconds,
    unreachable,
    values_in_order,
    was_cancelled,
    was_interrupted,
)
from nlq.engine.postgres import (
    ABOVE_RULES,
    NOBODY,
    NOT_DEFENDED,
    SEARCH_PATH,
    SETTINGS,
    PostgresEngine,
    failure_of,
    idle_limit,
    undefended,
    why_no_connection,
)
from nlq.engine.postgres_json import select_json
from nlq.engine.postgres_wire import Answers, LostError, Wire
from nlq.engine.sendable import sendable
from nlq.errors import EngineError, NlqError
from nlq.guard.statement import Statement

CONNECTIONS = 8
"""Statements that run at the same time; others wait, the first first."""

GRACE_S = 1.0
"""What the database has beyond a statement's limit to end it by itself."""

LOOK_S = 0.1
"""How often to look at what runs and waits: for connections that broke, and for time that is up."""

FULL_S = 1.0
"""How long to make do with the connections that are open where no more can be opened."""

FORMS = 2000
"""Statements of which is known how their rows become JSON; all are forgotten when there are more."""

FIRST_OF_USERS = 16_384
"""OIDs from here on are of objects that users made (PostgreSQL: `FirstNormalObjectId`)."""

_ENDED = ("57P0", "08")
"""SQLSTATEs of a server that is stopped, or ended the connection: perhaps long before this request."""

_ENUMS = "SELECT oid FROM pg_catalog.pg_type WHERE typtype = 'e'"
_TYPES: dict[type, int] = {float: 701, Decimal: 1700}
"""As psycopg declares parameters; all others have no type, so that Postgres infers the one it needs."""


class SharedError(Exception):
    """The session is not ours alone."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement whose rows are texts of JSON; `sql` is empty where Postgres cannot make them."""

    sql: str
    names: tuple[str, ...]


class AsyncPostgres:
    """Connections of one event loop to the database of an engine."""

    def __init__(self, engine: PostgresEngine, connections: int = CONNECTIONS) -> None:
        self._engine = engine
        self._most = connections
        self._open = 0
        self._idle: list[Wire] = []
        self._wires: set[Wire] = set()
        self._waiting: deque[_Turn] = deque()
        self._watches: set[_Watch] = set()
        self._round: asyncio.TimerHandle | None = None
        self._forms: dict[tuple[str, tuple[int, ...]], _Form] = {}
        self._full_until = 0.0
        self._shared = False
        self._closed = False

    async def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Encoded | None:
        """As `Engine.run`, the rows as JSON; None where that is for the engine to do."""
        values = [sendable(v) for v in values_in_order(self._engine, statement, arguments, limit)]
        bounded = "__limit" in statement.arguments
        if not bounded:
            values.append(str(limit + 1))
        try:
            sent = [None if value is None else str(value).encode() for value in values]
        except UnicodeError as error:
            raise failure_of(error, None, timeout_s) from None
        started = time.perf_counter()
        types = tuple([_TYPES.get(type(value), 0) for value in values])
        job = _Job(statement, bounded, sent, types, identity or NOBODY)
        for attempt in (1, 2):
            if self._shared:
                return None
            try:
                wire, is_new = await self._take(timeout_s)
            except SharedError:
                return None
            try:
                with _Watch(self, wire, cancellation, timeout_s) as watch:
                    try:
                        found = await self._run_on(wire, job)
                    except LostError:
                        if watch.why is not None:
                            raise watch.why from None
                        # What only reads may be run again: a connection that was kept may be dead.
                        if is_new or attempt == 2:
                            raise EngineError(*failure.LOST) from None
                        self._drop_idle()
                        continue
                    except psycopg.Error as error:
                        was_known = self._forms.pop((statement.sql, types), None) is not None
                        if attempt == 1 and _may_be_altered(error) and was_known:
                            wire.close()
                            self._drop_idle()
                            continue
                        if attempt == 1 and _has_ended(error) and not is_new:
                            wire.close()
                            self._drop_idle()
                            continue
                        raise watch.why or failure_of(error, cancellation, timeout_s) from None
            finally:
                self._give_back(wire)
            if found is None:
                return None
            form, result = found
            value = result.get_value
            rows = [value(i, 0) or b"" for i in range(min(result.ntuples, limit))]
            return Encoded(
                form.names,
                b"[" + b",".join(rows) + b"]",
                len(rows),
                result.ntuples > limit,
                time.perf_counter() - started,
            )
        raise AssertionError("the second attempt returns or raises")

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

    async def _run_on(self, wire: Wire, job: _Job) -> tuple[_Form, PGresult] | None:
        told, kept = self._before(wire, job.identity)
        key = (job.statement.sql, job.types)
        form = self._forms.get(key)
        if form is None:
            form = await self._find_form(wire, told, kept, job)
            if len(self._forms) >= FORMS:
                self._forms.clear()
            self._forms[key] = form
        if not form.sql:
            return None
        return form, self._answered(*await wire.run(told, kept, form.sql, job.values, job.types))

    async def _find_form(self, wire: Wire, told: list[bytes], kept: list[bytes], job: _Job) -> _Form:
        own = job.types if job.bounded else job.types[:-1]
        described = self._answered(*await wire.describe(told, kept, job.statement.sql, own))
        fields = range(described.nfields)
        columns = [((described.fname(i) or b"").decode(), described.ftype(i)) for i in fields]
        if not columns:
            raise EngineError(*failure.NOT_A_READ)
        enums: frozenset[int] = frozenset()
        if any(oid >= FIRST_OF_USERS for _, oid in columns):
            found = self._answered(*await wire.run(told, kept, _ENUMS))
            enums = frozenset(int(found.get_value(i, 0) or 0) for i in range(found.ntuples))
        limit = 0 if job.bounded else len(job.values)
        sql = select_json(job.statement.sql, columns, enums=enums, limit=limit)
        return _Form(sql or "", tuple(name for name, _ in columns))

    def _before(self, wire: Wire, identity: Identity) -> tuple[list[bytes], list[bytes]]:
        """What a transaction begins with, as in `PostgresEngine`: who asks, and a SELECT.

        INVARIANT: the SELECT comes last and takes the snapshot, after which nothing makes it read-write;
        with a role, it reads a view whose name holds the policy that the database must enforce.
        """
        names = self._engine.names
        if names is None:
            return [], [b"SELECT 1"]
        return [
            f"SET LOCAL {ROLES} = ".encode() + wire.literal(identity.roles_text()),
            f"SET LOCAL {CLAIMS} = ".encode() + wire.literal(identity.claims_text()),
        ], [
            f"SET LOCAL ROLE {quote(names.reader)}".encode(),
            f"SELECT ready FROM {quote(names.marker(identity.policy))}".encode(),  # noqa: S608  # both quoted
        ]

    def _answered(self, answers: Answers, at: int) -> PGresult:
        found = answers.error()
        if found is None:
            return answers.results[at]
        place, error = found
        if (
            place < answers.prepared_at
            and self._engine.names is not None
            and error.sqlstate in NOT_DEFENDED
        ):
            raise undefended(NOT_DEFENDED[error.sqlstate])
        raise error

    # connections

    async def _take(self, timeout_s: float) -> tuple[Wire, bool]:
        """A connection of one's own, and whether it is new. Who came first is served first."""
        deadline = 0.0
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
                except EngineError:
                    # The database may have no more for us than those that are open: one of them will do.
                    if self._open == 0:
                        raise
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
                    self._give_back(wire)
                else:
                    self._wake()
            raise

    # what runs, and what waits

    def watch(self, watch: _Watch) -> None:
        """Look at it now and then. One timer for all costs less than one for each."""
        self._watches.add(watch)
        self._go_rounds()

    def unwatch(self, watch: _Watch) -> None:
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

    def _give_back(self, wire: Wire) -> None:
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

    def _drop_idle(self) -> None:
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
            await self._set_up(connection)
            wire = Wire(cast("Any", connection), self._on_lost)
        except BaseException as error:
            connection.pgconn.finish()
            if isinstance(error, psycopg.Error):
                raise failure_of(error, None, 0) from None
            raise
        return wire

    async def _set_up(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Tell the session what holds for every request, if the session is ours."""
        cursor = await connection.execute("SELECT pg_catalog.pg_backend_pid()", prepare=False)
        found = await cursor.fetchone()
        if found is None or found[0] != connection.pgconn.backend_pid:
            self._shared = True
            raise SharedError
        if self._engine.names is not None:
            above = await (await connection.execute(ABOVE_RULES, prepare=False)).fetchone()
            if above is None or above[0]:
                raise undefended("the user of the connection is SUPERUSER or BYPASSRLS")
        path = await (await connection.execute(SEARCH_PATH, prepare=False)).fetchone()
        limit = milliseconds(self._engine.timeout_s)
        words = (
            f"SET statement_timeout = {limit}",
            f"SET idle_in_transaction_session_timeout = {idle_limit(self._engine.timeout_s)}",
            f"SET search_path = {path[0] if path else 'pg_catalog'}",
            *(f"SET {setting}" for setting in SETTINGS),
        )
        await connection.execute(cast("Any", "; ".join(words)), prepare=False)


def _has_ended(error: psycopg.Error) -> bool:
    """Whether the connection is lost, as the server says or, without a state, libpq."""
    return error.sqlstate is None or error.sqlstate.startswith(_ENDED)


def _may_be_altered(error: psycopg.Error) -> bool:
    """Whether a relation may have been altered since the statement was prepared.

    Postgres says that its result changed, or that an expression does not fit what a column is now.
    """
    return (error.sqlstate or "").startswith(("0A", "42"))


_Turn = tuple["asyncio.Future[Wire | None]", float, float]
"""What is set to the connection, until when it waits for it, and how long that was."""


@dataclass(slots=True)
class _Job:
    """A statement with all that it needs."""

    statement: Statement
    bounded: bool
    values: list[bytes | None]
    types: tuple[int, ...]
    identity: Identity


class _Watch:
    """Within it, the statement of a connection is ended when time is up or the caller goes away."""

    __slots__ = ("_cancellation", "_deadline", "_is_over", "_pool", "_timeout_s", "_wire", "why")

    def __init__(
        self, pool: AsyncPostgres, wire: Wire, cancellation: Cancellation | None, timeout_s: float
    ) -> None:
        self.why: NlqError | None = None
        self._is_over = False
        self._pool = pool
        self._wire = wire
        self._cancellation = cancellation
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s + GRACE_S if timeout_s else math.inf

    def __enter__(self) -> _Watch:
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
