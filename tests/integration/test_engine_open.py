"""From a URL to an engine, or to an error that says what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nlq.engine import open_engine
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.settings import Settings

MakeDatabase = Callable[[str, str], str]
USE = "use `duckdb:///file.duckdb`, `postgresql://user@host/database` or `sqlite:///file.sqlite`"


def failure(url: str) -> tuple[str, str, str | None]:
    with pytest.raises(NlqError) as caught:
        open_engine(url, Settings())
    return caught.value.code, caught.value.message, caught.value.hint


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
@pytest.mark.parametrize("spelled", ["url", "relative url", "path", "relative path", "home"])
def test_a_file_is_opened(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, kind: str, spelled: str
) -> None:
    path = Path(make_database(kind, "CREATE TABLE t (a integer)").split("///")[1])
    odd = path.rename(path.with_name("Meine Daten #1 50%25?.db"))
    monkeypatch.chdir(odd.parent)
    monkeypatch.setenv("HOME", str(odd.parent))
    url, name = {
        "url": (f"{kind}:///{odd}", str(odd)),
        "relative url": (f"{kind}:///{odd.name}", odd.name),
        "path": (str(odd), str(odd)),
        "relative path": (odd.name, odd.name),
        "home": (f"{kind}:///~/{odd.name}", str(odd)),
    }[spelled]
    engine = open_engine(url, Settings())
    try:
        found = (engine.dialect, engine.name, [str(r.name) for r in engine.introspect()])
    finally:
        engine.close()
    assert found == (kind, name, ["main.t"])


def test_duckdb_in_memory_is_empty_and_read_only() -> None:
    engine = open_engine("duckdb:///:memory:", Settings())
    made = Statement("SELECT 1 AS one", "duckdb", (), "test", ())
    try:
        found = (
            engine.name,
            engine.introspect().relations,
            engine.run(made, {}, limit=1, timeout_s=1).rows,
        )
    finally:
        engine.close()
    assert found == (":memory:", (), ((1,),))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ann:s3cret@db.example:5433/shop", "db.example/shop"),
        ("postgres://ann@db.example/shop", "db.example/shop"),
        ("postgresql://ann@/shop?host=/run/socket", "localhost/shop"),
        ("postgresql:///shop", "localhost/shop"),
        ("postgresql://ann:s3cret@db.example", "db.example/ann"),
        ("postgresql://ann:s3cret@one.example,two.example/shop", "one.example,two.example/shop"),
    ],
)
def test_postgres_is_named_without_its_password_and_not_reached_for(url: str, name: str) -> None:
    engine = open_engine(url, Settings())
    engine.close()
    assert (engine.dialect, engine.name) == ("postgres", name)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("", ("engine.unsupported", "no database is named", USE)),
        ("  ", ("engine.unsupported", "no database is named", USE)),
        (
            "mysql://ann:s3cret@host/shop",
            ("engine.unsupported", "databases of the kind `mysql` are not supported", USE),
        ),
        (
            "duckdb://shop.duckdb",
            ("engine.unsupported", "`duckdb://` takes three slashes and a path", USE),
        ),
        (
            "postgresql://ann:s3cret@[host/shop",
            (
                "engine.unsupported",
                "the database URL cannot be read",
                "write `postgresql://user@host/database`, with special characters as `%40`",
            ),
        ),
        (
            "postgresql://ann@host/shop?sslmod=s3cret",
            (
                "engine.unsupported",
                "the database URL cannot be read",
                "write `postgresql://user@host/database`, with special characters as `%40`",
            ),
        ),
    ],
)
def test_a_url_that_means_nothing_is_refused(url: str, error: tuple[str, str, str]) -> None:
    found = failure(url)
    assert found == error
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("duckdb:///none.duckdb", "there is no such file"),
        ("sqlite:///none.sqlite", "there is no such file"),
        ("none.duckdb", "there is no such file"),
        ("duckdb:///", "it is a directory"),
        ("duckdb:///folder", "it is a directory"),
        ("sqlite:///text", "the file is no database, not a SQLite database"),
        ("duckdb:///text", "the file is no database, not a DuckDB database"),
        ("duckdb:///empty", "the file is no database, not a DuckDB database"),
        (
            "duckdb:///lite",
            "the file is a SQLite database, not a DuckDB database: use `sqlite:///lite`",
        ),
        ("duckdb:///half", "the file is damaged, or written by another version of DuckDB"),
    ],
)
def test_a_file_that_is_no_such_database_is_refused_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("text").write_text("name,age\nann,7\n" * 1000)
    Path("empty").touch()
    Path("lite").write_bytes(b"SQLite format 3\0" + b"\0" * 4080)
    Path("half").write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 4084)
    before = sorted(tmp_path.iterdir())
    name = url.partition(":///")[2] or ("none.duckdb" if "none" in url else ".")
    assert failure(url) == ("engine.unreachable", f"the database `{name}` cannot be reached", hint)
    assert sorted(tmp_path.iterdir()) == before


def test_a_path_to_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name,age\nann,7\n")
    assert failure(str(path)) == (
        "engine.unsupported",
        f"the file `{path}` is not a DuckDB or SQLite database",
        USE,
    )


def test_a_damaged_sqlite_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "damaged.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\x07" * 8000)
    engine = open_engine(f"sqlite:///{path}", Settings())
    with pytest.raises(NlqError) as caught:
        engine.introspect()
    engine.close()
    assert (caught.value.code, caught.value.message) == (
        "engine.unreachable",
        "the file is not a SQLite database",
    )


def test_postgres_without_psycopg_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "nlq.engine.postgres", raising=False)
    assert failure("postgresql://ann@host/shop") == (
        "settings.missing_extra",
        "Postgres needs an optional part of the installation",
        'run `pip install "nlq[postgres]"`',
    )


def test_no_vendor_is_imported_before_it_is_needed() -> None:
    code = "import sys, nlq.engine; print({'duckdb', 'psycopg', 'sqlite3'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
