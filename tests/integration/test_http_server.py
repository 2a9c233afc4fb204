"""The server as a process: `nlq serve` and `uvicorn server:app`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from servers import get, post, reserved_port, wait_until_up
from waiting import PATIENCE_S, wait_for

import nlq
from nlq.service import Service

ROOT = Path(nlq.__file__).parent.parent
NLQ_SERVE = (sys.executable, "-m", "nlq", "serve")
UVICORN = (sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT), "server:app")

Start = Callable[..., tuple["subprocess.Popen[str]", str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server in an empty directory, on a port that is free: the process and its URL."""
    started: list[subprocess.Popen[str]] = []
    held = ExitStack()
    directory = tmp_path / "here"
    directory.mkdir()

    def start_(
        command: tuple[str, ...], *arguments: str, **settings: str
    ) -> tuple[subprocess.Popen[str], str]:
        port = held.enter_context(reserved_port())
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NLQ_")}
        environment |= {"PYTHONPATH": str(ROOT), **settings}
        process = subprocess.Popen(
            [*command, "--port", str(port), *arguments],
            cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process, f"http://127.0.0.1:{port}"

    with held:
        yield start_
        for process in started:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("command", [NLQ_SERVE, UVICORN], ids=["nlq-serve", "uvicorn"])
def test_a_frozen_server_answers_what_was_compiled(
    start: Start, command: tuple[str, ...], open_shop: Callable[..., Service], shop: Path, tmp_path: Path
) -> None:
    open_shop().ask("How many customers are there?")
    process, url = start(
        command,
        NLQ_DB=f"duckdb:///{shop}",
        NLQ_CACHE_DIR=str(tmp_path / "cache"),
        NLQ_OPEN="1",
        NLQ_FROZEN="1",
    )
    wait_until_up(f"{url}/health", process)
    answer = post(f"{url}/query", json={"question": "How many customers are there?"}).json()
    assert (answer["rows"], answer["plan"]["model_calls"]) == ([{"customers": 3}], 0)
    refused = post(f"{url}/query", json={"question": "How many orders are there?"}).json()
    assert refused["code"] == "compile.frozen"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in out + err
    if command is NLQ_SERVE:
        assert out == ""


@pytest.mark.parametrize("command", [NLQ_SERVE, UVICORN], ids=["nlq-serve", "uvicorn"])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param(
            {"NLQ_OPEN": "1", "NLQ_DB": "duckdb:///no.duckdb"}, "engine.unreachable", id="no-file"
        ),
        pytest.param({"NLQ_DB": "duckdb:///no.duckdb"}, "settings.no_policy", id="no-policy"),
        pytest.param({"NLQ_OPEN": "1"}, "settings.invalid", id="no-database"),
    ],
)
def test_a_server_that_cannot_start_says_why(
    start: Start, command: tuple[str, ...], settings: dict[str, str], message: str
) -> None:
    process, _ = start(command, **settings)
    out, err = process.communicate(timeout=PATIENCE_S)
    misuse = command is NLQ_SERVE and message.startswith("settings.")
    assert (process.returncode, out) == (2 if misuse else 1, "")
    assert message in err and "Traceback" not in err


def test_several_processes(
    start: Start, open_shop: Callable[..., Service], shop: Path, tmp_path: Path
) -> None:
    open_shop().ask("How many customers are there?")
    flags = ("--open", "--frozen", "--workers", "2", "--db", f"duckdb:///{shop}")
    process, url = start(NLQ_SERVE, *flags, NLQ_CACHE_DIR=str(tmp_path / "cache"))
    wait_until_up(f"{url}/health", process)
    answers = [
        post(f"{url}/query", json={"question": "How many customers are there?"}).json()["rows"]
        for _ in range(10)
    ]
    assert answers == [[{"customers": 3}]] * 10
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (out, "Traceback" in err, "serving from 2 processes" in err) == ("", False, True)


def test_a_running_statement_does_not_keep_the_server_alive(start: Start, shop: Path) -> None:
    without_end = {"NLQ_THREADS": "1", "NLQ_STATEMENT_TIMEOUT_S": "0", "NLQ_METRICS": "1"}
    process, url = start(NLQ_SERVE, "--open", "--db", f"duckdb:///{shop}", **without_end)
    wait_until_up(f"{url}/health", process)
    endless = "SELECT count(*) AS n FROM " + ", ".join(f"orders AS o{n}" for n in range(16))
    replies: list[object] = []

    def ask() -> None:
        try:
            replies.append(post(f"{url}/sql", json={"sql": endless}).status_code)
        except httpx.TransportError as error:
            replies.append(type(error))

    asking = threading.Thread(target=ask)
    asking.start()
    wait_for(lambda: "nlq_requests_running 1.0" in get(f"{url}/metrics").text)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)  # the statement would run for hours
    asking.join()
    assert len(replies) == 1


def test_a_port_that_is_taken(start: Start, shop: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, _ = start(NLQ_SERVE, "--open", "--db", f"duckdb:///{shop}", "--port", str(port))
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "address already in use" in err


@pytest.mark.parametrize("command", [NLQ_SERVE, UVICORN], ids=["nlq-serve", "uvicorn"])
def test_the_logs_of_a_server_hold_no_value(
    start: Start, command: tuple[str, ...], shop: Path, tmp_path: Path
) -> None:
    """Where the SQL is checked and run in processes of their own, and everything is recorded."""
    log = tmp_path / "audit.jsonl"
    settings = {"NLQ_DB": f"duckdb:///{shop}", "NLQ_OPEN": "1", "NLQ_FROZEN": "1", "NLQ_AUDIT": str(log)}
    process, url = start(command, NLQ_CACHE_DIR=str(tmp_path / "cache"), **settings)
    wait_until_up(f"{url}/health", process)
    failing = [
        ("SELECT CAST(word AS INTEGER) AS n FROM secrets", {}),
        ("SELECT id FROM orders WHERE id = CAST(:x AS INTEGER)", {"x": "plugh"}),
        ("SELECT id FROM orders WHERE note = 'plugh", {}),
    ]
    replies = [post(f"{url}/sql", json={"sql": sql, "params": given}) for sql, given in failing]
    replies.append(post(f"{url}/query", json={"question": "orders of 'plugh'"}))
    replies.append(get(f"{url}/schema?token=plugh"))
    assert [r.status_code for r in replies] == [422, 422, 422, 422, 200]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "GET /schema " in out + err
    shown = (out, err, log.read_text("utf-8"), *(r.text for r in replies))
    assert [text for text in shown if "plugh" in text] == []
    assert log.read_text("utf-8").count("\n") == 4
