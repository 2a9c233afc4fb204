"""What a caller sent, as a Request: the question in one spelling, its literals found, its parameters named.

Normalisation is NFC, white space and nothing else: folding case or compatibility characters would
merge questions that mean different things.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import Any
from uuid import UUID

from nlq.catalog import Family
from nlq.compiler.declared import Declared, is_optional
from nlq.errors import RequestError
from nlq.plan import Parameter, Plan, Slot, Value
from nlq.plan.value import PlanKind

MAX_SLOTS = 4
"""Literals of a question that may be lifted; a lookup tries every subset of them."""

MAX_TEXT = 10_000
"""Characters of a text that a parameter may be."""

_YEARS = range(1900, 2101)
_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
PARAMETER = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_SLOT_NAME = re.compile(r"p\d+")
_LITERAL = re.compile(
    r"""
      (?<!\w)'(?P<single>[^']{1,200})'(?!\w)
    | "(?P<double>[^"]{1,200})"
    | “(?P<curly>[^”]{1,200})”
    | (?<![\w.-])(?P<date>\d{4}-\d{2}-\d{2})(?![\w-])
    | (?<![\w.,:/+-])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w]|[.,:/-]\d)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Request:
    """A question in its one spelling.

    `slots` are its liftable literals, each with its place in `spans`; `names` the parameters that it
    declares as `{name}`, whose values are `params`; `declared` is what else is said of those. `examples`
    are questions, and SQL that a person approves of, which the model is shown.
    """

    kind: PlanKind
    question: str
    slots: tuple[Slot, ...]
    spans: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    params: Mapping[str, Any]
    declared: tuple[Declared, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def optional(self) -> tuple[str, ...]:
        """The names of the parameters that may be left out."""
        return tuple(d.name for d in self.declared if d.optional)

    def is_answered_by(self, plan: Plan, lifted: frozenset[str]) -> bool:
        """Whether a plan of a template that lifts these slots takes the parameters as they are declared."""
        families = {p.name: p.family for p in plan.parameters}
        return (
            families.keys() == lifted | set(self.names)
            and all(d.family in (None, families[d.name]) for d in self.declared)
            and all(is_optional(plan, name) for name in self.optional)
        )

    def template(self, lifted: frozenset[str]) -> str:
        """The question with the slots named in `lifted` replaced by `{p1}`, `{p2}`…

        What may be a year is `{p1:year}`: "orders of 2026" and "orders of 7" don't ask for the same.
        """
        text = self.question
        # From the end, so that earlier places stay where they are.
        for slot, (start, stop) in reversed(list(zip(self.slots, self.spans, strict=True))):
            if slot.name in lifted:
                kind = ":year" if is_year(slot.value) else ""
                text = f"{text[:start]}{{{slot.name}{kind}}}{text[stop:]}"
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


def intake(
    question: str,
    params: Mapping[str, Any] | None = None,
    *,
    limit: int = 4000,
    declared: tuple[Declared, ...] = (),
) -> Request:
    """The request that a caller means.

    Raises `request.empty`, `request.too_long`, `request.missing_parameter`, `request.unknown_parameter`.
    """
    text, names, slots, spans = _read_short(question, limit)
    given = dict(params or {})
    _require_parameters(names, given)
    return Request("query", text, slots, spans, names, MappingProxyType(given), declared)


def spell(question: str, *, limit: int = 4000) -> str:
    """The question in its one spelling. Raises `request.empty`, `request.too_long`."""
    return _read_short(question, limit)[0]


_Read = tuple[str, tuple[str, ...], tuple[Slot, ...], tuple[tuple[int, int], ...]]


def _read_short(question: str, limit: int) -> _Read:
    if len(question) > limit:
        raise RequestError(
            "request.too_long",
            f"the question has {len(question):,} characters, and the limit is {limit:,}",
            "ask one thing at a time",
        )
    return _read(question)


@lru_cache(maxsize=2048)
def _read(question: str) -> _Read:
    """The question in its one spelling, with its parameters, and its literals and their places."""
    text = normalise(question)
    if not any(c.isalnum() for c in text):
        raise RequestError(
            "request.empty",
            "the question is empty",
            "ask in plain English, such as `how many users are there`",
        )
    return text, tuple(dict.fromkeys(PARAMETER.findall(text))), *_find_slots(text)


def intake_instruction(
    instruction: str, params: Mapping[str, Any] | None = None, *, limit: int = 4000
) -> Request:
    """The request of a mutation, which may be sent parameters that the instruction does not name.

    Raises as `intake`.
    """
    inside = [n for n in PARAMETER.findall(normalise(instruction)) if n in (params or {})]
    request = intake(instruction, {n: (params or {})[n] for n in inside}, limit=limit)
    for name in params or {}:
        if _SLOT_NAME.fullmatch(name) or not PARAMETER.fullmatch(f"{{{name}}}"):
            raise RequestError(
                "request.unknown_parameter",
                f"the parameter name `{name}` is reserved",
                "begin with a letter; names of the form p1, p2… stand for literals",
            )
    names = tuple(dict.fromkeys((*request.names, *sorted(params or {}))))
    return replace(request, kind="mutation", names=names, params=MappingProxyType(dict(params or {})))


def normalise(text: str) -> str:
    """The text in NFC, without invisible characters, runs of white space made one space.

    >>> normalise("  how many\\n users?  ")
    'how many users?'
    """
    # Invisible characters first: one of them could keep a letter and its accent apart.
    visible = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
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
            f"the parameter `{parameter.name}` cannot be {_kind(value)}",
            f"it takes {_WANTED.get(parameter.family, f'text of at most {MAX_TEXT:,} characters')}",
        )
    return converted


_WANTED: Mapping[Family, str] = {
    "integer": "a whole number",
    "decimal": "a number",
    "float": "a number",
    "boolean": "true or false",
    "date": "a date, such as 2026-01-31",
    "timestamp": "a time, such as 2026-01-31T12:00:00",
    "time": "a time of day, such as 12:30",
    "uuid": "a UUID",
    "other": "text or a number",
}


def _kind(value: object) -> str:
    """What kind of value it is; not which: more people may read an error than the one who sent it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "this number"
        case str():
            return "this text"
        case date():
            return "a time" if isinstance(value, datetime) else "a date"
        case _:
            return "a value of this kind"


def fits(of: Family, value: object) -> bool:
    """True where `fit` takes the value."""
    return _convert(of, value) is not None


def _convert(of: Family, value: object) -> Value:
    """The value in the family, or None where it does not fit."""
    match of:
        case "integer":
            number = _number(value, 2**63)
            return int(number) if number is not None and number == int(number) else None
        case "decimal" | "float":
            return _number(value, 10**30)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return _parse(date.fromisoformat, value) if not isinstance(value, datetime) else None
        case "timestamp":
            return _parse(_moment, value)
        case "time":
            return str(value) if isinstance(value, time) else _alike(time.fromisoformat, value)
        case "uuid":
            return str(value) if isinstance(value, UUID) else _alike(UUID, value)
        case "other":
            return _text(value) if isinstance(value, str) else _number(value, 2**63)
        case _:
            return _text(value)


def _number(value: object, bound: int) -> int | float | Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # Comparing a Decimal with NaN raises, where a float says no.
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    return value if -bound <= value < bound else None


def _text(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return None
    # What no database stores: NUL, and half of a surrogate pair.
    return None if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value) else value


def _parse(parse: Callable[[str], Value], value: object) -> Value:
    try:
        return parse(str(value)) if isinstance(value, str | date) else None
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime:
    """The time in UTC, without saying so: databases disagree on what becomes of an offset."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _alike(parse: Callable[[str], object], value: object) -> str | None:
    """The text itself, if it can be read as what it should be."""
    try:
        return value if isinstance(value, str) and parse(value) is not None else None
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


def find_literals(text: str) -> Iterator[tuple[tuple[int, int], int | Decimal | str | None, Family]]:
    """What looks like a literal, in order: its place, its value and family; None for what is none."""
    for match in _LITERAL.finditer(text):
        yield match.span(), *_literal(match)


def is_year(value: int | Decimal | str | None) -> bool:
    """Whether a literal may be a year."""
    return isinstance(value, int) and value in _YEARS


def liftable_values(values: Collection[int | Decimal | str | None]) -> set[int | Decimal | str]:
    """Those of a question's values that may be lifted.

    0 and 1 often mean "none" and "the one", which other SQL says; a value that comes twice cannot be told
    apart in the SQL.
    """
    count = Counter(values)
    return {v for v in values if v is not None and v not in (0, 1) and count[v] == 1}


def _find_slots(text: str) -> tuple[tuple[Slot, ...], tuple[tuple[int, int], ...]]:
    literals = list(find_literals(text))
    lifted = liftable_values([value for _, value, _ in literals])
    found = [(span, value, of) for span, value, of in literals if value is not None and value in lifted]
    slots = tuple(Slot(f"p{n}", value, of) for n, (_, value, of) in enumerate(found[:MAX_SLOTS], start=1))
    return slots, tuple(span for span, _, _ in found[:MAX_SLOTS])


def _literal(match: re.Match[str]) -> tuple[int | Decimal | str | None, Family]:
    """The value and its family; None for what only looks like a literal."""
    if number := match["number"]:
        exact = Decimal(number.replace(",", ""))
        if abs(exact) >= 2**63:
            return None, "decimal"
        return (exact, "decimal") if "." in number else (int(exact), "integer")
    if day := match["date"]:
        return (day if _parse(date.fromisoformat, day) else None), "date"
    quoted = match["single"] or match["double"] or match["curly"]
    # A parameter in quotes is still a parameter.
    return (None if PARAMETER.search(quoted) else quoted), "text"
