"""Which questions are answered from the plan of another one: measured on pairs of questions.

A false match is a wrong answer, told with certainty: there may be none. A missed one costs a compilation.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler import intake
from nlq.compiler.neutral import Vocabulary
from nlq.compiler.paraphrase import fill, plan_keys, question_keys
from nlq.plan import Parameter, Plan

FIXTURES = Path(__file__).parents[1] / "fixtures" / "paraphrases"
CATALOG = catalog_from_ddl((FIXTURES / "catalog.sql").read_text("utf-8"), "duckdb")
VOCABULARY = Vocabulary.of(CATALOG)
RECALL = 0.95
"""Of pairs that mean the same, the part that is found; raise it with the rules, never lower it."""


def lines(name: str) -> list[str]:
    text = (FIXTURES / name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


PAIRS = [tuple(line.split(" | ")) for line in lines("different.txt") if line]
GROUPS = [group.split("\n") for group in "\n".join(lines("same.txt")).strip().split("\n\n")]


def plan(question: str, lifted: bool) -> Plan:
    """What a compiler that lifts every literal, or none, makes of a question."""
    request = intake(question)
    slots = request.slots if lifted else ()
    parameters = tuple(
        Parameter(s.name, s.family, s.value if isinstance(s.value, int | str) else float(s.value))
        for s in slots
    )
    template = request.template(frozenset(s.name for s in slots))
    return Plan("query", template, "duckdb", "", "SELECT 1", parameters, (), (), "")


def keys(question: str, vocabulary: Vocabulary = VOCABULARY) -> set[str]:
    """The keys of the plans that may be known for a question."""
    return {key for lifted in (True, False) for key, _ in plan_keys(plan(question, lifted), vocabulary)}


def asked(question: str, vocabulary: Vocabulary = VOCABULARY) -> set[str]:
    return {key for key, _ in question_keys(intake(question).question, vocabulary)}


@pytest.mark.parametrize(("known", "other"), PAIRS, ids=[" | ".join(p) for p in PAIRS])
def test_a_near_miss_is_no_match(known: str, other: str) -> None:
    assert not keys(known) & asked(other)
    assert not keys(other) & asked(known)


def test_there_are_200_near_misses() -> None:
    assert len(set(PAIRS)) >= 200


def test_questions_of_other_groups_never_match() -> None:
    of_group = [[(keys(q), asked(q), q) for q in group] for group in GROUPS]
    false = [
        (known, other)
        for one, another in combinations(of_group, 2)
        for known_keys, known_asked, known in one
        for other_keys, other_asked, other in another
        if known_keys & other_asked or other_keys & known_asked
    ]
    assert false == []


def test_most_that_mean_the_same_match() -> None:
    pairs = [(known, other) for group in GROUPS for known in group for other in group if known != other]
    missed = [
        (known, other)
        for known, other in pairs
        if not {k for k, _ in plan_keys(plan(known, True), VOCABULARY)} & asked(other)
    ]
    assert len(pairs) >= 200
    assert 1 - len(missed) / len(pairs) >= RECALL, missed


WITNESSES = catalog_from_ddl(
    """
    CREATE TABLE products (id INTEGER PRIMARY KEY, price INTEGER, list_price INTEGER, get_price INTEGER);
    CREATE TABLE shows (id INTEGER PRIMARY KEY, display_name TEXT, number_of_seats INTEGER, counts INTEGER);
    CREATE TABLE seats (id INTEGER PRIMARY KEY, at TEXT CHECK (at IN ('over', 'under', 'above', 'below')));
    """,
    "duckdb",
)


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("list products", "products"),
        ("show products", "products"),
        ("display products", "show products"),
        ("get products", "products"),
        ("number of seats", "how many seats"),
        ("count of seats", "how many seats"),
        ("shows with over 5 seats", "shows with more than 5 seats"),
        ("shows with under 5 seats", "shows with fewer than 5 seats"),
        ("products with price above 5", "products with price greater than 5"),
        ("products with price below 5", "products with price less than 5"),
        ("seats over 5", "seats above 5"),
        ("list of products", "products"),
    ],
)  # fmt: skip
def test_a_word_of_the_catalog_is_never_neutral(known: str, other: str) -> None:
    vocabulary = Vocabulary.of(WITNESSES)
    assert not keys(known, vocabulary) & asked(other, vocabulary)
    assert not keys(other, vocabulary) & asked(known, vocabulary)


@pytest.mark.parametrize(
    ("known", "other"),
    [
        ("the post titled 'more than 5'", "the post titled 'over 5'"),
        ("the post titled 'all the users'", "the post titled 'all users'"),
        ("the post titled 'Ink'", "the post titled 'ink'"),
        ("top 5 posts", "top 6 posts"),
        ("posts of 2025", "posts of 2026"),
        ("orders since 2026-01-31", "orders since 31 January 2025"),
    ],
)
def test_a_value_that_was_not_lifted_stays(known: str, other: str) -> None:
    found = {key for key, _ in plan_keys(plan(known, False), VOCABULARY)}
    assert found <= asked(known)
    assert not found & asked(other)


@pytest.mark.parametrize(
    ("template", "parameters", "question", "read", "values"),
    [
        pytest.param(
            "top {p1} posts with more than {p2} likes",
            [("p1", "integer", 5), ("p2", "integer", 100)],
            "show the top seven posts with over 1,000 likes",
            "top 7 posts with more than 1000 likes",
            {"p1": 7, "p2": 1000},
            id="numbers in order",
        ),
        pytest.param(
            "posts with more than {min_likes} likes",
            [("min_likes", "integer", 100)],
            "show posts with over 250 likes",
            "posts with more than 250 likes",
            {"min_likes": 250},
            id="a named parameter",
        ),
        pytest.param(
            "posts titled {title} since {day}",
            [("title", "text", None), ("day", "date", None)],
            "list posts titled 'Ink' since January 31, 2026",
            "posts titled 'Ink' since 2026-01-31",
            {"title": "Ink", "day": "2026-01-31"},
            id="text and a day",
        ),
        pytest.param(
            "orders of {year}",
            [("year", "integer", None)],
            "show orders of 2026",
            "orders of 2026",
            {"year": 2026},
            id="a year",
        ),
    ],
)
def test_the_request_is_told_in_the_words_of_the_plan(
    template: str,
    parameters: list[tuple[str, Any, Any]],
    question: str,
    read: str,
    values: dict[str, object],
) -> None:
    known = Plan(
        "query", template, "duckdb", "", "SELECT 1", tuple(Parameter(*p) for p in parameters), (), (), ""
    )
    request = intake(question)
    by_key = dict(plan_keys(known, VOCABULARY))
    found = [
        fill(request, known, by_key[key], slots)
        for key, slots in question_keys(request.question, VOCABULARY)
        if key in by_key
    ]
    assert [(f.question, {s.name: s.value for s in f.slots}) for f in found] == [(read, values)]


@pytest.mark.parametrize(
    ("template", "family", "question"),
    [
        ("orders of {customer}", "integer", "show orders of 2026"),
        ("orders of {customer}", "integer", "show orders of 'Ana'"),
        ("orders of {customer}", "text", "show orders of 7"),
        ("orders since {day}", "date", "show orders since 7"),
        ("orders of {year}", "integer", "show orders of 7"),
        ("orders of {customer} or for {customer}", "integer", "show orders of 7 or for 8"),
        ("orders of {flag}", "boolean", "show orders of 7"),
    ],
)
def test_a_value_of_another_kind_does_not_fill_a_hole(template: str, family: Any, question: str) -> None:
    name = template.partition("{")[2].partition("}")[0]
    known = Plan("query", template, "duckdb", "", "SELECT 1", (Parameter(name, family),), (), (), "")
    assert not {key for key, _ in plan_keys(known, VOCABULARY)} & asked(question)


def test_too_many_values_are_not_looked_for() -> None:
    assert asked("users with 2, 3, 4, 5 or 6 posts") == set()


def test_long_questions_are_not_looked_for() -> None:
    long = "users with more than 5 posts" + " and 2 comments" * 50
    assert (asked(long), asked(long[:400]) != set()) == (set(), True)


WORDS = sorted({word for group in GROUPS for question in group for word in question.split()})


@given(st.lists(st.sampled_from([*WORDS, "7", "8", "'x'"]), min_size=1, max_size=12).map(" ".join))
def test_a_question_finds_its_own_plan_or_none_is_looked_for(text: str) -> None:
    assert keys(text) <= asked(text) or asked(text) == set()
