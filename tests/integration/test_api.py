from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import nlq
from nlq.events import Event, PlanFound, Ran, Running


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def database(shop: Path, model: Any) -> Iterator[nlq.Database]:
    with nlq.open(f"duckdb:///{shop}", model=model) as opened:
        yield opened


def test_one_question(shop: Path, model: Any) -> None:
    answer = nlq.ask("How many customers are there?", f"duckdb:///{shop}", model=model)
    assert isinstance(answer, nlq.Answer)
    assert (answer.rows, answer.cached) == (((3,),), False)
    again = nlq.ask("How many customers are there?", db=f"duckdb:///{shop}", frozen=True)
    assert (again.rows, again.cached) == (((3,),), True)


def test_an_open_database(database: nlq.Database) -> None:
    seen: list[Event] = []
    plan = database.compile("Show the orders over 10")
    answer = database.ask("Show the orders over 10", limit=1, observe=seen.append)
    assert (answer.rows, answer.truncated, answer.plan) == (((1, Decimal("12.50")),), True, plan)
    assert [type(e) for e in seen] == [PlanFound, Running, Ran]
    assert database.sql("SELECT name FROM customers WHERE id = :id", params={"id": 2}).rows == (("Bo",),)
    assert [r.name.name for r in database.catalog] == ["customers", "orders", "secrets"]


@pytest.mark.parametrize(
    ("principal", "names"),
    [
        pytest.param("ana", ["Ana"], id="name"),
        pytest.param({"id": 2, "roles": ["customer"]}, ["Bo"], id="mapping"),
        pytest.param(nlq.Principal(roles=frozenset({"staff"})), ["Ana", "Bo", "Caio"], id="value"),
        pytest.param(
            nlq.Principal(id=1, roles=frozenset({"customer"}), is_owner=True), ["Ana"], id="no-owner"
        ),
    ],
)
def test_a_principal_reads_what_the_policy_lets_it(
    shop: Path, shop_policy: Path, model: Any, principal: Any, names: list[str]
) -> None:
    with nlq.open(f"duckdb:///{shop}", policy=shop_policy, principal=principal, model=model) as opened:
        rows = opened.sql("SELECT name FROM customers ORDER BY name").rows
    assert [name for (name,) in rows] == names


def test_with_a_policy_nobody_is_the_owner(shop: Path, shop_policy: Path, model: Any) -> None:
    with nlq.open(f"duckdb:///{shop}", policy=shop_policy, model=model) as opened:
        assert opened.catalog.relations == ()
        with pytest.raises(nlq.NlqError) as caught:
            opened.ask("How many customers are there?")
    assert caught.value.code == "compile.refused"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({}, "settings.invalid", id="no-database"),
        pytest.param({"db": "duckdb:///no.duckdb"}, "engine.unreachable", id="no-file"),
        pytest.param({"db": "duckdb:///no.duckdb", "rowlimit": 5}, "settings.unknown", id="setting"),
    ],
)
def test_what_cannot_be_opened(given: dict[str, Any], code: str) -> None:
    with pytest.raises(nlq.NlqError) as caught:
        nlq.open(**given)
    assert caught.value.code == code


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "sqlite"])
def test_every_kind_of_database(make_database: Callable[[str, str], str], dialect: str) -> None:
    url = make_database(dialect, "CREATE TABLE towns (name TEXT); INSERT INTO towns VALUES ('Évora');")
    with nlq.open(url) as opened:
        answer = opened.sql("SELECT name FROM towns WHERE name = :name", params={"name": "Évora"})
    assert (answer.rows, answer.plan.dialect) == ((("Évora",),), dialect)


def test_an_unknown_principal_leaves_nothing_open(shop: Path, shop_policy: Path) -> None:
    with pytest.raises(nlq.NlqError) as caught:
        nlq.open(f"duckdb:///{shop}", policy=shop_policy, principal="bob")
    assert caught.value.code == "policy.unknown_principal"


def test_all_that_is_promised_is_there() -> None:
    assert [name for name in nlq.__all__ if not hasattr(nlq, name)] == []
    with pytest.raises(AttributeError):
        nlq.nothing  # noqa: B018  # it is looked up
