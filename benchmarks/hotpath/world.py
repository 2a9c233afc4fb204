"""What is asked of whom: 100,000 orders on Postgres, a policy, an API key, and one question compiled."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.identity.keys import KeyFile, new_key
from nlq.model import Call, Reply
from nlq.policy import Principal
from nlq.settings import Settings
from nlq.wire import open_service

TABLES = """
CREATE TABLE customers (
    id int PRIMARY KEY, account_id int NOT NULL, name text NOT NULL, country text NOT NULL
);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id), total numeric(10, 2) NOT NULL,
    placed timestamp NOT NULL, note text
);
INSERT INTO customers
SELECT i, i % 10, 'customer ' || i, (ARRAY['Portugal', 'Denmark', 'Chile'])[i % 3 + 1]
FROM generate_series(1, 2000) AS i;
INSERT INTO orders
SELECT i, i % 2000 + 1, (i * 37 % 100000) / 100.0, timestamp '2026-01-01' + i * interval '7 minutes',
       'note ' || i
FROM generate_series(1, 100000) AS i;
CREATE INDEX ON orders (customer_id, placed DESC);
ANALYZE;
"""

POLICY = """
[claims]
id = "integer"
account_id = "integer"
[relations.customers]
read = { roles = ["clerk"], sql = "account_id = :me.account_id" }
[relations.orders]
read = { roles = ["clerk"] }
"""

QUESTION = "the last 20 orders of customer {customer}"
QUERY = """
-- name: last_orders :many
-- roles: clerk
the last 20 orders of customer {customer: int}
"""
DRAFT = """
SELECT o.id, c.name, o.total, o.placed, o.note FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE c.id = :customer ORDER BY o.placed DESC LIMIT 20
"""
CLERK = Principal(id=7, roles=frozenset({"clerk"}), claims={"account_id": 7})
CUSTOMER = 1007
CUSTOMERS = tuple(range(7, 2000, 10))
"""Those of the clerk's account."""


class OneDraft:
    """A model that answers every question with the same SQL."""

    name = "fixed"
    is_local = True

    def complete(self, call: Call) -> Reply:
        """The fixed draft."""
        return Reply(DRAFT)

    def close(self) -> None:
        """Nothing to stop."""


@dataclass(slots=True)
class World:
    """A cluster with the tables, and a directory with policy, keys and the compiled plan."""

    cluster: Any
    directory: Path
    url: str
    bearer: str

    def settings(self, **given: Any) -> Settings:
        """The settings of a server of this world."""
        own = {"db": self.url, "policy": str(self.directory / "policy.toml"),
               "cache_dir": str(self.directory / "cache"), "auth_keys": str(self.directory / "keys.json"),
               "frozen": True}  # fmt: skip
        return Settings(**{**own, **given})

    def cpu_seconds(self) -> float:
        """What the database has used: the server and its processes, those that ended too."""
        server = int((self.cluster.directory / "data" / "postmaster.pid").read_text().split()[0])
        ticks = 0
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            if int(fields[1]) == server or status.parent.name == str(server):
                ticks += int(fields[11]) + int(fields[12])
            if status.parent.name == str(server):
                ticks += int(fields[13]) + int(fields[14])
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Stop the cluster."""
        self.cluster.remove()


def make_world(directory: Path) -> World:
    """Everything in place, the question compiled."""
    cluster = cluster_class()()
    try:
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute(TABLES)
            connection.execute("ALTER SYSTEM SET max_connections = 300")  # several servers run at a time
        cluster.stop()
        cluster.start()
        (directory / "policy.toml").write_text(POLICY, "utf-8")
        key, bearer = new_key("bench", CLERK, datetime.now(UTC))
        KeyFile(directory / "keys.json").add(key)
        world = World(cluster, directory, cluster.url(), bearer)
        service = open_service(world.settings(frozen=False), model=OneDraft())
        service.ask(QUESTION, principal=CLERK, params={"customer": CUSTOMER})
        (directory / "queries").mkdir()
        (directory / "queries" / "bench.nlq").write_text(QUERY, "utf-8")
        build(Project(read_sources(directory / "queries"), service, Path(service.settings.cache_dir)))
        service.close()
        # And for whoever asks where there is no policy.
        service = open_service(world.settings(frozen=False, policy="", auth_keys=""), model=OneDraft())
        service.ask(QUESTION, params={"customer": CUSTOMER})
        service.close()
    except BaseException:
        cluster.remove()
        raise
    return world


def cluster_class() -> Any:
    """The cluster that the tests start."""
    path = Path(__file__).parent.parent.parent / "tests" / "conftest.py"
    spec = importlib.util.spec_from_file_location("nlq_tests_conftest", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PostgresCluster
