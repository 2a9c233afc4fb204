"""The demo as a file, made once for the whole run; and how much of the recorded suites is tried."""

import fcntl
import os
from pathlib import Path

import pytest

from nlq.demo import create_demo

WHOLE = os.environ.get("NLQ_SUITES") == "all" or "RECORD" in os.environ
"""Whether all cases are tried (`make suites`, `make record`), or every second."""


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo on DuckDB, for tests that only read. Workers share it."""
    own = tmp_path_factory.getbasetemp()
    path = (own if worker_id == "master" else own.parent) / "demo.duckdb"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            create_demo(path)
    return path
