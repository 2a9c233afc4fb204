"""One connection to Postgres, driven by an event loop: a request is sent at once, in one round trip.

libpq's pipeline mode, one request at a time: what a request does wrong or is slow with, it does to itself.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from nlq.engine.postgres_results import take_results

PREPARED = 200
"""Statements that a connection keeps prepared; the one that was not used for longest makes room."""

CANCEL_S = 2.0
"""How long a statement that was cancelled may take to end before its connection is closed."""

BEGIN, ROLLBACK = b"BEGIN READ ONLY", b"ROLLBACK"

_BAD = (ExecStatus.FATAL_ERROR, ExecStatus.NONFATAL_ERROR, ExecStatus.BAD_RESPONSE)


class LostError(Exception):
    """The connection broke before the database had answered."""


@dataclass(slots=True)
class Answers:
    """What the database answers to the statements of one transaction, in their order.

    Those before `prepared_at` belong to what was said before the statement itself.
    """

    results: list[PGresult] = field(default_factory=list)
    has_failed: bool = False
    expected: int = 0
    prepared_at: int = 0
    preparing: list[tuple[int, tuple[bytes, tuple[int, ...]], bytes]] = field(default_factory=list)
    forgetting: list[tuple[int, tuple[bytes, tuple[int, ...]], bytes]] = field(default_factory=list)

    def expect(self) -> int:
        """The place of the answer to what was just sent."""
        self.expected += 1
        return self.expected - 1

    def is_done(self, at: int) -> bool:
        """Whether the statement at that place, which gives no rows, was run."""
        return at < len(self.results) and self.results[at].status == ExecStatus.COMMAND_OK

    def error(self) -> tuple[int, psycopg.Error] | None:
        """The first error, and its place."""
        if not self.has_failed:
            return None
        for at, result in enumerate(self.results):
            if result.status in _BAD:
                return at, psycopg.errors.error_from_result(result, encoding="utf-8")
        return None


@dataclass(slots=True)
class _Exchange:
    """What was sent, until the database has answered all of it."""

    ended: asyncio.Future[bool]
    results: list[PGresult] = field(default_factory=list)
    has_failed: bool = False


class Wire:
    """A connection, used by one request at a time."""

    def __init__(
        self,
        connection: psycopg.AsyncConnection[Any],
        on_lost: Callable[[Wire], None],
        local: Sequence[bytes] = (),
    ) -> None:
        """`on_lost` is told when it breaks while nobody uses it.

        `local` is what is said at the begin of each transaction where the session is not ours alone. Then
        nothing is prepared: another client may have called its own by the same name.
        """
        self._connection = connection
        self._local = local
        self._pgconn: PGconn = connection.pgconn
        self._socket = self._pgconn.socket
        self.loop = asyncio.get_running_loop()
        self._on_lost = on_lost
        self._exchange: _Exchange | None = None
        self._prepared: OrderedDict[tuple[bytes, tuple[int, ...]], bytes] = OrderedDict()
        self._named = 0
        self._writing = False
        self.aborted = False
        self._pending = False
        self._cancelling: asyncio.Task[None] | None = None
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        self.loop.add_reader(self._socket, self._readable)

    @property
    def is_alive(self) -> bool:
        """Whether it may be used again: nothing that was sent is still to be answered."""
        return not self.aborted and not self._pending and self._pgconn.status == ConnStatus.OK

    async def run(
        self,
        told: Sequence[bytes],
        kept: Sequence[bytes],
        sql: str,
        values: Sequence[bytes | None] = (),
        types: tuple[int, ...] = (),
    ) -> tuple[Answers, int]:
        """The answers to a read-only transaction, and the place of that of `sql` among them.

        `told` and then `kept` are said first, inside the transaction; what is kept is prepared.
        Whatever fails, the transaction is over afterwards.
        """
        answers = self._begin(told, kept)
        at = self._send(answers, sql.encode(), values, types)
        self._end(answers)
        return await self._in_transaction(answers), at

    async def describe(
        self, told: Sequence[bytes], kept: Sequence[bytes], sql: str, types: tuple[int, ...]
    ) -> tuple[Answers, int]:
        """As `run`, of the description of `sql`, which is not run."""
        answers = self._begin(told, kept)
        self._pgconn.send_prepare(b"", sql.encode(), list(types))
        answers.expect()
        self._pgconn.send_describe_prepared(b"")
        at = answers.expect()
        self._end(answers)
        return await self._in_transaction(answers), at

    def abort(self) -> None:
        """End what runs. The connection is not used again: the cancellation might reach what is next."""
        if not self.aborted:
            self.aborted = True
            self._cancelling = self.loop.create_task(self._cancel())  # kept, or it could be collected

    def literal(self, text: str) -> bytes:
        """Text as SQL writes it, by the rules that the server goes by."""
        return bytes(psycopg.pq.Escaping(self._pgconn).escape_literal(text.encode()))

    def close(self) -> None:
        """Give it back to the operating system."""
        if self._socket >= 0:
            self.loop.remove_reader(self._socket)
            if self._writing:
                self.loop.remove_writer(self._socket)
            self._socket = -1
            self._pgconn.finish()
        self._fail(LostError())

    def _begin(self, told: Sequence[bytes], kept: Sequence[bytes]) -> Answers:
        answers = Answers()
        self._pending = True
        self._send(answers, BEGIN)
        for words in (*self._local, *told):
            self._pgconn.send_query_params(words, None)
            answers.expect()
        for words in kept:
            self._send(answers, words)
        answers.prepared_at = answers.expected
        return answers

    def _end(self, answers: Answers) -> None:
        self._send(answers, ROLLBACK)
        while len(self._prepared) > PREPARED:
            key, name = self._prepared.popitem(last=False)
            self._pgconn.send_query_params(b"DEALLOCATE " + name, None)
            answers.forgetting.append((answers.expect(), key, name))

    def _send(
        self,
        answers: Answers,
        sql: bytes,
        values: Sequence[bytes | None] = (),
        types: tuple[int, ...] = (),
    ) -> int:
        """The place of its answer. It is prepared, where the session is ours."""
        if self._local:
            self._pgconn.send_query_params(sql, values, types)
        else:
            self._pgconn.send_query_prepared(self._prepare(answers, sql, types), values)
        return answers.expect()

    def _prepare(self, answers: Answers, words: bytes, types: tuple[int, ...]) -> bytes:
        """The name of the statement, which is prepared now where it was not."""
        name = self._prepared.get((words, types))
        if name is not None:
            self._prepared.move_to_end((words, types))
            return name
        self._named += 1
        name = b"nlq_%d" % self._named
        self._pgconn.send_prepare(name, words, list(types))
        answers.preparing.append((answers.expect(), (words, types), name))
        return name

    async def _in_transaction(self, answers: Answers) -> Answers:
        exchange = await self._sent()
        answers.results, answers.has_failed = exchange.results, exchange.has_failed
        for at, key, name in answers.preparing:
            # INVARIANT: what is prepared is known even where running it failed, or it would be prepared
            # again under another name each time.
            if answers.is_done(at):
                self._prepared[key] = name
        for at, key, name in answers.forgetting:
            # It was passed over after an error: still there, and the first to go.
            if not answers.is_done(at):
                self._prepared[key] = name
                self._prepared.move_to_end(key, last=False)
        if answers.has_failed:
            # After an error Postgres passes over the rest, and with it over our ROLLBACK.
            self._pending = True
            self._pgconn.send_query_params(ROLLBACK, None)
            with suppress(LostError):
                await self._sent()
        return answers

    async def _sent(self) -> _Exchange:
        """What was sent since the last time, with all that the database answers."""
        exchange = self._exchange = _Exchange(self.loop.create_future())
        try:
            self._pgconn.pipeline_sync()
            self._flush()
        except psycopg.OperationalError:
            self._lose()
        if self._pgconn.status != ConnStatus.OK:
            self._lose()  # libpq closed it, and pretends to send
        try:
            await exchange.ended
            return exchange
        except asyncio.CancelledError:
            self.abort()
            raise

    def look(self) -> None:
        """Look for an answer although nobody said that there is one: now and then, while one is expected.

        Where the server goes away without having read what we sent, epoll tells an error. libuv takes that
        for a reason to say nothing more, so that uvloop never calls us.
        """
        if self._exchange is not None:
            self._readable()

    def _flush(self) -> None:
        more = bool(self._pgconn.flush())
        if more and not self._writing:
            self.loop.add_writer(self._socket, self._writable)
        elif not more and self._writing:
            self.loop.remove_writer(self._socket)
        self._writing = more

    def _writable(self) -> None:
        try:
            self._flush()
        except psycopg.OperationalError:
            self._lose()

    def _readable(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            if self._exchange is not None:
                self._read(self._exchange)
        except psycopg.OperationalError:
            self._lose()
            return
        if self._exchange is None and pgconn.status != ConnStatus.OK:
            self._lose()

    def _read(self, exchange: _Exchange) -> None:
        before = len(exchange.results)
        is_over = take_results(self._pgconn, exchange.results)
        for result in exchange.results[before:]:
            if result.status in _BAD:
                exchange.has_failed = True
        if is_over:
            self._exchange, self._pending = None, False
            if not exchange.ended.done():
                exchange.ended.set_result(True)
        elif self._pgconn.status != ConnStatus.OK:
            self._lose()

    def _lose(self) -> None:
        idle = self._exchange is None
        self.close()
        if idle:
            self._on_lost(self)

    def _fail(self, error: Exception) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is None or exchange.ended.done():
            return
        if exchange.has_failed:
            exchange.ended.set_result(True)  # the database has said why
        else:
            exchange.ended.set_exception(error)

    async def _cancel(self) -> None:
        with suppress(psycopg.Error, OSError):
            await self._connection.cancel_safe(timeout=CANCEL_S)
        exchange = self._exchange
        if exchange is not None:
            with suppress(asyncio.TimeoutError, LostError, asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(exchange.ended), CANCEL_S)
        self.close()
