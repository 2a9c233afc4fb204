"""A suite run through the real service on DuckDB, with a model whose replies are written here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nlq.errors import EvalError, ModelError
from nlq.evaluate import Case, Gold, Outcome, Score, Suite, evaluate
from nlq.model import Call, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO customers VALUES (1, 'Ana'), (2, 'Bo'), (3, 'Caio');
"""

REPLIES = {
    "How many customers are there?": "SELECT count(*) FROM customers",
    "Show the names from A to Z": "SELECT name FROM customers ORDER BY name DESC",
    "Which customer has the number 2?": "SELECT id, name FROM customers WHERE id = 2",
    "What is the weather like?": "CANNOT",
}


@dataclass
class Written:
    """Answers what is written above, whatever the schema."""

    name: str = "written"
    is_local: bool = True
    closed: bool = False

    def complete(self, call: Call) -> Reply:
        question = call.messages[1].content.strip().splitlines()[-1]
        if question not in REPLIES:
            raise ModelError("model.timeout", "the language model took too long")
        return Reply(REPLIES[question], prompt_tokens=100, completion_tokens=7, seconds=0.5)

    def close(self) -> None:
        self.closed = True


CASES = (
    Case(1, "How many customers are there?", (Gold("SELECT 3"),), "count", "easy"),
    Case(
        2,
        "Show the names from A to Z",
        (Gold("SELECT name FROM customers ORDER BY name"),),
        "order",
        "easy",
    ),
    Case(
        3,
        "Which customer has the number 2?",
        (Gold("SELECT 'Bo'"), Gold("SELECT 'Bo', 2")),
        "filter",
        "hard",
    ),
    Case(4, "What is the weather like?", (Gold("SELECT 1"),), "filter", "hard"),
    Case(5, "Is anybody there?", (Gold("SELECT 1"),), "filter", "hard"),
)

OpenService = Callable[[str], Service]


@pytest.fixture
def model() -> Written:
    return Written()


@pytest.fixture
def open_shop(tmp_path: Path, model: Written, make_database: Callable[[str, str], str]) -> OpenService:
    shop = make_database("duckdb", SHOP)

    def open_(database: str) -> Service:
        settings = Settings(db=database or shop, cache_dir=str(tmp_path / "cache"))
        return open_service(settings, model=model)

    return open_


def test_outcomes(open_shop: OpenService, model: Written) -> None:
    seen: list[Outcome] = []
    report = evaluate(Suite("shop", CASES), open_shop, observe=seen.append)
    assert tuple(seen) == report.outcomes
    assert all(outcome.seconds > 0 for outcome in seen)
    assert [(o.case.number, o.score, o.error_code, o.drafts, o.prompt_tokens) for o in report.outcomes] == [
        (1, Score(True, "equal"), "", 1, 100),
        (2, Score(False, "wrong order"), "", 1, 100),
        (3, Score(True, "equal"), "", 1, 100),
        (4, Score(False, "error", report.outcomes[3].score.detail), "compile.refused", 1, 100),
        (5, Score(False, "error", report.outcomes[4].score.detail), "compile.unavailable", 0, 0),
    ]
    assert (report.right, model.closed) == (2, False)


def test_asked_again_no_model_is_called(open_shop: OpenService) -> None:
    suite = Suite("shop", CASES[:1])
    first, second = (evaluate(suite, open_shop).outcomes[0] for _ in range(2))
    assert (first.model_calls, second.model_calls, second.drafts, second.score) == (1, 0, 0, first.score)


def test_each_database_is_opened_once(
    open_shop: OpenService, make_database: Callable[[str, str], str]
) -> None:
    other = make_database("duckdb", SHOP + "INSERT INTO customers VALUES (4, 'Dua')")
    opened: list[str] = []

    def open_(database: str) -> Service:
        opened.append(database)
        return open_shop(database)

    gold = (Gold("SELECT count(*) FROM customers"),)
    cases = (
        CASES[0],
        Case(2, "How many customers are there?", gold, database=other),
        replace(CASES[2], number=3),
    )
    report = evaluate(Suite("two", cases), open_)
    assert opened == ["", other]
    assert [(o.case.number, o.score.correct) for o in report.outcomes] == [(1, True), (2, True), (3, True)]


def test_a_gold_that_does_not_run_stops_all_before_a_question_is_asked(open_shop: OpenService) -> None:
    seen: list[Outcome] = []
    cases = (*CASES, Case(6, "What is broken?", (Gold("SELECT nothing FROM customers"),)))
    with pytest.raises(EvalError) as raised:
        evaluate(Suite("shop", cases), open_shop, observe=seen.append)
    assert (raised.value.code, raised.value.hint, seen) == (
        "eval.invalid",
        "it answers `What is broken?`",
        [],
    )
    assert raised.value.message.startswith("the gold SQL of case 6 does not run: ")


def test_a_suite_for_another_dialect(open_shop: OpenService) -> None:
    cases = (Case(1, "How many customers are there?", (Gold("SELECT 3", "postgres"),)),)
    with pytest.raises(EvalError) as raised:
        evaluate(Suite("shop", cases), open_shop)
    assert raised.value.message == "case 1 has no gold SQL for `duckdb`"


def test_a_lenient_suite_leaves_out_what_has_no_gold(open_shop: OpenService) -> None:
    cases = (
        CASES[0],
        Case(2, "What is broken?", (Gold("SELECT nothing FROM customers"),)),
        replace(CASES[2], number=3),
    )
    report = evaluate(Suite("shop", cases, lenient=True), open_shop)
    assert ([o.case.number for o in report.outcomes], report.skipped) == ([1, 3], (2,))
