"""A known question out of memory alone: its plan, and the statement that was made of it for these roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nlq.catalog import Dialect
from nlq.compiler import Request
from nlq.defence import Identity
from nlq.errors import RequestError
from nlq.guard import Statement
from nlq.plan import Plan, lookup_key


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is run for whom: `arguments` are those of the plan, `bound` all that the statement takes."""

    plan: Plan
    statement: Statement
    arguments: Mapping[str, Any]
    bound: Mapping[str, Any]
    identity: Identity | None
    limit: int


def recall(
    request: Request,
    dialect: Dialect,
    scope: str,
    find: Callable[[Iterable[str]], Iterable[tuple[int, object]]],
    statements: Mapping[tuple[str, str], Statement],
) -> tuple[Plan, Statement, dict[str, Any]] | None:
    """The plan that answers the request, its statement and arguments; `find` looks for several keys.

    None wherever there is anything else to do or to say: a plan to be checked, a statement to be made, a
    value that does not fit.
    """
    templates = list(request.templates())
    for at, found in find(lookup_key("query", template, dialect, scope) for template, _ in templates):
        if not isinstance(found, Plan) or not request.is_answered_by(found, templates[at][1]):
            continue
        return recall_plan(found, request, scope, statements)
    return None


def recall_plan(
    plan: Plan, request: Request, scope: str, statements: Mapping[tuple[str, str], Statement]
) -> tuple[Plan, Statement, dict[str, Any]] | None:
    """The same for a plan that is to answer."""
    statement = statements.get((plan.id, scope))
    if statement is None:
        return None
    try:
        return plan, statement, request.arguments(plan.parameters)
    except RequestError:
        return None
