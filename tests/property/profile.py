"""How long a law is tried: seconds within `make test`, and as long as one likes by `make law`.

`NLQ_LAW=long` draws anew each time, in rounds, until `NLQ_LAW_QUERIES` were asked per law and engine
(100,000) or `NLQ_LAW_SECONDS` have passed; progress and a summary go to stderr. A round that fails is run
again by giving its seed, which is printed, as `NLQ_LAW_SEED`.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from nlq.catalog import Dialect

LONG = os.environ.get("NLQ_LAW") == "long"
QUERIES = int(os.environ.get("NLQ_LAW_QUERIES", "100000"))
SECONDS = float(os.environ.get("NLQ_LAW_SECONDS", "inf"))
SEED = os.environ.get("NLQ_LAW_SEED")

QUICK: dict[Dialect, int] = {"duckdb": 32, "postgres": 24, "sqlite": 24}
"""How many worlds are made where time is short."""

PER_WORLD, PER_WORLD_LONG = 4, 24
ROUND = 100
"""How many worlds a round of the long profile makes: shrinking and memory are a round's."""

_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


@dataclass
class Tally:
    """What came of the queries, and how often each construct was in one that gave rows."""

    outcomes: Counter[str] = field(default_factory=Counter)
    constructs: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: str, constructs: Iterable[str]) -> None:
        self.outcomes[outcome] += 1
        if outcome == "rows":
            self.constructs.update(constructs)

    @property
    def queries(self) -> int:
        return self.outcomes.total()

    @property
    def share_of_rows(self) -> float:
        return self.outcomes["rows"] / self.queries

    def __str__(self) -> str:
        outcomes = ", ".join(f"{n} {c}" for n, c in self.outcomes.most_common())
        return f"{self.queries} queries ({outcomes}), {self.share_of_rows:.0%} with rows"


def try_law(
    name: str,
    dialect: Dialect,
    draw: Callable[[int], st.SearchStrategy[Any]],
    law: Callable[[Any, Tally], None],
    *,
    share: float = 1.0,
) -> Tally:
    """What came of trying it. `draw` makes cases of so many queries; of those, a `share` is enough."""
    tally = Tally()
    if not LONG:
        _round(draw(PER_WORLD), lambda case: law(case, tally), max(1, int(QUICK[dialect] * share)), None)
        print(name, tally)
        return tally
    ends = time.monotonic() + SECONDS
    while tally.queries < QUERIES * share and time.monotonic() < ends:
        this = int(SEED) if SEED else random.getrandbits(32)
        started, before = time.monotonic(), tally.queries
        try:
            _round(draw(PER_WORLD_LONG), lambda case: law(case, tally), ROUND, this)
        except BaseException:
            _say(f"{name}: the round with NLQ_LAW_SEED={this} failed after {tally}")
            raise
        speed = (tally.queries - before) / (time.monotonic() - started)
        _say(f"{name}: {tally}; {speed:.0f} a second; seed {this}")
        if SEED:
            break
    _say(f"{name}: {tally}")
    for construct, count in tally.constructs.most_common():
        _say(f"    {count:>8} {construct}")
    return tally


def _round(
    strategy: st.SearchStrategy[Any], law: Callable[[Any], None], worlds: int, this: int | None
) -> None:
    # No shrinking by time: a world with several queries shrinks for minutes.
    @settings(
        max_examples=worlds,
        derandomize=this is None,
        database=None,
        deadline=None,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def tried(case: Any) -> None:
        law(case)

    (seed(this)(tried) if this is not None else tried)()


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
