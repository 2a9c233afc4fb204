"""SQLite alone: what may be read, what is bounded, and where types come from."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nlq.engine import Engine, open_engine, sqlite
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

SCRIPT = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20), price DECIMAL(10, 2), made DATE, anything);
    INSERT INTO t VALUES (1, 'one', 1.5, '2024-02-29', 7);
    CREATE TABLE u (id INTEGER, t_id INTEGER);
    INSERT INTO u VALUES (2, 1);
"""


def made(sql: str, *arguments: str) -> Statement:
    return Statement(sql, "sqlite", arguments, "test", ())


def run(engine: Engine, sql: str) -> tuple[tuple[Any, ...], ...]:
    return engine.run(made(sql), {}, limit=10, timeout_s=60).rows


def failure(action: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(NlqError) as caught:
        action()
    return caught.value.code, caught.value.message


def write(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "shop.sqlite", SCRIPT)


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{path}", Settings())
    yield opened
    opened.close()


OFF = "the statement uses what is switched off"
FAILED = "the database could not run the statement"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ATTACH '{path}' AS other", OFF),
        ("PRAGMA query_only = OFF", OFF),
        ("PRAGMA table_info(t)", OFF),
        ("SELECT * FROM pragma_table_info('t')", FAILED),
        ("SELECT * FROM sqlite_master", OFF),
        ("SELECT * FROM sqlite_schema", OFF),
        ("SELECT * FROM sqlite_temp_master", OFF),
        ("SELECT load_extension('/tmp/x')", FAILED),
        ("SELECT fts3_tokenizer('simple')", FAILED),
        ("VACUUM INTO '{path}2'", OFF),
        ("SAVEPOINT a", OFF),
        ("SELECT readfile('/etc/passwd')", FAILED),
        ("SELECT zeroblob(2000000000)", "the statement needed more memory than its limit"),
    ],
)
def test_only_reading_of_user_tables_is_authorized(
    engine: Engine, path: Path, sql: str, message: str
) -> None:
    assert failure(lambda: run(engine, sql.format(path=path)))[1] == message
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert run(engine, "SELECT id FROM t") == ((1,),)


def test_a_column_of_the_result_has_the_type_of_the_column_it_comes_from(engine: Engine) -> None:
    statement = made(
        'WITH x AS (SELECT * FROM (SELECT id, name, price AS cost, anything FROM t WHERE id > ?1)) '
        'SELECT x.id, u.id, x.*, made, count(*), price * 2 AS twice, \'?2 ""\' AS "a?1" '
        'FROM x JOIN u ON u.t_id = x.id JOIN t ON t.id = x.id LIMIT ?2',
        "p1", "__limit",
    )  # fmt: skip
    found = engine.run(statement, {"p1": 0}, limit=5, timeout_s=60)
    assert (
        engine.describe(statement)
        == found.columns
        == (
            ResultColumn("id", "INTEGER"),
            ResultColumn("id", "INTEGER"),
            ResultColumn("id", "INTEGER"),
            ResultColumn("name", "TEXT"),
            ResultColumn("cost", "REAL"),
            ResultColumn("anything", "UNKNOWN"),
            ResultColumn("made", "DATE"),
            ResultColumn("count(*)", "UNKNOWN"),
            ResultColumn("twice", "UNKNOWN"),
            ResultColumn("a?1", "UNKNOWN"),
        )
    )
    assert found.rows == ((1, 2, 1, "one", 1.5, 7, "2024-02-29", 1, 3.0, '?2 ""'),)


def test_what_others_write_is_seen(engine: Engine, path: Path) -> None:
    assert run(engine, "SELECT count(*) FROM t") == ((1,),)
    write(path, "PRAGMA journal_mode = WAL; INSERT INTO t (id) VALUES (2)")
    assert run(engine, "SELECT count(*) FROM t") == ((2,),)


def test_a_writer_that_does_not_finish_is_told_of(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_S", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        found = failure(lambda: run(engine, "SELECT count(*) FROM t"))
    assert found == ("engine.failed", "the database is being written to")
    assert run(engine, "SELECT count(*) FROM t") == ((1,),)


def test_a_replaced_file_is_opened_anew(engine: Engine, path: Path, tmp_path: Path) -> None:
    assert run(engine, "SELECT name FROM t") == (("one",),)
    write(tmp_path / "new.sqlite", "CREATE TABLE t (name); INSERT INTO t VALUES ('new')").replace(path)
    assert run(engine, "SELECT name FROM t") == (("new",),)
    assert engine.describe(made("SELECT name FROM t")) == (ResultColumn("name", "UNKNOWN"),)


def test_a_file_that_is_gone_says_so_until_it_is_back(engine: Engine, path: Path) -> None:
    run(engine, "SELECT name FROM t")
    kept = path.rename(path.with_name("kept"))
    wanted = ("engine.unreachable", f"the database `{path}` cannot be reached")
    assert failure(lambda: run(engine, "SELECT name FROM t")) == wanted
    assert failure(engine.introspect) == wanted
    assert failure(lambda: engine.describe(made("SELECT name FROM t"))) == wanted
    kept.rename(path)
    assert run(engine, "SELECT name FROM t") == (("one",),)


def test_a_function_in_a_view_of_the_file_is_not_trusted(tmp_path: Path) -> None:
    path = write(
        tmp_path / "views.sqlite",
        "CREATE VIEW v AS SELECT load_extension('/tmp/x') AS a; CREATE VIEW w AS SELECT 7 AS a",
    )
    engine = open_engine(f"sqlite:///{path}", Settings())
    try:
        assert failure(lambda: run(engine, "SELECT a FROM v"))[0] == "engine.failed"
        assert run(engine, "SELECT a FROM w") == ((7,),)
    finally:
        engine.close()


def test_every_result_code_is_mapped() -> None:
    """Of 1 to 26: 9 (interrupt) is told apart by who interrupted; 16 and 24 are not used by SQLite."""
    assert set(sqlite.FAILURES) == set(range(1, 27)) - {sqlite3.SQLITE_INTERRUPT, 16, 24}
