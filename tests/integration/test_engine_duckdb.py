"""DuckDB alone: what is locked, what is bounded, and what happens to the file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest
from waiting import wait_for

from nlq.engine import Cancellation, Engine, open_engine
from nlq.engine.duckdb import FAILURES
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.settings import Settings


def run(engine: Engine, sql: str, timeout_s: float = 60) -> tuple[tuple[Any, ...], ...]:
    made = Statement(sql, "duckdb", (), "test", ())
    return engine.run(made, {}, limit=10, timeout_s=timeout_s).rows


def failure(action: Callable[[], object]) -> tuple[str, str, str | None]:
    with pytest.raises(NlqError) as caught:
        action()
    return caught.value.code, caught.value.message, caught.value.hint


def write(path: Path, script: str) -> Path:
    with duckdb.connect(path) as connection:
        connection.execute(script)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "shop.duckdb", "CREATE TABLE t AS SELECT 1 AS a")


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    opened = open_engine(f"duckdb:///{path}", Settings())
    yield opened
    opened.close()


REACHES = {
    "csv": "SELECT * FROM read_csv('/etc/passwd')",
    "text": "SELECT * FROM read_text('/etc/passwd')",
    "blob": "SELECT * FROM read_blob('/etc/passwd')",
    "itself": "SELECT * FROM read_blob('{path}')",
    "its log": "SELECT * FROM read_blob('{path}.wal')",
    "parquet": "SELECT * FROM read_parquet('{path}')",
    "json": "SELECT * FROM read_json('/etc/passwd')",
    "glob": "SELECT * FROM glob('/etc/*')",
    "file as a table": "SELECT * FROM '/etc/passwd.csv'",
    "network": "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "bucket": "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "attach": "ATTACH '{path}2' AS other",
    "attach memory": "ATTACH ':memory:' AS other",
    "copy": "COPY t TO '{path}.csv'",
    "copy from": "COPY t FROM '/etc/passwd'",
    "export": "EXPORT DATABASE '{path}.d'",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "setting": "SET enable_external_access = true",
    "limit of time": "SET max_execution_time = 0",
    "secret": "CREATE SECRET s (TYPE s3)",
    "pragma": "PRAGMA database_list",
    "call": "CALL pragma_version()",
    "pivot": "PIVOT t ON a USING count(*)",
    "environment": "SELECT getenv('HOME')",
    "variable of Python": "SELECT * FROM SETTINGS_OF_THIS_MODULE",
}
SETTINGS_OF_THIS_MODULE = duckdb.connect


@pytest.mark.parametrize("name", REACHES)
def test_nothing_outside_the_file_can_be_reached(engine: Engine, path: Path, name: str) -> None:
    before = sorted(path.parent.iterdir())
    code, *_ = failure(lambda: run(engine, REACHES[name].format(path=path)))
    assert code == "engine.failed"
    assert sorted(path.parent.iterdir()) == before
    assert run(engine, "SELECT a FROM t") == ((1,),)


def test_the_configuration_is_what_the_settings_say_and_frozen(path: Path) -> None:
    engine = open_engine(
        f"duckdb:///{path}", Settings(memory_limit_mb=200, threads=1, statement_timeout_s=7)
    )
    names = (
        "memory_limit", "threads", "max_execution_time", "temp_directory", "TimeZone", "lock_configuration",
        "enable_external_access", "autoload_known_extensions", "autoinstall_known_extensions",
        "allow_community_extensions", "allow_unsigned_extensions", "allow_persistent_secrets",
        "python_enable_replacements",
    )  # fmt: skip
    found = run(engine, "SELECT " + ", ".join(f"current_setting('{n}')" for n in names), timeout_s=7)[0]
    engine.close()
    assert dict(zip(names, found, strict=True)) == {
        "memory_limit": "200.0 MiB",
        "threads": 1,
        "max_execution_time": 7000,
        "temp_directory": "",
        "TimeZone": "UTC",
        "lock_configuration": True,
        **dict.fromkeys(names[6:], False),
    }


def test_a_day_begins_at_the_same_time_everywhere(path: Path) -> None:
    code = (
        "from nlq.engine import open_engine; from nlq.guard import Statement;"
        "from nlq.settings import Settings;"
        f"e = open_engine({f'duckdb:///{path}'!r}, Settings());"
        "s = Statement(\"SELECT CAST(TIMESTAMPTZ '2024-01-01 01:00+00' AS DATE)\", 'duckdb', (), '', ());"
        "print(e.run(s, {}, limit=1, timeout_s=60).rows[0][0])"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={"TZ": "America/New_York", "PATH": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "2024-01-01\n"


def test_memory_is_bounded(path: Path) -> None:
    engine = open_engine(f"duckdb:///{path}", Settings(memory_limit_mb=50))
    greedy = "SELECT max(len(x)) FROM (SELECT list(r) AS x FROM range(20000000) AS t (r))"
    try:
        found = failure(lambda: run(engine, greedy))
        after = run(engine, "SELECT a FROM t")
    finally:
        engine.close()
    assert found == (
        "engine.resources",
        "the statement needed more memory than its limit",
        "ask for less, or raise the setting `memory_limit_mb`",
    )
    assert after == ((1,),)


def test_the_limit_of_time_of_one_request_is_not_that_of_the_next(engine: Engine) -> None:
    slow = "SELECT count(*) FROM range(100000) a, range(100000) b WHERE a.range * b.range % 7 = 8"
    assert failure(lambda: run(engine, slow, timeout_s=0.1))[1] == "the statement ran longer than 0.1 s"
    assert run(engine, "SELECT current_setting('max_execution_time')", timeout_s=30) == ((30000,),)


def test_engines_of_one_process_share_a_file_if_their_settings_agree(engine: Engine, path: Path) -> None:
    second = open_engine(f"duckdb:///{path}", Settings())
    assert run(second, "SELECT a FROM t") == ((1,),)
    second.close()
    assert run(engine, "SELECT a FROM t") == ((1,),)
    assert failure(lambda: open_engine(f"duckdb:///{path}", Settings(memory_limit_mb=77))) == (
        "engine.unreachable",
        f"the database `{path}` cannot be reached",
        "this process has it open with other settings: close that connection first",
    )


WRITER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("INSERT INTO t VALUES (2)")
print("open", flush=True)
sys.stdin.read()
"""


def test_a_file_that_is_being_written_says_so_and_its_log_is_read_after(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        found = failure(lambda: open_engine(f"duckdb:///{path}", Settings()))
        writer.kill()
    assert found == (
        "engine.unreachable",
        f"the database `{path}` cannot be reached",
        "another process has it open for writing: stop that, or give a copy of the file",
    )
    assert path.with_name(path.name + ".wal").exists()
    engine = open_engine(f"duckdb:///{path}", Settings())
    try:
        assert run(engine, "SELECT a FROM t ORDER BY a") == ((1,), (2,))
    finally:
        engine.close()


def test_a_replaced_file_is_opened_anew(engine: Engine, path: Path, tmp_path: Path) -> None:
    assert run(engine, "SELECT a FROM t") == ((1,),)
    write(tmp_path / "new.duckdb", "CREATE TABLE t AS SELECT 'new' AS a").replace(path)
    assert run(engine, "SELECT a FROM t") == (("new",),)


def test_a_file_that_is_gone_says_so_until_it_is_back(engine: Engine, path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(path, tmp_path / "copy.duckdb"))
    path.unlink()
    for _ in range(2):
        assert failure(lambda: run(engine, "SELECT a FROM t")) == (
            "engine.unreachable",
            f"the database `{path}` cannot be reached",
            "there is no such file",
        )
    copy.replace(path)
    assert run(engine, "SELECT a FROM t") == ((1,),)


def test_a_request_keeps_the_file_that_it_began_with(engine: Engine, path: Path, tmp_path: Path) -> None:
    """A file is opened anew only when nobody reads the old one."""
    slow = "SELECT count(*) FROM t, range(100000000) a, range(100000) b WHERE a.range * b.range % 7 = 8"
    stop, told = Cancellation(), list[str]()

    def read() -> None:
        made = Statement(slow, "duckdb", (), "test", ())
        told.append(failure(lambda: engine.run(made, {}, limit=1, timeout_s=0, cancellation=stop))[0])

    reader = Thread(target=read)
    reader.start()
    wait_for(lambda: engine._active)  # type: ignore[attr-defined]  # it has begun
    write(tmp_path / "new.duckdb", "CREATE TABLE t AS SELECT 'new' AS a").replace(path)
    during = run(engine, "SELECT a FROM t")
    stop.cancel()
    reader.join()
    assert (during, told) == (((1,),), ["engine.cancelled"])
    assert run(engine, "SELECT a FROM t") == (("new",),)


def test_a_missing_type_of_a_parameter_is_a_reason_not_a_crash(engine: Engine) -> None:
    made = Statement("SELECT date_trunc('month', $1) AS m", "duckdb", ("p1",), "test", ())
    code, message, _ = failure(lambda: engine.describe(made))
    assert (code, message[:60]) == (
        "plan.invalid",
        "the database refuses the SQL: Could not choose a best candid",
    )


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def test_every_error_of_the_vendor_is_mapped() -> None:
    """Fails when DuckDB adds a class: decide what a reader is told."""
    assert set(subclasses(duckdb.Error)) == set(FAILURES)
