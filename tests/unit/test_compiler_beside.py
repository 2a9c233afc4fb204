"""Figures below each other, put beside each other."""

from __future__ import annotations

import pytest

from nlq.compiler.mend.beside import set_beside
from nlq.plan.syntax import parse, render


def test_figures_are_shown_beside_each_other() -> None:
    first, second, third = (
        "SELECT COUNT(*) FROM t WHERE a",
        "SELECT COUNT(*) FROM t",
        "SELECT MAX(a) FROM t",
    )
    tree, changes = set_beside(parse(f"{first} UNION {second} UNION ALL {third}", "duckdb"))
    assert changes == ("showed figures beside each other",)
    shown = render(tree, "duckdb", pretty=False).replace('"', "")
    assert shown == f"SELECT ({first}), ({second}), ({third})"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(
            "SELECT COUNT(a) FROM t WHERE b EXCEPT SELECT c FROM s",
            "SELECT COUNT(*) FROM (SELECT a FROM t WHERE b EXCEPT SELECT c FROM s) AS rest",
            id="less some",
        ),
        pytest.param(
            "SELECT COUNT(DISTINCT a) FROM t INTERSECT SELECT a FROM s",
            "SELECT COUNT(*) FROM (SELECT a FROM t INTERSECT SELECT a FROM s) AS rest",
            id="of both",
        ),
    ],
)
def test_rows_that_are_left_are_counted(sql: str, expected: str) -> None:
    tree, changes = set_beside(parse(sql, "duckdb"))
    assert changes == ("counted what is left of the rows",)
    assert render(tree, "duckdb", pretty=False).replace('"', "") == expected


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT a FROM t UNION SELECT COUNT(*) FROM t", id="rows"),
        pytest.param(
            "SELECT COUNT(*) FROM t GROUP BY a UNION SELECT COUNT(*) FROM t", id="a figure of each group"
        ),
        pytest.param(
            "SELECT 'all', COUNT(*) FROM t UNION SELECT 'some', COUNT(*) FROM t WHERE a",
            id="with what they are",
        ),
        pytest.param("SELECT COUNT(*) FROM t UNION SELECT COUNT(*) FROM s ORDER BY 1", id="in an order"),
        pytest.param("SELECT COUNT(*) FROM t INTERSECT SELECT COUNT(*) FROM s", id="no union"),
        pytest.param("SELECT COUNT(*) FROM t EXCEPT SELECT a FROM s", id="all rows less some values"),
        pytest.param("SELECT a FROM t EXCEPT SELECT COUNT(a) FROM s", id="values less a count"),
    ],
)
def test_other_unions_are_left_alone(sql: str) -> None:
    tree = parse(sql, "duckdb")
    assert set_beside(tree) == (tree, ())
