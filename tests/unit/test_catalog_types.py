"""One spelling for each type, the same for what is written and for what the database reports."""

from __future__ import annotations

import duckdb
import pytest

from nlq.catalog import Dialect, Family, canonical_type, family
from nlq.catalog.types import require_dialect
from nlq.errors import CatalogError

WRITTEN_IN_DUCKDB = """
    BIGINT INT8 BIT BLOB BYTEA BOOLEAN BOOL DATE DECIMAL DECIMAL(10,2) NUMERIC(5) DOUBLE FLOAT8
    FLOAT REAL FLOAT(24) HUGEINT INTEGER INT INTERVAL JSON SMALLINT TIME TIMESTAMPTZ TIMESTAMP
    DATETIME TIMESTAMP(3) TIMESTAMP_NS TINYINT UBIGINT UINTEGER UUID GUID VARCHAR VARCHAR(20)
    CHAR(3) TEXT VARCHAR(10)[] INT[3] INT[][] ENUM('x','y') TIMETZ ENUM('x')[] MAP(VARCHAR,INT)
    UNION(a|INT) STRUCT(a|INT,"b|C"|VARCHAR(3)) TIMESTAMP|WITH|TIME|ZONE DECIMAL(4,1)[]
    CHARACTER|VARYING DOUBLE|PRECISION VARINT
"""


@pytest.mark.parametrize("written", [t.replace("|", " ") for t in WRITTEN_IN_DUCKDB.split()])
def test_duckdb_reports_what_was_written(written: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t (c {written})")
        found = connection.execute(
            "SELECT data_type FROM duckdb_columns() WHERE table_name = 't'"
        ).fetchone()
    assert found is not None
    assert canonical_type(found[0], "duckdb") == canonical_type(written, "duckdb")


@pytest.mark.parametrize(
    ("written", "reported"),  # by `format_type` of Postgres 18
    [
        ("int4", "integer"),
        ("bigserial", "bigint"),
        ("serial8", "bigint"),
        ("decimal", "numeric"),
        ("numeric(5)", "numeric(5,0)"),
        ("float(24)", "real"),
        ("float(53)", "double precision"),
        ("varchar(20)", "character varying(20)"),
        ("national character varying(5)", "character varying(5)"),
        ("char", "character(1)"),
        ("timestamptz(3)", "timestamp(3) with time zone"),
        ("timestamp", "timestamp without time zone"),
        ("time(2)", "time(2) without time zone"),
        ("bit", "bit(1)"),
        ("varbit(3)", "bit varying(3)"),
        ("int[3][4]", "integer[]"),
        ("int ARRAY", "integer[]"),
        ("varchar(10)[]", "character varying(10)[]"),
        ("pg_catalog.int4", "integer"),
        ('"char"', '"char"'),
    ],
)
def test_postgres_reports_what_was_written(written: str, reported: str) -> None:
    assert canonical_type(reported, "postgres") == canonical_type(written, "postgres")


@pytest.mark.parametrize(
    ("dialect", "text", "canonical", "kind"),
    [
        ("postgres", "character varying(20)", "VARCHAR(20)", "text"),
        ("postgres", "bpchar", "BPCHAR", "text"),
        ("postgres", "numeric(10,2)", "DECIMAL(10, 2)", "decimal"),
        ("postgres", "bit varying(3)", "VARBIT(3)", "other"),
        ("postgres", "some thing", "some thing", "other"),
        ("duckdb", "enum('a', 'b')", "ENUM", "enum"),
        ("postgres", "ENUM", "ENUM", "enum"),
        ("duckdb", "", "UNKNOWN", "other"),
        ("sqlite", "", "BLOB", "bytes"),
        ("sqlite", "UNSIGNED BIG INT", "INTEGER", "integer"),
        ("sqlite", "NATIVE CHARACTER(70)", "TEXT", "text"),
        ("sqlite", "bool", "BOOLEAN", "boolean"),
        ("sqlite", "DATETIME", "DATETIME", "timestamp"),
        ("sqlite", "DECIMAL(10, 2)", "REAL", "float"),
        ("sqlite", "any", "ANY", "other"),
    ],
)
def test_a_type_has_one_spelling(dialect: Dialect, text: str, canonical: str, kind: Family) -> None:
    assert canonical_type(text, dialect) == canonical
    assert canonical_type(canonical, dialect) == canonical
    assert family(canonical, dialect) == kind


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(CatalogError) as refused:
        require_dialect("oracle")
    assert refused.value.to_json() == {
        "code": "catalog.invalid",
        "message": "unknown dialect `oracle`",
        "hint": "use `duckdb`, `postgres` or `sqlite`",
        "span": None,
    }
