"""What the schema table and PRAGMAs of SQLite say of a database, as a catalog."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlglot
from sqlglot import exp

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName, canonical_type
from nlq.catalog.assemble import assemble, canonical_default, enum_of_check, is_rowid_alias

_TABLES = """
    SELECT t.name, t.type, t.wr, s.sql FROM pragma_table_list AS t
    JOIN sqlite_schema AS s ON s.name = t.name AND s.type IN ('table', 'view')
    WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual')
      AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
_COLUMN = 'c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden'
_COLUMNS = f"""
    SELECT t.name, {_COLUMN} FROM sqlite_schema AS t JOIN pragma_table_xinfo(t.name) AS c
    WHERE t.type = 'table' AND t.rootpage <> 0 ORDER BY t.name, c.cid
"""  # noqa: S608 - made of constants
_COLUMNS_OF_ONE = f"SELECT {_COLUMN} FROM pragma_table_xinfo(?) AS c ORDER BY c.cid"  # noqa: S608 - as above
_FOREIGN_KEYS = """
    SELECT t.name, k.id, k."table", k."from", k."to"
    FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t.name) AS k
    WHERE t.type = 'table' AND t.rootpage <> 0 ORDER BY t.name, k.id, k.seq
"""
_UNIQUE = """
    SELECT t.name, i.name, c.name
    FROM sqlite_schema AS t JOIN pragma_index_list(t.name) AS i JOIN pragma_index_info(i.name) AS c
    WHERE t.type = 'table' AND t.rootpage <> 0 AND i."unique" AND i.partial = 0 AND i.origin <> 'pk'
    ORDER BY t.name, i.name, c.seqno
"""


def read_catalog(connection: sqlite3.Connection) -> Catalog:
    """The catalog of the open file, of one moment."""
    connection.execute("BEGIN")
    return assemble("sqlite", _read_relations(connection))


def _read_relations(connection: sqlite3.Connection) -> Iterator[Relation]:
    columns: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for table, *column in connection.execute(_COLUMNS):
        columns[table].append(column)
    keys: defaultdict[str, defaultdict[int, list[Sequence[Any]]]] = defaultdict(lambda: defaultdict(list))
    for table, key, *pair in connection.execute(_FOREIGN_KEYS):
        keys[table][key].append(pair)
    unique: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table, index, column_name in connection.execute(_UNIQUE):
        unique[table][index].append(column_name)
    for table, kind, without_rowid, sql in connection.execute(_TABLES).fetchall():
        found = columns[table] if kind == "table" else _columns_of_one(connection, table)
        by_position = sorted((position, name) for name, _, _, _, position, _ in found if position)
        primary_key = tuple(name for _, name in by_position)
        enums = _enums(sql or "") if kind == "table" else {}
        if found:
            yield Relation(
                RelationName("main", table),
                tuple(
                    _column(
                        column,
                        enums,
                        rowid_key=() if without_rowid else primary_key,
                        untyped="UNKNOWN" if kind == "view" else "BLOB",
                    )
                    for column in found
                    if column[5] != 1  # a hidden column of a virtual table
                ),
                "view" if kind == "view" else "table",
                primary_key,
                tuple(tuple(names) for names in unique[table].values() if None not in names),
                tuple(map(_foreign_key, keys[table].values())),
            )


def _foreign_key(pairs: Sequence[Sequence[Any]]) -> ForeignKey:
    """The key of these pairs of columns; without referred columns it means the primary key."""
    (referred, _, first), *_ = pairs
    return ForeignKey(
        tuple(pair[1] for pair in pairs),
        RelationName("main", referred),
        () if first is None else tuple(pair[2] for pair in pairs),
    )


def _columns_of_one(connection: sqlite3.Connection, name: str) -> list[Sequence[Any]]:
    """The columns of a view or virtual table; none where what it reads is gone."""
    try:
        return connection.execute(_COLUMNS_OF_ONE, (name,)).fetchall()
    except sqlite3.OperationalError:
        return []


def _column(
    row: Sequence[Any],
    enums: Mapping[str, tuple[str, ...]],
    *,
    rowid_key: tuple[str, ...],
    untyped: str,
) -> Column:
    name, declared, not_null, default, _, hidden = row
    type_name = canonical_type(declared, "sqlite") if declared else untyped
    computed = hidden in (2, 3)
    return Column(
        name,
        type_name,
        not not_null,
        None if computed else canonical_default(default, "sqlite", type_name),
        computed or is_rowid_alias(declared, rowid_key, name),
        None,
        enums.get(name, ()),
    )


def _enums(sql: str) -> dict[str, tuple[str, ...]]:
    """The values that CHECKs of a CREATE TABLE allow. SQLite keeps a CHECK only in the text."""
    if "check" not in sql.lower():
        return {}
    try:
        tree = sqlglot.parse_one(sql, dialect="sqlite")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return {}
    enums: dict[str, tuple[str, ...]] = {}
    for check in tree.find_all(exp.CheckColumnConstraint):
        found = enum_of_check(check.this.sql(dialect="sqlite"), "sqlite")
        if found is not None:
            enums.setdefault(*found)
    return enums
