"""The rules of the policy for review: what they mean, who sees which row, who approved."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from nlq.errors import RequestError
from nlq.http.body import Body, read_body
from nlq.http.console.insider import require_insider, require_own_page
from nlq.http.console.router import router
from nlq.http.reply import reply
from nlq.http.routes import Door, door_of
from nlq.policy import ANONYMOUS, OWNER, Principal
from nlq.policy.decide import column_rule, decide_read
from nlq.policy.rules import Policy
from nlq.review import RuleDesk, State, desk_for, examples_of, examples_to_json
from nlq.service import Service
from nlq.store import Review


class CompileRulesBody(Body):
    """Rules to compile by the grammar; all that wait for it, if none is named."""

    names: list[str] = Field(default=[])


class ApproveBody(Body):
    """A rule that somebody has read and approves of; `id` is what it was compiled to when they read it."""

    name: str
    id: str
    by: str


@router.get("/rules")
async def rules(request: Request) -> Response:
    """Every rule of the policy and how it stands."""
    door = await _open(request)
    return await reply(request, door.workers, lambda *_: _all(door.service))


@router.get("/rules/{name:path}")
async def rule(request: Request, name: str) -> Response:
    """One rule, with made-up rows that tell who sees them."""
    door = await _open(request)
    return await reply(request, door.workers, lambda *_: _one(_desk(door.service), name))


@router.post("/rules/compile")
async def compile_rules(request: Request) -> Response:
    """Compile rules in English by the grammar. The model is asked at the terminal, `nlq rules compile`."""
    door = await _open(request)
    asked = await read_body(request, CompileRulesBody)

    def job(*_: object) -> dict[str, Any]:
        _desk(door.service).compile(asked.names or None, lambda: None)
        door.service.refresh()
        return _all(door.service)

    return await reply(request, door.workers, job)


@router.post("/rules/approve")
async def approve(request: Request) -> Response:
    """Approve of a rule as it was read. It grants from now on."""
    door = await _open(request)
    asked = await read_body(request, ApproveBody)
    if not asked.by.strip():
        raise RequestError("request.invalid", "nobody is named who approves", "say who you are")

    def job(*_: object) -> dict[str, Any]:
        desk = _desk(door.service)
        (state,) = desk.states([asked.name])
        if state.rule is None or state.rule.id != asked.id:
            raise RequestError(
                "request.invalid",
                f"the rule `{asked.name}` is not what it was when it was read",
                "look at it again",
            )
        desk.approve(
            [asked.name], Review(asked.by.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
        )
        door.service.refresh()
        return _one(_desk(door.service), asked.name)

    return await reply(request, door.workers, job)


@router.get("/access")
async def access(request: Request) -> Response:
    """Which relations each principal of the policy reads, and with which columns less."""
    door = await _open(request)
    return await reply(request, door.workers, lambda *_: _access(door.service))


async def _open(request: Request) -> Door:
    door = door_of(request)
    require_insider(door, await door.caller(request))
    require_own_page(request)
    return door


def _desk(service: Service) -> RuleDesk:
    return desk_for(service.settings, service.catalog)


def _has_policy(service: Service) -> bool:
    return bool(service.settings.policy or service.settings.models)


def _all(service: Service) -> dict[str, Any]:
    if not _has_policy(service):
        return {"policy": False, "rules": [], "columns": []}
    states = _desk(service).states()
    return {"policy": True, "rules": [s.to_json() for s in states], "columns": _columns(service.policy)}


def _columns(policy: Policy) -> list[dict[str, Any]]:
    return [
        {
            "relation": str(relation),
            "column": name,
            "kind": rule.kind,
            "mask": asdict(rule.mask) if rule.mask else None,
            "group": rule.group,
            "except": sorted(rule.exempt),
            "filterable": rule.filterable,
            "writable": rule.writable,
        }
        for relation, rules in policy.relations.items()
        for name, rule in rules.columns.items()
        if rule.kind != "visible" or not rule.filterable or not rule.writable
    ]


def _one(desk: RuleDesk, name: str) -> dict[str, Any]:
    (state,) = desk.states([name])
    return {**state.to_json(), "examples": _examples(desk, state)}


def _examples(desk: RuleDesk, state: State) -> dict[str, Any] | None:
    examples = examples_of(desk, state)
    return examples_to_json(examples) if examples is not None else None


def _access(service: Service) -> dict[str, Any]:
    policy = service.policy
    people: dict[str, Principal] = {"owner": OWNER} if policy.open_to_owner else {}
    people |= {**policy.principals, "anybody": ANONYMOUS}
    return {
        "people": [{"name": name, "roles": sorted(p.roles)} for name, p in people.items()],
        "relations": [
            {
                "relation": str(relation.name),
                "reach": [
                    {
                        "effect": (decided := decide_read(policy, person, relation.name).decision).effect,
                        "reason": decided.reason,
                        "columns": [
                            {"name": c.name, "kind": kind}
                            for c in relation.columns
                            if (kind := column_rule(policy, person, relation, c).kind) != "visible"
                        ],
                    }
                    for person in people.values()
                ],
            }
            for relation in service.catalog
        ],
    }
