"""A known question in other words: answered without the model, told so, and never across scopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlq.policy import Principal
from nlq.service import Service

OpenShop = Callable[..., Service]

REPLIES = {
    "How many customers are there?": "SELECT count(*) AS n FROM customers",
    "orders with total over 10": "SELECT id FROM orders WHERE total > 10 ORDER BY id",
    "show the orders over 10": "SELECT id FROM orders WHERE total > 10 ORDER BY id",
    "list the orders over 10": "SELECT id FROM orders WHERE total > 10 ORDER BY id DESC",
    "orders below 10": "SELECT id FROM orders WHERE total < 10 ORDER BY id",
    "customers in :country": "SELECT name FROM customers WHERE country = :country ORDER BY name",
    "customers with at least 2 orders": (
        "SELECT c.id FROM customers AS c JOIN orders AS o ON o.customer_id = c.id GROUP BY c.id"
        " HAVING count(*) >= 2 ORDER BY c.id"
    ),
}


@pytest.fixture
def service(open_shop: OpenShop, model: Any) -> Service:
    model.replies = REPLIES
    return open_shop(sample="never")


def told(service: Service, question: str, **given: Any) -> tuple[list[Any], tuple[str, ...], bool]:
    answer = service.ask(question, **given)
    return [row[0] for row in answer.rows], answer.assumptions, answer.cached


def test_other_words_find_the_plan_and_the_answer_says_so(service: Service, model: Any) -> None:
    service.ask("How many customers are there?")
    service.ask("customers with at least 2 orders")
    model.asked.clear()
    assert [
        told(service, "How many customers are there?"),
        told(service, "please show me the number of customers"),
        told(service, "show customers who have three or more orders"),
    ] == [
        ([3], (), True),
        ([3], ("Read as the known question `How many customers are there?`",), True),
        ([], ("Read as the known question `customers with at least 3 orders`",), True),
    ]
    assert model.asked == []


def test_what_is_not_sure_is_compiled(service: Service, model: Any) -> None:
    service.ask("orders with total over 10")
    model.asked.clear()
    assert told(service, "orders below 10") == ([2, 4], (), False)
    assert len(model.asked) == 1


def test_a_named_parameter_is_filled_by_a_value_in_its_place(service: Service, model: Any) -> None:
    service.ask("customers in {country}", params={"country": "Denmark"})
    model.asked.clear()
    said = ("Read as the known question `customers in 'Portugal'`",)
    assert told(service, "show the customers in 'Portugal'") == (["Ana", "Caio"], said, True)
    again = told(service, "list customers in {country}", params={"country": "Denmark"})
    assert again == (["Bo"], ("Read as the known question `customers in {country}`",), True)
    assert model.asked == []


def test_plans_that_disagree_are_not_chosen_from(service: Service, model: Any) -> None:
    # Compiled each on its own, as by servers that share the cache.
    service.compile("show the orders over 10")
    service.compile("list the orders over 10")
    model.asked.clear()
    model.replies = {"Orders above 12": "SELECT id FROM orders WHERE total > 12 AND id < 3"}
    assert told(service, "Orders above 12") == ([1], (), False)
    assert len(model.asked) == 1


def test_a_scope_never_finds_the_plan_of_another(
    open_shop: OpenShop, shop_policy: Path, model: Any
) -> None:
    model.replies = REPLIES
    service = open_shop(policy=str(shop_policy), sample="never")
    staff, customer = Principal(None, frozenset({"staff"})), Principal(1, frozenset({"customer"}))
    service.ask("How many customers are there?", principal=staff)
    model.replies = {"number of customers": "SELECT count(*) AS n FROM customers"}
    model.asked.clear()
    assert told(service, "number of customers", principal=customer) == ([1], (), False)
    assert len(model.asked) == 1
    said = ("Read as the known question `How many customers are there?`",)
    assert told(service, "number of customers", principal=staff) == ([3], said, True)


def test_a_plan_that_was_removed_is_not_found_any_more(service: Service, model: Any) -> None:
    service.ask("How many customers are there?")
    assert told(service, "number of customers")[2]
    [plan] = list(service.plans_for(Principal(None, is_owner=True)))
    service._plans.remove(plan)  # as `nlq plans remove` in another process does
    model.replies = {"number of customers": "SELECT count(*) AS n FROM customers"}
    assert told(service, "number of customers") == ([3], (), False)


def test_it_can_be_switched_off_and_evaluations_do_without(open_shop: OpenShop, model: Any) -> None:
    model.replies = {**REPLIES, "number of customers": "SELECT count(*) + 0 AS n FROM customers"}
    service = open_shop(sample="never")
    service.ask("How many customers are there?")
    assert told(service, "number of customers", kind="eval") == ([3], (), False)
    off = open_shop(sample="never", paraphrases=False)
    model.replies = {"count the customers": "SELECT count(*) AS n FROM customers"}
    assert told(off, "count the customers") == ([3], (), False)


def test_the_plan_of_an_instruction_answers_no_question(service: Service, model: Any) -> None:
    plan = service.ask("How many customers are there?").plan
    service._plans.remove(plan)
    instruction = replace(plan, kind="mutation", template="How many customers are there?")
    service._plans.put(instruction)
    assert list(service._plans.all()) == [instruction]
    model.replies = {"number of customers": "SELECT count(*) AS n FROM customers"}
    assert told(service, "number of customers") == ([3], (), False)
