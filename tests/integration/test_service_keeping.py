"""SQL that a person wrote is the plan of a question from then on; what it replaced is not lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nlq.compiling import KEPT_MISFITS
from nlq.errors import NlqError
from nlq.keeping import earlier_dir
from nlq.plan import Plan
from nlq.policy import Principal
from nlq.service import Service
from nlq.store import PlanStore

OpenShop = Callable[..., Service]

REPLIES = {
    "orders over 10": "SELECT id FROM orders WHERE total > 10 ORDER BY id",
    "customers in :country": "SELECT name FROM customers WHERE country = :country ORDER BY name",
}
BETTER = "SELECT id FROM orders WHERE total > 10 AND note IS NULL"


@pytest.fixture
def service(open_shop: OpenShop, model: Any) -> Service:
    model.replies = REPLIES
    return open_shop(sample="never")


def first_column(service: Service, question: str, **given: Any) -> list[Any]:
    return [row[0] for row in service.ask(question, **given).rows]


def stored(directory: Path) -> list[tuple[str, str]]:
    found = [p for p in PlanStore(directory).all() if isinstance(p, Plan)]
    return [(p.template, p.provenance.model) for p in found]


def test_it_answers_from_now_on_with_other_values_too(service: Service, model: Any, tmp_path: Path) -> None:
    assert first_column(service, "orders over 10") == [1, 3]
    before = service.ask("orders over 10").plan
    model.replies, model.asked = {}, []
    kept = service.keep("orders over 10", BETTER, seen=before.id)
    assert [first_column(service, q) for q in ("orders over 10", "orders over 4")] == [[1], [1, 4]]
    assert model.asked == []
    answer = service.ask("orders over 10")
    assert (answer.plan.id, answer.cached, answer.plan.provenance.confidence) == (kept.id, True, 1.0)
    assert stored(tmp_path / "cache") == [("orders over {p1}", "hand")]
    assert stored(earlier_dir(tmp_path / "cache")) == [("orders over {p1}", "scripted")]


def test_what_the_model_wrote_may_be_kept_as_it_is(service: Service, tmp_path: Path) -> None:
    answer = service.ask("orders over 10")
    service.keep("orders over 10", answer.sql, seen=answer.plan.id)
    assert stored(tmp_path / "cache") == [("orders over {p1}", "hand")]


def test_a_question_in_other_words_gets_a_plan_of_its_own(service: Service) -> None:
    service.ask("orders over 10")
    read = service.ask("please list the orders over 10")
    assert read.assumptions == ("Read as the known question `orders over 10`",)
    service.keep("please list the orders over 10", BETTER, seen=read.plan.id)
    assert first_column(service, "please list the orders over 10") == [1]
    assert first_column(service, "orders over 10") == [1, 3]


def test_parameters_keep_their_names(service: Service) -> None:
    lisbon = {"params": {"country": "Portugal"}}
    service.ask("customers in {country}", **lisbon)
    sql = "SELECT name FROM customers WHERE country = :country ORDER BY name DESC"
    service.keep("customers in {country}", sql, **lisbon)
    assert first_column(service, "customers in {country}", **lisbon) == ["Caio", "Ana"]


@pytest.mark.parametrize(
    ("sql", "seen", "code"),
    [
        pytest.param("DROP TABLE orders", None, "plan.unsupported", id="not a query"),
        pytest.param("SELECT nope FROM orders", None, "plan.unknown_column", id="does not bind"),
        pytest.param(BETTER, "0" * 16, "request.invalid", id="another plan answers"),
    ],
)
def test_what_will_not_do_changes_nothing(
    service: Service, tmp_path: Path, sql: str, seen: str | None, code: str
) -> None:
    service.ask("orders over 10")
    with pytest.raises(NlqError) as error:
        service.keep("orders over 10", sql, seen=seen)
    assert error.value.code == code
    assert stored(tmp_path / "cache") == [("orders over {p1}", "scripted")]


def test_a_frozen_server_keeps_nothing(open_shop: OpenShop) -> None:
    with pytest.raises(NlqError) as error:
        open_shop(frozen=True).keep("orders over 10", BETTER)
    assert error.value.code == "compile.frozen"


def test_it_is_kept_for_those_who_see_the_same(open_shop: OpenShop, shop_policy: Path, model: Any) -> None:
    model.replies = {**REPLIES, "all orders": "SELECT id FROM orders ORDER BY id"}
    service = open_shop(policy=str(shop_policy), sample="never")
    staff, ana = Principal(None, frozenset({"staff"})), Principal(1, frozenset({"customer"}))
    service.keep("all orders", "SELECT id FROM orders ORDER BY id DESC", principal=staff)
    assert first_column(service, "all orders", principal=staff) == [4, 3, 2, 1]
    assert first_column(service, "all orders", principal=ana) == [1, 2]


def test_what_does_not_fit_any_more_is_not_replaced_in_silence(
    service: Service, open_shop: OpenShop, shop: Path, tmp_path: Path
) -> None:
    service.keep("orders over 10", BETTER)
    service.close()
    with duckdb.connect(shop) as connection:
        connection.execute("ALTER TABLE orders DROP COLUMN note")
    answer = open_shop(sample="never").ask("orders over 10")
    assert (answer.rows, answer.assumptions) == (((1,), (3,)), (KEPT_MISFITS,))
    assert sorted(stored(tmp_path / "cache")) == [
        ("orders over {p1}", "hand"),
        ("orders over {p1}", "scripted"),
    ]
