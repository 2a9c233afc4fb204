"""Strategies for the law: worlds, each with a query that may be asked of it."""

from __future__ import annotations

from hypothesis import strategies as st

from nlq.catalog import Dialect
from tests.property.queries import Query, QueryMaker
from tests.property.worlds import Pick, World, WorldMaker

CHOICES = 500


def cases(dialect: Dialect) -> st.SearchStrategy[tuple[World, Query]]:
    """A world and a query."""

    def make(choices: bytes) -> tuple[World, Query]:
        pick = Pick(choices)
        world = WorldMaker(dialect, pick).world()
        return world, QueryMaker(world, pick).query()

    # One string of bytes for all choices: a draw for each would take longer than the query.
    return st.binary(min_size=CHOICES, max_size=CHOICES).map(make)
