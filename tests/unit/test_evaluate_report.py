"""Reports, as text and as JSON."""

import math

import pytest

from nlq.evaluate import Case, Gold, Outcome, Report, Score, show_outcome, show_summary
from nlq.evaluate.report import percentile, wilson

COUNT = Case(1, "How many users are there?", (Gold("SELECT\n  count(*)\nFROM users"),), "count", "easy")
NAMES = Case(2, "Show the names.", (Gold("SELECT name FROM users"),), "filter", "easy")
WEATHER = Case(3, "Will it rain?", (Gold("SELECT 1"),), "filter", "hard")

RIGHT = Outcome(
    COUNT, "duckdb", Score(True, "equal"), "SELECT count(*) FROM users", 1.25, "", 1, 1, 300, 20
)
WRONG = Outcome(
    NAMES, "duckdb", Score(False, "extra columns", "2 instead of 1"), "SELECT id,\n name FROM users",
    3.5, "", 2, 1, 700, 50,
)  # fmt: skip
FAILED = Outcome(
    WEATHER, "duckdb", Score(False, "error", "nothing fits"), "", 12.0, "compile.refused", 1, 1, 300, 2
)
REPORT = Report("mine", (RIGHT, WRONG, FAILED), skipped=(4,))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (RIGHT, ["   1 ok      1.2 s  How many users are there?"]),
        (
            WRONG,
            [
                "   2 MISS    3.5 s  Show the names.  [extra columns]",
                "            2 instead of 1",
                "       sql  SELECT id, name FROM users",
                "      gold  SELECT name FROM users",
            ],
        ),
        (
            FAILED,
            [
                "   3 MISS   12.0 s  Will it rain?  [compile.refused]",
                "            nothing fits",
                "      gold  SELECT 1",
            ],
        ),
    ],
    ids=["right", "wrong", "failed"],
)
def test_an_outcome_as_text(outcome: Outcome, expected: list[str]) -> None:
    assert show_outcome(outcome).splitlines() == expected


def test_the_summary_as_text() -> None:
    assert show_summary(REPORT).splitlines() == [
        "mine: 1 of 3 right, 33.3% (95 % confidence: 6.1% to 79.2%)",
        "by difficulty: easy 1/2, hard 0/1",
        "by class: count 1/1, filter 0/2",
        "missed: extra columns 1, compile.refused 1",
        "left out, for their gold does not run: 1",
        "3 model calls for 4 drafts, 1300 prompt and 72 completion tokens; "
        "seconds per question: 3.50 (half), 12.00 (95 of 100)",
    ]


def test_a_perfect_suite_without_classes_as_text() -> None:
    plain = Case(1, "q", (Gold("SELECT 1"),))
    outcome = Outcome(plain, "duckdb", Score(True, "equal"), "SELECT 1", 0.004)
    assert show_summary(Report("s", (outcome,))).splitlines() == [
        "s: 1 of 1 right, 100.0% (95 % confidence: 20.7% to 100.0%)",
        "0 model calls for 0 drafts, 0 prompt and 0 completion tokens; "
        "seconds per question: 0.00 (half), 0.00 (95 of 100)",
    ]


def test_json() -> None:
    data = REPORT.to_json()
    assert data.pop("outcomes")[1] == {
        "number": 2,
        "question": "Show the names.",
        "class": "filter",
        "difficulty": "easy",
        "correct": False,
        "reason": "extra columns",
        "detail": "2 instead of 1",
        "error": None,
        "sql": "SELECT id,\n name FROM users",
        "gold": "SELECT name FROM users",
        "seconds": 3.5,
        "drafts": 2,
        "model_calls": 1,
        "prompt_tokens": 700,
        "completion_tokens": 50,
    }
    assert data == {
        "suite": "mine",
        "cases": 3,
        "right": 1,
        "skipped": [4],
        "accuracy": 0.3333,
        "interval": [0.0615, 0.7923],
        "by_class": {"count": [1, 1], "filter": [0, 2]},
        "by_difficulty": {"easy": [1, 2], "hard": [0, 1]},
        "reasons": {"equal": 1, "extra columns": 1, "compile.refused": 1},
        "drafts": 4,
        "model_calls": 3,
        "prompt_tokens": 1300,
        "completion_tokens": 72,
        "seconds": {"p50": 3.5, "p95": 12.0, "total": 16.75},
    }


@pytest.mark.parametrize("of", [1, 2, 30, 1000])
def test_the_interval_holds_the_share_and_mirrors(of: int) -> None:
    for right in range(of + 1):
        low, high = wilson(right, of)
        other_low, other_high = wilson(of - right, of)
        assert 0 <= low <= right / of + 1e-12 <= high + 2e-12 <= 1 + 2e-12
        assert math.isclose(low, 1 - other_high, abs_tol=1e-12)
        assert math.isclose(high, 1 - other_low, abs_tol=1e-12)


def test_percentiles() -> None:
    assert [
        percentile([], 50),
        percentile([7.0], 95),
        percentile([float(n) for n in range(1, 101)], 95),
    ] == [0, 7, 95]
