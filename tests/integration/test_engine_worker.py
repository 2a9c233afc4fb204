"""Statements in processes that are killed, hang, run out of memory and lie."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from waiting import PATIENCE_S, wait_for

from nlq.child import DeadError
from nlq.engine import Cancellation, Engine, Rows, open_engine
from nlq.engine import worker as worker_module
from nlq.engine.worker import WorkerEngine, _load
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.settings import Settings

TYPES = """
CREATE TABLE t (a INTEGER, b TEXT, c DECIMAL(10, 2), d DATE, e TIMESTAMP, f BOOLEAN, g BLOB);
INSERT INTO t VALUES (1, 'é', 1.50, '2026-01-02', '2026-01-02 03:04:05', true, 'xyz'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""
MORE = {
    "duckdb": (
        ", TIMESTAMPTZ '2026-01-02 03:04:05+02' AS h, UUID '5d1b4ba6-9e3b-4f4e-8d6a-0f0f0f0f0f0f' AS i"
        ", TIME '01:02:03' AS j, INTERVAL 1 DAY AS k, [1, 2] AS l, {'x': 1.5} AS m, 1e300 AS n"
    ),
    "sqlite": ", 9007199254740993 AS h, x'00ff' AS i",
}
SLOW = {
    "duckdb": "SELECT count(*) FROM range(100000000) a, range(100000) b",
    "sqlite": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
}
KINDS = pytest.mark.parametrize("kind", ["duckdb", "sqlite"])


def made(sql: str, kind: str, *arguments: str) -> Statement:
    return Statement(sql, kind, arguments, "test", ())  # type: ignore[arg-type]


def run(engine: Engine, sql: str, timeout_s: float = 60.0, **given: Any) -> Rows:
    return engine.run(made(sql, engine.dialect), {}, limit=10, timeout_s=timeout_s, **given)


def told(work: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(NlqError) as caught:
        work()
    return caught.value.code, caught.value.message


@pytest.fixture
def open_workers(shared_database: Callable[..., str]) -> Iterator[Callable[..., WorkerEngine]]:
    opened: list[Engine] = []

    def open_(kind: str, **settings: Any) -> WorkerEngine:
        engine = open_engine(
            shared_database(kind, TYPES), Settings(engine_isolation="process", threads=1, **settings)
        )
        opened.append(engine)
        assert isinstance(engine, WorkerEngine)
        return engine

    yield open_
    for engine in opened:
        engine.close()


@KINDS
def test_a_process_gives_what_would_have_been_given_here(
    open_workers: Callable[..., WorkerEngine], shared_database: Callable[..., str], kind: str
) -> None:
    statement = made(f"SELECT *{MORE[kind]} FROM t WHERE a = $1 OR a IS NULL ORDER BY a LIMIT $2".replace(
        "$", "?" if kind == "sqlite" else "$"), kind, "p1", "__limit")  # fmt: skip
    there = open_workers(kind)
    with closing(open_engine(shared_database(kind, TYPES), Settings(threads=1))) as here:
        assert there.describe(statement) == here.describe(statement)
        given = [e.run(statement, {"p1": 1}, limit=1, timeout_s=60) for e in (there, here)]
        assert there.introspect() == here.introspect()
    assert [(g.columns, g.rows, g.truncated) for g in given[:1]] == [
        (g.columns, g.rows, g.truncated) for g in given[1:]
    ]


@KINDS
@pytest.mark.parametrize("action", ["describe", "run"])
def test_an_error_there_is_the_error_here(
    open_workers: Callable[..., WorkerEngine], shared_database: Callable[..., str], kind: str, action: str
) -> None:
    there = open_workers(kind)
    statement = made("SELECT nothing FROM t", kind)

    def act(engine: Engine) -> object:
        if action == "describe":
            return engine.describe(statement)
        return engine.run(statement, {}, limit=1, timeout_s=60)

    with closing(open_engine(shared_database(kind, TYPES), Settings(threads=1))) as here:
        assert told(lambda: act(there)) == told(lambda: act(here))


@KINDS
@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (signal.SIGKILL, ("engine.resources", "the statement needed more memory than its limit")),
        (signal.SIGSEGV, ("engine.failed", "the database failed internally")),
    ],
)
def test_a_process_that_dies_costs_one_statement(
    open_workers: Callable[..., WorkerEngine], kind: str, sent: signal.Signals, answer: tuple[str, str]
) -> None:
    engine = open_workers(kind)
    assert run(engine, "SELECT 1").rows == ((1,),)
    child = engine._idle[0]
    Thread(target=lambda: (wait_for(lambda: not engine._idle), os.kill(child.pid, sent))).start()
    assert told(lambda: run(engine, SLOW[kind])) == answer
    assert run(engine, "SELECT 2").rows == ((2,),)
    assert engine._idle[0].pid != child.pid


@KINDS
def test_one_that_died_while_nobody_used_it_costs_nothing(
    open_workers: Callable[..., WorkerEngine], kind: str
) -> None:
    engine = open_workers(kind)
    run(engine, "SELECT 1")
    child = engine._idle[0]
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: not child.is_alive)
    assert run(engine, "SELECT 2").rows == ((2,),)


@KINDS
def test_time_is_up_in_the_process_or_outside_of_it(
    open_workers: Callable[..., WorkerEngine], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_workers(kind)
    late = ("engine.timeout", "the statement ran longer than 0.3 s")
    monkeypatch.setattr(worker_module, "GRACE_S", PATIENCE_S)
    assert told(lambda: run(engine, SLOW[kind], 0.3)) == late
    by_itself = engine._idle[0]  # it ended by itself, and is used again
    monkeypatch.setattr(worker_module, "GRACE_S", 0.2)
    os.kill(by_itself.pid, signal.SIGSTOP)
    assert told(lambda: run(engine, "SELECT 1", 0.3)) == late
    assert (by_itself.is_alive, engine._idle) == (False, [])
    assert run(engine, "SELECT 2").rows == ((2,),)


@KINDS
def test_who_goes_away_ends_the_process(open_workers: Callable[..., WorkerEngine], kind: str) -> None:
    engine = open_workers(kind)
    run(engine, "SELECT 1")
    cancellation = Cancellation()
    Thread(target=lambda: (wait_for(lambda: not engine._idle), cancellation.cancel())).start()
    assert told(lambda: run(engine, SLOW[kind], cancellation=cancellation))[0] == "engine.cancelled"
    assert told(lambda: run(engine, "SELECT 1", cancellation=cancellation))[0] == "engine.cancelled"
    assert run(engine, "SELECT 2").rows == ((2,),)


def test_memory_that_duckdb_does_not_count_is_bounded(
    open_workers: Callable[..., WorkerEngine],
) -> None:
    engine = open_workers("duckdb", memory_limit_mb=128)
    greedy = "SELECT length(repeat('x', 1000000000)) + length(repeat('y', 1500000000)) AS n"
    assert told(lambda: run(engine, greedy)) == (
        "engine.resources", "the statement needed more memory than its limit"
    )  # fmt: skip
    assert run(engine, "SELECT 2").rows == ((2,),)


@KINDS
def test_several_threads_have_processes_of_their_own(
    open_workers: Callable[..., WorkerEngine], kind: str
) -> None:
    engine = open_workers(kind)
    given: list[object] = []
    threads = [Thread(target=lambda n=n: given.append(run(engine, f"SELECT {n}").rows)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [((n,),) for n in range(8)]
    assert 1 <= len(engine._idle) <= 4


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.path),))


@pytest.mark.parametrize("damage", ["a call", "half a pickle", "no pickle"])
def test_what_a_process_sends_can_only_be_values(tmp_path: Path, damage: str) -> None:
    sent = pickle.dumps([1, Evil(tmp_path / "made")])
    sent = {"a call": sent, "half a pickle": sent[:-5], "no pickle": b"\xff"}[damage]
    with pytest.raises(DeadError):
        _load(sent)
    assert list(tmp_path.iterdir()) == []


def test_a_server_runs_duckdb_in_processes_and_the_terminal_does_not(
    shared_database: Callable[..., str],
) -> None:
    kinds = {}
    for kind in ("duckdb", "sqlite"):
        for serving in (True, False):
            with closing(open_engine(shared_database(kind, TYPES), Settings(), serving=serving)) as engine:
                kinds[kind, serving] = isinstance(engine, WorkerEngine)
    assert kinds == {
        ("duckdb", True): True, ("duckdb", False): False, ("sqlite", True): False, ("sqlite", False): False
    }  # fmt: skip
