"""The command line as the shell runs it: signals, pipes, terminals."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import PATIENCE_S

import nlq

ROOT = Path(nlq.__file__).parent.parent
ENDLESS = "SELECT count(*) FROM " + ", ".join(f"orders AS o{n}" for n in range(16))

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(shop: Path, tmp_path: Path) -> Start:
    """Starts `nlq` with the shop as its database."""

    def start_(*arguments: str, **given: object) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NLQ_DB": f"duckdb:///{shop}",
            "NLQ_THREADS": "1",
            "NLQ_STATEMENT_TIMEOUT_S": "0",
            "COLUMNS": "80",
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [sys.executable, "-m", "nlq", *arguments],
            **{**pipes, "text": True, "env": environment, "cwd": tmp_path, **given},
        )

    return start_


def heed_ctrl_c() -> None:
    """As in a terminal: a shell has what it runs in the background ignore Ctrl-C, and children with it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_terminal(end: int) -> str:
    """All that was written to a terminal, until nobody can write to it any more."""
    parts = []
    while True:
        try:
            part = os.read(end, 65_536)
        except OSError:  # Linux says so when the other end is closed
            part = b""
        if not part:
            os.close(end)
            return b"".join(parts).decode()
        parts.append(part)


def test_ctrl_c_stops_the_statement_and_says_nothing(start: Start) -> None:
    ours, theirs = pty.openpty()
    process = start("sql", ENDLESS, stderr=theirs, preexec_fn=heed_ctrl_c)
    os.close(theirs)
    seen = ""
    while "running" not in seen:  # the status at the terminal
        seen += os.read(ours, 4096).decode()
    time.sleep(0.2)  # at any moment: mostly the statement has begun
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)  # the statement would run for hours
    shown = seen + read_terminal(ours)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in shown and "error" not in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back


@pytest.mark.parametrize("form", [(), ("--csv",), ("--json",)], ids=["table", "csv", "json"])
def test_a_reader_that_leaves_is_no_error(start: Start, form: tuple[str, ...]) -> None:
    with start("sql", "SELECT o.id, o.note, c.name FROM orders AS o, customers AS c", *form) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert (process.wait(PATIENCE_S), process.stderr.read()) == (141, "")


def test_a_question_from_a_pipe(start: Start) -> None:
    out, err = start("sql", "-", "--csv").communicate("SELECT name FROM customers ORDER BY id LIMIT 1\n")
    assert (out, err) == ("name\nAna\n", "")


def test_colours_are_for_terminals(start: Start) -> None:
    ours, theirs = pty.openpty()
    process = start("sql", "SELECT chr(27) AS escape, 1 AS one", stdout=theirs)
    os.close(theirs)
    shown = read_terminal(ours)
    process.communicate(timeout=PATIENCE_S)
    assert "\x1b[94;49mSELECT\x1b[0m" in shown
    assert "\\x1b" in shown


@pytest.mark.parametrize(
    ("locale", "expected"),
    [pytest.param("C", "Ünal\n", id="C"), pytest.param("en_US.ISO-8859-1", "Ünal\n", id="latin-1")],
)
def test_output_is_utf_8_everywhere(start: Start, locale: str, expected: str, shop: Path) -> None:
    environment = {
        **os.environ,
        "LC_ALL": locale,
        "PYTHONUTF8": "0",
        "PYTHONPATH": str(ROOT),
        "NLQ_DB": f"duckdb:///{shop}",
    }
    process = start("sql", "SELECT 'Ünal' AS name", "--csv", env=environment, encoding="utf-8")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (out, err) == (f"name\n{expected}", "")
