"""How far confidence can be trusted: how right answers are, when only the surest are given. Pure."""

from __future__ import annotations

from collections.abc import Sequence

STEPS = 10
"""Shares of the questions that are looked at."""

COVERAGE = 0.7
"""The share of questions by which confidence is judged in a line."""


def accuracy_at(coverage: float, judged: Sequence[tuple[float, bool]]) -> float:
    """The share of right answers among the surest.

    `judged` has the confidence of each answer, and whether it is right. Of those that are equally sure and
    do not all fit, each counts for its part.

    >>> accuracy_at(0.5, [(0.9, True), (0.8, True), (0.2, False), (0.1, False)])
    1.0
    >>> accuracy_at(0.5, [(0.5, True), (0.5, False)])
    0.5
    """
    left = coverage * len(judged)
    wanted, right = left, 0.0
    for level in sorted({confidence for confidence, _ in judged}, reverse=True):
        group = [is_right for confidence, is_right in judged if confidence == level]
        taken = min(left, len(group))
        right += sum(group) * taken / len(group)
        left -= taken
    return right / wanted if wanted else 0.0


def coverage_curve(judged: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Accuracy at each tenth of coverage, from the surest tenth to all.

    >>> coverage_curve([])
    []
    """
    if not judged:
        return []
    return [(step / STEPS, round(accuracy_at(step / STEPS, judged), 4)) for step in range(1, STEPS + 1)]
