"""SQL that a person wrote, kept as the plan of a question: the model is not asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nlq.compiler import Request
from nlq.compiler.untrusted import Examiner, Untrusted
from nlq.database import Database
from nlq.errors import CompileError, RequestError
from nlq.events import ignore
from nlq.find import Finder
from nlq.plan import Plan
from nlq.policy import Principal
from nlq.store.plans import PlanStore


class Keeping:
    """Keeps what people wrote, among the plans of one database; what it replaces is set aside."""

    def __init__(self, database: Database, finder: Finder, plans: PlanStore, examiner: Examiner) -> None:
        self._database = database
        self._finder = finder
        self._plans = plans
        self._examiner = examiner
        self._earlier = PlanStore(earlier_dir(plans.directory.parent))

    def keep(self, request: Request, sql: str, principal: Principal, seen: str | None = None) -> Plan:
        """The plan that answers the request from now on, for the principal's scope.

        With `seen`, only where the plan of that id answers it now: whoever writes instead of a plan should
        have read it. Raises `request.invalid` where they have not, `compile.frozen`, `plan.*`,
        `store.unwritable`.
        """
        if self._database.settings.frozen:
            raise CompileError(
                "compile.frozen", "this server answers what was built", "edit the plan and build it"
            )
        if seen is not None and seen != self._answering(request, principal):
            raise RequestError(
                "request.invalid", "another plan answers this question by now", "ask it again, and look"
            )
        plan = self._plan(request, sql, principal)
        replaced = [
            found
            for found in self._finder.looked_at(request, principal, plan.template)
            if self._finder.is_current(found, principal)
        ]
        for found in replaced:
            self._earlier.put(found)
            if found.id == plan.id:  # or it would be left as the model's
                self._plans.remove(found)
        self._plans.put(plan)
        for found in replaced:
            if found.id != plan.id:
                self._plans.remove(found)
        return plan

    def _answering(self, request: Request, principal: Principal) -> str | None:
        if (plan := self._finder.find(request, principal, ignore)) is not None:
            return plan.id
        read = self._finder.reread(request, principal, ignore)
        return read[0].id if read else None

    def _plan(self, request: Request, sql: str, principal: Principal) -> Plan:
        known = self._database.known
        seen = known.visible(principal)
        untrusted = Untrusted(sql, request.names, request.question, request.slots, by_hand=True)
        checked = self._examiner.examine(untrusted, seen).checked
        plan = Plan(
            "query", request.template(frozenset(p.name for p in checked.parameters)), seen.dialect,
            known.policy.scope(principal), checked.sql, checked.parameters, (), checked.depends,
            checked.explanation,
        )  # fmt: skip
        return replace(plan, columns=self._database.describe_as(principal)(plan))


def earlier_dir(cache: Path) -> Path:
    """Where the plans are that people replaced: not committed, for version control has them as well."""
    return cache / "local" / "replaced"
