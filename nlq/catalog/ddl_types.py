"""CREATE TYPE, CREATE DOMAIN and ALTER TYPE: the types that a script defines."""

from __future__ import annotations

from dataclasses import replace

from nlq.catalog.cursor import Cursor
from nlq.catalog.definition import Definition
from nlq.catalog.types import ENUM
from nlq.catalog.user_types import UserType, UserTypes
from nlq.errors import did_you_mean


def read_type(cursor: Cursor, types: UserTypes) -> None:
    """Add to `types` what the statement defines; one that is about no type adds nothing.

    Raises `catalog.invalid`.
    """
    if cursor.accept("ALTER", "TYPE"):
        _change_type(cursor, types)
    elif cursor.accept("CREATE"):
        cursor.accept("OR", "REPLACE")
        cursor.accept_one("TEMP", "TEMPORARY")
        if cursor.accept("TYPE"):
            cursor.accept("IF", "NOT", "EXISTS")
            _create_type(cursor, types)
        elif cursor.accept("DOMAIN"):
            _create_domain(cursor, types)


def _create_type(cursor: Cursor, types: UserTypes) -> None:
    name = cursor.relation_name()
    if not cursor.accept("AS"):
        return
    if cursor.accept("ENUM"):
        items = list(cursor.items())
        if any(item.peek() is None or item.take().kind != "string" for item in items):
            raise cursor.invalid(
                f"the values of type `{name}` must be strings", "write them out as 'value'"
            )
        types.add(UserType(name, ENUM, tuple(item.tokens[0].value for item in items)))
    elif types.dialect == "duckdb":
        types.add(replace(types.read(cursor), name=name))


def _create_domain(cursor: Cursor, types: UserTypes) -> None:
    name = cursor.relation_name()
    cursor.accept("AS")
    domain = Definition(name, types.dialect, types).read_domain(cursor)
    enum = domain.enum if domain.type == ENUM else ()
    types.add(UserType(name, domain.type, enum, domain.nullable, domain.default))


def _change_type(cursor: Cursor, types: UserTypes) -> None:
    parts = cursor.dotted_name()
    known = types.find(parts, cursor.schema)
    if known is None or not known.enum:
        return
    values = list(known.enum)
    if cursor.accept("ADD", "VALUE"):
        cursor.accept("IF", "NOT", "EXISTS")
        value = cursor.take().value
        index = len(values)
        if cursor.sees("BEFORE", "AFTER"):
            after = cursor.take().is_word("AFTER")
            index = _index(values, cursor) + after
        if value not in values:
            values.insert(index, value)
    elif cursor.accept("RENAME", "VALUE"):
        index = _index(values, cursor)
        cursor.accept("TO")
        values[index] = cursor.take().value
    types.add(replace(known, enum=tuple(values)))


def _index(values: list[str], cursor: Cursor) -> int:
    token = cursor.take()
    if token.value not in values:
        raise cursor.invalid_before(f"unknown value `{token.value}`", did_you_mean(token.value, values))
    return values.index(token.value)
