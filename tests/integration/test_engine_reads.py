"""Engines compare what their own parser reads in a statement with what the guard wrote."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import duckdb
import pytest

from nlq.catalog import RelationName
from nlq.engine import Engine, open_engine
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.settings import Settings

MakeDatabase = Callable[[str, str], str]

SCRIPT = """
CREATE TABLE t (a INTEGER, b TEXT); CREATE TABLE vault (code TEXT);
INSERT INTO t VALUES (1, 'x'); INSERT INTO vault VALUES ('canary');
CREATE VIEW seen AS SELECT a FROM t;
"""
OTHERWISE = ("engine.failed", "the database reads the statement otherwise than it was meant")
MACRO = (
    "engine.failed", "a macro of the database has the name of a function that the statement or a rule uses",
)  # fmt: skip
OFF = ("engine.failed", "the statement uses what is switched off")

FINE = {
    "a relation": ('SELECT a FROM "main"."t"', ["t"], ((1,),)),
    "a view": ('SELECT a FROM "main"."seen"', ["seen"], ((1,),)),
    "a WITH query": ('WITH c AS (SELECT a FROM "main"."t") SELECT a FROM c', ["t"], ((1,),)),
    "a WITH query in capitals": ('WITH "C" AS (SELECT a FROM main.t) SELECT a FROM c', ["t"], ((1,),)),
    "a WITH query that refers to itself": (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2) SELECT n FROM r", [],
        ((1,), (2,)),
    ),
    "subqueries everywhere": (
        'SELECT (SELECT max(a) FROM main.t) FROM (SELECT 1) AS x WHERE EXISTS (SELECT 1 FROM main.t)'
        ' ORDER BY (SELECT count(*) FROM "main"."vault")', ["t", "vault"], ((1,),),
    ),
    "no relation": ("SELECT 1", [], ((1,),)),
    "long chains": (f"SELECT {' + '.join(['a'] * 190)} FROM main.t", ["t"], ((190,),)),
}  # fmt: skip
OTHER = {
    "another relation": ('SELECT code FROM "main"."vault"', ["t"], OTHERWISE),
    "one relation more": ('SELECT code FROM "main"."t", "main"."vault"', ["t"], OTHERWISE),
    "one hidden in a view's place": ('SELECT a FROM "main"."t"', ["seen"], OTHERWISE),
    "one in a subquery": ("SELECT a FROM main.t WHERE b IN (SELECT code FROM vault)", ["t"], OTHERWISE),
    "one without a schema": ("SELECT code FROM vault", [], OTHERWISE),
}  # fmt: skip
OF_DUCKDB = {
    "a relation that is not read": ('SELECT 1 FROM "main"."t"', ["t", "vault"], OTHERWISE),
    "a WITH query of another query": (
        'SELECT * FROM (WITH vault AS (SELECT 1) SELECT * FROM vault) AS x, vault', [], OTHERWISE,
    ),
    "a table function": ("SELECT * FROM duckdb_tables()", [], OTHERWISE),
    "a file": ("SELECT * FROM 'x.csv'", [], OTHERWISE),
    "the catalog": ("SELECT * FROM (SHOW TABLES)", [], OTHERWISE),
    "values": ("SELECT * FROM (VALUES (1)) AS v", [], OTHERWISE),
    "another database": ("SELECT * FROM temp.main.t", ["t"], OTHERWISE),
    "a sample": ('SELECT a FROM "main"."t" TABLESAMPLE 1 ROWS', ["t"], OTHERWISE),
    "a function that reads elsewhere": ("SELECT getenv('HOME')", [], OFF),
}  # fmt: skip


def made(sql: str, reads: list[str], dialect: str) -> Statement:
    names = frozenset(RelationName("main", name) for name in reads)
    return Statement(sql, dialect, (), "test", (), names)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
@pytest.mark.parametrize(("sql", "reads", "rows"), FINE.values(), ids=FINE)
def test_what_the_guard_wrote_runs(
    open_database: Callable[..., Engine], dialect: str, sql: str, reads: list[str], rows: object
) -> None:
    engine = open_database(dialect, SCRIPT)
    statement = made(sql, reads, dialect)
    engine.describe(statement)
    assert engine.run(statement, {}, limit=9, timeout_s=60).rows == rows


@pytest.mark.parametrize(
    ("dialect", "sql", "reads", "told"),
    [
        pytest.param(dialect, *case, id=f"{dialect}: {name}")
        for dialect in ("duckdb", "sqlite")
        for name, case in ({**OTHER, **OF_DUCKDB} if dialect == "duckdb" else OTHER).items()
    ],
)
@pytest.mark.parametrize("action", ["describe", "run"])
def test_what_it_did_not_write_does_not(
    open_database: Callable[..., Engine], dialect: str, sql: str, reads: list[str], told: Any, action: str
) -> None:
    engine = open_database(dialect, SCRIPT)
    statement = made(sql, reads, dialect)
    with pytest.raises(NlqError) as caught:
        if action == "describe":
            engine.describe(statement)
        else:
            engine.run(statement, {}, limit=9, timeout_s=60)
    assert (caught.value.code, caught.value.message) == told


@pytest.mark.parametrize("action", ["describe", "run"])
@pytest.mark.parametrize(
    ("macro", "sql"),
    [
        ("lower(x)", "SELECT Lower('A')"),
        ("count(x)", "SELECT count(a) FROM main.t"),
        ("sum(x)", "SELECT sum(a) OVER () FROM main.t"),
        ('"+"(x, y)', "SELECT a + 1 FROM main.t"),
        ("date_part(x, y)", "SELECT extract(year FROM DATE '2026-01-31')"),
        ("current_date()", "SELECT CURRENT_DATE()"),
    ],
)
def test_a_macro_of_duckdb_does_not_stand_in_for_a_function(
    make_database: MakeDatabase, macro: str, sql: str, action: str
) -> None:
    url = make_database("duckdb", f"{SCRIPT}; CREATE MACRO {macro} AS (SELECT max(code) FROM vault)")
    reads = ["t"] if "main.t" in sql else []
    with closing(open_engine(url, Settings())) as engine, pytest.raises(NlqError) as caught:
        if action == "describe":
            engine.describe(made(sql, reads, "duckdb"))
        else:
            engine.run(made(sql, reads, "duckdb"), {}, limit=9, timeout_s=60)
    assert (caught.value.code, caught.value.message) == MACRO


def test_what_we_call_ourselves_is_of_duckdb(make_database: MakeDatabase) -> None:
    macros = "CREATE MACRO json_serialize_sql(x) AS '{}'; CREATE MACRO duckdb_functions() AS TABLE SELECT 1"
    with closing(open_engine(make_database("duckdb", f"{SCRIPT}; {macros}"), Settings())) as engine:
        statement = made('SELECT code FROM "main"."vault"', ["t"], "duckdb")
        with pytest.raises(NlqError) as caught:
            engine.run(statement, {}, limit=9, timeout_s=60)
    assert (caught.value.code, caught.value.message) == OTHERWISE


def test_a_macro_that_is_made_later_is_noticed(make_database: MakeDatabase) -> None:
    url = make_database("duckdb", SCRIPT)
    statement = made("SELECT lower('A')", [], "duckdb")
    with closing(open_engine(url, Settings())) as engine:
        assert engine.run(statement, {}, limit=9, timeout_s=60).rows == (("a",),)
        engine.release()
        with duckdb.connect(url.removeprefix("duckdb:///")) as other:
            other.execute("CREATE MACRO lower(x) AS (SELECT max(code) FROM vault)")
        with pytest.raises(NlqError) as caught:
            engine.run(statement, {}, limit=9, timeout_s=60)
    assert (caught.value.code, caught.value.message) == MACRO
