"""What a caller sent, as a Request: the question in one spelling, its literals found, its parameters named.

Normalisation is NFC, white space and nothing else: folding case or compatibility characters would
merge questions that mean different things.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal

from nlq.catalog import Family
from nlq.errors import RequestError
from nlq.plan import Parameter, Slot, Value

MAX_SLOTS = 4
"""Literals of a question that may be lifted; a lookup tries every subset of them."""

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_SLOT_NAME = re.compile(r"p\d+")
_LITERAL = re.compile(
    r"""
      (?<!\w)'(?P<single>[^']{1,200})'(?!\w)
    | "(?P<double>[^"]{1,200})"
    | “(?P<curly>[^”]{1,200})”
    | (?<![\w.-])(?P<date>\d{4}-\d{2}-\d{2})(?![\w-])
    | (?<![\w.,$-])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w]|[.,:/-]\d)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Request:
    """A question in its one spelling.

    `slots` are its liftable literals, each with its place in `spans`; `names` the parameters that it
    declares as `{name}`, whose values are `params`.
    """

    kind: Literal["query"]
    question: str
    slots: tuple[Slot, ...]
    spans: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    params: Mapping[str, Any]

    def template(self, lifted: frozenset[str]) -> str:
        """The question with the slots named in `lifted` replaced by `{p1}`, `{p2}`…"""
        text = self.question
        # From the end, so that earlier places stay where they are.
        for slot, (start, stop) in reversed(list(zip(self.slots, self.spans, strict=True))):
            if slot.name in lifted:
                text = f"{text[:start]}{{{slot.name}}}{text[stop:]}"
        return text

    def templates(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Each template that may be known and what it lifts: the whole question, then most lifted first."""
        names = [s.name for s in self.slots]
        yield self.question, frozenset()
        for size in range(len(names), 0, -1):
            for chosen in combinations(names, size):
                lifted = frozenset(chosen)
                yield self.template(lifted), lifted

    def arguments(self, parameters: tuple[Parameter, ...]) -> dict[str, Value]:
        """A value for each parameter of a plan.

        Raises `request.bad_parameter` where a value does not fit its type.
        """
        values = {s.name: s.value for s in self.slots} | dict(self.params)
        return {p.name: fit(p, values.get(p.name)) for p in parameters}


def intake(question: str, params: Mapping[str, Any] | None = None, *, limit: int = 4000) -> Request:
    """The request that a caller means.

    Raises `request.empty`, `request.too_long`, `request.missing_parameter`, `request.unknown_parameter`.
    """
    if len(question) > limit:
        raise RequestError(
            "request.too_long",
            f"the question has {len(question):,} characters, and the limit is {limit:,}",
            "ask one thing at a time",
        )
    text = normalise(question)
    if not any(c.isalnum() for c in text):
        raise RequestError(
            "request.empty",
            "the question is empty",
            "ask in plain English, such as `how many users are there`",
        )  # one sentence
    names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
    given = dict(params or {})
    _require_parameters(names, given)
    slots, spans = _find_slots(text)
    return Request("query", text, slots, spans, names, MappingProxyType(given))


def normalise(text: str) -> str:
    """The text in NFC, without invisible characters, runs of white space made one space.

    >>> normalise("  how many\\n users?  ")
    'how many users?'
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    printable = "".join(c if c.isprintable() or c.isspace() else " " for c in visible)
    return _SPACE.sub(" ", printable).strip()


def fit(parameter: Parameter, value: object) -> Value:
    """The value as the family of the parameter wants it.

    Raises `request.bad_parameter`, saying what would fit.
    """
    converted = _convert(parameter.family, value)
    if converted is None and value is not None:
        raise RequestError(
            "request.bad_parameter",
            f"the parameter `{parameter.name}` cannot be `{str(value)[:60]}`",
            f"it takes {_WANTED.get(parameter.family, 'text')}",
        )
    return converted


_WANTED: Mapping[Family, str] = {
    "integer": "a whole number",
    "decimal": "a number",
    "float": "a number",
    "boolean": "true or false",
    "date": "a date, such as 2026-01-31",
    "timestamp": "a time, such as 2026-01-31T12:00:00",
}


def _convert(of: Family, value: object) -> Value:
    match of:
        case "integer":
            if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
                return None
            # NaN and infinity compare false; 1.5 is no whole number.
            return int(value) if -(2**63) <= value < 2**63 and value == int(value) else None
        case "decimal" | "float":
            if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
                return None
            return value if -(10**30) < value < 10**30 else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return _parse(date.fromisoformat, value) if not isinstance(value, datetime) else None
        case "timestamp":
            return _parse(datetime.fromisoformat, value)
        case _:
            if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
                return value
            return None


def _parse(parse: Any, value: object) -> Value:
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        return parse(value)  # type: ignore[no-any-return]  # a date or a datetime
    except ValueError:
        return None


def _require_parameters(names: tuple[str, ...], given: Mapping[str, Any]) -> None:
    for name in names:
        if _SLOT_NAME.fullmatch(name):
            raise RequestError(
                "request.unknown_parameter",
                f"the parameter name `{name}` is reserved",
                "names of the form p1, p2… stand for literals; choose another",
            )
        if name not in given:
            raise RequestError(
                "request.missing_parameter",
                f"the parameter `{name}` has no value",
                f'send "params": {{"{name}": …}}',
            )
    for name in given:
        if name not in names:
            raise RequestError(
                "request.unknown_parameter",
                f"the question has no parameter `{name}`",
                f"write `{{{name}}}` where its value belongs",
            )


def _find_slots(text: str) -> tuple[tuple[Slot, ...], tuple[tuple[int, int], ...]]:
    found: list[tuple[Slot, tuple[int, int]]] = []
    matches = list(_LITERAL.finditer(text))
    values = [_literal(m) for m in matches]
    for match, value in zip(matches, values, strict=True):
        # 0 and 1 often mean "none" and "the one", which other SQL says; a value that comes twice
        # cannot be told apart in the SQL.
        if value is None or value in (0, 1) or values.count(value) > 1:
            continue
        of: Family = (
            "text" if isinstance(value, str) else "integer" if isinstance(value, int) else "decimal"
        )
        if match["date"]:
            of = "date"
        found.append((Slot(f"p{len(found) + 1}", value, of), match.span()))
        if len(found) == MAX_SLOTS:
            break
    return tuple(s for s, _ in found), tuple(span for _, span in found)


def _literal(match: re.Match[str]) -> int | Decimal | str | None:
    if number := match["number"]:
        try:
            exact = Decimal(number.replace(",", ""))
        except InvalidOperation:
            return None
        whole = exact == exact.to_integral_value() and "." not in number
        return (int(exact) if whole else exact) if abs(exact) < 2**63 else None
    return match["date"] or match["single"] or match["double"] or match["curly"]
