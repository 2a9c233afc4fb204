"""Databases made from files of SQL: DDL and data, run once into a file of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Literal

import duckdb

from nlq.errors import EvalError

FileDialect = Literal["duckdb", "sqlite"]


def make_fixture(scripts: Iterable[str], path: Path, dialect: FileDialect = "duckdb") -> str:
    """The URL of a new database at `path`, in which the scripts were run in their order.

    Scripts run in the directory that holds them, so far as they name files (`COPY … FROM 'orders.csv'` on
    DuckDB, which searches there). Raises `eval.invalid`, naming the script.
    """
    for script in map(Path, scripts):
        try:
            text = script.read_text("utf-8")
            if dialect == "duckdb":
                with duckdb.connect(path) as connection:
                    folder = str(script.resolve().parent).replace("'", "''")
                    connection.execute(f"SET file_search_path = '{folder}'")
                    connection.execute(text)
            else:
                with closing(sqlite3.connect(path)) as file:
                    file.executescript(text)
        except (OSError, UnicodeDecodeError, duckdb.Error, sqlite3.Error) as error:
            said = str(error).strip().partition("\n")[0]
            raise EvalError("eval.invalid", f"the fixture `{script.name}` does not run: {said}") from error
    return f"{dialect}:///{path}"
