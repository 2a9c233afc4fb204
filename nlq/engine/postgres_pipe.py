"""Statements of one transaction, sent together where none waits for what another gives.

psycopg's pipelines do this too. What they spend on cursors and generators is more than all else that a
change costs here: it has ten statements, always the same, which give text.
"""

from __future__ import annotations

import itertools
import select
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from nlq.engine.postgres_results import take_results
from nlq.engine.rows import Argument
from nlq.engine.sendable import sendable

PREPARED = 200
"""Statements that a connection keeps prepared; the one that was not used for longest makes room."""

_FLOAT, _NUMERIC = 701, 1700
_BAD = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED, ExecStatus.BAD_RESPONSE)

_Key = tuple[str, tuple[int, ...]]
_names = itertools.count(1)
_prepared: WeakKeyDictionary[psycopg.Connection[Any], OrderedDict[_Key, bytes]] = WeakKeyDictionary()


@dataclass(slots=True)
class _Sent:
    """What an answer belongs to: a statement of the caller's, or one that prepares `key` as `name`.

    Or one of ours that `forgets` it.
    """

    key: _Key | None = None
    name: bytes = b""
    is_ours: bool = False
    forgets: bool = False


class Pipe:
    """A connection in libpq's pipeline mode. Statements are prepared, unless it may prepare none."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._pgconn: PGconn = connection.pgconn
        self._may_prepare = connection.prepare_threshold is not None
        self._prepared = _prepared.setdefault(connection, OrderedDict())
        self._sent: list[_Sent] = []
        self._statements = 0

    def send(self, sql: str, values: Sequence[Argument] = ()) -> int:
        """Send one statement with its values; its place among the answers that come next."""
        texts, types = _dump(values)
        if self._may_prepare:
            self._pgconn.send_query_prepared(self._prepare((sql, types)), texts)
        else:
            self._pgconn.send_query_params(sql.encode(), texts, types)
        self._sent.append(_Sent())
        self._statements += 1
        return self._statements - 1

    def answers(self) -> list[PGresult]:
        """What the database answers to all that was sent since the last time, in order.

        Raises `psycopg.Error`, the first there was.
        """
        sent, self._sent, self._statements = self._sent, [], 0
        self._pgconn.pipeline_sync()
        results = self._receive()
        for result, of in zip(results, sent, strict=False):
            # INVARIANT: what is prepared is known also where a later statement fails.
            if of.key is not None and (result.status in _BAD) == of.forgets:
                self._prepared[of.key] = of.name
                if of.forgets:  # it is still there, and the first to go
                    self._prepared.move_to_end(of.key, last=False)
        for result in results:
            if result.status in _BAD:
                raise psycopg.errors.error_from_result(result, encoding="utf-8")
        return [result for result, of in zip(results, sent, strict=True) if not of.is_ours]

    def drain(self) -> None:
        """Wait for what is still to be answered, whatever it is."""
        if self._sent:
            with suppress(psycopg.Error):
                self.answers()

    def _prepare(self, key: _Key) -> bytes:
        """The name of the statement, which is prepared now where it was not."""
        if (name := self._prepared.get(key)) is not None:
            self._prepared.move_to_end(key)
            return name
        for sent in self._sent:
            if sent.key == key and not sent.forgets:
                return sent.name
        if len(self._prepared) >= PREPARED:
            old, oldest = self._prepared.popitem(last=False)
            self._pgconn.send_query_params(b"DEALLOCATE " + oldest, None)
            self._sent.append(_Sent(old, oldest, is_ours=True, forgets=True))
        name = b"nlq_change_%d" % next(_names)
        self._pgconn.send_prepare(name, key[0].encode(), list(key[1]))
        self._sent.append(_Sent(key, name, is_ours=True))
        return name

    def _receive(self) -> list[PGresult]:
        """All results up to the end of what was sent."""
        pgconn, results = self._pgconn, list[PGresult]()
        poll = select.poll()
        while True:
            unsent = pgconn.flush()
            # INVARIANT: read while there is more to send, or two full buffers would wait for each other.
            poll.register(pgconn.socket, select.POLLIN | (select.POLLOUT if unsent else 0))
            poll.poll()
            pgconn.consume_input()
            if take_results(pgconn, results):
                return results
            if pgconn.status != ConnStatus.OK:
                raise psycopg.OperationalError("the connection was lost")


@contextmanager
def piped(connection: psycopg.Connection[Any]) -> Iterator[Pipe]:
    """The connection as a pipe, and as it was afterwards."""
    pgconn, pipe = connection.pgconn, Pipe(connection)
    pgconn.nonblocking = 1
    pgconn.enter_pipeline_mode()
    try:
        yield pipe
    finally:
        if pgconn.status == ConnStatus.OK:
            pipe.drain()
        if pgconn.status == ConnStatus.OK:
            pgconn.exit_pipeline_mode()
            pgconn.nonblocking = 0


def read_rows(result: PGresult) -> list[tuple[str | None, ...]]:
    """The rows of a result whose columns are text; of a statement that gives none, how many it changed."""
    if result.status != ExecStatus.TUPLES_OK:
        return [(str(result.command_tuples or 0),)]
    columns = range(result.nfields)
    return [
        tuple(None if (v := result.get_value(row, c)) is None else v.decode() for c in columns)
        for row in range(result.ntuples)
    ]


def _dump(values: Sequence[Argument]) -> tuple[list[bytes | None], tuple[int, ...]]:
    """Values as text, and their types where they have to be told."""
    texts: list[bytes | None] = []
    types: list[int] = []
    for value in map(sendable, values):
        match value:
            case None:
                texts.append(None)
            case float():
                texts.append(repr(value).encode())
            case _:
                text = str(value).encode()
                if b"\0" in text:
                    raise psycopg.DataError("a text cannot contain NUL")
                texts.append(text)
        types.append(_FLOAT if isinstance(value, float) else _NUMERIC if isinstance(value, Decimal) else 0)
    return texts, tuple(types)
