"""A known question over HTTP on DuckDB: with results that are kept, and without.

python -m benchmarks.hotpath.files [SECONDS]
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.hotpath.__main__ import FACTORY, Subject, ask_with, measure_subject, serving
from benchmarks.hotpath.world import CLERK, CUSTOMER, POLICY, QUESTION, OneDraft
from nlq.identity.keys import KeyFile, new_key
from nlq.settings import Settings
from nlq.wire import open_service

TABLES = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, total DECIMAL(10, 2) NOT NULL,
    placed TIMESTAMP NOT NULL, note TEXT
);
INSERT INTO customers SELECT i, i % 10, 'customer ' || i, 'Portugal' FROM generate_series(1, 2000) AS g(i);
INSERT INTO orders
SELECT i, i % 2000 + 1, (i * 37 % 100000) / 100.0, TIMESTAMP '2026-01-01' + i * INTERVAL '7 minutes',
    'note ' || i
FROM generate_series(1, 100000) AS g(i);
"""


def main(seconds: float) -> None:
    """Measure and print a table."""
    print("| | connections | requests/s | p50 ms | p99 ms | CPU µs |\n|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as here:
        directory = Path(here).absolute()
        with duckdb.connect(directory / "shop.duckdb") as connection:
            connection.execute(TABLES)
        (directory / "policy.toml").write_text(POLICY, "utf-8")
        key, bearer = new_key("bench", CLERK, datetime.now(UTC))
        KeyFile(directory / "keys.json").add(key)
        own = {
            "db": f"duckdb:///{directory / 'shop.duckdb'}",
            "policy": str(directory / "policy.toml"),
            "cache_dir": str(directory / "cache"),
            "auth_keys": str(directory / "keys.json"),
        }
        service = open_service(Settings(**own), model=OneDraft())  # type: ignore[arg-type]
        service.ask(QUESTION, principal=CLERK, params={"customer": CUSTOMER})
        service.close()
        settings = {**own, "frozen": "true"}
        environment = {f"NLQ_{name.upper()}": value for name, value in settings.items()}
        for name, given in (
            ("results kept", {}),
            ("none kept, in processes", {"NLQ_RESULT_CACHE_MB": "0"}),
            ("none kept, in the server", {"NLQ_RESULT_CACHE_MB": "0", "NLQ_ENGINE_ISOLATION": "none"}),
        ):
            with serving(name, FACTORY, {**environment, **given}, ask_with(bearer)) as subject:
                _show(subject, seconds)


def _show(subject: Subject, seconds: float) -> None:
    measure_subject(subject, (8, 0), 4)  # until the file is no longer new, and all is known
    for connections in (1, 16):
        found = measure_subject(subject, (connections, 0), seconds)
        assert not found["failed"], (subject.name, found)
        print(
            f"| {subject.name} | {connections} | {found['rate']:,.0f} | {found['p50']:.2f} |"
            f" {found['p99']:.2f} | {found['cpu_us']:.0f} |"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3)
