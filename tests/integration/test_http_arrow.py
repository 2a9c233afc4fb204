"""Rows as Arrow: types by what the database says, values exact, on every engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pyarrow
import pytest
from fastapi import FastAPI

from nlq.http import create_app
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

ARROW = "application/vnd.apache.arrow.stream"
MakeDatabase = Callable[[str, str], str]
Serve = Callable[[FastAPI], httpx.Client]

TABLE = """
CREATE TABLE t (
    a SMALLINT, big BIGINT, price DECIMAL(10, 2), open_price NUMERIC, ratio DOUBLE PRECISION, name TEXT,
    yes BOOLEAN, born DATE, at TIMESTAMP, zoned TIMESTAMPTZ, clock TIME, took INTERVAL, raw {bytes},
    ref UUID
);
INSERT INTO t VALUES (
    1, 9223372036854775807, 12.50, 1.500, 0.5, 'é "x"', true, '2026-01-31', '2026-01-31 12:00:00.5',
    '2026-01-31 12:00:00+02', '12:30:00', INTERVAL '90 seconds', {content},
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
);
INSERT INTO t (a) VALUES (2);
""".replace(" at ", " happened ")
FIRST = {
    "a": 1, "big": 2**63 - 1, "price": Decimal("12.50"), "ratio": 0.5, "name": 'é "x"', "yes": True,
    "born": date(2026, 1, 31), "happened": datetime(2026, 1, 31, 12, 0, 0, 500_000),
    "zoned": datetime(2026, 1, 31, 10, tzinfo=UTC), "clock": time(12, 30), "took": timedelta(seconds=90),
    "raw": b"\x00\xff", "ref": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
}  # fmt: skip
TYPES = {
    "a": "int64", "big": "int64", "price": "decimal128(10, 2)", "ratio": "double", "name": "string",
    "yes": "bool", "born": "date32[day]", "happened": "timestamp[us]", "zoned": "timestamp[us, tz=UTC]",
    "clock": "time64[us]", "took": "duration[us]", "raw": "binary", "ref": "string",
}  # fmt: skip


def read(reply: httpx.Response) -> pyarrow.Table:
    assert (reply.status_code, reply.headers["content-type"]) == (200, ARROW), reply.text
    return pyarrow.ipc.open_stream(reply.content).read_all()


@pytest.mark.parametrize(
    ("dialect", "given", "open_price"),
    [
        (
            "duckdb",
            {"bytes": "BLOB", "content": r"'\x00\xFF'::BLOB"},
            ("decimal128(18, 3)", Decimal("1.500")),
        ),
        ("postgres", {"bytes": "bytea", "content": r"'\x00ff'"}, ("string", "1.500")),
    ],
    ids=["duckdb", "postgres"],
)
def test_types_and_values(
    make_database: MakeDatabase, serve: Serve, dialect: str, given: dict[str, str],
    open_price: tuple[str, Any], tmp_path: Path,
) -> None:  # fmt: skip
    settings = Settings(
        db=make_database(dialect, TABLE.format(**given)), open=True, cache_dir=str(tmp_path)
    )
    with closing(open_service(settings)) as service:
        client = serve(create_app(service))
        names = [*FIRST, "open_price"]
        asked = {"sql": f"SELECT {', '.join(names)} FROM t ORDER BY a"}
        table = read(client.post("/sql", json=asked, headers={"accept": ARROW}))
        none = read(
            client.post("/sql", json={"sql": "SELECT a FROM t WHERE a > 5"}, headers={"accept": ARROW})
        )
    assert {f.name: str(f.type) for f in table.schema} == {**TYPES, "open_price": open_price[0]}
    assert table.to_pylist() == [{**FIRST, "open_price": open_price[1]}, {**dict.fromkeys(names), "a": 2}]
    assert (str(none.schema.field("a").type), none.num_rows) == ("int64", 0)


def test_a_question_with_its_headers(open_shop: Callable[..., Service], serve: Serve) -> None:
    client = serve(create_app(open_shop(open=True)))
    reply = client.post(
        "/query", json={"question": "List all orders", "limit": 1}, headers={"accept": ARROW}
    )
    assert read(reply).to_pylist() == [{"id": 1, "total": Decimal("12.50"), "note": None}]
    assert (reply.headers["nlq-truncated"], len(reply.headers["nlq-plan"])) == ("true", 16)


def test_a_server_without_it_says_so(
    open_shop: Callable[..., Service], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve(create_app(open_shop(open=True)))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reply = client.post("/sql", json={"sql": "SELECT 1 AS a"}, headers={"accept": ARROW})
    assert (reply.status_code, reply.json()["detail"]) == (400, "this server does not give Apache Arrow")
