"""What is left of questions and SQL when their values are gone."""

from __future__ import annotations

import pytest

from nlq.audit.redact import GAP, MAX_TEMPLATE, redact_question, redact_sql
from nlq.catalog import RelationName
from nlq.plan import Dependency, Plan


def plan(sql: str, *columns: str) -> Plan:
    depends = (Dependency(RelationName("main", "Customers"), tuple((c, "f") for c in columns)),)
    return Plan("query", "q", "duckdb", "owner", sql, (), (), depends, "")


@pytest.mark.parametrize(
    ("question", "redacted"),
    [
        pytest.param("How many users are there?", "How many users are there?", id="nothing"),
        pytest.param("Posts with over 100 likes", "Posts with over {…} likes", id="number"),
        pytest.param("over 1,250.50, or under 3?", "over {…}, or under {…}?", id="numbers"),
        pytest.param("orders of 'Ana Silva' and \"Bo\"", "orders of {…} and {…}", id="quotes"),
        pytest.param("orders of “Ana”, «Bo» and ‘Cy’", "orders of {…}, {…} and {…}", id="other-quotes"),
        pytest.param('orders of "plugh and more', "orders of {…}", id="open-quote"),
        pytest.param("the customers' orders", "the customers' orders", id="apostrophe"),
        pytest.param("who is ana@example.org?", "who is {…}?", id="address"),
        pytest.param("the card 4111-1111", "the card {…}", id="digits"),
        pytest.param("order A-17x (not B2)", "order {…} (not {…})", id="codes"),
        pytest.param("Customers of Ana Silva in Porto.", "Customers of {…} {…} in {…}.", id="names"),
        pytest.param("Count them. Then Stop", "Count them. Then {…}", id="sentences"),
        pytest.param("in {country} over {p1}", "in {country} over {p1}", id="parameters"),
        pytest.param("{country} Bo{x}", "{country} {…}", id="glued"),
        pytest.param("  a\u200b\n b ", "a b", id="one-spelling"),
    ],
)
def test_a_question_keeps_its_words_and_loses_its_values(question: str, redacted: str) -> None:
    assert redact_question(question) == redacted


@pytest.mark.parametrize(
    ("question", "sql", "redacted"),
    [
        pytest.param("users of portugal", "x = 'Portugal'", "users of {…}", id="folded"),
        pytest.param("named ana silva", "x = 'Silva' OR x = 'Ana Silva'", "named {…}", id="longest-first"),
        pytest.param("beginning with jo", "x LIKE 'jo%'", "beginning with {…}", id="like"),
        pytest.param("the o'brien file", "x = 'O''Brien'", "the {…} file", id="quote-in-value"),
        pytest.param("a pattern .* here", "x = '.*'", "a pattern {…} here", id="not-a-pattern"),
        pytest.param("portuguese users", "x = 'port'", "portuguese users", id="part-of-a-word"),
        pytest.param("All Customers by Country", "x = 1", "All Customers by Country", id="names-it-reads"),
        pytest.param("nothing", "x = '' AND y = '%'", "nothing", id="empty"),
    ],
)
def test_a_plan_tells_values_from_names(question: str, sql: str, redacted: str) -> None:
    made = plan(f"SELECT 1 FROM customers WHERE {sql}", "country")
    assert redact_question(question, made) == redacted


@pytest.mark.parametrize(
    ("sql", "redacted"),
    [
        pytest.param("select a from t where b = 'plugh'", "select a from t where b = ?", id="text"),
        pytest.param("select 'it''s', '' from t", "select ?, ? from t", id="quotes-in-text"),
        pytest.param(r"select E'it\'s plugh', 1 from t", "select ?, ? from t", id="escapes"),
        pytest.param("select $$plugh$$, $a$pl$$ugh$a$", "select ?, ?", id="dollars"),
        pytest.param(
            "select 12.5e3, .5, 0x1f, t1.c2 from t1", "select ?, ?, ?, t1.c2 from t1", id="numbers"
        ),
        pytest.param("select a -- plugh\nfrom t", "select a from t", id="line-comment"),
        pytest.param("select /* plugh */ a", "select a", id="comment"),
        pytest.param("select a /* x /* y */ plugh */ from t", "select a ?", id="nested-comment"),
        pytest.param("select a where b = 'plugh", "select a where b = ?", id="open-text"),
        pytest.param("select $a$plugh", "select ?", id="open-dollars"),
        pytest.param("select `plugh`", "select ?", id="backticks"),
        pytest.param("a = :name and b = $1", "a = :name and b = $1", id="parameters"),
        pytest.param("a ->> '$.plugh'", "a ->> ?", id="path"),
    ],
)
def test_sql_keeps_its_names_and_loses_its_literals(sql: str, redacted: str) -> None:
    assert redact_sql(sql, checked=True) == redacted


@pytest.mark.parametrize(
    ("checked", "redacted"), [(True, 'select "a ""b" from "t"'), (False, 'select "?" from "?"')]
)
def test_a_name_in_quotes_may_be_a_value_until_it_is_bound(checked: bool, redacted: str) -> None:
    assert redact_sql('select "a ""b" from "t"', checked=checked) == redacted


def test_what_is_very_long_is_cut() -> None:
    found = redact_question("a " * MAX_TEMPLATE), redact_sql("a " * MAX_TEMPLATE, checked=True)
    assert [len(f) for f in found] == [MAX_TEMPLATE, MAX_TEMPLATE]
    assert found[0].endswith("…")


def test_a_gap_stays_a_gap() -> None:
    once = redact_question("orders of 'Ana' over 5")
    assert redact_question(once) == once == f"orders of {GAP} over {GAP}"
