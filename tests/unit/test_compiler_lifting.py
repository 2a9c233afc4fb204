"""Which literals one plan may serve other values of, and which not although the draft has them once."""

# ruff: noqa: E501  # a question beside its draft on one line is compared more easily

from __future__ import annotations

import pytest

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler import intake
from nlq.compiler.lifting import liftable
from nlq.plan import check_tree
from nlq.plan.allow import require_allowed
from nlq.plan.syntax import parse

CATALOG = catalog_from_ddl(
    """
    CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, status TEXT, likes INTEGER, day DATE, year INTEGER,
                        price DECIMAL(10, 2));
    CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT, size INTEGER);
    """,
    "duckdb",
)


def lifted(question: str, condition: str) -> list[object]:
    """Values of the question that the plan of this draft does not hold."""
    request = intake(question)
    sql = condition if condition.startswith("SELECT") else f"SELECT id FROM posts WHERE {condition}"
    tree = parse(sql, "duckdb")
    require_allowed(tree, "duckdb")
    slots = liftable(request.slots, tree, request.question)
    names = {p.name for p in check_tree(tree, CATALOG, slots=slots).parameters}
    return [s.value for s in request.slots if s.name in names]


@pytest.mark.parametrize(
    ("question", "condition", "values"),
    [
        ("posts with more than 100 likes", "likes > 100", [100]),
        ("posts with 100 to 250 likes", "likes BETWEEN 100 AND 250", [100, 250]),
        ("top 5 posts with 100 likes", "likes = 100 LIMIT 5", [100, 5]),
        ("posts of the last 30 days", "day > current_date - INTERVAL '30 days'", [30]),
        (
            "posts of the last 30 days over 5 likes",
            "day > current_date - INTERVAL 30 DAY AND likes > 5",
            [30, 5],
        ),
        ("posts over 5 likes in the last week", "likes > 5 AND day > current_date - INTERVAL 7 DAY", [5]),
        ("posts over 5 likes in March", "likes > 5 AND extract(month FROM day) = 3", [5]),
        ("the third ten of posts over 50 likes", "likes > 50 LIMIT 10 OFFSET 20", []),
        ("posts since 2026-01-31", "day >= '2026-01-31'", ["2026-01-31"]),
        ("posts titled 'x' that are published", "title = 'x' AND status = 'published'", ["x"]),
        ("posts titled 'x' over 5 likes", "title = 'x' AND likes > 5", ["x", 5]),
        ("posts over $9.50", "price > 9.50", ["9.50"]),
        ("posts over 5 likes, rounded", "SELECT round(avg(price), 2) FROM posts WHERE likes > 5", [5]),
        ("share of posts over 50", "SELECT 100.0 * count(*) FROM posts WHERE likes > 50", [50]),
    ],
)
def test_what_is_lifted(question: str, condition: str, values: list[object]) -> None:
    assert [str(v) for v in lifted(question, condition)] == [
        str(v) for v in sorted(values, key=lambda v: question.replace(",", "").find(str(v)))
    ]


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        pytest.param("posts on 2026-01-31", "day >= '2026-01-31' AND day < '2026-02-01'", id="the day after"),
        pytest.param("posts of the year 2026", "year >= 2026 AND year < 2027", id="the year after"),
        pytest.param("posts of 2026", "year = 2026 OR day >= '2026-01-01'", id="a year within a date"),
        pytest.param("posts of 2026", "year = 2026 OR day >= '2027-01-01'", id="a year and another's date"),
        pytest.param("page 3, 10 to a page", "likes > 0 LIMIT 10 OFFSET 20", id="a page"),
        pytest.param("10 posts, 12 of each", "likes BETWEEN 10 AND 22", id="a sum"),
        pytest.param("posts of the last 2 weeks", "day > current_date - INTERVAL 14 DAY AND likes > 2", id="days"),
        pytest.param("titles with 'x'", "title = 'x' OR title LIKE 'x %'", id="a text within a pattern"),
        pytest.param("titles with 'x'", "title = 'x' OR title = 'X'", id="a text in another case"),
        pytest.param("country 'US'", "title = 'US' OR title = 'United States'", id="another word for a text"),
        pytest.param("team 5", "SELECT id FROM teams WHERE id = 5 OR name = 'Team 5'", id="within a name"),
        pytest.param("posts over 100", "SELECT id AS over_100 FROM posts WHERE likes > 100", id="within an alias"),
        pytest.param(
            "posts over 100",
            "SELECT CASE WHEN likes > 100 THEN 'over 100' ELSE 'less' END AS kind FROM posts",
            id="within a label",
        ),
        pytest.param("5 posts of 5 likes", "likes = 5 LIMIT 5", id="a value that comes twice"),
        pytest.param("top 5 posts", "likes > 5 LIMIT 5", id="a value that the draft has twice"),
        pytest.param("users with 0 posts", "likes = 0", id="none"),
        pytest.param("posts below -5", "likes < -5", id="a negative number"),
        pytest.param("posts over 50%", "likes > 0.5 AND price > 50", id="a share and its number"),
    ],
)  # fmt: skip
def test_what_is_not(question: str, condition: str) -> None:
    assert lifted(question, condition) == []
