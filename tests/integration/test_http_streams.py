"""Server-sent events, and clients that do not wait for the end."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from servers import asking, post
from waiting import wait_for

from nlq.compilations import COMPILING
from nlq.errors import ModelError
from nlq.http import create_app, reply
from nlq.http.shapes import AnswerShape, Problem
from nlq.service import Service

OpenShop = Callable[..., Service]
Serve = Callable[[FastAPI], httpx.Client]
EVENTS = {"accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, Any]]:
    """Name and data of each event, comments left out."""
    blocks = [b for b in text.split("\n\n") if b and not b.startswith(":")]
    found = [re.fullmatch(r"event: (\w+)\ndata: (.+)", block) for block in blocks]
    return [(m[1], json.loads(m[2])) for m in found if m is not None]


def test_a_compilation_reports_its_stages(open_shop: OpenShop, serve: Serve) -> None:
    client = serve(create_app(open_shop(open=True)))
    ask = {"question": "How many customers are there?"}
    first = client.post("/query", json=ask, headers=EVENTS)
    assert first.headers["content-type"] == "text/event-stream; charset=utf-8"
    *stages, (name, answer) = events(first.text)
    plan_id = answer["plan"]["id"]
    seconds = stages[-1][1].pop("seconds")
    assert seconds >= 0
    assert stages == [
        ("stage", {"stage": "drafting", "attempt": 1, "model": "scripted"}),
        (
            "stage",
            {
                "stage": "drafted",
                "attempt": 1,
                "prompt_tokens": 120,
                "completion_tokens": 20,
                "seconds": 0.5,
                "from_cache": False,
                "cost_usd": 0.0,
            },
        ),
        ("stage", {"stage": "plan_made", "plan_id": plan_id}),
        ("stage", {"stage": "running", "plan_id": plan_id}),
        ("stage", {"stage": "ran", "rows": 1}),
    ]
    assert name == "answer" and AnswerShape.model_validate(answer, strict=True)
    again = events(client.post("/query", json=ask, headers=EVENTS).text)
    assert [data.get("stage", name) for name, data in again] == ["plan_found", "running", "ran", "answer"]


def test_a_stream_ends_in_an_error(open_shop: OpenShop, serve: Serve) -> None:
    client = serve(create_app(open_shop(open=True)))
    stream = client.post("/query", json={"question": "What is the weather?"}, headers=EVENTS)
    name, data = events(stream.text)[-1]
    problem = Problem.model_validate(data)
    assert (name, problem.status, problem.code) == ("error", 422, "compile.failed")
    before = client.post("/query", json={"question": 1}, headers=EVENTS)
    assert (before.status_code, before.json()["code"]) == (400, "request.invalid")


def test_a_silent_stream_is_kept_alive(
    open_shop: OpenShop, serve: Serve, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply, "KEEP_ALIVE_S", 0.05)
    model.hold = threading.Event()
    client = serve(create_app(open_shop(open=True)))
    seen = []
    with client.stream(
        "POST", "/query", json={"question": "How many customers are there?"}, headers=EVENTS
    ) as stream:
        for line in stream.iter_lines():
            seen.append(line)
            if seen.count(": still working") == 2:
                model.hold.set()
    assert seen[0] == ": working"
    assert seen[-3] == "event: answer"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_statement_ends_when_its_client_leaves(open_shop: OpenShop, serve: Serve, accept: str) -> None:
    service = open_shop(open=True, statement_timeout_s=0.0)
    client = serve(create_app(service))
    client.post("/compile", json={"question": "Count for ever"})
    begun: list[bool] = []
    ended: list[str] = []
    run = service.engine.run

    def watched(*given: Any, **named: Any) -> Any:
        begun.append(True)
        try:
            return run(*given, **named)
        except Exception as error:
            ended.append(getattr(error, "code", repr(error)))
            raise

    service.engine.run = watched  # type: ignore[method-assign]  # only to see how it ends
    with asking(client.base_url, "/query", {"question": "Count for ever"}, accept=accept):
        wait_for(lambda: begun)
    wait_for(lambda: ended)
    assert ended == ["engine.cancelled"]
    assert client.post("/sql", json={"sql": "SELECT 1 AS one"}).json()["rows"] == [{"one": 1}]


def test_a_compilation_ends_when_its_client_leaves(open_shop: OpenShop, serve: Serve, model: Any) -> None:
    model.hold = threading.Event()
    model.replies = {}
    app = create_app(open_shop(open=True))
    client = serve(app)
    running = app.state.door.workers._running
    with asking(client.base_url, "/query", {"question": "What is the weather?"}):
        wait_for(lambda: model.asked)
    wait_for(lambda: all(c.cancelled for c in running.values()))
    model.hold.set()
    wait_for(lambda: not running)
    assert len(model.asked) == 1  # a reply of rubbish would have been followed by two more attempts


def test_a_model_that_hangs_leaves_threads_for_what_is_known(
    open_shop: OpenShop, serve: Serve, model: Any
) -> None:
    client = serve(create_app(open_shop(open=True)))
    known = {"question": "How many customers are there?"}
    client.post("/query", json=known)
    model.hold = threading.Event()
    model.failure = ModelError("model.timeout", "the model took too long")
    codes: list[str] = []

    def ask(number: int) -> None:
        sent = {"question": f"What is the weather in town {'abcdefghijklmnopqrstuvwxyz'[number]}?"}
        codes.append(post(str(client.base_url.join("/query")), json=sent).json()["code"])

    asking = [threading.Thread(target=ask, args=(n,)) for n in range(COMPILING + 4)]
    for thread in asking:
        thread.start()
    wait_for(lambda: len(codes) == 4)
    assert codes == ["compile.busy"] * 4
    assert client.post("/query", json=known).json()["rows"] == [{"customers": 3}]
    model.hold.set()
    for thread in asking:
        thread.join()
    assert codes[4:] == ["compile.unavailable"] * COMPILING


def test_equal_questions_that_arrive_together_are_compiled_once(
    open_shop: OpenShop, serve: Serve, model: Any
) -> None:
    model.hold = threading.Event()
    client = serve(create_app(open_shop(open=True)))
    cached: list[bool] = []

    def ask() -> None:
        sent = {"question": "How many customers are there?"}
        reply = post(str(client.base_url.join("/query")), json=sent).json()
        cached.append(reply["plan"]["cached"])

    asking = [threading.Thread(target=ask) for _ in range(6)]
    for thread in asking:
        thread.start()
    wait_for(lambda: model.asked)
    time.sleep(0.1)
    model.hold.set()
    for thread in asking:
        thread.join()
    assert (len(model.asked), sorted(cached)) == (1, [False] + [True] * 5)
