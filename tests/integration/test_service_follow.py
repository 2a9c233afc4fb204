"""Follow-ups: made questions that stand alone, by the model or without it, and answered as those."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nlq.compiler.follow import FollowUp, rewrite
from nlq.errors import NlqError
from nlq.events import Event, Followed
from nlq.http import create_app
from nlq.service import Service

OpenShop = Callable[..., Service]

ALL, DEAR = "How many orders are there?", "How many orders are there over 10?"
HERS = "How many orders of {who} are there?"
REPLIES = {
    DEAR: "SELECT count(*) AS n FROM orders WHERE total > 10",
    ALL: "SELECT count(*) AS n FROM orders",
    "How many orders are there for each note?": "SELECT note, count(*) AS n FROM orders GROUP BY note",
    "How many orders are there, only gifts": "SELECT count(*) AS n FROM orders WHERE note = 'gift'",
    "How many customers of :who are there?": "SELECT count(*) AS n FROM customers WHERE name = :who",
}
LAST = "Complete question:"


@pytest.fixture
def service(open_shop: OpenShop, model: Any) -> Service:
    model.replies = REPLIES
    return open_shop(sample="never")


def said(model: Any, *replies: str) -> None:
    """The model makes one of these of the next follow-ups, in turn."""
    left = list(replies)

    class Replies(dict[str, str]):
        def get(self, question: str, other: Any = None) -> Any:
            asks = question == LAST or question.startswith("Write the complete question")
            return left.pop(0) if asks else super().get(question, other)

    model.replies = Replies(REPLIES)


def test_it_is_answered_as_the_question_that_it_becomes(service: Service, model: Any) -> None:
    said(model, f'"{DEAR}"')
    events: list[Event] = []
    answer = service.ask("only those over 10", follows=ALL, observe=events.append)
    assert (answer.question, answer.rows, answer.cached, answer.model_calls) == (DEAR, ((2,),), False, 2)
    assert [e for e in events if isinstance(e, Followed)] == [Followed(DEAR, 1, 120, 20, 0.5)]
    assert "How many orders are there?\nFollow-up: only those over 10\n" in model.asked[0]
    assert "CREATE TABLE" not in str(model.calls[0])
    model.asked.clear()
    assert service.ask("How many orders are there over 50?").rows == ((1,),)
    assert model.asked == []
    said(model, DEAR)
    again = service.ask("only those over 10", follows=ALL)
    assert (again.question, again.cached, again.model_calls) == (DEAR, True, 1)


def test_another_group_takes_no_model(service: Service, model: Any) -> None:
    answer = service.ask("by note instead", follows="How many orders are there for each customer?")
    assert answer.question == "How many orders are there for each note?"
    assert (len(answer.rows), answer.model_calls, len(model.asked)) == (3, 1, 1)


@pytest.mark.parametrize(
    ("text", "question", "becomes"),
    [
        pytest.param("and over 50?", DEAR, None, id="a word that is not of the form"),
        pytest.param("the same for 50", DEAR, "How many orders are there over 50?", id="number"),
        pytest.param("what about 2026?", "orders of 2025 over 10", "orders of 2026 over 10", id="year"),
        pytest.param("what about 'Bo'?", "orders of 'Ana'", "orders of 'Bo'", id="text"),
        pytest.param("for 50", "orders over 10 and below 90", None, id="two of its kind"),
        pytest.param("for 'Bo' and 'Ana'", "orders of 'Caio'", None, id="two values"),
        pytest.param(
            "per month.", "sum for each year of orders", "sum for each month of orders", id="group"
        ),
        pytest.param("per month", "sum for each product category", None, id="a group of two words"),
    ],
)
def test_what_takes_no_model(text: str, question: str, becomes: str | None) -> None:
    assert rewrite(FollowUp(text, question)) == becomes


def test_what_the_model_loses_is_put_behind_the_question(service: Service, model: Any) -> None:
    said(model, ALL, ALL)
    answer = service.ask("only gifts", follows=ALL)
    assert (answer.question, answer.rows) == ("How many orders are there, only gifts", ((1,),))
    said(model, "How many orders are there of late?", DEAR)
    assert service.ask("only those over 10", follows=f"{ALL} ").question == DEAR


def test_parameters_go_along(service: Service, model: Any) -> None:
    said(model, "How many customers of {who} are there?", ALL)
    answer = service.ask("customers instead", follows=HERS, params={"who": "Bo"})
    assert (answer.question, answer.rows) == ("How many customers of {who} are there?", ((1,),))
    without = service.ask("of anybody", follows=HERS, params={"who": "Bo"})
    assert (without.question, without.rows) == (ALL, ((4,),))


@pytest.mark.parametrize(
    ("text", "follows", "code"),
    [
        pytest.param("only gifts", " ", "request.empty", id="nothing before"),
        pytest.param("?", ALL, "request.empty", id="nothing asked"),
        pytest.param("only gifts", "why " * 2000, "request.too_long", id="too long"),
        pytest.param("only gifts", ALL, "compile.frozen", id="frozen"),
    ],
)
def test_what_cannot_be_followed(open_shop: OpenShop, text: str, follows: str, code: str) -> None:
    with pytest.raises(NlqError) as error:
        open_shop(frozen=True).ask(text, follows=follows)
    assert error.value.code == code


def test_over_http_it_says_what_it_asked(
    open_shop: OpenShop, model: Any, serve: Callable[[FastAPI], httpx.Client], tmp_path: Path
) -> None:
    said(model, DEAR)
    log = tmp_path / "audit.jsonl"
    client = serve(create_app(open_shop(open=True, audit=str(log), audit_values=True)))
    body = {"question": "only those over 10", "follows": ALL}
    answer = client.post("/query", json=body).json()
    assert (answer["question"], answer["rows"]) == (DEAR, [{"n": 2}])
    assert "question" not in client.post("/query", json={"question": DEAR}).json()
    [first, _] = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert (first["template"], first["model_calls"]) == (DEAR, 2)
