"""What came of a suite: one outcome for each case, and their summary as JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nlq.evaluate.outcome import Outcome
from nlq.evaluate.statistics import percentile, wilson
from nlq.evaluate.trust import coverage_curve


@dataclass(frozen=True, slots=True)
class Unusable:
    """A case that was not asked, for its gold says nothing: it does not run, or finds nothing."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Made:
    """By what a report was made: `prompt` is the hash of the prompts."""

    model: str = ""
    prompt: str = ""
    database: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.model, self.prompt, self.database) if part)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of a suite, in the order of its cases, and the cases that were not asked."""

    suite: str
    outcomes: tuple[Outcome, ...]
    unusable: tuple[Unusable, ...] = ()
    made: Made = Made()

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(o.score.correct for o in self.outcomes)

    @property
    def accuracy(self) -> float:
        """The share of answers that are right; 0 where nothing was asked."""
        return self.right / max(len(self.outcomes), 1)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true accuracy lies, with 95 % confidence."""
        return wilson(self.right, len(self.outcomes))

    @property
    def leaks(self) -> tuple[Outcome, ...]:
        """The outcomes in which a canary was seen."""
        return tuple(o for o in self.outcomes if o.leaked)

    @property
    def cost_usd(self) -> float:
        """What the model cost, as far as is known."""
        return sum(o.cost_usd for o in self.outcomes)

    @property
    def abstention(self) -> Abstention:
        """How well the service knows what it does not know."""
        refused = [o for o in self.outcomes if o.refused]
        due = [o for o in self.outcomes if o.case.should_refuse]
        return Abstention(len(refused), len(due), sum(o.case.should_refuse for o in refused))

    @property
    def judged(self) -> list[tuple[float, bool]]:
        """The confidence of each answer that was due, and whether it was right."""
        return [(o.confidence, o.score.correct) for o in self.outcomes if not o.case.should_refuse]

    @property
    def valid(self) -> tuple[int, int]:
        """Questions whose SQL passed the checks and ran, and those that have an answer."""
        due = [o for o in self.outcomes if not o.case.should_refuse]
        return sum(not o.error_code for o in due), len(due)

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the summary and every outcome."""
        seconds = [o.seconds for o in self.outcomes]
        of = max(len(self.outcomes), 1)
        return {
            "suite": self.suite,
            "model": self.made.model or None,
            "prompt": self.made.prompt or None,
            "database": self.made.database or None,
            "cases": len(self.outcomes),
            "right": self.right,
            "unusable": [{"number": u.number, "why": u.why} for u in self.unusable],
            "accuracy": round(self.accuracy, 4),
            "interval": [round(bound, 4) for bound in self.interval],
            "by_class": shares(self.outcomes, lambda o: o.case.kind),
            "by_difficulty": shares(self.outcomes, lambda o: o.case.difficulty),
            "reasons": dict(Counter(o.reason for o in self.outcomes).most_common()),
            "faults": dict(Counter(o.fault for o in self.outcomes if o.fault).most_common()),
            "valid": list(self.valid),
            "abstention": self.abstention.to_json(),
            "leaks": len(self.leaks),
            "by_coverage": coverage_curve(self.judged),
            "cached": sum(o.cached for o in self.outcomes),
            "drafts": sum(o.drafts for o in self.outcomes),
            "model_calls": sum(o.model_calls for o in self.outcomes),
            "prompt_tokens": sum(o.prompt_tokens for o in self.outcomes),
            "completion_tokens": sum(o.completion_tokens for o in self.outcomes),
            "tokens_per_question": round(
                sum(o.prompt_tokens + o.completion_tokens for o in self.outcomes) / of, 1
            ),
            "cost_usd": round(self.cost_usd, 6),
            "seconds": {
                "p50": round(percentile(seconds, 50), 3),
                "p95": round(percentile(seconds, 95), 3),
                "total": round(sum(seconds), 3),
            },
            "outcomes": [o.to_json() for o in self.outcomes],
        }


@dataclass(frozen=True, slots=True)
class Abstention:
    """Questions that were `refused`, that were `due` to be, and that were `both`."""

    refused: int
    due: int
    both: int

    @property
    def precision(self) -> float | None:
        """The share of refusals that were due; None where nothing was refused."""
        return self.both / self.refused if self.refused else None

    @property
    def recall(self) -> float | None:
        """The share of what was due that was refused; None where nothing was due."""
        return self.both / self.due if self.due else None

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "refused": self.refused,
            "due": self.due,
            "both": self.both,
            "precision": None if self.precision is None else round(self.precision, 4),
            "recall": None if self.recall is None else round(self.recall, 4),
        }


def shares(outcomes: Sequence[Outcome], name: Callable[[Outcome], str]) -> dict[str, list[int]]:
    """Right answers and cases by name, in order of appearance; nothing where cases have no name."""
    counted: dict[str, list[int]] = {}
    for outcome in outcomes:
        if label := name(outcome):
            right_and_of = counted.setdefault(label, [0, 0])
            right_and_of[0] += outcome.score.correct
            right_and_of[1] += 1
    return counted
