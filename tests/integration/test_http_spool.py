"""Rows that wait in a file: the same reply, constant memory, and a client that does not read."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow
import pytest
from fastapi import FastAPI

from nlq.engine import open_engine
from nlq.engine.rows import BATCH
from nlq.errors import EngineError
from nlq.guard import Statement
from nlq.http import create_app, hot, spool
from nlq.http.arrow import ArrowSpool
from nlq.http.known import Reply, Timings
from nlq.http.spool import CHUNK, CsvSpool, JsonSpool, SpoolResponse
from nlq.model import Call
from nlq.model import Reply as Draft
from nlq.plan import ResultColumn
from nlq.settings import Settings
from nlq.wire import open_service

MakeDatabase = Callable[[str, str], str]
Serve = Callable[[FastAPI], httpx.Client]
TABLE = "CREATE TABLE t (n INTEGER, x TEXT);"
ROWS = f"{TABLE} INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'c,d'), (4, 'é'), (5, 'f');"
ENGINES = [
    ("duckdb", "none"),
    ("duckdb", "process"),
    ("postgres", "none"),
    ("sqlite", "none"),
    ("sqlite", "process"),
]


ARROW = "application/vnd.apache.arrow.stream"


class OneDraft:
    """A model that answers every question with the same SQL."""

    name = "fixed"
    is_local = True

    def complete(self, call: Call) -> Draft:
        return Draft("SELECT n, x FROM t ORDER BY n")

    def close(self) -> None:
        pass


class Kept:
    """A sink that tells what it got."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        self.got = [[c.name for c in columns]]

    def add(self, rows: Any) -> None:
        self.got.append([tuple(row) for row in rows])


@pytest.mark.parametrize(("dialect", "isolation"), ENGINES, ids=lambda v: v)
@pytest.mark.parametrize("bound", [True, False], ids=["its-limit", "our-limit"])
def test_rows_go_to_a_sink_as_they_come(
    make_database: MakeDatabase, dialect: Any, isolation: Any, bound: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isolation == "none":
        monkeypatch.setattr("nlq.engine.rows.BATCH", 2)
    place = {"postgres": "$1", "sqlite": "?1", "duckdb": "?"}[dialect]
    table = "public.t" if dialect == "postgres" else "t"
    sql = f"SELECT n, x FROM {table} ORDER BY n" + (f" LIMIT {place}" if bound else "")
    statement = Statement(sql, dialect, ("__limit",) if bound else (), "test", ())
    with closing(open_engine(make_database(dialect, ROWS), Settings(engine_isolation=isolation))) as engine:
        found = []
        for limit in (4, 5, 3):
            kept = Kept()
            rows = engine.run(statement, {}, limit=limit, timeout_s=60, sink=kept)
            assert [c.name for c in rows.columns] == kept.got[0] == ["n", "x"]
            found.append(
                ([n for batch in kept.got[1:] for n, _ in batch], rows.rows, rows.handed_on, rows.truncated)
            )
        failing = Statement(
            sql.replace("n, x", "n / (n - 3) AS n, x"), dialect, statement.arguments, "test", ()
        )
        if dialect == "postgres":
            with pytest.raises(EngineError, match="division by zero"):
                engine.run(failing, {}, limit=5, timeout_s=60, sink=Kept())
        assert engine.run(statement, {}, limit=1, timeout_s=60).rows == ((1, "a"),)
    assert found == [
        ([1, 2, 3, 4], (), 4, True), ([1, 2, 3, 4, 5], (), 5, False), ([1, 2, 3], (), 3, True)
    ]  # fmt: skip


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_csv_over_http_with_its_record(
    make_database: MakeDatabase, serve: Serve, tmp_path: Path, dialect: str
) -> None:
    log = tmp_path / "audit.jsonl"
    many = f"{TABLE} INSERT INTO t SELECT i, 'x' || i FROM generate_series(1, 5000) AS g(i);"
    settings = Settings(
        db=make_database(dialect, many), open=True, cache_dir=str(tmp_path), row_limit=100_000,
        audit=str(log), audit_sync=False,
    )  # fmt: skip
    with closing(open_service(settings, serving=True)) as service:
        client = serve(create_app(service))
        asked = {"sql": "SELECT n, x FROM t WHERE n > :least ORDER BY n", "params": {"least": 10}}
        reply = client.post("/sql", json=asked, headers={"accept": "text/csv"})
        none = client.post(
            "/sql", json={**asked, "params": {"least": 5000}}, headers={"accept": "text/csv"}
        )
        refused = client.post("/sql", json={"sql": "SELECT y FROM t"}, headers={"accept": "text/csv"})
    lines = reply.text.splitlines()
    assert (lines[0], lines[1], lines[-1], len(lines)) == ("n,x", "11,x11", "5000,x5000", 4991)
    assert (reply.headers["nlq-truncated"], none.text) == ("false", "n,x\n")
    assert refused.json()["code"] == "plan.unknown_column"
    kept = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(r["outcome"], r["rows"]) for r in kept] == [
        ("ok", 4990),
        ("ok", 0),
        ("plan.unknown_column", 0),
    ]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_many_rows_of_a_known_question_are_as_few_are(
    make_database: MakeDatabase, serve: Serve, tmp_path: Path, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "audit.jsonl"
    many = f"{TABLE} INSERT INTO t SELECT i, 'x' || i FROM generate_series(1, 2500) AS g(i);"
    settings = Settings(
        db=make_database(dialect, many), open=True, cache_dir=str(tmp_path), row_limit=100_000,
        audit=str(log), audit_sync=False,
    )  # fmt: skip
    with closing(open_service(settings, model=OneDraft(), serving=True)) as service:
        client = serve(create_app(service))
        asked = {"question": "all of t"}
        client.post("/query", json=asked)  # compiles it
        known = client.post("/query", json=asked)
        monkeypatch.setattr("nlq.http.known.MOST_ROWS", 1000)
        waited = client.post("/query", json=asked)
        some = client.post("/query", json={**asked, "limit": 1000, "explain": False})
        more = client.post("/query", json={**asked, "limit": 1001, "explain": False})
        arrow = client.post("/query", json=asked, headers={"accept": ARROW})
    whole = known.json()
    assert [len(r.json()["rows"]) for r in (known, waited, some, more)] == [2500, 2500, 1000, 1001]
    assert {**waited.json(), "timings": {}} == {**whole, "timings": {}}
    assert list(waited.json()) == list(whole)
    assert {**some.json(), "rows": [], "timings": {}} == {**more.json(), "rows": [], "timings": {}}
    assert whole["rows"][-1] == {"n": 2500, "x": "x2500"}
    assert pyarrow.ipc.open_stream(arrow.content).read_all().to_pylist() == whole["rows"]
    kept = [json.loads(line) for line in log.read_text().splitlines()]
    assert [r["rows"] for r in kept] == [2500, 2500, 2500, 1000, 1001, 2500]


def around(_answer: Any) -> tuple[bytes, bytes]:
    return b'{"rows":', b"}"


def all_of(kept: Any) -> bytes:
    before, after = kept.end(None)
    kept.file.seek(0)
    with kept.file:
        return bytes(before + kept.file.read() + after)


@pytest.mark.parametrize(
    ("kept", "text"),
    [(CsvSpool(), b"n\n1\n\n"), (JsonSpool(around), b'{"rows":[{"n":1},{"n":null}]}')],
    ids=["csv", "json"],
)
def test_what_was_before_a_new_beginning_is_gone(kept: Any, text: bytes) -> None:
    columns = (ResultColumn("n", "INT"),)
    kept.begin(columns)
    kept.add([(n,) for n in range(10 * BATCH)])
    kept.begin(columns)
    kept.add([(1,)])
    kept.add([(None,)])
    assert all_of(kept) == text


def test_an_arrow_stream_that_is_begun_anew_is_one_stream() -> None:
    kept = ArrowSpool("duckdb")
    columns = (ResultColumn("n", "INT"),)
    kept.begin(columns)
    kept.add([(n,) for n in range(10 * BATCH)])
    kept.begin(columns)
    kept.add([(1,), (None,)])
    assert pyarrow.ipc.open_stream(all_of(kept)).read_all().to_pydict() == {"n": [1, None]}


def test_a_value_that_its_type_does_not_hold_makes_a_column_text_from_its_beginning() -> None:
    kept = ArrowSpool("postgres")
    kept.begin((ResultColumn("n", "DECIMAL(3, 1)"), ResultColumn("d", "DATE"), ResultColumn("i", "INT")))
    kept.add([(Decimal("1.5"), date(2026, 1, 31), 1)])
    kept.add([(Decimal(10) ** 40, date(2026, 2, 1), 2)])
    kept.add([(None, "infinity", 3)])
    kept.add([(Decimal("2.5"), None, 4)])
    table = pyarrow.ipc.open_stream(all_of(kept)).read_all()
    assert table.schema.types == [pyarrow.string(), pyarrow.string(), pyarrow.int64()]
    assert table.to_pydict() == {
        "n": ["1.5", f"1{40 * '0'}", None, "2.5"], "d": ["2026-01-31", "2026-02-01", "infinity", None],
        "i": [1, 2, 3, 4],
    }  # fmt: skip


@pytest.mark.parametrize(
    "kept", [CsvSpool(), JsonSpool(around), ArrowSpool("duckdb")], ids=["csv", "json", "arrow"]
)
def test_a_full_disk_is_a_problem(kept: Any) -> None:
    def write(_content: bytes) -> int:
        raise OSError(28, "No space left on device")

    kept.begin((ResultColumn("n", "INT"),))
    kept.file.write = write
    with pytest.raises(EngineError) as caught:
        kept.add([(1,)])
    assert (caught.value.code, caught.value.message) == (
        "engine.resources", "there is no room for the rows: No space left on device"
    )  # fmt: skip
    kept.file.close()


async def never_reads(message: Any) -> None:
    if message["type"] == "http.response.body":
        await asyncio.Event().wait()


def test_who_does_not_read_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "PATIENCE_S", 0.01)
    kept = CsvSpool()
    kept.begin((ResultColumn("n", "INT"),))

    async def receive() -> Any:
        raise AssertionError("nothing is expected of the client")

    with pytest.raises(TimeoutError):
        asyncio.run(SpoolResponse(kept, (b"", b""), {}, "text/csv")({"type": "http"}, receive, never_reads))
    assert kept.file.closed
    large = Reply(b"x" * 3 * CHUNK, Timings(0, 0, 0))
    with pytest.raises(TimeoutError):
        asyncio.run(hot._send(large, never_reads))


@pytest.mark.parametrize("length", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_large_reply_is_sent_in_parts(length: int) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    body = random.Random(length).randbytes(length)
    asyncio.run(hot._send(Reply(body, Timings(0, 0, 0)), send))
    head, *parts = sent
    assert dict(head["headers"])[b"content-length"] == b"%d" % length
    assert b"".join(part["body"] for part in parts) == body
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]


MEMORY = """
import resource, sys
from nlq.engine import open_engine
from nlq.guard import Statement
from nlq.http.arrow import ArrowSpool
from nlq.http.spool import CsvSpool, JsonSpool
from nlq.settings import Settings

url, dialect, kind, sql = sys.argv[1:]
statement = Statement(sql, dialect, (), "t", ())
engine = open_engine(url, Settings(engine_isolation="none", threads=1))
spool = {"csv": CsvSpool, "json": lambda: JsonSpool(None), "arrow": lambda: ArrowSpool(dialect)}[kind]
engine.run(statement, {}, limit=1000, timeout_s=0, sink=spool())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = engine.run(statement, {}, limit=10**9, timeout_s=0, sink=spool())
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(found.handed_on, (after - before) // 1024)
"""


@pytest.mark.parametrize(
    ("dialect", "kind"), [("duckdb", "csv"), ("postgres", "json"), ("duckdb", "arrow")], ids=lambda v: v
)
def test_memory_does_not_grow_with_the_rows(make_database: MakeDatabase, dialect: str, kind: str) -> None:
    url = make_database(dialect, TABLE)
    sql = "SELECT i, repeat('x', 200) AS x FROM generate_series(1, 120000) AS g(i)"
    command = [sys.executable, "-c", MEMORY, url, dialect, kind, sql]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, grown_mb = map(int, done.stdout.split())
    # 120,000 rows of 200 characters are 25 MB as CSV, and 36 MB or more as Python has them.
    assert rows == 120_000 and grown_mb < 15, done.stdout
