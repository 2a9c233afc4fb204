"""Databases: the adapters that run statements. One file per vendor, imported when it is needed."""

from __future__ import annotations

import re
from pathlib import Path

from nlq.engine import file
from nlq.engine.base import Engine
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Argument, Rows
from nlq.errors import EngineError, SettingsError
from nlq.settings import Settings

__all__ = ["Argument", "Cancellation", "Engine", "Rows", "open_engine"]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_USER = re.compile(r":[^/]*@|:/.*@")
_HINT = "use `duckdb:///file.duckdb`, `postgresql://user@host/database` or `sqlite:///file.sqlite`"


def open_engine(url: str, settings: Settings, *, serving: bool = False) -> Engine:
    """The engine for a database URL, or for the path of a DuckDB or SQLite file.

    `duckdb:///shop.duckdb` is a path from where we are, `duckdb:////data/shop.duckdb` one from the root.
    A file is never made. Postgres is not reached for before the first request. `serving` strangers, DuckDB
    runs in processes of its own.

    Raises `engine.unsupported`, `engine.unreachable` and `settings.missing_extra`.
    """
    scheme, separator, rest = url.partition("://")
    if not url.strip():
        raise EngineError("engine.unsupported", "no database is named", _HINT)
    if not separator:
        if _USER.search(url) and not Path(url).exists():
            # It may hold a password, and is shown to nobody.
            raise EngineError("engine.unsupported", "the database is named by what is no URL", _HINT)
        path = str(Path(url).expanduser())
        return _open_file(file.sniff(path), path, settings, serving)
    match scheme:
        case "duckdb" | "sqlite":
            if not rest.startswith("/"):
                raise EngineError(
                    "engine.unsupported", f"`{scheme}://` takes three slashes and a path", _HINT
                )
            return _open_file(scheme, str(Path(rest[1:]).expanduser()), settings, serving)
        case "postgresql" | "postgres":
            return _open_postgres(url, settings)
        case _:
            # Only the scheme: the rest may hold a password.
            kind = f"the kind `{scheme}`" if _SCHEME.fullmatch(scheme) else "this kind"
            raise EngineError("engine.unsupported", f"databases of {kind} are not supported", _HINT)


def _open_file(kind: str | None, path: str, settings: Settings, serving: bool) -> Engine:
    if kind == "duckdb":
        from nlq.engine.duckdb import DuckDBEngine

        return _isolated(DuckDBEngine(path, settings), path, settings, serving)
    if kind == "sqlite":
        from nlq.engine.sqlite import SQLiteEngine

        return _isolated(SQLiteEngine(path, settings), path, settings, serving)
    raise EngineError("engine.unsupported", f"the file `{path}` is not a DuckDB or SQLite database", _HINT)


def _isolated(engine: Engine, path: str, settings: Settings, serving: bool) -> Engine:
    wanted = settings.engine_isolation
    unasked = wanted == "auto" and not (serving and engine.dialect == "duckdb")
    if wanted == "none" or unasked or path == ":memory:":
        return engine
    from nlq.engine.worker import WorkerEngine

    return WorkerEngine(engine, path, settings)


def _open_postgres(url: str, settings: Settings) -> Engine:
    try:
        from nlq.engine.postgres import PostgresEngine
    except ImportError as error:
        if error.name is not None and error.name.startswith("nlq"):
            raise
        raise SettingsError(
            "settings.missing_extra",
            "Postgres needs an optional part of the installation",
            'run `pip install "nlq[postgres]"`',
        ) from error
    return PostgresEngine(url, settings)
