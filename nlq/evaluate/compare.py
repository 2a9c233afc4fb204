"""Two runs of the same cases, side by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlq.evaluate.report import Report
from nlq.evaluate.statistics import SIGNIFICANT, mcnemar


@dataclass(frozen=True, slots=True)
class Comparison:
    """Keys of the cases that are right only now (`gained`), and that were right only before (`lost`).

    `common` counts the cases in both runs; the others tell nothing.
    """

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    common: int
    before: int

    @property
    def p(self) -> float:
        """How often chance alone makes such a difference."""
        return mcnemar(len(self.gained), len(self.lost))

    @property
    def significant(self) -> bool:
        """Whether there is a difference that chance seldom makes."""
        return self.p < SIGNIFICANT

    @property
    def is_regression(self) -> bool:
        """Whether it is significantly worse now."""
        return self.significant and len(self.lost) > len(self.gained)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "common": self.common,
            "before": self.before,
            "gained": list(self.gained),
            "lost": list(self.lost),
            "p": round(self.p, 6),
            "significant": self.significant,
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """A report, and what changed since the baseline, if there is one for it."""

    report: Report
    comparison: Comparison | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object: the report's, with `comparison`."""
        more = {"comparison": self.comparison.to_json()} if self.comparison else {}
        return self.report.to_json() | more


def compare_runs(before: Mapping[str, bool], now: Mapping[str, bool]) -> Comparison:
    """The comparison of two runs, each of which says for a case's key whether it was right.

    >>> compare_runs({"a": True, "b": False, "c": True}, {"a": False, "b": True, "d": True})
    Comparison(gained=('b',), lost=('a',), common=2, before=1)
    """
    common = [key for key in now if key in before]
    return Comparison(
        gained=tuple(key for key in common if now[key] and not before[key]),
        lost=tuple(key for key in common if before[key] and not now[key]),
        common=len(common),
        before=sum(before[key] for key in common),
    )
