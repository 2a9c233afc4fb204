"""What clients are told of a query: which columns can be NULL, and the types of all of them."""

from __future__ import annotations

from typing import Any

import pytest

from nlq.build.clients import ValueType
from nlq.build.clients.signature import value_type
from nlq.catalog.ddl import catalog_from_ddl
from nlq.plan import Plan, ResultColumn, check
from nlq.plan.result import ResultFacts, facts_of_result

DDL = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), title TEXT NOT NULL);
"""  # noqa: E501  # as a person writes it


def facts(sql: str, names: int, dialect: Any = "duckdb", kind: str = "X") -> list[ResultFacts]:
    catalog = catalog_from_ddl(DDL, dialect)
    checked = check(sql, catalog)
    columns = tuple(ResultColumn(str(n), kind) for n in range(names))
    plan = Plan("query", "q", dialect, "", checked.sql, checked.parameters, columns, checked.depends, "")
    return list(facts_of_result(plan, catalog))


@pytest.mark.parametrize(
    ("sql", "never_null"),
    [
        ("SELECT name, count(*) FROM users GROUP BY ROLLUP (name)", [False, True]),
        ("SELECT name, count(*) FROM users GROUP BY CUBE (name)", [False, True]),
        ("SELECT name, count(*) FROM users GROUP BY GROUPING SETS ((name), ())", [False, True]),
        ("SELECT id, name, age FROM users", [True, True, False]),
        ("SELECT u.name, p.title FROM users u JOIN posts p ON p.user_id = u.id", [True, True]),
        ("SELECT u.name, p.title FROM users u LEFT JOIN posts p ON p.user_id = u.id", [True, False]),
        ("SELECT u.name, p.title FROM users u RIGHT JOIN posts p ON p.user_id = u.id", [False, False]),
        ("SELECT u.name, p.title FROM users u FULL JOIN posts p ON p.user_id = u.id", [False, False]),
        ("SELECT name, count(*), sum(age), max(id) FROM users GROUP BY name", [True, True, False, False]),
        ("SELECT coalesce(age, 0), 5, 'x', NULL, id + 1 FROM users", [True, True, True, False, False]),
        ("SELECT upper(name), round(id, 1), (id), lower(NULL) FROM users", [True, True, True, False]),
        ("SELECT row_number() OVER (ORDER BY id), sum(id) OVER () FROM users", [True, False]),
        ("SELECT id FROM users UNION ALL SELECT user_id FROM posts", [True]),
        ("SELECT id FROM users UNION ALL SELECT age FROM users", [False]),
        ("SELECT x.id FROM (SELECT p.id FROM users u LEFT JOIN posts p ON p.user_id = u.id) AS x", [False]),
        ("SELECT (SELECT min(id) FROM posts) FROM users", [False]),
        ("SELECT CASE WHEN age > 1 THEN 1 END FROM users", [False]),
    ],
)
def test_a_column_is_never_null_only_where_that_is_sure(sql: str, never_null: list[bool]) -> None:
    assert [f.never_null for f in facts(sql, len(never_null))] == never_null


def test_where_the_engine_does_not_say_the_syntax_may() -> None:
    sql = "SELECT count(*), avg(age), max(name), 1 + 1 FROM users"
    found = [f.family for f in facts(sql, 4, "sqlite", "UNKNOWN")]
    assert found == ["integer", "decimal", "text", None]
    assert [f.family for f in facts(sql, 4, "sqlite", "INTEGER")] == [None] * 4


@pytest.mark.parametrize(
    ("written", "dialect", "kind", "depth"),
    [
        ("INT", "duckdb", "integer", 0),
        ("UINTEGER", "duckdb", "integer", 0),
        ("SMALLINT", "postgres", "integer", 0),
        ("INTEGER", "sqlite", "bigint", 0),
        ("BIGINT", "postgres", "bigint", 0),
        ("HUGEINT", "duckdb", "bigint", 0),
        ("DECIMAL(10, 2)", "duckdb", "decimal", 0),
        ("DECIMAL(38, 2)", "duckdb", "bigdecimal", 0),
        ("DECIMAL", "postgres", "bigdecimal", 0),
        ("DECIMAL(10, 2)", "sqlite", "float", 0),
        ("DOUBLE", "duckdb", "float", 0),
        ("TEXT", "duckdb", "text", 0),
        ("VARCHAR(20)", "postgres", "text", 0),
        ("ENUM", "duckdb", "text", 0),
        ("TIMESTAMPTZ", "postgres", "timestamp", 0),
        ("DATE", "sqlite", "date", 0),
        ("TIME", "duckdb", "time", 0),
        ("UUID", "postgres", "uuid", 0),
        ("BYTEA", "postgres", "bytes", 0),
        ("INTERVAL", "duckdb", "interval", 0),
        ("JSONB", "postgres", "json", 0),
        ("INT[]", "duckdb", "integer", 1),
        ("TEXT[][]", "duckdb", "text", 2),
        ("INT[3]", "duckdb", "json", 0),
        ("STRUCT(a INT)", "duckdb", "json", 0),
        ("UNKNOWN", "sqlite", "json", 0),
    ],
)
def test_types_of_columns(written: str, dialect: Any, kind: Any, depth: int) -> None:
    assert value_type(written, dialect) == ValueType(kind, depth)
