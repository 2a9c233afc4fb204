"""States of prompts: saved when used twice, given back to another process, never given back altered."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nlq.model import Call, Message, Reply
from nlq.model import states as states_module
from nlq.model.states import PromptStates

SCHEMA = Message("system", "CREATE TABLE t (a INT)")
CALL = Call((SCHEMA, Message("user", "how many?")))
NEXT = Call((SCHEMA, Message("user", "how few?")))
OTHER = Call((Message("system", "another schema"), Message("user", "how many?")))
REPLY = Reply("SELECT 1", prompt_tokens=500, completion_tokens=8)


@dataclass
class Slots:
    """A server that saves and restores the state of its slot, as llama.cpp does."""

    directory: Path
    url: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: int = 507
    status: int = 200

    def states(self, made_with: str = "v1") -> PromptStates:
        return PromptStates(self.directory, self.url, "key", made_with)

    def kept(self) -> list[str]:
        return sorted(p.suffix for p in self.directory.iterdir())


@pytest.fixture
def slots(tmp_path: Path) -> Iterator[Slots]:
    state = Slots(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            file = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["filename"]
            action = self.path.rpartition("=")[2]
            state.asked.append(action)
            assert self.headers["Authorization"] == "Bearer key"
            if action == "save":
                (state.directory / file).write_bytes(b"state" * 100)
            body = json.dumps({"n_saved": state.tokens, "n_restored": state.tokens}).encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def _use(states: PromptStates, *calls: Call, reply: Reply = REPLY) -> None:
    for call in calls:
        states.recall(call)
        states.used(call, reply)


def test_a_prompt_is_saved_at_its_second_use_and_recalled_once_by_the_next_process(slots: Slots) -> None:
    _use(slots.states(), CALL)
    assert (slots.asked, slots.kept()) == ([], [".seen"])

    _use(slots.states(), NEXT, CALL, NEXT)
    assert (slots.asked, slots.kept()) == (["save"], [".seen", ".state"])

    _use(slots.states(), CALL, NEXT, CALL)
    assert slots.asked == ["save", "restore"]


@pytest.mark.parametrize(
    ("made_with", "call"),
    [
        pytest.param("v1", OTHER, id="another-schema"),
        pytest.param("v2", CALL, id="another-library"),
        pytest.param("v1", Call(()), id="no-schema"),
    ],
)
def test_a_state_is_for_its_own_prompt_and_format(slots: Slots, made_with: str, call: Call) -> None:
    _use(slots.states(), CALL, CALL)
    slots.asked.clear()
    _use(slots.states(made_with), call)
    assert slots.asked == []


def test_an_altered_state_is_deleted_and_never_given_back(slots: Slots) -> None:
    _use(slots.states(), CALL, CALL)
    (path,) = slots.directory.glob("*.state")
    path.write_bytes(path.read_bytes()[:-1] + b"X")

    slots.states().recall(CALL)

    assert slots.asked == ["save"]
    assert slots.kept() == [".seen"]


def test_the_state_of_another_call_that_came_between_is_dropped(slots: Slots) -> None:
    slots.tokens = 90
    _use(slots.states(), CALL, CALL)
    assert (slots.asked, slots.kept()) == (["save"], [".seen"])


def test_short_prompts_are_not_kept(slots: Slots) -> None:
    _use(slots.states(), CALL, CALL, reply=replace(REPLY, prompt_tokens=50))
    assert slots.kept() == []


@pytest.mark.parametrize("status", [400, 401, 500, 501])
def test_a_server_that_cannot_save_costs_nothing(slots: Slots, status: int) -> None:
    slots.status = status
    _use(slots.states(), CALL, CALL, CALL)
    assert slots.kept() == [".seen"]


def test_a_server_that_cannot_restore_makes_the_state_useless(slots: Slots) -> None:
    _use(slots.states(), CALL, CALL)
    slots.status = 400
    slots.states().recall(CALL)
    assert slots.kept() == [".seen"]


def test_a_directory_that_cannot_be_written_costs_nothing(slots: Slots) -> None:
    states = replace(slots, directory=slots.directory / "absent").states()
    _use(states, CALL, CALL)
    assert slots.asked == []


def test_those_not_used_for_longest_go_first(slots: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states_module, "SIZE_LIMIT", 350_000)  # three files
    _use(slots.states(), CALL, CALL)
    _use(slots.states(), OTHER, OTHER)
    assert slots.kept() == [".seen", ".state", ".state"]
    slots.states().recall(OTHER)
    assert slots.asked[-1] == "restore"
