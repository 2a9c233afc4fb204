"""Parquet: values come back as they were, and what has no type there as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest

from nlq.http.parquet import to_parquet
from nlq.plan import ResultColumn


@pytest.mark.parametrize(
    ("declared", "value", "read", "of"),
    [
        pytest.param("BIGINT", 2**62, 2**62, "BIGINT", id="integer"),
        pytest.param("HUGEINT", 2**70, str(2**70), "VARCHAR", id="too large"),
        pytest.param("DECIMAL(10, 2)", Decimal("12.50"), Decimal("12.50"), "DECIMAL(10,2)", id="decimal"),
        pytest.param("DECIMAL", Decimal("-0.005"), Decimal("-0.005"), "DECIMAL(4,3)", id="of no size"),
        pytest.param("DECIMAL", Decimal("NaN"), "NaN", "VARCHAR", id="no number"),
        pytest.param("DOUBLE", 0.1, 0.1, "DOUBLE", id="float"),
        pytest.param("DOUBLE", float("inf"), float("inf"), "DOUBLE", id="infinity"),
        pytest.param("TEXT", "", "", "VARCHAR", id="empty text"),
        pytest.param("TEXT", 'a"b\n☃', 'a"b\n☃', "VARCHAR", id="odd text"),
        pytest.param("TEXT", "a\0b", "a\0b", "VARCHAR", id="NUL"),
        pytest.param("TEXT", "long" * 5_000_000, "long" * 5_000_000, "VARCHAR", id="long text"),
        pytest.param("STRUCT(a INT", {"a": 1}, '{"a": 1}', "VARCHAR", id="odd type"),
        pytest.param("BLOB", b"\x00\xff", b"\x00\xff", "BLOB", id="bytes"),
        pytest.param("BOOLEAN", True, True, "BOOLEAN", id="boolean"),
        pytest.param("DATE", date(2026, 1, 31), date(2026, 1, 31), "DATE", id="date"),
        pytest.param("TIMESTAMP", datetime(1, 1, 1), datetime(1, 1, 1), "TIMESTAMP", id="time"),
        pytest.param(
            "TIMESTAMPTZ", datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC),
            "TIMESTAMP WITH TIME ZONE", id="of a zone",
        ),
        pytest.param("TIME", time(12, 30), time(12, 30), "TIME", id="time of day"),
        pytest.param("UUID", UUID(int=5), UUID(int=5), "UUID", id="uuid"),
        pytest.param("INTEGER[]", [1, None], "[1, null]", "VARCHAR", id="list"),
        pytest.param("INTERVAL", timedelta(hours=1), "3600.0", "VARCHAR", id="duration"),
        pytest.param("UNKNOWN", 5, 5, "BIGINT", id="nobody knows"),
        pytest.param("INTEGER", "many", "many", "VARCHAR", id="not what was declared"),
    ],
)  # fmt: skip
def test_a_value(tmp_path: Path, declared: str, value: Any, read: Any, of: str) -> None:
    content = to_parquet([ResultColumn('a "name"', declared)], [(value,), (None,)], "duckdb")
    (tmp_path / "rows.parquet").write_bytes(content)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.sql(f"FROM '{tmp_path / 'rows.parquet'}'")
        assert (found.columns, [str(t) for t in found.types]) == (['a "name"'], [of])
        assert found.fetchall() == [(read,), (None,)]


def test_no_rows_have_columns_all_the_same(tmp_path: Path) -> None:
    columns = [ResultColumn("n", "BIGINT"), ResultColumn("N", "UNKNOWN")]
    (tmp_path / "rows.parquet").write_bytes(to_parquet(columns, [], "sqlite"))
    found = duckdb.sql(f"FROM '{tmp_path / 'rows.parquet'}'")
    assert (found.columns, [str(t) for t in found.types]) == (["n", "N_2"], ["BIGINT", "VARCHAR"])
