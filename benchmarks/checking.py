"""What it costs to check SQL in a process that may die: beside the same check here, warm and cold."""

from __future__ import annotations

import time
from contextlib import closing

from benchmarks.table import Table
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.untrusted import Here, Untrusted
from nlq.isolation import Pool

DDL = "\n".join(
    f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, name TEXT, at TIMESTAMP, price DECIMAL(10, 2), a INTEGER,"
    " b TEXT, c TEXT, d BOOLEAN);"
    for n in range(50)
)
TEXT = (
    "SELECT u.name, count(*) AS n, round(avg(p.price), 2) FROM t1 u JOIN t2 p ON p.a = u.id "
    "WHERE p.at >= DATE '2026-01-01' AND u.d GROUP BY u.name HAVING count(*) > 3 ORDER BY n DESC LIMIT 10"
)


def measure(runs: int = 200) -> Table:
    """Milliseconds a check; the catalog has 50 relations."""
    table = Table("Checking a statement by hand, 50 relations", "ms")
    catalog = catalog_from_ddl(DDL, "duckdb")
    with closing(Pool(1)) as pool:
        for position in range(runs):
            for name, examiner in (("here", Here()), ("in a process", pool)):
                started = time.perf_counter()
                examiner.examine(Untrusted(TEXT), catalog)
                if position:
                    table.add(name, (time.perf_counter() - started) * 1000)
    for _ in range(5):
        with closing(Pool(1)) as pool:
            started = time.perf_counter()
            pool.examine(Untrusted(TEXT), catalog)
            table.add("in a process that has to start", (time.perf_counter() - started) * 1000)
    return table
