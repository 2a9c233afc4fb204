"""Plans for people: what is known, what it depends on, what is out of date, what to keep instead; and the
last evaluation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from nlq.answer import plan_to_json
from nlq.audit.redact import redact_question
from nlq.errors import EvalError, NlqError
from nlq.http.body import Body, Params, read_body
from nlq.http.console.insider import is_insider, require_insider, require_own_page
from nlq.http.console.router import router
from nlq.http.reply import reply
from nlq.http.routes import Door, door_of
from nlq.keeping import earlier_dir
from nlq.plan import Plan
from nlq.policy import Principal
from nlq.service import Service
from nlq.store import PlanStore

_HOLE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)(?::[a-z]+)?\}")

_UNQUOTED = re.compile(r"\{.*\}|\d{4}-\d{2}-\d{2}")

REPORT = Path("evals/report.json")
"""Where `nlq eval --report` puts what the console shows."""


@router.get("/plans")
async def plans(request: Request) -> Response:
    """The plans that the caller may know of. Who is behind the policy sees those of every scope."""
    door = door_of(request)
    principal = await door.caller(request)
    return await reply(request, door.workers, lambda *_: {"plans": list(_plans(door, principal))})


class KeepBody(Body):
    """SQL that is to answer a question from now on, instead of the plan whose id is `seen`."""

    question: str
    sql: str
    seen: str
    params: Params = Field(default={})


@router.post("/keep")
async def keep(request: Request) -> Response:
    """The plan of SQL that a person wrote, stored for those who see what the caller does."""
    door = door_of(request)
    principal = await door.caller(request)
    require_insider(door, principal)
    require_own_page(request)
    asked = await read_body(request, KeepBody)

    def job(*_: object) -> dict[str, Any]:
        plan = door.service.keep(
            asked.question, asked.sql, principal=principal, params=asked.params, seen=asked.seen
        )
        return plan_to_json(plan)

    return await reply(request, door.workers, job)


@router.get("/report")
async def report(request: Request) -> Response:
    """The last evaluation, if its report is there."""
    door = door_of(request)
    require_insider(door, await door.caller(request))
    return await reply(request, door.workers, lambda *_: _report())


def _plans(door: Door, principal: Principal) -> Iterator[dict[str, Any]]:
    service = door.service
    if not is_insider(door, principal):
        for plan in service.plans_for(principal):
            # Who asked first may have other claims: what they asked for is no matter of this caller.
            if redact_question(plan.template, plan) == plan.template:
                yield {**_plan(plan, None, "current", None), "earlier": []}
        return
    scope, cache = service.policy.scope(principal), Path(service.settings.cache_dir)
    replaced = PlanStore(earlier_dir(cache))
    for found in PlanStore(cache).all():
        if isinstance(found, Plan) and found.dialect == service.engine.dialect:
            earlier = [
                {"id": plan.id, "sql": plan.sql, "model": plan.provenance.model}
                for plan in replaced.find(found.lookup)
                if isinstance(plan, Plan) and plan.sql != found.sql
            ]
            standing = _standing(service, found, principal, scope)
            yield {**_plan(found, found.scope, *standing), "earlier": earlier}


def _standing(service: Service, plan: Plan, principal: Principal, scope: str) -> tuple[str, str | None]:
    """`current`, `stale` and why, or `other`: of a scope that the caller is not of."""
    if plan.scope != scope:
        return "other", None
    try:
        service.require_current(plan, principal)
    except NlqError as error:
        return "stale", error.message
    return "current", None


def _plan(plan: Plan, scope: str | None, standing: str, why: str | None) -> dict[str, Any]:
    # Values that somebody asked with are for those who may see every question.
    examples = {p.name: p.example for p in plan.parameters} if scope is not None else {}
    asked = _HOLE.sub(lambda hole: _written(examples.get(hole[1], hole[0])), plan.template)
    known = {"standing": standing, "why": why, "scope": scope, "asked": asked if "{" not in asked else None}
    return {**plan_to_json(plan), **known}


def _written(example: str | int | float | None) -> str:
    """A literal as a question has it: texts that are lifted stand in quotes, other than dates."""
    if not isinstance(example, str) or _UNQUOTED.fullmatch(example):
        return str(example)
    return f'"{example}"' if "'" in example else f"'{example}'"


def _report() -> dict[str, Any]:
    try:
        return {"report": json.loads(REPORT.read_text("utf-8"))}
    except FileNotFoundError:
        return {"report": None}
    except (OSError, ValueError) as error:
        raise EvalError("eval.invalid", f"the report `{REPORT}` cannot be read") from error
