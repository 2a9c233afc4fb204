"""Texts examined in processes that die, hang, run out of memory and lie."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.untrusted import Examined, Untrusted, examine
from nlq.errors import CompileError, NlqError, PlanError
from nlq.isolation import Pool
from nlq.isolation import pool as pool_module
from nlq.isolation.reply import (
    BrokenReplyError,
    BugError,
    read_ddl_reply,
    read_reply,
    write_bug,
    write_ddl,
    write_examined,
)
from nlq.plan import Slot
from nlq.settings import Settings
from nlq.wire import open_service

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, team_id INTEGER);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES users (id), likes INTEGER);
    """,
    "duckdb",
)
TEXTS = {
    "by hand": Untrusted("SELECT name FROM users WHERE id = :who", ("who",)),
    "by a model, lifted and mended": Untrusted(
        "SELECT users.name FROM posts WHERE likes > 100", (), "who wrote posts with more than 100 likes",
        (Slot("p1", 100, "integer"),),
    ),
    "an unknown relation": Untrusted("SELECT * FROM vault"),
    "a place in the text": Untrusted("SELECT name FROM users WHERE FROM"),
    "a hint": Untrusted("SELECT nam FROM users"),
    "a character that nobody sees": Untrusted("SELECT 'a\u200b'"),
    "a text that is long no number": Untrusted(f"SELECT id FROM users WHERE id = '{'1' * 19_000}x'"),
    "a number that is long none": Untrusted(f"SELECT id FROM users WHERE id = {'1' * 19_000}e"),
}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with closing(Pool(1)) as opened:
        yield opened


def told(work: Any) -> object:
    """What the work gives, or the whole of the error that it raises."""
    try:
        return work()
    except NlqError as error:
        return error.to_json()


@pytest.mark.parametrize("untrusted", TEXTS.values(), ids=TEXTS)
def test_a_worker_tells_what_would_have_been_told_here(pool: Pool, untrusted: Untrusted) -> None:
    here = told(lambda: examine(untrusted, CATALOG))
    assert told(lambda: pool.examine(untrusted, CATALOG)) == here


DDL = """
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'what is sold';
CREATE TABLE "Odd ""name" (
    id BIGINT PRIMARY KEY,
    price NUMERIC(10, 2) DEFAULT 1.50,
    status TEXT CHECK (status IN ('new', 'dönë')),
    UNIQUE (price, status)
);
CREATE TABLE shop.items (id INT PRIMARY KEY, "of" BIGINT NOT NULL REFERENCES "Odd ""name" (id));
COMMENT ON COLUMN shop.items."of" IS 'what it belongs to';
CREATE VIEW shop.cheap AS SELECT id FROM shop.items;
"""


@pytest.mark.parametrize("ddl", [DDL, "CREATE TABLE t (", "nothing of the kind", ""])
def test_ddl_of_a_stranger_is_read_as_it_would_be_here(pool: Pool, ddl: str) -> None:
    expected = told(lambda: catalog_from_ddl(ddl, "postgres"))
    assert told(lambda: pool.read_ddl(ddl, "postgres")) == expected


LIES_ABOUT_A_CATALOG: list[object] = [
    {},
    [],
    {"dialect": "oracle", "relations": []},
    {"dialect": "postgres", "relations": [{}]},
    {"dialect": "postgres", "relations": {}},
]


@pytest.mark.parametrize("lie", LIES_ABOUT_A_CATALOG)
def test_what_is_no_catalog_is_not_believed(lie: object) -> None:
    with pytest.raises(BrokenReplyError):
        read_ddl_reply(json.dumps({"catalog": lie}).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", 7), ("nullable", "yes"), ("sample", 1), ("enum", "ab"), ("group", True), ("extra", 0)],
)
def test_what_is_no_column_is_not_believed(field: str, value: object) -> None:
    reply = json.loads(write_ddl(catalog_from_ddl("CREATE TABLE t (id INT)", "postgres")))
    reply["catalog"]["relations"][0]["columns"][0][field] = value
    with pytest.raises(BrokenReplyError):
        read_ddl_reply(json.dumps(reply).encode())


def test_a_worker_knows_several_catalogs(pool: Pool) -> None:
    catalogs = [catalog_from_ddl(f"CREATE TABLE t{n} (id INTEGER)", "duckdb") for n in range(12)]
    for _ in range(2):
        given = [pool.examine(Untrusted("SELECT * FROM t" + str(n)), c) for n, c in enumerate(catalogs)]
        assert given == [examine(Untrusted(f"SELECT * FROM t{n}"), c) for n, c in enumerate(catalogs)]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(signal.SIGSTOP, "to check the SQL takes more than 0.3 s", id="it hangs"),
        pytest.param(
            signal.SIGKILL,
            "to check the SQL takes too much memory, or breaks the parser",
            id="it dies",
        ),
    ],
)
def test_a_worker_that_is_lost_costs_one_text(
    sent: signal.Signals, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Pool(1)) as pool:
        whole = pool.examine(TEXTS["by hand"], CATALOG)
        lost = pool._idle[0].child._process
        os.kill(lost.pid, sent)
        with monkeypatch.context() as patched, pytest.raises(PlanError) as caught:
            if sent == signal.SIGSTOP:
                patched.setattr(pool_module, "HANGING_S", 0.3)
            pool.examine(TEXTS["by hand"], CATALOG)
        assert (caught.value.code, caught.value.message) == ("plan.too_complex", message)
        assert lost.returncode == -signal.SIGKILL
        assert pool.examine(TEXTS["by hand"], CATALOG) == whole


LONG = Untrusted("SELECT " + ", ".join(f"id + {n} AS c{n}" for n in range(400)) + " FROM users")


def test_a_text_has_so_much_of_a_processor() -> None:
    with closing(Pool(1, seconds=0.01)) as pool:
        with pytest.raises(PlanError) as caught:
            pool.examine(LONG, CATALOG)
        assert caught.value.message == "to check the SQL takes more than 0.01 s"
        assert pool._idle == []


def test_a_machine_that_has_other_work_refuses_no_text() -> None:
    with closing(Pool(1, seconds=0.5)) as pool:
        whole = pool.examine(TEXTS["by hand"], CATALOG)
        child = pool._idle[0].child
        os.kill(child.pid, signal.SIGSTOP)
        Timer(0.7, os.kill, (child.pid, signal.SIGCONT)).start()
        assert pool.examine(TEXTS["by hand"], CATALOG) == whole
        assert pool._idle[0].child is child


def test_a_worker_without_memory_ends() -> None:
    with closing(Pool(1, memory_mb=12)) as pool, pytest.raises(PlanError) as caught:
        for size in range(100):
            columns = ", ".join(f"CAST(id + {n} AS TEXT) AS c{n}" for n in range(100 + size))
            pool.examine(Untrusted(f"SELECT {columns} FROM users"), CATALOG)
    assert caught.value.message == "to check the SQL takes too much memory, or breaks the parser"


def test_a_worker_that_cannot_start_is_told() -> None:
    with closing(Pool(1, memory_mb=0)) as pool, pytest.raises(CompileError) as caught:
        pool.examine(TEXTS["by hand"], CATALOG)
    assert (caught.value.code, caught.value.message) == (
        "compile.busy", "no process could be started to check SQL in"
    )  # fmt: skip


def test_a_worker_holds_nothing_of_ours(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLQ_MODEL_KEY", "secret")
    pool.examine(TEXTS["by hand"], CATALOG)
    of = Path(f"/proc/{pool._idle[0].child._process.pid}")
    assert (of / "environ").read_bytes() == b""
    open_files = {fd.name: str(fd.readlink()) for fd in (of / "fd").iterdir()}
    assert open_files.pop("0").startswith("pipe:")
    assert open_files.pop("1") == open_files.pop("2") == "/dev/null"
    assert {where.partition(":")[0] for where in open_files.values()} <= {"pipe", "/dev/null"}


def test_a_closed_pool_has_no_workers() -> None:
    pool = Pool(1)
    pool.examine(TEXTS["by hand"], CATALOG)
    process = pool._idle[0].child._process
    pool.close()
    assert (pool._idle, process.returncode) == ([], -signal.SIGKILL)


def test_who_waits_too_long_for_a_worker_is_told(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "WAITING_S", 0.05)
    with pool._slots, pytest.raises(CompileError) as caught:
        pool.examine(TEXTS["by hand"], CATALOG)
    assert (caught.value.code, caught.value.hint) == ("compile.busy", "try again")


def test_several_threads_share_a_pool() -> None:
    given: list[Examined] = []
    with closing(Pool(2)) as pool:
        threads = [
            Thread(target=lambda: given.append(pool.examine(TEXTS["by hand"], CATALOG))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pool._idle) <= 2
    assert given == [examine(TEXTS["by hand"], CATALOG)] * 6


FINE = json.loads(write_examined(examine(Untrusted("SELECT name FROM users"), CATALOG)))
NO_ERROR = {"code": "plan.syntax", "message": "", "hint": None, "span": None}
LIES: dict[str, object] = {
    "nothing": b"",
    "no JSON": b"{",
    "deep JSON": b"[" * 100_000,
    "a list": [],
    "a key more": {**FINE, "more": 1},
    "a key less": {k: v for k, v in FINE.items() if k != "sql"},
    "SQL that is no text": {**FINE, "sql": ["SELECT 1"]},
    "half a character": {**FINE, "sql": "\ud800"},
    "a text without end": {**FINE, "explanation": "a" * 200_001},
    "a hidden relation": {**FINE, "depends": [["main", "vault", []]]},
    "a hidden column": {**FINE, "depends": [["main", "users", [["password", "x"]]]]},
    "another fingerprint": {**FINE, "depends": [["main", "users", [["name", "x"]]]]},
    "a parameter of no family": {**FINE, "parameters": [["p1", "code", None]]},
    "an example that is an object": {**FINE, "parameters": [["p1", "text", {}]]},
    "an error of another stage": {"error": {**NO_ERROR, "code": "policy.denied"}},
    "an error that does not exist": {"error": {**NO_ERROR, "code": "plan.x"}},
    "a span outside": {"error": {**NO_ERROR, "span": [0, 10**9]}},
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_reply_that_no_worker_gives_is_not_believed(lie: object) -> None:
    with pytest.raises(BrokenReplyError):
        read_reply(lie if isinstance(lie, bytes) else json.dumps(lie).encode(), CATALOG)


def test_a_bug_says_where_it_is_and_nothing_of_the_text() -> None:
    try:
        int("secret")
    except ValueError as error:
        reply = write_bug(error)
    with pytest.raises(BugError) as caught:
        read_reply(reply, CATALOG)
    assert str(caught.value).startswith("ValueError at test_isolation_pool.py:")


def test_a_service_that_serves_checks_elsewhere_and_a_known_question_does_not_wait_for_it(
    shared_database: Any, tmp_path: Path
) -> None:
    script = "CREATE TABLE users (id INTEGER, name TEXT); INSERT INTO users VALUES (1, 'ann');"
    settings = Settings(db=shared_database("duckdb", script), cache_dir=str(tmp_path), frozen=True)
    with closing(open_service(settings, serving=True)) as service:
        pool = service._examiner
        assert isinstance(pool, Pool)
        assert pool._idle == []
        assert service.sql("SELECT name FROM users").rows == (("ann",),)
        assert len(pool._idle) == 1
    with closing(open_service(settings)) as service:
        assert not isinstance(service._examiner, Pool)
