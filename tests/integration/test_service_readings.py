"""A question that may mean two things comes back with both, and each is then known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nlq.errors import CompileError
from nlq.http import create_app
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

SCRIPT = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, holder TEXT, monthly_fee INTEGER, closing_fee INTEGER);
INSERT INTO accounts VALUES (1, 'Ana', 3, 40), (2, 'Bo', 5, 5);
"""
ANA, BO, MONTHLY = (
    "What is the fee of 'Ana'?",
    "What is the fee of 'Bo'?",
    "What is the monthly fee of 'Ana'?",
)
CLOSING = "What is the closing fee of 'Ana'?"
REPLIES = {
    ANA: "SELECT monthly_fee FROM accounts WHERE holder = 'Ana'",
    BO: "SELECT monthly_fee FROM accounts WHERE holder = 'Bo'",
    "What is the fee of :who?": "SELECT monthly_fee FROM accounts WHERE holder = :who",
}
READINGS = [
    {
        "question": f"What is the {which} fee of 'Ana'?",
        "sql": f'SELECT\n  "accounts"."{which}_fee"\nFROM "main"."accounts" AS "accounts"\n'
        'WHERE\n  "accounts"."holder" = \'Ana\'',
        "explanation": f"Shows `{which}_fee`, from `accounts`. Only rows where `holder` is 'Ana'.",
    }
    for which in ("monthly", "closing")
]


@pytest.fixture
def open_bank(make_database: Any, model: Any, tmp_path: Any) -> Iterator[Callable[..., Service]]:
    model.replies, opened = REPLIES, []
    url = make_database("sqlite", SCRIPT)

    def open_(**given: Any) -> Service:
        opened.append(
            open_service(Settings(db=url, cache_dir=str(tmp_path / "cache"), **given), model=model)
        )
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


def test_it_is_asked_which_is_meant_and_either_is_known_then(
    open_bank: Callable[..., Service], model: Any
) -> None:
    bank = open_bank()
    with pytest.raises(CompileError) as caught:
        bank.ask(ANA)
    assert caught.value.to_json() == {
        "code": "compile.ambiguous",
        "message": "this question may mean 2 things",
        "hint": f"ask one of `{MONTHLY}`, `{CLOSING}`",
        "span": None,
        "readings": READINGS,
    }
    asked = len(model.calls)
    assert [bank.ask(q).rows for q in (MONTHLY, CLOSING)] == [((3,),), ((40,),)]
    assert len(model.calls) == asked


def test_what_comes_to_the_same_is_answered(open_bank: Callable[..., Service]) -> None:
    assert open_bank().ask(BO).rows == ((5,),)


def test_whoever_wants_an_answer_is_given_one_that_says_so(open_bank: Callable[..., Service]) -> None:
    answer = open_bank(ambiguous="answer").ask(ANA)
    assert (answer.rows, answer.assumptions) == (((3,),), (f"It may also mean “{CLOSING}”",))


def test_a_question_with_parameters_is_answered(open_bank: Callable[..., Service]) -> None:
    assert open_bank().ask("What is the fee of {who}?", params={"who": "Ana"}).rows == ((3,),)


def test_what_is_about_something_else_is_refused_without_the_model(
    open_bank: Callable[..., Service], model: Any
) -> None:
    with pytest.raises(CompileError) as caught:
        open_bank().ask("What is the wing span of a bald eagle?")
    assert (caught.value.code, caught.value.message, model.calls) == (
        "compile.refused",
        "nothing that you may see speaks of `wing`, `span`, `bald`, `eagle`",
        [],
    )


def test_over_http_it_is_a_problem_with_readings(
    open_bank: Callable[..., Service], serve: Callable[[FastAPI], httpx.Client]
) -> None:
    reply = serve(create_app(open_bank(open=True))).post("/query", json={"question": ANA})
    assert (reply.status_code, reply.json()) == (
        422,
        {
            "type": "urn:nlq:error:compile.ambiguous",
            "title": "the question may mean several things, and nothing says which",
            "status": 422,
            "detail": "this question may mean 2 things",
            "code": "compile.ambiguous",
            "hint": f"ask one of `{MONTHLY}`, `{CLOSING}`",
            "readings": READINGS,
        },
    )
