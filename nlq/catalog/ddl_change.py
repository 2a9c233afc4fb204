"""ALTER TABLE and ALTER VIEW followed in the definition of a relation."""

from __future__ import annotations

from dataclasses import replace

from nlq.catalog.cursor import Cursor
from nlq.catalog.defined import Defined, column_position
from nlq.catalog.definition import Definition
from nlq.catalog.relation import RelationName

HINT_WHOLE = "give the schema as it is now, such as a dump without data"
_HARMLESS = (
    "OWNER", "ENABLE", "DISABLE", "FORCE", "NO", "SET", "RESET", "CLUSTER", "REPLICA", "DETACH", "VALIDATE",
)  # fmt: skip


def change_relation(definition: Definition, change: Cursor, defined: Defined) -> None:
    """Follow one change of an ALTER TABLE or ALTER VIEW.

    Raises `catalog.invalid` where it would change the relation in a way that cannot be followed.
    """
    if change.accept("ADD"):
        change.accept("COLUMN")
        if change.accept("IF", "NOT", "EXISTS"):
            known = change.copy()
            if definition.position(known.name()) is not None:
                return
        definition.read_element(change)
    elif change.accept("RENAME"):
        _rename(definition, change, defined)
    elif change.accept("DROP"):
        _drop_part(definition, change)
    elif change.accept("ATTACH", "PARTITION"):
        part = change.relation_name()
        defined.remove(part)
        defined.step_over(part)
    elif change.accept("SET", "SCHEMA"):
        defined.move(definition, RelationName(change.name("schema's name"), definition.name.name))
    elif change.accept("ALTER"):
        _change_column(definition, change)
    elif not change.accept_one(*_HARMLESS) and not change.accept("INHERIT"):
        raise change.invalid("cannot follow this change", HINT_WHOLE)


def _change_column(definition: Definition, change: Cursor) -> None:
    change.accept("COLUMN")
    position = _require_column(definition, change)
    if change.accept("SET", "DEFAULT"):
        definition.set_default(position, change.text)
    elif change.accept("DROP", "DEFAULT"):
        definition.set_default(position, None)
    elif change.accept("SET", "NOT", "NULL"):
        definition.set_nullable(position, nullable=False)
    elif change.accept("DROP", "NOT", "NULL"):
        definition.set_nullable(position, nullable=True)
    elif change.accept("TYPE") or change.accept("SET", "DATA", "TYPE"):
        definition.set_type(position, change.until_word("USING", "COLLATE"))
    elif change.accept("ADD", "GENERATED"):
        column = replace(definition.columns[position], generated=True, nullable=False, default=None)
        definition.columns[position] = column
    elif change.accept("DROP", "IDENTITY") or change.accept("DROP", "EXPRESSION"):
        definition.columns[position] = replace(definition.columns[position], generated=False)


def _rename(definition: Definition, change: Cursor, defined: Defined) -> None:
    if change.accept("CONSTRAINT"):
        return
    if change.accept("TO"):
        defined.move(definition, RelationName(definition.name.schema, change.name()))
        return
    change.accept("COLUMN")
    old = definition.columns[_require_column(definition, change)].name
    if not change.accept("TO"):
        raise change.invalid("expected TO")
    new = change.name("column's name")
    definition.rename_column(old, new)
    for other in defined:
        other.rename_referred(definition.name, old, new)


def _drop_part(definition: Definition, change: Cursor) -> None:
    if change.sees("CONSTRAINT") or change.sees("PRIMARY"):
        raise change.invalid("cannot follow the removal of a constraint", HINT_WHOLE)
    change.accept("COLUMN")
    if change.accept("IF", "EXISTS"):
        known = change.copy()
        if definition.position(known.name()) is None:
            return
    definition.drop_column(definition.columns[_require_column(definition, change)].name)


def _require_column(definition: Definition, cursor: Cursor) -> int:
    return column_position(definition, cursor.name("column's name"), cursor)
