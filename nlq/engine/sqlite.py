"""SQLite: a file that people already have, opened read only; reading is all that is authorized.

SQLite has no types of its own for most of what it gives: a column of the result has the type that was
declared for the column it comes from, and is UNKNOWN where it comes from an expression.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any

import sqlglot
from sqlglot import exp

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName, canonical_type
from nlq.catalog.assemble import assemble, canonical_default, enum_of_check, is_rowid_alias
from nlq.engine import file
from nlq.engine.base import (
    Argument,
    Cancellation,
    Rows,
    not_a_read,
    refused,
    require_dialect,
    unreachable,
    unsafe_value,
    values_in_order,
    was_cancelled,
    was_interrupted,
)
from nlq.errors import EngineError, NlqError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

FAILURES: dict[int, tuple[str, str, str | None]] = {
    sqlite3.SQLITE_ERROR: ("engine.failed", "the database could not run the statement", None),
    sqlite3.SQLITE_INTERNAL: ("engine.failed", "the database failed internally", None),
    sqlite3.SQLITE_PERM: ("engine.unreachable", "the database file cannot be read", None),
    sqlite3.SQLITE_ABORT: ("engine.failed", "the database could not run the statement", None),
    sqlite3.SQLITE_BUSY: ("engine.failed", "the database is being written to", "try again"),
    sqlite3.SQLITE_LOCKED: ("engine.failed", "the database is being written to", "try again"),
    sqlite3.SQLITE_NOMEM: ("engine.resources", "the statement needed more memory than its limit", None),
    sqlite3.SQLITE_READONLY: ("engine.failed", "the statement would change the database", None),
    sqlite3.SQLITE_IOERR: ("engine.unreachable", "the database file cannot be read", None),
    sqlite3.SQLITE_CORRUPT: ("engine.unreachable", "the database file is damaged", None),
    sqlite3.SQLITE_NOTFOUND: ("engine.failed", "the database could not run the statement", None),
    sqlite3.SQLITE_FULL: ("engine.resources", "the disk is full", None),
    sqlite3.SQLITE_CANTOPEN: ("engine.unreachable", "the database file cannot be opened", None),
    sqlite3.SQLITE_PROTOCOL: ("engine.failed", "the database is being written to", "try again"),
    sqlite3.SQLITE_SCHEMA: ("engine.failed", "the statement does not fit the database", None),
    sqlite3.SQLITE_TOOBIG: (
        "engine.resources",
        "the statement needed more memory than its limit",
        "ask for less, or raise the setting `memory_limit_mb`",
    ),
    sqlite3.SQLITE_CONSTRAINT: ("engine.failed", "the statement breaks a constraint", None),
    sqlite3.SQLITE_MISMATCH: ("engine.failed", "a value does not fit its type", None),
    sqlite3.SQLITE_MISUSE: ("engine.failed", "the database failed internally", None),
    sqlite3.SQLITE_NOLFS: ("engine.unreachable", "the database file cannot be read", None),
    sqlite3.SQLITE_AUTH: ("engine.failed", "the statement uses what is switched off", None),
    sqlite3.SQLITE_RANGE: ("engine.failed", "a value is out of range", None),
    sqlite3.SQLITE_NOTADB: ("engine.unreachable", "the file is not a SQLite database", None),
}
"""What a reader is told, by primary result code (SQLite manual, "Result and Error Codes")."""

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_ERRORS = (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError)
"""What `sqlite3` raises. Before Python 3.12, a second statement in the text is a Warning."""

_INSTRUCTIONS = 5_000
"""How many instructions of SQLite's machine run between two looks at the clock: well below 1 ms."""

_BUSY_S = 2.0
"""How long to wait for a writer to finish."""

_DESCRIBED = 256


class SQLiteEngine:
    """A file, and the connections to it that nobody uses at the moment."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str, settings: Settings) -> None:
        file.require_kind(path, "sqlite")
        self.name = path
        self._path = path
        self._settings = settings
        self._lock = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._identity = file.identity(path)
        self._described: OrderedDict[str, tuple[ResultColumn, ...]] = OrderedDict()
        self._closed = False

    def introspect(self) -> Catalog:
        """See `Engine.introspect`."""
        self._described.clear()
        try:
            with closing(self._connect()) as connection:
                return assemble("sqlite", _read_relations(connection))
        except sqlite3.Error as error:
            raise _failure(error) from None

    def describe(self, statement: Statement) -> tuple[ResultColumn, ...]:
        """See `Engine.describe`."""
        require_dialect(self, statement)
        nothing = [None] * len(statement.arguments)
        with self._connection() as connection:
            try:
                # All of the statement is compiled and authorized, and none of it runs.
                connection.execute(f"EXPLAIN {statement.sql}", nothing).close()
            except _ERRORS as error:
                if _primary_code(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, None):
                    raise refused(str(error)) from None
                raise _failure(error) from None
        return self._describe(statement.sql)

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
        values = [_sendable(v) for v in values_in_order(self, statement, arguments, limit)]
        if cancellation is not None and cancellation.cancelled:
            raise was_cancelled()
        started = time.perf_counter()
        deadline = started + timeout_s if timeout_s else float("inf")

        def is_over() -> bool:
            return time.perf_counter() > deadline or (cancellation is not None and cancellation.cancelled)

        with self._connection() as connection:
            connection.set_progress_handler(is_over, _INSTRUCTIONS)
            try:
                with closing(connection.execute(statement.sql, values)) as cursor:
                    rows = cursor.fetchmany(limit + 1)
                    names = tuple(d[0] for d in cursor.description or ())
            except _ERRORS as error:
                if _primary_code(error) == sqlite3.SQLITE_INTERRUPT:
                    raise was_interrupted(cancellation, timeout_s) from None
                raise _failure(error) from None
            finally:
                connection.set_progress_handler(None, 0)
        columns = self._described.get(statement.sql) or self._describe(statement.sql)
        if tuple(c.name for c in columns) != names:
            columns = tuple(ResultColumn(name, "UNKNOWN") for name in names)
        return Rows(columns, tuple(rows[:limit]), len(rows) > limit, time.perf_counter() - started)

    def close(self) -> None:
        """See `Engine.close`."""
        self._closed = True
        self._drop_idle()

    def _describe(self, sql: str) -> tuple[ResultColumn, ...]:
        """Names and declared types of the columns of `sql`, which was compiled before; nothing is run.

        A view knows from which columns its own come; it may have no parameters, so they become NULL.
        """
        try:
            with closing(self._connect()) as connection:
                connection.execute(f"CREATE TEMP VIEW described AS {_without_parameters(sql)}")
                found = connection.execute("SELECT name, type FROM pragma_table_xinfo('described', 'temp')")
                columns = tuple(ResultColumn(n, _result_type(t)) for n, t in _with_own_names(found))
        except _ERRORS as error:
            raise _failure(error) from None
        with self._lock:
            self._described[sql] = columns
            while len(self._described) > _DESCRIBED:
                self._described.popitem(last=False)
        return columns

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own that can only read."""
        if self._closed:
            raise unreachable(self.name, "it was closed")
        if file.identity(self._path) != self._identity:  # replaced by another file, or gone
            self._drop_idle()
            self._identity = file.identity(self._path)
            self._described.clear()
        identity = self._identity
        try:
            connection = self._idle.pop()
        except IndexError:
            try:
                connection = self._connect()
                connection.set_authorizer(_authorize)
            except sqlite3.Error as error:
                raise _failure(error) from None
        try:
            yield connection
        finally:
            if self._closed or identity != self._identity:
                connection.close()
            else:
                self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        file.require_kind(self._path, "sqlite")
        connection = sqlite3.connect(
            f"{Path(self._path).absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,  # used by one thread at a time, but not always the same
        )
        connection.text_factory = _decode
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
        # The longest text or row, which is what a single function can make out of nothing.
        longest = (self._settings.memory_limit_mb or 1024) * 1024 * 1024 // 8
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(longest, 2**30))
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1)
        connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
        return connection

    def _drop_idle(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Only reading, and no reading of SQLite's own tables."""
    if action == sqlite3.SQLITE_READ and (first or "").lower().startswith("sqlite_"):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() not in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")  # SQLite stores text unchecked


def _sendable(value: Argument) -> object:
    """The value as SQLite can compare it with what it stores."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case _:
            raise unsafe_value()


def _primary_code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _failure(error: Exception) -> NlqError:
    """The error to show, by its code; nothing of its text."""
    code = _primary_code(error)
    if code is not None:
        return EngineError(*FAILURES.get(code, FAILURES[sqlite3.SQLITE_ERROR]))
    if isinstance(error, (OverflowError, UnicodeError)):
        return unsafe_value()
    return not_a_read()


_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\?\d+""")
_REPEATED = re.compile(r"(?P<name>.*):\d+", re.DOTALL)


def _without_parameters(sql: str) -> str:
    return _PARAMETER.sub(lambda m: "NULL" if m[0].startswith("?") else m[0], sql)


def _with_own_names(found: sqlite3.Cursor) -> Iterator[tuple[str, str]]:
    """The columns of a view, named as those of the statement: a view numbers names that come again."""
    seen: set[str] = set()
    for name, type_text in found:
        again = _REPEATED.fullmatch(name)
        yield (again["name"] if again and again["name"] in seen else name), type_text
        seen.add(name)


def _result_type(declared: str) -> str:
    return canonical_type(declared, "sqlite") if declared else "UNKNOWN"


_TABLES = """
    SELECT t.name, t.type, s.sql FROM pragma_table_list AS t
    JOIN sqlite_schema AS s ON s.name = t.name AND s.type IN ('table', 'view')
    WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual')
      AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
_COLUMN = 'c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden'
_COLUMNS = f"""
    SELECT t.name, {_COLUMN} FROM sqlite_schema AS t JOIN pragma_table_xinfo(t.name) AS c
    WHERE t.type = 'table' AND t.rootpage <> 0 ORDER BY t.name, c.cid
"""  # noqa: S608 - made of constants
_COLUMNS_OF_ONE = f"SELECT {_COLUMN} FROM pragma_table_xinfo(?1) AS c ORDER BY c.cid"  # noqa: S608 - as above
_FOREIGN_KEYS = """
    SELECT t.name, k.id, k."table", k."from", k."to"
    FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t.name) AS k
    WHERE t.type = 'table' AND t.rootpage <> 0 ORDER BY t.name, k.id, k.seq
"""
_UNIQUE = """
    SELECT t.name, i.name, c.name
    FROM sqlite_schema AS t JOIN pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
    WHERE t.type = 'table' AND t.rootpage <> 0 AND i."unique" AND i.partial = 0 AND i.origin <> 'pk'
    ORDER BY t.name, i.name, c.seqno
"""


def _read_relations(connection: sqlite3.Connection) -> Iterator[Relation]:
    columns: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for table, *column in connection.execute(_COLUMNS):
        columns[table].append(column)
    keys: defaultdict[str, defaultdict[int, list[Sequence[Any]]]] = defaultdict(lambda: defaultdict(list))
    for table, key, *pair in connection.execute(_FOREIGN_KEYS):
        keys[table][key].append(pair)
    unique: defaultdict[str, defaultdict[str, list[str | None]]] = defaultdict(lambda: defaultdict(list))
    for table, index, column_name in connection.execute(_UNIQUE):
        unique[table][index].append(column_name)
    for table, kind, sql in connection.execute(_TABLES).fetchall():
        found = columns[table] if kind == "table" else _columns_of_one(connection, table)
        if found:
            yield _relation(table, kind, sql, found, keys[table].values(), unique[table].values())


def _columns_of_one(connection: sqlite3.Connection, name: str) -> list[Sequence[Any]]:
    """The columns of a view or virtual table; none where what it reads is gone."""
    try:
        return connection.execute(_COLUMNS_OF_ONE, (name,)).fetchall()
    except sqlite3.OperationalError:
        return []


def _relation(
    table: str,
    kind: str,
    sql: str | None,
    found: Sequence[Sequence[Any]],
    keys: Any,
    unique: Any,
) -> Relation:
    by_position = sorted((position, name) for name, _, _, _, position, _ in found if position)
    primary_key = tuple(name for _, name in by_position)
    enums = _enums(sql or "") if kind == "table" else {}
    return Relation(
        RelationName("main", table),
        tuple(
            _column(column, primary_key, enums, is_view=kind == "view")
            for column in found
            if column[5] != 1  # hidden columns of a virtual table
        ),
        "view" if kind == "view" else "table",
        primary_key,
        tuple(tuple(names) for names in unique if None not in names),
        tuple(
            ForeignKey(
                tuple(pair[1] for pair in pairs),
                RelationName("main", pairs[0][0]),
                () if pairs[0][2] is None else tuple(pair[2] for pair in pairs),
            )
            for pairs in keys
        ),
    )


def _column(
    row: Sequence[Any],
    primary_key: tuple[str, ...],
    enums: Mapping[str, tuple[str, ...]],
    *,
    is_view: bool,
) -> Column:
    name, declared, not_null, default, _, hidden = row
    type_name = "UNKNOWN" if is_view and not declared else canonical_type(declared, "sqlite")
    computed = hidden in (2, 3)
    return Column(
        name,
        type_name,
        not not_null,
        None if computed else canonical_default(default, "sqlite", type_name),
        computed or is_rowid_alias(declared, primary_key, name),
        None,
        enums.get(name, ()),
    )


def _enums(sql: str) -> dict[str, tuple[str, ...]]:
    """The values that CHECKs of a CREATE TABLE allow. SQLite keeps a CHECK only in the text."""
    if "check" not in sql.lower():
        return {}
    try:
        tree = sqlglot.parse_one(sql, dialect="sqlite")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return {}
    enums: dict[str, tuple[str, ...]] = {}
    for check in tree.find_all(exp.CheckColumnConstraint):
        found = enum_of_check(check.this.sql(dialect="sqlite"), "sqlite")
        if found is not None:
            enums.setdefault(*found)
    return enums
