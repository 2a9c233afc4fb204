"""What ordinary queries use, and what would fill the memory instead."""

from __future__ import annotations

import pytest

from nlq.catalog import Dialect
from nlq.errors import PlanError
from nlq.plan.allow import require_allowed
from nlq.plan.syntax import parse, render


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("duckdb", "SELECT LPAD(\"a\", 5, '0'), RPAD(\"a\", 200, ' ')"),
        ("postgres", 'SELECT LPAD("a", 5, \'0\'), RPAD("a", 6)'),
        ("postgres", 'WITH "a" AS MATERIALIZED (SELECT 1) SELECT * FROM "a"'),
        ("postgres", 'SELECT ("a", "b") OVERLAPS ("c", "d")'),
        ("postgres", 'SELECT MD5("a"), OCTET_LENGTH("a"), ISFINITE("a"), REGEXP_COUNT("a", \'b\')'),
        ("duckdb", 'SELECT MD5("a")'),
        ("duckdb", 'SELECT ARRAY_AGG("a" ORDER BY "b"), QUANTILE_CONT("a", [0.1, 0.9]), "a" & 1 | 2'),
        ("duckdb", 'SELECT PRINTF(\'%-5s %.2f%% %c\', "a", "b", 65), FORMAT(\'{:.1f} {{}} {}\', "a", "b")'),
        ("postgres", 'SELECT FORMAT(\'%s: %-20s%%\', "a", "b"), ARRAY_AGG(DISTINCT "a")'),
        ("postgres", 'SELECT PERCENTILE_CONT(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY "a")'),
        ("postgres", 'SELECT (ARRAY_AGG("a" ORDER BY "b"))[1], (ARRAY_AGG("a") FILTER(WHERE "b"))[2]'),
        ("duckdb", 'SELECT ARRAY_AGG("a" ORDER BY "b")[1]'),
        ("sqlite", 'SELECT PRINTF(\'%05d %,.2f\', "a", "b"), FORMAT(\'%s\', "a")'),
    ],
)
def test_ordinary_functions_are_allowed(dialect: Dialect, sql: str) -> None:
    tree = parse(sql, dialect)
    require_allowed(tree, dialect)
    assert render(tree, dialect, pretty=False) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "a[1]",
        "(array_agg(a))[b]",
        "(array_agg(a))[1:2]",
        "(array_agg(a))[1][1]",
        "(array_agg(a))['b']",
        "a['b']",
    ],
)
def test_a_subscript_is_a_place_in_a_list(sql: str) -> None:
    with pytest.raises(PlanError) as refused:
        require_allowed(parse(f"SELECT {sql}", "postgres"), "postgres")
    assert refused.value.message == "a subscript, but for a number behind `array_agg(…)`, is not allowed"


@pytest.mark.parametrize("length", ["201", "1000000000", "b", "100 + 100", "'5'", "-1", "1e3", "5.0"])
def test_a_text_is_padded_to_a_fixed_length(length: str) -> None:
    with pytest.raises(PlanError) as refused:
        require_allowed(parse(f"SELECT lpad(a, {length}, '0')", "postgres"), "postgres")
    assert refused.value.message == (
        "a text padded to more than 200 characters, or to no fixed number, is not allowed"
    )


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        pytest.param("duckdb", "SELECT printf('%1000d', a)", id="a wide column"),
        pytest.param("duckdb", "SELECT printf('%*d', 1000000, a)", id="a width that is an argument"),
        pytest.param("duckdb", "SELECT printf('%.999f', a)", id="many digits"),
        pytest.param("duckdb", "SELECT printf(a, b)", id="a format that is a column"),
        pytest.param("duckdb", "SELECT printf('%s' || a, b)", id="a format that is computed"),
        pytest.param("duckdb", "SELECT printf()", id="no format"),
        pytest.param("duckdb", "SELECT format('{:1000}', a)", id="a wide field"),
        pytest.param("duckdb", "SELECT format('{:{}}', a, 1000)", id="a field whose width is an argument"),
        pytest.param("duckdb", "SELECT format('{0}{0}', a)", id="a field that is used twice"),
        pytest.param("postgres", "SELECT format('%1000000000s', a)", id="a width that ignores time"),
        pytest.param("postgres", "SELECT format('%1$s%1$s', a)", id="an argument that is used twice"),
        pytest.param("postgres", "SELECT format('%*s', 1000000000, a)", id="a width from an argument"),
        pytest.param("postgres", "SELECT printf('%s', a)", id="what Postgres does not have"),
        pytest.param("sqlite", "SELECT printf('%.*c', 1000000, 'x')", id="a character many times"),
        pytest.param("sqlite", "SELECT printf('%100s', a)", id="a wide text"),
        pytest.param("duckdb", "SELECT [a, b]", id="a list of columns"),
        pytest.param("postgres", "SELECT n FROM generate_series(1, 1000000) AS t(n)", id="a long series"),
        pytest.param(
            "postgres", "SELECT n FROM generate_series(1, 10, 0) AS t(n)", id="a series without end"
        ),
        pytest.param(
            "postgres", "SELECT n FROM generate_series(1, (SELECT 5)) AS t(n)", id="an unknown end"
        ),
        pytest.param(
            "postgres", "SELECT n FROM x, generate_series(1, x.a) AS t(n)", id="the end of each row"
        ),
        pytest.param("postgres", "SELECT generate_series(1, 3)", id="a series in SELECT"),
        pytest.param(
            "postgres", "SELECT 1 FROM generate_series(1, 3) WITH ORDINALITY AS t(n, o)", id="numbered"
        ),
        pytest.param(
            "duckdb",
            "SELECT d FROM range(DATE '2025-01-01', DATE '2025-01-02', INTERVAL 1 MICROSECOND) t(d)",
            id="a series of moments",
        ),
        pytest.param(
            "postgres",
            "SELECT d FROM generate_series('0001-01-01'::date, '9999-01-01'::date, '1 hour') AS d",
            id="a series of ages",
        ),
        pytest.param("duckdb", "SELECT unnest(range(5))", id="a list as rows"),
        pytest.param("postgres", "SELECT ARRAY[1, 2]", id="an array by itself"),
    ],
)
def test_what_could_fill_the_memory_is_refused(dialect: Dialect, sql: str) -> None:
    with pytest.raises(PlanError) as refused:
        require_allowed(parse(sql, dialect), dialect)
    assert refused.value.code == "plan.unsupported"


@pytest.mark.parametrize(
    ("dialect", "sql", "written"),
    [
        (
            "postgres",
            "SELECT x FROM (VALUES (1, 'a'), (2, 'b')) AS t(x, y)",
            """SELECT x FROM (SELECT 1 AS "x", 'a' AS "y" UNION ALL SELECT 2, 'b') AS t""",
        ),
        (
            "duckdb",
            "SELECT * FROM (VALUES (1, 2)) t",
            'SELECT * FROM (SELECT 1 AS "col0", 2 AS "col1") AS t',
        ),
        (
            "sqlite",
            "WITH v(a) AS (VALUES (1), (2)) SELECT a FROM v",
            'WITH v(a) AS (SELECT * FROM (SELECT 1 AS "column1" UNION ALL SELECT 2) AS _values)'
            " SELECT a FROM v",
        ),
    ],
)
def test_values_are_read_as_the_queries_that_they_mean(dialect: Dialect, sql: str, written: str) -> None:
    tree = parse(sql, dialect)
    require_allowed(tree, dialect)
    assert tree.sql(dialect) == written


def test_so_many_values_are_too_many() -> None:
    rows = ", ".join(f"({n})" for n in range(30))
    with pytest.raises(PlanError) as refused:
        parse(f"SELECT x FROM (VALUES {rows}) AS t(x)", "duckdb")
    assert refused.value.message == "the SQL has more than 20 set operations"


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_a_parameter_may_come_first(dialect: Dialect) -> None:
    tree = parse("SELECT :a AS x, (SELECT :b) AS y", dialect)
    require_allowed(tree, dialect)
    assert render(tree, dialect, pretty=False) == 'SELECT :a AS "x", (SELECT :b) AS "y"'
