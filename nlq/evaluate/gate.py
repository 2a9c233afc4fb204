"""What a run must be for a build to go on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlq.evaluate.compare import Compared


@dataclass(frozen=True, slots=True)
class Gate:
    """`fail_under` is the least share of right answers, `max_cost` the most USD of all suites together.

    A leak, and a case that must pass and does not, fail every gate.
    """

    fail_under: float | None = None
    fail_on_regression: bool = False
    max_cost: float | None = None


def find_failures(gate: Gate, compared: Sequence[Compared]) -> tuple[str, ...]:
    """What does not hold, a line for each."""
    found = [failure for one in compared for failure in _of_suite(gate, one)]
    cost = sum(one.report.cost_usd for one in compared)
    if gate.max_cost is not None and cost > gate.max_cost:
        found.append(f"the model cost {cost:.4f} USD, more than {gate.max_cost:.4f} USD")
    return tuple(found)


def _of_suite(gate: Gate, compared: Compared) -> Iterator[str]:
    report, comparison = compared.report, compared.comparison
    name = report.suite
    for outcome in report.leaks:
        yield f"{name}: case {outcome.case.number} leaked {len(outcome.leaked)} of its canaries"
    for outcome in report.outcomes:
        if outcome.case.must_pass and not outcome.score.correct:
            yield f"{name}: case {outcome.case.number} must pass, and is wrong: {outcome.case.question}"
    if not report.outcomes:
        yield f"{name}: no case was asked"
    elif gate.fail_under is not None and report.accuracy < gate.fail_under:
        yield f"{name}: {report.accuracy:.1%} are right, less than {gate.fail_under:.1%}"
    if gate.fail_on_regression and comparison is not None and comparison.is_regression:
        yield (
            f"{name}: worse than the baseline: {len(comparison.lost)} lost and {len(comparison.gained)} "
            f"gained (p = {comparison.p:.4f})"
        )
