"""Drafts that vote: where the first is doubtful others are asked for, and what they find decides.

Where the first finds something and forgets nothing, others were measured to cost calls and gain nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nlq.catalog.fingerprint import digest
from nlq.compiler.words import content_words, words
from nlq.plan import Parameter, Plan

LOOSE = 0.5
"""The share of the question's words in the SQL up to which it may answer another question."""

Try = Callable[[Plan], Sequence[Sequence[Any]] | None]
"""The rows that a plan finds, as the one who asks; None where they cannot be had."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan and what speaks for it.

    `found` names what it finds, None where it was not tried or failed; `certainty` is the probability of
    its draft, None where the model does not tell.
    """

    plan: Plan
    found: str | None = None
    is_empty: bool = False
    forgets: bool = False
    strength: float = 1.0
    is_repaired: bool = False
    certainty: float | None = None

    @property
    def is_loose(self) -> bool:
        """True where half of what is asked for is not in the SQL: it may answer another question."""
        return self.strength <= LOOSE

    @property
    def is_doubtful(self) -> bool:
        """True where another draft may be better."""
        return self.is_empty or self.forgets


def candidate(plan: Plan, find: Try | None) -> Candidate:
    """The plan with what it finds, if it can be tried."""
    rows = find(plan) if find is not None else None
    if rows is None:
        return Candidate(plan)
    is_empty = all(value is None for row in rows for value in row)
    return Candidate(plan, name_rows(rows), is_empty)


def link_strength(question: str, sql: str, parameters: Iterable[Parameter] = ()) -> float:
    """The share of the words of the question, apart from those of every question, that the SQL has.

    >>> link_strength("titles of posts by Ana", "SELECT title FROM posts WHERE author = 'Ana'")
    1.0
    >>> link_strength("salaries of managers", "SELECT name FROM teams")
    0.0
    """
    used = {w for text in (sql, *(str(p.example) for p in parameters)) for w in words(text)}
    asked = set(content_words(question))
    return (
        sum(any(are_linked(word, other) for other in used) for word in asked) / len(asked) if asked else 1.0
    )


def are_linked(one: str, other: str) -> bool:
    """True for equal words, and for one that begins the other, as `nation` does `nationality`."""
    return one == other or (
        min(len(one), len(other)) > 3 and (one.startswith(other) or other.startswith(one))
    )


def name_rows(rows: Iterable[Sequence[Any]]) -> str:
    """A hash that two results share where they hold the same rows, whatever the order of both.

    >>> name_rows([(1, "a"), (2, "b")]) == name_rows([("b", 2), ("a", 1)])
    True
    """
    return digest(sorted(sorted(map(str, row)) for row in rows))


def are_agreed(candidates: Sequence[Candidate]) -> bool:
    """True where two find the same."""
    return max(Counter(_ballot(c) for c in candidates).values()) > 1


def elect(candidates: Sequence[Candidate]) -> Candidate:
    """The one to keep: what most agree on, else what is least doubtful, else the first."""
    votes = Counter(_ballot(c) for c in candidates)

    def rank(at: int) -> tuple[bool, ...] | tuple[int, ...]:
        one = candidates[at]
        return (
            # Two that find nothing agree on little: of those, hardly any is right.
            not one.is_empty,
            votes[_ballot(one)],
            not one.forgets,
            not one.is_loose,
            not one.plan.provenance.mended,
            -at,
        )

    return candidates[max(range(len(candidates)), key=rank)]


def confidence(kept: Candidate, candidates: Sequence[Candidate]) -> float:
    """How likely the kept one is right, 0 to 1, by what was measured on public questions."""
    certainty = TYPICAL if kept.certainty is None else max(LEAST_CERTAIN, kept.certainty)
    odds = BASE + STRENGTH * min(kept.strength, ALL_SAID) + CERTAINTY * math.log(certainty)
    odds += EMPTY * kept.is_empty + REPAIRED * kept.is_repaired + FORGETS * kept.forgets
    if len(candidates) > 1:
        agree = sum(_ballot(c) == _ballot(kept) for c in candidates)
        odds += AGREE if agree == len(candidates) else DIFFERS * (len(candidates) - agree)
    return round(min(1 / (1 + math.exp(-odds)), MOST_SURE), 2)


BASE, STRENGTH, ALL_SAID, MOST_SURE = 1.6, 1.9, 0.9, 0.95
CERTAINTY, TYPICAL, LEAST_CERTAIN = 0.36, 0.05, 5e-5
EMPTY, REPAIRED, FORGETS, AGREE, DIFFERS = -4.0, -1.1, -1.0, 0.5, -0.5
"""Weights of a logistic regression on 598 answers. For the last three there were too few; of those that
find nothing, none of 15 was right."""


def _ballot(one: Candidate) -> str:
    return one.found if one.found is not None else one.plan.sql
