"""The passes, in order, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from nlq.catalog import Catalog, RelationName
from nlq.guard.aggregate import aggregate
from nlq.guard.bound import bound
from nlq.guard.context import Context
from nlq.guard.limit import limit
from nlq.guard.nest import nest
from nlq.guard.number import number
from nlq.guard.restrict import restrict
from nlq.guard.statement import Statement
from nlq.plan import Plan, require_valid
from nlq.plan.nested import Path
from nlq.policy import Decision, Policy, Principal, decide_columns

__all__ = ["PASSES", "Context", "guard"]

PASSES: tuple[Callable[[exp.Expr, Context], exp.Expr], ...] = (
    bound, aggregate, restrict, nest, limit, number,
)  # fmt: skip
"""Each takes the tree and what is known of the request, and returns the tree of the next."""


def guard(
    plan: Plan,
    policy: Policy,
    principal: Principal,
    catalog: Catalog,
    visible: Catalog,
    *,
    db_role: str = "",
    paths: tuple[Path, ...] = (),
) -> Statement:
    """The plan as this principal may run it. `catalog` is the whole one, `visible` the principal's part.

    With `paths` its rows hold objects and lists; without, they are flat.

    With a `db_role` it reads the views that `nlq.defence` made for that role, and not the tables.

    The result depends on the principal's roles but not on claims, which are arguments: it may be kept
    per plan and set of roles.

    Raises `store.stale` or `store.invalid` where the plan does not pass its check against `visible`,
    and `policy.*` where a rule cannot be applied.
    """
    tree = require_valid(plan, visible)
    context = Context(policy, principal, catalog, visible, db_role, paths=paths, columns=plan.columns)
    for apply in PASSES:
        tree = apply(tree, context)
    return Statement(
        sql=context.text,
        dialect=plan.dialect,
        arguments=tuple(context.arguments),
        plan_id=plan.id,
        decisions=_decisions(plan, context),
        reads=frozenset(RelationName(t.db, t.name) for t in tree.find_all(exp.Table) if t.db),
        cells=tuple(context.cells),
    )


def _decisions(plan: Plan, context: Context) -> tuple[Decision, ...]:
    """What was decided of each relation, then of those of its columns that the plan reads."""
    found = list(context.decisions.values())
    for dependency in plan.depends:
        read = {column for column, _ in dependency.columns}
        relation = context.catalog.relation(dependency.relation)
        if relation is not None:
            decided = decide_columns(context.policy, context.principal, relation)
            found += (d for d in decided if d.column in read)
    return tuple(sorted(found, key=lambda d: (d.relation, d.column or "")))
