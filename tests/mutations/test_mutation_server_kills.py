"""A server that is killed while several clients change things: nothing half, nothing lost, nothing twice.

`make kill` does it fifty times for each database. Clients send each mutation with a key of its own until it
is answered, as a careful client would.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mutations.blog import BLOG
from mutations.test_mutation_doors import Scripted
from servers import post, reserved_port, wait_until_up

from nlq.engine import open_engine
from nlq.guard import Statement
from nlq.mutations.doer import Order
from nlq.policy import OWNER
from nlq.settings import Settings
from nlq.wire import open_service

KILLS = int(os.environ.get("NLQ_KILLS", "0"))
CLIENTS = 4
INSTRUCTION = "add a user called {name}, count them, and notify the user"
SAID = INSTRUCTION.partition(", and notify")[0]
DRAFT = """
UPDATE posts SET views = views + 1 WHERE id = 3;
INSERT INTO users (name) VALUES (:name);
UPDATE posts SET views = views + 1 WHERE id = 4;
"""


def without_settings() -> dict[str, str]:
    """The environment, without what would be settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith("NLQ_")}


class Server:
    """`nlq serve`, killed and started again on the same port."""

    def __init__(self, directory: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [
            sys.executable, "-m", "nlq", "serve", "--open", "--frozen", "--port", str(port),
        ]  # fmt: skip
        self._directory = directory
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        root = Path(__file__).parent.parent.parent
        with (self._directory / "server.log").open("ab") as log:
            self._child = subprocess.Popen(
                self._command, cwd=self._directory, stdout=log, stderr=log,
                env={**without_settings(), "PYTHONPATH": str(root)},
            )  # fmt: skip
        wait_until_up(f"{self.url}/health", self._child)

    def kill(self) -> None:
        assert self._child is not None
        self._child.kill()
        self._child.wait()


class Client:
    """Sends mutations one after the other, each until it is answered; `made` are their names."""

    def __init__(self, url: str, number: int, stop: threading.Event) -> None:
        self.made: list[str] = []
        self.failures: list[str] = []
        self._url, self._number, self._stop = url, number, stop
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._stop.is_set():
            name = f"n{self._number}.{len(self.made)}"
            self._send(name)
            self.made.append(name)

    def _send(self, name: str) -> None:
        body = {"instruction": INSTRUCTION, "params": {"name": name}}
        while True:
            try:
                reply = post(f"{self._url}/mutate", json=body, headers={"idempotency-key": name})
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if reply.status_code == 200:
                assert reply.json()["committed"]
                return
            # Told that nothing was changed: the same may be tried again.
            self.failures.append(reply.json().get("code", str(reply.status_code)))
            time.sleep(0.05)


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as found:
        yield found


@pytest.mark.skipif(not KILLS, reason="takes minutes: `make kill`")
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_a_killed_server_loses_nothing_and_does_nothing_twice(
    dialect: str, make_database: Any, tmp_path: Path, port: int
) -> None:
    url = make_database(dialect, BLOG)
    (tmp_path / "nlq.toml").write_text(
        f'db = "{url}"\nmutations = true\neffects = "notification"\ncache_dir = "cache"\n', "utf-8"
    )
    settings = Settings(
        db=url, mutations=True, effects="notification", cache_dir=str(tmp_path / "cache"), open=True
    )
    service = open_service(settings, model=Scripted({SAID.replace("{name}", ":name"): DRAFT, SAID: DRAFT}))
    # What is doubtful is approved once, or every client would be asked.
    shown = service.do(Order(INSTRUCTION, {"name": "first"}), principal=OWNER)
    if shown.approval:
        service.do(Order(INSTRUCTION, {"name": "first"}, approval=shown.approval), principal=OWNER)
    service.close()

    server, stop = Server(tmp_path, port), threading.Event()
    server.start()
    clients = [Client(server.url, number, stop) for number in range(CLIENTS)]
    for client in clients:
        client.thread.start()
    for _ in range(KILLS):
        time.sleep(random.uniform(0.05, 1.0))
        server.kill()
        server.start()
    time.sleep(0.5)
    stop.set()
    for client in clients:
        client.thread.join()
    server.kill()

    made = ["first", *(name for client in clients for name in client.made)]
    engine = open_engine(url, Settings(threads=1))
    schema = "" if dialect == "duckdb" else "public."

    def read(sql: str) -> list[Any]:
        statement = Statement(sql, engine.dialect, (), "", ())
        return [row[0] for row in engine.run(statement, {}, limit=100_000, timeout_s=20).rows]

    try:
        assert Counter(read(f"SELECT name FROM {schema}users WHERE id > 3")) == Counter(made)
        views = read(f"SELECT views FROM {schema}posts WHERE id IN (3, 4) ORDER BY id")
        sent = read("SELECT body FROM nlq_journal.outbox")
        changes = read("SELECT id FROM nlq_journal.changes")
    finally:
        engine.close()
    assert (views[0] - 7, views[1] - 1) == (len(made), len(made))
    assert (len(sent), len(changes)) == (len(made), len(made))
    failures = Counter(f for client in clients for f in client.failures)
    print(f"{dialect}: killed {KILLS} times among {len(made)} changes; refused, and made later: {failures}")
