"""Which literals one plan may serve other values of, and which not although the draft has them once."""

# ruff: noqa: E501  # a question beside its draft on one line is compared more easily

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler import Request, intake
from nlq.compiler.lifting import liftable
from nlq.errors import RequestError
from nlq.plan import Checked, check, check_tree
from nlq.plan.allow import require_allowed
from nlq.plan.bind import bind
from nlq.plan.syntax import display, parse

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


# The law: a plan that other values find gives the SQL that the draft would have had for them.

NUMBERS = st.integers(2, 60)
BIG = st.integers(1700, 2300)
DAYS = st.dates(date(2020, 1, 1), date(2026, 12, 31))
TEXTS = st.sampled_from(["x", "X", "x y", "y", "100%", "it's", "5", "2026-01-31"])

Draft = Callable[..., str]
WRITERS: list[tuple[str, str, Draft, list[st.SearchStrategy[Any]]]] = [
    ("over", "posts over {} likes", lambda a: f"likes > {a}", [NUMBERS | BIG]),
    ("from one up", "posts over {} likes", lambda a: f"likes >= {a + 1}", [NUMBERS]),
    ("range", "posts with {} to {} likes", lambda a, b: f"likes BETWEEN {a} AND {b}", [NUMBERS, NUMBERS]),
    ("half open", "posts with {} to {} likes", lambda a, b: f"likes >= {a} AND likes < {b + 1}", [NUMBERS, NUMBERS]),
    ("page", "page {} of posts, {} to a page", lambda a, b: f"likes > 0 LIMIT {b} OFFSET {(a - 1) * b}", [NUMBERS, NUMBERS]),
    ("weeks", "top {} of the last {} weeks", lambda a, b: f"day > current_date - INTERVAL {7 * b} DAY LIMIT {a}", [NUMBERS, NUMBERS]),
    ("days", "top {} of the last {} days", lambda a, b: f"day > current_date - INTERVAL '{b} days' LIMIT {a}", [NUMBERS, NUMBERS]),
    ("year", "posts of {}", lambda a: f"year = {a}", [BIG]),
    ("year range", "posts of {}", lambda a: f"year >= {a} AND year < {a + 1}", [BIG]),
    ("year of dates", "posts of {}", lambda a: f"year = {a} OR day >= '{a}-01-01'", [BIG]),
    ("age", "of people over {} in {}", lambda a, b: f"year < {b - a} AND likes > {a}", [NUMBERS, BIG]),
    ("share", "posts over {}%", lambda a: f"likes > {a / 100}", [NUMBERS]),
    ("day", "posts on {}", lambda a: f"day = '{a}'", [DAYS]),
    ("day range", "posts on {}", lambda a: f"day >= '{a}' AND day < '{a + timedelta(1)}'", [DAYS]),
    ("days range", "posts from {} to {}", lambda a, b: f"day >= '{a}' AND day < '{b + timedelta(1)}'", [DAYS, DAYS]),
    ("title", 'posts titled "{}"', lambda a: f"title = {quote(a)}", [TEXTS]),
    ("title in any case", 'posts titled "{}"', lambda a: f"title = {quote(a)} OR title = {quote(a.upper())}", [TEXTS]),
    ("title with", 'posts titled "{}"', lambda a: f"title = {quote(a)} OR title LIKE {quote('%' + a + '%')}", [TEXTS]),
    ("two titles", 'posts titled "{}" or "{}"', lambda a, b: f"title IN ({quote(a)}, {quote(b)})", [TEXTS, TEXTS]),
    ("number as text", "posts titled {}", lambda a: f"title = '{a}' AND likes > {a}", [NUMBERS]),
]  # fmt: skip


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def plan(request: Request, condition: str) -> tuple[str, Checked]:
    """The template under which the draft's plan is stored, and the plan."""
    tree = parse(f"SELECT id FROM posts WHERE {condition}", "duckdb")
    bind(tree, CATALOG)
    checked = check_tree(tree, CATALOG, slots=liftable(request.slots, tree, request.question))
    return request.template(frozenset(p.name for p in checked.parameters)), checked


@pytest.mark.parametrize(
    ("wording", "draft", "values"), [w[1:] for w in WRITERS], ids=[w[0] for w in WRITERS]
)
@settings(max_examples=40)
@given(data=st.data())
def test_a_plan_found_by_other_values_is_the_plan_of_those(
    data: st.DataObject, wording: str, draft: Draft, values: list[st.SearchStrategy[Any]]
) -> None:
    first, second = (data.draw(st.tuples(*values)) for _ in range(2))
    template, checked = plan(intake(wording.format(*first)), draft(*first))
    other = intake(wording.format(*second))
    if template not in dict(other.templates()):
        return
    try:
        arguments = other.arguments(checked.parameters)
    except RequestError:
        return  # rejected, and compiled again
    sql = check(f"SELECT id FROM posts WHERE {draft(*second)}", CATALOG).sql
    assert unlifted(display(checked.sql, arguments)) == unlifted(sql)


def unlifted(sql: str) -> str:
    """The SQL with `30 * INTERVAL '1' DAYS`, which takes a parameter, as the interval that it is."""
    return re.sub(r"(\d+) \* INTERVAL '1' (\w+)", r"INTERVAL '\1' \2", sql)
