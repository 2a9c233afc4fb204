"""What it costs to run a statement in a process that can be ended: beside the same statement here."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import duckdb

from benchmarks.table import Table
from nlq.engine import open_engine
from nlq.guard import Statement
from nlq.settings import Settings

MAKE = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, total DECIMAL(10, 2))",
    "INSERT INTO customers SELECT n, 'customer ' || n FROM numbers WHERE n < 1000",
    "INSERT INTO orders SELECT n, n % 1000, n % 97 FROM numbers",
)
NUMBERS = (
    "CREATE TABLE numbers AS WITH RECURSIVE c(n) AS "
    "(SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 99999) SELECT n FROM c"
)
JOIN = """
    SELECT c.name, o.total FROM orders AS o JOIN customers AS c ON c.id = o.customer_id
    WHERE c.id = 7 LIMIT 20
"""


def measure(runs: int = 200) -> Table:
    """Milliseconds a statement: 100,000 orders, a join, 20 rows."""
    table = Table("A join of 100,000 rows, 20 of them", "ms", ratios=False)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as opened:
        duck, lite = Path(directory, "x.duckdb"), Path(directory, "x.sqlite")
        with duckdb.connect(duck) as connection:
            for sql in (NUMBERS, *MAKE):
                connection.execute(sql)
        with closing(sqlite3.connect(lite)) as file:
            file.executescript(";".join((NUMBERS, *MAKE)))
        engines = {}
        for kind, path in (("duckdb", duck), ("sqlite", lite)):
            for isolation in ("none", "process"):
                settings = Settings(engine_isolation=isolation)  # type: ignore[arg-type]  # both are allowed
                engine = open_engine(f"{kind}:///{path}", settings)
                opened.callback(engine.close)
                where = "here" if isolation == "none" else "in a process"
                engines[f"{kind}, {where}"] = engine
        for position in range(runs):
            for name, engine in engines.items():
                made = Statement(JOIN, engine.dialect, (), "bench", ())
                started = time.perf_counter()
                engine.run(made, {}, limit=20, timeout_s=30)
                subject = name if position else f"{name}, first"
                table.add(subject, (time.perf_counter() - started) * 1000)
    return table
