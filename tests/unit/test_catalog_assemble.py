"""Defaults, checks and keys arrive at one form, however a database prints them."""

from __future__ import annotations

import pytest

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName
from nlq.catalog.assemble import (
    assemble,
    canonical_comment,
    canonical_default,
    enum_of_check,
    fold_name,
    is_generated_default,
    is_rowid_alias,
)


@pytest.mark.parametrize(
    ("dialect", "written", "printed", "type_name", "canonical"),
    [
        ("postgres", "'draft'", "'draft'::character varying", "VARCHAR", "'draft'"),
        ("postgres", "-1", "'-1'::integer", "INT", "-1"),
        ("postgres", "'5'", "5", "INT", "5"),
        ("postgres", "'t'", "true", "BOOLEAN", "TRUE"),
        ("postgres", "now()", "now()", "TIMESTAMPTZ", "CURRENT_TIMESTAMP"),
        ("postgres", "current_timestamp", "CURRENT_TIMESTAMP", "TIMESTAMP", "CURRENT_TIMESTAMP"),
        ("postgres", "interval '1 day'", "'1 day'::interval", "INTERVAL", "'1 day'"),
        ("postgres", "lower('ABC')", "lower('ABC'::text)", "TEXT", "LOWER('ABC')"),
        ("postgres", "'a' || 'b'", "('a'::text || 'b'::text)", "TEXT", "('a' || 'b')"),
        ("postgres", "array['a']", "ARRAY['a'::text]", "TEXT[]", "ARRAY['a']"),
        ("postgres", "E'it\\'s'", "'it''s'::text", "TEXT", "'it''s'"),
        ("postgres", "null", "NULL::text", "TEXT", None),
        ("postgres", "nextval('s')", "nextval('public.s'::regclass)", "INT", None),
        (
            "postgres",
            "now() + interval '7 days'",
            "(now() + '7 days'::interval)",
            "TIMESTAMPTZ",
            "(CURRENT_TIMESTAMP + CAST('7 days' AS INTERVAL))",
        ),
        ("duckdb", "'draft'", "CAST('draft' AS VARCHAR)", "TEXT", "'draft'"),
        ("duckdb", "1 + 2 * 3", "(1 + (2 * 3))", "INT", "(1 + (2 * 3))"),
        ("duckdb", "[1, 2]", "list_value(1, 2)", "INT[]", "[1, 2]"),
        ("duckdb", "get_current_timestamp()", "now()", "TIMESTAMP", "CURRENT_TIMESTAMP"),
        (
            "duckdb",
            "interval 2 hour",
            "to_hours(CAST(trunc(CAST(2 AS DOUBLE)) AS BIGINT))",
            "INTERVAL",
            "'2 hours'",
        ),
        ("sqlite", "(datetime('now'))", "datetime('now')", "TEXT", "DATETIME('now')"),
        ("sqlite", '"abc"', "'abc'", "TEXT", "'abc'"),
    ],
)
def test_a_default_has_one_form(
    dialect: Dialect, written: str, printed: str, type_name: str, canonical: str | None
) -> None:
    assert canonical_default(written, dialect, type_name) == canonical
    assert canonical_default(printed, dialect, type_name) == canonical


def test_a_default_that_cannot_be_parsed_is_kept() -> None:
    assert canonical_default("  ((( what ", "duckdb") == "((( what"
    assert canonical_default("x.'a'", "sqlite") == "x.'a'"
    assert canonical_default("+".join("1" * 1500), "duckdb") == "+".join("1" * 1500)


def test_generated_defaults() -> None:
    assert is_generated_default(" (nextval('s'))", "duckdb")
    assert not is_generated_default("'nextval('", "postgres")
    assert is_rowid_alias("integer", ("id",), "id")
    assert not is_rowid_alias("INTEGER", ("id", "b"), "id")


@pytest.mark.parametrize(
    ("dialect", "check", "found"),
    [
        ("duckdb", "(s IN ('draft', 'pub''x'))", ("s", ("draft", "pub'x"))),
        ("duckdb", "CHECK(((c = 'a') OR (c = 'b')))", ("c", ("a", "b"))),
        ("duckdb", "((c IS NULL) OR (c IN ('p', 'q')))", ("c", ("p", "q"))),
        ("duckdb", "(c IN (1, 2))", None),
        ("duckdb", "(c NOT IN ('a'))", None),
        ("duckdb", "(c IN ('a') AND d > 1)", None),
        ("duckdb", "(c IN ('a') OR d IN ('b'))", None),
        ("duckdb", "(c IN (SELECT 'a'))", None),
        ("duckdb", "(upper(c) IN ('A'))", None),
        ("duckdb", "((((", None),
        ("postgres", "Status IN ('a')", ("status", ("a",))),
        ("postgres", "CHECK ((s = ANY (ARRAY['d'::text, 'e'::text])))", ("s", ("d", "e"))),
        ("postgres", "CHECK (((s IS NULL) OR (s = 'a'::text)))", ("s", ("a",))),
        ("postgres", "CHECK (((s IS NOT NULL) OR (s = 'a'::text)))", None),
        ("postgres", """CHECK (("S 8" = ANY (ARRAY['abc'::bpchar])))""", ("S 8", ("abc",))),
        (
            "postgres",
            "CHECK (((s)::text = ANY ((ARRAY['a'::varchar, 'b, c'::varchar])::text[]))) NOT VALID",
            ("s", ("a", "b, c")),
        ),
        ("sqlite", "[my col] in ('a', 'b')", ("my col", ("a", "b"))),
    ],
)
def test_a_check_of_values_is_an_enumeration(
    dialect: Dialect, check: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    assert enum_of_check(check, dialect) == found


def test_names_fold_as_the_database_folds_them() -> None:
    assert fold_name("ÄrgerX", "postgres", quoted=False) == "Ärgerx"
    assert fold_name("ÄrgerX", "postgres", quoted=True) == "ÄrgerX"
    assert fold_name("é" * 40, "postgres", quoted=True) == "é" * 31
    assert fold_name("OrderX", "duckdb", quoted=False) == "OrderX"
    assert canonical_comment("  a \n") == "a"
    assert canonical_comment(" ") is None


def test_keys_are_completed_spelled_and_sorted() -> None:
    team = Relation(RelationName("main", "Team"), (Column("ID", "INT"),), primary_key=("id",))
    post = Relation(
        RelationName("main", "post"),
        (Column("a", "INT"), Column("B", "INT")),
        unique=(("b",), ("a",), ("A",), ("missing",)),
        foreign_keys=(
            ForeignKey(("b",), RelationName("MAIN", "TEAM"), ()),
            ForeignKey(("a",), RelationName("main", "gone"), ("id",)),
        ),
    )
    assert assemble("duckdb", [post, team]) == Catalog(
        "duckdb",
        (
            Relation(
                RelationName("main", "Team"), (Column("ID", "INT", nullable=False),), primary_key=("ID",)
            ),
            Relation(
                RelationName("main", "post"),
                (Column("a", "INT"), Column("B", "INT")),
                unique=(("B",), ("a",)),
                foreign_keys=(ForeignKey(("B",), RelationName("main", "Team"), ("ID",)),),
            ),
        ),
    )


def test_case_counts_in_postgres() -> None:
    team = Relation(RelationName("public", "Team"), (Column("id", "INT"),), primary_key=("id",))
    other = Relation(
        RelationName("public", "x"),
        (Column("t", "INT"),),
        foreign_keys=(ForeignKey(("t",), RelationName("public", "team"), ("id",)),),
    )
    assert [r.foreign_keys for r in assemble("postgres", [team, other])] == [(), ()]
