"""A catalog written as DDL and read again is the same catalog, whatever its names."""

from __future__ import annotations

import sqlite3

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName, canonical_type, family
from nlq.catalog.assemble import assemble, canonical_default
from nlq.catalog.ddl import catalog_from_ddl
from nlq.catalog.emit import ddl_from_catalog
from nlq.errors import CatalogError

ODD_NAMES = [
    "order",
    "select",
    "Order Lines",
    "größe",
    'naïve"quote',
    "x'y",
    "a.b",
    "1st",
    "日本",
    "A;B",
    "-- x",
    "[b]",
]
NAMES = st.sampled_from(ODD_NAMES) | st.text("abcXYZ_0é $`/*", min_size=1, max_size=12).filter(str.strip)
VALUES = st.lists(st.text("abä', \n)(;", min_size=1, max_size=6), min_size=1, max_size=4, unique=True)
COMMENTS = st.none() | st.text("wörd's;-- /*\"", min_size=1, max_size=12).map(lambda t: f"c{t}c")
TYPES = {
    "duckdb": [
        "INT",
        "BIGINT",
        "TEXT",
        "DECIMAL(10, 2)",
        "DOUBLE",
        "BOOLEAN",
        "DATE",
        "TIMESTAMPTZ",
        "TEXT[]",
        "UUID",
    ],
    "postgres": [
        "INT",
        "BIGINT",
        "VARCHAR(20)",
        "TEXT",
        "DECIMAL",
        "DOUBLE PRECISION",
        "TIMESTAMP",
        "JSONB",
        "INT[]",
    ],
    "sqlite": ["INTEGER", "TEXT", "REAL", "BLOB", "BOOLEAN", "DATETIME", "JSON"],
}
KEY_TYPES = ("INT", "INTEGER", "BIGINT", "TEXT", "VARCHAR(20)", "DATE")
DEFAULTS: dict[str, list[str]] = {
    "text": ["'it''s'", "'a -- b'", "LOWER('X')", "('a' || 'b')", "''"],
    "integer": ["0", "-1", "(1 + 2)", "'7'"],
    "decimal": ["0.50", "-1"],
    "float": ["1e-3", ".5"],
    "boolean": ["TRUE", "'f'"],
    "date": ["current_date"],
    "timestamp": ["CURRENT_TIMESTAMP"],
}


@st.composite
def columns(draw: st.DrawFn, dialect: Dialect, name: str) -> Column:
    comment = draw(COMMENTS)
    if dialect == "sqlite":
        comment = comment and " ".join(comment.split())
    type_name = draw(st.sampled_from(TYPES[dialect]))
    match draw(st.sampled_from(["plain", "plain", "default", "enum", "check", "generated"])):
        case "default":
            texts = DEFAULTS.get(family(type_name, dialect), ["NULL"])
            default = canonical_default(draw(st.sampled_from(texts)), dialect, type_name)
            return Column(name, type_name, draw(st.booleans()), default, comment=comment)
        case "enum" if dialect != "sqlite":
            return Column(name, "ENUM", draw(st.booleans()), comment=comment, enum=tuple(draw(VALUES)))
        case "check":
            text_type = canonical_type("TEXT", dialect)
            return Column(name, text_type, draw(st.booleans()), comment=comment, enum=tuple(draw(VALUES)))
        case "generated":
            return Column(
                name, canonical_type("INTEGER", dialect), nullable=True, generated=True, comment=comment
            )
    return Column(name, type_name, draw(st.booleans()), comment=comment)


@st.composite
def catalogs(draw: st.DrawFn, dialect: Dialect) -> Catalog:
    default = Catalog(dialect, ()).default_schema
    schemas = [default] if dialect == "sqlite" else [default, "Other Schema"]
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    relations: list[Relation] = []
    for name in names:
        own = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.casefold))
        always = Column("at least one", canonical_type("INT", dialect))  # SQLite wants one not computed
        made = (always, *(draw(columns(dialect, n)) for n in own))
        plain = [c.name for c in made if not c.generated and c.type in KEY_TYPES]
        key = draw(st.lists(st.sampled_from(plain), max_size=2, unique=True))
        schema, is_unique = draw(st.sampled_from(schemas)), draw(st.booleans())
        relation = Relation(
            RelationName(schema, name),
            made,
            primary_key=tuple(key),
            unique=((plain[-1],),) if plain and is_unique else (),
            comment=None if dialect == "sqlite" else draw(COMMENTS),
        )
        relations.append(_with_foreign_key(draw, relation, relations))
    if dialect != "sqlite" and draw(st.booleans()):
        made = tuple(Column(n, t) for n, t in zip(["V", "größe"], TYPES[dialect], strict=False))
        relations.append(Relation(RelationName(default, "a View"), made, "view", comment=draw(COMMENTS)))
    return assemble(dialect, relations)


def _with_foreign_key(draw: st.DrawFn, relation: Relation, others: list[Relation]) -> Relation:
    for other in others:
        if (
            len(other.primary_key) == 1
            and other.name.schema == relation.name.schema
            and draw(st.booleans())
        ):
            referred = other.column(other.primary_key[0])
            assert referred is not None
            column = Column("REF to", referred.type)
            key = ForeignKey((column.name,), other.name, other.primary_key)
            columns = (*relation.columns, column)
            return Relation(relation.name, columns, "table", relation.primary_key, relation.unique, (key,))
    return relation


@given(catalogs("postgres"))
def test_postgres_catalog_survives_its_ddl(catalog: Catalog) -> None:
    assert catalog_from_ddl(ddl_from_catalog(catalog), "postgres") == catalog


@given(catalogs("duckdb"))
def test_duckdb_catalog_survives_its_ddl(catalog: Catalog) -> None:
    assert catalog_from_ddl(ddl_from_catalog(catalog), "duckdb") == catalog


@given(catalogs("sqlite"))
def test_sqlite_catalog_survives_its_ddl(catalog: Catalog) -> None:
    assert catalog_from_ddl(ddl_from_catalog(catalog), "sqlite") == catalog


@settings(max_examples=15)
@given(catalogs("duckdb"))
def test_duckdb_runs_the_ddl(catalog: Catalog) -> None:
    with duckdb.connect() as connection:
        connection.execute(ddl_from_catalog(catalog))
        made = connection.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    assert sorted(made) == sorted((r.name.schema, r.name.name, c.name) for r in catalog for c in r.columns)


@given(catalogs("sqlite"))
def test_sqlite_runs_the_ddl(catalog: Catalog) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(ddl_from_catalog(catalog))
    made = connection.execute(
        "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c"
    ).fetchall()
    connection.close()
    assert sorted(made) == sorted((r.name.name, c.name) for r in catalog for c in r.columns)


@given(
    st.sampled_from(["duckdb", "postgres", "sqlite"]),
    st.text("()'\",;-/*$[]`\\ \nACREATE TABLE intx=.", max_size=60),
)
def test_any_text_is_read_or_refused(dialect: Dialect, text: str) -> None:
    try:
        catalog_from_ddl(f"CREATE TABLE t (a INT);\n{text}", dialect)
    except CatalogError as error:
        assert error.code == "catalog.invalid"
