"""Real databases for the law, on kept connections: all of a world, and the part that may be seen."""

from __future__ import annotations

import hashlib
import itertools
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import psycopg
from psycopg.raw_cursor import RawCursor

from nlq.catalog import Dialect
from tests.property.worlds import Table, World, fill

Run = Callable[[str, list[Any]], list[tuple[Any, ...]]]
Bag = Counter[Any]

_numbers = itertools.count()


class Databases:
    """Two databases that hold something for as long as `holding` lasts; `recover` after an error."""

    def __init__(
        self, full: Run, part: Run, error: type[Exception], undo: Callable[[], None], *, savepoints: bool
    ) -> None:
        self.full, self.part, self.error, self.undo = full, part, error, undo
        self.savepoints = savepoints
        self.refill: Callable[[], None] = lambda: None

    @contextmanager
    def holding(self, world: World, part: Sequence[Table] | None = None) -> Iterator[None]:
        """Both filled; `part` where it is not what the principal sees."""

        def refill() -> None:
            for run, tables in (
                (self.full, world.tables),
                (self.part, world.seen if part is None else part),
            ):
                run("BEGIN", [])
                fill(run, world.dialect, tables)
                if self.savepoints:
                    run("SAVEPOINT filled", [])

        try:
            refill()
            self.refill = refill
            yield
        finally:
            self.undo()

    def ask(self, run: Run, sql: str, values: list[Any]) -> tuple[Bag | None, str]:
        """The rows as a bag; None and the reason where the engine refused."""
        try:
            return bag(run(sql, values)), ""
        except self.error as raised:
            # What failed may have ended the transaction, and DuckDB has no savepoints.
            if self.savepoints:
                run("ROLLBACK TO SAVEPOINT filled", [])
            else:
                self.undo()
                self.refill()
            return None, str(raised)


def bag(rows: list[tuple[Any, ...]]) -> Bag:
    try:
        return Counter(rows)
    except TypeError:  # a row as a value
        return Counter(map(repr, rows))


@contextmanager
def open_databases(dialect: Dialect, postgres_url: str) -> Iterator[Databases]:
    """Two empty databases of that kind; `postgres_url` has `{}` for the name of one."""
    match dialect:
        case "duckdb":
            with duckdb.connect() as full, duckdb.connect() as part:
                for connection in (full, part):
                    connection.execute("SET threads = 1")
                yield _undone_by_rollback(
                    (full, part),
                    lambda c, s, v: c.execute(s, v or None).fetchall(),
                    duckdb.Error,
                )
        case "sqlite":
            with closing(_memory()) as first, closing(_memory()) as second:
                yield _undone_by_rollback(
                    (first, second),
                    lambda c, s, v: c.execute(s, {str(i): x for i, x in enumerate(v, 1)}).fetchall(),
                    sqlite3.Error,
                )
        case "postgres":
            with _postgres(postgres_url) as databases:
                yield databases


def _undone_by_rollback(
    connections: tuple[Any, Any],
    execute: Callable[[Any, str, list[Any]], list[tuple[Any, ...]]],
    error: type[Exception],
) -> Databases:
    full, part = (lambda s, v, c=c: execute(c, s, v) for c in connections)

    def undo() -> None:
        for connection in connections:
            connection.rollback()

    return Databases(full, part, error, undo, savepoints=error is sqlite3.Error)


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.create_function("nlq_sha256", 1, _sha256, deterministic=True)
    return connection


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _postgres(url: str) -> Iterator[Databases]:
    names = tuple(f"law_{os.getpid()}_{next(_numbers)}" for _ in range(2))
    with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    connections = [psycopg.connect(url.format(n), autocommit=True, cursor_factory=RawCursor) for n in names]

    def runs(connection: psycopg.Connection[Any]) -> Run:
        def run(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
            try:
                cursor = connection.execute(
                    sql.encode(), list(map(sendable, values)) or None, prepare=False
                )
                return cursor.fetchall() if cursor.description else []
            except psycopg.Error:
                connection.execute(b"ROLLBACK TO SAVEPOINT filled")
                raise

        return run

    def undo() -> None:
        for connection in connections:
            connection.execute(b"ROLLBACK")

    full, part = map(runs, connections)
    yield Databases(full, part, psycopg.Error, undo, savepoints=True)
    for connection in connections:
        connection.close()
    with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def sendable(value: Any) -> Any:
    """As the engine sends it: without a type, so that Postgres infers the one it needs."""
    if isinstance(value, tuple):
        items = (str(v).replace("\\", "\\\\").replace('"', '\\"') for v in value)
        return "{" + ",".join(f'"{i}"' for i in items) + "}"
    return str(value) if isinstance(value, int) else value
