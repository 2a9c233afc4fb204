"""Words that must meet: of a question, of names, of comments."""

from __future__ import annotations

import pytest

from nlq.compiler.words import content_words, stem, words


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("user", "users"), ("category", "categories"), ("movie", "movies"), ("tie", "ties"),
        ("box", "boxes"),
        ("branch", "branches"), ("dish", "dishes"), ("class", "classes"), ("address", "addresses"),
        ("status", "statuses"), ("bonus", "bonuses"), ("bus", "buses"), ("house", "houses"),
        ("clause", "clauses"), ("purchase", "purchases"), ("hero", "heroes"), ("shoe", "shoes"),
        ("size", "sizes"), ("prize", "prizes"), ("cache", "caches"), ("course", "courses"),
        ("invoice", "invoices"), ("series", "series"), ("person", "people"), ("child", "children"),
        ("analysis", "analyses"), ("index", "indices"), ("id", "ids"), ("day", "days"), ("key", "keys"),
        ("photo", "photos"), ("employee", "employees"), ("tax", "taxes"), ("quiz", "quizzes"),
    ],
)  # fmt: skip
def test_both_numbers_have_one_stem(singular: str, plural: str) -> None:
    assert stem(singular) == stem(plural)


@pytest.mark.parametrize(
    ("one", "other"),
    [("class", "clas"), ("status", "statu"), ("order", "ordered"), ("post", "poster"), ("new", "now")],
)
def test_other_words_have_other_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("InvoiceLine", ("invoice", "line"), id="camel case"),
        pytest.param("invoice_line_2", ("invoice", "line", "2"), id="snake case"),
        pytest.param("XMLHttpRequest", ("xml", "http", "request"), id="an acronym before a word"),
        pytest.param("customerIDs", ("customer", "id"), id="a plural acronym"),
        pytest.param("the customers' orders", ("the", "customer", "order"), id="apostrophe"),
        pytest.param("Unit Price (EUR)", ("unit", "price", "eur"), id="punctuation"),
        pytest.param("Größe", ("grösse",), id="sharp s"),
        pytest.param("ＮＡＭＥ", ("name",), id="full width"),
        pytest.param("用户 orders", ("用户", "order"), id="two scripts"),
        pytest.param("", (), id="nothing"),
        pytest.param("__-- ", (), id="no letters"),
    ],
)
def test_words_of_a_text(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


def test_content_words_are_about_the_subject() -> None:
    assert content_words("How many of the users have a name?") == ("user",)
