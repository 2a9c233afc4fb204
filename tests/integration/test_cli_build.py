"""`nlq build` at the terminal: statuses, reports, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.cli.app import run
from nlq.wire import open_service


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop_settings: Any, model: Any) -> Path:
    """A project of two queries over the shop, built."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NLQ_DB", f"duckdb:///{tmp_path / 'shop.duckdb'}")
    monkeypatch.setenv("NLQ_FROZEN", "1")  # no model is opened
    Path("queries").mkdir()
    Path("queries/shop.nlq").write_text(
        "-- name: customers :one\nHow many customers are there?\n"
        "-- name: by_country :one\nHow many customers are in {country: text}?\n"
    )
    service = open_service(shop_settings(cache_dir="cache"), model=model)
    build(Project(read_sources(Path("queries")), service, Path("cache")))
    service.close()
    return tmp_path


def test_a_project_that_is_up_to_date(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (run(["build"]), run(["build", "--check"])) == (0, 0)
    out, err = capsys.readouterr()
    assert (out, err.count("2 as it was; 0.0")) == ("", 2)


def test_what_is_wrong_is_told_in_every_format(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Path("queries/shop.nlq").open("a") as file:
        file.write("-- name: fresh :many\nList all orders\n-- name: broken :many\nposts {")
    assert run(["build", "--check", "--report", "out/check.xml", "--report", "out/check.json"]) == 1
    out, err = capsys.readouterr()
    assert out == (
        "failed: fresh\n"
        "  queries/shop.nlq:5:1: `fresh` is not built yet  (build.missing)\n"
        "  hint: run `nlq build`\n"
        "queries/shop.nlq:8:7: `{` is not a parameter  (build.parameter)\n"
    )
    assert "2 as it was, 1 failed" in err
    suite = ElementTree.parse("out/check.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    assert {c.get("name"): [f.get("message") for f in c] for c in suite} == {
        "by_country": [],
        "customers": [],
        "fresh": ["queries/shop.nlq:5:1: `fresh` is not built yet"],
        "project": ["queries/shop.nlq:8:7: `{` is not a parameter"],
    }
    written = json.loads(Path("out/check.json").read_text())
    assert (written["ok"], written["counts"]["reused"], [q["name"] for q in written["queries"]]) == (
        False, 2, ["fresh"],
    )  # fmt: skip
    assert run(["build", "--check", "--github"]) == 1
    assert capsys.readouterr().out == (
        "::error file=queries/shop.nlq,line=8,col=7,title=build.parameter::`{` is not a parameter%0A"
        "hint: write `{name}`, `{name: int}`, `{name: int = 100}` or `{name: text?}`\n"
        "::error file=queries/shop.nlq,line=5,col=1,title=build.missing::`fresh` is not built yet%0A"
        "hint: run `nlq build`\n"
    )
    assert run(["build", "--json"]) == 1
    assert "compile.frozen" in json.loads(capsys.readouterr().out)["queries"][0]["errors"][0]["message"]


def test_a_query_is_explained_and_pinned(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--pin", "customers", "--by", "ana", "--check"]) == 0
    capsys.readouterr()
    assert run(["build", "--explain", "customers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "customers  (queries/shop.nlq:1:1)", "How many customers are there?", "", "up to date",
    ]  # fmt: skip
    assert lines[4].startswith("pinned by ana, 20")
    assert lines[5:7] == ["", "owner: allowed"]
    assert "reads main.customers: " in lines
    assert run(["build", "--unpin", "customers", "--check"]) == 0
    assert run(["build", "--explain", "customers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] is False


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["--queries", "nowhere"], 1, "nowhere:1:1: there is no such directory  (build.unreadable)"),
        (["--explain", "customer"], 2, "there is no query `customer`  (request.invalid)"),
        (["--report", "out.csv"], 2, "`out.csv` names no format of a report  (request.invalid)"),
    ],
    ids=["directory", "name", "report"],
)
def test_misuse_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, error: str
) -> None:
    assert run(["build", *arguments]) == status
    assert f"error: {error}\n" in capsys.readouterr().err
