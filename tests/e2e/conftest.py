"""The demo as a file, made once for the whole run."""

from pathlib import Path

import pytest

from nlq.demo import create_demo


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo on DuckDB, for tests that only read. Workers share it: it appears whole or not at all."""
    own = tmp_path_factory.getbasetemp()
    path = (own if worker_id == "master" else own.parent) / "demo.duckdb"
    if not path.exists():
        create_demo(path)
    return path
