"""Servers of one Postgres database that share no directory: what one knows, the others hear."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from servers import post, reserved_port, wait_until_up
from waiting import PATIENCE_S, end_sessions, wait_for

from nlq.cli.app import run
from nlq.engine import postgres_peers
from nlq.engine.postgres_peers import PostgresPeers
from nlq.errors import CompileError, SettingsError
from nlq.model import Call, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

MakeDatabase = Callable[[str, str], str]

KEY = "a key of the tests, long enough"
SHOP = "CREATE TABLE orders (id int PRIMARY KEY, total int); INSERT INTO orders VALUES (1, 10), (2, 20);"
QUESTION = "how much is ordered"
DRAFT = "SELECT sum(total) AS total FROM orders"


class Drafting:
    """A model that waits until it may go on."""

    name, is_local = "drafting", True

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.calls = 0

    def complete(self, call: Call) -> Reply:
        self.calls += 1
        assert self.may_go_on.wait(PATIENCE_S)
        return Reply(DRAFT)

    def close(self) -> None:
        pass


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("postgres", SHOP)


@pytest.fixture
def model() -> Drafting:
    return Drafting()


@pytest.fixture
def open_server(url: str, tmp_path: Path, model: Drafting) -> Iterator[Callable[..., Service]]:
    """Opens services as servers do, each with a directory of its own."""
    with ExitStack() as opened:

        def open_(name: str, **given: Any) -> Service:
            own = {"db": url, "cache_dir": str(tmp_path / name), "share_key": KEY, "open": True}
            settings = Settings(**{**own, **given})
            return opened.enter_context(closing(open_service(settings, model=model, serving=True)))

        yield open_


def plans(service: Service) -> list[str]:
    return sorted(path.name for path in Path(service.settings.cache_dir).glob("plans/*.json"))


def test_a_question_that_comes_to_several_is_compiled_by_one(
    open_server: Callable[..., Service], model: Drafting
) -> None:
    servers = [open_server(name) for name in ("a", "b", "c")]
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(server.ask, QUESTION) for server in servers]
        wait_for(lambda: model.calls == 1)
        time.sleep(0.1)
        model.may_go_on.set()
        answers = [f.result(timeout=PATIENCE_S) for f in asked]
    assert [a.rows for a in answers] == [((30,),)] * 3
    assert sorted(a.cached for a in answers) == [False, True, True]
    assert model.calls == 1
    wait_for(lambda: plans(servers[0]) == plans(servers[1]) == plans(servers[2]) != [])


def test_a_frozen_server_takes_no_plan_and_hears_of_changes(
    open_server: Callable[..., Service], model: Drafting, url: str
) -> None:
    compiling, frozen = open_server("a"), open_server("b", frozen=True)
    model.may_go_on.set()
    compiling.ask(QUESTION)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN note text")
    compiling.require_ready()
    wait_for(lambda: any(c.name == "note" for r in frozen.catalog for c in r.columns))
    assert plans(frozen) == []
    with pytest.raises(CompileError) as caught:
        frozen.ask(QUESTION)
    assert caught.value.code == "compile.frozen"


@pytest.mark.parametrize("is_away", [False, True], ids=["told", "not-told"])
def test_a_plan_that_is_removed_is_removed_everywhere(
    open_server: Callable[..., Service], model: Drafting, url: str, tmp_path: Path, is_away: bool,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    one, other, frozen = open_server("a"), open_server("b"), open_server("c", frozen=True)
    model.may_go_on.set()
    plan = one.ask(QUESTION).plan
    frozen._plans.put(plan)
    wait_for(lambda: plans(other) != [])
    monkeypatch.setenv("NLQ_DB", "postgresql://127.0.0.1:1/none" if is_away else url)
    monkeypatch.setenv("NLQ_SHARE_KEY", KEY)
    monkeypatch.setenv("NLQ_CACHE_DIR", str(tmp_path / "a"))
    assert run(["plans", "remove", plan.id[:8]]) == 0
    not_told = "the other servers of the database could not be told: they still have it\n"
    assert capsys.readouterr().err == (not_told if is_away else "") + f"removed {plan.id}: {QUESTION}\n"
    assert plans(one) == []
    if is_away:
        assert (len(plans(other)), len(plans(frozen))) == (1, 1)
    else:
        wait_for(lambda: plans(other) == plans(frozen) == [])


def test_who_could_not_hear_for_a_while_looks(
    open_server: Callable[..., Service], model: Drafting, url: str
) -> None:
    server = open_server("a")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN note text")
    assert end_sessions(url, "query LIKE 'LISTEN%'") == 1
    wait_for(lambda: any(c.name == "note" for r in server.catalog for c in r.columns))
    model.may_go_on.set()
    assert server.ask(QUESTION).rows == ((30,),)


Heard = list[Mapping[str, Any]]


@pytest.fixture
def listen(url: str) -> Iterator[Callable[[str], tuple[PostgresPeers, Heard]]]:
    with ExitStack() as opened:

        def listen_(key: str) -> tuple[PostgresPeers, Heard]:
            heard: Heard
            peers, heard = PostgresPeers(url, key.encode()), []
            peers.start(heard.append)
            opened.callback(peers.close)
            return peers, heard

        yield listen_


def without_starts(heard: Heard) -> Heard:
    """What was said: who begins to listen late is told that something may have changed."""
    return [message for message in heard if "changed" not in message]


def test_only_those_with_the_key_are_heard(
    listen: Callable[[str], tuple[PostgresPeers, Heard]], url: str
) -> None:
    (ours, first), (also_ours, second), (_, others) = (
        listen(KEY),
        listen(KEY),
        listen("another key of theirs"),
    )
    forged = ours._sign({"changed": 1})
    with psycopg.connect(url, autocommit=True) as connection:
        for said in (
            "",
            "x",
            "x.y",
            forged[:-1] + "0",
            "é" + forged,
            PostgresPeers(url, b"x")._sign({"a": 1}),
        ):
            connection.execute("SELECT pg_notify(%s, %s)", (ours._channel, said))
    ours.tell({"n": 1})
    ours.tell({"long": [str(hash((n, "x"))) for n in range(2000)]})
    with also_ours.alone("anything"):
        assert without_starts(second) == [{"n": 1}]
    wait_for(lambda: without_starts(first))
    assert (without_starts(first), without_starts(others)) == ([{"n": 1}], [])


def test_who_begins_to_listen_late_is_not_waited_for_and_told_that_something_may_have_changed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_peers, "STARTING_S", 0.01)
    monkeypatch.setattr(postgres_peers, "HEARD_S", 10 * PATIENCE_S)
    connect, may_listen = PostgresPeers._connect, threading.Event()

    def connect_late(self: PostgresPeers) -> psycopg.Connection[Any]:
        if threading.current_thread().name == "nlq-peers":
            may_listen.wait(PATIENCE_S)
        return connect(self)

    monkeypatch.setattr(PostgresPeers, "_connect", connect_late)
    heard: Heard = []
    with closing(PostgresPeers(url, KEY.encode())) as peers:
        peers.start(heard.append)
        with peers.alone("k"):
            assert heard == []
        may_listen.set()
        wait_for(lambda: heard)
    assert heard == [{"changed": True}]


def test_one_at_a_time_and_who_dies_does_not_keep_the_others(
    listen: Callable[[str], tuple[PostgresPeers, Heard]],
) -> None:
    (first, _), (second, _) = listen(KEY), listen(KEY)
    entered = threading.Event()

    def enter() -> None:
        with second.alone("k"):
            entered.set()

    with ExitStack() as held:
        held.enter_context(first.alone("k"))
        with first.alone("another"), second.alone("a third"):
            pass
        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.wait(0.2)
        assert first._speaking is not None
        first._speaking.close()  # as when its process ends
        assert entered.wait(PATIENCE_S)
        thread.join()


@pytest.mark.parametrize(
    ("dialect", "key", "message"),
    [
        ("postgres", "short", "`share_key` is shorter than 16 characters"),
        ("duckdb", KEY, "`share_key` is for servers of one Postgres database"),
    ],
    ids=["short", "a-file"],
)
def test_settings_that_are_refused(
    make_database: MakeDatabase, dialect: str, key: str, message: str
) -> None:
    settings = Settings(db=make_database(dialect, SHOP), share_key=key, open=True)
    with pytest.raises(SettingsError, match=message):
        open_service(settings, serving=True)


SERVER = """
import sys, time
import uvicorn
from pathlib import Path
from nlq.http import create_app
from nlq.model import Reply
from nlq.settings import Settings
from nlq.wire import open_service

url, directory, calls, port = sys.argv[1:]

class Model:
    name, is_local = "slow", True
    def complete(self, call):
        with open(calls, "a") as file:
            file.write("called\\n")
        time.sleep(1)
        return Reply("SELECT sum(total) AS total FROM orders")
    def close(self):
        pass

settings = Settings(db=url, cache_dir=directory, share_key="a key of the tests, long enough", open=True)
app = create_app(open_service(settings, model=Model(), serving=True))
uvicorn.run(app, port=int(port), log_level="critical")
"""


def test_two_server_processes(url: str, tmp_path: Path) -> None:
    def ask(port: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            post(f"http://127.0.0.1:{port}/query", json={"question": QUESTION}).content
        )
        return found

    calls, started = tmp_path / "calls", []
    with reserved_port() as one, reserved_port() as other:
        try:
            for port in (one, other):
                arguments = [url, str(tmp_path / str(port)), str(calls), str(port)]
                started.append(subprocess.Popen([sys.executable, "-c", SERVER, *arguments]))
            for port, process in zip((one, other), started, strict=True):
                wait_until_up(f"http://127.0.0.1:{port}/health", process)
            with ThreadPoolExecutor(4) as pool:
                answers = list(pool.map(ask, (one, other, one, other)))
            assert [a["rows"] for a in answers] == [[{"total": 30}]] * 4
            assert sorted(a["plan"]["cached"] for a in answers) == [False, True, True, True]
            assert calls.read_text() == "called\n"
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(PATIENCE_S)
