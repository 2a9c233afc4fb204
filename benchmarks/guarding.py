"""What the guard costs: making a statement, finding one again, running it beside SQL by hand."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.raw_cursor import RawCursor

from benchmarks.checking import DDL, TEXT
from benchmarks.defence import cluster_class
from benchmarks.table import Table
from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.guard import Statement, guard
from nlq.guard.lists import bind_claims
from nlq.plan import Plan, check
from nlq.policy import Principal, visible
from nlq.policy.load import load_policy
from nlq.settings import Settings
from nlq.wire import open_service

ROWS = 100_000
WHO = Principal(id=7, claims={"account_id": 7})
RULES = """
[claims]
account_id = "integer"
id = "integer"
"""
COSTS = RULES + "".join(f'[relations.t{n}]\nread = {{ sql = "a = :me.account_id" }}\n' for n in range(50))
POLICY = (
    RULES
    + """
[relations.accounts]
read = true
[relations.orders]
read = { sql = "account_id = :me.account_id" }
[relations.tickets]
read = { sql = '''EXISTS (
    SELECT 1 FROM members m WHERE m.user_id = :me.id AND m.account_id = tickets.account_id
)''' }
[relations.tickets.columns]
mail = { mask = "partial" }
"""
)
TABLES = """
CREATE TABLE accounts (id int PRIMARY KEY, name text);
CREATE TABLE members (user_id int, account_id int, PRIMARY KEY (user_id, account_id));
CREATE TABLE orders (id int PRIMARY KEY, account_id int, amount int, note text);
CREATE TABLE tickets (id int PRIMARY KEY, account_id int, title text, mail text);
CREATE INDEX orders_account ON orders (account_id);
CREATE INDEX tickets_account ON tickets (account_id);
"""
BY_MEMBERS = "account_id IN (SELECT account_id FROM members WHERE user_id = 7)"
QUERIES = {
    "one row by key": (
        "SELECT amount FROM orders WHERE id = 4206",
        "SELECT amount FROM orders WHERE id = 4206 AND account_id = 7",
    ),
    "sums of groups": (
        "SELECT amount % 10 AS part, sum(amount) AS total FROM orders GROUP BY 1",
        "SELECT amount % 10 AS part, sum(amount) AS total FROM orders WHERE account_id = 7 GROUP BY 1",
    ),
    "an outer join": (
        "SELECT a.name, count(o.id) AS n FROM accounts a"
        " LEFT JOIN orders o ON o.account_id = a.id GROUP BY a.name",
        "SELECT a.name, count(o.id) AS n FROM accounts a"
        " LEFT JOIN orders o ON o.account_id = a.id AND o.account_id = 7 GROUP BY a.name",
    ),
    "a condition that may fail": (
        "SELECT count(*) AS n FROM orders WHERE 1000 / (amount + 1) > 5",
        "SELECT count(*) AS n FROM orders WHERE account_id = 7 AND 1000 / (amount + 1) > 5",
    ),
    "a rule in another relation, masked": (
        "SELECT id, mail FROM tickets ORDER BY id LIMIT 20",
        "SELECT id, substr(mail, 1, 1) || '***' AS mail FROM tickets"
        f" WHERE {BY_MEMBERS} ORDER BY id LIMIT 20",
    ),
}  # fmt: skip

Run = Callable[[str, list[Any]], object]


def measure_making(runs: int = 500) -> Table:
    """Microseconds: what is done once for a plan, once for a plan and scope, and for each request."""
    table = Table("The guard, 50 relations", "µs", ratios=False)
    catalog = catalog_from_ddl(DDL, "duckdb")
    policy = load_policy(COSTS, catalog)
    seen = visible(policy, WHO, catalog)
    plan = _plan(TEXT, seen)
    for _ in range(runs):
        with _timed(table, "what the principal may see of the catalog"):
            visible(policy, WHO, catalog)
        with _timed(table, "once a plan: check a draft"):
            check(TEXT, seen)
        with _timed(table, "once a plan and scope: check it again and guard it"):
            guard(plan, policy, WHO, catalog, seen)
    with tempfile.TemporaryDirectory() as directory, _service(Path(directory)) as service:
        for _ in range(runs):
            timings = service.sql(QUERIES["one row by key"][0], principal=WHO).timings
            table.add("each request of SQL by hand: check and describe it", timings["plan"] * 1000)
            table.add("each request of SQL by hand: guard it", timings["guard"] * 1000)
        made = service.check(QUERIES["one row by key"][0], principal=WHO)
        service.require_current(made, WHO)
        for _ in range(runs):
            with _timed(table, "each request of a known plan: find its statement, bind claims"):
                service.require_current(made, WHO)
                bind_claims(("me.account_id",), WHO)
    return table


def measure_running(runs: int = 100) -> Table:
    """Milliseconds of each engine for the guarded statement and for SQL by hand, taken in turn."""
    table = Table(f"Restricted queries beside SQL by hand, {ROWS:,} rows", "ms", ratios=False)
    with tempfile.TemporaryDirectory() as directory:
        for dialect, run, filled in _engines(Path(directory)):
            catalog = catalog_from_ddl(filled, dialect)
            policy = load_policy(POLICY, catalog)
            seen = visible(policy, WHO, catalog)
            for name, (query, by_hand) in QUERIES.items():
                made = guard(_plan(query, seen), policy, WHO, catalog, seen)
                subjects = {"by hand": (by_hand, []), "guarded": (made.sql, _values(made))}
                for number in range(runs + 5):
                    for subject, (sql, values) in subjects.items():
                        started = time.perf_counter()
                        run(sql, values)
                        if number >= 5:
                            taken = (time.perf_counter() - started) * 1000
                            table.add(f"{dialect}: {name}: {subject}", taken)
    return table


def _plan(sql: str, seen: Catalog) -> Plan:
    checked = check(sql, seen)
    return Plan("query", sql, seen.dialect, "", checked.sql, checked.parameters, (), checked.depends,
                checked.explanation)  # fmt: skip


def _values(statement: Statement) -> list[Any]:
    bound: Mapping[str, Any] = {**bind_claims(statement.arguments, WHO), "__limit": 1001}
    return [bound[name] for name in statement.arguments]


@contextmanager
def _timed(table: Table, subject: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    table.add(subject, (time.perf_counter() - started) * 1e6)


@contextmanager
def _service(directory: Path) -> Iterator[Any]:
    database, policy = directory / "bench.duckdb", directory / "policy.toml"
    with duckdb.connect(database) as connection:
        connection.execute(TABLES)
    policy.write_text(POLICY, "utf-8")
    settings = Settings(db=f"duckdb:///{database}", policy=str(policy), cache_dir=str(directory))
    with closing(open_service(settings)) as service:
        yield service


def _engines(directory: Path) -> Iterator[tuple[Dialect, Run, str]]:
    """Each engine with the rows in it, and the DDL of its tables."""
    import sqlite3

    with duckdb.connect() as duck:
        duck.execute(TABLES)
        for sql in _rows("SELECT range AS i FROM range(1, {})"):
            duck.execute(sql)
        yield "duckdb", lambda sql, values: duck.execute(sql, values or None).fetchall(), TABLES
    with closing(sqlite3.connect(directory / "bench.sqlite", isolation_level=None)) as lite:
        lite.executescript(TABLES)
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {})"
        numbers += " SELECT i FROM n"
        for sql in _rows(numbers):
            lite.execute(sql)
        lite.execute("ANALYZE")
        yield "sqlite", lambda sql, values: lite.execute(sql, values).fetchall(), TABLES
    cluster = cluster_class()()
    try:
        with psycopg.connect(cluster.url(), autocommit=True, cursor_factory=RawCursor) as server:
            server.execute(TABLES.encode())
            for sql in _rows("SELECT i FROM generate_series(1, {} - 1) AS i"):
                server.execute(sql.encode())
            server.execute(b"ANALYZE")

            def run(sql: str, values: list[Any]) -> object:
                given = [str(v) if isinstance(v, int) else v for v in values]
                return server.execute(sql.encode(), given or None, prepare=True).fetchall()

            yield "postgres", run, TABLES
    finally:
        cluster.remove()


def _rows(numbers: str) -> Iterator[str]:
    mail = "i || '@example.org'"
    few, many = numbers.format(101), numbers.format(ROWS + 1)
    yield f"INSERT INTO accounts SELECT i, 'account ' || i FROM ({few}) AS n"
    yield f"INSERT INTO members SELECT i, i FROM ({few}) AS n"
    yield f"INSERT INTO orders SELECT i, i % 100 + 1, i % 977, 'note ' || i FROM ({many}) AS n"
    yield f"INSERT INTO tickets SELECT i, i % 100 + 1, 'ticket ' || i, {mail} FROM ({many}) AS n"
