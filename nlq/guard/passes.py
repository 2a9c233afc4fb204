"""The passes, in order, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.guard.bound import bound
from nlq.guard.context import Context
from nlq.guard.limit import limit
from nlq.guard.number import number
from nlq.guard.restrict import restrict
from nlq.guard.statement import Statement
from nlq.plan import Plan, require_valid
from nlq.plan.syntax import parse
from nlq.policy import Policy, Principal

__all__ = ["PASSES", "Context", "guard"]

PASSES: tuple[Callable[[exp.Expr, Context], exp.Expr], ...] = (bound, restrict, limit, number)
"""Each takes the tree and what is known of the request, and returns the tree of the next."""


def guard(
    plan: Plan, policy: Policy, principal: Principal, catalog: Catalog, visible: Catalog
) -> Statement:
    """The plan as this principal may run it. `catalog` is the whole one, `visible` the principal's part.

    The result depends on the principal's roles but not on claims, which are arguments: it may be kept
    per plan and set of roles.

    Raises `store.stale` or `store.invalid` where the plan does not pass its check against `visible`,
    and `policy.*` where a rule cannot be applied.
    """
    require_valid(plan, visible)
    context = Context(policy, principal, catalog, visible)
    tree = parse(plan.sql, plan.dialect)
    for apply in PASSES:
        tree = apply(tree, context)
    return Statement(
        sql=context.text,
        dialect=plan.dialect,
        arguments=tuple(context.arguments),
        plan_id=plan.id,
        decisions=tuple(sorted(context.decisions.values(), key=lambda d: d.relation)),
    )
