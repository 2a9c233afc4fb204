"""Statements from an event loop: the same JSON as Python makes, and a server that goes away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
import pytest
import uvloop
from psycopg.conninfo import conninfo_to_dict
from waiting import end_sessions, sessions, wait_here_for

from nlq.encoding import encode_rows
from nlq.engine import Cancellation, open_engine, postgres_wire
from nlq.engine.postgres import PostgresEngine
from nlq.engine.postgres_async import AsyncPostgres
from nlq.engine.postgres_json import EXPRESSIONS
from nlq.engine.rows import Encoded
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.settings import Settings

MakeDatabase = Callable[[str, str], str]
Found = TypeVar("Found")

SCRIPT = """
CREATE TYPE mood AS ENUM ('sad', 'très "gai"');
CREATE TABLE t (a integer); INSERT INTO t VALUES (1), (2), (3);
"""

NUMERIC = """0 0.00 1 -1 12.50 12.00 1000 0.0001 0.00001 0.000015 -0.0000015 123456789012345
1234567890123456 1234567890.12345 12345678901.12345 123456789012.1234 99999999999.9999 0.000000000000000000
NaN Infinity -Infinity 3.1428571428571429 -3.1428571428571429
0.0000012345678901234567 0.00000012345678901234567
-0.00000000012345678901234567 100000000000000 0.1 -0.5 1e20 1e-20 1.5e-300 0.000000000000000000000012
9007199254740993 90071992547409.5 0.00012345678901234567""".split()
FLOATS = """0 -0 1 -1 0.1 1e15 1e16 123456789012345 1234567890123456 1234567890123456.5 -1234567890123456.5
9e15 999999999999999.9 1e-4 1e-5 1.5e-7 1e100 1.7976931348623157e308 5e-324 NaN Infinity -Infinity 3.14 1e22
123456.789 1000000 12345678 9007199254740993 0.30000000000000004""".split()
TEXTS = [
    "''", "'plain'", "'é ü 漢 🙂'", r"E'a\"b\\c/\n\t\r\b\f'", r"E'\x01\x1f\x7f'", "'</script>'",
    r"E'\u2028'", "NULL",
]  # fmt: skip
TIMES = [
    "2026-01-31 12:00:00", "2026-01-31 12:00:00.1", "2026-01-31 12:00:00.123456", "0001-01-01 00:00:00",
    "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00", "0044-03-15 10:00:00 BC", "infinity", "-infinity",
    "1900-01-01 00:00:00.000001",
]  # fmt: skip

VALUES: dict[str, list[str]] = {
    "boolean": ["true", "false", "NULL"],
    "bytea": [r"'\x'", r"'\x00ff10'", "decode(repeat('ab', 200), 'hex')", "NULL"],
    "name": ["'x'", "NULL"],
    "bigint": ["0", "9007199254740992", "9007199254740993", "-9007199254740992", "-9007199254740993",
               "NULL"],
    "smallint": ["-32768", "NULL"],
    "integer": ["2147483647", "NULL"],
    "text": TEXTS,
    "varchar(60)": TEXTS,
    "char(5)": ["'ab'", "NULL"],
    "oid": ["4294967295", "NULL"],
    "real": [f"'{v}'" for v in "0 0.1 1e6 1e7 1.5e-7 NaN -Infinity 16777216 3.4e38".split()] + ["NULL"],
    "double precision": [*(f"'{v}'" for v in FLOATS), "NULL"],
    "numeric": [*(f"'{v}'" for v in NUMERIC), "NULL"],
    "numeric(20,10)": ["1", "1234567", "0.00001", "-12345.6789", "NULL"],
    "boolean[]": ["'{t,f,NULL}'", "'{}'", "NULL"],
    "smallint[]": ["'{1,2}'", "NULL"],
    "integer[]": ["'{1,NULL,3}'", "'{{1,2},{3,4}}'", "'{}'", "NULL"],
    "text[]": ["ARRAY['a', 'b \"c\"', NULL, 'NULL', 'é,']", "NULL"],
    "varchar[]": ["ARRAY['a']", "NULL"],
    "date": ["'2026-01-31'", "'0999-01-01'", "'0044-03-15 BC'", "'20000-01-01'", "'infinity'", "NULL"],
    "time": ["'12:30:00'", "'12:30:00.1'", "'23:59:59.999999'", "'24:00:00'", "NULL"],
    "timestamp": [*(f"'{t}'" for t in TIMES), "NULL"],
    "timestamptz": ["'2026-01-31 12:00:00+00'", "'2026-01-31 12:00:00.12+05:30'", "'infinity'",
                    "'1999-07-01Z'", "NULL"],
    "uuid": ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "NULL"],
}  # fmt: skip


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database("postgres", SCRIPT)


def with_engine(
    url: str, work: Callable[[PostgresEngine, AsyncPostgres], Awaitable[Found]], **given: Any
) -> Found:
    """What the work gives, on an event loop of its own."""

    async def all_() -> Found:
        engine = open_engine(url, Settings(**given))
        assert isinstance(engine, PostgresEngine)
        pool = AsyncPostgres(engine)
        try:
            return await work(engine, pool)
        finally:
            pool.close()
            engine.close()

    # As `nlq serve` runs it: uvloop says nothing of some connections that break.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(all_())


SLEEPS = "wait_event = 'PgSleep'"


def made(sql: str, *names: str) -> Statement:
    return Statement(f"{sql} LIMIT $1", "postgres", ("__limit", *names), "test", ())


async def both_ways(engine: PostgresEngine, pool: AsyncPostgres, sql: str) -> tuple[bytes | None, bytes]:
    statement = made(sql)
    encoded = await pool.run(statement, {}, limit=1000, timeout_s=60)
    rows = engine.run(statement, {}, limit=1000, timeout_s=60)
    return encoded and encoded.rows, encode_rows([c.name for c in rows.columns], rows.rows)


ZONED = [("timestamptz", "Asia/Kolkata"), ("timestamptz", "America/New_York")]


@pytest.mark.parametrize(("kind", "zone"), [*((kind, "UTC") for kind in VALUES), *ZONED])
def test_postgres_makes_the_json_that_python_makes(
    make_database: MakeDatabase, kind: str, zone: str
) -> None:
    url = make_database("postgres", SCRIPT) + f"&options=-c%20TimeZone%3D{zone}"
    rows = ", ".join(f"({i}, CAST({value} AS {kind}))" for i, value in enumerate(VALUES[kind]))
    sql = f"""SELECT v AS "a ""name"" \\ of 'it', é", n FROM (VALUES {rows}) AS x (n, v) ORDER BY n"""
    in_database, in_python = with_engine(url, lambda e, p: both_ways(e, p, sql))
    assert in_database is not None
    assert in_database.decode().split("},{") == in_python.decode().split("},{")


def test_every_type_with_an_expression_is_tried(url: str) -> None:
    with psycopg.connect(url) as connection:
        found = [connection.execute(f"SELECT '{kind}'::regtype::oid::int").fetchone() for kind in VALUES]
    assert {row[0] for row in found if row} == set(EXPRESSIONS)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(
            "SELECT CAST('très \"gai\"' AS public.mood) AS m", b'[{"m":"tr\xc3\xa8s \\"gai\\""}]', id="enum"
        ),
        pytest.param("SELECT a FROM public.t ORDER BY a DESC", b'[{"a":3},{"a":2},{"a":1}]', id="order"),
        pytest.param("SELECT a FROM public.t WHERE a > 5", b"[]", id="no-row"),
        pytest.param("SELECT interval '1 month' AS i", None, id="interval-is-for-python"),
        pytest.param("SELECT jsonb '{}' AS j", None, id="json-is-for-python"),
        pytest.param("SELECT 1 AS a, 2 AS a", None, id="a-name-twice-is-for-python"),
    ],
)
def test_results(url: str, sql: str, expected: bytes | None) -> None:
    found = with_engine(url, lambda _, pool: pool.run(made(sql), {}, limit=10, timeout_s=60))
    assert (found and found.rows) == expected


def test_a_hundred_columns(url: str) -> None:
    sql = "SELECT " + ", ".join(f"{n} AS c{n}" for n in range(100))
    in_database, in_python = with_engine(url, lambda e, p: both_ways(e, p, sql))
    assert in_database == in_python


@pytest.mark.parametrize("own", [True, False], ids=["own-limit", "our-limit"])
def test_the_limit_and_what_is_beyond_it(url: str, own: bool) -> None:
    sql = "SELECT a FROM public.t ORDER BY a LIMIT " + ("100" if own else "$1")
    statement = Statement(sql, "postgres", () if own else ("__limit",), "test", ())

    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[tuple[bytes, int, bool]]:
        found = [await pool.run(statement, {}, limit=n, timeout_s=60) for n in (2, 3, 2)]
        return [(f.rows, f.count, f.truncated) for f in found if f]

    short, whole = (b'[{"a":1},{"a":2}]', 2, True), (b'[{"a":1},{"a":2},{"a":3}]', 3, False)
    assert with_engine(url, work) == [short, whole, short]


def test_arguments_of_every_kind(url: str) -> None:
    sql = """SELECT a FROM public.t
        WHERE a > $2 AND a < $3 AND a::text <> $4 AND a = ANY($5) AND $6::text IS NULL"""
    given = {"float": 0.5, "number": 9, "text": "é'", "list": (1, 2), "nothing": None}
    found = with_engine(url, lambda _, p: p.run(made(sql, *given), given, limit=10, timeout_s=60))
    assert found is not None and found.rows == b'[{"a":1},{"a":2}]'


@pytest.mark.parametrize("value", ["ana\0x", "\0", ("ana\0x",), "\ud800"], ids=ascii)
def test_a_text_that_postgres_cannot_hold_is_no_other_text(url: str, value: str | tuple[str, ...]) -> None:
    """libpq reads a text up to the first NUL."""
    compared = "$2" if isinstance(value, str) else "ANY($2)"
    sql = f"SELECT 1 AS n WHERE 'ana' = {compared}"

    async def work(engine: PostgresEngine, pool: AsyncPostgres) -> tuple[tuple[str, str], str]:
        statement, bound = made(sql, "me.id"), {"me.id": value}
        here = await fails(pool.run(statement, bound, limit=9, timeout_s=10))
        with pytest.raises(NlqError) as there:
            engine.run(statement, bound, limit=9, timeout_s=10)
        return here, there.value.code

    found, code = with_engine(url, work)
    assert (found[0], code) == ("engine.failed", "engine.failed")


async def fails(work: Awaitable[object]) -> tuple[str, str]:
    with pytest.raises(NlqError) as caught:
        await work
    return caught.value.code, caught.value.message


def test_a_statement_that_fails_leaves_the_connection_in_order(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        async def one(sql: str) -> object:
            return await pool.run(made(sql), {}, limit=10, timeout_s=60)

        told = [await fails(one("SELECT 1 / (a - 1) AS x FROM public.t")) for _ in range(3)]
        told += [
            await fails(one("SELECT a FROM public.nowhere")),
            await fails(one("DELETE FROM public.t RETURNING a")),
        ]
        found = await one("SELECT a FROM public.t WHERE a = 1")
        assert isinstance(found, Encoded)
        prepared = await pool.run(
            made("SELECT count(*) AS n FROM pg_prepared_statements"), {}, limit=1, timeout_s=9
        )
        assert prepared is not None
        return [*told, found.rows, pool.load()[0], prepared.rows]

    division = ("engine.failed", "division by zero")
    unfit = ("engine.failed", "the statement does not fit the database")
    # BEGIN, three statements and ROLLBACK: what fails three times is prepared once.
    assert with_engine(url, work) == [*[division] * 3, unfit, unfit, b'[{"a":1}]', 1, b'[{"n":5}]']


def test_what_is_prepared_stays_little_also_where_statements_fail(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error passes over what is sent behind it."""
    monkeypatch.setattr(postgres_wire, "PREPARED", 5)

    async def work(_: PostgresEngine, pool: AsyncPostgres) -> bytes:
        half = made("SELECT 1 / $2::integer AS x", "p1")
        for number in range(20):
            await pool.run(half, {"p1": 1}, limit=9, timeout_s=10)
            await pool.run(made(f"SELECT {number} AS n"), {}, limit=9, timeout_s=10)
            await fails(pool.run(half, {"p1": 0}, limit=9, timeout_s=10))
        count = "SELECT count(*)::integer AS n FROM pg_prepared_statements WHERE name LIKE 'nlq%'"
        found = await pool.run(made(count), {}, limit=9, timeout_s=10)
        assert found is not None
        return found.rows

    # One more is prepared before the oldest is forgotten, and the one that counts.
    assert with_engine(url, work) in (b'[{"n":5}]', b'[{"n":6}]', b'[{"n":7}]')


def test_a_statement_cannot_write_nor_leave_anything(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        def one(sql: str) -> Awaitable[Encoded | None]:
            return pool.run(made(sql), {}, limit=10, timeout_s=60)

        shown = "SELECT current_setting('search_path') AS p, current_setting('transaction_read_only') AS r"
        before = await one(shown)
        await one("SELECT set_config('search_path', 'public', false) AS x")
        refused = await fails(one("SELECT set_config('transaction_read_only', 'off', true) AS x"))
        sequence = await fails(one("SELECT nextval('public.s') AS x"))
        after = await one(shown)
        assert before and after and before.rows == after.rows
        return [refused[0], sequence, before.rows]

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE s")
    assert with_engine(url, work) == [
        "engine.failed",
        ("engine.failed", "the statement would change the database"),
        b'[{"p":"pg_catalog","r":"on"}]',
    ]


def test_text_means_the_same_however_the_database_is_set_up(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> bytes | None:
        found = await pool.run(made(r"SELECT '\' || ' UNION SELECT 1 --' AS x"), {}, limit=10, timeout_s=60)
        return found and found.rows

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f'ALTER DATABASE "{connection.info.dbname}" SET standard_conforming_strings = off'
        )
    assert with_engine(url, work) == rb'[{"x":"\\ UNION SELECT 1 --"}]'


def test_a_column_that_changes_its_type(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[bytes]:
        found = []
        for change in (
            "SELECT 1",
            "ALTER TABLE t ALTER a TYPE numeric USING a + 0.50",
            "ALTER TABLE t ALTER a TYPE text",
        ):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(change)
            encoded = await pool.run(made("SELECT a FROM public.t ORDER BY a"), {}, limit=2, timeout_s=60)
            assert encoded is not None
            found.append(encoded.rows)
        return found

    assert with_engine(url, work) == [
        b'[{"a":1},{"a":2}]', b'[{"a":1.5},{"a":2.5}]', b'[{"a":"1.50"},{"a":"2.50"}]'
    ]  # fmt: skip


def test_many_at_once_share_the_connections(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> tuple[set[bytes], int]:
        asked = (
            pool.run(made(f"SELECT {n % 7} AS n, pg_sleep(0.001)::text AS s"), {}, limit=1, timeout_s=60)
            for n in range(200)
        )
        found = await asyncio.gather(*asked)
        return {f.rows for f in found if f}, pool.load()[0]

    rows, connections = with_engine(url, work)
    assert rows == {b'[{"n":%d,"s":""}]' % n for n in range(7)}
    assert connections <= 8


@pytest.fixture
def limited_url(url: str) -> Iterator[str]:
    """The database for a user who may have two connections."""
    user = "nlq_limited"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN CONNECTION LIMIT 2".encode())
        yield url.replace("postgres@", f"{user}@")
        connection.execute(f"DROP ROLE {user}".encode())


def test_a_database_that_has_no_more_connections_for_us_serves_by_those_there_are(limited_url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> tuple[int, int]:
        found = 0
        # Where several are opened at once, it may refuse more of them than it must.
        while pool.load()[0] < 2:
            asked = (
                pool.run(made(f"SELECT {n} AS n, pg_sleep(0.005)::text AS s"), {}, limit=1, timeout_s=60)
                for n in range(40)
            )
            found += len([f for f in await asyncio.gather(*asked) if f is None])
        return found, pool.load()[0]

    assert with_engine(limited_url, lambda e, p: asyncio.wait_for(work(e, p), 60)) == (0, 2)


def test_a_connection_that_was_refused_for_others_sake_is_tried_again(
    limited_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [psycopg.connect(limited_url) for _ in range(2)]
    connect, tried = psycopg.AsyncConnection.connect, 0

    async def connect_while_others_leave(*given: Any, **options: Any) -> object:
        nonlocal tried
        tried += 1
        try:
            return await connect(*given, **options)
        finally:
            while others:
                leave(others.pop())

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", connect_while_others_leave)
    found = with_engine(
        limited_url, lambda _, pool: pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=60)
    )
    assert (found and found.rows, tried) == (b'[{"a":1}]', 2)


def leave(connection: psycopg.Connection[Any]) -> None:
    """Close it, and wait until the database has noticed."""
    backend, url = connection.info.backend_pid, connection.info.dsn
    connection.close()
    with psycopg.connect(url, user="postgres", autocommit=True) as watching:
        while watching.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [backend]).fetchone():
            pass


def test_who_comes_first_is_served_first(url: str) -> None:
    async def work(engine: PostgresEngine, _: AsyncPostgres) -> list[int]:
        pool, served = AsyncPostgres(engine, connections=1), []

        async def one(n: int) -> None:
            for _ in range(3):
                await pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=60)
                served.append(n)

        try:
            await asyncio.gather(*(one(n) for n in range(5)))
        finally:
            pool.close()
        return served

    # Who asks again at once comes after all who wait.
    assert with_engine(url, work) == [0, 1, 2, 3, 4] * 3


def test_time_is_up_while_waiting_for_a_connection(url: str) -> None:
    async def work(engine: PostgresEngine, _: AsyncPostgres) -> list[object]:
        pool, stop = AsyncPostgres(engine, connections=1), Cancellation()
        slow = made("SELECT pg_sleep(100)::text AS s")
        running = asyncio.create_task(pool.run(slow, {}, limit=1, timeout_s=0, cancellation=stop))
        await wait_here_for(lambda: sessions(url, SLEEPS))
        told = await fails(pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=0.2))
        stop.cancel()
        await fails(running)
        found = await pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=60)
        pool.close()
        return [told, found and found.rows]

    late = ("engine.timeout", "the statement ran longer than 0.2 s")
    assert with_engine(url, work) == [late, b'[{"a":1}]']


def test_time_is_up(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        slow = made("SELECT pg_sleep(30)::text AS s")
        told = [await fails(pool.run(slow, {}, limit=1, timeout_s=0.2))]
        found = await pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=60)
        return [told[0], found and found.rows]

    late = ("engine.timeout", "the statement ran longer than 0.2 s")
    assert with_engine(url, work, statement_timeout_s=0.2) == [late, b'[{"a":1}]']


@pytest.mark.parametrize("how", ["object", "task"])
def test_a_caller_who_goes_away(url: str, how: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        stop = Cancellation()
        slow = made("SELECT pg_sleep(100)::text AS s")
        task = asyncio.create_task(pool.run(slow, {}, limit=1, timeout_s=0, cancellation=stop))
        await wait_here_for(lambda: sessions(url, SLEEPS))
        if how == "object":
            stop.cancel()
            told: object = await fails(task)
        else:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            told = None
        found = await pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=60)
        await wait_here_for(lambda: not sessions(url, SLEEPS))
        return [told, found and found.rows]

    told = ("engine.cancelled", "the statement was cancelled") if how == "object" else None
    assert with_engine(url, work) == [told, b'[{"a":1}]']


def test_connections_that_were_ended_are_replaced(url: str) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        asked = [
            pool.run(made("SELECT pg_sleep(0.05)::text AS s"), {}, limit=1, timeout_s=60) for _ in range(4)
        ]
        await asyncio.gather(*asked)
        ended = end_sessions(url, "application_name = 'nlq'")
        found = await asyncio.gather(
            *(pool.run(made("SELECT 1 AS a"), {}, limit=1, timeout_s=60) for _ in range(4))
        )
        return [ended, [f and f.rows for f in found], pool._pool._open == pool.load()[0]]

    assert with_engine(url, work) == [4, [b'[{"a":1}]'] * 4, True]


def test_a_server_that_is_restarted(own_cluster: Any) -> None:
    async def work(_: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        def one(sql: str = "SELECT 1 AS a") -> Awaitable[Encoded | None]:
            return pool.run(made(sql), {}, limit=1, timeout_s=60)

        await one()
        running = asyncio.create_task(one("SELECT pg_sleep(100)::text AS s"))
        await wait_here_for(lambda: sessions(own_cluster.url(), SLEEPS))
        await asyncio.to_thread(own_cluster.stop)
        told = [(await fails(running))[0], (await fails(one()))[0]]
        await asyncio.to_thread(own_cluster.start)
        again = await one()
        return [told, again and again.rows]

    lost = "engine.unreachable"
    assert with_engine(own_cluster.url(), work) == [[lost, lost], b'[{"a":1}]']


class Host:
    """A way to the server that can be shut, as a host of its own that goes away."""

    def __init__(self, url: str) -> None:
        given = conninfo_to_dict(url)
        self._path = f"{given['host']}/.s.PGSQL.{given.get('port', 5432)}"
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._used: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._forward, sock=self._socket)

    async def shut(self) -> None:
        self._server.close()
        for writer in self._used:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        back, forth = await asyncio.open_unix_connection(self._path)
        self._used += [writer, forth]
        await asyncio.gather(self._copy(reader, forth), self._copy(back, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                writer.write(chunk)
        writer.close()


def test_another_host_takes_over(url: str) -> None:
    first, second = Host(url), Host(url)
    given = conninfo_to_dict(url)
    hosts = f"{given['user']}@127.0.0.1:{first.port},127.0.0.1:{second.port}/{given['dbname']}"
    one = made("SELECT 1 AS a")

    async def work(engine: PostgresEngine, pool: AsyncPostgres) -> list[object]:
        await first.open()
        await second.open()

        async def answers() -> object:
            here = await asyncio.gather(*(pool.run(one, {}, limit=1, timeout_s=60) for _ in range(3)))
            there = await asyncio.to_thread(engine.run, one, {}, limit=1, timeout_s=60)
            return {found and found.rows for found in here}, there.rows

        before = await answers()
        used = first.connections, second.connections
        await first.shut()
        after = await answers()  # no request failed: what only reads is run again
        took_over = first.connections == used[0], second.connections > used[1]
        await second.shut()
        return [before, after, took_over, await fails(pool.run(one, {}, limit=1, timeout_s=60))]

    answered = ({b'[{"a":1}]'}, ((1,),))
    name = f"127.0.0.1,127.0.0.1/{given['dbname']}"
    gone = ("engine.unreachable", f"the database `{name}` cannot be reached")
    found = with_engine(f"postgresql://{hosts}?target_session_attrs=read-write", work)
    assert found == [answered, answered, (True, True), gone]
