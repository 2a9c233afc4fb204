"""Intervals and paired tests, against their definitions and published values."""

import math
from itertools import product

import pytest

from nlq.evaluate.compare import Comparison, compare_runs
from nlq.evaluate.statistics import mcnemar, percentile, wilson


@pytest.mark.parametrize("of", [1, 2, 30, 1000])
def test_the_interval_holds_the_share_and_mirrors(of: int) -> None:
    for right in range(of + 1):
        low, high = wilson(right, of)
        other_low, other_high = wilson(of - right, of)
        assert 0 <= low <= right / of + 1e-12 <= high + 2e-12 <= 1 + 2e-12
        assert math.isclose(low, 1 - other_high, abs_tol=1e-12)
        assert math.isclose(high, 1 - other_low, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(0, 0, 1.0), (0, 1, 1.0), (1, 9, 22 / 1024), (5, 12, 0.143463134765625), (0, 6, 2 / 64)],
)
def test_mcnemar(gained: int, lost: int, p: float) -> None:
    assert (mcnemar(gained, lost), mcnemar(lost, gained)) == (p, p)


def test_mcnemar_is_the_share_of_coin_tosses_that_differ_so_much() -> None:
    for gained, lost in product(range(6), repeat=2):
        tosses = list(product((0, 1), repeat=gained + lost))
        far = [t for t in tosses if abs(2 * sum(t) - len(t)) >= abs(gained - lost)]
        assert mcnemar(gained, lost) == len(far) / len(tosses)


def test_mcnemar_of_thousands_is_a_number() -> None:
    assert 0 <= mcnemar(2000, 3000) < 1e-40


def test_percentiles() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile([], 50), percentile([7.0], 95), percentile(values, 95)] == [0, 7, 95]


def test_only_cases_of_both_runs_are_compared() -> None:
    before = {"a": True, "b": True, "c": False, "gone": True}
    now = {"a": True, "b": False, "c": True, "new": False}
    assert compare_runs(before, now) == Comparison(("c",), ("b",), common=3, before=2)


@pytest.mark.parametrize(
    ("gained", "lost", "is_regression"),
    [(0, 5, False), (0, 6, True), (6, 0, False), (3, 13, True), (4, 12, False)],
)
def test_a_regression_is_a_loss_that_chance_seldom_makes(
    gained: int, lost: int, is_regression: bool
) -> None:
    comparison = Comparison(("x",) * gained, ("y",) * lost, common=30, before=20)
    assert comparison.is_regression is is_regression
