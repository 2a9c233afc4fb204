"""Misuse, before any database is opened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import nlq
from nlq.cli.app import run


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["frobnicate"], "No such command 'frobnicate'.", id="command"),
        pytest.param(["aks", "x"], "No such command 'aks'. Did you mean 'ask'?", id="near-command"),
        pytest.param(["ask"], "Missing argument 'question'.", id="argument"),
        pytest.param(["ask", "x", "--frob"], "No such option: --frob", id="option"),
        pytest.param(["plans", "burn"], None, id="action"),
        pytest.param(["ask", "x", "--limit", "0"], None, id="limit"),
    ],
)
def test_misuse(arguments: list[str], message: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message is None or message in shown.err
    assert run([*arguments, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "request.invalid"
    assert message is None or message in error["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["ask", "how many?"], "settings.invalid", "no database is named", id="no-database"),
        pytest.param(
            ["sql", "x", "--param", "x"], "request.invalid", "a `--param` has no name", id="param"
        ),
        pytest.param(
            ["ask", "x", "--json", "--csv"],
            "request.invalid",
            "`--json` and `--csv` exclude each other",
            id="two-formats",
        ),
        pytest.param(["plans", "show"], "request.invalid", "`nlq plans show` needs an id", id="no-id"),
        pytest.param(
            ["plans", "remove", "abc"], "request.not_found", "there is no plan `abc`", id="unknown-id"
        ),
    ],
)
def test_misuse_of_what_commands_take(
    arguments: list[str], code: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    shown = capsys.readouterr()
    told = shown.err if "--json" not in arguments else shown.out
    assert message in told and code in told
    assert run([*arguments, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["message"]) == (code, message)


def test_an_unknown_setting(capsys: pytest.CaptureFixture[str]) -> None:
    Path("nlq.toml").write_text('databse = "x"\n', "utf-8")
    assert run(["schema", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "code": "settings.unknown",
            "message": "unknown setting `databse` in nlq.toml",
            "hint": None,
        }
    }


@pytest.mark.parametrize("arguments", [["version"], ["--version"], ["version", "--json"]])
def test_the_version(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0
    expected = (
        json.dumps({"version": nlq.__version__}) if "--json" in arguments else f"nlq {nlq.__version__}"
    )
    assert capsys.readouterr().out == f"{expected}\n"


def test_no_plans_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plans"]) == 0
    assert capsys.readouterr() == ("", "no plans in `cache/plans` yet: `nlq ask` makes them\n")
    assert run(["plans", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"plans": [], "findings": []}


def test_a_model_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run(["model", "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown == {
        "name": "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "installed": False,
        "path": str(tmp_path / "nlq/models/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
        "bytes": 1_117_320_768,
    }
    assert run(["model"]) == 1


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        pytest.param("import nlq", {"duckdb", "sqlglot", "fastapi", "typer", "litellm"}, id="package"),
        pytest.param(
            "from nlq.cli.app import run; run(['--help'])",
            {"duckdb", "sqlglot", "fastapi", "litellm", "nlq.service"},
            id="help",
        ),
        pytest.param(
            "import nlq.http, nlq.wire", {"litellm", "psycopg", "xllamacpp", "typer", "duckdb"}, id="server"
        ),
    ],
)
def test_what_is_not_imported(code: str, absent: set[str]) -> None:
    script = f"{code}\nimport sys\nprint(sorted({absent!r} & set(sys.modules)), file=sys.stderr)"
    root = Path(nlq.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stderr.splitlines()[-1] == "[]"
