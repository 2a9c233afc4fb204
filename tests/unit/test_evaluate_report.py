"""Reports, as text and as JSON."""

import json
from dataclasses import replace

import pytest

from nlq.errors import EvalError
from nlq.evaluate import Case, Gold, Outcome, Report, Score, show_outcome, show_summary
from nlq.evaluate.outcome import Shown
from nlq.evaluate.report import Made, Unusable

COUNT = Case(1, "How many users are there?", (Gold("SELECT\n  count(*)\nFROM users"),), "count", "easy")
NAMES = Case(2, "Show the names.", (Gold("SELECT name FROM users"),), "filter", "easy")
WEATHER = Case(3, "Will it rain?", (Gold("SELECT 1"),), "filter", "hard")

RIGHT = Outcome(
    COUNT, "duckdb", Score(True, "equal"), "SELECT count(*) FROM users", 1.25, "", 1, 1, 300, 20,
    cost_usd=0.001, gold_sql="SELECT\n  count(*)\nFROM users", confidence=0.75,
)  # fmt: skip
WRONG = Outcome(
    NAMES, "duckdb", Score(False, "extra columns", "2 instead of 1"), "SELECT id,\n name FROM users",
    3.5, "", 2, 1, 700, 50, cached=True, fault="extra columns", gold_sql="SELECT name FROM users",
    confidence=0.4, ours=Shown(("id", "name"), (("1", "Ana"),), 1), wanted=Shown(("name",), (("Ana",),), 1),
)  # fmt: skip
FAILED = Outcome(
    WEATHER, "duckdb", Score(False, "error", "nothing fits"), "", 12.0, "compile.refused", 1, 1, 300, 2,
    fault="refused", gold_sql="SELECT 1",
)  # fmt: skip
REPORT = Report("mine", (RIGHT, WRONG, FAILED), (Unusable(4, "it finds no rows"),), Made("m", "p", "d"))


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
                "   3 MISS   12.0 s  Will it rain?  [compile.refused, refused]",
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
        "faults: extra columns 1, refused 1",
        "refused 1, of which rightly 0; due to be refused 0 (precision 0%)",
        "of the surest 70%, right: 47.6%; of all that have an answer: 33.3%",
        "left out, for their gold does not run or finds nothing: 1",
        "3 model calls for 4 drafts, 1300 prompt and 72 completion tokens, 0.0010 USD; "
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
        "key": NAMES.key,
        "number": 2,
        "as": None,
        "dialect": "duckdb",
        "fault": "extra columns",
        "leaked": [],
        "cost_usd": 0.0,
        "cached": True,
        "ours": {"columns": ["id", "name"], "rows": [["1", "Ana"]], "of": 1},
        "wanted": {"columns": ["name"], "rows": [["Ana"]], "of": 1},
        "question": "Show the names.",
        "class": "filter",
        "difficulty": "easy",
        "correct": False,
        "reason": "extra columns",
        "detail": "2 instead of 1",
        "error": None,
        "sql": "SELECT id,\n name FROM users",
        "gold": "SELECT name FROM users",
        "confidence": 0.4,
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
        "model": "m",
        "prompt": "p",
        "database": "d",
        "unusable": [{"number": 4, "why": "it finds no rows"}],
        "faults": {"extra columns": 1, "refused": 1},
        "valid": [2, 3],
        "abstention": {"refused": 1, "due": 0, "both": 0, "precision": 0.0, "recall": None},
        "leaks": 0,
        "by_coverage": [
            (0.1, 1.0),
            (0.2, 1.0),
            (0.3, 1.0),
            (0.4, 0.8333),
            (0.5, 0.6667),
            (0.6, 0.5556),
            (0.7, 0.4762),
            (0.8, 0.4167),
            (0.9, 0.3704),
            (1.0, 0.3333),
        ],
        "cached": 1,
        "tokens_per_question": 457.3,
        "cost_usd": 0.001,
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


def test_an_outcome_of_before_confidence_can_be_read() -> None:
    raw = RIGHT.to_json()
    del raw["confidence"]
    assert Outcome.from_json(RIGHT.case, raw) == replace(RIGHT, confidence=0.0)


@pytest.mark.parametrize("outcome", [RIGHT, WRONG, FAILED], ids=["right", "wrong", "failed"])
def test_an_outcome_can_be_read_back(outcome: Outcome) -> None:
    line = json.dumps(outcome.to_json())
    assert Outcome.from_json(outcome.case, json.loads(line)) == outcome


def test_an_outcome_of_another_case_cannot_be_read() -> None:
    with pytest.raises(EvalError) as raised:
        Outcome.from_json(NAMES, RIGHT.to_json())
    assert raised.value.message == "the outcome of case 2 cannot be read"


def test_abstention() -> None:
    due = Case(4, "Who?", expect=("denied",))
    refused = replace(FAILED, case=due, score=Score(True, "refused"))
    answered = replace(RIGHT, case=replace(due, question="What?"), score=Score(False, "answered"))
    report = Report("mine", (RIGHT, FAILED, refused, answered))
    assert report.abstention.to_json() == {
        "refused": 2, "due": 2, "both": 1, "precision": 0.5, "recall": 0.5,
    }  # fmt: skip
    assert report.valid == (1, 2)
