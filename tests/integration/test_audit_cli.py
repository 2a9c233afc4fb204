"""`nlq audit` at a terminal, on logs that `nlq` itself wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlq.audit.files import parts
from nlq.cli.app import run

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nlq(
    shop: Path,
    shop_policy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs a command line in the shop's directory, where everything is recorded: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NLQ_DB", f"duckdb:///{shop}")
    monkeypatch.setenv("NLQ_POLICY", str(shop_policy))
    monkeypatch.setenv("NLQ_AUDIT", "audit.jsonl")
    monkeypatch.setenv("NLQ_FROZEN", "1")

    def nlq(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return nlq


@pytest.fixture
def asked(nlq: Run) -> Run:
    """The same, after three requests."""
    nlq("sql", "SELECT id FROM orders WHERE total > 10", "--as", "ana")
    nlq("sql", "SELECT word FROM secrets", "--as", '{"id": "bo", "roles": ["staff"]}')
    nlq("ask", "How many orders over 250?")
    return nlq


def shown(output: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(output)["records"]
    return found


def test_what_was_asked_is_shown(asked: Run) -> None:
    status, out, err = asked("audit", "show")
    rows = [line.split("  ") for line in out.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows if any(row)]
    assert (status, err) == (0, "")
    assert [row[1:5] for row in cells if row[0].startswith("20")] == [
        ["1", "sql", "ok", "SELECT id FROM orders WHERE total > ?"],
        ["bo", "sql", "plan.unknown_relation", "SELECT word FROM secrets"],
        ["anonymous", "query", "compile.frozen", "How many orders over {…}?"],
    ]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [1, 2, 3]),
        (["--last", "2"], [2, 3]),
        (["--principal", "1"], [1]),
        (["--principal", "bo"], [2]),
        (["--principal", "anonymous"], [3]),
        (["--principal", "owner"], []),
        (["--relation", "orders"], [1]),
        (["--relation", "main.orders"], [1]),
        (["--relation", "other.orders"], []),
        (["--outcome", "ok"], [1]),
        (["--outcome", "failed"], [2, 3]),
        (["--outcome", "plan"], [2]),
        (["--outcome", "compile.frozen"], [3]),
        (["--since", "1h"], [1, 2, 3]),
        (["--since", "2999-01-01"], []),
        (["--since", "2020-01-01T12:00+02:00", "--outcome", "failed", "--principal", "bo"], [2]),
    ],
    ids=lambda value: " ".join(value) or "all" if value and isinstance(value[0], str) else "",
)
def test_records_are_filtered(asked: Run, options: list[str], numbers: list[int]) -> None:
    status, out, _ = asked("audit", "show", "--json", *options)
    assert (status, [r["seq"] for r in shown(out)]) == (0, numbers)


def test_a_record_holds_decisions_and_no_value(asked: Run) -> None:
    record = shown(asked("audit", "show", "--json", "--last", "3")[1])[0]
    assert {k: record[k] for k in ("principal", "roles", "scope", "relations", "decisions", "rows")} == {
        "principal": 1,
        "roles": ["customer"],
        "scope": "roles:customer",
        "relations": ["main.orders"],
        "decisions": [{"relation": "main.orders", "effect": "filtered", "column": None}],
        "rows": 1,
    }


def test_a_log_that_is_whole_is_said_to_be(asked: Run) -> None:
    status, out, err = asked("audit", "verify")
    last = shown(asked("audit", "show", "--json", "--last", "1")[1])[0]
    assert (status, out, err) == (
        0,
        f"3 records, each as it was written; the last is 3:{last['hash']}\n",
        "",
    )
    assert asked("audit", "verify", "--noted", f"3:{last['hash']}")[0] == 0


def test_the_first_record_that_is_not_as_it_was_is_named(asked: Run) -> None:
    (log,) = parts(Path("audit.jsonl"))
    log.write_bytes(log.read_bytes().replace(b"secrets", b"orders!"))
    assert asked("audit", "verify") == (
        1,
        "",
        "error: record 2 was changed after it was written (audit.jsonl, line 2)  (audit.changed)\n"
        "hint: or it was written with another key: set `audit_key` to that one\n",
    )
    status, out, _ = asked("audit", "verify", "--json")
    assert (status, json.loads(out)["error"]["code"], json.loads(out)["place"]) == (
        1,
        "audit.changed",
        {"file": "audit.jsonl", "line": 2},
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["verify", "nowhere.jsonl"], 1, "error: there is no audit log `nowhere.jsonl`  (audit.invalid)"),
        (["show", "nowhere.jsonl"], 1, "error: there is no audit log `nowhere.jsonl`  (audit.invalid)"),
        (["show", "--since", "soon"], 2, "error: `--since soon` is no time  (request.invalid)"),
        (["verify", "--noted", "3"], 2, "error: `--noted` is not a number and a hash  (request.invalid)"),
    ],
)
def test_what_cannot_be_looked_at_is_said(
    asked: Run, arguments: list[str], status: int, message: str
) -> None:
    found = asked("audit", *arguments)
    assert (found[0], found[1], found[2].splitlines()[0]) == (status, "", message)


def test_without_a_log_there_is_nothing_to_look_at(nlq: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NLQ_AUDIT")
    assert nlq("audit", "verify")[2].splitlines()[0] == "error: no audit log is named  (request.invalid)"


def test_a_key_that_could_be_guessed_is_refused(nlq: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLQ_AUDIT_KEY", "plugh")
    status, _, err = nlq("sql", "SELECT 1 AS x")
    assert (status, err.splitlines()[0]) == (
        2,
        "error: `audit_key` is shorter than 16 characters  (settings.invalid)",
    )


def test_nothing_is_answered_where_nothing_can_be_recorded(
    nlq: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NLQ_AUDIT", "no/such/directory/audit.jsonl")
    status, out, err = nlq("sql", "SELECT id FROM orders", "--as", "ana")
    assert (status, out) == (1, "")
    assert "(audit.unwritable)" in err
