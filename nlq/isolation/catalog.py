"""A catalog as JSON, and back with suspicion: a worker made it of DDL that a stranger sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, get_args

from nlq.catalog import Catalog, Column, Dialect, ForeignKey, Relation, RelationName

_OPTIONAL = type(None)
_COLUMN: dict[str, tuple[type, ...]] = {
    "name": (str,), "type": (str,), "nullable": (bool,), "default": (str, _OPTIONAL), "generated": (bool,),
    "comment": (str, _OPTIONAL), "sample": (bool,), "filterable": (bool,), "group": (int,),
}  # fmt: skip


def write_catalog(catalog: Catalog) -> dict[str, Any]:
    """What `read_catalog` reads."""
    return {"dialect": catalog.dialect, "relations": [asdict(r) for r in catalog.relations]}


def read_catalog(raw: object) -> Catalog:
    """The catalog; raises `ValueError` where it is anything else."""
    match raw:
        case {"dialect": dialect, "relations": list(relations)} if dialect in get_args(Dialect):
            return Catalog.of(dialect, [_relation(r) for r in relations])
    raise ValueError("not a catalog")


def _relation(raw: object) -> Relation:
    match raw:
        case {
            "name": name, "columns": list(columns), "kind": ("table" | "view") as kind,
            "primary_key": key, "unique": unique, "foreign_keys": foreign_keys,
            "comment": (str() | None) as comment, **more,
        } if not more:  # fmt: skip
            return Relation(
                _name(name), tuple(map(_column, columns)), kind, _texts(key), _all(unique, _texts),
                _all(foreign_keys, _foreign_key), comment,
            )  # fmt: skip
    raise ValueError("not a relation")


def _column(raw: object) -> Column:
    if not isinstance(raw, dict) or raw.keys() != {*_COLUMN, "enum"}:
        raise ValueError("not a column")
    if any(type(raw[field]) not in kinds for field, kinds in _COLUMN.items()):
        raise ValueError("not what a column holds")
    return Column(**{**raw, "enum": _texts(raw["enum"])})


def _foreign_key(raw: object) -> ForeignKey:
    match raw:
        case {"columns": columns, "referred": referred, "referred_columns": referred_columns, **more} if (
            not more
        ):
            return ForeignKey(_texts(columns), _name(referred), _texts(referred_columns))
    raise ValueError("not a foreign key")


def _name(raw: object) -> RelationName:
    match raw:
        case {"schema": str(schema), "name": str(name), **more} if not more:
            return RelationName(schema, name)
    raise ValueError("not a name")


def _texts(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        raise ValueError("not texts")
    return tuple(raw)


def _all(raw: object, read: Callable[[object], Any]) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        raise ValueError("not a list")
    return tuple(map(read, raw))
