"""All that we know of a database, as values: no I/O, no clock.

Three sources give the same `Catalog`: introspection (the engines read the system tables and call
`nlq.catalog.assemble`), a DDL file (`nlq.catalog.ddl`) and Python models (`nlq.catalog.models`).
"""

from nlq.catalog.relation import Column, ForeignKey, Relation, RelationName, is_counted
from nlq.catalog.types import DAYS, NUMBERS, Dialect, Family, canonical_type, family
from nlq.catalog.value import Catalog

__all__ = [
    "DAYS",
    "NUMBERS",
    "Catalog",
    "Column",
    "Dialect",
    "Family",
    "ForeignKey",
    "Relation",
    "RelationName",
    "canonical_type",
    "family",
    "is_counted",
]
