"""Connections to Postgres for threads: each request is one transaction, rolled back, on one of them.

They are kept here rather than by psycopg_pool: a database that is gone is told at once and not after a
wait, no thread runs while nobody asks, and the first words of the transaction are the check that a kept
connection still lives, so that it costs no round trip of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Any, cast

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.pq import Escaping, Format, TransactionStatus
from psycopg.raw_cursor import RawCursor
from psycopg.rows import TupleRow

from nlq.defence.identity import CLAIMS, ROLES, Identity
from nlq.defence.names import Names, quote
from nlq.engine.cancellation import milliseconds, was_interrupted
from nlq.engine.failure import unreachable
from nlq.engine.postgres_failure import NOT_DEFENDED, failure_of, undefended, why_no_connection
from nlq.errors import EngineError

Connection = psycopg.Connection[TupleRow]

CONNECTIONS = 8
"""How many requests of one engine the database serves at once; others wait."""

NOBODY = Identity()
"""Without a role or claim: a database with rules of its own shows nothing."""

ABOVE_RULES = "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = session_user"


class Sessions:
    """At most `CONNECTIONS` to one database. With `names`, a request runs as the role of that name."""

    def __init__(self, conninfo: str, name: str, names: Names | None) -> None:
        """`name` is what errors call the database."""
        self._conninfo = conninfo
        self._name = name
        self._names = names
        self._idle: list[Connection] = []
        self._slots = BoundedSemaphore(CONNECTIONS)
        self._adapters = _lenient_adapters()
        self._search_path = "pg_catalog"
        self._closed = False

    @contextmanager
    def transaction(
        self, timeout_s: float, identity: Identity | None = None, *, writing: bool = False
    ) -> Iterator[Connection]:
        """A connection in a transaction, rolled back in the end; as the role where it has one.

        It is read-only, unless it is for `writing`, and then serializable.
        """
        if not self._slots.acquire(timeout=timeout_s or None):
            raise was_interrupted(None, timeout_s)
        try:
            connection = self._begin(timeout_s, identity, writing)
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._slots.release()

    def _begin(self, timeout_s: float, identity: Identity | None, writing: bool) -> Connection:
        while not self._closed:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            try:
                self._start(connection, timeout_s, identity, writing)
                return connection
            except psycopg.Error:
                # The database was restarted or dropped since. Nothing of the request was sent yet.
                connection.close()
        if self._closed:
            raise unreachable(self._name, "it was closed")
        try:
            connection = psycopg.connect(
                self._conninfo, autocommit=True, cursor_factory=RawCursor, context=self._adapters
            )
        except psycopg.Error as error:
            raise unreachable(self._name, why_no_connection(str(error))) from None
        try:
            self._get_to_know(connection)
            if self._names is not None:
                self._require_login_below_rules(connection)
            self._start(connection, timeout_s, identity, writing)
        except EngineError:
            connection.close()
            raise
        except psycopg.Error as error:
            connection.close()
            if self._names is not None and identity is not None and error.sqlstate in NOT_DEFENDED:
                raise undefended(NOT_DEFENDED[error.sqlstate]) from None
            raise failure_of(error, None, timeout_s) from None
        return connection

    def _get_to_know(self, connection: Connection) -> None:
        """Find out where names are looked for, and whether the session is ours alone.

        Behind a pooler it is not: what is prepared in one transaction is not there in the next, and what
        another client called by the same name is.
        """
        found = connection.execute(cast("Any", ABOUT), prepare=False).fetchone()
        if found is None:
            return
        backend, self._search_path = found
        if backend != connection.info.backend_pid:
            connection.prepare_threshold = None

    def _require_login_below_rules(self, connection: Connection) -> None:
        """Refuse a login that could leave its role and be above every rule."""
        found = connection.execute(ABOVE_RULES, prepare=False).fetchone()
        if found is None or found[0]:
            raise undefended("the user of the connection is SUPERUSER or BYPASSRLS")

    def _start(
        self, connection: Connection, timeout_s: float, identity: Identity | None, writing: bool
    ) -> None:
        """Begin the transaction, in one round trip.

        All is LOCAL: a session may be shared by a pool of somebody else's. The SELECT takes the
        snapshot, after which `SET TRANSACTION READ WRITE` is refused. The time zone is left alone: it is
        for the database to say when its days begin.
        """
        words = (
            "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE" if writing else "BEGIN READ ONLY",
            *(f"SET LOCAL {setting}" for setting in session_settings(timeout_s, self._search_path)),
            *self._become(connection, identity),
        )
        connection.execute(cast("Any", "; ".join(words)), prepare=False)

    def _become(self, connection: Connection, identity: Identity | None) -> Iterator[str]:
        """What tells the database for whom the request is, and the SELECT that ends the preparations.

        INVARIANT: it comes last, and reads a view whose name holds the policy: a request that was
        guarded under another policy than the database enforces fails here.
        """
        if self._names is None or identity is None:
            yield "SELECT 1"
            return
        yield f"SET LOCAL {ROLES} = {_literal(connection, identity.roles_text())}"
        yield f"SET LOCAL {CLAIMS} = {_literal(connection, identity.claims_text())}"
        yield f"SET LOCAL ROLE {quote(self._names.reader)}"
        yield f"SELECT ready FROM {quote(self._names.marker(identity.policy))}"  # noqa: S608  # both quoted

    def _give_back(self, connection: Connection) -> None:
        pgconn = connection.pgconn
        # Not by psycopg's `rollback`: it would forget, and drop, every statement that is prepared.
        if pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            pgconn.exec_(b"ROLLBACK")
        if pgconn.transaction_status == TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        if self._closed:
            self.drop_idle()

    def close(self) -> None:
        """Give back the connections."""
        self._closed = True
        self.drop_idle()

    def drop_idle(self) -> None:
        """Close what nobody uses."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


def _literal(connection: Connection, text: str) -> str:
    """Text as SQL writes it, by the rules that the server goes by."""
    return bytes(Escaping(connection.pgconn).escape_literal(text.encode())).decode()


def _lenient_adapters() -> AdaptersMap:
    """Adapters that give dates which Python has no value for (`infinity`, the year 20000, BC) as text."""
    adapters = AdaptersMap(psycopg.adapters)
    for name in ("date", "time", "timetz", "timestamp", "timestamptz", "interval"):
        info = psycopg.adapters.types[name]
        strict = psycopg.adapters.get_loader(info.oid, Format.TEXT)
        if strict is not None:
            adapters.register_loader(info.oid, _lenient(strict))
    return adapters


def _lenient(strict: type[Any]) -> type[Loader]:
    class Lenient(Loader):
        """Asks rather than inherits: psycopg's C code would pass over a method that overrides its own."""

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = strict(oid, context).load

        def load(self, data: Buffer) -> Any:
            try:
                return self._load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return Lenient


IDLE_S = 5.0


def idle_limit(timeout_s: float) -> int:
    """After how many milliseconds Postgres ends a session that waits for us in a transaction.

    Where a statement may take less than that, a busy machine may still keep us from sending it so long.

    >>> idle_limit(0), idle_limit(0.2), idle_limit(7)
    (0, 5000, 7000)
    """
    return milliseconds(timeout_s and max(timeout_s, IDLE_S))


_SETTINGS = (
    # INVARIANT: the check reads `'\'` as the standard does. With `off` a server reads on, and what stands
    # in the next text would run.
    "standard_conforming_strings = on",
    "transform_null_equals = off",
    "datestyle = 'ISO, MDY'",
    "intervalstyle = 'postgres'",
    "bytea_output = 'hex'",
)
"""What text means to a session and how it writes values, whatever database and role were set to."""

# What an operator or function means must not depend on who may create one: `pg_catalog`, and schemas of
# extensions unless everybody may create there. Without the latter, `citext` would compare as text.
_SEARCH_PATH = """
    SELECT concat_ws(', ', 'pg_catalog', string_agg(quote_ident(nspname), ', ' ORDER BY nspname))
    FROM pg_catalog.pg_namespace AS n
    WHERE nspname <> 'pg_catalog'
      AND EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extnamespace = n.oid)
      AND NOT EXISTS (
        SELECT FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS grant_
        WHERE grant_.grantee = 0 AND grant_.privilege_type = 'CREATE'
      )
"""

ABOUT = f"SELECT pg_catalog.pg_backend_pid(), ({_SEARCH_PATH})"
"""The number of the process, which tells a session that a pooler shares, and where names are looked for."""


def session_settings(timeout_s: float, search_path: str) -> tuple[str, ...]:
    """What a session or a transaction is set to, each for a SET or SET LOCAL."""
    return (
        f"statement_timeout = {milliseconds(timeout_s)}",
        f"idle_in_transaction_session_timeout = {idle_limit(timeout_s)}",
        f"search_path = {search_path}",
        *_SETTINGS,
    )
