"""DuckDB: one file, read only and locked: no other file, network or extension, bounded memory and time.

What is switched off, and why each, is in the DuckDB manual under "Securing DuckDB". Beyond the manual,
`disabled_filesystems` keeps a statement from reading the bytes of the open file itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Condition

import duckdb

from nlq.catalog import Catalog, Dialect, RelationName, canonical_type
from nlq.defence.identity import Identity
from nlq.engine import failure, file
from nlq.engine.base import require_dialect, values_in_order
from nlq.engine.cancellation import Cancellation, milliseconds, stoppable, was_interrupted
from nlq.engine.duckdb_catalog import read_catalog
from nlq.engine.duckdb_reads import read_macros, require_same_reads
from nlq.engine.duckdb_write import DuckDBWriting, keep_journal
from nlq.engine.failure import refused, unreachable
from nlq.engine.rows import Argument, Rows, Sink, Version, hand_on
from nlq.engine.violation import ViolationError, explain_violation
from nlq.engine.work import Done, Make, Work, keep, leaves_something, perform
from nlq.engine.writing import Terms
from nlq.errors import EngineError, NlqError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

MEMORY = ":memory:"
"""An empty database that lives as long as the engine."""

FAILURES: dict[type[Exception], failure.Failure] = {
    duckdb.Error: failure.FAILED,
    duckdb.DatabaseError: failure.FAILED,
    duckdb.OperationalError: failure.FAILED,
    duckdb.SequenceException: failure.FAILED,
    duckdb.DependencyException: failure.FAILED,
    duckdb.TransactionException: failure.FAILED,
    duckdb.SerializationException: failure.FAILED,
    duckdb.ResourceInUseException: failure.FAILED,
    duckdb.DataError: failure.BAD_VALUE,
    duckdb.TypeMismatchException: failure.BAD_VALUE,
    duckdb.InvalidTypeException: failure.BAD_VALUE,
    duckdb.InvalidInputException: failure.BAD_VALUE,
    duckdb.ConversionException: failure.CONVERSION,
    duckdb.OutOfRangeException: failure.OUT_OF_RANGE,
    duckdb.IntegrityError: failure.CONSTRAINT,
    duckdb.ConstraintException: failure.CONSTRAINT,
    duckdb.PermissionException: failure.SWITCHED_OFF,
    duckdb.NotSupportedError: failure.UNSUPPORTED,
    duckdb.NotImplementedException: failure.UNSUPPORTED,
    duckdb.ProgrammingError: failure.UNFIT,
    duckdb.ParserException: failure.UNFIT,
    duckdb.SyntaxException: failure.UNFIT,
    duckdb.BinderException: failure.UNFIT,
    duckdb.CatalogException: failure.UNFIT,
    duckdb.InternalError: failure.BROKEN,
    duckdb.InternalException: failure.BROKEN,
    duckdb.FatalException: failure.BROKEN,
    duckdb.OutOfMemoryException: failure.MEMORY,
    duckdb.InterruptException: failure.CANCELLED,
    duckdb.ConnectionException: failure.LOST,
    duckdb.IOException: failure.UNREADABLE,
    duckdb.HTTPException: failure.UNREADABLE,
}
"""What a reader is told, by the class of the vendor's error."""

_REFUSALS = (
    duckdb.ProgrammingError,
    duckdb.DataError,
    duckdb.NotSupportedError,
    duckdb.PermissionException,
)
"""What preparing raises because of the statement, rather than because of the database."""

COMPARED = 10_000
"""Statements of which is known that DuckDB reads them as the guard does."""

_DIVISION = "Division by zero"


class DuckDBEngine:
    """An open file. Settings are frozen before anyone can run anything."""

    dialect: Dialect = "duckdb"

    def __init__(self, path: str, settings: Settings) -> None:
        self.name = path
        self._path = path
        self._settings = settings
        self._lock = Condition()
        self._active = 0
        self._writing = False
        self._version: Version | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self._compared: set[tuple[str, frozenset[RelationName] | None]] = set()
        self._macros: frozenset[str] | None = None
        self._open()

    def version(self) -> Version | None:
        """See `Engine.version`."""
        return None if self._path == MEMORY else file.version(self._path)

    def introspect(self) -> Catalog:
        """See `Engine.introspect`."""
        with self._cursor() as cursor:
            try:
                return read_catalog(cursor)
            except duckdb.Error as error:
                raise _failure(error, None, self._settings.statement_timeout_s) from None

    def describe(self, statement: Statement, identity: Identity | None = None) -> tuple[ResultColumn, ...]:
        """See `Engine.describe`. A parameter has no type yet: one alone in the result is UNKNOWN."""
        require_dialect(self, statement)
        with self._cursor() as cursor:
            try:
                _require_select(cursor, statement.sql)
                self._require_same_reads(cursor, statement)
                # NULL fits everywhere; an overloaded function of a parameter alone stays ambiguous.
                nothing = [None] * len(statement.arguments)
                described = cursor.execute(f"DESCRIBE {statement.sql}", nothing).fetchall()
            except _REFUSALS as error:
                raise refused(str(error), statement.sql) from None
            except (duckdb.Error, UnicodeError) as error:
                raise _failure(error, None, self._settings.statement_timeout_s) from None
        return tuple(ResultColumn(row[0], _canonical(row[1])) for row in described)

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
        values = values_in_order(self, statement, arguments, limit)
        started = time.perf_counter()
        with self._cursor() as cursor, stoppable(cancellation, cursor.interrupt):
            try:
                selected = _require_select(cursor, statement.sql)
                self._require_same_reads(cursor, statement)
                if self._path == MEMORY:  # a file is opened for reading only
                    cursor.execute("BEGIN TRANSACTION READ ONLY")
                if timeout_s != self._settings.statement_timeout_s:
                    cursor.execute(f"SET max_execution_time = {milliseconds(timeout_s)}")
                cursor.execute(selected, values)
                columns = tuple(ResultColumn(d[0], _canonical(str(d[1]))) for d in cursor.description or ())
                version = self._version  # as long as there is a cursor, nobody opens the file anew
                if sink is not None:
                    given, more = hand_on(sink, columns, cursor.fetchmany, limit)
                    return Rows(columns, (), more, time.perf_counter() - started, version, given)
                rows = cursor.fetchmany(limit + 1)
            except (duckdb.Error, UnicodeError) as error:
                if isinstance(error, duckdb.FatalException):
                    self._version = None  # DuckDB refuses everything until the file is opened anew
                raise _failure(error, cancellation, timeout_s) from None
        seconds = time.perf_counter() - started
        return Rows(columns, tuple(rows[:limit]), len(rows) > limit, seconds, version)

    def _require_same_reads(self, cursor: duckdb.DuckDBPyConnection, statement: Statement) -> None:
        """Compare once what DuckDB reads in the statement with what the guard wrote."""
        key = (statement.sql, statement.reads)
        if statement.reads is None or key in self._compared:
            return
        if self._macros is None:
            self._macros = read_macros(cursor)
        require_same_reads(cursor, statement, self._macros)
        if len(self._compared) >= COMPARED:
            self._compared.clear()
        self._compared.add(key)

    def write(
        self,
        work: Work,
        terms: Terms,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Done:
        """See `Engine.write`. The file has one writer, and while it writes, no reader."""
        visible = work.change.visible if isinstance(work, Make) else ()
        with self.released(terms.timeout_s), _opened_to_write(self._path, self._settings) as connection:
            if terms.timeout_s:
                connection.execute(f"SET max_execution_time = {milliseconds(terms.timeout_s)}")
            with stoppable(cancellation, connection.interrupt):
                try:
                    connection.execute("BEGIN TRANSACTION")
                    keep_journal(connection, terms)
                    done = perform(DuckDBWriting(connection), work, terms)
                    connection.execute("COMMIT" if terms.commit else "ROLLBACK")
                    if leaves_something(work, terms):
                        connection.execute("BEGIN TRANSACTION")
                        keep_journal(connection, terms)
                        keep(DuckDBWriting(connection), done, terms)
                        connection.execute("COMMIT")
                    return done
                except ViolationError as violation:
                    raise explain_violation(violation, visible) from None
                except (duckdb.Error, UnicodeError) as error:
                    raise _failure(error, cancellation, terms.timeout_s) from None

    @contextmanager
    def released(self, timeout_s: float) -> Iterator[None]:
        """Within it nobody reads here, and the file is not open: somebody may write.

        Waits for readers. Raises `engine.timeout`.
        """
        with self._lock:
            free = self._lock.wait_for(lambda: not self._writing and not self._active, timeout_s or None)
            if not free:
                raise was_interrupted(None, timeout_s)
            if self._closed:
                raise unreachable(self.name, "it was closed")
            self._writing = True
            self._release()
        try:
            yield
        finally:
            with self._lock:
                self._writing = False
                self._lock.notify_all()

    def release(self) -> None:
        """See `Engine.release`."""
        with self._lock:
            if not self._active:
                self._release()

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """See `Engine.close`."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own to the open database."""
        with self._lock:
            self._lock.wait_for(lambda: not self._writing)
            if self._closed:
                raise unreachable(self.name, "it was closed")
            # A connection holds the file as it was. It is opened anew when nobody reads the old one, for
            # DuckDB gives one instance per path and process as long as anyone holds it.
            connection = self._connection
            if connection is None or (self._active == 0 and self._version != self.version()):
                connection = self._open()
            self._active += 1
            cursor = connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
            with self._lock:
                self._active -= 1
                self._lock.notify_all()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        version = self.version()
        if version != self._version:
            self._compared.clear()
            self._macros = None
        self._version = version
        if self._path != MEMORY:
            file.require_kind(self._path, "duckdb")
        self._connection = _open_locked(self._path, self._settings)
        return self._connection


@contextmanager
def _opened_to_write(path: str, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = _open_locked(path, settings, writing=True)
    try:
        yield connection
    finally:
        connection.close()


def _open_locked(path: str, settings: Settings, *, writing: bool = False) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_unsigned_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
        "temp_directory": "",
    }
    if settings.memory_limit_mb:
        config["memory_limit"] = f"{settings.memory_limit_mb}MiB"
    if settings.threads:
        config["threads"] = settings.threads
    try:
        connection = duckdb.connect(path, read_only=path != MEMORY and not writing, config=config)
    except duckdb.Error as error:
        raise unreachable(path, _why_not_open(str(error))) from None
    try:
        _lock(connection, settings, writing=writing)
        _require_locked(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _lock(connection: duckdb.DuckDBPyConnection, settings: Settings, *, writing: bool) -> None:
    """Freeze the configuration. Does nothing where another engine of this process already froze it."""
    frozen = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if frozen == (True,):
        return
    for setting in (
        # Not at connect: its options are applied in no fixed order, and after this one
        # `temp_directory` is refused.
        "enable_external_access = false",
        "TimeZone = 'UTC'",  # a day must not begin elsewhere on another machine
        f"max_execution_time = {milliseconds(settings.statement_timeout_s)}",
        "disabled_filesystems = 'LocalFileSystem'",  # refused until the database is open
        "allowed_configs = ['max_execution_time']",
        "lock_configuration = true",
    ):
        if not (writing and setting.startswith("disabled_filesystems")):  # a checkpoint needs its own file
            connection.execute(f"SET GLOBAL {setting}")


def _require_locked(connection: duckdb.DuckDBPyConnection) -> None:
    """Try what must not be possible: `disabled_filesystems` cannot be read back."""
    with suppress(duckdb.PermissionException):
        connection.execute("SELECT 1 FROM read_blob('/')")
        raise EngineError(
            "engine.failed", "DuckDB could not be locked", "install the version that nlq asks for"
        )


def _require_select(cursor: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The statement, if it is exactly one and only reads.

    The guard has made sure of it; what runs is looked at once more by the parser that runs it.
    """
    found = cursor.extract_statements(sql)
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise EngineError(*failure.NOT_A_READ)
    return found[0]


def _failure(error: Exception, cancellation: Cancellation | None, timeout_s: float) -> NlqError:
    """The error to show, by the class of `error`; nothing of its text."""
    if isinstance(error, duckdb.InterruptException):
        return was_interrupted(cancellation, timeout_s)
    if isinstance(error, duckdb.InvalidInputException) and _DIVISION in str(error):
        return EngineError(*failure.DIVISION)
    for kind in type(error).__mro__:
        if kind in FAILURES:
            return EngineError(*FAILURES[kind])
    return EngineError(*failure.NOT_TEXT)


def _why_not_open(text: str) -> str:
    """A hint from the text of an error at opening, when no row has been read yet."""
    if "Conflicting lock" in text:
        return "another process has it open for writing: stop that, or give a copy of the file"
    if "different configuration" in text:
        return "this process has it open with other settings: close that connection first"
    return "the file is damaged, or written by another version of DuckDB"


def _canonical(data_type: str) -> str:
    # DuckDB's own type of a bare NULL or an untyped parameter.
    return "UNKNOWN" if data_type.strip('"') == "NULL" else canonical_type(data_type, "duckdb")
