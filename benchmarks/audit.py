"""What a record of the audit log costs: waiting for the disk or not, keyed, and beside another process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import Table
from nlq.audit import Account
from nlq.audit.log import AuditLog
from nlq.audit.verify import verify
from nlq.catalog import RelationName
from nlq.plan import Dependency, Plan
from nlq.policy import Decision, Principal

QUESTION = "which users have more than 400 likes on a post since 2026-01-31"
ORDERS = RelationName("main", "orders")
PLAN = Plan("query", QUESTION, "duckdb", "roles:analyst", "SELECT 1", (), (),
            (Dependency(ORDERS, (("id", "0"), ("total", "1"))),), "")  # fmt: skip
KEY = b"a key of the benchmark"

OTHER = """
import sys
from pathlib import Path
from benchmarks.audit import account
from nlq.audit.log import AuditLog
log = AuditLog(Path(sys.argv[1]), sync=False)
print(flush=True)
while True:
    log.record(account())
"""


def account() -> Account:
    """An account such as a question leaves."""
    return Account(
        "query",
        QUESTION,
        Principal(id=7, roles=frozenset({"analyst"})),
        "roles:analyst",
        plan=PLAN,
        arguments={"p1": 400, "p2": "2026-01-31"},
        decisions=(Decision(ORDERS, "filtered", "rows of the caller's account"),),
        rows=20,
        ms=1.234,
    )


def measure(batches: int = 20, each: int = 200) -> Table:
    """Microseconds of a record, the mean of each batch."""
    table = Table("A record of the audit log", "µs")
    with tempfile.TemporaryDirectory(dir=".") as directory:
        for subject, sync, key in (
            ("not waiting for the disk", False, b""),
            ("  with a key", False, KEY),
            ("waiting for the disk", True, b""),
        ):
            log = AuditLog(Path(directory) / f"{subject.strip()}.jsonl", key=key, sync=sync)
            _write(table, subject, log, batches, each)
        _write_beside_another(table, Path(directory) / "both.jsonl", batches, each)
        path = Path(directory) / "not waiting for the disk.jsonl"
        started = time.perf_counter()
        verdict = verify(path)
        rate = verdict.records / (time.perf_counter() - started)
        size = path.stat().st_size / verdict.records
        table.notes.append(f"A record has {size:.0f} bytes. Verified: {rate:,.0f} a second.")
    return table


def _write(table: Table, subject: str, log: AuditLog, batches: int, each: int) -> None:
    for _ in range(batches):
        started = time.perf_counter()
        for _ in range(each):
            log.record(account())
        table.add(subject, (time.perf_counter() - started) / each * 1e6)
    log.close()


def _write_beside_another(table: Table, path: Path, batches: int, each: int) -> None:
    other = subprocess.Popen([sys.executable, "-c", OTHER, str(path)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        _write(table, "beside a process that does nothing else", AuditLog(path, sync=False), batches, each)
    finally:
        other.kill()
        other.communicate()
