"""Several models or prompts on the same cases, in one table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlq.evaluate.compare import Comparison, compare_runs
from nlq.evaluate.report import Report
from nlq.evaluate.statistics import percentile, wilson

HEADINGS = ("model", "prompts", "right", "share", "95 %", "p", "calls", "tokens", "seconds", "USD")


@dataclass(frozen=True, slots=True)
class Entry:
    """One model with one set of prompts, on all suites."""

    model: str
    prompts: str
    reports: tuple[Report, ...]

    @property
    def verdicts(self) -> dict[str, bool]:
        """For each case, whether it was right."""
        return {f"{r.suite} {o.case.key}": o.score.correct for r in self.reports for o in r.outcomes}


@dataclass(frozen=True, slots=True)
class Row:
    """What is told of an entry. Calls, tokens and seconds are of one question; seconds its median."""

    model: str
    prompts: str
    right: int
    of: int
    against_first: Comparison
    calls: float
    tokens: float
    seconds: float
    cost_usd: float

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, under `HEADINGS`. `p` compares with the first row."""
        low, high = wilson(self.right, self.of)
        return (
            self.model,
            self.prompts,
            f"{self.right}/{self.of}",
            f"{self.right / max(self.of, 1):.1%}",
            f"{low:.1%} to {high:.1%}",
            f"{self.against_first.p:.3f}",
            f"{self.calls:.1f}",
            f"{self.tokens:.0f}",
            f"{self.seconds:.2f}",
            f"{self.cost_usd:.4f}",
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "model": self.model,
            "prompts": self.prompts,
            "right": self.right,
            "cases": self.of,
            "interval": [round(bound, 4) for bound in wilson(self.right, self.of)],
            "against_first": self.against_first.to_json(),
            "calls_per_question": round(self.calls, 2),
            "tokens_per_question": round(self.tokens, 1),
            "seconds": round(self.seconds, 3),
            "cost_usd": round(self.cost_usd, 6),
        }


def compare_entries(entries: Sequence[Entry]) -> tuple[Row, ...]:
    """A row for each entry; the first is what the others are compared with."""
    first = entries[0].verdicts
    rows = []
    for entry in entries:
        outcomes = [o for r in entry.reports for o in r.outcomes]
        of = len(outcomes)
        rows.append(
            Row(
                model=entry.model,
                prompts=entry.prompts,
                right=sum(o.score.correct for o in outcomes),
                of=of,
                against_first=compare_runs(first, entry.verdicts),
                calls=sum(o.drafts for o in outcomes) / max(of, 1),
                tokens=sum(o.prompt_tokens + o.completion_tokens for o in outcomes) / max(of, 1),
                seconds=percentile([o.seconds for o in outcomes], 50),
                cost_usd=sum(o.cost_usd for o in outcomes),
            )
        )
    return tuple(rows)
