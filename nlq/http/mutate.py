"""The routes that change something: `POST /mutate`, `POST /undo`, and `GET /history` of what was."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from nlq.engine.cancellation import Cancellation
from nlq.events import Observer
from nlq.http.body import Body, Params, idempotency_key, read_body
from nlq.http.reply import Shape, reply
from nlq.http.routes import door_of, gives, takes
from nlq.http.shapes import DecisionShape
from nlq.http.shapes import Shape as Model
from nlq.mutations.doer import Order
from nlq.mutations.outcome import changes_of, entry_to_json

router = APIRouter()


class MutateBody(Body):
    """An instruction in English; its parameters need not stand in it."""

    instruction: str = Field(examples=["Like the post if I have not already, else take the like back"])
    params: Params = Field(default_factory=dict)
    preview: bool = Field(False, description="change nothing, and show what would be changed")
    approval: str | None = Field(None, description="of a preview: make what it showed, or nothing")
    limit: int | None = Field(None, ge=1, description="change at most so many rows")


class UndoBody(Body):
    """A change, by what `undo` of its outcome was."""

    undo: str = Field(examples=["0f9c2d4b6a8e1357"])


class RelationChangeShape(Model):
    """What one step did to the rows of a relation; `before` and `after` as the caller may see them."""

    relation: str
    action: str
    count: int
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]


class OutcomeShape(Model):
    """What was changed, or would be, where it is not `committed`."""

    committed: bool
    changes: list[RelationChangeShape]
    sql: str
    explanation: str
    assumptions: list[str]
    doubts: list[str]
    undo: str | None
    approval: str | None
    repeated: bool
    messages: int
    plan: dict[str, Any]
    decisions: list[DecisionShape]
    timings: dict[str, float]


class UndoneShape(Model):
    """What was put back; `undo` would undo that."""

    undo: str
    changes: list[RelationChangeShape]


class HistoryShape(Model):
    """The newest changes first."""

    changes: list[dict[str, Any]]


@router.post("/mutate", responses=gives(OutcomeShape), openapi_extra=takes(MutateBody))
async def mutate(request: Request) -> Response:
    """Change what an instruction says, all of it or nothing.

    With the header `Idempotency-Key` it may be sent again: the same key and body give the same reply.
    What cannot be shown to be what the instruction says is not made: the reply then has `doubts`, and an
    `approval` to send with the same body.
    """
    door = door_of(request)
    principal = await door.caller(request)
    asked = await read_body(request, MutateBody)
    key = idempotency_key(request)
    order = Order(asked.instruction, asked.params, asked.preview, asked.approval, asked.limit, key)

    def job(observe: Observer, cancellation: Cancellation) -> Shape:
        done = door.service.do(order, principal=principal, observe=observe, cancellation=cancellation)
        return done.to_json()

    return await reply(request, door.workers, job)


@router.post("/undo", responses=gives(UndoneShape, events=False), openapi_extra=takes(UndoBody))
async def undo(request: Request) -> Response:
    """Put back what a change changed, where every row is still as the change left it."""
    door = door_of(request)
    principal = await door.caller(request)
    asked = await read_body(request, UndoBody)

    def job(_observe: Observer, _stop: Cancellation) -> Shape:
        done = door.service.undo(asked.undo, principal=principal)
        shown = changes_of(done.effects, door.service.catalog_for(principal))
        return {"undo": done.id, "changes": [c.to_json() for c in shown]}

    return await reply(request, door.workers, job)


@router.get("/history", responses=gives(HistoryShape, events=False))
async def history(request: Request) -> Response:
    """What the caller has changed; to the owner, what everybody has."""
    door = door_of(request)
    principal = await door.caller(request)

    def job(_observe: Observer, _stop: Cancellation) -> Shape:
        seen = door.service.catalog_for(principal)
        return {"changes": [entry_to_json(e, seen) for e in door.service.mutations.history(principal)]}

    return await reply(request, door.workers, job)
