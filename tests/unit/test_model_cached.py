"""The same call is made once."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import pytest
from waiting import PATIENCE_S

from nlq.errors import ModelError
from nlq.model import CachedModel
from nlq.model.base import Call, Message, Reply

CALL = Call((Message("system", "schema"), Message("user", "how many?")))
REPLY = Reply("SELECT 1", prompt_tokens=9, completion_tokens=3, seconds=1.5, cost_usd=0.25)


@dataclass
class Memory:
    """Replies in a dict."""

    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def get(self, key: str) -> Mapping[str, Any] | None:
        return self.kept.get(key)

    def put(self, key: str, value: Mapping[str, object]) -> None:
        self.kept[key] = value


@dataclass
class Counting:
    """A model that counts its calls, and answers when `ready`."""

    reply: Reply | ModelError = REPLY
    name: str = "counting"
    is_local: bool = True
    calls: list[Call] = field(default_factory=list)
    ready: Event = field(default_factory=Event)
    closed: bool = False

    def __post_init__(self) -> None:
        self.ready.set()

    def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        assert self.ready.wait(PATIENCE_S)
        if isinstance(self.reply, ModelError):
            raise self.reply
        return self.reply

    def close(self) -> None:
        self.closed = True


def test_the_second_call_is_answered_from_the_store() -> None:
    model, memory = Counting(), Memory()
    assert CachedModel(model, memory).complete(CALL) == REPLY
    assert CachedModel(model, memory).complete(CALL) == replace(REPLY, from_cache=True)
    assert model.calls == [CALL]


def test_it_is_the_model_otherwise() -> None:
    model = Counting()
    cached = CachedModel(model, Memory())
    cached.close()
    assert (cached.name, cached.is_local, model.closed) == ("counting", True, True)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(CALL, seed=1), id="seed"),
        pytest.param(replace(CALL, temperature=0.5), id="temperature"),
        pytest.param(replace(CALL, max_tokens=1), id="max-tokens"),
        pytest.param(replace(CALL, stop=(";",)), id="stop"),
        pytest.param(replace(CALL, extra=(("grammar", "root ::= x"),)), id="extra"),
        pytest.param(replace(CALL, messages=(Message("user", "how many?"),)), id="messages"),
    ],
)
def test_a_call_that_differs_at_all_is_another_call(other: Call) -> None:
    model = Counting()
    cached = CachedModel(model, Memory())
    cached.complete(CALL)
    cached.complete(other)
    assert model.calls == [CALL, other]


def test_another_model_has_other_replies() -> None:
    memory = Memory()
    CachedModel(Counting(), memory).complete(CALL)
    assert CachedModel(Counting(name="another"), memory).complete(CALL) == REPLY


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_reply_is_not_kept(text: str) -> None:
    model, memory = Counting(Reply(text)), Memory()
    assert CachedModel(model, memory).complete(CALL) == Reply(text)
    assert memory.kept == {}


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param({}, id="empty"),
        pytest.param({**REPLY.to_json(), "text": ""}, id="no-text"),
        pytest.param({**REPLY.to_json(), "prompt_tokens": "many"}, id="not-a-number"),
        pytest.param({**REPLY.to_json(), "prompt_tokens": float("inf")}, id="infinite"),
        pytest.param({**REPLY.to_json(), "seconds": None}, id="null"),
    ],
)
def test_a_kept_object_that_is_no_reply_is_a_miss(kept: dict[str, object]) -> None:
    model = Counting()
    memory = Memory({CALL.key("counting"): kept})
    assert CachedModel(model, memory).complete(CALL) == REPLY
    assert memory.kept == {CALL.key("counting"): REPLY.to_json()}


def test_an_error_is_not_kept() -> None:
    model = Counting(ModelError("model.timeout", "too slow"))
    cached = CachedModel(model, Memory())
    for _ in range(2):
        with pytest.raises(ModelError, match="too slow"):
            cached.complete(CALL)
    assert len(model.calls) == 2


@pytest.mark.parametrize("certainty", [None, 0.25])
def test_a_certainty_is_kept(certainty: float | None) -> None:
    reply = replace(REPLY, certainty=certainty)
    assert Reply.from_json(reply.to_json()) == reply
    assert ("certainty" in reply.to_json()) == (certainty is not None)


def _together(cached: CachedModel, model: Counting, n: int) -> list[Reply | BaseException]:
    """What `n` threads get that all ask before the model answers."""
    model.ready.clear()
    with ThreadPoolExecutor(n) as pool:
        futures = [pool.submit(cached.complete, CALL) for _ in range(n)]
        while not model.calls or any(not f.running() for f in futures):
            pass
        model.ready.set()
    return [f.exception() or f.result() for f in futures]


def test_equal_calls_that_arrive_together_are_made_once() -> None:
    model = Counting()
    replies = _together(CachedModel(model, Memory()), model, 4)
    assert len(model.calls) == 1
    assert sorted(replies, key=lambda r: r.from_cache) == [REPLY, *[replace(REPLY, from_cache=True)] * 3]


def test_equal_calls_that_arrive_together_fail_together() -> None:
    error = ModelError("model.timeout", "too slow")
    model = Counting(error)
    assert set(_together(CachedModel(model, Memory()), model, 4)) == {error}
