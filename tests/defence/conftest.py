"""Databases that a policy was put into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from defence.defended import TABLES, Defended, MakeDatabase, defend, run_raw

from nlq.engine import open_engine
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service


@pytest.fixture(scope="session")
def shared(shared_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory) -> Defended:
    """For tests that change nothing."""
    return defend(shared_database("postgres", TABLES), tmp_path_factory.mktemp("defended"))


@pytest.fixture
def own(make_database: MakeDatabase, tmp_path: Path) -> Defended:
    """For tests that change something."""
    return defend(make_database("postgres", TABLES), tmp_path)


@pytest.fixture(scope="session")
def services(
    shared: Defended, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Service]]:
    """The guard alone, over tables, and the guard beside the database's own rules."""
    common = {"policy": str(shared.policy_file), "cache_dir": str(tmp_path_factory.mktemp("cache"))}
    guard_only = open_service(Settings(db=shared.admin, **common))  # type: ignore[arg-type]
    both = open_service(Settings(db=shared.login, db_role=shared.names.reader, **common))  # type: ignore[arg-type]
    yield guard_only, both
    guard_only.close()
    both.close()


@pytest.fixture(scope="session")
def reader(shared: Defended) -> Iterator[Callable[..., tuple[tuple[Any, ...], ...]]]:
    """Runs any SQL at all as the reader, for a principal: the guard is not there."""
    engine = open_engine(shared.login, Settings(db_role=shared.names.reader))

    def run(sql: str, principal: str = "ana", limit: int = 50) -> tuple[tuple[Any, ...], ...]:
        return run_raw(engine, sql, shared, shared.policy.principals[principal], limit)

    yield run
    engine.close()
