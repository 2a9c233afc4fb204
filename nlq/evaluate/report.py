"""What came of a suite: one outcome for each case, and their summary as text and JSON. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlq.catalog import Dialect
from nlq.evaluate.score import Score
from nlq.evaluate.suite import Case

_Z95 = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5 % above it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case. `drafts` counts replies of the model, `model_calls` those not from a cache.

    `sql` is what was compiled, also where it was wrong; empty where nothing was. `seconds` is wall time.
    """

    case: Case
    dialect: Dialect
    score: Score
    sql: str
    seconds: float
    error_code: str = ""
    drafts: int = 0
    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `gold` is the first of the case's golds."""
        return {
            "number": self.case.number,
            "question": self.case.question,
            "class": self.case.kind,
            "difficulty": self.case.difficulty,
            "correct": self.score.correct,
            "reason": self.score.reason,
            "detail": self.score.detail,
            "error": self.error_code or None,
            "sql": self.sql or None,
            "gold": self.case.gold_sql(self.dialect)[0],
            "seconds": round(self.seconds, 3),
            "drafts": self.drafts,
            "model_calls": self.model_calls,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of a suite, in the order of its cases; `skipped` are numbers of cases without gold."""

    suite: str
    outcomes: tuple[Outcome, ...]
    skipped: tuple[int, ...] = ()

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(o.score.correct for o in self.outcomes)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true accuracy lies, with 95 % confidence."""
        return wilson(self.right, len(self.outcomes))

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the summary and every outcome."""
        seconds = [o.seconds for o in self.outcomes]
        return {
            "suite": self.suite,
            "cases": len(self.outcomes),
            "right": self.right,
            "skipped": list(self.skipped),
            "accuracy": round(self.right / max(len(self.outcomes), 1), 4),
            "interval": [round(bound, 4) for bound in self.interval],
            "by_class": _shares(self.outcomes, lambda o: o.case.kind),
            "by_difficulty": _shares(self.outcomes, lambda o: o.case.difficulty),
            "reasons": dict(Counter(_reason(o) for o in self.outcomes).most_common()),
            "drafts": sum(o.drafts for o in self.outcomes),
            "model_calls": sum(o.model_calls for o in self.outcomes),
            "prompt_tokens": sum(o.prompt_tokens for o in self.outcomes),
            "completion_tokens": sum(o.completion_tokens for o in self.outcomes),
            "seconds": {
                "p50": round(percentile(seconds, 50), 3),
                "p95": round(percentile(seconds, 95), 3),
                "total": round(sum(seconds), 3),
            },
            "outcomes": [o.to_json() for o in self.outcomes],
        }


def show_outcome(outcome: Outcome) -> str:
    """One line for a right answer; for another also the SQL and the gold."""
    case = outcome.case
    mark = "ok  " if outcome.score.correct else "MISS"
    why = "" if outcome.score.correct else f"  [{_reason(outcome)}]"
    lines = [f"{case.number:>4} {mark} {outcome.seconds:6.1f} s  {case.question}{why}"]
    if not outcome.score.correct:
        if outcome.score.detail:
            lines.append(f"            {outcome.score.detail}")
        if outcome.sql:
            lines.append(f"       sql  {_one_line(outcome.sql)}")
        lines.append(f"      gold  {_one_line(case.gold_sql(outcome.dialect)[0])}")
    return "\n".join(lines)


def show_summary(report: Report) -> str:
    """The accuracy, where it was lost, and what it cost, in a few lines."""
    data = report.to_json()
    low, high = report.interval
    seconds = data["seconds"]
    lines = [
        f"{report.suite}: {report.right} of {len(report.outcomes)} right, {data['accuracy']:.1%} "
        f"(95 % confidence: {low:.1%} to {high:.1%})",
    ]
    for title, key in (("by difficulty", "by_difficulty"), ("by class", "by_class")):
        if data[key]:
            lines.append(f"{title}: " + ", ".join(f"{n} {r}/{of}" for n, (r, of) in data[key].items()))
    missed = {reason: count for reason, count in data["reasons"].items() if reason != "equal"}
    if missed:
        lines.append("missed: " + ", ".join(f"{reason} {count}" for reason, count in missed.items()))
    if report.skipped:
        lines.append(f"left out, for their gold does not run: {len(report.skipped)}")
    lines.append(
        f"{data['model_calls']} model calls for {data['drafts']} drafts, "
        f"{data['prompt_tokens']} prompt and {data['completion_tokens']} completion tokens; "
        f"seconds per question: {seconds['p50']:.2f} (half), {seconds['p95']:.2f} (95 of 100)"
    )
    return "\n".join(lines)


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, 1927): sound for few cases and near 0 and 1.

    >>> [round(bound, 3) for bound in wilson(20, 30)]
    [0.488, 0.808]
    >>> wilson(0, 0)
    (0.0, 1.0)
    """
    if of == 0:
        return 0.0, 1.0
    share, z2 = right / of, _Z95 * _Z95
    middle = share + z2 / (2 * of)
    margin = _Z95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    scale = 1 + z2 / of
    return max(0.0, (middle - margin) / scale), min(1.0, (middle + margin) / scale)


def percentile(values: Sequence[float], percent: int) -> float:
    """The least of the values that `percent` of 100 of them do not exceed; 0 if there are none.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 50), percentile([4.0, 1.0, 3.0, 2.0], 95)
    (2.0, 4.0)
    """
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def _shares(outcomes: Sequence[Outcome], name: Callable[[Outcome], str]) -> dict[str, list[int]]:
    """Right answers and cases by name, in order of appearance; nothing where cases have no name."""

    def pairs() -> Iterator[tuple[str, list[int]]]:
        for label in dict.fromkeys(name(o) for o in outcomes if name(o)):
            same = [o for o in outcomes if name(o) == label]
            yield label, [sum(o.score.correct for o in same), len(same)]

    return dict(pairs())


def _reason(outcome: Outcome) -> str:
    return outcome.error_code or outcome.score.reason


def _one_line(sql: str) -> str:
    return " ".join(sql.split())
