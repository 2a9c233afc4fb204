"""The world and its twin on every engine, opened once for the whole run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from attacks.corpus import HERE
from attacks.hostile import TIMEOUT_S, Hostile, Overheard, Worlds
from attacks.world import make_file, make_world

from nlq.catalog import Dialect
from nlq.engine import open_engine
from nlq.settings import Settings
from nlq.wire import open_service


@pytest.fixture(scope="session")
def worlds(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[Dialect], Worlds]]:
    """Opens the worlds of a dialect, once."""
    opened: dict[str, Worlds] = {}
    with ExitStack() as stack:

        def open_(dialect: Dialect) -> Worlds:
            if dialect not in opened:
                directory = tmp_path_factory.mktemp(f"world-{dialect}")
                model = Hostile()
                urls = {}
                for name in ("world", "twin"):
                    urls[name], path = _empty(dialect, directory, name, request)
                    make_world(dialect, path, twin=name == "twin")
                settings = Settings(
                    db=urls["world"], policy=str(HERE / "policy.toml"), cache_dir=str(directory / "cache"),
                    statement_timeout_s=TIMEOUT_S, memory_limit_mb=256, threads=1, attempts=2,
                    hash_key="no secret, for tests only",
                )  # fmt: skip
                service = open_service(settings, model=model)
                stack.callback(service.close)
                twin = open_engine(urls["twin"], settings)
                stack.callback(twin.close)
                service._database.engine = overheard = Overheard(service.engine)
                mallory = service.policy.principals["mallory"]
                opened[dialect] = Worlds(
                    dialect, service, overheard, twin, model, mallory, make_file(directory)
                )
            return opened[dialect]

        yield open_


def _empty(dialect: Dialect, directory: Path, name: str, request: pytest.FixtureRequest) -> tuple[str, str]:
    """The URL of a new database, and what its driver opens."""
    if dialect != "postgres":
        path = directory / f"{name}.{dialect}"
        return f"{dialect}:///{path}", str(path)
    server: str = request.getfixturevalue("postgres_url")
    # Workers share a server, and number their directories alike.
    database = f"{directory.name.replace('-', '_')}_{name}_{os.getpid()}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
        # Old applications need it, and it ends texts elsewhere than the standard does.
        connection.execute(f'ALTER DATABASE "{database}" SET standard_conforming_strings = off')
    return server.format(database), server.format(database)
