"""The TypeScript client: types, and a client by `fetch`, for `tsc --strict`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from nlq.build.clients.names import camel, comment_text, lower_camel, script_key, script_text
from nlq.build.clients.signature import Argument, Field, Kind, Record, Signature, ValueType

HEADER = "// Made by `nlq build` from the queries of this project. Do not edit it: it is written anew.\n"

_TYPES: dict[Kind, str] = {
    "integer": "number", "bigint": "Int64", "decimal": "number", "bigdecimal": "Decimal", "float": "number",
    "text": "string", "boolean": "boolean", "date": "string", "timestamp": "string", "time": "string",
    "uuid": "string", "bytes": "string", "interval": "number", "scalar": "string | number | boolean",
    "json": "Json",
}  # fmt: skip


def typescript_client(signatures: Iterable[Signature]) -> str:
    """The text of the module; the same for the same queries."""
    known = sorted(signatures, key=lambda s: s.name)
    return "\n".join([HEADER, script_runtime("runtime.ts"), *map(_query, known), *_all_by_words(known)])


@cache
def script_runtime(file: str) -> str:
    """What every module begins with."""
    return (Path(__file__).parent / file).read_text("utf-8")


def _query(signature: Signature) -> str:
    if signature.cardinality == "exec":
        return _mutation(signature)
    name = camel(signature.name)
    one = signature.cardinality == "one"
    gives = f"{name}Row | null" if one else f"Rows<{name}Row>"
    floats = ", ".join(_floats(signature.fields))
    kind = "_one" if one else "_many"
    return (
        f"{_params(signature)}\n"
        f"export interface {name}Row {{{_lines(_field(f) for f in signature.fields)}}}\n\n"
        f"{_said(signature)}"
        f"export const {lower_camel(signature.name)}: Query<{name}Params, {gives}> = {{\n"
        f"  name: {script_text(signature.name)},\n"
        f'  read: {kind}<{name}Row>([{floats}]),\n'
        "};\n"
    )  # fmt: skip


def _mutation(signature: Signature) -> str:
    name = camel(signature.name)
    return (
        f"{_params(signature)}\n{_said(signature)}"
        f"export const {lower_camel(signature.name)}: Mutation<{name}Params> = "
        f"{{ name: {script_text(signature.name)}, changes: true }};\n"
    )


def _said(signature: Signature) -> str:
    """What is said of a query, as a comment."""
    notes = "".join(f"\n *\n * {comment_text(note)}" for note in signature.notes)
    return f"/** {comment_text(signature.question)}{notes}{_end(notes)} */\n"


def _by_words(signatures: Iterable[Signature], called: str, what: str) -> str:
    """The queries by their words; of two with the same, the first."""
    by_words: dict[str, str] = {}
    for signature in signatures:
        by_words.setdefault(signature.question, lower_camel(signature.name))
    types = _lines(
        f"readonly {script_text(words)}: typeof {name}" for words, name in sorted(by_words.items())
    )
    values = "".join(f"\n  {script_text(words)}: {name}," for words, name in sorted(by_words.items()))
    return (
        f"/** The {what} that are built, by their words. */\n"
        f"export interface {called} {{{types}}}\n\n"
        f"const _{what}: {called} = {{{values}{chr(10) if values else ''}}};\n"
    )


def _all_by_words(known: list[Signature]) -> tuple[str, str]:
    changes = [s for s in known if s.cardinality == "exec"]
    asks = [s for s in known if s.cardinality != "exec"]
    return _by_words(asks, "Questions", "questions"), _by_words(changes, "Instructions", "instructions")


def _params(signature: Signature) -> str:
    name = f"{camel(signature.name)}Params"
    if not signature.arguments:
        return f"export type {name} = Record<string, never>;\n"
    return f"export interface {name} {{{_lines(_parameter(a) for a in signature.arguments)}}}\n"


def _end(notes: str) -> str:
    return "\n" if notes else ""


def _lines(members: Iterable[str]) -> str:
    found = "".join(f"\n  {member};" for member in members)
    return f"{found}\n" if found else ""


def _parameter(argument: Argument) -> str:
    optional = "" if argument.required else "?"
    nullable = " | null" if argument.optional else ""
    return f"readonly {script_key(argument.name)}{optional}: {_TYPES[argument.type.kind]}{nullable}"


def _field(field: Field) -> str:
    return f"readonly {script_key(field.name)}: {_field_annotation(field)}"


def _field_annotation(field: Field) -> str:
    if isinstance(field.type, ValueType):
        return _annotation(field.type, nullable=field.nullable)
    inside = "; ".join(map(_field, field.type.fields))
    text = f"{{ {inside} }}"
    if field.type.is_list:
        text = f"ReadonlyArray<{text}>"
    return f"{text} | null" if field.nullable else text


def _floats(fields: Iterable[Field], within: tuple[str, ...] = ()) -> Iterator[str]:
    """Where floats are, each as the names that lead to it."""
    for field in fields:
        path = (*within, field.name)
        if isinstance(field.type, Record):
            yield from _floats(field.type.fields, path)
        elif field.type.kind == "float":
            yield f"[{', '.join(map(script_text, path))}]"


def _annotation(of: ValueType, *, nullable: bool) -> str:
    text = _TYPES[of.kind]
    if text == "Json":
        return text  # null is JSON
    for _ in range(of.depth):
        text = f"ReadonlyArray<{text} | null>"
    return f"{text} | null" if nullable else text
