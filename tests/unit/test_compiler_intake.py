"""Questions in one spelling: what is the same, what is not, and which literals may be lifted."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlq.catalog import Family
from nlq.compiler import intake
from nlq.compiler.intake import MAX_TEXT, fit, normalise
from nlq.errors import NlqError, RequestError
from nlq.plan import Parameter, Slot


def refusal(question: str, params: dict[str, Any] | None = None) -> tuple[str, str, str | None]:
    with pytest.raises(RequestError) as caught:
        intake(question, params)
    return caught.value.code, caught.value.message, caught.value.hint


# one spelling


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("  how\t many\n\n users ? ", "how many users ?", id="white space"),
        pytest.param("how\u00a0many\u2003users", "how many users", id="other white space"),
        pytest.param("how many u\u200bsers\ufeff", "how many users", id="zero width"),
        pytest.param("how many \u2066users\u2069", "how many users", id="direction marks"),
        pytest.param("how many u\u00adsers", "how many users", id="soft hyphen"),
        pytest.param("how many\x00\x1busers", "how many users", id="control characters"),
        pytest.param("how many \ud800users", "how many users", id="half of a surrogate pair"),
        pytest.param("cafe\u0301s", "caf\u00e9s", id="combining accent"),
        pytest.param("cafe\u200b\u0301s", "caf\u00e9s", id="accent behind an invisible character"),
        pytest.param("users \u2764\ufe0f", "users \u2764", id="variation selector"),
        pytest.param("Stra\u00dfe", "Stra\u00dfe", id="sharp s stays"),
        pytest.param("STRASSE", "STRASSE", id="case stays"),
        pytest.param("x\u00b2", "x\u00b2", id="superscript stays"),
        pytest.param("\ufb01sh", "\ufb01sh", id="ligature stays"),
        pytest.param("有多少\u3000用户?", "有多少 用户?", id="ideographic space"),
    ],
)
def test_a_question_has_one_spelling(written: str, meant: str) -> None:
    assert normalise(written) == meant


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once.isprintable()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Straße", "STRASSE"), ("x²", "x2"), ("Users", "users"), ("users?", "users"), ("①", "1"), ("é", "e")],
)
def test_questions_of_different_meaning_stay_different(one: str, other: str) -> None:
    assert intake(f"rows of {one}").question != intake(f"rows of {other}").question


@pytest.mark.parametrize(
    "question", ["", "   ", "?!…", "\u200b\u200d", "\x00", "—", "🙂", "''", "{}"], ids=repr
)
def test_a_question_without_a_word_is_empty(question: str) -> None:
    assert refusal(question) == (
        "request.empty",
        "the question is empty",
        "ask in plain English, such as `how many users are there`",
    )


@pytest.mark.parametrize(
    "question", ["有多少用户", "كم عدد المستخدمين؟", "сколько пользователей", "כמה משתמשים", "ผู้ใช้กี่คน", "5"]
)
def test_any_script_is_a_question(question: str) -> None:
    assert intake(question).question == unicodedata.normalize("NFC", question)


def test_a_question_has_a_limit() -> None:
    assert refusal("how many users " * 7_000) == (
        "request.too_long",
        "the question has 105,000 characters, and the limit is 4,000",
        "ask one thing at a time",
    )
    assert intake("x" * 4_000).question == "x" * 4_000


# literals


@pytest.mark.parametrize(
    ("question", "literals"),
    [
        pytest.param("more than 100 likes", [100], id="integer"),
        pytest.param("more than 1,250,000 likes", [1_250_000], id="separators"),
        pytest.param("over 99.50", [Decimal("99.50")], id="decimal"),
        pytest.param("over 1,000.25", [Decimal("1000.25")], id="decimal with separators"),
        pytest.param("over $100 or €250", [100, 250], id="money"),
        pytest.param("over 15% off", [15], id="percent"),
        pytest.param("5-star reviews", [5], id="with a hyphen behind"),
        pytest.param("2, 3 and 4", [2, 3, 4], id="a list"),
        pytest.param("in the last 30 days.", [30], id="before a full stop"),
        pytest.param("since 2026-01-31", ["2026-01-31"], id="date"),
        pytest.param("between 2026-01-01 and 2026-02-01", ["2026-01-01", "2026-02-01"], id="two dates"),
        pytest.param("posts titled 'Deep Work'", ["Deep Work"], id="single quotes"),
        pytest.param('posts titled "don\'t"', ["don't"], id="an apostrophe inside double quotes"),
        pytest.param("posts titled “Ünal”", ["Ünal"], id="curly quotes"),
        pytest.param("users' posts and authors' posts", [], id="apostrophes of plurals"),
        pytest.param("don't show what can't be sold", [], id="apostrophes of verbs"),
        pytest.param("users' posts titled 'x'", ["x"], id="a plural, then quotes"),
        pytest.param("posts by 'O'Brien'", [], id="an apostrophe inside single quotes"),
        pytest.param("the 3rd, 22nd and 101st post", [], id="ordinals"),
        pytest.param("version 1.2.3", [], id="version"),
        pytest.param("at 10:30 on 4/5/2026", [], id="time and date with slashes"),
        pytest.param("in Q3 of FY26, in x2 and 10k", [], id="numbers within words"),
        pytest.param("below -5 and above +7", [], id="signs"),
        pytest.param("orders 2026-02-30", [], id="a day that does not exist"),
        pytest.param("from 2026-05 on", [], id="a month"),
        pytest.param("from 3-5 days", [], id="range"),
        pytest.param("posts with 0 likes and 1 comment", [], id="none and the one"),
        pytest.param("with 0.0 or 1.00 or 01", [], id="none and the one, otherwise written"),
        pytest.param("top 5 of team 5", [], id="twice"),
        pytest.param("5 or 5.0 or 7", [7], id="twice, otherwise written"),
        pytest.param("titled 'a' or \"a\" or 'b'", ["b"], id="text twice"),
        pytest.param("2, 3, 4, 5 and 6", [2, 3, 4, 5], id="at most four"),
        pytest.param("99999999999999999999999 likes", [], id="larger than any column"),
        pytest.param("titled '{country}'", [], id="a parameter in quotes"),
        pytest.param("titled ''", [], id="nothing in quotes"),
        pytest.param(f"titled '{'a' * 201}'", [], id="a long quotation"),
        pytest.param("more than ٣٠ likes", [30], id="Arabic-Indic digits"),
    ],
)
def test_literals_that_may_be_lifted(question: str, literals: list[Any]) -> None:
    params = {"country": "x"} if "{country}" in question else None
    assert [s.value for s in intake(question, params).slots] == literals


def test_slots_are_named_in_order_with_their_families_and_places() -> None:
    request = intake("7 posts over $2.50 since 2026-01-31 titled “x”")
    assert request.slots == (
        Slot("p1", 7, "integer"),
        Slot("p2", Decimal("2.50"), "decimal"),
        Slot("p3", "2026-01-31", "date"),
        Slot("p4", "x", "text"),
    )
    assert [request.question[start:stop] for start, stop in request.spans] == [
        "7",
        "2.50",
        "2026-01-31",
        "“x”",
    ]


def test_a_phone_number_is_no_harm() -> None:
    # Its groups look like numbers; none of them is a number of the SQL, so none is lifted there.
    assert [s.value for s in intake("who has +351 912 345 678").slots] == [912, 345, 678]


def test_templates_are_tried_whole_first_then_most_lifted() -> None:
    assert list(intake("top 5 posts over 100 likes titled 'x'").templates()) == [
        ("top 5 posts over 100 likes titled 'x'", frozenset()),
        ("top {p1} posts over {p2} likes titled {p3}", frozenset({"p1", "p2", "p3"})),
        ("top {p1} posts over {p2} likes titled 'x'", frozenset({"p1", "p2"})),
        ("top {p1} posts over 100 likes titled {p3}", frozenset({"p1", "p3"})),
        ("top 5 posts over {p2} likes titled {p3}", frozenset({"p2", "p3"})),
        ("top {p1} posts over 100 likes titled 'x'", frozenset({"p1"})),
        ("top 5 posts over {p2} likes titled 'x'", frozenset({"p2"})),
        ("top 5 posts over 100 likes titled {p3}", frozenset({"p3"})),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("users with 5 posts", "users with 0 posts"),
        ("users with 5 posts", "users with 1 posts"),
        ("users with 5 posts", "users with more than 5 posts"),
        ("users with 5 posts", "users with 5 posts and 5 likes"),
        ("posts titled 'x'", "posts titled x"),
        ("orders over 5", "orders over -5"),
        ("orders of 2026", "orders of 7"),
    ],
)
def test_questions_that_must_not_share_a_template(one: str, other: str) -> None:
    lifted = {template for template, names in intake(one).templates() if names}
    assert lifted.isdisjoint(template for template, _ in intake(other).templates())


# parameters


def test_parameters_are_named_once_in_order() -> None:
    request = intake(
        "orders of {country} since {day}, {country} only", {"day": "2026-01-01", "country": "x"}
    )
    assert request.names == ("country", "day")
    assert dict(request.params) == {"day": "2026-01-01", "country": "x"}


@pytest.mark.parametrize(
    ("question", "params", "expected"),
    [
        pytest.param(
            "orders of {country}",
            None,
            (
                "request.missing_parameter",
                "the parameter `country` has no value",
                'send "params": {"country": …}',
            ),
            id="missing",
        ),
        pytest.param(
            "orders of {country}",
            {"country": "x", "contry": "y"},
            (
                "request.unknown_parameter",
                "the question has no parameter `contry`",
                "write `{contry}` where its value belongs",
            ),
            id="unknown",
        ),
        pytest.param(
            "top {p1} orders",
            {"p1": 5},
            (
                "request.unknown_parameter",
                "the parameter name `p1` is reserved",
                "names of the form p1, p2… stand for literals; choose another",
            ),
            id="reserved",
        ),
    ],
)
def test_parameters_that_do_not_match(
    question: str, params: dict[str, Any] | None, expected: tuple[str, str, str]
) -> None:
    assert refusal(question, params) == expected


FITTING = [
    ("integer", 7, 7),
    ("integer", 7.0, 7),
    ("integer", Decimal("7"), 7),
    ("integer", -(2**63), -(2**63)),
    ("decimal", 7, 7),
    ("decimal", Decimal("7.5"), Decimal("7.5")),
    ("float", 7.5, 7.5),
    ("boolean", False, False),
    ("date", "2026-01-31", date(2026, 1, 31)),
    ("date", date(2026, 1, 31), date(2026, 1, 31)),
    ("timestamp", "2026-01-31", datetime(2026, 1, 31)),
    ("timestamp", "2026-01-31T12:30:00", datetime(2026, 1, 31, 12, 30)),
    ("timestamp", datetime(2026, 1, 31, 12, 30), datetime(2026, 1, 31, 12, 30)),
    ("timestamp", date(2026, 1, 31), datetime(2026, 1, 31)),
    ("timestamp", "2026-01-31T12:30:00Z", datetime(2026, 1, 31, 12, 30)),
    ("timestamp", "2026-01-31T01:30:00+02:00", datetime(2026, 1, 30, 23, 30)),
    ("timestamp", datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 1, 31)),
    ("time", "12:30", "12:30"),
    ("time", time(12, 30), "12:30:00"),
    ("uuid", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"),
    ("uuid", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ("text", "", ""),
    ("text", "'; DROP TABLE users; --", "'; DROP TABLE users; --"),
    ("text", "x" * MAX_TEXT, "x" * MAX_TEXT),
    ("enum", "paid", "paid"),
    ("other", "", ""),
    ("other", 7, 7),
    ("other", 0, 0),
    *((family, None, None) for family in ("integer", "text", "date", "boolean", "other")),
]


@pytest.mark.parametrize(("family", "value", "bound"), FITTING)
def test_values_that_fit(family: Family, value: object, bound: object) -> None:
    got = fit(Parameter("x", family), value)
    assert (got, type(got)) == (bound, type(bound))


WANTED = {
    "integer": "a whole number",
    "decimal": "a number",
    "float": "a number",
    "boolean": "true or false",
    "date": "a date, such as 2026-01-31",
    "timestamp": "a time, such as 2026-01-31T12:00:00",
    "text": "text of at most 10,000 characters",
    "enum": "text of at most 10,000 characters",
    "time": "a time of day, such as 12:30",
    "uuid": "a UUID",
    "other": "text or a number",
}
UNFITTING: list[tuple[str, object, str]] = [
    *((f, math.nan, "this number") for f in ("integer", "decimal", "float", "other", "text")),
    *((f, math.inf, "this number") for f in ("integer", "decimal", "float", "other")),
    *((f, Decimal("NaN"), "this number") for f in ("integer", "decimal", "float", "other")),
    *((f, Decimal("sNaN"), "this number") for f in ("integer", "decimal")),
    *((f, True, "true or false") for f in ("integer", "decimal", "float", "text", "date", "other")),
    ("integer", 7.5, "this number"),
    ("integer", "7", "this text"),
    ("integer", 2**63, "this number"),
    ("integer", 10**5000, "this number"),
    ("decimal", Decimal("1e999999"), "this number"),
    ("other", 10**400, "this number"),
    ("boolean", 1, "this number"),
    ("boolean", "true", "this text"),
    ("date", "2026-02-30", "this text"),
    ("date", "yesterday", "this text"),
    ("date", datetime(2026, 1, 31), "a time"),
    ("date", 20260131, "this number"),
    ("timestamp", "25:00", "this text"),
    ("text", 7, "this number"),
    ("text", "x" * 100_000, "this text"),
    ("text", "a\0b", "this text"),
    ("text", "a\ud800b", "this text"),
    ("timestamp", "0001-01-01T00:00:00+02:00", "this text"),
    ("timestamp", 20260131, "this number"),
    ("time", "25:00", "this text"),
    ("time", 12, "this number"),
    ("uuid", "nope", "this text"),
    ("uuid", 7, "this number"),
    ("text", ["x"], "a value of this kind"),
    ("integer", {"a": "\n"}, "a value of this kind"),
]


@pytest.mark.parametrize(
    ("family", "value", "shown"),
    UNFITTING,
    ids=[f"{family} {shown[:24]}" for family, _, shown in UNFITTING],
)
def test_values_that_do_not_fit(family: Family, value: object, shown: str) -> None:
    with pytest.raises(RequestError) as caught:
        fit(Parameter("x", family), value)
    assert caught.value.to_json() == {
        "code": "request.bad_parameter",
        "message": f"the parameter `x` cannot be {shown}",
        "hint": f"it takes {WANTED[family]}",
        "span": None,
    }


def test_arguments_come_from_literals_and_parameters() -> None:
    request = intake("orders over 100 of {country}", {"country": "Portugal"})
    wanted = (Parameter("country", "text"), Parameter("p1", "decimal"))
    assert request.arguments(wanted) == {"country": "Portugal", "p1": 100}


@pytest.mark.parametrize(
    ("question", "family"),
    [("since 2026", "date"), ("since 2026-01-31", "integer"), ("with 'x'", "integer"), ("with 5", "text")],
)
def test_a_literal_of_another_kind_does_not_fit_a_plan(question: str, family: Family) -> None:
    with pytest.raises(NlqError, match="the parameter `p1` cannot be"):
        intake(question).arguments((Parameter("p1", family),))
