"""The console in a real browser: a change is shown before it is made, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from browsing import axe_violations, expect, open_chromium, open_page

from nlq.http import create_app
from nlq.service import Service

REPLIES = {
    "Rename customer 2 to 'Bob'": "UPDATE customers SET name = 'Bob' WHERE id = 2",
    "Add a secret": "INSERT INTO secrets (word) VALUES (:word)",
    "Tidy up": "DELETE FROM orders WHERE note = ''",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_chromium() as opened:
        yield opened


@pytest.fixture
def client(
    open_shop: Callable[..., Service], serve: Callable[..., httpx.Client], model: Any
) -> httpx.Client:
    model.replies = REPLIES
    return serve(create_app(open_shop(open=True, mutations=True)))


@pytest.fixture(params=[(1280, "light")])
def page(browser: Any, client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[Any]:
    width, scheme = request.param
    with open_page(browser, str(client.base_url).rstrip("/"), width=width, scheme=scheme) as opened:
        opened.goto("/#/change")
        yield opened


def say(page: Any, instruction: str) -> None:
    page.get_by_label("Instruction").fill(instruction)
    page.keyboard.press("Enter")


def names(client: httpx.Client) -> list[str]:
    rows = client.post("/sql", json={"sql": "SELECT name FROM customers ORDER BY id"}).json()["rows"]
    return [row["name"] for row in rows]


def test_a_change_is_shown_made_and_undone(page: Any, client: httpx.Client) -> None:
    say(page, "Rename customer 2 to 'Bob'")
    preview = page.get_by_role("region", name="Preview")
    preview.get_by_text("This would happen. Nothing has been changed yet.").wait_for()
    assert [preview.locator("del").inner_text(), preview.locator("ins").inner_text()] == ["Bo", "Bob"]
    assert "UPDATE" in preview.locator("pre.sql").inner_text()
    assert names(client) == ["Ana", "Bo", "Caio"]
    preview.get_by_role("button", name="Make this change").click()
    page.get_by_text("Done.").wait_for()
    assert names(client) == ["Ana", "Bob", "Caio"]
    page.locator(".history").get_by_role("button", name="Undo: Rename customer 2 to 'Bob'").click()
    page.get_by_text("Undone.").wait_for()
    assert names(client) == ["Ana", "Bo", "Caio"]
    page.locator(".history .tag", has_text="undone").wait_for()
    expect(page.locator(".history .text")).to_have_text(
        ["Undone: Rename customer 2 to 'Bob'", "Rename customer 2 to 'Bob'"]
    )
    page.goto("/#/plans")
    page.locator(".index a").click()
    page.get_by_text("fits the database").wait_for()
    page.get_by_role("link", name="Preview it").click()
    expect(page.get_by_label("Instruction")).to_have_value("Rename customer 2 to 'Bob'")


def test_there_is_something_to_begin_with(page: Any) -> None:
    page.get_by_role("button", name="Rename customer 7 to 'Something else'").click()
    page.locator(".trouble", has_text="compile.failed").wait_for()


def test_what_is_left_open_is_asked_for(page: Any, client: httpx.Client) -> None:
    say(page, "Add a secret")
    page.get_by_label("word").fill("xyzzy")
    page.get_by_role("button", name="Preview").last.click()
    page.get_by_role("button", name="Make this change").click()
    page.get_by_text("Done.").wait_for()
    rows = client.post("/sql", json={"sql": "SELECT * FROM secrets ORDER BY id"}).json()["rows"]
    assert rows == [{"id": 1, "word": "plugh"}, {"id": 2, "word": "xyzzy"}]


@pytest.mark.parametrize("page", [(1280, "light"), (390, "dark")], indirect=True, ids=["wide", "phone"])
def test_what_is_doubtful_says_so_and_is_left(page: Any, client: httpx.Client) -> None:
    say(page, "Tidy up")
    page.get_by_text("It deletes rows of orders, which the instruction does not say").wait_for()
    assert page.locator(".difference del").all_inner_texts() == ["3", "2", "99", ""]
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_role("region", name="Preview")).to_have_count(0)
    assert client.get("/history").json() == {"changes": []}


def test_where_nothing_may_be_changed_there_is_no_view(
    browser: Any, open_shop: Callable[..., Service], serve: Callable[..., httpx.Client]
) -> None:
    client = serve(create_app(open_shop(open=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/#/change")
        page.locator(".welcome").wait_for()
        assert page.get_by_role("navigation", name="Views").inner_text().split() == [
            "Ask", "Catalog", "Rules", "Plans", "Evals",
        ]  # fmt: skip
