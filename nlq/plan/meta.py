"""What the binder notes on the nodes of a tree."""

from __future__ import annotations

from typing import NamedTuple

from nlq.catalog import Column, RelationName

RELATION = "relation"
"""Key of `Table.meta`: the `RelationName` that a base table was bound to."""
COLUMN = "column"
"""Key of `Column.meta`: the `BoundColumn` that a column of a base table was bound to."""


class BoundColumn(NamedTuple):
    """A column of the catalog; `relation` is None where it was passed on by a query."""

    relation: RelationName | None
    column: Column

    def __deepcopy__(self, _memo: object) -> BoundColumn:
        return self  # every copy of a tree would copy the catalog with it
