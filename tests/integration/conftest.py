"""A small shop behind every door, and a model whose replies are written here."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from waiting import PATIENCE_S, wait_for

from nlq.errors import ModelError
from nlq.http import create_app
from nlq.model import Call, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, email TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    total DECIMAL(10, 2) NOT NULL, note TEXT
);
CREATE TABLE secrets (id INTEGER PRIMARY KEY, word TEXT);
INSERT INTO customers VALUES
    (1, 'Ana', 'Portugal', 'ana@example.org'), (2, 'Bo', 'Denmark', NULL), (3, 'Caio', 'Portugal', NULL);
INSERT INTO orders VALUES (1, 1, 12.50, NULL), (2, 1, 7.25, 'gift'), (3, 2, 99.00, ''), (4, 3, 5.00, NULL);
INSERT INTO secrets VALUES (1, 'plugh');
"""

POLICY = """
[principals.ana]
id = 1
roles = ["customer"]

[principals.root]
roles = ["staff"]

[relations.customers]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "id = :me.id" }]

[relations.customers.columns]
email = "hidden"

[relations.orders]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "customer_id = :me.id" }]
"""

REPLIES = {
    "How many customers are there?": "SELECT count(*) AS customers FROM customers",
    "Show the orders over 10": "SELECT id, total FROM orders WHERE total > 10 ORDER BY id",
    "List all orders": "SELECT id, total, note FROM orders ORDER BY id",
    "How many customers are in :country?": "SELECT count(*) AS n FROM customers WHERE country = :country",
    "What is the meaning of life?": "CANNOT",
    "Count for ever": "SELECT count(*) AS n FROM orders AS a, orders AS b, orders AS c, orders AS d,"
    " orders AS e, orders AS f, orders AS g, orders AS h, orders AS i, orders AS j, orders AS k,"
    " orders AS l, orders AS m, orders AS n, orders AS o, orders AS p",
}


@dataclass(slots=True)
class ScriptedModel:
    """Says what is written for the last line of the prompt; keeps what it was asked, and the whole calls.

    With `failure` it raises that; with `hold` it waits until the event is set.
    """

    replies: Mapping[str, str] = field(default_factory=lambda: REPLIES)
    failure: ModelError | None = None
    hold: threading.Event | None = None
    asked: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    name: str = "scripted"
    is_local: bool = True

    def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        self.asked.append(call.messages[-1].content)
        if self.hold is not None:
            self.hold.wait(PATIENCE_S)
        if self.failure is not None:
            raise self.failure
        question = call.messages[-1].content.strip().splitlines()[-1]
        return Reply(self.replies.get(question, "I would rather talk about the weather."), 120, 20, 0.5)

    def close(self) -> None:
        if self.hold is not None:
            self.hold.set()


@pytest.fixture
def shop(file_template: Callable[[str, str], Path], tmp_path: Path) -> Path:
    """The file of the shop's database."""
    return Path(shutil.copyfile(file_template("duckdb", SHOP), tmp_path / "shop.duckdb"))


@pytest.fixture
def shop_policy(tmp_path: Path) -> Path:
    """The file of the shop's policy."""
    path = tmp_path / "policy.toml"
    path.write_text(POLICY, "utf-8")
    return path


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def shop_settings(shop: Path, tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings for the shop."""

    def make(**given: object) -> Settings:
        own = {"db": f"duckdb:///{shop}", "cache_dir": str(tmp_path / "cache"), "threads": 1}
        return Settings(**{**own, **given})  # type: ignore[arg-type]

    return make


@pytest.fixture
def open_shop(
    shop_settings: Callable[..., Settings], model: ScriptedModel
) -> Iterator[Callable[..., Service]]:
    """Opens services for the shop with the scripted model; settings may be given by name."""
    opened: list[Service] = []

    def open_(**given: object) -> Service:
        opened.append(open_service(shop_settings(**given), model=model))
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the application, which uvicorn serves in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started or not thread.is_alive())
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    # To read all certificates of the world takes a client longer than most tests take.
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, verify=False) as client:
        yield client
    server.should_exit = True
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Callable[[FastAPI], httpx.Client]]:
    """Serves applications, each on a port of its own, and gives clients of them."""
    with ExitStack() as opened:
        yield lambda app: opened.enter_context(serving(app))


@pytest.fixture(scope="module")
def serve_stable(
    file_template: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., httpx.Client]]:
    """As `serve`, of the shop with settings given by name, for tests of a module that change nothing."""
    with ExitStack() as opened:

        def serve_(**given: object) -> httpx.Client:
            directory = tmp_path_factory.mktemp("stable")
            shop = shutil.copyfile(file_template("duckdb", SHOP), directory / "shop.duckdb")
            own = {"db": f"duckdb:///{shop}", "cache_dir": str(directory / "cache")}
            settings = Settings(**{**own, **given})  # type: ignore[arg-type]
            app = create_app(open_service(settings, model=ScriptedModel()))
            return opened.enter_context(serving(app))

        yield serve_


@pytest.fixture(scope="module")
def stable_client(serve_stable: Callable[..., httpx.Client]) -> httpx.Client:
    """A client of an open server for tests that change nothing."""
    return serve_stable(open=True)
