"""Stored plans that a principal can run now: for a request, for one in other words, or all of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from contextlib import suppress

from nlq.audit.redact import redact_question
from nlq.catalog import Dialect
from nlq.compiler import Request
from nlq.database import Database
from nlq.errors import NlqError, RequestError
from nlq.events import Observer, PlanFound, PlanRejected
from nlq.plan import Plan, lookup_key
from nlq.plan.syntax import display
from nlq.policy import Principal
from nlq.store.paraphrases import Paraphrases
from nlq.store.plans import PlanStore


def find_stored(
    plans: PlanStore,
    request: Request,
    lookup: tuple[Dialect, str],
    answers: Callable[[Plan, frozenset[str]], bool],
    require: Callable[[Plan], object],
    refuse: Callable[[Plan, NlqError], NlqError | None],
    observe: Observer,
) -> Plan | None:
    """The first stored plan of the request's kind, for that dialect and scope, that `require` lets pass.

    `answers` says whether the plan takes what the request gives, by what its template lifts. Where none is
    found, the first error is raised that `refuse` makes of what `require` raised.
    """
    dialect, scope = lookup
    refusal: NlqError | None = None
    for template, lifted in request.templates():
        for found in plans.find(lookup_key(request.kind, template, dialect, scope)):
            if not isinstance(found, Plan):
                observe(PlanRejected(str(found.path.name), found.error.code, found.error.message))
                continue
            if not answers(found, lifted):
                continue
            try:
                require(found)
                request.arguments(found.parameters)
            except NlqError as error:
                observe(PlanRejected(found.id, error.code, error.message))
                refusal = refusal or refuse(found, error)
                continue
            observe(PlanFound(found.id))
            return found
    if refusal is not None:
        raise refusal
    return None


class Finder:
    """Finds plans of one database in one store. What is found was checked again for who asks."""

    def __init__(self, database: Database, plans: PlanStore) -> None:
        self._database = database
        self._plans = plans
        self._paraphrases = Paraphrases(plans)

    def find(self, request: Request, principal: Principal, observe: Observer) -> Plan | None:
        """A stored plan that is valid and takes the request's literals.

        Raises `request.bad_parameter` where one would do but for a parameter that the caller sent: no
        other plan is compiled for the wrong value.
        """
        known = self._database.known
        return find_stored(
            self._plans,
            request,
            (self._database.dialect, known.policy.scope(principal)),
            request.is_answered_by,
            lambda plan: known.statement(plan, principal),
            lambda plan, error: unfit(request, plan, error),
            observe,
        )

    def looked_at(self, request: Request, principal: Principal, until: str = "") -> Iterator[Plan]:
        """Stored plans that `find` looks at, fit or not: all, or those not after the template `until`."""
        scope = self._database.known.policy.scope(principal)
        for wanted, lifted in request.templates():
            for found in self._plans.find(lookup_key("query", wanted, self._database.dialect, scope)):
                if isinstance(found, Plan) and request.is_answered_by(found, lifted):
                    yield found
            if wanted == until:
                return

    def reread(
        self, request: Request, principal: Principal, observe: Observer
    ) -> tuple[Plan, Request] | None:
        """A stored plan whose question says the same in other words, and the request in those words.

        None where several would do and differ: it is not for us to choose.
        """
        if not self._database.settings.paraphrases:
            return None
        known = self._database.known
        scope, vocabulary = known.policy.scope(principal), known.vocabulary(principal)
        usable: dict[str, tuple[Plan, Request]] = {}
        for plan, read in self._paraphrases.find(request, self._database.dialect, scope, vocabulary):
            with suppress(NlqError):
                known.statement(plan, principal)
                usable.setdefault(display(plan.sql, read.arguments(plan.parameters)), (plan, read))
        if len(usable) != 1:
            return None
        [(plan, read)] = usable.values()
        observe(PlanFound(plan.id))
        return plan, read

    def all_for(self, principal: Principal) -> Iterator[Plan]:
        """Stored plans of the principal's scope that are valid for what it may see now."""
        scope = self._database.known.policy.scope(principal)
        for found in self._plans.all():
            if isinstance(found, Plan) and found.scope == scope and self.is_current(found, principal):
                yield found

    def get(self, id: str, principal: Principal) -> Plan | None:
        """The stored plan of that id, if `all_for` gives it."""
        found = self._plans.get(id)
        scope = self._database.known.policy.scope(principal)
        if isinstance(found, Plan) and found.scope == scope and self.is_current(found, principal):
            return found
        return None

    def is_current(self, plan: Plan, principal: Principal) -> bool:
        """Whether the principal can run the plan now."""
        with suppress(NlqError):
            self._database.known.statement(plan, principal)
            return plan.dialect == self._database.dialect
        return False

    def nearest(self, request: Request, principal: Principal) -> str | None:
        """A hint naming the questions nearest to the one asked, of those that the principal can ask now."""
        scope = self._database.known.policy.scope(principal)
        known = {p.template: p for p in self._plans.all() if isinstance(p, Plan) and p.scope == scope}
        near = difflib.get_close_matches(request.question, known, n=9, cutoff=0.3)
        # A plan that is out of date may speak of what has been hidden since.
        current = [n for n in near if self.is_current(known[n], principal)]
        if not principal.is_owner:
            # Who asked first may have other claims: what they asked for is no matter of this principal.
            current = [n for n in current if redact_question(n, known[n]) == n]
        return "known questions: " + "; ".join(f"`{n}`" for n in current[:3]) if current else None


def unfit(request: Request, plan: Plan, error: NlqError) -> RequestError | None:
    """The error, if it is about a parameter that the caller sent rather than a literal of the question."""
    if isinstance(error, RequestError):
        try:
            request.arguments(tuple(p for p in plan.parameters if p.name in request.names))
        except RequestError as sent:
            return sent
    return None
