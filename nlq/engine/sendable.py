"""Values as Postgres takes them for parameters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from nlq.engine import failure
from nlq.engine.rows import Argument
from nlq.errors import EngineError


def sendable(value: Argument) -> object:
    """The value as Postgres takes it best: without a type, so that it infers the one it needs.

    It then infers what it inferred in `describe`, where there is no value. Only numbers with a fraction
    say what they are: `count > 2.5` would otherwise want an integer.
    """
    match value:
        case None | str() | float() | Decimal():
            return value
        case bool() | int():
            return str(value)
        case date():  # and datetime, which is one
            return value.isoformat()
        case tuple():
            return "{" + ",".join(map(_array_item, value)) + "}"
        case _:
            raise EngineError(*failure.UNSENDABLE)


def _array_item(value: Argument) -> str:
    if value is None:
        return "NULL"
    text = str(sendable(value)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
