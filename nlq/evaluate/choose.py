"""Which cases of a suite are run: a sample, a shard. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from nlq.errors import EvalError
from nlq.evaluate.suite import Suite


def sample_cases(suite: Suite, size: int, seed: int = 0) -> Suite:
    """The suite with `size` of its cases, in their order; the same for the same seed."""
    if size >= len(suite.cases):
        return suite
    chosen = sorted(Random(seed).sample(range(len(suite.cases)), size))
    return replace(suite, cases=tuple(suite.cases[index] for index in chosen))


def parse_shard(text: str) -> tuple[int, int]:
    """The shard and how many there are.

    Raises `eval.invalid`.

    >>> parse_shard("2/4")
    (2, 4)
    """
    if found := re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text):
        part, of = int(found[1]), int(found[2])
        if part <= of:
            return part, of
    raise EvalError("eval.invalid", f"`{text}` is no shard", "write `2/4` for the second of four")


def take_shard(suite: Suite, part: int, of: int) -> Suite:
    """Each `of`-th case from the `part`-th on: shards are disjoint, equally large, and alike."""
    return replace(suite, cases=suite.cases[part - 1 :: of])
