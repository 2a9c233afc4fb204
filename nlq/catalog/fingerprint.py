"""Fingerprints: what a plan depends on, as short hashes that change exactly when it does."""

from __future__ import annotations

import hashlib
import json

from nlq.catalog.relation import Column, Relation
from nlq.catalog.value import Catalog


def fingerprint_column(column: Column) -> str:
    """16 hex digits over all that can change the meaning of a plan that reads the column.

    Comments, defaults and sampling are left out: they change prompts, not what checked SQL means.
    """
    return digest([column.name, column.type, column.nullable, list(column.enum)])[:16]


def fingerprint_relation(relation: Relation) -> str:
    """16 hex digits over name, kind, keys and the fingerprints of all columns."""
    return digest(
        [
            relation.name.schema,
            relation.name.name,
            relation.kind,
            list(relation.primary_key),
            [list(u) for u in relation.unique],
            [[list(k.columns), str(k.referred), list(k.referred_columns)] for k in relation.foreign_keys],
            [fingerprint_column(c) for c in relation.columns],
        ]
    )[:16]


def fingerprint_catalog(catalog: Catalog) -> str:
    """16 hex digits over dialect and relations: names a whole catalog, for caches of derived values."""
    return digest([catalog.dialect, [fingerprint_relation(r) for r in catalog]])[:16]


def digest(value: object) -> str:
    """SHA-256 (hex) of `value` as canonical JSON; strings are hashed exactly as they are.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
