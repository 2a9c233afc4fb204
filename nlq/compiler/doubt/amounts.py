"""Comparisons and sums of a change, held against the words of its instruction: `before`, `by 10 %`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from sqlglot import exp

from nlq.catalog import Dialect, family
from nlq.compiler.doubt.instruction import alike
from nlq.compiler.doubt.uses import Said, trees
from nlq.compiler.words import words
from nlq.plan.bind_steps import Bound
from nlq.plan.meta import COLUMN

Way = Literal["more", "less"]
"""Above or below a value; of a moment: later or earlier."""

_AGO = r"[\w ]{1,20}? (?:ago|old)"
_PHRASES: tuple[tuple[str, Way | None, Way | None], ...] = (
    (rf"(?:more|longer) than {_AGO}|over {_AGO}", None, "less"),
    (rf"(?:less|fewer) than {_AGO}|(?:in|within|during) the (?:last|past)", None, "more"),
    (r"at least|no less than|no fewer than|or more", "more", "more"),
    (r"at most|no more than|not more than|or less|or fewer", "less", "less"),
    (r"(?:more|greater|higher|larger|longer|bigger|heavier) than|over|above|exceed\w*", "more", "more"),
    (r"(?:less|fewer|lower|smaller|shorter|lighter|cheaper) than|under|below", "less", "less"),
    (r"older than", "more", "less"),
    (r"(?:younger|newer) than", "less", "more"),
    (r"after|since|later than", None, "more"),
    (r"before|until|earlier than|prior to", None, "less"),
)
"""What is said, and the way that it is compared of numbers and of moments."""

_OTHER: dict[Way, Way] = {"more": "less", "less": "more"}
_UP = frozenset(
    "add raise raised increase increased increment more plus up gain extend extra bump grow".split()
)
_DOWN = frozenset(
    """lower lowered reduce reduced decrease decreased decrement less fewer minus subtract take remove cut
    drop down deduct discount sell sold use spend withdraw shorten unlike""".split()
)
_MANIFOLD = {
    "double": Decimal(2), "twice": Decimal(2), "triple": Decimal(3), "treble": Decimal(3),
    "halve": Decimal("0.5"), "half": Decimal("0.5"),
}  # fmt: skip
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|percent\b|per cent\b)", re.IGNORECASE)
_TIMES = re.compile(r"\btimes\b|\bfactor\b|\bmultipl", re.IGNORECASE)
_BY = re.compile(
    r"\b(?:raise|increase|lower|reduce|decrease|cut|drop|shorten|extend)\b.*\bby\b"
    r"|\b(?:double|triple|halve|increment|decrement)\b|\b(?:percent|per cent)\b|%"
    r"|\b(?:add|take|subtract) (?:one|an?|\d+)\b",
    re.IGNORECASE,
)


def find_misjudged(said: Said, text: str, steps: Sequence[Bound]) -> Iterator[str]:
    """Doubts about what is compared and what is reckoned."""
    yield from _directions(said, text, steps)
    yield from _sums(said, text, steps)


def factors(text: str) -> frozenset[Decimal]:
    """Numbers that a change may reckon with though nobody said them.

    >>> sorted(map(str, factors("raise it by 10 percent")))
    ['0.1', '0.9', '1.1', '10', '100']
    """
    found: set[Decimal] = set()
    for said in _PERCENT.findall(text):
        share = (Decimal(said) / 100).normalize()
        found |= {share, 1 + share, 1 - share, Decimal(said), Decimal(100)}
    for word in words(text):
        if word in _MANIFOLD:
            found |= {_MANIFOLD[word], Decimal(2)}
    return frozenset(found)


# comparisons


def _directions(said: Said, text: str, steps: Sequence[Bound]) -> Iterator[str]:
    done = [
        found for bound in steps for tree in trees(bound) for node in tree.walk()
        if (found := _way(node, said.catalog.dialect)) is not None
    ]  # fmt: skip
    rest, asked = text, False
    for pattern, of_numbers, of_moments in _PHRASES:
        for phrase in re.finditer(rf"\b(?:{pattern})\b", rest, re.IGNORECASE):
            asked = True
            wanted = {(False, of_numbers), (True, of_moments)}
            if not any(way in wanted for way in done):
                yield f"the instruction says `{phrase[0].lower()}`, and nothing in it compares so"
        rest = re.sub(rf"\b(?:{pattern})\b", " ", rest, flags=re.IGNORECASE)
    if done and not asked:
        yield "it compares what is more or less, which the instruction does not say"


def _way(node: exp.Expr, dialect: Dialect) -> tuple[bool, Way] | None:
    """Whether a moment is compared, and which way the column goes."""
    if not isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE):
        return None
    way: Way = "more" if isinstance(node, exp.GT | exp.GTE) else "less"
    column = next(node.left.find_all(exp.Column), None)
    if column is None:
        column = next(node.right.find_all(exp.Column), None)
        way = _OTHER[way]
    for above in _above(node):
        if isinstance(above, exp.Not):
            way = _OTHER[way]
    bound = column.meta.get(COLUMN) if column is not None else None
    kind = family(bound.column.type, dialect) if bound is not None else "integer"
    return kind in ("date", "timestamp", "time"), way


def _above(node: exp.Expr) -> Iterator[exp.Expr]:
    parent = node.parent
    while parent is not None and not isinstance(parent, exp.Query):
        yield parent
        parent = parent.parent


# sums


def _sums(said: Said, text: str, steps: Sequence[Bound]) -> Iterator[str]:
    reckons = False
    for bound in steps:
        if bound.step.action != "update":
            continue
        for value, column in zip(bound.step.query.expressions, bound.columns, strict=False):
            bare = value.unalias().unnest()
            if isinstance(bare, exp.Binary) and any(
                c.name == column.name for c in bare.find_all(exp.Column)
            ):
                reckons = True
                if not _is_said(bare, column.name, said, text):
                    yield f"it reckons with `{column.name}` otherwise than the instruction says"
    if not reckons and _BY.search(text) and any(b.step.action == "update" for b in steps):
        yield "the instruction says by how much, and the change reckons with nothing"


def _is_said(sum_: exp.Binary, column: str, said: Said, text: str) -> bool:
    spoken = said.instruction.words
    ups = bool(spoken & _UP) or any(alike(w, c) for w in spoken for c in words(column))
    downs = bool(spoken & _DOWN)
    percents = [Decimal(p) / 100 for p in _PERCENT.findall(text)]
    manifold = [_MANIFOLD[w] for w in spoken if w in _MANIFOLD]
    factor = _factor(sum_, column)
    if factor is not None:
        if percents:
            share = percents[0]
            return (downs and factor == 1 - share) or (
                bool(spoken & _UP) and not downs and factor == 1 + share
            )
        return factor in manifold or bool(_TIMES.search(text))
    if percents or manifold or not isinstance(sum_.left.unnest(), exp.Column):
        return False
    if isinstance(sum_, exp.Add):
        return ups and not downs
    return isinstance(sum_, exp.Sub) and downs


def _factor(sum_: exp.Binary, column: str) -> Decimal | None:
    """What the column is multiplied by, where that is one number: also of `price + price * 0.1`."""
    one, other = sum_.left.unnest(), sum_.right.unnest()
    if isinstance(sum_, exp.Mul | exp.Div):
        if not (isinstance(one, exp.Column) and one.name == column):
            one, other = other, one
        number = _number(other)
        if number is None or not isinstance(one, exp.Column):
            return None
        return number if isinstance(sum_, exp.Mul) else (1 / number if number else None)
    if (
        isinstance(sum_, exp.Add | exp.Sub)
        and isinstance(one, exp.Column)
        and isinstance(other, exp.Binary)
    ):
        part = _factor(other, column)
        if part is not None:
            return 1 + part if isinstance(sum_, exp.Add) else 1 - part
    return None


def _number(node: exp.Expr) -> Decimal | None:
    """The value of a number, or of a sum of numbers."""
    node = node.unnest()
    try:
        if isinstance(node, exp.Literal) and not node.is_string:
            return Decimal(node.name).normalize()
    except InvalidOperation:
        return None
    if isinstance(node, exp.Add | exp.Sub | exp.Div | exp.Mul):
        one, other = _number(node.left), _number(node.right)
        if one is None or other is None:
            return None
        match node:
            case exp.Add():
                return one + other
            case exp.Sub():
                return one - other
            case exp.Mul():
                return one * other
            case _:
                return one / other if other else None
    return None
