"""`nlq keys`, in an empty directory."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nlq.cli.app import run
from nlq.identity.keys import KeyFile, find_key
from nlq.policy import Principal

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nlq_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line where `keys.json` holds keys: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NLQ_AUTH_KEYS", "keys.json")

    def run_(*arguments: str) -> tuple[int, str, str]:
        status = run(list(arguments))
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run_


def test_a_new_key_is_shown_once_and_is_good(nlq_: Run) -> None:
    status, out, err = nlq_(
        "keys", "new", "reports", "--role", "analyst", "--role", "eu", "--claim", "account_id=123",
        "--claim", "teams=[1, 2]", "--claim", 'code="7"', "--claim", "region=north", "--expires-in", "90d",
    )  # fmt: skip
    assert (status, err) == (
        0,
        "`reports` is kept as a hash; this is shown once, and is sent as `Authorization: Bearer …`\n",
    )
    kept = KeyFile(Path("keys.json")).load()
    key = find_key(out.strip(), kept, kept["reports"].created.timestamp())
    assert key.principal == Principal(
        "reports",
        frozenset({"analyst", "eu"}),
        {"account_id": 123, "teams": (1, 2), "code": "7", "region": "north"},
    )
    assert key.expires is not None and key.expires - key.created == timedelta(days=90)
    assert out.strip() not in Path("keys.json").read_text("utf-8")


def test_a_file_that_no_server_reads_is_told_of(nlq_: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NLQ_AUTH_KEYS")
    said = nlq_("keys", "new", "reports", "--keys", "other.json")[2].splitlines()
    assert said[1:] == [
        "a server asks for it with `nlq serve --keys other.json`, or `auth_keys` in `nlq.toml`"
    ]
    Path("nlq.toml").write_text('auth_keys = "other.json"\n')
    assert len(nlq_("keys", "new", "audits", "--keys", "other.json")[2].splitlines()) == 1


def test_list_and_revoke(nlq_: Run) -> None:
    nlq_("keys", "new", "a", "--id", "7", "--role", "analyst")
    _, out, _ = nlq_("keys", "new", "b", "--expires-in", "12h", "--json")
    made = json.loads(out)
    assert find_key(made["key"], KeyFile(Path("keys.json")).load(), 0).name == "b"
    assert nlq_("keys", "revoke", "a") == (0, "", "revoked `a`\n")
    assert nlq_("keys", "revoke", "a")[0] == 0
    _, out, _ = nlq_("keys", "list", "--json")
    a, b = json.loads(out)["keys"]
    del made["key"]
    assert b == made
    revoked = datetime.fromisoformat(a.pop("revoked"))
    created = datetime.fromisoformat(a.pop("created"))
    assert created <= revoked
    assert a == {"name": "a", "id": 7, "roles": ["analyst"], "claims": {}, "expires": None}
    _, out, _ = nlq_("keys", "list")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["name", "state", "roles", "claims"]
    assert rows[2] == ["a", "revoked", f"{revoked:%Y-%m-%d}", "analyst", "id=7"]
    assert rows[3][:2] == ["b", "expires"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["new", "A"], "a key cannot be called `A`", id="name"),
        pytest.param(["new", "a" * 41], f"a key cannot be called `{'a' * 41}`", id="long-name"),
        pytest.param(["new", "a_b"], "a key cannot be called `a_b`", id="underscore"),
        pytest.param(["new", "a", "--expires-in", "soon"], "`--expires-in soon` is no time", id="time"),
        pytest.param(["new", "a", "--expires-in", "0d"], "`--expires-in 0d` is no time", id="no-time"),
        pytest.param(["new", "a", "--claim", "x"], "`--claim x` has no name", id="claim"),
        pytest.param(["new", "a", "--claim", "id=1"], "`id` is no claim", id="id"),
        pytest.param(
            ["new", "a", "--claim", "x=1", "--claim", "x=2"], "the claim `x` is given twice", id="twice"
        ),
        pytest.param(
            ["new", "a", "--claim", 'x={"y": 1}'],
            "the claim `x` of `a` is neither a scalar nor a list",
            id="object",
        ),
        pytest.param(["list"], "cannot read the keys `keys.json`: No such file or directory", id="no-file"),
        pytest.param(["revoke", "a"], "there is no key `a`", id="no-key"),
    ],
)
def test_what_is_refused(nlq_: Run, arguments: list[str], message: str) -> None:
    status, out, _ = nlq_("keys", *arguments, "--json")
    assert (status, json.loads(out)["error"]["message"]) == (2, message)
    assert list(Path.cwd().iterdir()) == []


def test_a_name_is_used_once(nlq_: Run) -> None:
    nlq_("keys", "new", "a")
    nlq_("keys", "revoke", "a")
    status, out, err = nlq_("keys", "new", "a")
    assert (status, out) == (2, "")
    assert "there is a key `a` already" in err


def test_the_file_must_be_named(nlq_: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NLQ_AUTH_KEYS")
    status, _, err = nlq_("keys", "list")
    assert status == 2 and "no file of keys is named" in err
    assert nlq_("keys", "new", "a", "--keys", "other.json")[0] == 0
    assert list(KeyFile(Path("other.json")).load()) == ["a"]
