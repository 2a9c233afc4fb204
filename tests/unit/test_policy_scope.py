"""Scopes: plans are shared by those whose scopes are equal, and so by those who may see the same."""

from __future__ import annotations

from itertools import combinations

from nlq.catalog import RelationName
from nlq.policy import OWNER, Policy, Principal, RelationRules, Rule
from nlq.policy.rules import OPEN

NAMES = ("a", "b", "a,b", '"a', 'b"', '"a,b"', "a b", "owner", "roles:a", "ä", "")


def test_no_two_sets_of_roles_have_the_same_scope() -> None:
    rules = RelationRules(read=tuple(Rule(frozenset({name})) for name in NAMES))
    policy = Policy({RelationName("main", "t"): rules})
    sets = [frozenset(some) for n in range(4) for some in combinations(NAMES, n)]
    assert len({policy.scope(Principal(roles=roles)) for roles in sets}) == len(sets)
    assert OPEN.scope(OWNER) not in {policy.scope(Principal(roles=roles)) for roles in sets}


def test_roles_that_no_rule_mentions_do_not_matter() -> None:
    policy = Policy({RelationName("main", "t"): RelationRules(read=(Rule(frozenset({"a", "b"})),))})
    assert policy.scope(Principal(roles=frozenset({"b", "a", "c", "a,b"}))) == "roles:a,b"
    assert policy.scope(Principal(roles=frozenset({"A", "a,b"}))) == policy.scope(Principal()) == "roles:"
