"""What the console asks beside the routes of `nlq.http.routes`, by the same identity and guard."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

import nlq
from nlq.http.body import Body, Params, read_body
from nlq.http.caller import HEADER
from nlq.http.console.chart import can_draw
from nlq.http.console.insider import is_insider
from nlq.http.console.router import router
from nlq.http.reply import reply
from nlq.http.routes import Door, door_of
from nlq.policy import Principal


class CheckBody(Body):
    """SQL to check and not to run."""

    sql: str
    params: Params = Field(default={})


@router.get("/session")
async def session(request: Request) -> Response:
    """Who the caller is to this server, and what the console can offer them."""
    door = door_of(request)
    principal = await door.caller(request)
    return await reply(request, door.workers, lambda _observe, _stop: _session(door, principal, request))


@router.post("/check")
async def check(request: Request) -> Response:
    """Whether SQL would be run, and what it means; nothing is run."""
    door = door_of(request)
    principal = await door.caller(request)
    asked = await read_body(request, CheckBody)

    def job(*_: object) -> dict[str, Any]:
        plan = door.service.check(asked.sql, principal=principal, params=asked.params)
        return {
            "sql": plan.sql,
            "explanation": plan.explanation,
            "columns": [{"name": c.name, "type": c.type} for c in plan.columns],
            "relations": [str(d.relation) for d in plan.depends],
        }

    return await reply(request, door.workers, job)


def _session(door: Door, principal: Principal, request: Request) -> dict[str, Any]:
    service, settings = door.service, door.service.settings
    insider = is_insider(door, principal)
    sign_in = "bearer" if door.authentication else "name" if settings.dev else "none"
    return {
        "version": nlq.__version__,
        "dialect": service.engine.dialect,
        "database": service.engine.name if insider else None,
        "caller": {
            "owner": principal.is_owner,
            "named": HEADER in request.headers or "authorization" in request.headers,
            "id": principal.id,
            "roles": sorted(principal.roles),
        },
        "sign_in": sign_in,
        "principals": [
            {"name": name, "id": p.id, "roles": sorted(p.roles), "claims": dict(p.claims)}
            for name, p in service.policy.principals.items()
        ]
        if sign_in == "name"
        else [],
        "insider": insider,
        "frozen": settings.frozen,
        "model": None if settings.frozen or not insider else settings.model,
        "row_limit": settings.row_limit,
        "charts": can_draw(),
        "mutations": settings.mutations,
        "policy": bool(settings.policy or settings.models),
    }
