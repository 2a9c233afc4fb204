"""What an instruction takes, as a JSON Schema, and values held against it before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from nlq.catalog import Catalog, Column, Family, family
from nlq.errors import RequestError
from nlq.plan.value import Parameter

_LENGTH = re.compile(r"(?:VAR)?CHAR\((\d+)\)", re.IGNORECASE)
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "INTEGER": 32}
_TYPES: dict[Family, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "uuid": {"type": "string", "format": "uuid"},
    "other": {},
}


def input_schema(
    parameters: Iterable[Parameter], assigned: Mapping[str, tuple[Column, ...]], catalog: Catalog
) -> dict[str, Any]:
    """A JSON Schema of the parameters: types, and what the columns that they become admit.

    >>> input_schema([Parameter("n", "integer")], {"n": (Column("n", "SMALLINT"),)}, Catalog("duckdb", ()))[
    ...     "properties"
    ... ]
    {'n': {'type': ['integer', 'null'], 'minimum': -32768, 'maximum': 32767}}
    """
    properties = {p.name: _property(p, assigned.get(p.name, ()), catalog) for p in parameters}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def require_inputs(schema: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Hold values, which already are of the right family, against the schema.

    Raises `request.bad_parameter`, saying what would fit and not what was sent.
    """
    for name, rule in schema.get("properties", {}).items():
        value = values.get(name)
        if value is None:
            kinds = rule.get("type")
            if kinds is not None and "null" not in kinds:
                raise _unfit(name, "null", "it has to have a value")
        elif "enum" in rule and value not in rule["enum"]:
            choices = ", ".join(f"`{c}`" for c in rule["enum"] if c is not None)
            raise _unfit(name, "this text", f"it takes {choices}")
        elif "maxLength" in rule and len(str(value)) > rule["maxLength"]:
            raise _unfit(name, "so long", f"it takes at most {rule['maxLength']} characters")
        elif "minimum" in rule and not rule["minimum"] <= value <= rule["maximum"]:
            raise _unfit(name, "this number", f"it takes {rule['minimum']} to {rule['maximum']}")


def _property(parameter: Parameter, columns: tuple[Column, ...], catalog: Catalog) -> dict[str, Any]:
    found: dict[str, Any] = dict(_TYPES.get(parameter.family, {"type": "string"}))
    for column in columns:
        if column.enum:
            found["enum"] = list(column.enum)
        if length := _LENGTH.fullmatch(column.type):
            found["maxLength"] = min(int(length[1]), found.get("maxLength", int(length[1])))
        bits = _BITS.get(column.type.upper())
        if bits and family(column.type, catalog.dialect) == "integer":
            found["minimum"], found["maximum"] = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if columns and all(c.nullable for c in columns) and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _unfit(name: str, what: str, hint: str) -> RequestError:
    return RequestError("request.bad_parameter", f"the parameter `{name}` cannot be {what}", hint)
