"""SQLite: a file that people already have, opened read only; reading is all that is authorized.

SQLite has no types of its own for most of what it gives: a column of the result has the type that was
declared for the column it comes from, and is UNKNOWN where it comes from an expression.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from nlq.catalog import Catalog, Dialect, RelationName, canonical_type
from nlq.defence.identity import Identity
from nlq.engine import failure, file
from nlq.engine.base import require_dialect, values_in_order
from nlq.engine.cancellation import Cancellation, was_cancelled, was_interrupted
from nlq.engine.failure import refused, unreachable
from nlq.engine.rows import Argument, Rows, Sink, hand_on
from nlq.engine.sqlite_catalog import read_catalog
from nlq.engine.work import Done, Work
from nlq.engine.writing import Terms, only_read
from nlq.errors import EngineError, NlqError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

_WRITER: failure.Failure = ("engine.failed", "the database is being written to", "try again")

FAILURES: dict[int, failure.Failure] = {
    sqlite3.SQLITE_ERROR: failure.FAILED,
    sqlite3.SQLITE_INTERNAL: failure.BROKEN,
    sqlite3.SQLITE_PERM: failure.UNREADABLE,
    sqlite3.SQLITE_ABORT: failure.FAILED,
    sqlite3.SQLITE_BUSY: _WRITER,
    sqlite3.SQLITE_LOCKED: _WRITER,
    sqlite3.SQLITE_NOMEM: failure.MEMORY,
    sqlite3.SQLITE_READONLY: failure.WOULD_WRITE,
    sqlite3.SQLITE_IOERR: failure.UNREADABLE,
    sqlite3.SQLITE_CORRUPT: ("engine.unreachable", "the database file is damaged", None),
    sqlite3.SQLITE_NOTFOUND: failure.FAILED,
    sqlite3.SQLITE_FULL: ("engine.resources", "the disk is full", None),
    sqlite3.SQLITE_CANTOPEN: failure.UNREADABLE,
    sqlite3.SQLITE_PROTOCOL: _WRITER,
    sqlite3.SQLITE_SCHEMA: failure.UNFIT,
    sqlite3.SQLITE_TOOBIG: failure.MEMORY,
    sqlite3.SQLITE_CONSTRAINT: failure.CONSTRAINT,
    sqlite3.SQLITE_MISMATCH: failure.BAD_VALUE,
    sqlite3.SQLITE_MISUSE: failure.BROKEN,
    sqlite3.SQLITE_NOLFS: failure.UNREADABLE,
    sqlite3.SQLITE_AUTH: failure.SWITCHED_OFF,
    sqlite3.SQLITE_RANGE: failure.OUT_OF_RANGE,
    sqlite3.SQLITE_NOTADB: ("engine.unreachable", "the file is not a SQLite database", None),
}
"""What a reader is told, by primary result code (SQLite manual, "Result and Error Codes")."""

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_ERRORS = (sqlite3.Error, sqlite3.Warning, UnicodeError, OverflowError)
"""What `sqlite3` raises. Before Python 3.12, a second statement in the text is a Warning."""

_LISTS = RelationName("main", "json_each")
"""What the guard reads the principal's lists with; SQLite calls it a table. Queries may not name it."""

_INSTRUCTIONS = 5_000
"""How many instructions of SQLite's machine run between two looks at the clock: well below 1 ms."""

_BUSY_S = 2.0
"""How long to wait for a writer to finish."""

_DESCRIBED = 256
"""How many statements' columns are remembered."""

_COMPARED = 10_000
"""Statements of which is known that SQLite reads what the guard wrote."""


class SQLiteEngine:
    """A file, and the connections to it that nobody uses at the moment."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: str, settings: Settings) -> None:
        file.require_kind(path, "sqlite")
        self.name = path
        self._path = path
        self._settings = settings
        self._idle: list[sqlite3.Connection] = []
        self._identity = file.identity(path)
        self._described: dict[str, tuple[ResultColumn, ...]] = {}
        self._compared: set[tuple[str, frozenset[RelationName] | None]] = set()
        self._closed = False

    def version(self) -> None:
        """See `Engine.version`: the file beside it (WAL) may hold changes, and a reader changes that."""

    def introspect(self) -> Catalog:
        """See `Engine.introspect`."""
        self._described.clear()
        try:
            with closing(self._connect()) as connection:
                return read_catalog(connection)
        except sqlite3.Error as error:
            raise _failure(error) from None

    def describe(self, statement: Statement, identity: Identity | None = None) -> tuple[ResultColumn, ...]:
        """See `Engine.describe`."""
        require_dialect(self, statement)
        nothing = _numbered([None] * len(statement.arguments))
        with self._connection() as connection:
            try:
                # All of the statement is compiled and authorized, and none of it runs.
                connection.execute(f"EXPLAIN {statement.sql}", nothing).close()
            except _ERRORS as error:
                if _primary_code(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, None):
                    raise refused(str(error), statement.sql) from None
                raise _failure(error) from None
        self._require_same_reads(statement)
        return self._describe(statement.sql)

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
        values = _numbered([_sendable(v) for v in values_in_order(self, statement, arguments, limit)])
        if cancellation is not None and cancellation.cancelled:
            raise was_cancelled()
        started = time.perf_counter()
        deadline = started + timeout_s if timeout_s else float("inf")

        def is_over() -> bool:
            return time.perf_counter() > deadline or (cancellation is not None and cancellation.cancelled)

        with self._connection() as connection:
            self._require_same_reads(statement)
            connection.set_progress_handler(is_over, _INSTRUCTIONS)
            try:
                with closing(connection.execute(statement.sql, values)) as cursor:
                    names = tuple(d[0] for d in cursor.description or ())
                    if sink is not None:
                        columns = tuple(ResultColumn(name, "UNKNOWN") for name in names)
                        given, more = hand_on(sink, columns, cursor.fetchmany, limit)
                        seconds = time.perf_counter() - started
                        return Rows(columns, (), more, seconds, handed_on=given)
                    rows = cursor.fetchmany(limit + 1)
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

    def write(
        self,
        work: Work,
        terms: Terms,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Done:
        """See `Engine.write`. SQLite is only read."""
        raise only_read()

    def release(self) -> None:
        """See `Engine.release`."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._closed = True
        self._drop_idle()

    def _require_same_reads(self, statement: Statement) -> None:
        """Compare once what SQLite would read for the statement with what the guard wrote.

        Raises `engine.failed` where it is more, and what `run` raises where it cannot be compiled.
        """
        key = (statement.sql, statement.reads)
        if statement.reads is None or key in self._compared:
            return
        seen: set[RelationName] = set()

        def note(
            action: int, first: str | None, second: str | None, schema: str | None, view: str | None
        ) -> int:
            if action == sqlite3.SQLITE_READ:
                # What a view reads is the view's; any other subquery has a name that is no relation's.
                of_view = RelationName("main", view or "")
                name = RelationName(schema or "", first or "")
                seen.add(of_view if of_view in views else name)
            return _authorize(action, first, second)

        try:
            with closing(self._connect()) as connection:
                kinds = {
                    RelationName("main", name): kind
                    for name, kind in connection.execute("SELECT name, type FROM sqlite_schema")
                }
                views = {name for name in statement.reads if kinds.get(name) == "view"}
                connection.set_authorizer(note)
                nothing = _numbered([None] * len(statement.arguments))
                connection.execute(f"EXPLAIN {statement.sql}", nothing).close()
        except _ERRORS as error:
            raise _failure(error) from None
        # A relation of that name would hide the function, which then cannot be called.
        allowed = statement.reads if _LISTS in kinds else statement.reads | {_LISTS}
        if not seen <= allowed:
            raise EngineError(*failure.READS_OTHERWISE)
        if len(self._compared) >= _COMPARED:
            self._compared.clear()
        self._compared.add(key)

    def _describe(self, sql: str) -> tuple[ResultColumn, ...]:
        """Names and declared types of the columns of `sql`, which was compiled before; nothing is run.

        A view knows from which columns its own come; it may have no parameters, so they become NULL.
        """
        try:
            with closing(self._connect()) as connection:
                connection.execute(f"CREATE TEMP VIEW __described AS {_without_parameters(sql)}")
                found = connection.execute(
                    "SELECT name, type FROM pragma_table_xinfo('__described', 'temp')"
                )
                columns = tuple(ResultColumn(n, _result_type(t)) for n, t in _with_own_names(found))
        except _ERRORS as error:
            raise _failure(error) from None
        if len(self._described) >= _DESCRIBED:
            self._described.clear()
        self._described[sql] = columns
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
            self._give_back(connection, identity)

    def _give_back(self, connection: sqlite3.Connection, identity: tuple[int, int] | None) -> None:
        if identity == self._identity:
            self._idle.append(connection)
        else:
            connection.close()
        if self._closed:
            self._drop_idle()

    def _connect(self) -> sqlite3.Connection:
        file.require_kind(self._path, "sqlite")
        connection = sqlite3.connect(
            f"{Path(self._path).absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,  # used by one thread at a time, but not always the same
        )
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA temp_store = MEMORY")
            # Lists of the principal's are read by `json_each`, which makes a table of itself when it is
            # first used: the authorizer would not let it.
            connection.execute("SELECT 1 FROM json_each('[]')").close()
        except BaseException:
            connection.close()
            raise
        connection.create_function("nlq_sha256", 1, _sha256, deterministic=True)
        connection.text_factory = _decode
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


def _sha256(text: str | None) -> str | None:
    """For hashed columns: SQLite has no function of its own. The allow-list keeps it from queries."""
    return None if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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
            raise EngineError(*failure.UNSENDABLE)


def _numbered(values: Sequence[object]) -> dict[str, object]:
    """`?1` is taken for a name, `1`, by `sqlite3` of Python 3.12.0 to 3.12.3."""
    return {str(position): value for position, value in enumerate(values, start=1)}


def _primary_code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _failure(error: Exception) -> NlqError:
    """The error to show, by its code; nothing of its text."""
    code = _primary_code(error)
    if code is not None:
        return EngineError(*FAILURES.get(code, FAILURES[sqlite3.SQLITE_ERROR]))
    if isinstance(error, UnicodeError):
        return EngineError(*failure.NOT_TEXT)
    if isinstance(error, OverflowError):
        return EngineError(*failure.OUT_OF_RANGE)
    return EngineError(*failure.NOT_A_READ)


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
