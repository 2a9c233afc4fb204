"""What a person approves of shows the model how: pinned SQL and SQL by hand, of like questions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nlq.compiler.words import content_words
from nlq.plan import Plan
from nlq.plan.syntax import display

MOST = 2
"""More make a small model copy names from them."""
NEAR = 0.25
"""The share of words in common from which a question is like another."""

_LIFTED = re.compile(r"p\d+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the plans that answer it, by role: a role is shown only what it may read itself."""

    question: str
    plans: Mapping[str, Plan]


def nearest(question: str, role: str, examples: Iterable[Example]) -> tuple[tuple[str, str], ...]:
    """Questions and their SQL, the most alike last, where the model looks most."""
    asked = set(content_words(question))
    alike = []
    for example in examples:
        said = set(content_words(example.question))
        share = len(asked & said) / max(len(asked | said), 1)
        if share >= NEAR and role in example.plans and example.question != question:
            alike.append((share, example.question, _sql(example.plans[role])))
    return tuple((text, sql) for _, text, sql in sorted(alike)[-MOST:])


def _sql(plan: Plan) -> str:
    """The SQL with the literals that were lifted out of it: those of the question stand there."""
    return display(plan.sql, {p.name: p.example for p in plan.parameters if _LIFTED.fullmatch(p.name)})
