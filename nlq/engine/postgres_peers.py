"""Other servers of the same database, on this machine or another: what one knows, the others hear.

By LISTEN, NOTIFY and advisory locks, so that Postgres is all that they share: no table, and no privilege.
Any user of the database may notify. So the channel has a name that cannot be guessed, and what is said is
signed; both come from one key, which the servers share.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

import psycopg

LONGEST = 7_900
"""Bytes of what is said at once: Postgres takes less than 8,000 (manual, NOTIFY)."""

UNPACKED = 2**20
"""Bytes that what is heard may be."""

PATIENCE_S = 600.0
"""How long to wait for another server that compiles the same. Then it is compiled twice."""

HEARD_S = 10.0
"""How long what was said may take until it is heard, where somebody listens."""

STARTING_S = 2.0
"""How long a start waits until it can hear; and how long an end may take."""

AWAY_S = 1.0
"""When to try again to listen, where the database is away."""

_POLL_S = 0.05
_LOG = logging.getLogger("nlq.peers")

Message = Mapping[str, Any]


class PostgresPeers:
    """What is between this server and the others. Where the database is away, it is alone."""

    def __init__(self, conninfo: str, key: bytes) -> None:
        """`key` is the one that all share. Nothing is opened before `start`."""
        self._conninfo = conninfo
        self._key = key
        self._channel = "nlq_" + hmac.digest(key, b"channel", "sha256").hex()[:32]
        self._hear: Callable[[Message], None] = lambda _message: None
        self._lock = Lock()
        self._speaking: psycopg.Connection[Any] | None = None
        self._awaited: dict[str, Event] = {}
        self._listening: psycopg.Connection[Any] | None = None
        self._can_hear = Event()
        self._has_started = Event()
        self._thread: Thread | None = None
        self._closed = Event()

    def start(self, hear: Callable[[Message], None]) -> None:
        """Listen from now on: `hear` is told, in a thread, what others say.

        After a time in which nothing could be heard, that something has `changed`.
        """
        self._hear = hear
        self._thread = Thread(target=self._listen, name="nlq-peers", daemon=True)
        self._thread.start()
        self._can_hear.wait(STARTING_S)
        self._has_started.set()

    def tell(self, message: Message) -> bool:
        """Tell the others, and say whether they were told: not what is too long, or while it is away."""
        said = self._sign(message)
        if len(said) > LONGEST:
            _LOG.info("what is %d bytes long is not told to other servers", len(said))
            return False
        try:
            self._ask("SELECT pg_catalog.pg_notify(%s, %s)", self._channel, said)
        except psycopg.Error:
            return False
        return True

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Within it, no other server does what `key` names; all that they said before has been heard."""
        number = int.from_bytes(hmac.digest(self._key, key.encode(), "sha256")[:8], "big", signed=True)
        deadline = time.monotonic() + PATIENCE_S
        try:
            while not self._ask("SELECT pg_catalog.pg_try_advisory_lock(%s)", number):
                if time.monotonic() > deadline or self._closed.wait(_POLL_S):
                    break
            self._catch_up()
        except psycopg.Error:
            _LOG.warning("other servers cannot be asked: what they compile may be compiled here too")
        try:
            yield
        finally:
            with suppress(psycopg.Error):
                self._ask("SELECT pg_catalog.pg_advisory_unlock(%s)", number)

    def close(self) -> None:
        """Let go of everything."""
        self._closed.set()
        with self._lock:
            for connection in (self._speaking, self._listening):
                if connection is not None:
                    connection.close()
            self._speaking = None
        if self._thread is not None:
            self._thread.join(STARTING_S)

    def _catch_up(self) -> None:
        """Wait for what was said until now: what we say after it is heard after it."""
        if not self._can_hear.is_set():
            return
        token, heard = uuid4().hex, Event()
        self._awaited[token] = heard
        try:
            self.tell({"token": token})
            heard.wait(HEARD_S)
        finally:
            del self._awaited[token]

    def _ask(self, sql: str, *arguments: object) -> Any:
        """What one row with one column holds. Locks are those of the one connection that all ask by."""
        with self._lock:
            if self._closed.is_set():
                raise psycopg.OperationalError("it was closed")
            try:
                if self._speaking is None:
                    self._speaking = self._connect()
                row = self._speaking.execute(sql.encode(), arguments).fetchone()
            except psycopg.Error:
                if self._speaking is not None:
                    self._speaking.close()
                self._speaking = None
                raise
        return row[0] if row else None

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                with self._connect() as connection:
                    self._listening = connection
                    if connection.execute("SELECT pg_backend_pid()").fetchone() != (
                        connection.info.backend_pid,
                    ):
                        _LOG.error("a pooler is before the database: other servers are not heard")
                        return
                    connection.execute(f"LISTEN {self._channel}".encode())
                    missed = self._has_started.is_set()
                    self._can_hear.set()
                    if missed:
                        self._hear({"changed": True})
                    while not self._closed.is_set():
                        for notice in connection.notifies(timeout=STARTING_S):
                            self._on_notice(notice.payload)
            except psycopg.Error:
                self._can_hear.clear()
                self._closed.wait(AWAY_S)

    def _on_notice(self, said: str) -> None:
        message = self._read(said)
        if message is None:
            _LOG.warning("somebody without the key speaks to the servers of this database")
        elif (heard := self._awaited.get(str(message.get("token")))) is not None:
            heard.set()
        elif "token" not in message:
            self._hear(message)

    def _sign(self, message: Message) -> str:
        packed = base64.b64encode(zlib.compress(json.dumps(message).encode(), 9)).decode()
        return f"{packed}.{self._signature(packed)}"

    def _signature(self, packed: str) -> str:
        return hmac.digest(self._key, packed.encode(), hashlib.sha256).hex()

    def _read(self, said: str) -> Message | None:
        """The message, or None where nobody with the key has said it."""
        packed, _, signature = said.partition(".")
        if not hmac.compare_digest(self._signature(packed).encode(), signature.encode()):
            return None
        unpacker = zlib.decompressobj()
        found = json.loads(unpacker.decompress(base64.b64decode(packed), UNPACKED))
        return found if isinstance(found, dict) else None
