"""Finding relations by name, and leaving out what may not be seen."""

from __future__ import annotations

import pytest

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName
from nlq.catalog.fingerprint import fingerprint_catalog, fingerprint_column, fingerprint_relation


def relation(schema: str, name: str) -> Relation:
    return Relation(RelationName(schema, name), (Column("id", "INT", nullable=False),), primary_key=("id",))


CATALOG = Catalog.of(
    "postgres",
    [
        relation("public", "orders"),
        relation("public", "Orders"),
        relation("app", "orders"),
        relation("app", "Teams"),
    ],
)


@pytest.mark.parametrize(
    ("name", "schema", "found"),
    [
        ("orders", None, ["public.orders"]),
        ("Orders", None, ["public.Orders"]),
        ("ORDERS", None, ["public.Orders", "public.orders"]),
        ("orders", "app", ["app.orders"]),
        ("ORDERS", "APP", ["app.orders"]),
        ("teams", None, ["app.Teams"]),
        ("team", None, []),
        ("teams", "public", []),
    ],
)
def test_a_name_finds_what_it_may_mean(name: str, schema: str | None, found: list[str]) -> None:
    assert [str(r.name) for r in CATALOG.find(name, schema)] == found


def test_columns_are_found_without_case_if_only_one_matches() -> None:
    columns = (Column("id", "INT"), Column("Total", "INT"), Column("total", "INT"))
    made = Relation(RelationName("main", "t"), columns)
    assert [made.column(n) for n in ("ID", "Total", "TOTAL", "x")] == [columns[0], columns[1], None, None]


def test_nothing_that_is_left_out_is_named() -> None:
    team, secret = RelationName("main", "team"), RelationName("main", "secret")
    catalog = Catalog.of(
        "duckdb",
        [
            Relation(secret, (Column("id", "INT"),), primary_key=("id",)),
            Relation(
                team,
                (
                    Column("id", "INT"),
                    Column("pin", "INT"),
                    Column("secret_id", "INT"),
                    Column("lead_id", "INT"),
                ),
                primary_key=("id",),
                unique=(("id", "pin"), ("lead_id",)),
                foreign_keys=(
                    ForeignKey(("lead_id",), team, ("id",)),
                    ForeignKey(("pin",), team, ("id",)),
                    ForeignKey(("secret_id",), secret, ("id",)),
                ),
            ),
        ],
    )
    seen = catalog.restrict(lambda r: r.name != secret, lambda _, c: c.name != "pin")
    assert seen == Catalog(
        "duckdb",
        (
            Relation(
                team,
                (Column("id", "INT"), Column("secret_id", "INT"), Column("lead_id", "INT")),
                primary_key=("id",),
                unique=(("lead_id",),),
                foreign_keys=(ForeignKey(("lead_id",), team, ("id",)),),
            ),
        ),
    )
    assert seen.relation(secret) is None


def test_fingerprints_change_with_meaning_only() -> None:
    plain = Column("a", "TEXT")
    same = Column("a", "TEXT", comment="x", default="'y'", sample=True)
    others = [
        Column("b", "TEXT"),
        Column("a", "INT"),
        Column("a", "TEXT", False),
        Column("a", "TEXT", enum=("x",)),
    ]
    assert fingerprint_column(plain) == fingerprint_column(same)
    assert len({fingerprint_column(c) for c in [plain, *others]}) == 5
    name = RelationName("main", "t")
    keyed = Relation(name, (plain,), unique=(("a",),))
    assert fingerprint_relation(Relation(name, (plain,))) == fingerprint_relation(Relation(name, (same,)))
    assert fingerprint_relation(keyed) != fingerprint_relation(Relation(name, (plain,)))
    assert fingerprint_catalog(Catalog.of("duckdb", [keyed])) != fingerprint_catalog(
        Catalog.of("sqlite", [keyed])
    )
