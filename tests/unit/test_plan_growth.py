"""What is small when it is written and huge when it is run."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nlq.errors import PlanError
from nlq.plan.growth import require_small_growth
from nlq.plan.syntax import parse


def doubled(levels: int) -> str:
    sql = "SELECT name AS x FROM people"
    for _ in range(levels):
        sql = f"SELECT x || x AS x FROM ({sql}) AS t"
    return sql


def recursion(step: str, source: str = "t", more: str = "") -> str:
    return (
        f"WITH RECURSIVE t AS (SELECT 1 AS n, name AS x, 'b' AS y FROM people UNION ALL "
        f"SELECT n + 1, {step}, {more or 'y'} FROM {source} WHERE n < 40) SELECT x FROM t"
    )


STEPS = list(pairwise("abcdefghijklmnopqrs"))
LONG = "a" * 200

GROWS = {
    "aliases of one SELECT": f"SELECT 1 AS a, {', '.join(f'{a} + {a} AS {b}' for a, b in STEPS)}",
    "derived tables": doubled(20),
    "WITH queries": "WITH a AS (SELECT name AS x FROM people), "
    + ", ".join(f"{b} AS (SELECT x || x AS x FROM {a})" for a, b in STEPS)
    + " SELECT x FROM s",
    "WITH queries that rename": "WITH a(x) AS (SELECT name FROM people), "
    + ", ".join(f"{b}(x) AS (SELECT x || x FROM {a})" for a, b in STEPS)
    + " SELECT x FROM s",
    "a condition": f"SELECT 1 FROM ({doubled(15)}) AS t WHERE x = x",
    "replace in replace": f"SELECT replace(replace(name, 'a', '{LONG}'), 'a', '{LONG}') FROM people",
    "replace by what nobody knows": "SELECT replace(replace(name, 'a', name), 'b', name) FROM people",
    "a pattern of nothing": f"SELECT regexp_replace(regexp_replace(x, '', '{LONG}'), '', '{LONG}')",
    "a union": f"SELECT x FROM ({doubled(15)} UNION ALL {doubled(15)}) AS t WHERE x || x = ''",
    "a recursion that doubles": recursion("x || x"),
    "a recursion that replaces": recursion("replace(x, 'a', 'aaaa')"),
    "a recursion that joins": recursion("concat(x, ', ', x)"),
    "a recursion that doubles under a cast": recursion("CAST(x AS TEXT) || coalesce(x, '')"),
    "a recursion that doubles in a derived table": recursion("z", "(SELECT n, x || x AS z FROM t) AS s"),
    "a recursion that doubles in a WITH query of its own": recursion(
        "(SELECT z FROM w)", "t CROSS JOIN (WITH w AS (SELECT x || x AS z FROM t) SELECT z FROM w) AS w"
    ),
    "a recursion that doubles in two steps": recursion("x || y", more="x"),
}

STAYS = {
    "a recursion that adds": recursion("x || '/' || CAST(n + 1 AS TEXT)"),
    "a recursion that chooses": recursion("CASE WHEN x LIKE '%a' THEN x ELSE x || name END"),
    "numbers that double": recursion("x * x + x"),
    "Fibonacci": recursion("y", more="x + y"),
    "a recursion from nothing": "WITH RECURSIVE t AS (a UNION ALL SELECT 1) SELECT 1",
    "a recursion of two parts": recursion(
        "x || name", "t JOIN (SELECT id, name FROM u) AS v ON v.id = t.n"
    ),
    "a telephone number": "SELECT replace(replace(replace(phone, ' ', ''), '-', ''), '(', '') FROM people",
    "one unknown replacement": "SELECT replace(title, '{name}', name) FROM people",
    "words replaced": "SELECT replace(replace(replace(x, 'a', 'ä'), 'o', 'ö'), 'ss', 'ß') FROM people",
    "aliases used again": "SELECT a + b AS c, c * 2 AS d, c + d AS e, e / nullif(d, 0) AS f FROM t",
    "a chain of WITH queries": "WITH a AS (SELECT x + 1 AS x FROM t), b AS (SELECT x * x AS x FROM a), "
    "c AS (SELECT x - 1 AS x FROM b) SELECT sum(x), avg(x), max(x) FROM c",
    "many columns": "SELECT " + ", ".join(f"c{i}" for i in range(400)) + " FROM t",
}


@pytest.mark.parametrize("sql", GROWS.values(), ids=GROWS.keys())
def test_what_doubles_is_refused(sql: str) -> None:
    with pytest.raises(PlanError) as refused:
        parse(sql, "duckdb")
    assert str(refused.value) == (
        "the SQL grows too large when it is written out\nhint: ask for less at once"
    )
    assert refused.value.code == "plan.too_complex"


@pytest.mark.parametrize("sql", STAYS.values(), ids=STAYS.keys())
def test_what_people_write_is_not(sql: str) -> None:
    require_small_growth(parse(sql, "duckdb"))
