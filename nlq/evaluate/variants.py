"""Databases with the schema of another and other data, to tell queries apart that give the same by luck.

The data are made of the database's own: some rows are left out, some come twice under keys of their own,
values are exchanged between rows, references point elsewhere, and the values that golds compare with turn
up, as do their neighbours. All declared constraints hold, for the database that is made has them too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any, Protocol

import duckdb
import sqlglot
from sqlglot import exp

from nlq.catalog import Catalog, Dialect
from nlq.catalog.relation import ForeignKey, Relation, RelationName

READ_ROWS = 2000
KEPT_ROWS = 200
"""Of each relation: enough to differ in, and few enough to be made in a second."""

FEW_ROWS = 20

DROPPED, TWICE, EXCHANGED, COMPARED = 0.25, 0.2, 0.3, 0.15
"""How often a row is left out, or comes twice, and a value is another row's, or one that golds name."""

Literals = Mapping[str, Sequence[int | float | str]]
_Row = dict[str, Any]


class _File(Protocol):
    """What is needed of a database that is written."""

    def read(self, relation: Relation) -> list[_Row]:
        """Rows of the database as it is."""

    def insert(self, relation: Relation, columns: Sequence[str], row: _Row) -> bool:
        """Whether the row could be put into the database that is made."""


def make_variant(source: Path, target: Path, catalog: Catalog, seed: int, literals: Literals) -> None:
    """Write the variant of `source` that `seed` decides to `target`. `catalog` is that of `source`."""
    if catalog.dialect == "duckdb":
        _make_duckdb(source, target, catalog, seed, literals)
    else:
        _make_sqlite(source, target, catalog, seed, literals)


def compared_values(golds: Iterable[str], dialect: Dialect) -> dict[str, tuple[int | float | str, ...]]:
    """By name of the column, the values that golds compare it with, and the neighbours of numbers.

    >>> compared_values(["SELECT a FROM t WHERE b > 3 AND c IN ('x', 'y')"], "duckdb")
    {'b': (2, 3, 4), 'c': ('x', 'y')}
    """
    found: dict[str, dict[int | float | str, None]] = {}
    for sql in golds:
        try:
            tree = sqlglot.parse_one(sql, dialect=dialect)
        except (sqlglot.errors.SqlglotError, RecursionError):
            continue
        for condition in tree.find_all(exp.Binary, exp.In, exp.Between):
            columns = list(condition.find_all(exp.Column))
            if len(columns) == 1:
                values = found.setdefault(columns[0].name.casefold(), {})
                values.update(dict.fromkeys(_literals(condition)))
    return {name: tuple(values) for name, values in found.items() if values}


def _literals(condition: exp.Expr) -> Iterator[int | float | str]:
    for literal in condition.find_all(exp.Literal):
        if literal.is_string:
            yield literal.name
        elif literal.is_int:
            value = int(literal.name)
            yield from (value - 1, value, value + 1)
        else:
            yield float(literal.name)


def _fill(
    file: _File, catalog: Catalog, seed: int, literals: Literals
) -> dict[RelationName, tuple[Sequence[str], list[_Row]]]:
    """By relation, the columns that take values and the rows that were inserted, in their order."""
    done: dict[RelationName, tuple[Sequence[str], list[_Row]]] = {}
    kept: dict[RelationName, list[_Row]] = {}
    for relation in _parents_first(catalog):
        random = Random(f"{seed} {relation.name}")
        rows = file.read(relation)
        made = _mutate(relation, rows, kept, random, literals)
        done[relation.name] = _insert(file, relation, made)
        kept[relation.name] = done[relation.name][1]
    return done


def _insert(file: _File, relation: Relation, rows: list[_Row]) -> tuple[Sequence[str], list[_Row]]:
    """The rows that could be inserted. Rows that refer to rows of the same relation come after those."""
    names = [c.name for c in relation.columns]
    # A computed column takes no value; an identity column does.
    for columns in (names, [c.name for c in relation.columns if not c.generated]):
        done: list[_Row] = []
        left = rows
        while left:
            ready = [row for row in left if file.insert(relation, columns, row)]
            if not ready:
                break
            done += ready
            identities = {id(row) for row in ready}
            left = [row for row in left if id(row) not in identities]
        if done:
            return columns, done
    return (), []


def _mutate(
    relation: Relation,
    rows: list[_Row],
    kept: Mapping[RelationName, list[_Row]],
    random: Random,
    literals: Literals,
) -> list[_Row]:
    if len(rows) > KEPT_ROWS:
        rows = random.sample(rows, KEPT_ROWS)
    keys = {name for key in relation.keys for name in key}
    referring = {name for key in relation.foreign_keys for name in key.columns}
    free = [c.name for c in relation.columns if c.name not in keys | referring]
    made = []
    for row in rows:
        if len(rows) > 1 and random.random() < DROPPED:
            continue
        made.append(_changed(row, rows, free, random, literals))
        # A few rows are seldom enough to differ in: they get more twins.
        for _ in range(max(random.random() < TWICE, FEW_ROWS // len(rows))):
            made.append(_changed(row, rows, free, random, literals))
            _give_key(made[-1], relation, [*rows, *made])
    for row in made:
        for key in relation.foreign_keys:
            _refer(row, key, kept.get(key.referred), random)
    return made


def _changed(
    row: _Row, rows: Sequence[_Row], free: Iterable[str], random: Random, literals: Literals
) -> _Row:
    changed = dict(row)
    for name in free:
        chance = random.random()
        compared = literals.get(name.casefold())
        if compared and chance < COMPARED:
            changed[name] = _fitting(row[name], random.choice(compared))
        elif chance < COMPARED + EXCHANGED:
            changed[name] = random.choice(rows)[name]
    return changed


def _fitting(value: object, compared: int | float | str) -> object:
    """The compared value, where it is of the kind of the one that is there."""
    is_number = isinstance(compared, (int, float))
    if isinstance(value, str) == is_number or isinstance(value, bool):
        return value
    return compared


def _give_key(row: _Row, relation: Relation, others: Sequence[_Row]) -> None:
    """Put fresh numbers and texts into keys, where they are not references."""
    referring = {name for key in relation.foreign_keys for name in key.columns}
    for name in {name for key in relation.keys for name in key if name not in referring}:
        values = [other[name] for other in others]
        if isinstance(row[name], int):
            row[name] = 1 + max(v for v in values if isinstance(v, int))
        elif isinstance(row[name], str):
            row[name] = f"{row[name]} {len(values)}"


def _refer(row: _Row, key: ForeignKey, parents: list[_Row] | None, random: Random) -> None:
    """Point to a row that is there, where a row is pointed to: as likely as not another than it was."""
    if not parents or any(row[name] is None for name in key.columns):
        return
    mine = tuple(row[name] for name in key.columns)
    known = any(mine == tuple(p[name] for name in key.referred_columns) for p in parents)
    if known and random.random() < 0.5:
        return
    parent = random.choice(parents)
    for name, referred in zip(key.columns, key.referred_columns, strict=True):
        row[name] = parent[referred]


def _parents_first(catalog: Catalog) -> list[Relation]:
    tables = [r for r in catalog if r.kind == "table"]
    ordered: list[Relation] = []
    while tables:
        waiting = {r.name for r in tables}
        ready = [
            r for r in tables if not any(k.referred in waiting - {r.name} for k in r.foreign_keys)
        ] or tables[:1]  # a circle is broken somewhere
        ordered += ready
        tables = [r for r in tables if r not in ready]
    return ordered


def _quoted(relation: Relation, *, schema: bool) -> str:
    names = (relation.name.schema, relation.name.name) if schema else (relation.name.name,)
    return ".".join(_quote(name) for name in names)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _insertion(relation: Relation, columns: Sequence[str], *, schema: bool) -> str:
    names = ", ".join(map(_quote, columns))
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {_quoted(relation, schema=schema)} ({names}) VALUES ({marks})"  # noqa: S608  # quoted


def _selection(relation: Relation, prefix: str = "", *, schema: bool) -> str:
    names = ", ".join(_quote(c.name) for c in relation.columns)
    return f"SELECT {names} FROM {prefix}{_quoted(relation, schema=schema)} LIMIT {READ_ROWS}"  # noqa: S608


def _make_duckdb(source: Path, target: Path, catalog: Catalog, seed: int, literals: Literals) -> None:
    # The engine has the file open, and DuckDB opens none twice.
    copy = target.with_suffix(".source")
    shutil.copyfile(source, copy)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH {_text(copy)} AS source (READ_ONLY)")
        connection.execute("COPY FROM DATABASE source TO memory (SCHEMA)")

        class _DuckFile:
            def read(self, relation: Relation) -> list[_Row]:
                rows = connection.execute(_selection(relation, "source.", schema=True)).fetchall()
                return [dict(zip((c.name for c in relation.columns), row, strict=True)) for row in rows]

            def insert(self, relation: Relation, columns: Sequence[str], row: _Row) -> bool:
                try:
                    connection.execute(
                        _insertion(relation, columns, schema=True), [row[c] for c in columns]
                    )
                except duckdb.Error:
                    return False
                return True

        done = _fill(_DuckFile(), catalog, seed, literals)
        # A row at a time, each with a commit, is slow in a file; and a failure ends the transaction.
        connection.execute(f"ATTACH {_text(target)} AS target")
        connection.execute("COPY FROM DATABASE source TO target (SCHEMA)")
        connection.execute("USE target")
        connection.execute("BEGIN")
        for relation in _parents_first(catalog):
            columns, rows = done[relation.name]
            if rows:
                insertion = _insertion(relation, columns, schema=True)
                connection.executemany(insertion, [[row[c] for c in columns] for row in rows])
        connection.execute("COMMIT")
    copy.unlink()


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _make_sqlite(source: Path, target: Path, catalog: Catalog, seed: int, literals: Literals) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target, isolation_level=None)) as new,
    ):
        # Databases of benchmarks hold text that is not UTF-8.
        old.text_factory = lambda raw: raw.decode("utf-8", "replace")
        new.execute("PRAGMA synchronous = OFF")
        new.execute("PRAGMA journal_mode = MEMORY")
        for (sql,) in old.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_' "
            "AND type <> 'trigger' ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END"
        ):
            with suppress(sqlite3.Error):  # a view that does not work here did not work there
                new.execute(sql)
        new.execute("PRAGMA foreign_keys = ON")

        class _LiteFile:
            def read(self, relation: Relation) -> list[_Row]:
                rows = old.execute(_selection(relation, schema=False)).fetchall()
                return [dict(zip((c.name for c in relation.columns), row, strict=True)) for row in rows]

            def insert(self, relation: Relation, columns: Sequence[str], row: _Row) -> bool:
                try:
                    new.execute(_insertion(relation, columns, schema=False), [row[c] for c in columns])
                except sqlite3.Error:
                    return False
                return True

        _fill(_LiteFile(), catalog, seed, literals)
