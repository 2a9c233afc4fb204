"""A frozen server: starts only on what was built for its database, and needs no library of a model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

import nlq
from nlq.build.place import BuildError
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.http import open_app
from nlq.settings import Settings
from nlq.wire import open_service

QUERIES = """\
-- name: customers :one
-- roles: staff
How many customers are there?
-- name: orders :many
-- roles: staff, customer
List all orders
"""

SERVE = """
import gc, json, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"litellm", "xllamacpp", "openai", "numpy"}:
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Blocker())
from nlq.http.app import app_from_environment
from starlette.testclient import TestClient

app = app_from_environment()
searched = len(gc.get_objects())
with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
    answers = [
        client.post("/query", json={"question": q}, headers={"X-Nlq-As": "root"}).json()
        for q in ("List all orders", "How many customers are there?", "How many costumers are there?")
    ]
print(json.dumps([answers, searched]))
"""


@pytest.fixture
def settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop_settings: Any, shop_policy: Path, model: Any
) -> Settings:
    """Those of a frozen server over the shop, of which two queries are built."""
    monkeypatch.chdir(tmp_path)
    Path("queries").mkdir()
    Path("queries/shop.nlq").write_text(QUERIES)
    made: Settings = shop_settings(cache_dir="cache", policy=str(shop_policy), engine_isolation="none")
    service = open_service(made, model=model)
    report = build(Project(read_sources(Path("queries")), service, Path("cache")))
    service.close()
    assert report.findings == ()
    return shop_settings(cache_dir="cache", policy=str(shop_policy), frozen=True, dev=True,
                         engine_isolation="none")  # fmt: skip


def test_it_answers_what_was_built_without_a_model_library(settings: Settings) -> None:
    environment = {
        "NLQ_DB": settings.db, "NLQ_POLICY": settings.policy, "NLQ_FROZEN": "1", "NLQ_DEV": "1",
        "PYTHONPATH": str(Path(nlq.__file__).parent.parent),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SERVE], env=environment, capture_output=True, check=False
    )
    assert done.stderr == b""
    (orders, customers, unknown), searched = json.loads(done.stdout)
    assert (len(orders["rows"]), customers["rows"]) == (4, [{"customers": 3}])
    assert {key: unknown[key] for key in ("code", "hint")} == {
        "code": "compile.frozen",
        "hint": "known questions: `How many customers are there?`",
    }
    assert searched < 10_000  # objects in each whole search for garbage; 100,000 were loaded


def start(settings: Settings) -> str:
    """What it says instead of starting; empty where it starts."""
    try:
        open_app(settings).state.door.service.close()
    except BuildError as error:
        return f"{error.code}: {error.message}"
    return ""


def test_it_does_not_start_on_another_database(settings: Settings, shop: Path) -> None:
    assert start(settings) == ""
    with duckdb.connect(shop) as connection:
        connection.execute("ALTER TABLE customers ADD COLUMN city TEXT")
    assert start(settings) == ""
    with duckdb.connect(shop) as connection:
        connection.execute("ALTER TABLE orders DROP COLUMN note")
    assert start(settings) == (
        "build.stale: what was built does not fit this database: `orders` for `customer`: unknown column"
        " `note` in `orders`; `orders` for `staff`: unknown column `note` in `orders`"
    )


def test_it_does_not_start_under_a_policy_that_hides_what_is_read(
    settings: Settings, shop_policy: Path
) -> None:
    shop_policy.write_text(
        shop_policy.read_text()
        + '\n[relations.orders.columns]\nnote = { hidden = true, except = ["staff"] }\n'
    )
    assert start(settings) == (
        "build.stale: what was built does not fit this database: `orders` for `customer`: unknown column"
        " `note` in `orders`"
    )


@pytest.mark.parametrize("damage", ["delete", "edit", "lock"])
def test_it_does_not_start_on_a_damaged_cache(settings: Settings, damage: str) -> None:
    (path,) = Path("cache/plans").glob("how-many-customers*.json")
    match damage:
        case "delete":
            path.unlink()
            said = (
                f"`customers` for `staff`: its plan `{path.name}` cannot be read: No such file or directory"
            )
        case "edit":
            path.write_text(path.read_text().replace("COUNT(*)", "COUNT(1)"))
            said = (
                f"`customers` for `staff`: the content of plan `{path.name[-21:-5]}` does not match its id"
            )
        case _:
            path = Path("cache/queries/customers.json")
            path.write_text(path.read_text()[:-5])
            said = "cache/queries/customers.json:1:1: not a lockfile: "
    assert start(settings).startswith(f"build.stale: what was built does not fit this database: {said}")
