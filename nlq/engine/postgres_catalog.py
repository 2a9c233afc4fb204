"""What the system tables of Postgres say of a database, as a catalog: what its user may read of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow

from nlq.catalog import Catalog, Column, ForeignKey, Relation, RelationName, canonical_type
from nlq.catalog.assemble import (
    assemble,
    canonical_comment,
    canonical_default,
    enum_of_check,
    is_generated_default,
)
from nlq.catalog.types import ENUM
from nlq.defence.names import MADE_BY

Connection = psycopg.Connection[TupleRow]

# A domain is the type beneath it, however deep; an array of a domain is left as it is.
_BASE_TYPE = """
    LEFT JOIN LATERAL (
      WITH RECURSIVE beneath (oid, modifier, depth, not_null, fallback) AS (
        SELECT {type}.typbasetype, {type}.typtypmod, 1, {type}.typnotnull, {type}.typdefault
        WHERE {type}.typtype = 'd'
        UNION ALL
        SELECT d.typbasetype, d.typtypmod, depth + 1, not_null OR d.typnotnull,
               coalesce(fallback, d.typdefault)
        FROM beneath JOIN pg_type AS d ON d.oid = beneath.oid AND d.typtype = 'd'
      )
      SELECT beneath.*, b.typtype FROM beneath JOIN pg_type AS b ON b.oid = beneath.oid
      ORDER BY depth DESC LIMIT 1
    ) AS base ON {type}.typtype = 'd'
    CROSS JOIN LATERAL (
      SELECT coalesce(base.oid, {type}.oid) AS oid, coalesce(base.modifier, {modifier}) AS modifier,
             coalesce(base.typtype, {type}.typtype) AS kind
    ) AS real_type
"""
_TYPE = """
    CASE real_type.kind WHEN 'e' THEN 'ENUM'
    ELSE regexp_replace(format_type(real_type.oid, real_type.modifier), '^public\\.', '') END
"""
TYPES = f"""
    SELECT k.oid, k.modifier, {_TYPE} FROM unnest($1::oid[], $2::int4[]) AS k (oid, modifier)
    JOIN pg_type AS t ON t.oid = k.oid {_BASE_TYPE.format(type="t", modifier="k.modifier")}
"""  # noqa: S608 - made of the constants above
_USER_RELATION = f"""
    c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'nlq_journal')
    AND coalesce(obj_description(n.oid, 'pg_namespace'), '') <> '{MADE_BY}'
    AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
"""
_COLUMNS = f"""
    SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), relation_text.description,
           a.attname, {_TYPE}, NOT (a.attnotnull OR coalesce(base.not_null, false)),
           coalesce(pg_get_expr(ad.adbin, ad.adrelid), base.fallback),
           a.attidentity <> '' OR a.attgenerated <> '',
           column_text.description,
           CASE WHEN real_type.kind = 'e' THEN (
             SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = real_type.oid
           ) END
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND EXISTS (
        SELECT FROM unnest(coalesce($1::name[], ARRAY[current_user])) AS reads (role)
        WHERE has_schema_privilege(role, n.oid, 'USAGE')
          AND has_column_privilege(role, c.oid, a.attnum, 'SELECT')
      )
    JOIN pg_type AS t ON t.oid = a.atttypid
    {_BASE_TYPE.format(type="t", modifier="a.atttypmod")}
    LEFT JOIN pg_attrdef AS ad ON ad.adrelid = c.oid AND ad.adnum = a.attnum
    LEFT JOIN pg_description AS relation_text ON relation_text.objoid = c.oid
      AND relation_text.classoid = 'pg_class'::regclass AND relation_text.objsubid = 0
    LEFT JOIN pg_description AS column_text ON column_text.objoid = c.oid
      AND column_text.classoid = 'pg_class'::regclass AND column_text.objsubid = a.attnum
    WHERE {_USER_RELATION}
    ORDER BY n.nspname, c.relname, a.attnum
"""  # noqa: S608 - made of the constants above
_UNIQUE = """
    SELECT n.nspname, c.relname, i.indisprimary,
           (SELECT array_agg(a.attname::text ORDER BY k.position)
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
            WHERE k.position <= i.indnkeyatts)
    FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
"""
_FOREIGN_KEYS = """
    SELECT n.nspname, c.relname, rn.nspname, r.relname,
           (SELECT array_agg(a.attname::text ORDER BY k.position)
            FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, position)
            JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.attnum),
           (SELECT array_agg(a.attname::text ORDER BY k.position)
            FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, position)
            JOIN pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.attnum)
    FROM pg_constraint AS f
    JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS r ON r.oid = f.confrelid JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
    WHERE f.contype = 'f' AND f.conparentid = 0
"""
_CHECKS = """
    SELECT n.nspname, c.relname, pg_get_constraintdef(k.oid)
    FROM pg_constraint AS k
    JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE k.contype = 'c' AND cardinality(k.conkey) = 1 ORDER BY k.oid
"""


def read_catalog(connection: Connection, roles: Sequence[str] = ()) -> Catalog:
    """The catalog that `roles` together may read; without them, what the user of `connection` may read."""
    return assemble("postgres", _read_relations(connection, roles))


def canonical(text: str) -> str:
    """The canonical type of what `TYPES` says."""
    return ENUM if text == ENUM else canonical_type(text, "postgres")


def _read_relations(connection: Connection, roles: Sequence[str]) -> Iterator[Relation]:
    """Every relation that may be read. Four queries, however many relations there are."""
    primary: dict[RelationName, tuple[str, ...]] = {}
    unique: defaultdict[RelationName, set[tuple[str, ...]]] = defaultdict(set)
    foreign_keys: defaultdict[RelationName, set[ForeignKey]] = defaultdict(set)
    enums: defaultdict[RelationName, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for schema, table, is_primary, names in _rows(connection, _UNIQUE):
        if is_primary:
            primary[RelationName(schema, table)] = tuple(names)
        else:
            unique[RelationName(schema, table)].add(tuple(names))
    for schema, table, referred_schema, referred, names, referred_names in _rows(connection, _FOREIGN_KEYS):
        to = RelationName(referred_schema, referred)
        foreign_keys[RelationName(schema, table)].add(ForeignKey(tuple(names), to, tuple(referred_names)))
    for schema, table, check in _rows(connection, _CHECKS):
        found = enum_of_check(check, "postgres")
        if found is not None:
            enums[RelationName(schema, table)].setdefault(*found)
    columns: defaultdict[RelationName, list[Column]] = defaultdict(list)
    facts: dict[RelationName, tuple[bool, str | None]] = {}
    for schema, table, is_view, comment, *row in _rows(connection, _COLUMNS, [list(roles) or None]):
        name = RelationName(schema, table)
        facts[name] = (is_view, comment)
        columns[name].append(_column(row, enums[name]))
    for name, (is_view, comment) in facts.items():
        yield Relation(
            name,
            tuple(columns[name]),
            "view" if is_view else "table",
            primary.get(name, ()),
            tuple(sorted(unique[name])),
            tuple(sorted(foreign_keys[name])),
            canonical_comment(comment),
        )


def _rows(connection: Connection, sql: str, values: Sequence[Any] = ()) -> list[TupleRow]:
    return connection.execute(cast("Any", sql), values, prepare=False).fetchall()


def _column(row: Sequence[Any], enums: Mapping[str, tuple[str, ...]]) -> Column:
    name, type_text, nullable, default, generated, comment, labels = row
    type_name = canonical(type_text)
    return Column(
        name,
        type_name,
        nullable,
        None if generated else canonical_default(default, "postgres", type_name),
        generated or is_generated_default(default, "postgres"),
        canonical_comment(comment),
        tuple(labels) if labels else enums.get(name, ()),
    )
