"""What a few numbers allow to be said: intervals, paired tests, percentiles. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

SIGNIFICANT = 0.05
"""A difference that chance makes less often than this is one."""

_Z95 = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5 % above it."""


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


def mcnemar(gained: int, lost: int) -> float:
    """How often chance alone makes two runs differ so much or more: exact, two-sided (McNemar, 1947).

    Only cases that were right in one run and wrong in the other tell the runs apart: with no true
    difference, each is as likely gained as lost.

    >>> mcnemar(0, 5), mcnemar(3, 3), mcnemar(0, 0)
    (0.0625, 1.0, 1.0)
    """
    of = gained + lost
    if of == 0:
        return 1.0
    tail = sum(math.comb(of, k) for k in range(min(gained, lost) + 1))
    return min(1.0, tail / (1 << (of - 1)))


def percentile(values: Sequence[float], percent: int) -> float:
    """The least of the values that `percent` of 100 of them do not exceed; 0 if there are none.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 50), percentile([4.0, 1.0, 3.0, 2.0], 95)
    (2.0, 4.0)
    """
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
