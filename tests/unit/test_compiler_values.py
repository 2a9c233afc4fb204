"""Stored values that a question mentions, as they are stored."""

from __future__ import annotations

import random
import time

import pytest

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName
from nlq.compiler.schema_text import Samples
from nlq.compiler.values import MAX_MATCHES, Match, hints_text, match_values, sampled_columns

CUSTOMERS, CITIES, ORDERS = (RelationName("main", n) for n in ("customers", "cities", "orders"))

CATALOG = Catalog.of(
    "duckdb",
    [
        Relation(
            CUSTOMERS,
            (
                Column("name", "TEXT"),
                Column("country", "TEXT"),
                Column("segment", "ENUM", enum=("trade", "private")),
            ),
        ),
        Relation(CITIES, (Column("name", "TEXT"), Column("country", "TEXT")), unique=(("name",),)),
        Relation(ORDERS, (Column("status", "TEXT"), Column("channel", "TEXT"))),
    ],
)  # fmt: skip
VALUES: Samples = {
    (CUSTOMERS, "name"): ("Ana Prado", "Vienna", "Müller & Söhne", "O'Brien", "The Who", "Acme"),
    (CUSTOMERS, "country"): ("Austria", "Australia", "US", "Niger", "Nigeria"),
    (CITIES, "name"): ("Vienna", "New York", "York", "São Paulo"),
    (CITIES, "country"): ("Austria", "US"),
    (ORDERS, "status"): ("paid", "unpaid", "approved", "unapproved", "in", "Invoice 2024", "Shipped Items"),
    (ORDERS, "channel"): ("Newsletter", "", "   ", "!!!", "x" * 500),
}


def matched(question: str, values: Samples = VALUES) -> list[str]:
    return [f"{m.relation.name}.{m.column} = {m.value}" for m in match_values(question, values, CATALOG)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("orders of ana prado", ["customers.name = Ana Prado"], id="in another case"),
        pytest.param("orders by muller & sohne", [], id="without its accents"),
        pytest.param("orders by Müller and Söhne", [], id="with a word between"),
        pytest.param(
            "orders by müller söhne", ["customers.name = Müller & Söhne"], id="without punctuation"
        ),
        pytest.param("who is O'Brien?", ["customers.name = O'Brien"], id="apostrophe"),
        pytest.param("the shipped item", ["orders.status = Shipped Items"], id="singular of a plural"),
        pytest.param("via newsletters", ["orders.channel = Newsletter"], id="plural of a singular"),
        pytest.param("people in New York", ["cities.name = New York"], id="the longest wins"),
        pytest.param(
            "people in New York and York", ["cities.name = New York"], id="and takes its parts along"
        ),
        pytest.param("customers in Sao Paolo", [], id="two slips in a short name"),
        pytest.param("customers in São Paolo", ["cities.name = São Paulo"], id="a wrong letter"),
        pytest.param("via the newslettr", ["orders.channel = Newsletter"], id="a letter left out"),
        pytest.param("via the newslleter", ["orders.channel = Newsletter"], id="letters swapped"),
        pytest.param("orders that were approved", ["orders.status = approved"], id="not its opposite"),
        pytest.param("trips to Austria", ["cities.country = Austria"], id="not what is spelled alike"),
        pytest.param("Nigeria", ["customers.country = Nigeria"], id="the exact one of two alike"),
        pytest.param("about invoice 2025", [], id="another number is another value"),
        pytest.param("about invoice 2024", ["orders.status = Invoice 2024"], id="the same number"),
        pytest.param("show us the orders", [], id="two letters that are a common word"),
        pytest.param("customers from the US?", ["customers.country = US"], id="in capitals"),
        pytest.param("who bought in March", [], id="stop words are no values"),
        pytest.param("private customers", ["customers.segment = private"], id="labels of an enum"),
        pytest.param("x" * 500, [], id="values that nobody writes"),
        pytest.param("!!!", [], id="no words"),
        pytest.param("有多少用户", [], id="another script"),
    ],
)
def test_values_in_a_question(question: str, expected: list[str]) -> None:
    assert matched(question) == expected


def test_initials_of_what_is_spelled_out() -> None:
    values = {(ORDERS, "status"): ("PWR", "BWR", "OTS")}
    assert matched("orders of Pressurized Water Reactors", values) == ["orders.status = PWR"]
    assert matched("orders of the second year", values) == []


def test_columns_without_a_type_are_sampled_on_sqlite_alone() -> None:
    relation = Relation(CITIES, (Column("name", "BLOB"),))
    found = {
        dialect: [c for _, c in sampled_columns(Catalog.of(dialect, [relation]), every_text=True)]
        for dialect in ("sqlite", "duckdb")
    }
    assert found == {"sqlite": ["name"], "duckdb": []}


@pytest.mark.parametrize(
    ("question", "place"),
    [
        pytest.param("customers called Vienna", "customers.name", id="the relation asked for"),
        pytest.param("what about Vienna", "cities.name", id="a key rather than a text"),
        pytest.param("the city of Vienna", "cities.name", id="the other relation"),
        pytest.param("customers from Austria", "customers.country", id="country of customers"),
        pytest.param("cities in Austria", "cities.country", id="country of cities"),
    ],
)
def test_one_place_for_each_value(question: str, place: str) -> None:
    assert [m.rpartition(" = ")[0] for m in matched(question)] == [place]


def test_a_value_is_of_the_relation_that_has_what_is_asked() -> None:
    rivers, states = RelationName("main", "rivers"), RelationName("main", "states")
    catalog = Catalog.of(
        "sqlite",
        [
            Relation(rivers, (Column("river_name", "TEXT"), Column("length", "INTEGER"))),
            Relation(states, (Column("state_name", "TEXT"), Column("capital", "TEXT"))),
        ],
    )
    values = {(rivers, "river_name"): ("Ohio",), (states, "state_name"): ("Ohio",)}
    found = [match_values(q, values, catalog)[0].column for q in ("the capital of Ohio", "length of Ohio")]
    assert found == ["state_name", "river_name"]


def test_no_more_than_a_prompt_can_use() -> None:
    values = {(CUSTOMERS, "name"): tuple(f"Person {n}" for n in range(20))}
    question = ", ".join(values[CUSTOMERS, "name"])
    assert len(matched(question, values)) == MAX_MATCHES


def test_what_is_not_in_the_catalog_is_never_named() -> None:
    hidden = {(RelationName("main", "secrets"), "word"): ("plugh",), (CUSTOMERS, "card"): ("plugh",)}
    assert matched("who has plugh", hidden) == []


def test_hints_name_only_relations_that_are_shown() -> None:
    shown = CATALOG.restrict(lambda r: r.name == CITIES, lambda r, c: True)
    matches = (Match(CITIES, "name", "L'Aquila"), Match(CUSTOMERS, "name", "Acme"))
    assert hints_text(matches, shown) == "-- 'L''Aquila' is a value of cities.name\n"


def test_many_values_take_little_time() -> None:
    r = random.Random(7)
    syllables = "ka ri mo ten sal dor vin pe lu gra sto bel an os ur".split()

    def name() -> str:
        parts = (
            "".join(r.choice(syllables) for _ in range(r.randint(2, 4))) for _ in range(r.randint(1, 3))
        )
        return " ".join(parts).title()

    relations = [
        Relation(RelationName("main", f"r{n}"), tuple(Column(f"c{i}", "TEXT") for i in range(3)))
        for n in range(10)
    ]
    catalog = Catalog.of("duckdb", relations)
    values = {(t.name, c.name): tuple(name() for _ in range(1000)) for t in relations for c in t.columns}
    question = " ".join(name() for _ in range(200))
    match_values(question, values, catalog)  # the keys of the values are made once
    started = time.perf_counter()
    assert len(match_values(question, values, catalog)) == MAX_MATCHES
    assert time.perf_counter() - started < 30  # 0.1 s, where it does not explode


def test_columns_that_may_be_sampled() -> None:
    key = ForeignKey(("owner",), CUSTOMERS, ("name",))
    relation = Relation(
        RelationName("main", "t"),
        (
            Column("id", "INTEGER", sample=True),
            Column("safe", "TEXT", sample=True),
            Column("text", "TEXT"),
            Column("kind", "ENUM", enum=("a", "b"), sample=True),
            Column("owner", "TEXT", sample=True),
            Column("day", "DATE", sample=True),
        ),
        foreign_keys=(key,),
    )
    catalog = Catalog.of("duckdb", [relation])
    assert sampled_columns(catalog, every_text=False) == [(relation, "safe")]
    assert sampled_columns(catalog, every_text=True) == [(relation, "safe"), (relation, "text")]
