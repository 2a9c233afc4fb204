"""Keys, labels, periods, kinds and examples, each mended by its rule alone."""

# ruff: noqa: E501  # a statement on one line is compared more easily

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlglot import exp

from nlq.catalog import Catalog, Dialect, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.either import mend_either
from nlq.compiler.mend.examples import mend_examples
from nlq.compiler.mend.groups import mend_groups
from nlq.compiler.mend.keys import mend_keys
from nlq.compiler.mend.kinds import mend_kinds
from nlq.compiler.mend.labels import mend_labels
from nlq.compiler.mend.literals import leave_out_all
from nlq.compiler.mend.names import mend_names
from nlq.compiler.mend.order import mend_order
from nlq.compiler.mend.periods import mend_periods
from nlq.compiler.schema_text import Samples
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = """
    CREATE TABLE depots (id INTEGER PRIMARY KEY, name TEXT, town TEXT, height_m INTEGER);
    CREATE TABLE drivers (id INTEGER PRIMARY KEY, name TEXT, depot_id INTEGER REFERENCES depots (id));
    CREATE TABLE buses (id INTEGER PRIMARY KEY, maker TEXT, seats INTEGER, doors INTEGER, depot_id INTEGER REFERENCES depots (id));
    CREATE TABLE fares (id INTEGER PRIMARY KEY, bus_id INTEGER REFERENCES buses (id), status TEXT, method TEXT, paid DATE, weekday TEXT, country_name TEXT, price INTEGER);
    CREATE TABLE coins (price INTEGER PRIMARY KEY, name TEXT);
"""
Rule = Callable[[exp.Expr, Catalog, str], tuple[str, ...]]


def values_of(catalog: Catalog) -> Samples:
    held = {
        ("fares", "status"): ("success", "pending", "refused"),
        ("fares", "method"): ("card", "cash"),
        ("fares", "weekday"): ("Friday", "Monday", "Sunday"),
        ("buses", "maker"): ("Ikar", "Volta"),
    }
    return {(RelationName(catalog.default_schema, name), column): v for (name, column), v in held.items()}


def mended(rule: Rule, sql: str, question: str, dialect: Dialect = "sqlite") -> str:
    """The SQL that the rule makes of it; empty where it changes nothing."""
    catalog = catalog_from_ddl(DDL, dialect)
    tree = parse(sql, dialect)
    bind(tree, catalog)
    changes = rule(tree, catalog, question)
    assert not bind(tree, catalog).findings
    written = render(tree, dialect, pretty=False).replace('"', "")
    return written.replace("main.", "").replace("public.", "") if changes else ""


def order(tree: exp.Expr, catalog: Catalog, _question: str) -> tuple[str, ...]:
    return mend_order(tree, catalog, values_of(catalog))


def kinds(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    return mend_kinds(tree, catalog, question, values_of(catalog))


def every(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    return leave_out_all(tree, catalog, question, values_of(catalog))


BOTH = "FROM depots AS d JOIN drivers AS r ON d.id = r.depot_id JOIN buses AS b ON d.id = b.depot_id"
NOTES = "(Filter towns using LIKE. Match status (eg refused), e.g. 'cash')"


@pytest.mark.parametrize(
    ("rule", "sql", "question", "expected"),
    [
        pytest.param(mend_keys, "SELECT SUM(f.id) FROM fares AS f", "the total number of fares",
                     "SELECT COUNT(f.id) FROM fares AS f", id="a key added up"),
        pytest.param(mend_keys, "SELECT SUM(b.depot_id) FROM buses AS b", "how many depots have buses?",
                     "SELECT COUNT(b.depot_id) FROM buses AS b", id="a key of another"),
        pytest.param(mend_keys, f"SELECT COUNT(r.id) / COUNT(b.id) {BOTH}", "the ratio of drivers to buses",
                     f"SELECT COUNT(DISTINCT r.id) / COUNT(DISTINCT b.id) {BOTH}", id="keys of joined rows"),
        pytest.param(mend_labels, "SELECT f.id FROM buses AS b JOIN fares AS f ON b.id = f.bus_id", "the buses' IDs that were paid for",
                     "SELECT b.id FROM buses AS b JOIN fares AS f ON b.id = f.bus_id", id="whose key is said"),
        pytest.param(mend_labels, "SELECT b.seats * 1.0 / b.doors FROM buses AS b", "seats a door for each maker",
                     "SELECT b.maker, b.seats * 1.0 / b.doors FROM buses AS b", id="which each is"),
        pytest.param(mend_labels, "SELECT d.height_m FROM depots AS d ORDER BY d.height_m DESC", "What are the highest depots, in metres?",
                     "SELECT d.name, d.height_m FROM depots AS d ORDER BY d.height_m DESC", id="what is ranked"),
        pytest.param(mend_periods, "SELECT DATE(f.paid) AS month, COUNT(*) FROM fares AS f GROUP BY DATE(f.paid)", "fares by month",
                     "SELECT STRFTIME('%Y-%m', f.paid) AS month, COUNT(*) FROM fares AS f GROUP BY STRFTIME('%Y-%m', f.paid)", id="a month that is a day"),
        pytest.param(mend_periods, "SELECT STRFTIME('%m', f.paid) AS month, COUNT(*) FROM fares AS f GROUP BY STRFTIME('%m', f.paid)", "fares per month (as a date)",
                     "SELECT STRFTIME('%Y-%m', f.paid) AS month, COUNT(*) FROM fares AS f GROUP BY STRFTIME('%Y-%m', f.paid)", id="a month that is a date"),
        pytest.param(mend_periods, "SELECT AVG(f.price) FROM fares AS f WHERE f.paid > '2026-01-01'", "the monthly average price of 2026",
                     "SELECT STRFTIME('%Y-%m', f.paid) AS month, AVG(f.price) FROM fares AS f WHERE f.paid > '2026-01-01' GROUP BY STRFTIME('%Y-%m', f.paid)", id="monthly"),
        pytest.param(mend_groups, "SELECT SUM(f.price) FROM fares AS f", "total price by country",
                     "SELECT f.country_name, SUM(f.price) FROM fares AS f GROUP BY f.country_name", id="by what is called so"),
        pytest.param(mend_groups, "SELECT AVG(b.seats) FROM buses AS b", "the average seats across different bus makers",
                     "SELECT b.maker, AVG(b.seats) FROM buses AS b GROUP BY b.maker", id="the second word"),
        pytest.param(mend_groups, "SELECT COUNT(*) AS n FROM buses AS b GROUP BY b.maker ORDER BY n", "how many buses of each maker?",
                     "SELECT b.maker, COUNT(*) AS n FROM buses AS b GROUP BY b.maker ORDER BY n", id="groups in an order"),
        pytest.param(mend_either, "SELECT f.id FROM fares AS f WHERE f.status = 'refused' AND f.method = 'cash'", "fares that were refused or paid in cash",
                     "SELECT f.id FROM fares AS f WHERE f.status = 'refused' OR f.method = 'cash'", id="an or between two texts"),
        pytest.param(mend_examples, "SELECT f.id FROM fares AS f WHERE f.price > 3 AND f.status LIKE '%refused%' AND f.method = 'cash'", f"Which fares are over 3? {NOTES}",
                     "SELECT f.id FROM fares AS f WHERE f.price > 3", id="examples of notes"),
        pytest.param(kinds, "SELECT SUM(f.price) FROM fares AS f WHERE f.price > 1", "the price of only successful fares",
                     "SELECT SUM(f.price) FROM fares AS f WHERE f.price > 1 AND f.status = 'success'", id="a kind that is forgotten"),
        pytest.param(every, "SELECT AVG(b.seats) FROM buses AS b WHERE b.maker IN ('Ikar', 'Volta') AND b.doors > 1", "",
                     "SELECT AVG(b.seats) FROM buses AS b WHERE b.doors > 1", id="one of all"),
        pytest.param(order, "SELECT f.weekday, f.price FROM fares AS f ORDER BY f.weekday", "",
                     "SELECT f.weekday, f.price FROM fares AS f ORDER BY CASE WHEN f.weekday = 'Monday' THEN 1 WHEN f.weekday = 'Friday' THEN 2 WHEN f.weekday = 'Sunday' THEN 3 END", id="the days of a week"),
        pytest.param(order, "SELECT f.weekday, COUNT(*) FROM fares AS f GROUP BY f.weekday", "",
                     "SELECT f.weekday, COUNT(*) FROM fares AS f GROUP BY f.weekday ORDER BY COUNT(*) DESC", id="days that are no time"),
        pytest.param(mend_names, "SELECT f.depot_id FROM fares AS f JOIN buses AS b ON f.bus_id = b.id JOIN drivers AS r ON b.depot_id = r.depot_id", "",
                     "SELECT b.depot_id FROM fares AS f JOIN buses AS b ON f.bus_id = b.id JOIN drivers AS r ON b.depot_id = r.depot_id", id="a column that two have, which are equal"),
        pytest.param(mend_names, "SELECT r.town FROM drivers AS r JOIN buses AS b ON r.depot_id = b.depot_id", "",
                     "SELECT depots.town FROM drivers AS r JOIN buses AS b ON r.depot_id = b.depot_id JOIN depots AS depots ON r.depot_id = depots.id", id="a way from two, which are equal"),
    ],
)  # fmt: skip
def test_what_is_asked_for(rule: Rule, sql: str, question: str, expected: str) -> None:
    assert mended(rule, sql, question) == expected


@pytest.mark.parametrize(
    ("rule", "sql", "question"),
    [
        pytest.param(mend_keys, "SELECT SUM(f.price) FROM fares AS f", "how many fares?", id="an amount"),
        pytest.param(mend_keys, "SELECT COUNT(d.id), COUNT(b.depot_id) FROM depots AS d JOIN buses AS b ON d.id = b.depot_id", "depots and buses", id="a key that refers"),
        pytest.param(mend_keys, "SELECT COUNT(b.id) FROM depots AS d JOIN buses AS b ON d.id = b.depot_id", "the buses of depots", id="rows that nothing repeats"),
        pytest.param(mend_labels, "SELECT b.id, f.price FROM buses AS b JOIN fares AS f ON b.id = f.bus_id", "the price of each bus id", id="the key that is said"),
        pytest.param(mend_labels, "SELECT d.height_m FROM depots AS d ORDER BY d.height_m DESC", "What are the highest heights?", id="not what is ranked"),
        pytest.param(mend_periods, "SELECT AVG(f.price) FROM fares AS f", "the average daily and monthly price", id="a word of what is measured"),
        pytest.param(mend_periods, "SELECT STRFTIME('%m', f.paid) AS month, COUNT(*) FROM fares AS f GROUP BY STRFTIME('%m', f.paid)", "fares of each month of a year", id="months of any year"),
        pytest.param(mend_groups, "SELECT SUM(f.price) FROM fares AS f", "the total price, ordered by country", id="an order"),
        pytest.param(mend_either, "SELECT f.id FROM fares AS f WHERE f.status = 'refused' AND f.method = 'cash'", "refused fares of buses or trams, and paid in cash", id="an or of something else"),
        pytest.param(mend_examples, "SELECT f.id FROM fares AS f WHERE f.method = 'cash'", f"Which fares were paid in cash? {NOTES}", id="an example that is asked for"),
        pytest.param(kinds, "SELECT SUM(CASE WHEN f.status = 'refused' THEN 1 END) FROM fares AS f", "only successful fares", id="it is spoken of already"),
        pytest.param(kinds, "SELECT f.id FROM fares AS f", "only expensive fares", id="no kind of them"),
        pytest.param(every, "SELECT b.id FROM buses AS b WHERE b.maker IN ('Ikar', 'Volta')", "the buses of Ikar and Volta", id="all that are said"),
        pytest.param(mend_groups, "SELECT COUNT(*) FROM fares AS f", "how many fares were paid by country club members?", id="who did it"),
        pytest.param(mend_keys, "SELECT SUM(k.price) FROM coins AS k", "the price of all coins together", id="an amount that is a key"),
        pytest.param(order, "SELECT DISTINCT f.weekday FROM fares AS f ORDER BY f.weekday", "", id="an order of what is told apart"),
        pytest.param(every, "SELECT b.id FROM buses AS b WHERE NOT b.maker IN ('Ikar', 'Volta')", "", id="none of all"),
        pytest.param(every, "SELECT b.id FROM fares AS f JOIN buses AS b ON f.bus_id = b.id WHERE f.status IN ('success', 'pending')", "", id="some of all"),
        pytest.param(order, "SELECT f.status, f.price FROM fares AS f ORDER BY f.status", "", id="no days"),
    ],
)  # fmt: skip
def test_what_may_be_meant(rule: Rule, sql: str, question: str) -> None:
    assert mended(rule, sql, question) == ""


@pytest.mark.parametrize("day", ["f.paid", "STRFTIME(f.paid, '%m')"])
def test_a_month_is_a_date_where_the_engine_has_such(day: str) -> None:
    sql = f"SELECT {day} AS month, COUNT(*) FROM fares AS f GROUP BY {day}"
    assert mended(mend_periods, sql, "fares by month (as a date)", "duckdb") == (
        "SELECT DATE_TRUNC('MONTH', f.paid) AS month, COUNT(*) FROM fares AS f GROUP BY DATE_TRUNC('MONTH', f.paid)"
    )
