"""Postgres alone: transactions, names, and a server that goes away."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from waiting import PATIENCE_S, end_sessions, sessions, wait_for

from nlq.engine import Argument, Engine, open_engine
from nlq.engine.postgres_failure import FAILURES, WITHOUT_STATE
from nlq.engine.postgres_sessions import CONNECTIONS
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.plan import ResultColumn
from nlq.settings import Settings

MakeDatabase = Callable[[str, str], str]
SCRIPT = "CREATE TABLE t (a integer); INSERT INTO t VALUES (1)"


def run(
    engine: Engine, sql: str, *, timeout_s: float = PATIENCE_S, **arguments: Argument
) -> tuple[tuple[Any, ...], ...]:
    made = Statement(f"{sql} LIMIT $1", "postgres", ("__limit", *arguments), "test", ())
    return engine.run(made, arguments, limit=10, timeout_s=timeout_s).rows


def failure(action: Callable[[], object]) -> tuple[str, str, str | None]:
    with pytest.raises(NlqError) as caught:
        action()
    return caught.value.code, caught.value.message, caught.value.hint


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url, Settings())
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("postgres", SCRIPT)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with opened(url) as engine:
        yield engine


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def test_a_request_is_a_bounded_read_only_transaction(engine: Engine) -> None:
    names = (
        "transaction_read_only",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "search_path",
    )
    found = run(engine, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names), timeout_s=7)
    assert dict(zip(names, found[0], strict=True)) == {
        "transaction_read_only": "on",
        "statement_timeout": "7s",
        "idle_in_transaction_session_timeout": "7s",
        "search_path": "pg_catalog",
    }


@pytest.mark.parametrize(
    ("setting", "sql", "value"),
    [
        (
            "standard_conforming_strings = off",
            r"SELECT '\' || ' UNION SELECT 1 --'",
            r"\ UNION SELECT 1 --",
        ),
        ("transform_null_equals = on", "SELECT NULL = NULL", None),
        ("datestyle = 'German'", "SELECT CAST(DATE '2026-01-31' AS TEXT)", "2026-01-31"),
    ],
)
def test_text_means_the_same_however_the_database_is_set_up(
    setting: str, sql: str, value: str | None, url: str
) -> None:
    database = conninfo_to_dict(url)["dbname"]
    execute(url, f'ALTER DATABASE "{database}" SET {setting}')
    with opened(url) as engine:
        assert run(engine, sql) == ((value,),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT set_config('search_path', 'x', false)",
        "SELECT set_config('application_name', 'x', false)",
        "SELECT set_config('statement_timeout', '0', false)",
    ],
)
def test_nothing_set_by_a_statement_outlives_it(engine: Engine, sql: str) -> None:
    names = ("search_path", "application_name", "statement_timeout")
    now = "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)
    before = run(engine, now)
    run(engine, sql)
    assert run(engine, now) == before == (("pg_catalog", "nlq", "1min"),)


def test_a_transaction_cannot_be_made_to_write(engine: Engine) -> None:
    assert failure(lambda: run(engine, "SELECT set_config('transaction_read_only', 'off', false)")) == (
        "engine.failed",
        "the database could not run the statement",
        None,
    )


def test_types_of_extensions_compare_as_they_do_in_the_application(make_database: MakeDatabase) -> None:
    url = make_database(
        "postgres",
        """
        CREATE EXTENSION citext; CREATE SCHEMA "Vec tors"; CREATE EXTENSION vector SCHEMA "Vec tors";
        CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE TABLE people (email citext, mood mood, face "Vec tors".vector(2));
        INSERT INTO people VALUES ('Ann@example.org', 'happy', '[1,2]');
        """,
    )
    with opened(url) as engine:
        found = run(
            engine,
            "SELECT email, mood, face, face <-> '[1,3]' AS far FROM public.people"
            " WHERE email = $2 AND mood = $3 AND mood > 'sad'",
            p1="ann@EXAMPLE.org", p2="happy",
        )  # fmt: skip
        described = engine.describe(
            Statement("SELECT email, mood, face FROM public.people", "postgres", (), "test", ())
        )
    assert found == (("Ann@example.org", "happy", "[1,2]", 1.0),)
    assert described == (
        ResultColumn("email", "citext"),
        ResultColumn("mood", "ENUM"),
        ResultColumn("face", "VECTOR(2)"),
    )


def test_text_of_another_encoding_is_converted(postgres_url: str) -> None:
    server = postgres_url.format("postgres")
    execute(
        server, "CREATE DATABASE latin ENCODING LATIN1 LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
    )
    try:
        with opened(postgres_url.format("latin")) as engine:
            assert run(engine, "SELECT 'groß' || $2 AS größe", p1="ü") == (("großü",),)
            made = Statement("SELECT 1 AS größe", "postgres", (), "test", ())
            assert engine.describe(made) == (ResultColumn("größe", "INT"),)
            failed = failure(lambda: run(engine, "SELECT 'groß' || $2 AS größe", p1="λ"))
    finally:
        execute(server, "DROP DATABASE latin WITH (FORCE)")
    assert failed[:2] == ("engine.failed", "a value does not fit its type")


def test_a_function_that_anybody_could_have_made_is_not_called(make_database: MakeDatabase) -> None:
    script = """
        CREATE EXTENSION citext; {grant}
        CREATE TABLE people (name varchar(20)); INSERT INTO people VALUES ('Ann');
        CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS $$ SELECT 'captured' $$;
    """
    with opened(
        make_database("postgres", script.format(grant="GRANT CREATE ON SCHEMA public TO PUBLIC;"))
    ) as engine:
        assert run(engine, "SELECT lower(name) FROM public.people") == (("ann",),)
    with opened(make_database("postgres", script.format(grant=""))) as engine:  # only the owner could have
        assert run(engine, "SELECT lower(name) FROM public.people") == (("captured",),)


def test_a_large_result_is_not_fetched_whole(engine: Engine) -> None:
    thousand = "generate_series(1, 1000)"
    sql = f"SELECT 1 AS one, repeat('x', 1000) AS x FROM {thousand} AS a, {thousand} AS b"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = engine.run(Statement(sql, "postgres", (), "test", ()), {}, limit=2, timeout_s=PATIENCE_S)
    assert (len(found.rows), found.truncated) == (2, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB, of a gigabyte
    assert run(engine, "SELECT a FROM public.t") == ((1,),)


def test_a_relation_that_was_altered_since_is_read_anew(engine: Engine, url: str) -> None:
    assert run(engine, "SELECT * FROM public.t") == ((1,),)
    execute(url, "ALTER TABLE t ALTER a TYPE text, ADD b text DEFAULT 'new'")
    assert run(engine, "SELECT * FROM public.t") == (("1", "new"),)


@contextmanager
def all_taken(engine: Engine, url: str, requests: int = CONNECTIONS) -> Iterator[None]:
    """Within it so many requests hold a connection, or wait for one; in the end all were served."""
    done = Event()

    def hold() -> None:
        with engine._sessions.transaction(PATIENCE_S):  # type: ignore[attr-defined]  # as a statement does
            done.wait(PATIENCE_S)

    with ThreadPoolExecutor(requests) as pool:
        asked = [pool.submit(hold) for _ in range(requests)]
        wait_for(lambda: sessions(url, "application_name = 'nlq'") == CONNECTIONS)
        try:
            yield
        finally:
            done.set()
        for one in asked:
            one.result()


def test_no_more_connections_are_made_than_allowed(engine: Engine, url: str) -> None:
    with all_taken(engine, url, 2 * CONNECTIONS):
        pass
    assert sessions(url, "application_name = 'nlq'") == CONNECTIONS


def test_waiting_for_a_connection_ends_in_time(engine: Engine, url: str) -> None:
    with all_taken(engine, url):
        found = failure(lambda: run(engine, "SELECT 1", timeout_s=0.1))
    assert found[:2] == ("engine.timeout", "the statement ran longer than 0.1 s")


def test_a_connection_that_died_while_idle_is_not_noticed(engine: Engine, url: str) -> None:
    assert run(engine, "SELECT a FROM public.t") == ((1,),)
    assert end_sessions(url, "application_name = 'nlq'") == 1
    assert run(engine, "SELECT a FROM public.t") == ((1,),)


def test_a_connection_that_dies_in_the_middle_says_so(engine: Engine, url: str) -> None:
    found: list[object] = []
    reader = Thread(target=lambda: found.append(failure(lambda: run(engine, "SELECT pg_sleep(50)"))))
    reader.start()
    sleeping = "query LIKE 'SELECT pg_sleep%' AND wait_event = 'PgSleep'"
    wait_for(lambda: sessions(url, sleeping))
    assert end_sessions(url, sleeping) == 1
    reader.join()
    assert found == [("engine.unreachable", "the connection to the database was lost", "try again")]
    assert run(engine, "SELECT a FROM public.t") == ((1,),)


def test_a_dropped_database_says_so_until_it_is_back(engine: Engine, url: str, postgres_url: str) -> None:
    name = url.partition("?")[0].rpartition("/")[2]
    assert run(engine, "SELECT a FROM public.t") == ((1,),)
    execute(postgres_url.format("postgres"), f'DROP DATABASE "{name}" WITH (FORCE)')
    for ask in (lambda: run(engine, "SELECT a FROM public.t"), engine.introspect):
        assert failure(ask) == (
            "engine.unreachable",
            f"the database `localhost/{name}` cannot be reached",
            "the server has no database of that name",
        )
    execute(postgres_url.format("postgres"), f'CREATE DATABASE "{name}"')
    execute(url, SCRIPT)
    assert run(engine, "SELECT a FROM public.t") == ((1,),)


def test_a_server_that_restarts_is_found_again(own_cluster: Any) -> None:
    with opened(own_cluster.url()) as engine:
        assert run(engine, "SELECT 1") == ((1,),)
        own_cluster.stop()
        for _ in range(2):
            assert failure(lambda: run(engine, "SELECT 1")) == (
                "engine.unreachable",
                "the database `localhost/postgres` cannot be reached",
                "nothing listens there: is the server running?",
            )
        own_cluster.start()
        assert run(engine, "SELECT 1") == ((1,),)
        own_cluster.stop()
        own_cluster.start()
        assert run(engine, "SELECT 1") == ((1,),)


@pytest.mark.parametrize(
    ("replace", "hint"),
    [
        (("postgres@", "nobody-here@"), "the server does not know the user"),
        (("host=/", "host=/nowhere/"), "nothing listens there: is the server running?"),
        (("@/", "@127.0.0.1:1/"), "nothing listens there: is the server running?"),
        (("@/", "@nowhere.invalid/"), "there is no host of that name"),
    ],
    ids=["user", "socket", "port", "host"],
)
def test_a_server_that_cannot_be_reached_says_why(url: str, replace: tuple[str, str], hint: str) -> None:
    wrong = url.replace(*replace)
    if "@/" not in wrong:
        wrong = wrong.partition("?")[0]
    with opened(wrong) as engine:
        code, _, found = failure(lambda: run(engine, "SELECT 1"))
    assert (code, found) == ("engine.unreachable", hint)


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def test_every_error_of_the_vendor_is_mapped() -> None:
    """Fails when psycopg adds a class of SQLSTATE: decide what a reader is told."""
    states = {s for kind in subclasses(psycopg.Error) if (s := getattr(kind, "sqlstate", None))}
    assert {state for state in states if state[:2] not in FAILURES} == set()
    assert {known for known in FAILURES if not any(s.startswith(known) for s in states)} == set()
    without = {k for k in subclasses(psycopg.Error) if not getattr(k, "sqlstate", None)}
    assert {k.__name__ for k in without if not set(k.__mro__) & set(WITHOUT_STATE)} == set()
    dbapi = {k for k in without if k.__module__ == "psycopg"}
    assert dbapi == set(WITHOUT_STATE)


def test_nothing_is_prepared_in_a_session_that_a_pooler_shares(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a pooler's is: its number of the backend is not the one that the backend has.
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", -1)
    with opened(url) as engine:
        rows = [run(engine, "SELECT a FROM public.t") for _ in range(7)]
        kept = run(engine, "SELECT name FROM pg_prepared_statements")
        two = failure(lambda: engine.run(_two(), {}, limit=10, timeout_s=PATIENCE_S))
    assert (rows, kept) == ([((1,),)] * 7, ())
    assert two[0] == "engine.failed"


def _two() -> Statement:
    return Statement("SELECT 1 LIMIT $1; SELECT 2", "postgres", ("__limit",), "test", ())
