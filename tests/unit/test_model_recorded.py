"""Recorded replies: real ones, kept as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nlq.errors import ModelError
from nlq.model import Call, Message, RecordedModel, Reply
from nlq.model.__main__ import main
from nlq.model.recorded import record_again

CALL = Call(
    (Message("system", "CREATE TABLE t (a INT);\n\n-- ü"), Message("user", "Values:\nHow many rows in t?")),
    stop=(";",),
    extra=(("grammar", "root ::= x"),),
)
REPLY = Reply("SELECT COUNT(*) FROM t", prompt_tokens=9, completion_tokens=3, seconds=1.5)


@dataclass
class Live:
    """A model that says what it is told to, and counts."""

    reply: Reply = REPLY
    name: str = "live"
    is_local: bool = True
    asked: list[Call] = field(default_factory=list)

    def complete(self, call: Call) -> Reply:
        self.asked.append(call)
        return self.reply

    def close(self) -> None:
        pass


def test_a_reply_is_recorded_once_and_replayed_without_a_model(tmp_path: Path) -> None:
    live = Live()
    recording = RecordedModel(tmp_path, live)
    assert [recording.complete(CALL), recording.complete(CALL)] == [REPLY, REPLY]
    assert RecordedModel(tmp_path).complete(CALL) == REPLY
    assert live.asked == [CALL]


def test_a_recording_is_a_file_that_people_can_read(tmp_path: Path) -> None:
    RecordedModel(tmp_path, Live()).complete(CALL)
    (path,) = tmp_path.iterdir()
    assert path.name == f"how-many-rows-in-t.{CALL.key('recording')[:16]}.json"
    assert json.loads(path.read_text("utf-8")) == {
        "asks": "How many rows in t?",
        "model": "live",
        "reply": REPLY.to_json(),
        "call": {
            "messages": [
                {"role": "system", "content": ["CREATE TABLE t (a INT);", "", "-- ü"]},
                {"role": "user", "content": ["Values:", "How many rows in t?"]},
            ],
            "max_tokens": 400,
            "temperature": 0.0,
            "seed": 0,
            "stop": [";"],
            "extra": {"grammar": "root ::= x"},
        },
    }


def test_what_was_never_recorded_is_an_error_that_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        RecordedModel(tmp_path).complete(CALL)
    assert caught.value.to_json() == {
        "code": "model.no_recording",
        "message": "no reply is recorded for “How many rows in t?”",
        "hint": f"record it: run the same with `NLQ_MODEL=record:{tmp_path}`",
        "span": None,
    }


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda p: p.write_bytes(b""), id="empty"),
        pytest.param(lambda p: p.write_bytes(b"\xff"), id="not-utf-8"),
        pytest.param(lambda p: p.write_bytes(b"{}"), id="no-reply"),
        pytest.param(lambda p: p.write_bytes(b'{"reply": {"text": 1}}'), id="half-a-reply"),
        pytest.param(lambda p: (p.unlink(), p.mkdir()), id="a-directory"),
    ],
)
def test_a_spoiled_recording_is_not_recorded_over(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    live = Live()
    RecordedModel(tmp_path, live).complete(CALL)
    (path,) = tmp_path.iterdir()
    spoil(path)
    with pytest.raises(ModelError, match="is not a recording"):
        RecordedModel(tmp_path, live).complete(CALL)
    assert len(live.asked) == 1


def test_every_recorded_call_can_be_asked_again(tmp_path: Path) -> None:
    others = [replace(CALL, seed=1), Call(())]
    for call in (CALL, *others):
        RecordedModel(tmp_path, Live()).complete(call)

    same = Live()
    assert record_again(tmp_path, same) == 0
    assert sorted(same.asked, key=repr) == sorted([CALL, *others], key=repr)

    assert record_again(tmp_path, Live(Reply("SELECT 2"))) == 3
    assert RecordedModel(tmp_path).complete(CALL) == Reply("SELECT 2")


def test_the_command_wants_directories(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (main([]), main([str(tmp_path)])) == (2, 0)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (
        f"{tmp_path}: 0 replies changed\n",
        "usage: python -m nlq.model DIRECTORY…\n",
    )
