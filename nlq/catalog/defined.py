"""The relations that a script has defined so far, and the names of those that are stepped over."""

from __future__ import annotations

from collections.abc import Iterator

from nlq.catalog.assemble import name_key
from nlq.catalog.cursor import Cursor
from nlq.catalog.definition import Definition
from nlq.catalog.relation import Relation, RelationName
from nlq.catalog.types import Dialect
from nlq.errors import CatalogError, did_you_mean


class Defined:
    """Definitions by name, as the dialect compares names."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._definitions: dict[RelationName, Definition] = {}
        self._stepped_over: set[RelationName] = set()

    def __iter__(self) -> Iterator[Definition]:
        return iter(self._definitions.values())

    def find(self, name: RelationName) -> Definition | None:
        """The definition of that name; None where there is none."""
        return self._definitions.get(name_key(name, self._dialect))

    def add(self, definition: Definition) -> None:
        """Add it, in place of one of the same name."""
        self._definitions[name_key(definition.name, self._dialect)] = definition

    def remove(self, name: RelationName) -> None:
        """Forget the relation of that name, if there is one."""
        self._definitions.pop(name_key(name, self._dialect), None)

    def step_over(self, name: RelationName) -> None:
        """What is said of that name from now on is of no relation that we know."""
        self._stepped_over.add(name_key(name, self._dialect))

    def move(self, definition: Definition, name: RelationName) -> None:
        """Give the relation another name, and say so to those that refer to it."""
        self.remove(definition.name)
        for other in self:
            other.move_referred(definition.name, name)
        definition.move_referred(definition.name, name)
        definition.name = name
        self.add(definition)

    def require(self, cursor: Cursor) -> Definition:
        """The relation whose name follows.

        Raises `catalog.invalid`.
        """
        return self._require_named(cursor.relation_name(), cursor)

    def require_or_skip(self, cursor: Cursor, *, optional: bool = False) -> Definition | None:
        """The relation that follows; None for one that was stepped over, or is missing and may be.

        Raises `catalog.invalid`.
        """
        return self.find_or_skip(cursor.relation_name(), cursor, optional=optional)

    def find_or_skip(
        self, name: RelationName, cursor: Cursor, *, optional: bool = False
    ) -> Definition | None:
        """As `require_or_skip`, of a name that was read."""
        key = name_key(name, self._dialect)
        if key in self._stepped_over or (optional and key not in self._definitions):
            return None
        return self._require_named(name, cursor)

    def require_referred(self, relation: Relation) -> None:
        """Its foreign keys refer to what is defined.

        Raises `catalog.invalid`.
        """
        for key in relation.foreign_keys:
            found = self.find(key.referred)
            if found is None or (found.kind == "table" and not _has_columns(found, key.referred_columns)):
                what = "relation" if found is None else f"columns {', '.join(key.referred_columns)} of"
                raise CatalogError(
                    "catalog.invalid",
                    f"a foreign key of `{relation.name}` refers to unknown {what} `{key.referred}`",
                    did_you_mean(key.referred.name, (d.name.name for d in self))
                    or "define it in the same text",
                )

    def _require_named(self, name: RelationName, cursor: Cursor) -> Definition:
        found = self.find(name)
        if found is None:
            hint = did_you_mean(name.name, (d.name.name for d in self))
            raise cursor.invalid_before(f"unknown relation `{name}`", hint or "define it before it is used")
        return found


def column_position(definition: Definition, name: str, cursor: Cursor) -> int:
    """Where the relation has the column.

    Raises `catalog.invalid`.
    """
    position = definition.position(name)
    if position is None:
        raise cursor.invalid_before(
            f"unknown column `{name}` in relation `{definition.name}`",
            did_you_mean(name, (c.name for c in definition.columns)),
        )
    return position


def _has_columns(definition: Definition, names: tuple[str, ...]) -> bool:
    return all(definition.position(name) is not None for name in names)
