"""A project of 1,000 query files for two roles: the first build, builds and checks with nothing to do.

Processor time, of which nothing depends on who else uses the machine; the model is scripted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import duckdb

from benchmarks.table import Table
from nlq.build.check import check
from nlq.build.frozen import require_built
from nlq.build.lock import read_locks
from nlq.build.named import NamedQueries
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.model import Call, Reply
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

QUERIES, TABLES, COLUMNS = 1000, 40, 12
CHECKOUT = str(Path(__file__).parent.parent)


class Scripted:
    """Answers `t1 rows whose c2 is over :least and status s3` with the SQL that it means."""

    name = "scripted"
    is_local = True

    def complete(self, call: Call) -> Reply:
        """The SQL."""
        words = call.messages[-1].content.split()
        table, column, status = words[0], words[3], words[-1]
        where = f"{column} > :least AND status = '{status}'"
        return Reply(f"SELECT id, {column} FROM {table} WHERE {where} ORDER BY id", 0, 0, 0.0)

    def close(self) -> None:
        """Nothing to close."""


def make_project(queries: int) -> None:
    """A database, a policy and so many query files, in the working directory."""
    columns = ", ".join(f"c{n} INTEGER" for n in range(COLUMNS))
    policy = '[roles]\nadmin = { includes = ["analyst"] }\n'
    with duckdb.connect("app.duckdb") as connection:
        for n in range(TABLES):
            connection.execute(f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, status TEXT, {columns})")
            policy += f"""[relations.t{n}]\nread = [{{ roles = ["analyst"], sql = "status = 'open'" }}]\n"""
    Path("policy.toml").write_text(policy)
    Path("nlq.toml").write_text('db = "duckdb:///app.duckdb"\npolicy = "policy.toml"\n')
    for n in range(queries):
        path = Path("queries", f"part{n % 20}", f"q{n}.nlq")
        path.parent.mkdir(parents=True, exist_ok=True)
        question = f"t{n % TABLES} rows whose c{n % COLUMNS} is over {{least: int = 5}} and status s{n}"
        path.write_text(f"-- name: q{n} :many\n-- roles: admin, analyst\n{question}\n")


def measure(queries: int = QUERIES, runs: int = 5) -> Table:
    """Seconds of the processor for each step, and for whole commands."""
    table = Table(f"{queries:,} query files, 2 roles", "s", ratios=False)
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            _measure(table, queries, runs)
        finally:
            os.chdir(before)
    return table


def _measure(table: Table, queries: int, runs: int) -> None:
    make_project(queries)

    def clock(what: str, work: Callable[[], object]) -> None:
        begun = time.process_time()
        work()
        table.add(what, time.process_time() - begun)

    def opened() -> Service:
        settings = Settings(db="duckdb:///app.duckdb", policy="policy.toml", sample="never")
        return open_service(settings, model=Scripted())

    def project(service: Service) -> Project:
        return Project(read_sources(Path("queries")), service, Path("cache"))

    with closing(opened()) as service:
        clock("first build, model scripted", lambda: build(project(service)))
        for _ in range(runs):
            clock("build with nothing to do", lambda: build(project(service)))
            clock("check", lambda: check(project(service)))
            clock("of which reading the query files", lambda: read_sources(Path("queries")))
            clock("of which reading the lockfiles", lambda: read_locks(Path("cache")))
    for _ in range(runs):
        with closing(opened()) as service:
            clock("first `GET /queries` of a role", partial(_list, service))
            clock("start of a frozen server", partial(require_built, service, Path("cache")))
        clock("opening the service", lambda: opened().close())
        for arguments in (["version"], ["build", "--check"]):
            table.add(f"the command `nlq {' '.join(arguments)}`", _command(arguments))
    with duckdb.connect("app.duckdb") as connection:
        connection.execute("ALTER TABLE t7 ALTER c7 SET DATA TYPE BIGINT")
    with closing(opened()) as service:
        made = []
        clock("build after one column changed", lambda: made.append(build(project(service))))
    counts = made[0].counts
    table.notes.append(
        f"The changed column: {counts['verified']} queries verified again, {counts['reused']} as they were."
    )


def _list(service: Service) -> None:
    NamedQueries(service, Path("cache")).of(Principal(roles=frozenset({"analyst"})))


def _command(arguments: list[str]) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "nlq", *arguments],
        check=True, capture_output=True, env={**os.environ, "PYTHONPATH": CHECKOUT},
    )  # fmt: skip
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
