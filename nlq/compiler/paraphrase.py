"""The canonical form of a question: two questions with one form mean the same, whatever the database holds.

A question that nobody has asked in these words may be answered from the plan of another one, without the
model, where they differ in nothing but politeness, punctuation, the spelling of a value, or words of which
each may stand for the other (`nlq.compiler.neutral`). What is not sure is left as it is, so that the forms
differ and the question is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import combinations

from nlq.compiler.intake import MAX_SLOTS, Request, find_literals, liftable_values
from nlq.compiler.neutral import DATE, NAMED, NUMBER, TEXT, YEAR, Vocabulary, rewrite, spoken
from nlq.compiler.words import words
from nlq.plan import Parameter, Plan, Slot

_MARKS = re.compile(f"[{NUMBER}{YEAR}{DATE}{TEXT}{NAMED}]")
_PLACEHOLDER = re.compile(r"\{([A-Za-z]\w*)(:year)?\}")
_LIFTED = re.compile(r"p\d+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1900, 2101)
_KINDS: Mapping[str, str] = {
    "integer": NUMBER, "decimal": NUMBER, "float": NUMBER, "date": DATE, "timestamp": DATE,
    "text": TEXT, "enum": TEXT,
}  # fmt: skip

LONGEST = 500
"""Characters of a question that other words are looked for: who asks more at once says it in their own."""

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Literal:
    """A value in a question or a hole in a template: what it is, its one spelling, what fills it.

    `slot` is the value where it may be lifted, `name` the parameter of a hole.
    """

    mark: str
    text: str
    slot: Slot | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    """A canonical form: a mark stands for each literal, in order."""

    text: str
    literals: tuple[_Literal, ...]

    def key(self, open_: frozenset[int]) -> str:
        """The form, in which the literals at the positions `open_` may have any value of their kind."""
        shown = iter(
            one.mark if at in open_ else f"{one.mark}{one.text or one.name}{one.mark}"
            for at, one in enumerate(self.literals)
        )
        return _MARKS.sub(lambda _mark: next(shown), self.text)


@lru_cache(maxsize=4096)
def question_keys(question: str, vocabulary: Vocabulary) -> tuple[tuple[str, tuple[Slot, ...]], ...]:
    """Each key that a plan for this question may have, and the values that it lifts, in order.

    The whole question comes first, then most lifted; nothing where it cannot be read surely.
    """
    if len(question) > LONGEST:
        return ()
    form = _form(question, _literals_of_question(question), vocabulary)
    open_ = [at for at, one in enumerate(form.literals) if one.slot is not None] if form else []
    if form is None or len(open_) > MAX_SLOTS:
        return ()
    keys = []
    for size in (0, *range(len(open_), 0, -1)):
        for chosen in combinations(open_, size):
            slots = [form.literals[at].slot for at in chosen]
            keys.append((form.key(frozenset(chosen)), tuple(s for s in slots if s is not None)))
    return tuple(keys)


def plan_keys(plan: Plan, vocabulary: Vocabulary) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys by which questions find the plan, each with the parameters that their values fill, in order.

    A parameter that somebody named (`{min_likes}`) is filled by that name, or by a value in its place.
    """
    parameters = {p.name: p for p in plan.parameters}
    for typed in (False, True):
        literals = _literals_of_template(plan.template, parameters, typed=typed)
        form = _form(plan.template, literals, vocabulary)
        if form is None:
            return
        open_ = [at for at, one in enumerate(form.literals) if one.name and one.mark != NAMED]
        names = tuple(form.literals[at].name for at in open_)
        # A hole that comes twice would have to be filled by the same value twice.
        if len(set(names)) == len(names):
            yield form.key(frozenset(open_)), names
        if not any(one.mark == NAMED for one in form.literals):
            return


def fill(request: Request, plan: Plan, names: tuple[str, ...], slots: tuple[Slot, ...]) -> Request:
    """The request in the words of the plan: its question is the plan's, with the values of the request."""
    filled = tuple(replace(slot, name=name) for name, slot in zip(names, slots, strict=True))
    values = {s.name: f"'{s.value}'" if s.family == "text" else str(s.value) for s in filled}
    question = _PLACEHOLDER.sub(lambda hole: values.get(hole[1], hole[0]), plan.template)
    return replace(request, question=question, slots=filled, spans=())


def _form(text: str, literals: list[tuple[_Span, _Literal]] | None, vocabulary: Vocabulary) -> _Form | None:
    if literals is None:
        return None
    marked, end = "", 0
    for (start, stop), one in literals:
        marked += text[end:start] + one.mark
        end = stop
    form = rewrite(marked + text[end:], vocabulary)
    # INVARIANT: rules neither drop nor reorder a literal; one that did would change who fills which hole.
    if form is None or _MARKS.findall(form) != [one.mark for _, one in literals]:
        return None
    return _Form(form, tuple(one for _, one in literals))


def _literals_of_question(question: str) -> list[tuple[_Span, _Literal]] | None:
    found = _literals(question)
    values = [one.slot.value for _, one in found if one.slot is not None]
    if any(_is_spoken(question, span) and values.count(one.slot.value) > 1
           for span, one in found if one.slot is not None):  # fmt: skip
        return None  # "top five of 5 likes": in digits nothing of it would be lifted
    lifted = liftable_values(values)
    kept = [
        (span, one if one.slot is None or one.slot.value in lifted else replace(one, slot=None))
        for span, one in found
    ]
    named = [(hole.span(), _Literal(NAMED, "", name=hole[1])) for hole in _PLACEHOLDER.finditer(question)]
    return _merged(named, kept)


def _literals_of_template(
    template: str, parameters: Mapping[str, Parameter], *, typed: bool
) -> list[tuple[_Span, _Literal]] | None:
    holes = []
    for hole in _PLACEHOLDER.finditer(template):
        parameter = parameters.get(hole[1])
        if parameter is None:
            return None
        lifted = _LIFTED.fullmatch(hole[1]) is not None
        mark = YEAR if hole[2] else _kind(parameter, lifted=lifted) if lifted or typed else NAMED
        if mark is None:
            return None
        holes.append((hole.span(), _Literal(mark, "", name=hole[1])))
    return _merged(holes, [(span, replace(one, slot=None)) for span, one in _literals(template)])


def _merged(
    holes: list[tuple[_Span, _Literal]], literals: list[tuple[_Span, _Literal]]
) -> list[tuple[_Span, _Literal]]:
    """Both in order; a hole in a quotation is a part of it."""
    outside = [h for h in holes if not any(s <= h[0][0] < e for (s, e), _ in literals)]
    return sorted([*outside, *literals], key=lambda one: one[0])


def _literals(text: str) -> list[tuple[_Span, _Literal]]:
    """The values that a text holds: those that intake finds, and those that are spelled out."""
    found: list[tuple[_Span, _Literal]] = []
    for span, said in spoken(text):
        if isinstance(said, date):
            mark, slot = DATE, Slot("", said.isoformat(), "date")
        else:
            mark, slot = NUMBER, Slot("", said, "integer")
        found.append((span, _Literal(mark, str(slot.value), slot)))
    spelled = [span for span, _ in found]
    for span, value, family in find_literals(text):
        if any(start < span[1] and span[0] < stop for start, stop in spelled):
            continue
        if value is None:
            if text[span[0]] in "'\"“":
                found.append((span, _Literal(TEXT, text[span[0] + 1 : span[1] - 1])))
            continue
        if family in ("text", "date"):
            mark = TEXT if family == "text" else DATE
        else:
            mark = YEAR if isinstance(value, int) and value in _YEARS else NUMBER
        found.append((span, _Literal(mark, str(value), Slot("", value, family))))
    return sorted(found, key=lambda one: one[0])


def _is_spoken(text: str, span: _Span) -> bool:
    return text[span[0]].isalpha()


def _kind(parameter: Parameter, *, lifted: bool) -> str | None:
    """The mark of the values that fit; None where no value of a question would."""
    example = parameter.example
    if lifted and isinstance(example, int | float):
        return NUMBER
    if lifted and isinstance(example, str) and parameter.family != "text":
        return DATE if _DAY.fullmatch(example) else TEXT
    if _KINDS.get(parameter.family) == NUMBER and "year" in words(parameter.name):
        return YEAR
    return _KINDS.get(parameter.family)
