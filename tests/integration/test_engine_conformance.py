"""What every engine does, on every engine."""

from __future__ import annotations

import datetime as dt
import json
import time
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Timer
from typing import Any

import pytest
from waiting import PATIENCE_S

from nlq.catalog import Dialect
from nlq.catalog.value import DEFAULT_SCHEMA
from nlq.engine import Argument, Cancellation, Engine
from nlq.engine.failure import refused
from nlq.errors import EngineError, NlqError, PlanError
from nlq.guard import Statement
from nlq.plan import ResultColumn

OpenDatabase = Callable[..., Engine]
DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite")

CANARY = "kanarienvogel"
NUMBERS = ", ".join(f"({n})" for n in range(1, 201))
SCRIPT = f"""
    CREATE TABLE numbers (n integer);
    INSERT INTO numbers VALUES {NUMBERS};
    CREATE TABLE "Sel ect" ("from" integer, "a""b" varchar(20), "größe" varchar(20));
    INSERT INTO "Sel ect" VALUES (1, 'it''s', 'groß'), (2, NULL, '');
    CREATE TABLE secrets (word varchar(40), number bigint);
    INSERT INTO secrets VALUES ('{CANARY}', 4711471147114711);
"""
HEAVY = (
    "SELECT count(*) AS c FROM @numbers a, @numbers b, @numbers c, @numbers d WHERE a.n + b.n * c.n = d.n"
)


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


@pytest.fixture
def engine(open_database: OpenDatabase, dialect: Dialect) -> Engine:
    return open_database(dialect, SCRIPT)


def statement(engine: Engine, sql: str, *arguments: str) -> Statement:
    """`sql` with `$1, $2…` in the spelling of the engine, and the schema of each `@relation`."""
    native = sql.replace("@", f'"{DEFAULT_SCHEMA[engine.dialect]}".')
    if engine.dialect == "sqlite":
        native = native.replace("$", "?")
    return Statement(native, engine.dialect, arguments, "test", ())


def rows(engine: Engine, sql: str, **arguments: Argument) -> tuple[tuple[Any, ...], ...]:
    made = statement(engine, sql, *arguments)
    return engine.run(made, arguments, limit=10, timeout_s=60).rows


def failure(action: Callable[[], object]) -> NlqError:
    """The error that the action raises, which it must."""
    with pytest.raises(NlqError) as caught:
        action()
    return caught.value


def test_odd_names_and_nulls_come_back_as_they_are(engine: Engine) -> None:
    sql = 'SELECT "from", "a""b", "größe" AS "Ein ""Name" FROM @"Sel ect" ORDER BY "from"'
    found = engine.run(statement(engine, sql), {}, limit=10, timeout_s=60)
    assert [c.name for c in found.columns] == ["from", 'a"b', 'Ein "Name']
    assert found.rows == ((1, "it's", "groß"), (2, None, ""))


@pytest.mark.parametrize("own_limit", ["LIMIT $1", "LIMIT 150", ""], ids=["bound", "of its own", "none"])
@pytest.mark.parametrize(("limit", "truncated"), [(0, True), (149, True), (150, False), (1000, False)])
def test_a_limit_cuts_and_says_so(engine: Engine, own_limit: str, limit: int, truncated: bool) -> None:
    sql = f"SELECT n FROM @numbers WHERE n <= 150 ORDER BY n {own_limit}"
    made = statement(engine, sql, *(["__limit"] if "$" in sql else []))
    found = engine.run(made, {}, limit=limit, timeout_s=60)
    assert found.rows == tuple((n,) for n in range(1, min(limit, 150) + 1))
    assert found.truncated is truncated


def test_no_rows_still_have_columns(engine: Engine) -> None:
    found = engine.run(statement(engine, "SELECT n FROM @numbers WHERE n < 0"), {}, limit=5, timeout_s=60)
    integer = "INTEGER" if engine.dialect == "sqlite" else "INT"
    assert (found.columns, found.rows, found.truncated) == ((ResultColumn("n", integer),), (), False)


ARGUMENTS: dict[str, tuple[str, Argument]] = {
    "int": ("SELECT n FROM @numbers WHERE n = $1", 7),
    "float": ("SELECT n FROM @numbers WHERE n > $1 AND n < 8", 6.5),
    "decimal": ("SELECT n FROM @numbers WHERE n = $1", Decimal("7")),
    "a fraction": ("SELECT n FROM @numbers WHERE n > $1 AND n < 8", Decimal("6.5")),
    "text": ('SELECT 7 FROM @"Sel ect" WHERE "a""b" = $1', "it's"),
    "not ascii": ('SELECT 7 FROM @"Sel ect" WHERE "größe" = $1', "groß"),
    "per cent": ('SELECT 7 FROM @"Sel ect" WHERE "a""b" LIKE $1', "it%"),
    "bool": ("SELECT 7 WHERE CASE WHEN $1 THEN 1 ELSE 0 END = 1", True),
    "date": (
        "SELECT 7 WHERE CAST('2024-02-29' AS varchar(30)) = CAST($1 AS varchar(30))",
        dt.date(2024, 2, 29),
    ),
    "moment": (
        "SELECT 7 WHERE CAST($1 AS varchar(30)) IN ('2024-02-29 13:14:15', '2024-02-29T13:14:15')",
        dt.datetime(2024, 2, 29, 13, 14, 15),
    ),
    "twice": ("SELECT n FROM @numbers WHERE n = $1 AND n <= $1", 7),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_of_every_kind_is_bound(engine: Engine, name: str) -> None:
    sql, value = ARGUMENTS[name]
    assert rows(engine, sql, p1=value) == ((7,),)


def test_null_equals_nothing(engine: Engine) -> None:
    assert rows(engine, "SELECT n FROM @numbers WHERE n = $1", p1=None) == ()


@pytest.mark.parametrize(
    ("sql", "value", "wanted"),
    [
        ("SELECT n FROM @numbers WHERE n = ANY($1) ORDER BY n", (3, 1, None, 3), ((1,), (3,))),
        ("SELECT n FROM @numbers WHERE n = ANY($1)", (), ()),
        ("SELECT word FROM @secrets WHERE word = ANY($1)", ('a"b', "\\", CANARY), ((CANARY,),)),
    ],
    ids=["numbers", "empty", "texts"],
)
def test_several_values_are_a_list(
    open_database: OpenDatabase, sql: str, value: Argument, wanted: object
) -> None:
    for dialect in ("duckdb", "postgres"):
        assert rows(open_database(dialect, SCRIPT), sql, **{"me.ids": value}) == wanted


def test_sqlite_refuses_several_values(open_database: OpenDatabase) -> None:
    """There is no list in SQLite, and a text of them would make `<>` true."""
    engine = open_database("sqlite", SCRIPT)
    error = failure(lambda: rows(engine, "SELECT n FROM @numbers WHERE n <> $1", p1=(1, 2)))
    assert (error.code, error.message) == (
        "engine.failed",
        "a value of this kind cannot be sent to the database",
    )


@pytest.mark.parametrize(
    "value", [object(), b"bytes", "\ud800", 10**200], ids=["object", "bytes", "surrogate", "huge"]
)
def test_a_value_that_cannot_be_sent_is_refused(engine: Engine, value: Argument) -> None:
    error = failure(lambda: rows(engine, "SELECT n FROM @numbers WHERE n = $1", p1=value))
    assert error.code == "engine.failed"


TYPES: dict[Dialect, dict[str, tuple[str, str, object]]] = {
    "duckdb": {
        "integer": ("7::BIGINT", "BIGINT", 7),
        "huge": (str(2**100), "INT128", 2**100),
        "decimal": ("1.50::DECIMAL(10, 2)", "DECIMAL(10, 2)", Decimal("1.50")),
        "double": ("1.5::DOUBLE", "DOUBLE", 1.5),
        "boolean": ("true", "BOOLEAN", True),
        "text": ("'ü'::VARCHAR", "TEXT", "ü"),
        "date": ("DATE '2024-02-29'", "DATE", dt.date(2024, 2, 29)),
        "late date": ("DATE '20000-01-01'", "DATE", "20000-01-01"),
        "time": ("TIME '13:14:15'", "TIME", dt.time(13, 14, 15)),
        "timestamp": ("TIMESTAMP '2024-02-29 13:14'", "TIMESTAMP", dt.datetime(2024, 2, 29, 13, 14)),
        "moment": (
            "TIMESTAMPTZ '2024-02-29 13:14+02'",
            "TIMESTAMPTZ",
            dt.datetime(2024, 2, 29, 11, 14, tzinfo=dt.UTC),
        ),
        "interval": ("INTERVAL 36 HOUR", "INTERVAL", dt.timedelta(hours=36)),
        "uuid": ("uuid '00000000-0000-0000-0000-000000000007'", "UUID", uuid.UUID(int=7)),
        "bytes": ("'\\x07'::BLOB", "BLOB", b"\x07"),
        "enum": ("'b'::ENUM('a', 'b')", "ENUM", "b"),
        "list": ("[1, NULL]", "INT[]", [1, None]),
        "struct": ("{'a': 1}", "STRUCT(a INT)", {"a": 1}),
        "json": ("'{}'::JSON", "JSON", "{}"),
        "null": ("NULL", "UNKNOWN", None),
    },
    "postgres": {
        "integer": ("7::bigint", "BIGINT", 7),
        "decimal": ("1.50::numeric(10, 2)", "DECIMAL(10, 2)", Decimal("1.50")),
        "double": ("1.5::float8", "DOUBLE PRECISION", 1.5),
        "boolean": ("true", "BOOLEAN", True),
        "text": ("'ü'::varchar(5)", "VARCHAR(5)", "ü"),
        "date": ("date '2024-02-29'", "DATE", dt.date(2024, 2, 29)),
        "endless date": ("date 'infinity'", "DATE", "infinity"),
        "early date": ("date '0044-03-15 BC'", "DATE", "0044-03-15 BC"),
        "late moment": ("timestamp '20000-01-01'", "TIMESTAMP", "20000-01-01 00:00:00"),
        "time": ("time '13:14:15'", "TIME", dt.time(13, 14, 15)),
        "midnight": ("time '24:00'", "TIME", "24:00:00"),
        "timestamp": ("timestamp '2024-02-29 13:14'", "TIMESTAMP", dt.datetime(2024, 2, 29, 13, 14)),
        "moment": (
            "timestamptz '2024-02-29 13:14+02'",
            "TIMESTAMPTZ",
            dt.datetime(2024, 2, 29, 11, 14, tzinfo=dt.UTC),
        ),
        "interval": ("interval '36 hours'", "INTERVAL", dt.timedelta(hours=36)),
        "uuid": ("uuid '00000000-0000-0000-0000-000000000007'", "UUID", uuid.UUID(int=7)),
        "bytes": ("'\\x07'::bytea", "BYTEA", b"\x07"),
        "list": ("ARRAY[1, NULL]", "INT[]", [1, None]),
        "json": ("'{\"a\": [1]}'::jsonb", "JSONB", {"a": [1]}),
        "null": ("NULL", "TEXT", None),
    },
    "sqlite": {
        "integer": ("7", "UNKNOWN", 7),
        "double": ("1.5", "UNKNOWN", 1.5),
        "text": ("'ü'", "UNKNOWN", "ü"),
        "broken text": ("CAST(x'FF61' AS TEXT)", "UNKNOWN", "\ufffda"),
        "bytes": ("x'07'", "UNKNOWN", b"\x07"),
        "null": ("NULL", "UNKNOWN", None),
    },
}


@pytest.mark.parametrize(("dialect", "name"), [(d, n) for d, of in TYPES.items() for n in of], ids=str)
def test_a_value_of_every_type_comes_back(open_database: OpenDatabase, dialect: Dialect, name: str) -> None:
    sql, type_name, value = TYPES[dialect][name]
    engine = open_database(dialect)
    made = statement(engine, f"SELECT {sql} AS v")
    found = engine.run(made, {}, limit=1, timeout_s=60)
    assert (found.columns, found.rows) == ((ResultColumn("v", type_name),), ((value,),))
    assert engine.describe(made) == found.columns


def test_describe_gives_the_columns_of_run_and_takes_no_value(engine: Engine) -> None:
    made = statement(
        engine,
        'SELECT "from", "a""b" AS x, count(*) AS c FROM @"Sel ect" WHERE "from" > $1 AND "a""b" <> $2 '
        'GROUP BY "from", "a""b" LIMIT $3',
        "p1", "me.name", "__limit",
    )  # fmt: skip
    found = engine.run(made, {"p1": 0, "me.name": "b"}, limit=10, timeout_s=60)
    assert engine.describe(made) == found.columns
    assert [c.name for c in found.columns] == ["from", "x", "c"]


def test_describe_runs_nothing(engine: Engine) -> None:
    started = time.perf_counter()
    assert [c.name for c in engine.describe(statement(engine, HEAVY))] == ["c"]
    assert time.perf_counter() - started < PATIENCE_S  # it would run for hours


REFUSED = {
    "column": "SELECT numbr FROM @numbers",
    "relation": "SELECT n FROM @number",
    "function": "SELECT coumt(n) FROM @numbers",
    "syntax": "SELECT n FROM @numbers WHERE",
    "grouping": "SELECT sum(sum(n)) FROM @numbers",
}
REASONS: dict[Dialect, dict[str, str]] = {
    "duckdb": {
        "column": 'Referenced column "numbr" not found in FROM clause',
        "relation": "Table with name number does not exist",
        "function": "Scalar Function with name coumt does not exist",
        "syntax": 'syntax error at or near "WHERE"',
        "grouping": "aggregate function calls cannot be nested",
    },
    "postgres": {
        "column": 'column "numbr" does not exist',
        "relation": 'relation "public.number" does not exist',
        "function": "function coumt(integer) does not exist",
        "syntax": "syntax error at end of input",
        "grouping": "aggregate function calls cannot be nested",
    },
    "sqlite": {
        "column": "no such column: numbr",
        "relation": "no such table: main.number",
        "function": "no such function: coumt",
        "syntax": "incomplete input",
        "grouping": "misuse of aggregate function sum()",
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_describe_says_what_is_wrong_and_suggests_nothing(
    open_database: OpenDatabase, dialect: Dialect, name: str
) -> None:
    engine = open_database(dialect, SCRIPT)
    error = failure(lambda: engine.describe(statement(engine, REFUSED[name])))
    assert (type(error), error.code, error.message, error.hint) == (
        PlanError,
        "plan.invalid",
        f"the database refuses the SQL: {REASONS[dialect][name]}",
        None,
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            'Binder Error: column "x" not found!\n\nCandidate bindings: "y"\nLINE 1: …',
            'column "x" not found',
        ),
        ("Catalog Error: no t. Did you mean secrets?", "no t"),
        ('column "x" does not exist Perhaps you meant "y"', 'column "x" does not exist'),
        ("Invalid Input Error: a\tb", "a\tb"),
        ("x" * 1000, "x" * 300),
        ("", ""),
    ],
    ids=["lines", "did you mean", "perhaps", "kind", "long", "nothing"],
)
def test_a_refusal_holds_one_line_without_suggestions(text: str, shown: str) -> None:
    assert refused(text, "SELECT 1").message == f"the database refuses the SQL: {shown}"


@pytest.mark.parametrize(
    ("text", "sql", "shown"),
    [
        pytest.param('not an integer: "plugh"', "SELECT 'plugh'", 'not an integer: "…"', id="double"),
        pytest.param("missing ): (plugh", "SELECT f('(plugh')", "missing ): …", id="bare"),
        pytest.param("cannot read plugh", "SELECT 'a plugh b'", "cannot read …", id="a-word-of-it"),
        pytest.param('no "plugh"', """SELECT "plugh", 'plugh x'""", 'no "plugh"', id="name"),
        pytest.param("4711 does not fit INT32", "SELECT 4711", "… does not fit INT32", id="number"),
        pytest.param("near 'another'", "SELECT 1", "near '…'", id="another"),
        pytest.param("cannot read it's", "SELECT 'it''s'", "cannot read …", id="quote"),
        pytest.param("say \"a\"", """SELECT 'say "a"'""", "…", id="quotes-in-text"),
    ],
)  # fmt: skip
def test_a_refusal_holds_no_literal(text: str, sql: str, shown: str) -> None:
    assert refused(text, sql).message == f"the database refuses the SQL: {shown}"


def test_a_heavy_statement_is_stopped_in_time(engine: Engine) -> None:
    made = statement(engine, HEAVY)
    started = time.perf_counter()
    error = failure(lambda: engine.run(made, {}, limit=1, timeout_s=0.3))
    seconds = time.perf_counter() - started
    assert (error.code, error.message) == ("engine.timeout", "the statement ran longer than 0.3 s")
    assert 0.25 < seconds < PATIENCE_S  # of hours
    assert rows(engine, "SELECT n FROM @numbers WHERE n = $1", p1=3) == ((3,),)


def test_a_statement_can_be_cancelled(engine: Engine) -> None:
    made, cancellation = statement(engine, HEAVY), Cancellation()
    timer = Timer(0.2, cancellation.cancel)
    started = time.perf_counter()
    timer.start()
    error = failure(lambda: engine.run(made, {}, limit=1, timeout_s=60, cancellation=cancellation))
    timer.join()
    assert (error.code, error.message) == ("engine.cancelled", "the statement was cancelled")
    assert 0.15 < time.perf_counter() - started < PATIENCE_S  # of hours
    assert rows(engine, "SELECT n FROM @numbers WHERE n = $1", p1=3) == ((3,),)


def test_a_cancelled_request_does_not_start(engine: Engine) -> None:
    made, cancellation = statement(engine, HEAVY), Cancellation()
    cancellation.cancel()
    started = time.perf_counter()
    error = failure(lambda: engine.run(made, {}, limit=1, timeout_s=60, cancellation=cancellation))
    assert error.code == "engine.cancelled"
    assert time.perf_counter() - started < PATIENCE_S


def test_a_cancellation_at_any_moment_harms_no_other_request(engine: Engine) -> None:
    """Cancelled somewhere before, in or after the statement: it answers or says so, the others answer."""
    made = statement(engine, "SELECT n FROM @numbers WHERE n = $1", "p1")

    def cancelled(n: int) -> object:
        cancellation = Cancellation()
        timer = Timer(n * 0.0002, cancellation.cancel)
        timer.start()
        try:
            return engine.run(made, {"p1": 3}, limit=1, timeout_s=60, cancellation=cancellation).rows
        except EngineError as error:
            return error.code
        finally:
            timer.join()

    def plain(_: int) -> object:
        return engine.run(made, {"p1": 3}, limit=1, timeout_s=60).rows

    with ThreadPoolExecutor(4) as pool:
        some, others = pool.map(cancelled, range(40)), pool.map(plain, range(40))
        assert set(some) <= {((3,),), "engine.cancelled"}
        assert set(others) == {((3,),)}


WRITES = (
    "INSERT INTO @numbers VALUES (0)",
    "UPDATE @numbers SET n = 0",
    "DELETE FROM @numbers",
    "DROP TABLE @numbers",
    "CREATE TABLE @more (n integer)",
    "CREATE TEMP TABLE more (n integer)",
    "CREATE TABLE @more AS SELECT n FROM @numbers",
    "SELECT n FROM @numbers; DELETE FROM @numbers",
    "BEGIN",
    "",
)


@pytest.mark.parametrize("sql", WRITES)
@pytest.mark.parametrize("arguments", [(), ("__limit",)], ids=["without limit", "with limit"])
def test_what_writes_is_refused(engine: Engine, sql: str, arguments: tuple[str, ...]) -> None:
    made = statement(engine, sql, *arguments)
    error = failure(lambda: engine.run(made, {}, limit=5, timeout_s=60))
    assert error.code == "engine.failed"
    assert rows(engine, "SELECT count(*), min(n) FROM @numbers") == ((200, 1),)


CANARIES: dict[Dialect, dict[str, str]] = {
    "duckdb": {
        "number": "CAST(word AS INTEGER)",
        "date": "CAST(word AS DATE)",
        "parsed date": "strptime(word, '%Y')",
        "uuid": "CAST(word AS UUID)",
        "json": "json_extract(word, '$.a')",
        "json path": "json_extract('{}', '$[' || word)",
        "pattern": "regexp_matches('x', word || '[')",
        "range": "CAST(number AS TINYINT)",
        "sum": "number * 9223372036854775807",
        "division": "number // 0",
        "raised": "error(word)",
        "enum": "CAST(word AS ENUM('a'))",
        "format": "format('{:d}', word)",
        "scalar": "(SELECT a.word FROM @secrets a, @numbers b)",
    },
    "postgres": {
        "number": "CAST(word AS integer)",
        "date": "CAST(word AS date)",
        "parsed date": "to_date(word, 'YYYY')",
        "uuid": "CAST(word AS uuid)",
        "json": "CAST(word AS jsonb)",
        "json path": "CAST(word || '[' AS jsonpath)",
        "pattern": "'x' ~ (word || '[')",
        "range": "CAST(number AS smallint)",
        "sum": "number * 9223372036854775807",
        "division": "number / 0",
        "text search": "to_tsquery(word || ' & |')",
        "scalar": "(SELECT a.word FROM @secrets a, @numbers b)",
        "xml": "current_setting(word)",
    },
    "sqlite": {
        "json": "json_extract(word, '$.a')",
        "json path": "json_extract('{}', word)",
        "escape": "'x' LIKE 'y' ESCAPE word",
        "sum": "abs(-9223372036854775807 - (number > 0))",
        "extension": "load_extension(word)",
    },
}


@pytest.mark.parametrize(("dialect", "name"), [(d, n) for d, of in CANARIES.items() for n in of], ids=str)
def test_no_error_holds_a_value_of_a_row(open_database: OpenDatabase, dialect: Dialect, name: str) -> None:
    engine = open_database(dialect, SCRIPT)
    made = statement(engine, f"SELECT {CANARIES[dialect][name]} AS v FROM @secrets")
    error = failure(lambda: engine.run(made, {}, limit=5, timeout_s=60))
    shown = json.dumps(error.to_json()) + "".join(traceback.format_exception(error))
    assert error.code == "engine.failed"
    assert CANARY not in shown and "4711471147114711" not in shown


@pytest.mark.parametrize(("dialect", "divide"), [("duckdb", "//"), ("postgres", "/")])
def test_division_by_zero_is_named(open_database: OpenDatabase, dialect: Dialect, divide: str) -> None:
    engine = open_database(dialect, SCRIPT)
    error = failure(lambda: rows(engine, f"SELECT n {divide} 0 FROM @numbers"))
    assert (error.code, error.message) == ("engine.failed", "division by zero")


def test_eight_threads_get_their_own_answers(engine: Engine) -> None:
    sql = "SELECT n, CAST($1 AS integer) AS p FROM @numbers WHERE n = $1 LIMIT $2"
    made = statement(engine, sql, "p1", "__limit")

    def ask(n: int) -> object:
        return engine.run(made, {"p1": n}, limit=5, timeout_s=60).rows

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(1, 201)))
    assert found == [((n, n),) for n in range(1, 201)]


def test_a_statement_of_another_dialect_is_refused(engine: Engine) -> None:
    other = next(d for d in DIALECTS if d != engine.dialect)
    made = Statement("SELECT 1", other, (), "test", ())
    wanted = f"a statement in the dialect `{other}` cannot run on `{engine.dialect}`"
    assert failure(lambda: engine.describe(made)).message == wanted
    assert failure(lambda: engine.run(made, {}, limit=1, timeout_s=1)).message == wanted


def test_a_closed_engine_says_so(engine: Engine) -> None:
    rows(engine, "SELECT 1")
    engine.close()
    engine.close()
    error = failure(lambda: rows(engine, "SELECT 1"))
    assert (error.code, error.message, error.hint) == (
        "engine.unreachable",
        f"the database `{engine.name}` cannot be reached",
        "it was closed",
    )
