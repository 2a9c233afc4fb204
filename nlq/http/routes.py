"""The routes. Each reads its body, names who asks, and hands a job to `reply`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import nlq
from nlq.answer import Answer, catalog_to_json, plan_to_json
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Sink
from nlq.errors import NlqError, RequestError
from nlq.events import Observer, ignore
from nlq.http.body import Body, CompileBody, QueryBody, SqlBody, read_body, read_question
from nlq.http.caller import caller
from nlq.http.known import KnownQuestions, Reply
from nlq.http.problem import problem
from nlq.http.reply import (
    ARROW,
    CSV,
    EVENTS,
    HEADERS,
    JSON,
    PARQUET,
    Shape,
    Spooled,
    accepts,
    around_answer,
    reply,
)
from nlq.http.shapes import AnswerShape, CatalogShape, CompiledShape, HealthShape, PlanShape, ReadyShape
from nlq.http.trace import trace_stages
from nlq.http.work import Workers
from nlq.identity import Authentication
from nlq.policy import Principal
from nlq.service import Service

router = APIRouter()

_EVENTS_DOC = {
    "schema": {"type": "string"},
    "example": 'event: stage\ndata: {"stage":"drafting","attempt":1,"model":"…"}\n\n'
    "event: answer\ndata: {…}\n\n",
}
_BINARY_DOC = {"schema": {"type": "string", "format": "binary"}}
_CSV_DOC = {"schema": {"type": "string"}, "example": "country,count\nPortugal,12\n"}


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes need."""

    service: Service
    workers: Workers
    authentication: Authentication | None = None

    async def caller(self, request: Request) -> Principal:
        """Who asks. Raises `auth.*` and others, as `nlq.http.caller`."""
        return await caller(request, self.service, self.authentication)


def door_of(request: Request) -> Door:
    """What the application was made with."""
    door: Door = request.app.state.door
    return door


def takes(kind: type[Body]) -> dict[str, Any]:
    """The OpenAPI description of a body that the route reads itself."""
    schema = kind.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def gives(model: type, *, csv: bool = False, events: bool = True) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI description of a reply."""
    rows_alone = {CSV: _CSV_DOC, ARROW: _BINARY_DOC, PARQUET: _BINARY_DOC}
    content = (rows_alone if csv else {}) | ({EVENTS: _EVENTS_DOC} if events else {})
    return {200: {"model": model, "description": "Success", "content": content}}


@router.post("/query", responses=gives(AnswerShape, csv=True), openapi_extra=takes(QueryBody))
async def query(request: Request) -> Response:
    """Answer a question in English: rows, the SQL that ran, and an explanation of it.

    A question that is not known yet is compiled, which takes seconds: ask for `text/event-stream` to
    see how far it is. `text/csv` and `application/vnd.apache.parquet` give the rows alone.
    """
    # `nlq.http.hot` comes first, and answers what arrives at this very path. This is for the documentation,
    # and for a server that is mounted elsewhere.
    return framed(await answer_query(request, door_of(request), request.app.state.known))


def framed(found: Response | Reply) -> Response:
    """A reply of the event loop as FastAPI sends it."""
    if not isinstance(found, Reply):
        return found
    trace_stages(found.timings.to_mapping())
    return Response(
        found.body,
        headers={**HEADERS, "server-timing": found.timings.to_header().decode()},
        media_type=JSON,
    )


async def answer_query(request: Request, door: Door, known: KnownQuestions | None) -> Response | Reply:
    """The answer to a question: by `known` where it can, else by the service, in a thread.

    Raises any `NlqError`.
    """
    principal = await door.caller(request)
    asked = await read_question(request)
    if known is not None and asked.follows is None and accepts(request.headers.get("accept", "")) == JSON:
        found = await known.answer(asked, principal, request.receive)
        if found is not None:
            return found

    def job(observe: Observer, cancellation: Cancellation, sink: Sink | None = None) -> Answer:
        return door.service.ask(
            asked.question,
            principal=principal,
            params=asked.params,
            limit=asked.limit,
            observe=observe,
            cancellation=cancellation,
            follows=asked.follows,
            sink=sink,
        )

    return await reply(
        request, door.workers, job, explain=asked.explain,
        spooled=Spooled(
            lambda cancellation, sink: job(ignore, cancellation, sink),
            door.service.engine.dialect,
            around_answer(asked.explain),
        ),
    )  # fmt: skip


@router.post("/sql", responses=gives(AnswerShape, csv=True), openapi_extra=takes(SqlBody))
async def sql(request: Request) -> Response:
    """Run SQL written by hand: one SELECT, checked and restricted as the model's is."""
    door = door_of(request)
    principal = await door.caller(request)
    asked = await read_body(request, SqlBody)

    def job(observe: Observer, cancellation: Cancellation, sink: Sink | None = None) -> Answer:
        return door.service.sql(
            asked.sql,
            principal=principal,
            params=asked.params,
            limit=asked.limit,
            observe=observe,
            cancellation=cancellation,
            sink=sink,
        )

    return await reply(
        request, door.workers, job, explain=asked.explain,
        spooled=Spooled(
            lambda cancellation, sink: job(ignore, cancellation, sink),
            door.service.engine.dialect,
            around_answer(asked.explain),
        ),
    )  # fmt: skip


@router.post("/compile", responses=gives(CompiledShape), openapi_extra=takes(CompileBody))
async def compile_(request: Request) -> Response:
    """Compile a question and run nothing. With `schema` (DDL), compile it for that schema instead."""
    door = door_of(request)
    principal = await door.caller(request)
    asked = await read_body(request, CompileBody)
    if asked.dialect is not None and asked.ddl is None:
        raise RequestError("request.invalid", "`dialect` is of use only with `schema`", "send both")

    def job(observe: Observer, cancellation: Cancellation) -> Shape:
        catalog = None
        if asked.ddl is not None:
            catalog = door.service.read_ddl(asked.ddl, asked.dialect)
        plan, cached = door.service.compile(
            asked.question,
            principal=principal,
            params=asked.params,
            catalog=catalog,
            observe=observe,
            cancellation=cancellation,
        )
        return {"plan": plan_to_json(plan), "cached": cached}

    return await reply(request, door.workers, job)


@router.get("/schema", responses=gives(CatalogShape, events=False))
async def schema(request: Request) -> Response:
    """All of the database that the caller may know of."""
    door = door_of(request)
    principal = await door.caller(request)
    return await reply(
        request, door.workers, lambda _observe, _stop: catalog_to_json(door.service.catalog_for(principal))
    )


@router.get("/plans/{id}", responses=gives(PlanShape, events=False))
async def plan(request: Request, id: str) -> Response:
    """A plan that the caller may run; any other is not found."""
    door = door_of(request)
    principal = await door.caller(request)
    return await reply(
        request, door.workers, lambda _observe, _stop: plan_to_json(door.service.plan(id, principal))
    )


@router.get("/health", responses=gives(HealthShape, events=False))
async def health() -> Response:
    """The process is up."""
    return JSONResponse({"status": "up", "version": nlq.__version__})


@router.get("/ready", responses=gives(ReadyShape, events=False))
async def ready(request: Request) -> Response:
    """The database can be reached and holds something; 503 otherwise."""
    door = door_of(request)
    try:
        await door.workers.run(request.receive, lambda _stop: door.service.require_ready())
    except NlqError as error:
        return problem(error, status=503)
    return JSONResponse({"status": "ready"})
