"""The console in a real browser: the catalog, the rules, the plans, the last evaluation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from browsing import axe_violations, expect, open_chromium, open_page

POLICY = """
[principals.ana]
id = 1
roles = ["customer"]

[principals.root]
roles = ["staff"]

[relations.customers]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "id = :me.id" }]

[relations.customers.columns]
email = "hidden"

[relations.orders]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "customer_id = :me.id" }]

[relations.secrets]
read = "signed-in users"
"""
REPORT = {
    "suite": "shop", "model": "scripted", "prompt": "0123abcd", "database": None, "cases": 40, "right": 31,
    "accuracy": 0.775, "interval": [0.6227, 0.8766], "leaks": 0,
    "faults": {"wrong_filter": 6, "missing_join": 3},
    "comparison": {"gained": ["a", "b"], "lost": ["c"], "significant": False},
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def url(
    serve_stable: Callable[..., httpx.Client], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server on which a policy is developed, with an evaluation's report beside it."""
    directory = tmp_path_factory.mktemp("views")
    (directory / "policy.toml").write_text(POLICY, "utf-8")
    (directory / "evals").mkdir()
    (directory / "evals" / "report.json").write_text(json.dumps({"reports": [REPORT]}), "utf-8")
    client = serve_stable(open=True, dev=True, policy=str(directory / "policy.toml"))
    for question in ("List all orders", "Show the orders over 10"):
        client.post("/compile", json={"question": question})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    with open_page(browser, url) as opened:
        opened.goto("/")
        opened.locator(".welcome").wait_for()
        yield opened


def go(page: Any, name: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name).click()


def be(page: Any, name: str) -> None:
    page.locator("#who").click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()
    page.locator("#who", has_text=name).wait_for()


def test_known_questions_are_what_one_can_begin_with(page: Any) -> None:
    page.get_by_role("button", name="Write SQL by hand").wait_for()
    page.get_by_label("Question").fill("orders")
    expect(page.get_by_role("option")).to_have_text(
        [re.compile("^List all orders *known$"), re.compile("^Show the orders over 10 *known$")]
    )


def test_the_catalog_is_what_one_may_see_of_it(page: Any) -> None:
    go(page, "Catalog")
    page.get_by_role("heading", name="3 relations").wait_for()
    boxes = page.locator(".diagram a.box")
    assert sorted(boxes.evaluate_all("found => found.map(b => b.getAttribute('aria-label'))")) == [
        "customers", "orders", "secrets",
    ]  # fmt: skip
    boxes.filter(has_text="customer_id").click()
    page.get_by_role("heading", name="orders").wait_for()
    rows = page.locator(".plain-table tbody tr").all_inner_texts()
    assert [r.replace("\t", " ").split("\n")[0].split()[:2] for r in rows] == [
        ["id", "int"], ["customer_id", "int"], ["total", "decimal(10,"], ["note", "text"],
    ]  # fmt: skip
    page.get_by_role("link", name="→ customers").or_(page.locator(".ref a")).first.click()
    page.get_by_role("heading", name="customers").wait_for()
    page.get_by_role("button", name="Show 8 rows").click()
    page.locator(".grid td", has_text="ana@example.org").wait_for()
    be(page, "ana")
    page.get_by_role("heading", name="customers").wait_for()
    expect(page.get_by_text("email")).to_have_count(0)
    page.get_by_role("button", name="Show 8 rows").click()
    expect(page.locator(".grid tbody tr")).to_have_text(["1AnaPortugal"])
    page.get_by_label("Find a relation").fill("secrets")
    page.get_by_text("Nothing is called so.").wait_for()
    page.get_by_role("link", name="How many customers are there?").click()
    expect(page.get_by_label("Question")).to_have_value("How many customers are there?")


def test_a_rule_is_reviewed_where_it_is_read(page: Any) -> None:
    go(page, "Rules")
    page.get_by_text("1 rule grants nothing until reviewed").wait_for()
    page.get_by_role("button", name="Compile what is missing").click()
    card = page.locator("li.rule", has_text="secrets.read")
    card.get_by_text("waits for review").wait_for()
    assert "“signed-in users”" in card.inner_text()
    assert card.locator("pre.sql").inner_text() == ":me.id IS NOT NULL"
    card.get_by_text("Who sees this row?").click()
    card.locator(".examples").wait_for()
    expect(card.locator(".examples tbody td")).to_have_text(["1", "yes", "yes", "yes", "–"])
    card.get_by_label("Your name").fill("Mia")
    card.get_by_role("button", name="Approve").click()
    done = page.locator(".group .rule", has_text="secrets.read")
    done.get_by_text("by Mia").wait_for()
    expect(page.get_by_text("until reviewed")).to_have_count(0)


def test_everything_is_seen_as_somebody_else(page: Any) -> None:
    go(page, "Rules")
    matrix = page.locator(".matrix")
    matrix.wait_for()
    row = matrix.locator("tr", has_text="customers").locator("td").all_inner_texts()
    assert [cell.split("\n") for cell in row] == [["all"], ["some", "no email"], ["all", "no email"], ["—"]]
    matrix.get_by_role("button", name="View as ana").click()
    page.locator("#who", has_text="ana").wait_for()
    go(page, "Ask")
    page.get_by_label("Question").fill("List all orders")
    page.keyboard.press("Enter")
    page.get_by_text("2 rows", exact=True).wait_for()
    assert "only rows that a rule lets be read" in page.locator(".decisions").inner_text()
    page.locator("#who").click()
    page.get_by_role("button", name="Be yourself again").click()
    page.locator("#who", has_text="owner").wait_for()


def test_a_plan_is_traced(page: Any) -> None:
    go(page, "Plans")
    page.get_by_role("navigation", name="Plans").get_by_text("Show the orders over {p1}").click()
    page.get_by_role("heading", name="Show the orders over {p1}").wait_for()
    facts = page.locator(".facts").inner_text()
    assert "p1 (decimal)" in facts and "scripted, in 1 attempt" in facts and "140 tokens" in facts
    expect(page.locator(".depends")).to_have_text("orders id, total")
    page.get_by_role("link", name="Ask it").click()
    expect(page.get_by_label("Question")).to_have_value("Show the orders over 10")


def test_the_last_evaluation(page: Any) -> None:
    go(page, "Evals")
    suite = page.locator(".suite").inner_text()
    for said in (
        "shop",
        "no leak",
        "78 %",
        "31 of 40",
        "62 % to 88 %",
        "2 gained, 1 lost, which may be chance",
        "6 × wrong filter",
    ):
        assert said in suite


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_everyone_can_use_every_view(browser: Any, url: str, width: int, scheme: str) -> None:
    with open_page(browser, url, width=width, scheme=scheme) as page:
        found = []
        for view, ready in (
            ("catalog", ".diagram"),
            ("catalog/main.orders", ".asks"),
            ("rules", ".matrix"),
            ("plans", ".choices"),
            ("evals", ".suite"),
        ):
            page.goto(f"/#/{view}")
            page.locator(ready).first.wait_for()
            for summary in page.locator("summary").all():
                summary.click()
            found += [f"{view}: {v}" for v in axe_violations(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{view} is wider than the window")
        assert found == []


def test_plans_of_one_question_say_for_whom_they_are(page: Any, url: str) -> None:
    httpx.post(f"{url}/compile", json={"question": "List all orders"}, headers={"X-Nlq-As": "root"})
    go(page, "Plans")
    page.locator(".choices").wait_for()
    assert set(page.locator(".choices a").all_inner_texts()) >= {
        "List all orders for staff",
        "List all orders for the owner",
        "Show the orders over {p1}",
    }
