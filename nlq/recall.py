"""A known question out of memory alone: its plan, and the statement that was made of it for these roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nlq.catalog import Dialect
from nlq.compiler import Request, intake
from nlq.compiler.intake import fit
from nlq.defence import Identity
from nlq.errors import RequestError
from nlq.guard import Statement
from nlq.plan import Plan, lookup_key
from nlq.store.plans import Finding, PlanStore, Sighting

RECIPES = 2000
"""Questions of which is kept in memory what they become; all are forgotten when there are more."""

Statements = Mapping[tuple[str, str], Statement]


@dataclass(slots=True)
class Recalled:
    """What is run for whom: `arguments` are those of the plan, `bound` all that the statement takes."""

    plan: Plan
    statement: Statement
    arguments: Mapping[str, Any]
    bound: Mapping[str, Any]
    identity: Identity | None
    limit: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a question becomes, whoever of one scope asks it with parameters of these names.

    `found` is where the plan was found; None of a plan that was given.
    """

    request: Request
    plan: Plan
    statement: Statement
    found: Sighting | None

    def arguments(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """A value for each parameter of the plan; None where one does not fit: others say why."""
        literals = {slot.name: slot.value for slot in self.request.slots}
        try:
            return {
                p.name: fit(p, params[p.name] if p.name in params else literals.get(p.name))
                for p in self.plan.parameters
            }
        except RequestError:
            return None


class Recipes:
    """Recipes in memory, for one database."""

    def __init__(self, plans: PlanStore, dialect: Dialect, question_limit: int) -> None:
        self._plans = plans
        self._dialect = dialect
        self._question_limit = question_limit
        self._kept: tuple[Statements, dict[tuple[str, ...], Recipe]] = ({}, {})

    def find(
        self, question: str, params: Iterable[str], scope: str, statements: Statements, given: Plan | None
    ) -> Recipe | None:
        """The recipe of a question, with the `given` plan or the one that is stored for it.

        `statements` are those in memory, by plan and scope. None wherever there is anything else to do or
        to say: a question to be refused, a plan to be checked, a statement to be made.
        """
        kept = self._kept
        # By identity: all are replaced together when the policy or the catalog changes.
        if kept[0] is not statements:
            kept = self._kept = (statements, {})
        key = (given.id if given is not None else "", question, scope, *params)
        recipe = kept[1].get(key)
        if recipe is not None and (recipe.found is None or self._plans.is_as_sighted(recipe.found)):
            return recipe
        try:
            request = intake(question, dict.fromkeys(params), limit=self._question_limit)
        except RequestError:
            return None
        recipe = self._make(request, scope, statements, given)
        if recipe is not None:
            if len(kept[1]) >= RECIPES:
                kept[1].clear()
            kept[1][key] = recipe
        return recipe

    def _make(
        self, request: Request, scope: str, statements: Statements, given: Plan | None
    ) -> Recipe | None:
        found = self._sight(request, scope) if given is None else None
        plan = given if found is None else found.plan
        statement = statements.get((plan.id, scope)) if plan is not None else None
        if plan is None or statement is None:
            return None
        return Recipe(request, plan, statement, found)

    def _sight(self, request: Request, scope: str) -> Sighting | None:
        for template, lifted in request.templates():
            for found in self._plans.sight(lookup_key("query", template, self._dialect, scope)):
                # INVARIANT: what is damaged may be mended without a change of names, and then comes first.
                if isinstance(found, Finding):
                    return None
                if request.is_answered_by(found.plan, lifted):
                    return found
        return None
