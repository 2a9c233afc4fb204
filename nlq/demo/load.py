"""The demo's rows in a database: a DuckDB file for users, Postgres for the tests."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nlq.catalog.fingerprint import digest
from nlq.demo.generate import generate
from nlq.errors import EngineError
from nlq.events import DemoFilled, Observer, ignore
from nlq.settings import user_cache_dir

_HERE = Path(__file__).parent
POLICY = _HERE / "policy.toml"
"""The policy of the demo."""

_SELF_REFERENCES = {"users": "invited_by", "comments": "reply_to"}

_POSTGRES_INDEXES = """
CREATE INDEX ON users (team_id);
CREATE INDEX ON posts (author_id);
CREATE INDEX ON comments (post_id);
CREATE INDEX ON likes (post_id);
CREATE INDEX ON customers (account_manager_id);
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON order_lines (order_id);
CREATE INDEX ON order_lines (product_id);
"""


def demo_schema() -> str:
    """The DDL of the demo, for DuckDB and Postgres alike."""
    return (_HERE / "schema.sql").read_text("utf-8")


def demo_path() -> Path:
    """Where the demo is kept. Another schema or generator has another path, so no file is out of date."""
    sources = [
        (_HERE / name).read_text("utf-8") for name in ("schema.sql", "words.py", "generate.py", "load.py")
    ]
    return user_cache_dir() / "demo" / f"{digest(sources)[:12]}.duckdb"


def create_demo(path: Path, observe: Observer = ignore) -> None:
    """Write the demo to a DuckDB file, which appears whole or not at all.

    Raises `engine.failed` where it cannot be written.
    """
    import duckdb

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".demo-", dir=path.parent) as scratch:
            unfinished = Path(scratch) / "demo.duckdb"
            with duckdb.connect(unfinished) as connection:
                _fill_duckdb(connection, Path(scratch), observe)
            unfinished.replace(path)
    except (OSError, duckdb.IOException) as error:
        raise _unwritable(path, error) from error


def copy_demo(path: Path, *, anew: bool = False) -> Path:
    """A copy of the demo at `path` that may be changed, kept beside it; with `anew`, as it was at first.

    Raises `engine.failed` where it cannot be written.
    """
    copy = path.with_name(f"{path.stem}-own.duckdb")
    if copy.exists() and not anew:
        return copy
    try:
        # The log of the copy that there was must not be replayed on this one.
        copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=".demo-", dir=path.parent) as scratch:
            unfinished = Path(shutil.copy(path, scratch))
            unfinished.replace(copy)
    except OSError as error:
        raise _unwritable(copy, error) from error
    return copy


def create_demo_postgres(conninfo: str, observe: Observer = ignore) -> None:
    """Write the same rows to an empty Postgres database.

    Raises `engine.unreachable`.
    """
    import psycopg

    try:
        connection = psycopg.connect(conninfo)
    except psycopg.OperationalError as error:
        raise EngineError("engine.unreachable", "the database for the demo cannot be reached") from error
    with connection, connection.cursor() as cursor:
        cursor.execute(demo_schema().encode())
        for name, rows in _relations():
            with cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT csv)'.encode()) as copy:
                copy.write(_csv(rows))
            observe(DemoFilled(name, len(rows)))
        cursor.execute(_POSTGRES_INDEXES.encode())
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _unwritable(path: Path, error: Exception) -> EngineError:
    return EngineError(
        "engine.failed",
        f"the demo database cannot be written to `{path}`",
        hint=f"free some space or set XDG_CACHE_HOME to another directory ({type(error).__name__})",
    )


def _fill_duckdb(connection: Any, scratch: Path, observe: Observer) -> None:
    connection.execute(demo_schema())
    text = scratch / "rows.csv"
    for name, rows in _relations():
        # DuckDB looks for a referred row among those of earlier statements only.
        for step in _steps(name, rows):
            text.write_text(_csv(step), "utf-8", newline="")
            connection.execute(f'COPY "{name}" FROM {_literal(str(text))} (FORMAT csv, HEADER false)')
        observe(DemoFilled(name, len(rows)))


def _relations() -> Iterable[tuple[str, Sequence[tuple[Any, ...]]]]:
    demo = generate()
    return [(name, getattr(demo, name)) for name in demo._fields]


def _steps(name: str, rows: Sequence[tuple[Any, ...]]) -> Iterable[Sequence[tuple[Any, ...]]]:
    column = _SELF_REFERENCES.get(name)
    if column is None:
        return [rows]
    return [
        [row for row in rows if getattr(row, column) is None],
        [row for row in rows if getattr(row, column) is not None],
    ]


def _csv(rows: Iterable[tuple[Any, ...]]) -> str:
    """Rows as CSV in which an empty field is NULL; no value of the demo is the empty text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
