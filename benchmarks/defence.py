"""What it costs that Postgres enforces the policy too: the same statements with and without `db_role`."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.table import Table
from nlq.defence import make_defence, write_migration
from nlq.engine import open_engine
from nlq.policy import Principal
from nlq.policy.load import load_policy
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

ROLE = "nlq_bench"
ROWS = 100_000
TABLES = f"""
CREATE TABLE accounts (id int PRIMARY KEY, name text);
CREATE TABLE members (user_id int, account_id int, PRIMARY KEY (user_id, account_id));
CREATE TABLE orders (id int PRIMARY KEY, account_id int, amount numeric, note text);
CREATE TABLE tickets (id int PRIMARY KEY, account_id int, title text, mail text);
INSERT INTO accounts SELECT i, 'account ' || i FROM generate_series(1, 100) AS i;
INSERT INTO members SELECT i, i FROM generate_series(1, 100) AS i;
INSERT INTO orders SELECT i, i % 100 + 1, i % 977, 'note ' || i FROM generate_series(1, {ROWS}) AS i;
INSERT INTO tickets SELECT i, i % 100 + 1, 'ticket ' || i, i || '@example.org'
FROM generate_series(1, {ROWS}) AS i;
CREATE INDEX ON orders (account_id); CREATE INDEX ON tickets (account_id);
CREATE INDEX ON orders (note text_pattern_ops);
ANALYZE;
"""
POLICY = """
[claims]
account_id = "integer"
[relations.orders]
read = { sql = "account_id = :me.account_id" }
[relations.tickets]
read = { sql = \"\"\"EXISTS (
    SELECT 1 FROM members WHERE members.user_id = :me.id AND members.account_id = tickets.account_id
)\"\"\" }
[relations.tickets.columns]
mail = { mask = "partial", except = ["support"] }
"""
QUERIES = {
    "one row by key": "SELECT amount FROM orders WHERE id = 4206",
    "text by its beginning": "SELECT id FROM orders WHERE note LIKE 'note 4206%'",
    "sum over an account's 1,000 rows": "SELECT sum(amount) AS total FROM orders",
    "rule in another relation, masked": "SELECT id, mail FROM tickets ORDER BY id LIMIT 20",
}


def measure(runs: int = 100) -> Table:
    """Milliseconds of the engine for each query, subjects taken in turn."""
    table = Table(f"The database's own rules, {ROWS:,} rows (Postgres)", "ms", ratios=False)
    cluster = cluster_class()()
    try:
        with tempfile.TemporaryDirectory() as directory:
            _measure(table, cluster, Path(directory), runs)
    finally:
        cluster.remove()
    return table


def _measure(table: Table, cluster: Any, directory: Path, runs: int) -> None:
    _prepare(cluster.url())
    policy = directory / "policy.toml"
    policy.write_text(POLICY, "utf-8")
    common = {"policy": str(policy), "cache_dir": str(directory)}
    who = Principal(id=7, claims={"account_id": 7})
    # The guard alone reads as the owner of the tables, whom row-level security does not concern.
    services: dict[str, Service] = {
        "guard": open_service(Settings(db=cluster.url(), **common)),  # type: ignore[arg-type]
        "guard and database": open_service(
            Settings(db=cluster.url(user=f"{ROLE}_login"), db_role=ROLE, **common)  # type: ignore[arg-type]
        ),
    }
    try:
        for query, sql in QUERIES.items():
            calls = {subject: _call(service, sql, who) for subject, service in services.items()}
            for run in range(runs + 5):
                for subject, call in calls.items():
                    started = time.perf_counter()
                    call()
                    if run >= 5:
                        table.add(f"{query}: {subject}", (time.perf_counter() - started) * 1000)
    finally:
        for service in services.values():
            service.close()


def _call(service: Service, sql: str, who: Principal) -> Callable[[], object]:
    """What the service asks of its engine for a query that is known."""
    plain = service.engine.run
    calls: list[Callable[[], object]] = []

    def note(*given: Any, **named: Any) -> Any:
        calls.append(lambda: plain(*given, **named))
        return plain(*given, **named)

    service.engine.run = note  # type: ignore[method-assign]
    service.sql(sql, principal=who)
    service.engine.run = plain  # type: ignore[method-assign]
    return calls[-1]


def _prepare(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
        engine = open_engine(url, Settings())
        catalog = engine.introspect()
        engine.close()
        connection.execute(
            write_migration(make_defence(load_policy(POLICY, catalog), catalog, ROLE)).encode()
        )
        connection.execute(
            f"CREATE ROLE {ROLE}_login LOGIN NOINHERIT;"
            f"GRANT {ROLE} TO {ROLE}_login WITH INHERIT FALSE".encode()
        )


def cluster_class() -> Any:
    """The cluster that the tests start."""
    path = Path(__file__).parent.parent / "tests" / "conftest.py"
    spec = importlib.util.spec_from_file_location("nlq_tests_conftest", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PostgresCluster
