"""The parameters that a question declares: `{min_likes: int = 100}`, `{country: text?}`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from nlq.build.place import BuildError, Place
from nlq.catalog import Family
from nlq.compiler.intake import fit
from nlq.errors import RequestError, did_you_mean
from nlq.plan import Parameter, Value

TYPES: dict[str, Family] = {
    "int": "integer", "integer": "integer",
    "decimal": "decimal", "number": "decimal", "numeric": "decimal",
    "float": "float",
    "text": "text", "string": "text", "str": "text",
    "bool": "boolean", "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp", "datetime": "timestamp",
    "time": "time",
    "uuid": "uuid",
}  # fmt: skip
"""What a parameter may be said to be, and the family that it then has."""

_BRACES = re.compile(r"\{[^{}]*\}|[{}]")
_WRITTEN = re.compile(
    r"""\{\s*(?P<name>[^\s:=?{}]+)\s*
        (?: : \s*(?P<type>[^\s=?{}]+)\s*(?P<optional>\?)?\s* )?
        (?: = \s*(?P<default>.*?)\s* )?\}""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_RESERVED = re.compile(r"p\d+")
_QUOTED = re.compile(r"'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"")


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """What the question says of one of its parameters.

    `family` is None where it does not say: the plan's SQL decides. An `optional` one may be left out, and
    what it filters is then not filtered.
    """

    name: str
    family: Family | None = None
    default: Value = None
    optional: bool = False

    @property
    def required(self) -> bool:
        """Whether a caller has to give it."""
        return self.default is None and not self.optional


PlaceAt = Callable[[int], Place]
"""Where a character of the text is written."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its parameters as `{name}`, and what was said of each of them, in order."""

    text: str
    parameters: tuple[QueryParameter, ...]


def read_parameters(text: str, place_at: PlaceAt) -> Question:
    """The question that `text` is.

    Raises `build.parameter`.
    """
    said: dict[str, QueryParameter] = {}
    first: dict[str, Place] = {}
    pieces, end = [], 0
    for found in _BRACES.finditer(text):
        place = place_at(found.start())
        parameter = _read(found[0], place)
        known = said.get(parameter.name)
        if known is not None and parameter not in (known, QueryParameter(parameter.name)):
            raise _refuse(
                f"`{parameter.name}` is declared otherwise at {first[parameter.name]}",
                f"say its type once, and write `{{{parameter.name}}}` elsewhere",
                place,
            )
        if known is None:
            said[parameter.name] = parameter
            first[parameter.name] = place
        pieces += [text[end : found.start()], f"{{{parameter.name}}}"]
        end = found.end()
    return Question("".join(pieces) + text[end:], tuple(said.values()))


def _read(written: str, place: Place) -> QueryParameter:
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise _refuse(
            f"`{_shown(written)}` is not a parameter",
            "write `{name}`, `{name: int}`, `{name: int = 100}` or `{name: text?}`",
            place,
        )
    name = match["name"]
    if not _NAME.fullmatch(name) or len(name) > 63:
        raise _refuse(
            f"a parameter cannot be called `{_shown(name)}`",
            "use small letters, digits and single `_` between them, and begin with a letter",
            place,
        )
    if _RESERVED.fullmatch(name):
        raise _refuse(f"the parameter name `{name}` is reserved", "p1, p2… stand for literals", place)
    of = _family(match["type"], place)
    if match["default"] is None:
        return QueryParameter(name, of, None, bool(match["optional"]))
    if match["optional"]:
        raise _refuse(f"`{name}` is optional and has a default", "leave out the `?`, or the default", place)
    return _with_default(name, of, match["default"], place)


def _family(word: str | None, place: Place) -> Family | None:
    if word is None:
        return None
    if word not in TYPES:
        known = ", ".join(sorted(set(TYPES.values())))
        raise _refuse(f"unknown type `{_shown(word)}`", did_you_mean(word, TYPES) or f"use {known}", place)
    return TYPES[word]


def _with_default(name: str, of: Family | None, written: str, place: Place) -> QueryParameter:
    value, own = _literal(written)
    if own is None:
        raise _refuse(
            f"`{_shown(written)}` is not a value",
            "write a number, true, false, a date such as 2026-01-31, or text in quotes",
            place,
        )
    of = of or own
    try:
        return QueryParameter(name, of, fit(Parameter(name, of), value))
    except RequestError as error:
        raise _refuse(f"the default of `{name}` is not of its type", error.hint or "", place) from error


def _literal(written: str) -> tuple[Value, Family | None]:
    """The value that is written, and its family; None for what is no value."""
    if quoted := _QUOTED.fullmatch(written):
        return quoted["single"] if quoted["single"] is not None else quoted["double"], "text"
    if written in ("true", "false"):
        return written == "true", "boolean"
    if re.fullmatch(r"-?\d{1,18}", written):
        return int(written), "integer"
    if re.fullmatch(r"-?\d{1,18}\.\d{1,18}", written):
        return Decimal(written), "decimal"
    with suppress(ValueError):
        return date.fromisoformat(written), "date"
    with suppress(ValueError):
        return datetime.fromisoformat(written), "timestamp"
    return None, None


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"


def _refuse(message: str, hint: str, place: Place) -> BuildError:
    return BuildError("build.parameter", message, hint, place)
