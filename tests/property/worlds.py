"""Small worlds for the law: schemas, tables, views and rows, and what of them a principal sees.

Domains are tiny and keys are joined to keys, or most results would be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from nlq.catalog import Dialect
from nlq.catalog.value import DEFAULT_SCHEMA

Row = dict[str, Any]
T = TypeVar("T")

NAMES = ("a", "b", "teams", "Users", "order", "Ünïcode", "two words", "dash-ed", 'quo"te')
COLUMN_NAMES = ("x", "y", "s", "Name", "select", "größe", "a b", "t", "a")
SCHEMAS = ("sub", "Other one")
TEXTS = ("p", "q", "it's", "", "12", "naïve")
DIGITS = ("1", "2", "7", "x")
SMALL = (0, 1, 2)
WIDE = (-12, -3, 0, 7, 10, 25)
DATES = (date(2020, 2, 29), date(2020, 5, 17), date(2019, 12, 31), date(2021, 1, 1), date(2020, 5, 1))
DECIMALS = tuple(Decimal(d) for d in ("-12.50", "0.25", "3.00", "10.75", "19.50"))
RESERVED = ("order", "select")


@dataclass(frozen=True)
class Col:
    """`kind` is int, text, date or dec; `values` are those that it may have."""

    name: str
    kind: str
    values: tuple[Any, ...] = field(default=(), compare=False, repr=False)


@dataclass(eq=False)
class Table:
    """`columns[0]` is the key `id`; `links` are columns that hold keys of other tables. `view`: its SQL."""

    name: str
    columns: list[Col]
    links: dict[str, Table]
    rows: list[Row]
    schema: str = ""
    view: str | None = None

    def of(self, *kinds: str) -> list[Col]:
        return [c for c in self.columns if c.kind in kinds]

    @property
    def sql(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}" if self.schema else quoted(self.name)


@dataclass
class World:
    """What there is, and `seen`: the database that holds only what the principal may see."""

    dialect: Dialect
    tables: list[Table]
    policy: Any
    seen: list[Table]

    def of(self, table: Table) -> Table | None:
        """What the principal sees of a table."""
        found = [s for s in self.seen if (s.schema, s.name) == (table.schema, table.name)]
        return found[0] if found else None

    def __repr__(self) -> str:
        tables = [(t.sql, t.view or "", [(c.name, c.kind) for c in t.columns], t.rows) for t in self.tables]
        return f"World({self.dialect}, {self.policy!r})\n" + "\n".join(map(repr, tables))


class Pick:
    """Choices, one byte each; the first of several where the bytes have run out, and when they shrink."""

    def __init__(self, choices: bytes) -> None:
        self.left = iter(choices)

    def below(self, count: int) -> int:
        return next(self.left, 0) % count

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def one(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def some(self, things: Sequence[T], most: int) -> list[T]:
        return [self.one(things) for _ in range(1 + self.below(most))] if things else []

    def constant(self, column: Col) -> Any:
        """A value that rows of the column are likely to have."""
        return self.one(column.values or DOMAINS[column.kind])


DOMAINS: dict[str, tuple[Any, ...]] = {"int": SMALL, "text": TEXTS, "date": DATES, "dec": DECIMALS}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int | Decimal) else "'" + str(value).replace("'", "''") + "'"


def make_tables(dialect: Dialect, pick: Pick) -> list[Table]:
    """Two to four tables and perhaps a view, each linked to an earlier one."""
    tables: list[Table] = []
    names = list(NAMES)
    for _ in range(2 + pick.below(3)):
        schema = ""
        if dialect != "sqlite" and tables and pick.chance(20):
            schema = pick.one(SCHEMAS)
        if schema and pick.chance(50):
            name = pick.one([t.name for t in tables])
            if any((t.schema, t.name) == (schema, name) for t in tables):
                continue
        else:
            name = names.pop(pick.below(min(len(names), 4) if pick.chance(70) else len(names)))
        tables.append(_table(dialect, pick, name, schema, tables))
    if pick.chance(25):
        tables.append(_view(pick, names.pop(), tables))
    return tables


def _table(dialect: Dialect, pick: Pick, name: str, schema: str, earlier: list[Table]) -> Table:
    columns, links = [Col("id", "int")], {}
    if earlier:
        columns.append(Col("link", "int"))
        links["link"] = pick.one(earlier)
    for other in dict.fromkeys(pick.some(COLUMN_NAMES, 4)):
        columns.append(_column(pick, other))
    if dialect == "postgres" and pick.chance(10):
        columns += [Col("X", "int", SMALL), Col("x", "int", SMALL)]
        columns = list({c.name: c for c in columns}.values())
    rows = [
        {c.name: _value(pick, c, key, links) for c in columns}
        for key in range(3 + pick.below(5) if pick.chance(95) else 0)
    ]
    return Table(name, columns, links, rows, schema)


def _column(pick: Pick, name: str) -> Col:
    kind = pick.one(("int", "int", "text", "text", "date", "dec"))
    domain = {"int": (SMALL, WIDE), "text": (TEXTS, TEXTS, DIGITS)}.get(kind, (DOMAINS[kind],))
    return Col(name, kind, pick.one(domain))


def _value(pick: Pick, column: Col, key: int, links: dict[str, Table]) -> Any:
    if column.name == "id":
        return key + 1
    if pick.chance(12):
        return None
    return 1 + pick.below(5) if column.name in links else pick.constant(column)


def _view(pick: Pick, name: str, tables: list[Table]) -> Table:
    """A view of one table, or of two that are joined; its rows are computed here as well."""
    base = pick.one(tables)
    linked = [t for t in tables if t.links and t.links["link"] is not t]
    if linked and pick.chance(50):
        base = pick.one(linked)
        other = base.links["link"]
        far = pick.one(other.columns[1:] or other.columns)
        columns = [*base.columns[:3], replace(far, name="far")]
        sql = (
            f"SELECT {', '.join(f'a.{quoted(c.name)}' for c in base.columns[:3])}, b.{quoted(far.name)}"
            f' AS "far" FROM {base.sql} AS a JOIN {other.sql} AS b ON b."id" = a."link"'
        )
        rows = [
            {**{c.name: r[c.name] for c in base.columns[:3]}, "far": o[far.name]}
            for r in base.rows
            for o in other.rows
            if o["id"] == r["link"]
        ]
        return Table(name, columns, {}, rows, view=sql)
    columns = [c for c in base.columns if c.name == "id" or pick.chance(70)]
    least = pick.below(3)
    shown = ", ".join(quoted(c.name) for c in columns)
    sql = f'SELECT {shown} FROM {base.sql} WHERE "id" > {least}'
    rows = [{c.name: r[c.name] for c in columns} for r in base.rows if r["id"] > least]
    return Table(name, columns, {}, rows, view=sql)


def default_schema(dialect: Dialect, table: Table) -> str:
    return table.schema or DEFAULT_SCHEMA[dialect]


KINDS: dict[str, str] = {"int": "INTEGER", "text": "TEXT", "date": "DATE", "dec": "DECIMAL(8, 2)"}


def fill(run: Callable[[str, list[Any]], Any], dialect: Dialect, tables: Sequence[Table]) -> None:
    """Make the tables, with their rows, and the views."""
    for schema in SCHEMAS if dialect != "sqlite" else ():
        if any(t.schema == schema for t in tables):
            run(f"CREATE SCHEMA {quoted(schema)}", [])
    for table in tables:
        if table.view is not None:
            run(f"CREATE VIEW {table.sql} AS {table.view}", [])
            continue
        columns = ", ".join(f"{quoted(c.name)} {KINDS[c.kind]}" for c in table.columns)
        run(f"CREATE TABLE {table.sql} ({columns})", [])
        if table.rows:
            rows = ", ".join("(" + ", ".join(map(literal, r.values())) + ")" for r in table.rows)
            run(f"INSERT INTO {table.sql} VALUES {rows}", [])
