"""What the system functions of DuckDB say of a database, as a catalog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb
from sqlglot import exp

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName, canonical_type
from nlq.catalog.assemble import (
    assemble,
    canonical_comment,
    canonical_default,
    enum_of_check,
    is_generated_default,
)
from nlq.catalog.types import ENUM

JOURNAL = "nlq_journal"
"""The schema of our own tables, which nobody asks about."""

_RELATIONS = """
    SELECT schema_name, table_name AS name, 'table' AS kind, comment FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal AND NOT temporary
    UNION ALL
    SELECT schema_name, view_name, 'view', comment FROM duckdb_views()
    WHERE database_name = current_database() AND NOT internal AND NOT temporary
"""
_COLUMNS = """
    SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, is_generated,
           comment
    FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
    ORDER BY schema_name, table_name, column_index
"""
_CONSTRAINTS = """
    SELECT schema_name, table_name, constraint_type, constraint_column_names, expression,
           referenced_table, referenced_column_names
    FROM duckdb_constraints()
    WHERE database_name = current_database() AND constraint_type <> 'NOT NULL'
"""
_UNIQUE_INDEXES = """
    SELECT schema_name, table_name, expressions::VARCHAR[] FROM duckdb_indexes()
    WHERE database_name = current_database() AND is_unique AND NOT is_primary
"""


def read_catalog(cursor: duckdb.DuckDBPyConnection) -> Catalog:
    """The catalog of the open file."""
    return assemble("duckdb", _read_relations(cursor))


def _read_relations(cursor: duckdb.DuckDBPyConnection) -> Iterator[Relation]:
    """Every relation of the file. Five queries, however many relations there are."""
    constraints = _by_name(cursor.execute(_CONSTRAINTS).fetchall())
    indexes = _by_name(cursor.execute(_UNIQUE_INDEXES).fetchall())
    columns = _by_name(cursor.execute(_COLUMNS).fetchall())
    for schema, table, kind, comment in cursor.execute(_RELATIONS).fetchall():
        if schema == JOURNAL:
            continue
        name = RelationName(schema, table)
        enums: dict[str, tuple[str, ...]] = {}
        primary_key: tuple[str, ...] = ()
        unique, foreign_keys = set(), set()
        for constraint, names, expression, referred, referred_names in constraints[name]:
            match constraint:
                case "PRIMARY KEY":
                    primary_key = tuple(names)
                case "UNIQUE":
                    unique.add(tuple(names))
                case "FOREIGN KEY":  # never to another schema: DuckDB refuses to make one
                    to = RelationName(schema, referred)
                    foreign_keys.add(ForeignKey(tuple(names), to, tuple(referred_names)))
                case "CHECK":
                    found = enum_of_check(expression, "duckdb")
                    if found is not None:
                        enums.setdefault(*found)
        unique.update(_index_columns(expressions) for (expressions,) in indexes[name])
        yield Relation(
            name,
            tuple(_column(row, enums) for row in columns[name]),
            kind,
            primary_key,
            tuple(sorted(unique)),
            tuple(sorted(foreign_keys)),
            canonical_comment(comment),
        )


def _by_name(rows: Iterable[Sequence[Any]]) -> defaultdict[RelationName, list[Sequence[Any]]]:
    grouped: defaultdict[RelationName, list[Sequence[Any]]] = defaultdict(list)
    for schema, table, *rest in rows:
        grouped[RelationName(schema, table)].append(rest)
    return grouped


def _column(row: Sequence[Any], enums: Mapping[str, tuple[str, ...]]) -> Column:
    name, data_type, nullable, default, generated, comment = row
    type_name = canonical_type(data_type, "duckdb")
    return Column(
        name,
        type_name,
        nullable,
        None if generated else canonical_default(default, "duckdb", type_name),
        generated or is_generated_default(default, "duckdb"),
        canonical_comment(comment),
        _labels(data_type) if type_name == ENUM else enums.get(name, ()),
    )


def _labels(data_type: str) -> tuple[str, ...]:
    """The values of `ENUM('a', 'b')`."""
    return tuple(label.name for label in exp.DataType.build(data_type, dialect="duckdb").expressions)


def _index_columns(expressions: Sequence[str]) -> tuple[str, ...]:
    """The columns of an index; `()`, which is no key, where it is over an expression."""
    names = []
    for text in expressions:
        if text.startswith('"') and text.endswith('"'):
            names.append(text[1:-1].replace('""', '"'))
        elif text.isidentifier():
            names.append(text)
        else:
            return ()
    return tuple(names)
