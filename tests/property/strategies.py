"""Strategies for the law: worlds, each with queries that may be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import strategies as st

from nlq.catalog import Dialect
from tests.property.policies import Rules, RulesMaker
from tests.property.queries import Query, QueryMaker
from tests.property.worlds import Pick, Table, World, make_tables

WORLD, QUERY = 500, 300
"""How many choices, of a byte each, a world and a query have at most."""


Shown = Callable[[Rules], list[Table]]
"""What the principal may see of the tables."""


def cases(
    dialect: Dialect, most: int = 1, shown: Shown = Rules.seen
) -> st.SearchStrategy[tuple[World, list[Query]]]:
    """A world and so many queries: it takes longer to make a world than to ask of it."""

    def make(drawn: tuple[bytes, list[bytes], int]) -> tuple[World, list[Query]]:
        world = make_world(dialect, Pick(drawn[0]), shown)
        return world, [QueryMaker(world, Pick(b)).query() for b in drawn[1][-drawn[2] :]]

    queries = st.lists(choices(QUERY), min_size=most, max_size=most)
    return st.tuples(choices(WORLD), queries, _mostly(most, 1)).map(make)


def choices(most: int) -> st.SearchStrategy[bytes]:
    """Evenly spread bytes, mostly so many; fewer and fewer of them as the example shrinks.

    Bytes that Hypothesis draws itself are often alike, and make small worlds and empty results.
    """
    counts = _mostly(most, *(most * i // 16 for i in range(8)))
    return st.tuples(counts, st.integers(0, 2**64 - 1)).map(lambda d: Random(d[1]).randbytes(d[0]))


def _mostly(usual: int, *simpler: int) -> st.SearchStrategy[int]:
    """One number in most examples, and others, simplest first, in the rest."""
    return st.sampled_from([*simpler, *[usual] * 20 * len(simpler)])


def make_world(dialect: Dialect, pick: Pick, shown: Shown = Rules.seen) -> World:
    tables = make_tables(dialect, pick)
    rules = RulesMaker(dialect, pick, tables).make()
    return World(dialect, tables, rules, shown(rules))
