"""Databases that are ours: a directory of files, or databases of the user's Postgres server.

The user's own database is only read, by the engine that opens it for reading only.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nlq.catalog import Catalog
from nlq.catalog.emit import ddl_from_catalog
from nlq.engine import Engine
from nlq.errors import EngineError, NlqError
from nlq.guard import Statement
from nlq.redteam.world import ROWS, Rows, World

READ_S = 10.0
"""How long reading the user's rows may take, for each relation."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where scratch databases are made. `server` is a connection string of Postgres, or empty."""

    directory: Path
    server: str
    _made: list[str]

    def write(self, world: World) -> str:
        """The URL of a new database that holds the world.

        Raises `engine.failed` where it cannot be made.
        """
        match world.catalog.dialect:
            case "duckdb":
                return self._duckdb(world)
            case "sqlite":
                return self._sqlite(world)
            case "postgres":
                return self._postgres(world)

    def _duckdb(self, world: World) -> str:
        import duckdb

        path = self.directory / f"{len(self._made)}.duckdb"
        self._made.append(path.name)
        try:
            with duckdb.connect(path) as connection:
                connection.execute(_ddl(world.catalog))
                for insert, rows in _inserts(world, "?"):
                    for row in rows:
                        connection.execute(insert, row)
        except duckdb.Error as error:
            raise _not_made(error) from error
        return f"duckdb:///{path}"

    def _sqlite(self, world: World) -> str:
        path = self.directory / f"{len(self._made)}.sqlite"
        self._made.append(path.name)
        try:
            with closing(sqlite3.connect(path)) as file:
                file.executescript(_ddl(world.catalog))
                for insert, rows in _inserts(world, "?"):
                    file.executemany(insert, [[_plain(value) for value in row] for row in rows])
                file.commit()
        except sqlite3.Error as error:
            raise _not_made(error) from error
        return f"sqlite:///{path}"

    def _postgres(self, world: World) -> str:
        import psycopg
        from psycopg import conninfo, sql
        from psycopg.types.json import Jsonb

        name = f"nlq_redteam_{secrets.token_hex(6)}"
        try:
            with psycopg.connect(self.server, autocommit=True) as server:
                server.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
                )
            self._made.append(name)
            with psycopg.connect(conninfo.make_conninfo(self.server, dbname=name)) as connection:
                connection.execute(_ddl(world.catalog).encode())
                with connection.cursor() as cursor:
                    for insert, rows in _inserts(world, "%s"):
                        wrapped = [[Jsonb(v) if isinstance(v, dict) else v for v in row] for row in rows]
                        cursor.executemany(insert.encode(), wrapped)
        except psycopg.errors.InsufficientPrivilege as error:
            raise EngineError(
                "engine.failed",
                "the database's user may not create a scratch database",
                "give it CREATEDB, or name another user in `--db`",
            ) from error
        except psycopg.Error as error:
            raise _not_made(error) from error
        given = conninfo.conninfo_to_dict(self.server)
        return _url({**given, "dbname": name})

    def remove(self) -> None:
        """Drop what was made on a server; files go with their directory."""
        if not self.server:
            return
        import psycopg
        from psycopg import sql

        with suppress(psycopg.Error), psycopg.connect(self.server, autocommit=True) as server:
            for name in self._made:
                drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                server.execute(drop)


@contextmanager
def open_scratch(url: str, engine: Engine) -> Iterator[Scratch]:
    """A place for scratch databases, emptied in the end. `url` is that of the user's database."""
    with TemporaryDirectory(prefix="nlq-redteam-") as directory:
        scratch = Scratch(Path(directory), url if engine.dialect == "postgres" else "", [])
        try:
            yield scratch
        finally:
            scratch.remove()


def read_rows(engine: Engine, catalog: Catalog) -> Rows:
    """Some rows of each relation, as the user of the URL may read them; none where that fails."""
    found: Rows = {}
    for relation in catalog:
        text = f"SELECT * FROM {_quote(relation.name.schema)}.{_quote(relation.name.name)}"  # noqa: S608
        statement = Statement(text, engine.dialect, (), "redteam", ())
        with suppress(NlqError):
            rows = engine.run(statement, {}, limit=ROWS, timeout_s=READ_S)
            if [c.name for c in rows.columns] == [c.name for c in relation.columns]:
                found[relation.name] = [list(row) for row in rows.rows]
    return found


def _ddl(catalog: Catalog) -> str:
    # What a catalog knows by no standard name (a domain, a type of an extension) becomes text here.
    plain = (
        replace(r, columns=tuple(replace(c, type="TEXT") if _is_strange(c.type) else c for c in r.columns))
        for r in catalog
    )
    return ddl_from_catalog(Catalog.of(catalog.dialect, plain))


def _is_strange(type_: str) -> bool:
    from nlq.catalog import family

    return type_ not in ("ENUM", "UNKNOWN") and family(type_, "postgres") == "other"


def _inserts(world: World, sign: str) -> Iterator[tuple[str, list[list[Any]]]]:
    for relation in world.catalog:
        rows = world.rows[relation.name]
        name = f"{_quote(relation.name.schema)}.{_quote(relation.name.name)}"
        signs = ", ".join(sign for _ in relation.columns)
        if rows:
            yield f"INSERT INTO {name} VALUES ({signs})", rows  # noqa: S608  # quoted names


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case dict() | list() | tuple():
            return json.dumps(value, default=str)
        case None | str() | int() | float() | bytes():
            return value
        case _:
            return str(value)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _url(given: dict[str, Any]) -> str:
    from urllib.parse import quote, urlencode

    rest = {k: v for k, v in given.items() if k not in ("user", "password", "dbname")}
    user = quote(str(given.get("user") or ""), safe="")
    password = f":{quote(str(given['password']), safe='')}" if given.get("password") else ""
    at = "@" if user or password else ""
    return f"postgresql://{user}{password}{at}/{quote(str(given['dbname']), safe='')}?{urlencode(rest)}"


def _not_made(error: Exception) -> EngineError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return EngineError("engine.failed", f"a scratch database cannot be made: {reason[:300]}")
