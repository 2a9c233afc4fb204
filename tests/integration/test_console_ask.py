"""The console in a real browser: asking, reading the answer, SQL by hand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from browsing import axe_violations, expect, open_chromium, open_page
from servers import post

from nlq.http import create_app
from nlq.service import Service

Serve = Callable[..., httpx.Client]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
MORE = """
CREATE TABLE readings (id INTEGER PRIMARY KEY, value DECIMAL(20, 2), place TEXT);
COMMENT ON TABLE readings IS '<i>what</i> was measured';
INSERT INTO readings SELECT i, i * 7919 % 10007 + 0.25, 'place ' || i % 10 FROM range(10000) AS t (i);
CREATE TABLE notes (id INTEGER PRIMARY KEY, "<b>text</b>" TEXT);
"""

FEES = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, holder TEXT, monthly_fee INTEGER, closing_fee INTEGER);
INSERT INTO accounts VALUES (1, 'Ana', 3, 40), (2, 'Bo', 5, 5);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def url(serve_stable: Callable[..., httpx.Client], tmp_path_factory: pytest.TempPathFactory) -> str:
    """An open server of a database with a large relation and hostile texts."""
    path = tmp_path_factory.mktemp("console") / "more.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(MORE)
        connection.execute("INSERT INTO notes VALUES (1, ?), (2, NULL)", [HOSTILE])
        connection.execute(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, total DECIMAL(10, 2) NOT NULL, note TEXT)"
        )
        connection.execute("INSERT INTO orders VALUES (1, 12.5, NULL), (2, 7.25, 'gift'), (3, 99, '')")
        connection.execute("CREATE TABLE customers (id INTEGER, country TEXT)")
        connection.execute("INSERT INTO customers VALUES (1, 'Portugal'), (2, 'Denmark'), (3, 'Portugal')")
    client = serve_stable(open=True, db=f"duckdb:///{path}", row_limit=10_000)
    return str(client.base_url).rstrip("/")


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    with open_page(browser, url) as opened:
        opened.goto("/")
        yield opened


def ask(page: Any, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.keyboard.press("Control+Enter")


def write_sql(page: Any, sql: str, *, run: bool = True) -> None:
    page.goto("/#/ask?sql=")
    page.get_by_role("textbox", name="SQL").fill(sql)
    if run:
        page.get_by_role("button", name="Run").click()


def cells(page: Any) -> list[list[str]]:
    rows: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('.grid tbody tr:not(.gap)')]"
        ".map(r => [...r.querySelectorAll('td:not(.rest)')].map(c => c.textContent))"
    )
    return rows


def test_a_question_and_all_that_belongs_to_its_answer(page: Any) -> None:
    ask(page, "List all orders")
    answer = page.get_by_role("region", name="Answer")
    answer.wait_for()
    assert cells(page) == [["1", "12.5", "null"], ["2", "7.25", "gift"], ["3", "99", ""]]
    assert page.title() == "List all orders · nlq"
    text = answer.inner_text()
    for said in (
        "3 rows",
        "Shows id, total and note, from orders.",
        "the owner may read everything",
        "Compiled by scripted in 1 call, 140 tokens",
        "Permissions",
        "Database",
    ):
        assert said in text
    assert "FROM main.orders AS orders" in page.locator("pre.sql").inner_text()
    page.get_by_text("Step by step").click()
    steps = [s.split("\n")[0] for s in page.locator(".log li .step").all_inner_texts()]
    assert steps == [
        "Looking for a known plan",
        "Drafting SQL scripted",
        "Checking the draft",
        "The draft is a plan now",
        "Running",
        "The database gave 3 rows",
    ]
    ask(page, "List all orders")
    page.get_by_text("A known plan: no model was called").wait_for()


def test_one_value_is_a_figure(page: Any) -> None:
    ask(page, "How many customers are there?")
    figure = page.locator("figure")
    figure.wait_for()
    assert figure.inner_text().split() == ["3", "customers"]


def test_the_keyboard_is_enough(page: Any) -> None:
    question = page.get_by_label("Question")
    ask(page, "How many customers are there?")
    page.locator("figure").wait_for()
    question.fill("")
    page.keyboard.press("ArrowUp")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("How many customers are there?")
    assert question.get_attribute("aria-activedescendant") == "suggestion-0"
    page.keyboard.press("Enter")
    assert question.input_value() == "How many customers are there?"
    page.locator("h2", has_text="SQL").click()  # somewhere else
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "question"
    assert question.input_value() == "How many customers are there?"
    page.keyboard.type("total of ord")
    expect(options.first).to_have_text(re.compile("^orders *table$"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert question.input_value() == "total of orders"
    page.keyboard.type(" c")
    page.keyboard.type("ount")
    page.get_by_text("column of customers").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("listbox").is_hidden()


def test_a_question_can_be_stopped(
    browser: Any, open_shop: Callable[..., Service], serve: Serve, model: Any
) -> None:
    model.hold = threading.Event()
    client = serve(create_app(open_shop(open=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        ask(page, "How many customers are there?")
        page.locator(".progress .now", has_text="Drafting SQL").wait_for()
        page.keyboard.press("Escape")
        page.get_by_text("Stopped.").wait_for()
        assert page.get_by_role("button", name="Ask", exact=True).is_visible()
    model.hold.set()


def test_another_question_takes_the_place_of_one_that_is_worked_on(
    browser: Any, open_shop: Callable[..., Service], serve: Serve, model: Any
) -> None:
    model.hold = threading.Event()
    client = serve(create_app(open_shop(open=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        question = page.get_by_label("Question")
        question.focus()
        page.keyboard.type("/")  # which is how one comes here
        assert question.input_value() == ""
        ask(page, "What is the weather?")
        page.locator(".progress .now", has_text="Drafting SQL").wait_for()
        ask(page, "How many customers are there?")
        model.hold.set()
        page.locator(".figure").wait_for()
        assert question.input_value() == "How many customers are there?"


def test_ten_thousand_rows(page: Any, tmp_path: Path, url: str) -> None:
    sql = "SELECT id, value, place FROM readings ORDER BY id"
    write_sql(page, sql)
    page.locator(".count", has_text="10,000 rows").wait_for()
    assert page.locator("table.grid").get_attribute("aria-rowcount") == "10001"
    scroller = page.locator(".scroller")
    scroller.evaluate("e => { e.scrollTop = e.scrollHeight }")
    page.locator(".grid td", has_text="9999").first.wait_for()
    assert cells(page)[-1] == ["9999", "6697.25", "place 9"]
    assert page.locator(".grid tr").count() < 80
    value = page.get_by_role("columnheader", name="value")
    value.get_by_role("button").click()
    assert value.get_attribute("aria-sort") == "ascending"
    assert [row[1] for row in cells(page)[:3]] == ["0.25", "1.25", "2.25"]
    value.get_by_role("button").click()
    assert [row[1] for row in cells(page)[:3]] == ["10006.25", "10005.25", "10004.25"]
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="CSV").click()
    exact = post(f"{url}/sql", json={"sql": sql, "limit": 10_000}, headers={"accept": "text/csv"})
    assert Path(downloaded.value.path()).read_bytes() == exact.content
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Parquet").click()
    saved = duckdb.sql(f"SELECT count(*), sum(value)::TEXT FROM read_parquet('{downloaded.value.path()}')")
    assert saved.fetchall() == [(10_000, "50039078.00")]
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="JSON").click()
    rows = json.loads(Path(downloaded.value.path()).read_text("utf-8"))
    assert (len(rows), rows[0]["value"]) == (10_000, 10006.25)


def test_durations_are_read_as_such(page: Any) -> None:
    moment = "CAST('2026-01-01 00:00:00' AS TIMESTAMP)"
    write_sql(
        page,
        f"SELECT CAST('2026-01-03 03:04:05.5' AS TIMESTAMP) - {moment} AS took,"
        f" CAST('2025-12-31 23:00:00' AS TIMESTAMP) - {moment} AS before FROM orders LIMIT 1",
    )
    page.locator(".count", has_text="1 row").wait_for()
    assert cells(page) == [["2 days, 3:04:05.5", "-1:00:00"]]


def test_a_chart_that_suits_the_result(page: Any) -> None:
    write_sql(
        page, "SELECT place, count(*) AS n, sum(value) AS total FROM readings GROUP BY place ORDER BY place"
    )
    page.get_by_role("button", name="Chart").click()
    image = page.locator(".chart img[src]")
    image.wait_for()
    assert image.get_attribute("alt") == "Bars: n for each place"
    page.wait_for_function("document.querySelector('.chart img').naturalWidth > 200")
    page.get_by_label("Shown value").select_option("total")
    page.locator(".chart img[alt='Bars: total for each place']").wait_for()
    assert page.get_by_label("Kind of chart").locator("option").all_inner_texts() == ["Bars", "Points"]
    page.get_by_label("Kind of chart").select_option("Points")
    page.locator(".chart img[alt='Points: total for each n']").wait_for()
    for name, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as downloaded:
            page.get_by_role("button", name=name).click()
        assert Path(downloaded.value.path()).read_bytes().startswith(begins)
    assert axe_violations(page) == []
    page.get_by_role("button", name="Table").click()
    assert len(cells(page)) == 10


def test_rows_are_copied_as_a_spreadsheet_takes_them(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    write_sql(page, "SELECT id, note FROM orders ORDER BY id")
    page.locator(".panel.rows").get_by_role("button", name="Copy").click()
    wanted = "id\tnote\n1\t\n2\tgift\n3\t"
    page.wait_for_function("async wanted => await navigator.clipboard.readText() === wanted", arg=wanted)


def test_text_of_the_database_is_only_text(page: Any) -> None:
    write_sql(page, 'SELECT id, "<b>text</b>" FROM notes ORDER BY id')
    page.locator(".grid").wait_for()
    assert cells(page) == [["1", HOSTILE], ["2", "null"]]
    page.goto("/#/catalog")
    assert page.locator("#main img, #main b, #main i").count() == 0
    assert page.title() != "owned"


def test_sql_is_checked_while_it_is_written(page: Any) -> None:
    ask(page, "List all orders")
    page.get_by_role("button", name="Edit").click()
    field, verdict = page.get_by_role("textbox", name="SQL"), page.locator(".verdict")
    page.locator(".verdict[data-kind=good]").wait_for()
    field.fill("SELECT totl FROM orders")
    page.locator(".verdict[data-kind=bad]").wait_for()
    assert verdict.inner_text() == "Unknown column totl. Did you mean total?"
    field.fill("SELECT count(*) AS n FROM orders")
    page.locator(".verdict[data-kind=good]").wait_for()
    assert verdict.inner_text() == "Fine: Shows the number of rows (as n), from orders."
    page.keyboard.press("Control+Enter")
    page.locator("figure").wait_for()
    assert page.locator("figure").inner_text().split() == ["3", "n"]
    assert page.get_by_text("SQL written by hand").is_visible()


def test_a_follow_up_becomes_a_question(
    browser: Any, open_shop: Callable[..., Service], serve: Serve, model: Any
) -> None:
    model.replies = {
        "How many orders are there for each note?": "SELECT note, count(*) AS n FROM orders GROUP BY 1",
        "How many orders are there for each total?": "SELECT total, count(*) AS n FROM orders GROUP BY 1",
        "Complete question:": "How many customers are there?",
        "How many customers are there?": "SELECT count(*) AS customers FROM customers",
    }
    client = serve(create_app(open_shop(open=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        ask(page, "How many orders are there for each note?")
        page.get_by_label("Refine it").fill("by total instead")
        page.keyboard.press("Enter")
        trail = page.get_by_role("navigation", name="How you came here")
        trail.wait_for()
        expect(page.get_by_label("Question")).to_have_value("How many orders are there for each total?")
        assert len(cells(page)) == 4
        with page.expect_download() as downloaded:
            page.get_by_role("button", name="CSV").click()
        assert Path(downloaded.value.path()).read_text("utf-8").startswith("total,n\n")
        page.get_by_label("Refine it").fill("the customers")
        page.keyboard.press("Enter")
        page.locator("figure").wait_for()
        expect(trail.get_by_role("listitem")).to_have_text(
            ["How many orders are there for each note?", "by total instead", "the customers"]
        )
        assert axe_violations(page) == []
        trail.get_by_role("button", name="by total instead").click()
        page.locator(".grid").wait_for()
        expect(page.get_by_label("Question")).to_have_value("How many orders are there for each total?")


def test_sql_that_is_better_is_kept(browser: Any, open_shop: Callable[..., Service], serve: Serve) -> None:
    client = serve(create_app(open_shop(open=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        ask(page, "List all orders")
        page.get_by_role("button", name="Edit").click()
        page.get_by_role("textbox", name="SQL").fill("SELECT id, note FROM orders ORDER BY id")
        page.keyboard.press("Control+Enter")
        page.locator(".instead").wait_for()
        expect(page.locator(".instead del")).to_have_text(["−   orders.total,"])
        assert axe_violations(page) == []
        page.get_by_role("button", name="Keep it").click()
        page.get_by_role("button", name="Ask the question").click()
        page.get_by_text("A plan that a person wrote: no model was called").wait_for()
        assert cells(page)[1] == ["2", "gift"]
        page.get_by_role("navigation", name="Views").get_by_role("link", name="Plans").click()
        page.locator(".index a", has_text="by hand").click()
        page.get_by_text("Before it was written by hand (by scripted)").click()
        expect(page.locator(".diff del")).to_have_text(["−   orders.total,"])
        assert axe_violations(page) == []


def test_of_several_readings_one_is_chosen(
    browser: Any, open_shop: Callable[..., Service], serve: Serve, model: Any, tmp_path: Path
) -> None:
    path = tmp_path / "bank.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(FEES)
    model.replies = {"What is the fee of 'Ana'?": "SELECT monthly_fee FROM accounts WHERE holder = 'Ana'"}
    client = serve(create_app(open_shop(open=True, db=f"duckdb:///{path}")))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        ask(page, "What is the fee of 'Ana'?")
        which = page.get_by_role("region", name="Which do you mean?")
        which.wait_for()
        assert which.get_by_role("button").all_inner_texts() == [
            "What is the monthly fee of 'Ana'?",
            "What is the closing fee of 'Ana'?",
        ]
        assert which.locator("strong").all_inner_texts() == ["monthly", "closing"]
        assert which.get_by_text("Shows closing_fee, from accounts.").is_visible()
        assert axe_violations(page) == []
        for _ in range(4):  # the button Ask, the first reading and its SQL, the second
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("figure").wait_for()
        assert page.locator("figure").inner_text().split() == ["40", "closing", "fee"]
        expect(page.get_by_label("Question")).to_have_value("What is the closing fee of 'Ana'?")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        pytest.param("What is the meaning of life?", "compile.refused", id="refused"),
        pytest.param("What is the weather?", "compile.failed", id="failed"),
    ],
)
def test_what_fails_says_why(page: Any, question: str, said: str) -> None:
    ask(page, question)
    trouble = page.locator(".trouble")
    trouble.wait_for()
    assert said in trouble.inner_text()
    trouble.get_by_role("button", name="Ask again").click()
    page.locator(".trouble", has_text=said).wait_for()


def test_no_rows_is_an_answer(page: Any) -> None:
    write_sql(page, "SELECT id FROM orders WHERE id > 99")
    page.get_by_text("No rows.").wait_for()


def test_a_link_fills_in_and_does_not_ask(page: Any) -> None:
    page.goto("/#/ask?q=How%20many%20customers%20are%20there%3F")
    page.reload()
    expect(page.get_by_label("Question")).to_have_value("How many customers are there?")
    assert page.locator(".welcome").is_visible() and page.locator(".answer").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_everyone_can_use_it(browser: Any, url: str, width: int, scheme: str) -> None:
    with open_page(browser, url, width=width, scheme=scheme) as page:
        page.goto("/")
        page.locator(".welcome").wait_for()
        found = axe_violations(page)
        ask(page, "List all orders")
        page.locator(".answer").wait_for()
        page.get_by_text("Step by step").click()
        found += axe_violations(page)
        page.get_by_role("button", name="Edit").click()
        page.locator(".verdict[data-kind=good]").wait_for()
        page.get_by_role("textbox", name="SQL").fill("SELECT nope FROM orders")
        page.locator(".verdict[data-kind=bad]").wait_for()
        found += axe_violations(page)
        ask(page, "What is the weather?")
        page.locator(".trouble").wait_for()
        page.get_by_label("Question").fill("How")
        found += axe_violations(page)
        page.locator("#who").click()
        page.get_by_role("dialog").wait_for()
        found += axe_violations(page)
        assert found == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_is_the_persons(page: Any) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.get_by_role("button", name=re.compile("^Theme"))
    button.click()
    button.click()
    assert button.get_attribute("aria-label") == "Theme: dark"
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_who_asks_is_chosen(
    browser: Any, open_shop: Callable[..., Service], serve: Serve, shop_policy: Path
) -> None:
    client = serve(create_app(open_shop(policy=str(shop_policy), dev=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        page.get_by_text("There is nothing that you may read.").wait_for()
        counts = {}
        for name in ("root", "ana"):
            page.locator("#who").click()
            page.get_by_role("dialog").get_by_role("button", name=name).click()
            page.locator("#who", has_text=name).wait_for()
            write_sql(page, "SELECT id FROM orders ORDER BY id")
            page.locator(".grid").wait_for()
            counts[name] = len(cells(page))
            seen = page.locator(".decisions").inner_text()
        assert counts == {"root": 4, "ana": 2}
        assert "some" in seen and "only rows that a rule lets be read" in seen
        page.reload()
        page.locator("#who", has_text="ana").wait_for()


def test_a_server_that_goes_away_is_told_of(
    browser: Any, open_shop: Callable[..., Service], serve: Serve
) -> None:
    client = serve(create_app(open_shop(open=True)))
    with open_page(browser, str(client.base_url).rstrip("/")) as page:
        page.goto("/")
        page.locator(".welcome").wait_for()
        page.route("**/query", lambda route: route.abort())
        ask(page, "How many customers are there?")
        page.get_by_text("The server cannot be reached.").wait_for()
