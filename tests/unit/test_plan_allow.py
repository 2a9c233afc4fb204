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
    ],
)
def test_ordinary_functions_are_allowed(dialect: Dialect, sql: str) -> None:
    tree = parse(sql, dialect)
    require_allowed(tree, dialect)
    assert render(tree, dialect, pretty=False) == sql


@pytest.mark.parametrize("length", ["201", "1000000000", "b", "100 + 100", "'5'", "-1", "1e3", "5.0"])
def test_a_text_is_padded_to_a_fixed_length(length: str) -> None:
    with pytest.raises(PlanError) as refused:
        require_allowed(parse(f"SELECT lpad(a, {length}, '0')", "postgres"), "postgres")
    assert refused.value.message == (
        "a text padded to more than 200 characters, or to no fixed number, is not allowed"
    )
