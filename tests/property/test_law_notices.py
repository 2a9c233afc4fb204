"""The law notices a guard that is wrong: each mistake is made on purpose, and must be found soon."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from sqlglot import exp

from nlq.guard import restrict
from tests.property.databases import open_databases
from tests.property.queries import Query, QueryMaker
from tests.property.strategies import QUERY, WORLD, make_world
from tests.property.test_guard_law import Guarded, require_equal
from tests.property.worlds import Pick

SOON = 120
"""Worlds, of four queries each."""


def no_rule(*_: Any) -> exp.Expr:
    return exp.true()


def no_mask(source: exp.Column, *_: Any) -> exp.Expr:
    return source


def no_barrier(*_: Any) -> None:
    return None


def any_query(maker: QueryMaker) -> Query:
    return maker.query()


def throwing_query(maker: QueryMaker) -> Query:
    sql = maker.throwing()
    return Query(sql, frozenset(maker.used), maker.oversteps)


@pytest.mark.parametrize(
    ("name", "mistake", "ask"),
    [
        pytest.param("rule_of", no_rule, any_query, id="rows"),
        pytest.param("masked", no_mask, any_query, id="masks"),
        pytest.param("_add_barrier", no_barrier, throwing_query, id="failures on hidden rows"),
    ],
)
def test_a_mistake_is_found(
    name: str, mistake: Any, ask: Callable[[QueryMaker], Query], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restrict, name, mistake)
    random = Random(7)
    with open_databases("duckdb", "") as databases, pytest.raises(AssertionError):
        for _ in range(SOON):
            world = make_world("duckdb", Pick(random.randbytes(WORLD)))
            with databases.holding(world):
                guarded = Guarded(world)
                for _ in range(4):
                    require_equal(guarded, ask(QueryMaker(world, Pick(random.randbytes(QUERY)))), databases)
