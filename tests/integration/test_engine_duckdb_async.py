"""Results of DuckDB that are kept: for the same statement and values, until the file changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from fastapi import FastAPI

from nlq.audit.verify import verify
from nlq.catalog import Catalog, RelationName
from nlq.engine import duckdb_async, open_engine
from nlq.engine.base import Engine
from nlq.engine.duckdb_async import AsyncDuckDB, is_lasting
from nlq.engine.rows import Encoded, Rows
from nlq.guard import Statement
from nlq.http import create_app
from nlq.service import Service
from nlq.settings import Settings

MakeDatabase = Callable[[str, str], str]

SCRIPT = """
CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL);
CREATE VIEW v AS SELECT a, now() AS seen FROM t;
CREATE TABLE computed (a INTEGER, seen TIMESTAMPTZ GENERATED ALWAYS AS (now()));
"""


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("duckdb", SCRIPT)


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are relied on as soon as they are written."""
    monkeypatch.setattr(duckdb_async, "SETTLED_NS", 0)


def made(sql: str, *names: str, reads: str = "t") -> Statement:
    return Statement(sql, "duckdb", names, "test", (), frozenset({RelationName("main", reads)}))


ALL = made('SELECT "a", "b" FROM "main"."t" ORDER BY "a"')
LESS = made('SELECT "a" FROM "main"."t" WHERE "a" < ? ORDER BY "a"', "n")


class Counting:
    """An engine, and how often it ran something."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.ran = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def run(self, *given: Any, **named: Any) -> Rows:
        self.ran += 1
        return self._engine.run(*given, **named)


class Asked:
    """A file that is asked on a loop of its own each time."""

    def __init__(self, url: str, most: int = 2**20, **given: Any) -> None:
        self.engine = Counting(open_engine(url, Settings(**given)))
        self._catalog: Catalog = self.engine.introspect()
        self._database = AsyncDuckDB(self.engine, lambda: self._catalog, asyncio.to_thread, most)  # type: ignore[arg-type]

    def __call__(self, statement: Statement, limit: int = 10, **arguments: Any) -> tuple[bytes, bool, int]:
        """The rows, whether there are more, and how often the engine has run."""

        async def ask() -> Encoded:
            return await self._database.run(statement, arguments, limit=limit, timeout_s=60)

        found = asyncio.run(ask())
        return found.rows, found.truncated, self.engine.ran


WHOLE = b'[{"a":1,"b":"one"},{"a":2,"b":"two"},{"a":3,"b":null}]'


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_a_result_is_kept_until_the_file_changes(url: str, isolation: str) -> None:
    ask = Asked(url, engine_isolation=isolation)
    assert [ask(ALL), ask(ALL)] == [(WHOLE, False, 1)] * 2
    ask.engine.release()
    ask.engine.close()
    with duckdb.connect(url.removeprefix("duckdb:///")) as writer:
        writer.execute("UPDATE t SET b = 'ONE' WHERE a = 1")
    ask.engine._engine = open_engine(url, Settings())
    changed = WHOLE.replace(b"one", b"ONE")
    assert [ask(ALL), ask(ALL), ask(ALL)] == [(changed, False, 2)] * 3


def test_other_values_and_limits_have_results_of_their_own(url: str) -> None:
    ask = Asked(url)
    found = [ask(LESS, n=n) for n in (2, 3, 2)]
    found += [ask(LESS, 1, n=3), ask(LESS, n=2.0), ask(LESS, n=True)]
    one, two = b'[{"a":1}]', b'[{"a":1},{"a":2}]'
    assert found == [
        (one, False, 1), (two, False, 2), (one, False, 2), (one, True, 3), (one, False, 4),
        (b"[]", False, 5),
    ]  # fmt: skip


def test_a_file_that_is_new_is_not_relied_on(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_async, "SETTLED_NS", 3_600_000_000_000)
    ask = Asked(url)
    assert [ask(ALL)[2], ask(ALL)[2]] == [1, 2]


def test_the_oldest_results_make_room(url: str) -> None:
    ask = Asked(url, most=5 * 700)
    ran = [ask(LESS, n=n)[2] for n in (*range(1, 8), 7, 1)]
    assert ran == [1, 2, 3, 4, 5, 6, 7, 7, 8]


def test_what_would_fill_the_room_is_not_kept(url: str) -> None:
    ask = Asked(url, most=1000)
    assert [ask(ALL)[2], ask(ALL)[2]] == [1, 2]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(ALL, True, id="a-table"),
        pytest.param(made("SELECT count(*) FROM t WHERE upper(b) = 'ONE'"), True, id="functions"),
        pytest.param(made("SELECT a FROM v", reads="v"), False, id="a-view"),
        pytest.param(made("SELECT a FROM computed", reads="computed"), False, id="a-computed-column"),
        pytest.param(made("SELECT a FROM x", reads="x"), False, id="not-known"),
        pytest.param(made("SELECT a, CURRENT_DATE FROM t"), False, id="today"),
        pytest.param(made("SELECT a FROM t WHERE CURRENT_TIMESTAMP > '2026-01-01'"), False, id="now"),
        pytest.param(made("SELECT now() FROM t"), False, id="now-as-a-function"),
        pytest.param(made("SELECT today() FROM t"), False, id="today-as-a-function"),
        pytest.param(made("SELECT get_current_time() FROM t"), False, id="time"),
        pytest.param(made("SELECT current_localtimestamp() FROM t"), False, id="local"),
        pytest.param(made("SELECT random() FROM t"), False, id="chance"),
        pytest.param(made("SELECT uuid() FROM t"), False, id="uuid"),
        pytest.param(Statement("SELECT 1", "duckdb", (), "test", ()), False, id="by-no-guard"),
    ],
)
def test_what_stays_the_same_until_the_file_changes(url: str, statement: Statement, expected: bool) -> None:
    engine = open_engine(url, Settings())
    assert is_lasting(statement, engine.introspect()) is expected
    engine.close()


@pytest.mark.parametrize("isolation", ["auto", "none"])
def test_over_http_a_result_that_is_kept_is_what_is_found_and_is_on_record(
    open_shop: Callable[..., Service], serve: Callable[[FastAPI], httpx.Client], shop_policy: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolation: str,
) -> None:  # fmt: skip
    log = tmp_path / "audit.jsonl"
    service = open_shop(
        policy=str(shop_policy), dev=True, audit=str(log), audit_sync=False, engine_isolation=isolation
    )
    client = serve(create_app(service))

    def ask(who: str) -> dict[str, Any]:
        reply = client.post("/query", json={"question": "List all orders"}, headers={"x-nlq-as": who})
        return {k: v for k, v in reply.json().items() if k != "timings"}

    expected = {who: ask(who) for who in ("ana", "root")}
    expected = {who: {**found, "plan": ask(who)["plan"]} for who, found in expected.items()}
    assert [len(found["rows"]) for found in expected.values()] == [2, 4]

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("it was not kept")

    before = verify(log).records
    with monkeypatch.context() as patched:
        patched.setattr(Service, "ask", refuse)
        patched.setattr(type(service.engine), "run", refuse)
        assert {who: ask(who) for who in ("ana", "root")} == expected
    assert verify(log).records == before + 2
