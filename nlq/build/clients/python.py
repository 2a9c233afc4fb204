"""The Python client: one module that needs nothing but Python, for strict type checkers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from nlq.build.clients.names import camel, comment_text, method, python_names
from nlq.build.clients.signature import Argument, Field, Kind, Record, Signature, ValueType
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
    asked = [s for s in known if s.cardinality != "exec"]
    parts = [f"{HEADER}{_DOCSTRING}\n{_runtime()}", *map(_row_class, asked)]
    if asked:
        parts.append("".join(map(_shape, asked)))
    parts += [_facade(known, is_async=False), _facade(known, is_async=True)]
    return "\n\n".join(part.rstrip("\n") + "\n" for part in parts)


@cache
def _runtime() -> str:
    text = (Path(__file__).parent / "runtime.py").read_text("utf-8")
    return text.partition(_COPIED)[2]


def _row_class(signature: Signature) -> str:
    lines = _class(f"{camel(signature.name)}Row", f"A row of `{signature.name}`.", signature.fields)
    return "\n".join(lines) + "\n"


def _class(name: str, said: str, fields: Sequence[Field]) -> Iterator[str]:
    """The lines of a class; those of the objects in it stand inside it."""
    yield "@_dataclasses.dataclass(frozen=True)"
    yield f"class {name}:"
    yield f'    """{said}"""'
    yield ""
    inner = _inner_names(fields)
    for field in fields:
        if isinstance(field.type, Record):
            about = f"{'One of' if field.type.is_list else 'What is in'} `{comment_text(field.name)}`."
            yield from (
                f"    {line}".rstrip() for line in _class(inner[field.name], about, field.type.fields)
            )
            yield ""
    for own, field in zip(python_names(f.name for f in fields), fields, strict=True):
        yield f"    {own}: {_field_annotation(field, inner)}"


def _inner_names(fields: Sequence[Field]) -> dict[str, str]:
    """The names of the classes for the objects among the fields, which no field has."""
    taken = set(python_names(f.name for f in fields))
    names = {}
    for field in fields:
        if isinstance(field.type, Record):
            name = camel(field.name)
            while name in taken:
                name += "_"
            taken.add(name)
            names[field.name] = name
    return names


def _field_annotation(field: Field, inner: Mapping[str, str]) -> str:
    if isinstance(field.type, ValueType):
        return _annotation(field.type, nullable=field.nullable)
    text = f"list[{inner[field.name]}]" if field.type.is_list else inner[field.name]
    return f"{text} | None" if field.nullable else text


def _shape(signature: Signature) -> str:
    row = f"{camel(signature.name)}Row"
    readers = zip(signature.fields, _readers(signature.fields, row), strict=True)
    columns = "".join(f"        ({_literal(f.name)}, {reader}),\n" for f, reader in readers)
    return (
        f"_{signature.name.upper()} = _Shape(\n    {_literal(signature.name)},\n"
        f"    {row},\n    (\n{columns}    ),\n)\n"
    )  # fmt: skip


def _readers(fields: Sequence[Field], within: str) -> Iterator[str]:
    """How each field of a class is read."""
    inner = _inner_names(fields)
    for field in fields:
        if isinstance(field.type, ValueType):
            yield _reader(field.type)
            continue
        name = f"{within}.{inner[field.name]}"
        readers = zip(field.type.fields, _readers(field.type.fields, name), strict=True)
        columns = "".join(f"({_literal(f.name)}, {reader}), " for f, reader in readers)
        read = f"_object_of({name}, ({columns.rstrip()}))"
        yield f"_list({read})" if field.type.is_list else read


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
    changes = signature.cardinality == "exec"
    options = ["options: Options | None = None", "/"] if changes else []
    takes = ", ".join(["self", *options, *(["*", *given] if given else [])])
    gives = f"{row} | None" if signature.cardinality == "one" else f"Rows[{row}]"
    sent = ", ".join(f"{_literal(a.name)}: {n}" for n, a in zip(names, signature.arguments, strict=True))
    run = f"_{signature.name.upper()}.{'one' if signature.cardinality == 'one' else 'many'}"
    call = f"self.__transport, {{{sent}}}"
    if changes:
        gives, run = "Changed", "_change"
        call = f"self.__transport, {_literal(signature.name)}, {{{sent}}}, options"
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
