"""A follow-up and the question before it, as one question that stands alone.

What comes of it is a question as if a person had asked it, and no more is believed of it: it is shown,
found among the plans, compiled and checked like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlq.compiler.compile import Answered, Complete, Turns
from nlq.compiler.intake import PARAMETER, find_literals, is_year, normalise
from nlq.compiler.prompts import Prompts

ATTEMPTS = 2

_INSTEAD = re.compile(
    r"(?:and |now |the same )?(?:by|per|(?:for |in )?each) (?P<what>[a-z]+)(?: instead)?[.?!]?",
    re.IGNORECASE,
)
_GROUPED = re.compile(
    r"(?<!ordered )(?<!sorted )\b(?:per|by|(?:for |in )?each) (?P<what>[a-z]+)"
    # Not the first word of several: "for each product category", "by country and year".
    r"(?=[,.?!]|$| (?:of|in|from|since|with|where|that|who|which|is|are|was|were|did|do)\b)",
    re.IGNORECASE,
)
_SAME = re.compile(r"(?:(?:and|now|what about|how about|the same|same|for|of|in) )+", re.IGNORECASE)
_END = re.compile(r"(?: instead)?[.?!]?", re.IGNORECASE)
_LABEL = re.compile(r"^(?:complete )?(?:question|answer): *", re.IGNORECASE)
_QUOTED = re.compile(r'^(["“`])(.*)["”`]$')


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is asked, and the question that it refines: each in its one spelling."""

    text: str
    question: str

    @property
    def names(self) -> frozenset[str]:
        """The parameters that either names."""
        return frozenset(PARAMETER.findall(f"{self.question} {self.text}"))

    def left_out(self, question: str) -> frozenset[str]:
        """Those that the question which came of it does not name any more."""
        return self.names - set(PARAMETER.findall(question))


def complete_question(
    follow_up: FollowUp, prompts: Prompts, complete: Complete
) -> tuple[str, tuple[Answered, ...]]:
    """The question that stands alone, and the replies that led to it.

    Where the model loses what was asked for, it is both texts, one behind the other: a person sees it, and
    can say it better. Raises `model.*`.
    """
    user = prompts.user.substitute(question=follow_up.question, follow_up=follow_up.text)
    turns: Turns = (("system", prompts.system.template), ("user", user))
    replies: tuple[Answered, ...] = ()
    for attempt in range(1, ATTEMPTS + 1):
        answered = complete(turns, max_tokens=prompts.max_tokens, temperature=0.0, seed=attempt)
        replies += (answered,)
        question = read_question(answered.text)
        lost = find_lost(question, follow_up)
        if lost is None:
            return question, replies
        turns += (("assistant", question), ("user", prompts.repair.substitute(finding=lost)))
    return f"{follow_up.question.rstrip('.?!')}, {follow_up.text}", replies


def rewrite(follow_up: FollowUp) -> str | None:
    """The question, where the follow-up only puts another group or value into it: that takes no model.

    >>> rewrite(FollowUp("by month instead", "How many orders are there for each year?"))
    'How many orders are there for each month?'
    >>> rewrite(FollowUp("and in 2026?", "How many orders of 2025 are over 10?"))
    'How many orders of 2026 are over 10?'
    >>> rewrite(FollowUp("per status", "sum of totals by country and year")) is None
    True
    """
    return _regroup(follow_up) or _put_value(follow_up)


def _regroup(follow_up: FollowUp) -> str | None:
    wanted = _INSTEAD.fullmatch(follow_up.text)
    grouped = list(_GROUPED.finditer(follow_up.question))
    if wanted is None or len(grouped) != 1:
        return None
    return _put(wanted["what"], follow_up.question, grouped[0].span("what"))


def _put_value(follow_up: FollowUp) -> str | None:
    """The question with the one value of the follow-up in place of the one of its kind."""
    given = list(find_literals(follow_up.text))
    if len(given) != 1:
        return None
    [((start, stop), value, family)] = given
    said, rest = follow_up.text[:start], follow_up.text[stop:]
    if value is None or not (_SAME.fullmatch(said) and _END.fullmatch(rest)):
        return None
    alike = [
        span
        for span, other, of in find_literals(follow_up.question)
        if other is not None and of == family and is_year(other) == is_year(value)
    ]
    return _put(follow_up.text[start:stop], follow_up.question, alike[0]) if len(alike) == 1 else None


def _put(text: str, question: str, span: tuple[int, int]) -> str:
    return question[: span[0]] + text + question[span[1] :]


def read_question(reply: str) -> str:
    """The question in a reply: its first line, without what models put around it.

    >>> read_question('Complete question: "How many orders of 2025 are there?"')
    'How many orders of 2025 are there?'
    """
    first = next((line for line in reply.splitlines() if line.strip()), "")
    question = _LABEL.sub("", normalise(first))
    return quoted[2] if (quoted := _QUOTED.match(question)) else question


def find_lost(question: str, follow_up: FollowUp) -> str | None:
    """What the follow-up says and the question does not, or has that neither says; None where all is well.

    >>> find_lost("How many orders are there?", FollowUp("only of 2025", "How many orders are there?"))
    '2025'
    >>> find_lost("How many orders of 2025?", FollowUp("only of 2025", "How many orders?")) is None
    True
    """
    for (start, stop), value, _ in find_literals(follow_up.text):
        if value is not None and (said := follow_up.text[start:stop].strip("'\"“”")) not in question:
            return said
    if not any(c.isalnum() for c in question) or question == follow_up.question:
        return follow_up.text
    strange = set(PARAMETER.findall(question)) - follow_up.names
    return f"no parameter {{{min(strange)}}}" if strange else None
