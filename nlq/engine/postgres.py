"""Postgres: each request is one read-only transaction, rolled back, on a connection kept for the next.

With the setting `db_role` a request runs as that role, and the database is told for whom: it then enforces
the policy itself, by what `nlq.defence` made of it.

The connections are kept here rather than by psycopg_pool: a database that is gone is told at once and
not after a wait, no thread runs while nobody asks, and the first words of the transaction are the check
that a kept connection still lives, so that it costs no round trip of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from threading import BoundedSemaphore
from typing import Any, cast

import psycopg
from psycopg import capabilities, conninfo
from psycopg.adapt import AdaptersMap, Buffer, Loader
from psycopg.pq import Escaping, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.raw_cursor import RawCursor
from psycopg.rows import TupleRow

from nlq.catalog import Catalog, Dialect
from nlq.defence.drift import Fact, facts_query
from nlq.defence.identity import CLAIMS, ROLES, Identity
from nlq.defence.names import Names, quote
from nlq.engine import failure
from nlq.engine.base import (
    BATCH,
    Argument,
    Cancellation,
    Rows,
    Sink,
    hand_on,
    milliseconds,
    refused,
    require_dialect,
    stoppable,
    unreachable,
    values_in_order,
    was_interrupted,
)
from nlq.engine.change import DeniedError, Terms, ViolationError, explain_violation
from nlq.engine.journal import FORGET, oldest
from nlq.engine.postgres_catalog import TYPES, canonical, read_catalog
from nlq.engine.postgres_write import (
    ATTEMPTS,
    PostgresWriting,
    is_conflict,
    make_journal,
    pause,
    violation_of,
)
from nlq.engine.sendable import sendable
from nlq.engine.work import Done, Make, Undo, Work, keep, leaves_something, perform
from nlq.errors import ChangeError, EngineError, NlqError, PolicyError
from nlq.guard.statement import Statement
from nlq.own_tables import THERE
from nlq.plan import ResultColumn
from nlq.settings import Settings

Connection = psycopg.Connection[TupleRow]

CONNECTIONS = 8
"""How many requests of one engine the database serves at once; others wait."""

JOURNAL_S = 600.0
"""Between two looks at the journal for what is too old."""

FAILURES: dict[str, failure.Failure] = {
    **dict.fromkeys(
        ("02", "03", "09", "0B", "0F", "0L", "0P", "0Z", "10", "20", "24", "25", "26", "27", "2B", "2D",
         "34", "3B", "44", "72"),
        failure.FAILED,
    ),
    **dict.fromkeys(("2F", "38", "39", "P0"), ("engine.failed", "a function of the database failed", None)),
    **dict.fromkeys(("58", "F0", "XX"), failure.BROKEN),
    **dict.fromkeys(("3F", "42"), failure.UNFIT),
    **dict.fromkeys(("22007", "22P02"), failure.CONVERSION),
    **dict.fromkeys(("22003", "22008"), failure.OUT_OF_RANGE),
    **dict.fromkeys(("08", "25P03", "57"), failure.LOST),
    "0A": failure.UNSUPPORTED,
    "21": ("engine.failed", "a subquery gave more than one row where one was wanted", None),
    "22": failure.BAD_VALUE,
    "22012": failure.DIVISION,
    "23": failure.CONSTRAINT,
    "25006": failure.WOULD_WRITE,
    "28": ("engine.unreachable", "the database refused the user", "check user and password"),
    "3D": ("engine.unreachable", "there is no such database", None),
    "40": ("engine.failed", "the statement was in conflict with another", "try again"),
    "42501": ("engine.failed", "the user of the connection may not read what the statement reads", None),
    "53": ("engine.resources", "the statement needed more than the database can give", "ask for less"),
    "54": ("engine.resources", "the statement is beyond a limit of the database", "ask for less"),
    "55": ("engine.failed", "the database is in use", "try again"),
    "HV": ("engine.failed", "a foreign table could not be read", None),
}  # fmt: skip
"""What a reader is told, by SQLSTATE or its first two characters (PostgreSQL manual, appendix A)."""

WITHOUT_STATE: dict[type[Exception], failure.Failure] = {
    psycopg.Error: failure.FAILED,
    psycopg.InterfaceError: failure.FAILED,
    psycopg.DatabaseError: failure.FAILED,
    psycopg.DataError: failure.UNSENDABLE,
    psycopg.OperationalError: failure.LOST,
    psycopg.IntegrityError: failure.CONSTRAINT,
    psycopg.InternalError: failure.BROKEN,
    psycopg.ProgrammingError: failure.UNFIT,
    psycopg.NotSupportedError: failure.UNSUPPORTED,
}
"""What a reader is told of the errors that psycopg itself raises."""

_CANCELED = "57014"
_REFUSED = ("0A", "22", "42", "54")
"""What preparing gives because of the statement, rather than because of the database."""

NOBODY = Identity()
"""Without a role or claim: a database with rules of its own shows nothing."""

NOT_DEFENDED = {
    "42P01": "it was made for another policy, or never",
    "3F000": "it was made for another policy, or never",
    "22023": "the role is missing",
    "42704": "the role is missing",
    "42501": "the user of the connection may not become the role",
}
"""Why a request cannot begin as the role, by SQLSTATE."""

ABOVE_RULES = "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = session_user"

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
        self._idle: list[Connection] = []
        self._slots = BoundedSemaphore(CONNECTIONS)
        self._types: dict[tuple[int, int], str] = {}
        self._adapters = _lenient_adapters()
        self._search_path = "pg_catalog"
        self.names = Names(settings.db_role) if settings.db_role else None
        self._closed = False
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
        with self._transaction(self._settings.statement_timeout_s) as connection:
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
        with self._transaction(self._settings.statement_timeout_s) as connection:
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
        with self._transaction(timeout_s, identity or NOBODY) as connection:
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
                self._transaction(timeout_s, identity or NOBODY) as connection,
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
                    self._drop_idle()
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
                        self._drop_idle()
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
            self._transaction(terms.timeout_s, identity, writing=True) as connection,
            stoppable(cancellation, _canceller(connection)),
            connection.pipeline() as pipeline,
        ):
            undo = isinstance(work, Undo)
            done = perform(PostgresWriting(connection, pipeline, self.names, undo=undo), work, terms)
            if terms.commit:
                connection.execute("COMMIT", prepare=False)
        if leaves_something(work, terms):
            with (
                self._transaction(terms.timeout_s, identity, writing=True) as connection,
                connection.pipeline() as pipeline,
            ):
                keep(PostgresWriting(connection, pipeline, self.names), done, terms)
                connection.execute("COMMIT", prepare=False)
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
        self._closed = True
        self._drop_idle()

    def _fetch(
        self, connection: Connection, statement: Statement, values: Sequence[Any], count: int
    ) -> tuple[tuple[ResultColumn, ...], list[TupleRow]]:
        """At most `count` rows, and never a whole large result."""
        with closing(RawCursor(connection)) as cursor:
            if "__limit" in statement.arguments:
                # INVARIANT: `prepare` makes it one statement: the simple protocol would run several.
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

    @contextmanager
    def _transaction(
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
            raise unreachable(self.name, "it was closed")
        try:
            connection = psycopg.connect(
                self.conninfo, autocommit=True, cursor_factory=RawCursor, context=self._adapters
            )
        except psycopg.Error as error:
            raise unreachable(self.name, why_no_connection(str(error))) from None
        try:
            found = connection.execute(SEARCH_PATH, prepare=False).fetchone()
            self._search_path = found[0] if found else "pg_catalog"
            if self.names is not None:
                self._require_login_below_rules(connection)
            self._start(connection, timeout_s, identity, writing)
        except EngineError:
            connection.close()
            raise
        except psycopg.Error as error:
            connection.close()
            if self.names is not None and identity is not None and error.sqlstate in NOT_DEFENDED:
                raise undefended(NOT_DEFENDED[error.sqlstate]) from None
            raise failure_of(error, None, timeout_s) from None
        return connection

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
        limit = milliseconds(timeout_s)
        words = (
            "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE" if writing else "BEGIN READ ONLY",
            f"SET LOCAL statement_timeout = {limit}",
            f"SET LOCAL idle_in_transaction_session_timeout = {idle_limit(timeout_s)}",
            f"SET LOCAL search_path = {self._search_path}",
            *(f"SET LOCAL {setting}" for setting in SETTINGS),
            *self._become(connection, identity),
        )
        connection.execute(cast("Any", "; ".join(words)), prepare=False)

    def _become(self, connection: Connection, identity: Identity | None) -> Iterator[str]:
        """What tells the database for whom the request is, and the SELECT that ends the preparations.

        INVARIANT: it comes last, and reads a view whose name holds the policy: a request that was
        guarded under another policy than the database enforces fails here.
        """
        if self.names is None or identity is None:
            yield "SELECT 1"
            return
        yield f"SET LOCAL {ROLES} = {_literal(connection, identity.roles_text())}"
        yield f"SET LOCAL {CLAIMS} = {_literal(connection, identity.claims_text())}"
        yield f"SET LOCAL ROLE {quote(self.names.reader)}"
        yield f"SELECT ready FROM {quote(self.names.marker(identity.policy))}"  # noqa: S608  # both quoted

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
            self._drop_idle()

    def _drop_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


def _literal(connection: Connection, text: str) -> str:
    """Text as SQL writes it, by the rules that the server goes by."""
    return bytes(Escaping(connection.pgconn).escape_literal(text.encode())).decode()


def undefended(why: str) -> EngineError:
    """The database does not enforce the policy as it must."""
    return EngineError(
        "engine.undefended",
        f"the database does not enforce this policy: {why}",
        "run what `nlq policy sql` writes; `nlq policy check` says what differs",
    )


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


def failure_of(error: Exception, cancellation: Cancellation | None, timeout_s: float) -> NlqError:
    """The error to show, by its SQLSTATE or class; nothing of its text."""
    if not isinstance(error, psycopg.Error):
        return EngineError(*failure.NOT_TEXT)
    state = error.sqlstate
    if state == _CANCELED:
        return was_interrupted(cancellation, timeout_s)
    for known in (state, state[:2]) if state else ():
        if known in FAILURES:
            return EngineError(*FAILURES[known])
    for kind in type(error).__mro__:
        if kind in WITHOUT_STATE:
            return EngineError(*WITHOUT_STATE[kind])
    raise AssertionError("psycopg.Error is in WITHOUT_STATE")


def why_no_connection(text: str) -> str:
    """A hint from libpq's words, which are not shown: they name hosts and users of the server's side."""
    for words, hint in (
        ("Connection refused", "nothing listens there: is the server running?"),
        ("No such file or directory", "nothing listens there: is the server running?"),
        ("could not translate host name", "there is no host of that name"),
        ("failed to resolve host", "there is no host of that name"),
        ("timeout expired", "the server did not answer"),
        ("password", "the user or the password is wrong, or missing"),
        ("authentication failed", "the user or the password is wrong, or missing"),
        ("pg_hba.conf", "the server does not let this user in from here"),
        ("too many", "the server has no connection free: try again"),
        ("starting up", "the server is starting or stopping: try again"),
        ("shutting down", "the server is starting or stopping: try again"),
        ("role", "the server does not know the user"),
        ("does not exist", "the server has no database of that name"),
    ):
        if words in text:
            return hint
    return "check the URL, and that the server is running"


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


SETTINGS = (
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
SEARCH_PATH = """
    SELECT concat_ws(', ', 'pg_catalog', string_agg(quote_ident(nspname), ', ' ORDER BY nspname))
    FROM pg_catalog.pg_namespace AS n
    WHERE nspname <> 'pg_catalog'
      AND EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extnamespace = n.oid)
      AND NOT EXISTS (
        SELECT FROM aclexplode(coalesce(nspacl, acldefault('n', nspowner))) AS grant_
        WHERE grant_.grantee = 0 AND grant_.privilege_type = 'CREATE'
      )
"""
