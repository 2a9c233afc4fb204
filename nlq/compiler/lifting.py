"""Which literals of a question may be lifted out of a draft, so that one plan serves other values of them.

A literal is lifted where the draft has it once. That is not enough: of "orders on 2026-01-31" a model
makes `day >= '2026-01-31' AND day < '2026-02-01'`, of "page 3, 10 to a page" `LIMIT 10 OFFSET 20`. The
second literal is computed from the first, and with another value the plan would answer neither the old
question nor the new. So a literal of the draft has to be explained: by the question, which has it too,
or by a word that stands for it. One that is not may be computed from any literal of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from nlq.compiler.words import COUNTING, words
from nlq.plan import Slot

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_YEARS = range(1800, 2201)

_VALUES = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Limit, exp.Offset,
    exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike, exp.Interval, exp.Add, exp.Sub, exp.Neg,
    exp.Cast, exp.TryCast, exp.Paren,
)  # fmt: skip
"""Where a literal says which rows: not the digits of ROUND, the unit of DATE_TRUNC, or a label of CASE."""

_MONTHS = """
    january february march april may june july august september october november december
"""
_SPOKEN: dict[str, tuple[str, ...]] = {
    **{word: (str(n),) for n, word in enumerate(COUNTING)},
    **{word: (str(n),) for n, word in enumerate(_MONTHS.split(), start=1)},
    **{word: (str(n),) for n, word in enumerate("second third fourth fifth sixth".split(), start=2)},
    "thirty": ("30",), "forty": ("40",), "fifty": ("50",), "hundred": ("100",), "thousand": ("1000",),
    "million": ("1000000",), "dozen": ("12",), "half": ("2", "0.5", "6"), "both": ("2",), "pair": ("2",),
    "couple": ("2",), "twice": ("2",), "double": ("2",), "decade": ("10",), "century": ("100",),
    "minute": ("60",), "hour": ("24", "60"), "day": ("24",), "week": ("7", "52"), "fortnight": ("14",),
    "month": ("12", "28", "30", "31"), "quarter": ("3", "4", "90"), "year": ("12", "52", "365", "366"),
}  # fmt: skip
"""Numbers that a word (its stem) may stand for."""


def liftable(slots: Sequence[Slot], tree: exp.Expr, question: str) -> tuple[Slot, ...]:
    """Those of `slots` that nothing else in the draft may have been computed from."""
    if not slots:
        return ()
    literals = list(tree.find_all(exp.Literal))
    numbers = {n for n in _numbers(literals) if n not in explained_numbers(question)}
    days = {d for d in _days(literals) if d not in question}
    texts = {t for t in _texts(literals) if not set(words(t)) <= set(words(question))}
    return tuple(
        slot
        for slot in slots
        if not _recurs(slot, tree, literals)
        and not (numbers if slot.family != "text" else texts)
        and not (days and (slot.family == "date" or slot.value in _YEARS))
    )


def _recurs(slot: Slot, tree: exp.Expr, literals: Sequence[exp.Literal]) -> bool:
    """True where the value is part of another text: `LIKE '%draft%'`, `'2026-01-01'`, `AS over_100`."""
    texts = [n.name for n in literals if n.is_string and not isinstance(n.parent, exp.Interval)]
    if isinstance(slot.value, str):
        one = slot.value.casefold()
        others = [t.casefold() for t in texts if t != slot.value]
        return any(one in other or (other and other in one) for other in others)
    texts += [alias.alias for alias in tree.find_all(exp.Alias)]
    return any(Decimal(n.replace(",", "")) == slot.value for t in texts for n in _NUMBER.findall(t))


def _numbers(literals: Sequence[exp.Literal]) -> Iterator[Decimal]:
    for node in literals:
        if isinstance(node.parent, _VALUES) and (
            not node.is_string or isinstance(node.parent, exp.Interval)
        ):
            try:
                yield Decimal(node.name)
            except InvalidOperation:
                yield Decimal("NaN")


def _days(literals: Sequence[exp.Literal]) -> Iterator[str]:
    return (day for node in literals if node.is_string for day in _DAY.findall(node.name))


def _texts(literals: Sequence[exp.Literal]) -> Iterator[str]:
    for node in literals:
        if (
            node.is_string
            and isinstance(node.parent, _VALUES)
            and not isinstance(node.parent, exp.Interval)
        ):
            yield node.name


def explained_numbers(question: str) -> set[Decimal]:
    """Numbers of the question, and those that its words may stand for; none is always there."""
    bare = _DAY.sub(" ", question)
    written = {Decimal(n.replace(",", "")) for n in _NUMBER.findall(bare)}
    spoken = {Decimal(n) for word in words(bare) for n in _SPOKEN.get(word, ())}
    return written | spoken | {Decimal(0), Decimal(1)}
