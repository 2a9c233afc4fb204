"""The Python client: one module that needs nothing but Python, for strict type checkers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from nlq.build.clients.names import camel, comment_text, method, python_names
from nlq.build.clients.signature import Argument, Kind, Signature, ValueType
from nlq.plan.value import Value

HEADER = """\
# Made by `nlq build` from the queries of this project. Do not edit it: it is written anew.
# ruff: noqa
# fmt: off
"""
_DOCSTRING = '''"""The queries of this project, as typed methods.

    queries = Queries(over_http("http://localhost:8000"))
    queries = Queries(in_process(nlq.open("duckdb:///app.duckdb")))

`AsyncQueries` has the same methods, to be awaited. What is refused or fails raises `QueryError`.
"""
'''
_COPIED = "# --- copied from here ---\n"

_TYPES: dict[Kind, str] = {
    "integer": "int", "bigint": "int", "decimal": "_decimal.Decimal", "bigdecimal": "_decimal.Decimal",
    "float": "float", "text": "str", "boolean": "bool", "date": "_datetime.date",
    "timestamp": "_datetime.datetime", "time": "_datetime.time", "uuid": "_uuid.UUID", "bytes": "bytes",
    "interval": "_datetime.timedelta", "scalar": "str | int | float | bool", "json": "_Any",
}  # fmt: skip
_READERS: dict[Kind, str] = {
    "integer": "int", "bigint": "int", "decimal": "_number", "bigdecimal": "_number", "float": "float",
    "text": "str", "boolean": "bool", "date": "_datetime.date.fromisoformat",
    "timestamp": "_datetime.datetime.fromisoformat", "time": "_datetime.time.fromisoformat",
    "uuid": "_uuid.UUID", "bytes": "_base64.b64decode", "interval": "_duration", "scalar": "_json_value",
    "json": "_json_value",
}  # fmt: skip


def python_client(signatures: Iterable[Signature]) -> str:
    """The text of the module; the same for the same queries."""
    known = sorted(signatures, key=lambda s: s.name)
    parts = [f"{HEADER}{_DOCSTRING}\n{_runtime()}", *map(_row_class, known)]
    if known:
        parts.append("".join(map(_shape, known)))
    parts += [_facade(known, is_async=False), _facade(known, is_async=True)]
    return "\n\n".join(part.rstrip("\n") + "\n" for part in parts)


@cache
def _runtime() -> str:
    text = (Path(__file__).parent / "runtime.py").read_text("utf-8")
    return text.partition(_COPIED)[2]


def _row_class(signature: Signature) -> str:
    names = python_names(f.name for f in signature.fields)
    lines = ["@_dataclasses.dataclass(frozen=True)", f"class {camel(signature.name)}Row:"]
    lines.append(f'    """A row of `{signature.name}`."""\n')
    for name, field in zip(names, signature.fields, strict=True):
        lines.append(f"    {name}: {_annotation(field.type, nullable=field.nullable)}")
    return "\n".join(lines) + "\n"


def _shape(signature: Signature) -> str:
    columns = "".join(f"        ({_literal(f.name)}, {_reader(f.type)}),\n" for f in signature.fields)
    return (
        f"_{signature.name.upper()} = _Shape(\n    {_literal(signature.name)},\n"
        f"    {camel(signature.name)}Row,\n    (\n{columns}    ),\n)\n"
    )  # fmt: skip


def _facade(signatures: list[Signature], *, is_async: bool) -> str:
    name = "AsyncQueries" if is_async else "Queries"
    awaited = ", each to be awaited" if is_async else ""
    head = (
        f'class {name}:\n    """The queries{awaited}."""\n\n'
        "    def __init__(self, transport: Transport) -> None:\n        self.__transport = transport\n"
    )
    return "\n".join([head, *(_method(s, is_async=is_async) for s in signatures)])


def _method(signature: Signature, *, is_async: bool) -> str:
    row = f"{camel(signature.name)}Row"
    names = python_names(a.name for a in signature.arguments)
    given = [
        f"{name}: {_taken(a)}{_default(a)}" for name, a in zip(names, signature.arguments, strict=True)
    ]
    head = "async def" if is_async else "def"
    takes = ", ".join(["self", *(["*", *given] if given else [])])
    gives = f"{row} | None" if signature.cardinality == "one" else f"Rows[{row}]"
    sent = ", ".join(f"{_literal(a.name)}: {n}" for n, a in zip(names, signature.arguments, strict=True))
    run = f"_{signature.name.upper()}.{'one' if signature.cardinality == 'one' else 'many'}"
    call = f"self.__transport, {{{sent}}}"
    done = f"await _asyncio.to_thread({run}, {call})" if is_async else f"{run}({call})"
    notes = "".join(f"\n\n        {comment_text(note)}" for note in signature.notes)
    end = "\n        " if notes else ""
    return (
        f"    {head} {method(signature.name)}({takes}) -> {gives}:\n"
        f'        """{comment_text(signature.question)}{notes}{end}"""\n'
        f"        return {done}\n"
    )


def _taken(argument: Argument) -> str:
    text = _annotation(argument.type, nullable=argument.optional)
    return text.replace("_decimal.Decimal", "_decimal.Decimal | int")


def _annotation(of: ValueType, *, nullable: bool) -> str:
    text = _TYPES[of.kind]
    for _ in range(of.depth):
        text = f"list[{text} | None]" if text != "_Any" else "list[_Any]"
    return f"{text} | None" if nullable and text != "_Any" else text


def _reader(of: ValueType) -> str:
    text = _READERS[of.kind]
    for _ in range(of.depth):
        text = f"_list({text})"
    return text


def _default(argument: Argument) -> str:
    if argument.required:
        return ""
    return f" = {_value(argument.default, argument.type)}"


def _value(value: Value, of: ValueType) -> str:
    match value:
        case None:
            return "None"
        case Decimal():
            return f"_decimal.Decimal({_literal(str(value))})"
        case int() | float() if of.kind == "decimal" and not isinstance(value, bool):
            return f"_decimal.Decimal({_literal(str(value))})"
        case datetime():
            return f"_datetime.datetime.fromisoformat({_literal(value.isoformat())})"
        case date():
            return f"_datetime.date.fromisoformat({_literal(value.isoformat())})"
        case str() if of.kind == "time":
            return f"_datetime.time.fromisoformat({_literal(value)})"
        case str() if of.kind == "uuid":
            return f"_uuid.UUID({_literal(value)})"
        case str():
            return _literal(value)
        case _:
            return repr(value)


def _literal(text: str) -> str:
    """The text as a literal of Python, in ASCII and double quotes where that needs no escape."""
    written = ascii(text)
    return f'"{written[1:-1]}"' if written[0] == "'" and '"' not in written else written
