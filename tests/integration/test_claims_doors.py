"""Declared claims are checked at every door by which a principal comes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nlq
from nlq.cli.app import run
from nlq.settings import Settings

POLICY = """
[claims]
customer_id = "integer"

[principals.good]
customer_id = 1

[principals.wrong]
customer_id = "1"

[relations.customers]
read = { sql = "id = :me.customer_id" }
"""
SQL = "SELECT name FROM customers"


@pytest.fixture
def given(shop_settings: Callable[..., Settings], tmp_path: Path) -> dict[str, str]:
    """The database and the policy."""
    path = tmp_path / "claims.toml"
    path.write_text(POLICY, "utf-8")
    return {"db": shop_settings().db, "policy": str(path)}


@pytest.mark.parametrize("who", ["good", {"customer_id": 1}], ids=["name", "mapping"])
def test_python_good(given: dict[str, str], who: Any) -> None:
    with nlq.open(**given, principal=who) as shop:
        assert shop.sql(SQL).rows == (("Ana",),)


@pytest.mark.parametrize(
    "who", ["wrong", {"customer_id": "1"}, {"customer_id": [1]}, '{"customer_id": true}'],
    ids=["name", "mapping", "list", "json"],
)  # fmt: skip
def test_python_wrong(given: dict[str, str], who: Any) -> None:
    with pytest.raises(nlq.NlqError) as caught:
        nlq.open(**given, principal=who)
    assert (caught.value.code, caught.value.message) == (
        "policy.bad_claim",
        "the claim `customer_id` is not integer",
    )


def test_the_command_line(
    given: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--db", given["db"], "--policy", given["policy"], "--json"]
    assert run(["sql", SQL, "--as", "good", *options]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == [{"name": "Ana"}]
    for who in ("wrong", '{"customer_id": 1.5}'):
        assert run(["sql", SQL, "--as", who, *options]) == 1
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "policy.bad_claim"
