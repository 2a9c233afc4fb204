"""DuckDB: one file, read only and locked: no other file, network or extension, bounded memory and time.

What is switched off, and why each, is in the DuckDB manual under "Securing DuckDB". Beyond the manual,
`disabled_filesystems` keeps a statement from reading the bytes of the open file itself.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

import duckdb
from sqlglot import exp

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName, canonical_type
from nlq.catalog.assemble import (
    assemble,
    canonical_comment,
    canonical_default,
    enum_of_check,
    is_generated_default,
)
from nlq.catalog.types import ENUM
from nlq.engine import file
from nlq.engine.base import (
    Argument,
    Cancellation,
    Rows,
    not_a_read,
    refused,
    require_dialect,
    stoppable,
    unreachable,
    values_in_order,
    was_interrupted,
)
from nlq.errors import EngineError, NlqError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

MEMORY = ":memory:"
"""An empty database that lives as long as the engine."""

FAILURES: dict[type[Exception], tuple[str, str, str | None]] = {
    duckdb.Error: ("engine.failed", "the database could not run the statement", None),
    duckdb.DatabaseError: ("engine.failed", "the database could not run the statement", None),
    duckdb.OperationalError: ("engine.failed", "the database could not run the statement", None),
    duckdb.DataError: ("engine.failed", "a value does not fit its type", None),
    duckdb.ConversionException: ("engine.failed", "a value could not be converted to another type", None),
    duckdb.OutOfRangeException: ("engine.failed", "a value is out of range", None),
    duckdb.TypeMismatchException: ("engine.failed", "a value does not fit its type", None),
    duckdb.IntegrityError: ("engine.failed", "the statement breaks a constraint", None),
    duckdb.ConstraintException: ("engine.failed", "the statement breaks a constraint", None),
    duckdb.SequenceException: ("engine.failed", "the database could not run the statement", None),
    duckdb.DependencyException: ("engine.failed", "the database could not run the statement", None),
    duckdb.TransactionException: ("engine.failed", "the database could not run the statement", None),
    duckdb.SerializationException: ("engine.failed", "the database could not run the statement", None),
    duckdb.ResourceInUseException: ("engine.failed", "the database is in use", "try again"),
    duckdb.PermissionException: ("engine.failed", "the statement uses what is switched off", None),
    duckdb.NotSupportedError: ("engine.failed", "the database does not support the statement", None),
    duckdb.NotImplementedException: ("engine.failed", "the database does not support the statement", None),
    duckdb.ProgrammingError: ("engine.failed", "the statement does not fit the database", None),
    duckdb.ParserException: ("engine.failed", "the statement does not fit the database", None),
    duckdb.SyntaxException: ("engine.failed", "the statement does not fit the database", None),
    duckdb.BinderException: ("engine.failed", "the statement does not fit the database", None),
    duckdb.CatalogException: ("engine.failed", "the statement does not fit the database", None),
    duckdb.InvalidInputException: ("engine.failed", "a value is not valid where it is used", None),
    duckdb.InvalidTypeException: ("engine.failed", "a value does not fit its type", None),
    duckdb.InternalError: ("engine.failed", "the database failed internally", None),
    duckdb.InternalException: ("engine.failed", "the database failed internally", None),
    duckdb.FatalException: ("engine.failed", "the database failed internally", "try again"),
    duckdb.InterruptException: ("engine.cancelled", "the statement was cancelled", None),
    duckdb.OutOfMemoryException: (
        "engine.resources",
        "the statement needed more memory than its limit",
        "ask for less, or raise the setting `memory_limit_mb`",
    ),
    duckdb.ConnectionException: ("engine.unreachable", "the database is not open", None),
    duckdb.IOException: ("engine.unreachable", "the database file cannot be read", None),
    duckdb.HTTPException: ("engine.unreachable", "the database file cannot be read", None),
}
"""What a reader is told, by the class of the vendor's error: its text can hold values of hidden rows."""

_REFUSALS = (
    duckdb.ProgrammingError,
    duckdb.DataError,
    duckdb.NotSupportedError,
    duckdb.PermissionException,
)
"""What preparing raises because of the statement, rather than because of the database."""

_DIVISION = "Division by zero"


class DuckDBEngine:
    """An open file. Settings are frozen before anyone can run anything."""

    dialect: Dialect = "duckdb"

    def __init__(self, path: str, settings: Settings) -> None:
        self.name = path
        self._path = path
        self._settings = settings
        self._lock = Lock()
        self._active = 0
        self._version: tuple[int, ...] | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._closed = False
        self._open()

    def introspect(self) -> Catalog:
        """See `Engine.introspect`."""
        with self._cursor() as cursor:
            try:
                return assemble("duckdb", _read_relations(cursor))
            except duckdb.Error as error:
                raise _failure(error) from None

    def describe(self, statement: Statement) -> tuple[ResultColumn, ...]:
        """See `Engine.describe`. A parameter has no type yet: one alone in the result is UNKNOWN."""
        require_dialect(self, statement)
        with self._cursor() as cursor:
            try:
                _require_select(cursor, statement.sql)
                # NULL fits everywhere; an overloaded function of a parameter alone stays ambiguous.
                nothing = [None] * len(statement.arguments)
                described = cursor.execute(f"DESCRIBE {statement.sql}", nothing).fetchall()
            except _REFUSALS as error:
                raise refused(str(error)) from None
            except duckdb.Error as error:
                raise _failure(error) from None
        return tuple(ResultColumn(row[0], _canonical(row[1])) for row in described)

    def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
    ) -> Rows:
        """See `Engine.run`."""
        values = values_in_order(self, statement, arguments, limit)
        started = time.perf_counter()
        with self._cursor() as cursor, stoppable(cancellation, cursor.interrupt):
            try:
                selected = _require_select(cursor, statement.sql)
                if self._path == MEMORY:  # a file is opened for reading only
                    cursor.execute("BEGIN TRANSACTION READ ONLY")
                if timeout_s != self._settings.statement_timeout_s:
                    cursor.execute(f"SET max_execution_time = {int(timeout_s * 1000)}")
                cursor.execute(selected, values)
                rows = cursor.fetchmany(limit + 1)
                columns = tuple(ResultColumn(d[0], _canonical(str(d[1]))) for d in cursor.description or ())
            except duckdb.InterruptException:
                raise was_interrupted(cancellation, timeout_s) from None
            except duckdb.FatalException as error:
                self._version = None  # DuckDB refuses everything until the file is opened anew
                raise _failure(error) from None
            except (duckdb.Error, UnicodeError) as error:
                raise _failure(error) from None
        return Rows(columns, tuple(rows[:limit]), len(rows) > limit, time.perf_counter() - started)

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
            if self._closed:
                raise unreachable(self.name, "it was closed")
            # A connection holds the file as it was. It is opened anew when nobody reads the old one, for
            # DuckDB gives one instance per path and process as long as anyone holds it.
            connection = self._connection
            if connection is None or (self._active == 0 and self._version != self._version_now()):
                connection = self._open()
            self._active += 1
            cursor = connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
            with self._lock:
                self._active -= 1

    def _version_now(self) -> tuple[int, ...] | None:
        return () if self._path == MEMORY else file.version(self._path)

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._version = self._version_now()
        if self._path != MEMORY:
            file.require_kind(self._path, "duckdb")
        self._connection = _open_locked(self._path, self._settings)
        return self._connection


def _open_locked(path: str, settings: Settings) -> duckdb.DuckDBPyConnection:
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
        connection = duckdb.connect(path, read_only=path != MEMORY, config=config)
    except duckdb.Error as error:
        raise unreachable(path, _why_not_open(str(error))) from None
    try:
        _lock(connection, settings)
        _require_locked(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _lock(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Freeze the configuration. Does nothing where another engine of this process already froze it."""
    frozen = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if frozen == (True,):
        return
    for setting in (
        # Not at connect: its options are applied in no fixed order, and after this one
        # `temp_directory` is refused.
        "enable_external_access = false",
        "TimeZone = 'UTC'",  # a day must not begin elsewhere on another machine
        f"max_execution_time = {int(settings.statement_timeout_s * 1000)}",
        "disabled_filesystems = 'LocalFileSystem'",  # refused until the database is open
        "allowed_configs = ['max_execution_time']",
        "lock_configuration = true",
    ):
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
        raise not_a_read()
    return found[0]


def _failure(error: Exception) -> NlqError:
    """The error to show, by the class of `error`; nothing of its text."""
    if isinstance(error, duckdb.InvalidInputException) and _DIVISION in str(error):
        return EngineError("engine.failed", "division by zero")
    for kind in type(error).__mro__:
        if kind in FAILURES:
            return EngineError(*FAILURES[kind])
    return EngineError("engine.failed", "a value of this kind cannot be sent to the database")


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


_RELATIONS = """
    SELECT schema_name, table_name AS name, 'table' AS kind, comment FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal AND NOT temporary
    UNION ALL
    SELECT schema_name, view_name, 'view', comment FROM duckdb_views()
    WHERE database_name = current_database() AND NOT internal AND NOT temporary
"""
_COLUMNS = """
    SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, is_generated,
           comment
    FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
    ORDER BY schema_name, table_name, column_index
"""
_CONSTRAINTS = """
    SELECT schema_name, table_name, constraint_type, constraint_column_names, expression,
           referenced_table, referenced_column_names
    FROM duckdb_constraints()
    WHERE database_name = current_database() AND constraint_type <> 'NOT NULL'
"""
_UNIQUE_INDEXES = """
    SELECT schema_name, table_name, expressions::VARCHAR[] FROM duckdb_indexes()
    WHERE database_name = current_database() AND is_unique AND NOT is_primary
"""


def _read_relations(cursor: duckdb.DuckDBPyConnection) -> Iterator[Relation]:
    """Every relation of the file. Five queries, however many relations there are."""
    constraints = _by_name(cursor.execute(_CONSTRAINTS).fetchall())
    indexes = _by_name(cursor.execute(_UNIQUE_INDEXES).fetchall())
    columns = _by_name(cursor.execute(_COLUMNS).fetchall())
    for schema, table, kind, comment in cursor.execute(_RELATIONS).fetchall():
        name = RelationName(schema, table)
        enums: dict[str, tuple[str, ...]] = {}
        primary_key: tuple[str, ...] = ()
        unique, foreign_keys = set(), set()
        for constraint, names, expression, referred, referred_names in constraints[name]:
            match constraint:
                case "PRIMARY KEY":
                    primary_key = tuple(names)
                case "UNIQUE":
                    unique.add(tuple(names))
                case "FOREIGN KEY":  # never to another schema: DuckDB refuses to make one
                    to = RelationName(schema, referred)
                    foreign_keys.add(ForeignKey(tuple(names), to, tuple(referred_names)))
                case "CHECK":
                    found = enum_of_check(expression, "duckdb")
                    if found is not None:
                        enums.setdefault(*found)
        unique.update(_index_columns(expressions) for (expressions,) in indexes[name])
        yield Relation(
            name,
            tuple(_column(row, enums) for row in columns[name]),
            kind,
            primary_key,
            tuple(sorted(unique)),
            tuple(sorted(foreign_keys)),
            canonical_comment(comment),
        )


def _by_name(rows: Iterable[Sequence[Any]]) -> defaultdict[RelationName, list[Sequence[Any]]]:
    grouped: defaultdict[RelationName, list[Sequence[Any]]] = defaultdict(list)
    for schema, table, *rest in rows:
        grouped[RelationName(schema, table)].append(rest)
    return grouped


def _column(row: Sequence[Any], enums: Mapping[str, tuple[str, ...]]) -> Column:
    name, data_type, nullable, default, generated, comment = row
    type_name = canonical_type(data_type, "duckdb")
    return Column(
        name,
        type_name,
        nullable,
        None if generated else canonical_default(default, "duckdb", type_name),
        generated or is_generated_default(default, "duckdb"),
        canonical_comment(comment),
        _labels(data_type) if type_name == ENUM else enums.get(name, ()),
    )


def _labels(data_type: str) -> tuple[str, ...]:
    """The values of `ENUM('a', 'b')`."""
    return tuple(label.name for label in exp.DataType.build(data_type, dialect="duckdb").expressions)


def _index_columns(expressions: Sequence[str]) -> tuple[str, ...]:
    """The columns of an index; `()`, which is no key, where it is over an expression."""
    names = []
    for text in expressions:
        if text.startswith('"') and text.endswith('"'):
            names.append(text[1:-1].replace('""', '"'))
        elif text.isidentifier():
            names.append(text)
        else:
            return ()
    return tuple(names)
