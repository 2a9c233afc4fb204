"""What a known question costs above the engine's own time, on the demo database."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.table import Table
from nlq.demo import create_demo, demo_path
from nlq.model import Call, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

QUESTION = "which users have more than 400 likes on a post"
DRAFT = """
SELECT u.name, COUNT(*) AS likes FROM users u JOIN posts p ON p.author_id = u.id
JOIN likes l ON l.post_id = p.id GROUP BY u.name HAVING COUNT(*) > 400 ORDER BY likes DESC LIMIT 20
"""


class OneDraft:
    """A model that answers every question with the same SQL, so that only the pipeline is measured."""

    name = "fixed"
    is_local = True

    def complete(self, call: Call) -> Reply:
        """The fixed draft."""
        return Reply(DRAFT)

    def close(self) -> None:
        """Nothing to stop."""


def measure(runs: int = 60) -> Table:
    """Milliseconds of the same query: by DuckDB alone, by our engine, and as a known question."""
    path = demo_path()
    if not path.is_file():
        create_demo(path)
    table = Table("A known question, demo database (DuckDB), 20 rows", "ms")
    with tempfile.TemporaryDirectory() as cache:
        settings = replace(Settings(), db=f"duckdb:///{path}", cache_dir=cache)
        service = open_service(settings, model=OneDraft())
        try:
            answer = service.ask(QUESTION)
            _compare(table, answer.sql, service, runs, path)
        finally:
            service.close()
        started = time.perf_counter()
        again = open_service(settings, model=None)
        opened = time.perf_counter()
        first = again.ask(QUESTION)
        table.notes.append(
            f"A fresh service: opened in {(opened - started) * 1000:.0f} ms, first known question "
            f"{(time.perf_counter() - opened) * 1000:.1f} ms (plan read from its file and checked again), "
            f"{first.model_calls} model calls."
        )
        again.close()
    return table


def _compare(table: Table, sql: str, service: Service, runs: int, path: Path) -> None:
    copy = Path(tempfile.mkdtemp()) / "copy.duckdb"
    copy.write_bytes(path.read_bytes())  # DuckDB shares settings between connections to one file
    plain = duckdb.connect(str(copy), read_only=True, config={"threads": str(service.settings.threads)})
    for run in range(runs + 5):
        samples = [
            ("DuckDB alone, same SQL", _timed(lambda: plain.execute(sql).fetchall())),
            *_ask(service),
        ]
        if run >= 5:
            for subject, sample in samples:
                table.add(subject, sample)
    plain.close()
    copy.unlink()


def _ask(service: Service) -> list[tuple[str, float]]:
    started = time.perf_counter()
    answer = service.ask(QUESTION)
    total = (time.perf_counter() - started) * 1000
    return [
        ("known question, whole", total),
        ("  of it the engine", answer.timings["engine"]),
        ("  of it above the engine", total - answer.timings["engine"]),
    ]


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000
