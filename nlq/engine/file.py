"""Databases that are one file: what kind it is, and whether it is still the same one."""

from __future__ import annotations

import os
from pathlib import Path

from nlq.catalog import Dialect
from nlq.engine.failure import unreachable
from nlq.engine.rows import Version

_DUCKDB = b"DUCK"
_SQLITE = b"SQLite format 3\0"
_NAMES: dict[Dialect | None, str] = {"duckdb": "a DuckDB database", "sqlite": "a SQLite database"}


def sniff(path: str) -> Dialect | None:
    """The engine that wrote the file, by its first bytes; None where it is no database that we know.

    Raises `engine.unreachable` where there is no such file, or it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise unreachable(path, "there is no such file") from None
    except IsADirectoryError:
        raise unreachable(path, "it is a directory") from None
    except OSError as error:
        raise unreachable(path, f"the file cannot be read: {error.strerror}") from None
    if head == _SQLITE:
        return "sqlite"
    # DuckDB manual, "Storage": a checksum of eight bytes, then the magic word.
    return "duckdb" if head[8:12] == _DUCKDB else None


def require_kind(path: str, wanted: Dialect) -> None:
    """Refuse a file that another engine wrote, or none; never make one.

    Raises `engine.unreachable`.
    """
    found = sniff(path)
    if found != wanted:
        is_ = _NAMES.get(found, "no database")
        mend = f": use `{found}:///{path}`" if found else ""
        raise unreachable(path, f"the file is {is_}, not {_NAMES[wanted]}{mend}")


def identity(path: str) -> tuple[int, int] | None:
    """What tells this file from another of the same name; None where there is none."""
    try:
        stat = Path(path).stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def version(path: str) -> Version | None:
    """What changes when the file is replaced or written; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # on the way of every request
    except OSError:
        return None
    return Version(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
