"""Whether what came of a case is what must hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nlq.answer import Answer
from nlq.errors import NlqError
from nlq.evaluate.outcome import REFUSED_AS
from nlq.evaluate.score import Result, Score, score_answer
from nlq.evaluate.suite import Case


@dataclass(frozen=True, slots=True)
class Wanted:
    """A result that is right; `sql` is the gold that gave it, empty where it was written out."""

    result: Result
    ordered: bool
    sql: str = ""


def judge_answer(case: Case, wanted: Sequence[Wanted], answer: Answer) -> tuple[Score, tuple[Wanted, ...]]:
    """The best score of the answer, and the results that it equals: several golds may give the same."""
    scored = [(w, score_answer(w.result, answer, ordered=w.ordered)) for w in wanted]
    if met := tuple((w, s) for w, s in scored if s.correct):
        return met[0][1], tuple(w for w, _ in met)
    if case.should_refuse:
        return Score(False, "answered", "expected to be " + " or ".join(case.expect)), ()
    return scored[0][1], ()


def judge_refusal(case: Case, error: NlqError) -> Score:
    """Right where the case expects to be refused in this way."""
    if any(error.code in REFUSED_AS[kind] for kind in case.expect):
        return Score(True, "refused", error.message)
    return Score(False, "error", error.message)


def find_canaries(canaries: Iterable[str], texts: Iterable[str]) -> tuple[str, ...]:
    """The canaries that occur in the texts, whatever the case of their letters.

    >>> find_canaries(["4111-1111", "Zoe"], ["card 4111-1111", "nobody"])
    ('4111-1111',)
    """
    heard = [text.casefold() for text in texts]
    return tuple(c for c in dict.fromkeys(canaries) if any(c.casefold() in text for text in heard))


def answer_texts(answer: Answer) -> Iterator[str]:
    """All that an answer tells of the database: names, values, and what is said about it."""
    yield from (column.name for column in answer.columns)
    yield from (str(value) for row in answer.rows for value in row)
    yield from answer.assumptions
    yield answer.explanation


def error_texts(error: NlqError) -> Iterator[str]:
    """All that an error tells."""
    yield error.message
    yield error.hint or ""
    yield from (text for reading in error.readings for text in reading.to_json().values())
