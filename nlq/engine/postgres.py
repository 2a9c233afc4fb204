"""Postgres: each request is one read-only transaction, rolled back, on a connection kept for the next.

With the setting `db_role` a request runs as that role, and the database is told for whom: it then enforces
the policy itself, by what `nlq.defence` made of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from itertools import islice
from typing import Any, cast

import psycopg
from psycopg import capabilities, conninfo
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.raw_cursor import RawCursor
from psycopg.rows import TupleRow

from nlq.catalog import Catalog, Dialect
from nlq.defence.drift import Fact, facts_query
from nlq.defence.identity import Identity
from nlq.defence.names import Names, quote
from nlq.engine import failure
from nlq.engine.base import require_dialect, values_in_order
from nlq.engine.cancellation import Cancellation, stoppable
from nlq.engine.failure import refused
from nlq.engine.journal import FORGET, oldest
from nlq.engine.postgres_catalog import TYPES, canonical, read_catalog
from nlq.engine.postgres_failure import NOT_DEFENDED, failure_of, undefended
from nlq.engine.postgres_pipe import piped
from nlq.engine.postgres_sessions import NOBODY, Connection, Sessions
from nlq.engine.postgres_write import (
    ATTEMPTS,
    PostgresWriting,
    is_conflict,
    make_journal,
    pause,
    violation_of,
)
from nlq.engine.rows import BATCH, Argument, Rows, Sink, hand_on
from nlq.engine.sendable import sendable
from nlq.engine.violation import DeniedError, ViolationError, explain_violation
from nlq.engine.work import Done, Make, Undo, Work, keep, leaves_something, perform
from nlq.engine.writing import Terms
from nlq.errors import ChangeError, EngineError, PolicyError
from nlq.guard.statement import Statement
from nlq.own_tables import THERE
from nlq.plan import ResultColumn
from nlq.settings import Settings

JOURNAL_S = 600.0
"""Between two looks at the journal for what is too old."""

_REFUSED = ("0A", "22", "42", "54")
"""What preparing gives because of the statement, rather than because of the database."""

_CONNECT = {
    "connect_timeout": "5",
    "client_encoding": "UTF8",
    "fallback_application_name": "nlq",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


class PostgresEngine:
    """A database and the connections to it. It is reached for at the first request."""

    dialect: Dialect = "postgres"

    def __init__(self, url: str, settings: Settings) -> None:
        try:
            given = conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            # Not the vendor's words: it repeats the URL, and with it the password.
            raise EngineError(
                "engine.unsupported",
                "the database URL cannot be read",
                "write `postgresql://user@host/database`, with special characters as `%40`",
            ) from None
        self.name = _name(given)
        self._settings = settings
        self.conninfo = conninfo.make_conninfo(url, **{k: v for k, v in _CONNECT.items() if k not in given})
        self._types: dict[tuple[int, int], str] = {}
        self.names = Names(settings.db_role) if settings.db_role else None
        self._sessions = Sessions(self.conninfo, self.name, self.names)
        self._journal_until = 0.0

    @property
    def timeout_s(self) -> float:
        """How long a statement may run by the settings."""
        return self._settings.statement_timeout_s

    def version(self) -> None:
        """See `Engine.version`: only asking tells."""

    def introspect(self, *, as_role: str = "") -> Catalog:
        """See `Engine.introspect`. What the user of the connection may not read is not there.

        With `db_role`, or `as_role`, it is what the roles behind it may read: columns that are younger
        than the migration are not there.
        """
        self._types.clear()
        names = Names(as_role) if as_role else self.names
        reads = (names.views, names.rules) if names else ()
        with self._sessions.transaction(self._settings.statement_timeout_s) as connection:
            try:
                return read_catalog(connection, reads)
            except psycopg.errors.UndefinedObject:
                raise undefended("the roles are missing") from None
            except psycopg.Error as error:
                raise failure_of(error, None, self._settings.statement_timeout_s) from None

    def read_facts(self, names: Names) -> frozenset[Fact]:
        """What the database says of roles, grants, policies and views: `nlq.defence.compare` judges it.

        Raises `engine.*`.
        """
        with self._sessions.transaction(self._settings.statement_timeout_s) as connection:
            try:
                connection.execute("SET LOCAL search_path = pg_catalog, pg_temp", prepare=False)
                found = connection.execute(cast("Any", facts_query(names)), prepare=False).fetchall()
            except psycopg.Error as error:
                raise failure_of(error, None, self._settings.statement_timeout_s) from None
        return frozenset(Fact(*row) for row in found)

    def describe(self, statement: Statement, identity: Identity | None = None) -> tuple[ResultColumn, ...]:
        """See `Engine.describe`. Types of parameters are those that Postgres infers, as in `run`."""
        require_dialect(self, statement)
        timeout_s = self._settings.statement_timeout_s
        with self._sessions.transaction(timeout_s, identity or NOBODY) as connection:
            try:
                return self._prepare(connection, statement.sql)
            except psycopg.Error as error:
                if (error.sqlstate or "")[:2] in _REFUSED:
                    raise refused(error.diag.message_primary or "", statement.sql) from None
                raise failure_of(error, None, timeout_s) from None
            except UnicodeError as error:
                raise failure_of(error, None, timeout_s) from None

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
        """See `Engine.run`."""
        values = [sendable(v) for v in values_in_order(self, statement, arguments, limit)]
        started = time.perf_counter()
        for attempt in (1, 2):
            with (
                self._sessions.transaction(timeout_s, identity or NOBODY) as connection,
                stoppable(cancellation, _canceller(connection)),
            ):
                try:
                    if sink is not None:
                        columns, given, more = self._hand_on(connection, statement, values, limit, sink)
                        return Rows(columns, (), more, time.perf_counter() - started, handed_on=given)
                    columns, rows = self._fetch(connection, statement, values, limit + 1)
                except psycopg.errors.FeatureNotSupported as error:
                    # "cached plan must not change result type": the relation was altered since this
                    # connection prepared the statement. A connection of its own has prepared nothing.
                    connection.close()
                    if attempt == 2:
                        raise failure_of(error, cancellation, timeout_s) from None
                    self._sessions.drop_idle()
                    continue
                except (psycopg.Error, UnicodeError) as error:
                    raise failure_of(error, cancellation, timeout_s) from None
                seconds = time.perf_counter() - started
                return Rows(columns, tuple(rows[:limit]), len(rows) > limit, seconds)
        raise AssertionError("the second attempt returns or raises")

    def write(
        self,
        work: Work,
        terms: Terms,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Done:
        """See `Engine.write`."""
        visible = work.change.visible if isinstance(work, Make) else ()
        try:
            self._keep_journal(terms)
            for attempt in range(ATTEMPTS):
                try:
                    return self._write_once(work, terms, cancellation, identity or NOBODY)
                except psycopg.Error as error:
                    changed = isinstance(error, psycopg.errors.FeatureNotSupported)
                    if not (is_conflict(error) or changed) or attempt == ATTEMPTS - 1:
                        raise
                    if (
                        changed
                    ):  # of a connection that prepared the statement before the relation was altered
                        self._sessions.drop_idle()
                    pause(attempt)
        except ViolationError as violation:
            raise explain_violation(violation, visible) from None
        except DeniedError:
            raise PolicyError(
                "policy.denied", "the rules of the database do not let you do this", "nothing was changed"
            ) from None
        except psycopg.errors.IntegrityError as error:
            raise explain_violation(violation_of(error), visible) from None
        except (psycopg.Error, UnicodeError) as error:
            if isinstance(error, psycopg.Error) and is_conflict(error):
                raise ChangeError(
                    "change.conflict", "others changed the same rows, again and again", "try again"
                ) from None
            raise failure_of(error, cancellation, terms.timeout_s) from None
        raise AssertionError("the last attempt returns or raises")

    def _write_once(
        self, work: Work, terms: Terms, cancellation: Cancellation | None, identity: Identity
    ) -> Done:
        with (
            self._sessions.transaction(terms.timeout_s, identity, writing=True) as connection,
            stoppable(cancellation, _canceller(connection)),
            piped(connection) as pipe,
        ):
            writing = PostgresWriting(pipe, self.names, undo=isinstance(work, Undo))
            done = perform(writing, work, terms)
            if terms.commit:
                writing.commit()
        if leaves_something(work, terms):
            with (
                self._sessions.transaction(terms.timeout_s, identity, writing=True) as connection,
                piped(connection) as pipe,
            ):
                writing = PostgresWriting(pipe, self.names)
                keep(writing, done, terms)
                writing.commit()
        return done

    def _keep_journal(self, terms: Terms) -> None:
        """Make the journal's tables, and forget what is too old, once in a while."""
        if time.monotonic() < self._journal_until:
            return
        with psycopg.connect(self.conninfo, autocommit=True, cursor_factory=RawCursor) as connection:
            if self.names is not None:
                self._become_writer(connection, self.names)
            else:
                make_journal(connection)
            for statement in FORGET:
                connection.execute(cast("Any", statement), [oldest(terms.now, terms.keep_h)])
        self._journal_until = time.monotonic() + JOURNAL_S

    def _become_writer(self, connection: Connection, names: Names) -> None:
        try:
            connection.execute(cast("Any", f"SET ROLE {quote(names.writer)}"))
            found = connection.execute(cast("Any", THERE)).fetchone()
        except psycopg.Error as error:
            if error.sqlstate not in NOT_DEFENDED:
                raise
            raise undefended(f"for changes, {NOT_DEFENDED[error.sqlstate]}") from None
        if found != (True,):
            raise undefended("the migration was made without `mutations`")

    def release(self) -> None:
        """See `Engine.release`."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._sessions.close()

    def _fetch(
        self, connection: Connection, statement: Statement, values: Sequence[Any], count: int
    ) -> tuple[tuple[ResultColumn, ...], list[TupleRow]]:
        """At most `count` rows, and never a whole large result."""
        with closing(RawCursor(connection)) as cursor:
            if "__limit" in statement.arguments:
                # INVARIANT: to prepare makes it one statement: the simple protocol would run several.
                if connection.prepare_threshold is None:
                    self._prepare(connection, statement.sql)
                cursor.execute(cast("Any", statement.sql), values, prepare=True)
                rows = cursor.fetchall()
                return self._columns(connection, cursor.pgresult), rows
            # A limit of its own may be any number: rows are taken as they come, and the rest is cancelled.
            columns = self._prepare(connection, statement.sql)
            size = count if capabilities.has_stream_chunked() else 1
            stream = cursor.stream(cast("Any", statement.sql), values, size=size)
            with closing(cast("Generator[TupleRow]", stream)):
                return columns, list(islice(stream, count))

    def _hand_on(
        self, connection: Connection, statement: Statement, values: Sequence[Any], limit: int, sink: Sink
    ) -> tuple[tuple[ResultColumn, ...], int, bool]:
        """The columns, how many rows went to the sink, and whether there are more."""
        # INVARIANT: to prepare it shows that it is one statement.
        columns = self._prepare(connection, statement.sql)
        size = BATCH if capabilities.has_stream_chunked() else 1
        with closing(RawCursor(connection)) as cursor:
            stream = cursor.stream(cast("Any", statement.sql), values, size=size)
            with closing(cast("Generator[TupleRow]", stream)) as rows:
                return columns, *hand_on(sink, columns, lambda count: list(islice(rows, count)), limit)

    def _prepare(self, connection: Connection, sql: str) -> tuple[ResultColumn, ...]:
        """The columns of the one statement that `sql` is."""
        pgconn = connection.pgconn
        result = pgconn.prepare(b"", sql.encode())
        if result.status == ExecStatus.COMMAND_OK:
            result = pgconn.describe_prepared(b"")
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)
        if not result.nfields:
            raise EngineError(*failure.NOT_A_READ)
        return self._columns(connection, result)

    def _columns(self, connection: Connection, result: PGresult | None) -> tuple[ResultColumn, ...]:
        if result is None:
            return ()
        fields = range(result.nfields)
        names = ((result.fname(i) or b"").decode() for i in fields)
        types = self._type_names(connection, [(result.ftype(i), result.fmod(i)) for i in fields])
        return tuple(map(ResultColumn, names, types))

    def _type_names(self, connection: Connection, kinds: Sequence[tuple[int, int]]) -> list[str]:
        """The canonical type of each pair of OID and modifier; those not known yet are asked for."""
        unknown = list({kind for kind in kinds if kind not in self._types})
        if unknown:
            oids, modifiers = zip(*unknown, strict=True)
            found = connection.execute(cast("Any", TYPES), [list(oids), list(modifiers)], prepare=False)
            for oid, modifier, text in found:
                self._types[oid, modifier] = canonical(text)
        return [self._types[kind] for kind in kinds]


def _name(given: Mapping[str, Any]) -> str:
    """Host and database, as they are in the URL or as libpq would take them; a socket is on this host."""
    host = str(given.get("host") or "localhost")
    database = given.get("dbname") or given.get("user") or "postgres"
    return f"{'localhost' if host.startswith('/') else host}/{database}"


def _canceller(connection: Connection) -> Callable[[], None]:
    def cancel() -> None:
        with suppress(psycopg.Error):  # it has ended, or the server is gone: then it has ended too
            connection.cancel_safe(timeout=2)

    return cancel
