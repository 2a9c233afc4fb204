"""Texts that a column does not hold, and the stored ones that are meant."""

from __future__ import annotations

import pytest

from nlq.catalog import Dialect, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.mend.literals import mend_literals
from nlq.compiler.schema_text import Samples
from nlq.compiler.values import MOST_VALUES
from nlq.plan.bind import bind
from nlq.plan.syntax import parse, render

DDL = "CREATE TABLE plants (name TEXT, status TEXT, kind TEXT, country TEXT, code TEXT)"
PLANTS = RelationName("main", "plants")
VALUES: Samples = {
    (PLANTS, "status"): ("Operational", "Shutdown", "Under Construction"),
    (PLANTS, "kind"): ("PWR", "BWR", "Fast breeder", "Light water; graphite", "Heavy water"),
    (PLANTS, "country"): ("France", "Spain", "Shutdown Island"),
}


def mended(condition: str, dialect: Dialect = "sqlite", values: Samples = VALUES) -> tuple[str, int]:
    """The condition as it is after the mend, and how many changes were made."""
    catalog = catalog_from_ddl(DDL, dialect)
    values = {(RelationName(catalog.default_schema, n.name), c): v for (n, c), v in values.items()}
    tree = parse(f"SELECT p.name FROM plants AS p WHERE {condition}", dialect)
    bind(tree, catalog)
    changes = mend_literals(tree, catalog, values)
    return render(tree, dialect, pretty=False).split(" WHERE ")[1].replace('"', ""), len(changes)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("p.status = 'Shut Down'", "p.status = 'Shutdown'", id="spaces"),
        pytest.param("p.status = 'non-operational'", "p.status <> 'Operational'", id="what is not so"),
        pytest.param("p.kind LIKE 'water'", "p.kind LIKE '%water%'", id="a pattern that is none"),
        pytest.param("p.status = 'operational'", "p.status = 'Operational'", id="case"),
        pytest.param("'operational' = p.status", "'Operational' = p.status", id="the other way round"),
        pytest.param("p.status <> 'operational'", "p.status <> 'Operational'", id="unequal"),
        pytest.param("p.status = 'Under constructoin'", "p.status = 'Under Construction'", id="letters"),
        pytest.param("p.kind = 'Pressurized Water Reactor'", "p.kind = 'PWR'", id="initials"),
        pytest.param("p.kind = 'Fast breeders'", "p.kind = 'Fast breeder'", id="plural"),
        pytest.param("p.kind = 'graphite'", "p.kind = 'Light water; graphite'", id="part of one value"),
        pytest.param("p.kind = 'water'", "p.kind LIKE '%water%'", id="part of several values"),
        pytest.param("p.kind IN ('pwr', 'BWR')", "p.kind IN ('PWR', 'BWR')", id="one of a list"),
        pytest.param("p.country = 'operational'", "p.status = 'Operational'", id="another column"),
    ],
)
def test_what_is_stored_is_what_was_meant(condition: str, expected: str) -> None:
    assert mended(condition) == (expected, 1)


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("p.status = 'Shutdown'", id="it is stored"),
        pytest.param("p.status = 'Melting'", id="nothing like it is stored"),
        pytest.param("p.code = 'operational'", id="no values are known"),
        pytest.param("p.status LIKE '%down%'", id="a pattern"),
        pytest.param("p.status LIKE 'shutdown'", id="SQLite's LIKE ignores case"),
        pytest.param("p.status = p.kind", id="no text"),
        pytest.param("p.status = ''", id="an empty text"),
    ],
)
def test_what_is_left_as_it_is(condition: str) -> None:
    assert mended(condition) == (condition, 0)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("p.code = 'x' AND p.kind = 'plant'", ("p.code = 'x'", 1), id="plants that are plants"),
        pytest.param("p.code = 'x' OR p.kind = 'plant'",
                     ("p.code = 'x' OR p.kind = 'plant'", 0), id="or else"),
        pytest.param("p.kind <> 'plant'", ("p.kind <> 'plant'", 0), id="no plants"),
    ],
)  # fmt: skip
def test_that_a_thing_is_what_it_is_need_not_be_stored(condition: str, expected: tuple[str, int]) -> None:
    assert mended(condition) == expected


def test_elsewhere_is_not_looked_where_not_all_values_are_known() -> None:
    many = {**VALUES, (PLANTS, "country"): tuple(f"country {n}" for n in range(MOST_VALUES))}
    assert mended("p.country = 'operational'", values=many) == ("p.country = 'operational'", 0)


def test_other_engines_search_without_regard_to_case() -> None:
    assert mended("p.kind = 'WATER'", "duckdb") == ("p.kind ILIKE '%WATER%'", 1)


def test_what_was_changed_is_told() -> None:
    catalog = catalog_from_ddl(DDL, "sqlite")
    tree = parse("SELECT name FROM plants WHERE country = 'shutdown' AND kind = 'water'", "sqlite")
    bind(tree, catalog)
    assert mend_literals(tree, catalog, VALUES) == (
        "compared `Shutdown` with `plants.status`, which holds it, not with `country`",
        "looked for `water` anywhere in `kind`, which holds it only within longer texts",
    )


HEROES = """
CREATE TABLE genders (id INTEGER PRIMARY KEY, gender TEXT);
CREATE TABLE heroes (
    id INTEGER PRIMARY KEY, name TEXT, gender_id INTEGER REFERENCES genders (id), gender INTEGER
);
"""
GENDERS: Samples = {(RelationName("main", "genders"), "gender"): ("Female", "Male", "7")}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(
            "h.gender_id = 'female'",
            "JOIN genders AS genders ON h.gender_id = genders.id WHERE genders.gender = 'Female'",
            id="what the key refers to",
        ),
        pytest.param(
            "h.gender = 'Male'",
            "JOIN genders AS genders ON h.gender = genders.id WHERE genders.gender = 'Male'",
            id="what a number is called after",
        ),
        pytest.param("h.gender_id = '7'", "WHERE h.gender_id = '7'", id="a number may be the key itself"),
        pytest.param("h.gender_id = 'None'", "WHERE h.gender_id = 'None'", id="nothing like it"),
        pytest.param("h.name = 'Female'", "WHERE h.name = 'Female'", id="no key"),
    ],
)
def test_a_text_compared_with_a_key(condition: str, expected: str) -> None:
    catalog = catalog_from_ddl(HEROES, "sqlite")
    tree = parse(f"SELECT h.name FROM heroes AS h WHERE {condition}", "sqlite")
    bind(tree, catalog)
    mend_literals(tree, catalog, GENDERS)
    assert not bind(tree, catalog).findings
    text = render(tree, "sqlite", pretty=False).replace('"', "").replace("main.", "")
    assert text == f"SELECT h.name FROM heroes AS h {expected}"
