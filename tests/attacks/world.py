"""A world of which mallory may know a part, and its twin, which is the same to her and otherwise another.

Whatever she sends must end the same way in both: that tells of counts, of single bits and of errors, which
no canary would. Rows that she may not read are traps in the first world, where casts, divisions and
patterns fail on them; in the twin they are harmless, fewer, and hold no canary.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from nlq.catalog import Dialect

Row = tuple[Any, ...]

CANARY = "canary"
"""In every text that mallory may not read, and in no attack."""
NUMBERS = 770_000_000
"""Every number that she may not read is this and a little; `numbers()` has them all."""
HIDDEN_NAMES = frozenset({"vault", "pin", "ssn", "margin", "unit_cost", "tokens", "ops", "Hidden Bit"})
"""Relations and columns that she may not know of. Those of attacks are what their writer guessed."""

SCHEMA = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, plan TEXT NOT NULL, city TEXT);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, department TEXT NOT NULL, name TEXT NOT NULL,
    email TEXT, born DATE, salary DECIMAL(12, 2), ssn TEXT, phone TEXT, badge TEXT, manager_id INTEGER,
    active BOOLEAN NOT NULL, hired DATE NOT NULL
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price DECIMAL(12, 2) NOT NULL,
    stock INTEGER NOT NULL, unit_cost DECIMAL(12, 2) NOT NULL, discontinued DATE
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, person_id INTEGER NOT NULL, status TEXT NOT NULL,
    channel TEXT NOT NULL, total DECIMAL(12, 2) NOT NULL, placed_at TIMESTAMP NOT NULL, shipped_on DATE,
    note TEXT, margin DECIMAL(12, 2) NOT NULL
);
CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, product_id INTEGER NOT NULL,
    quantity INTEGER NOT NULL, unit_price DECIMAL(12, 2) NOT NULL
);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, sender_id INTEGER NOT NULL, recipient_id INTEGER NOT NULL,
    sent_at TIMESTAMP NOT NULL, subject TEXT, body TEXT
);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, visibility TEXT NOT NULL, title TEXT NOT NULL,
    body TEXT, views INTEGER NOT NULL, rating DOUBLE PRECISION
);
CREATE TABLE vault (id INTEGER PRIMARY KEY, word TEXT, pin INTEGER);
CREATE TABLE "Odd Table" ("Mixed Case" INTEGER, "select" TEXT, "naïve" TEXT, "Hidden Bit" TEXT);
"""
_MACRO = "CREATE MACRO julian(x) AS (SELECT max(word) FROM vault);"
"""DuckDB finds it before the function of that name."""
_OPS = "CREATE SCHEMA ops; CREATE TABLE ops.tokens (id INTEGER PRIMARY KEY, token TEXT);"

_DEPARTMENTS = ("sales", "sales", "support", "sales", "lab", "support", "lab")
_STATUSES = ("paid", "shipped", "pending", "delivered", "cancelled", "returned")


def make_world(dialect: Dialect, url: str, *, twin: bool) -> None:
    """Fill the empty database at `url` (a path, but for Postgres) with the world or its twin."""
    script = SCHEMA + ("" if dialect == "sqlite" else _OPS) + (_MACRO if dialect == "duckdb" else "")
    rows = dict(_rows(twin=twin))
    if dialect == "sqlite":
        rows.pop("ops.tokens")
        with closing(sqlite3.connect(url)) as file:
            file.executescript(script)
            for name, values in rows.items():
                file.executemany(_insert(name, values, "?"), [[_plain(v) for v in r] for r in values])
            file.commit()
    elif dialect == "duckdb":
        with duckdb.connect(url) as connection:
            connection.execute(script)
            for name, values in rows.items():
                for row in values:
                    connection.execute(_insert(name, values, "?"), row)
            connection.execute("CHECKPOINT")
    else:
        with psycopg.connect(url) as server:
            server.execute(script)
            with server.cursor() as cursor:
                for name, values in rows.items():
                    cursor.executemany(_insert(name, values, "%s"), values)


def make_file(directory: Path) -> Path:
    """A file with a canary, beside the database."""
    path = directory / "payroll.csv"
    path.write_text(f"id,word\n1,{CANARY}-file\n", "utf-8")
    return path


def _insert(name: str, rows: list[Row], sign: str) -> str:
    quoted = ".".join(f'"{part}"' for part in name.split("."))
    return f"INSERT INTO {quoted} VALUES ({', '.join(sign for _ in rows[0])})"


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat(" ")
        case date():
            return value.isoformat()
        case _:
            return value


def _rows(*, twin: bool) -> Iterator[tuple[str, list[Row]]]:
    mine, theirs = range(12), range(12, 18 if twin else 30)
    yield (
        "accounts",
        [
            (1, "Acme", "gold", "Lisbon"),
            *(
                (i, _word("account", i, twin), _word("plan", i, twin), None)
                for i in range(2, 3 if twin else 5)
            ),
        ],
    )
    yield "people", [*(_person(i, twin) for i in mine), *(_stranger(i, twin) for i in theirs)]
    yield "products", [
        (i, f"Product {i}", ("paper", "ink", "tools")[i % 3], Decimal(f"{3 + i * 7 % 40}.50"), i * 13 % 50,
         _number(100 + i, twin), date(2025, 1 + i, 1) if i % 5 == 0 else None)
        for i in range(1, 11)
    ]  # fmt: skip
    yield "orders", [
        *(_order(i, 1, i * 5 % 12 + 1, f"note {i % 4}" if i % 3 else None, Decimal(20 + i * 37 % 400), twin)
          for i in range(1, 41)),
        *(_order(i, 2, 13 + i % 5, _word("note", i, twin), _number(300 + i, twin), twin)
          for i in range(41, 50 if twin else 70)),
    ]  # fmt: skip
    yield "order_lines", [
        *((i, i * 3 % 40 + 1, i % 10 + 1, i % 4 + 1, Decimal(f"{5 + i % 20}.25")) for i in range(1, 81)),
        *((i, 41 + i % 8, i % 10 + 1, 1 if twin else 0, _number(500 + i, twin))
          for i in range(81, 90 if twin else 120)),
    ]  # fmt: skip
    start = datetime(2026, 3, 1, 9)
    yield "messages", [
        *((i, 3 - i % 2, 2 + i % 2, start + timedelta(hours=i), f"Re: {i % 3}", f"hello {i}")
          for i in range(1, 13)),
        *((i, 4, 5, start, _word("subject", i, twin), _word("body", i, twin))
          for i in range(13, 16 if twin else 25)),
    ]  # fmt: skip
    yield "documents", [
        *((i, 2 if i % 2 else 5, "Public" if i % 2 == 0 else "private", f"Paper {i}", f"text {i}", i * 10,
           i / 2) for i in range(1, 11)),
        *((i, 5, "private", _word("title", i, twin), _word("text", i, twin),
           1 if twin else 0, 1.0 if twin else 0.0) for i in range(11, 13 if twin else 25)),
    ]  # fmt: skip
    yield (
        "vault",
        [(i, _word("vault", i, twin), int(_number(700 + i, twin))) for i in range(1, 3 if twin else 9)],
    )
    yield "Odd Table", [(i, f"row {i}", "é" * i, _word("odd", i, twin)) for i in range(1, 5)]
    yield "ops.tokens", [(1, _word("token", 1, twin))]


def _person(i: int, twin: bool) -> Row:
    """One whom mallory may read, but for what is hidden, masked or aggregated of him."""
    department = _DEPARTMENTS[i % 7]
    # In the twin those of a department have each other's pay: its sum is the same, single values are not.
    alike = [j for j in range(12) if _DEPARTMENTS[j % 7] == department]
    earns = alike[(alike.index(i) + 1) % len(alike)] if twin else i
    email = f"{'pqr'[i % 3]}{'.' * i}{'x' if twin else CANARY}@example.org"
    return (
        i + 1, 1, department, f"Person {i + 1}", email, date(1980 + i % 4, 3 if twin else 11, 1 + i),
        Decimal(NUMBERS + 1000 + earns * 11), _word("ssn", i, twin), f"555-01{i:02}",
        f"{CANARY}-badge-{i}", None if i == 0 else i // 3 + 1, i % 4 != 3,
        date(2020 + i % 5, 1 + i % 12, 15),
    )  # fmt: skip


def _stranger(i: int, twin: bool) -> Row:
    word = _word("person", i, twin)
    return (
        i + 1, 2, word, word, word, date(1990, 1, 1) if twin else date(1877, 1, 1), _number(i, twin),
        word, word, word, 1, True, date(1877, 7, 7) if not twin else date(2021, 1, 1),
    )  # fmt: skip


def _order(i: int, account: int, person: int, note: str | None, total: Decimal, twin: bool) -> Row:
    placed = datetime(2025, 1, 5, 8) + timedelta(days=i * 11 % 480, hours=i % 9)
    shipped = placed.date() + timedelta(days=3) if i % 4 else None
    channel = ("web", "phone", "partner")[i % 3]
    return (
        i,
        account,
        person,
        _STATUSES[i % 6],
        channel,
        total,
        placed,
        shipped,
        note,
        _number(800 + i, twin),
    )


def _word(what: str, i: int, twin: bool) -> str:
    # A number to a cast, a pattern that is valid, and something else to look at.
    return f"{i + 1}" if twin else f"{CANARY}-{what}-{i} [(*\\"


def _number(i: int, twin: bool) -> Decimal:
    return Decimal(i % 7 + 1) if twin else Decimal(NUMBERS + i)


def numbers() -> frozenset[Decimal]:
    """Every number that mallory may not read."""
    values = (value for _, rows in _rows(twin=False) for row in rows for value in row)
    return frozenset(Decimal(v) for v in values if isinstance(v, int | Decimal) and v >= NUMBERS)
