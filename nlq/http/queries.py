"""The routes of the queries that were built: what there is, and each by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from nlq.answer import Answer
from nlq.build.lock import Locked
from nlq.build.named import NamedQueries, Options
from nlq.catalog import Family
from nlq.encoding import encode
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Sink
from nlq.errors import RequestError
from nlq.events import Observer
from nlq.http.body import idempotency_key, read_params
from nlq.http.known import KnownQuestions, Reply
from nlq.http.reply import ARROW, CSV, JSON, PARQUET, ROWS, Shape, Spooled, accepts, reply
from nlq.http.routes import Door, framed
from nlq.http.shapes import FoundShape, QueriesShape
from nlq.http.spool import around_rows
from nlq.plan import Plan
from nlq.policy import Principal
from nlq.service import Service

router = APIRouter()

_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_COUNT = re.compile(r"[1-9]\d{0,8}")
_BINARY_DOC = {"schema": {"type": "string", "format": "binary"}}
_ROWS_DOC = {CSV: {"schema": {"type": "string"}}, ARROW: _BINARY_DOC, PARQUET: _BINARY_DOC}


def open_queries(service: Service) -> NamedQueries:
    """The queries that were built into the service's cache."""
    return NamedQueries(service, Path(service.settings.cache_dir))


@router.get("/queries", responses={200: {"model": QueriesShape}})
async def queries(request: Request) -> Response:
    """The queries that the caller may run, with their parameters and the columns of their results."""
    door, named = _of(request)
    principal = await door.caller(request)
    return await reply(
        request,
        door.workers,
        lambda _observe, _stop: {"queries": [_listed(*q) for q in named.of(principal)]},
    )


@router.get("/queries/{name}", responses={200: {"model": FoundShape, "content": _ROWS_DOC}})
async def get_query(request: Request, name: str) -> Response:
    """Run a query; its parameters are those of the URL."""
    return await _framed(request, name)


@router.post("/queries/{name}", responses={200: {"model": FoundShape, "content": _ROWS_DOC}})
async def post_query(request: Request, name: str) -> Response:
    """Run a query; the body is an object of its parameters.

    One that changes rows gives what `POST /mutate` gives. `preview`, `approval` and `limit` are in its URL.
    """
    return await _framed(request, name)


async def _framed(request: Request, name: str) -> Response:
    door, named = _of(request)
    return framed(await answer_named(request, door, named, request.app.state.known, name))


async def answer_named(
    request: Request, door: Door, named: NamedQueries, known: KnownQuestions, name: str
) -> Response | Reply:
    """The answer of a query by its name: by `known` where it can, else by the service, in a thread.

    Raises any `NlqError`.
    """
    typed = request.method == "POST"
    given = await read_params(request) if typed else _params_of(request)
    principal = await door.caller(request)
    if named.changes(name, principal):
        return await _change(request, door, named, name, principal, given)
    accepted = accepts(request.headers.get("accept", ""))
    read = None if typed else read_text
    if accepted == JSON:
        found = await known.named(
            lambda: named.recall(name, principal, given, read=read), principal, request.receive
        )
        if found is not None:
            return found

    def job(observe: Observer, cancellation: Cancellation) -> Shape | Answer:
        flat = accepted in ROWS
        ran = named.run(
            name, principal, given, read=read, observe=observe, cancellation=cancellation, flat=flat
        )
        return ran.answer if flat else ran.to_json()

    def spooled(cancellation: Cancellation, sink: Sink) -> Answer:
        return named.run(
            name, principal, given, read=read, cancellation=cancellation, flat=True, sink=sink
        ).answer

    plain = named.gives_plain_rows(name)
    how = Spooled(spooled, door.service.engine.dialect, _around if plain else None)
    return await reply(request, door.workers, job, spooled=how)


def _around(answer: Answer) -> tuple[bytes, bytes]:
    return around_rows({"rows": [], "truncated": answer.truncated})


async def _change(
    request: Request,
    door: Door,
    named: NamedQueries,
    name: str,
    principal: Principal,
    given: Mapping[str, Any],
) -> Response:
    """Do an instruction; how, the URL and `Idempotency-Key` say."""
    if request.method != "POST":
        raise RequestError("request.invalid", f"`{name}` changes rows", "send it by POST")
    said = _params_of(request)
    if wrong := said.keys() - {"preview", "approval", "limit"}:
        raise RequestError(
            "request.invalid", f"`{min(wrong)}` is no option", "parameters belong in the body, as JSON"
        )
    preview, limit = said.get("preview", "false"), said.get("limit", "1")
    if preview not in ("true", "false") or not _COUNT.fullmatch(limit):
        raise RequestError("request.invalid", "`preview` is true or false, and `limit` a number")
    options = Options(
        preview == "true",
        said.get("approval"),
        int(limit) if "limit" in said else None,
        idempotency_key(request),
    )

    def job(observe: Observer, cancellation: Cancellation) -> Shape:
        return named.change(
            name, principal, given, options, observe=observe, cancellation=cancellation
        ).to_json()

    return await reply(request, door.workers, job)


def _params_of(request: Request) -> dict[str, str]:
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if len({key for key, _ in pairs}) != len(pairs):
        raise RequestError("request.invalid", "a parameter is there twice", "send each once")
    return dict(pairs)


def _of(request: Request) -> tuple[Door, NamedQueries]:
    return request.app.state.door, request.app.state.queries


def read_text(of: Family, text: str) -> object:
    """The text of a URL as a value of the family; itself where it is none, which is then refused.

    >>> [read_text("integer", "7"), read_text("boolean", "true"), read_text("integer", "seven")]
    [7, True, 'seven']
    """
    match of:
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer" | "decimal" | "float" | "other" if _NUMBER.fullmatch(text):
            return Decimal(text) if "." in text else int(text)
        case _:
            return text


def _listed(query: Locked, plan: Plan) -> dict[str, Any]:
    families = {p.name: p.family for p in plan.parameters}
    return {
        "name": query.name,
        "cardinality": query.cardinality,
        "question": query.question,
        "notes": list(query.notes),
        "parameters": [
            {
                "name": p.name,
                "type": p.family or families[p.name],
                "required": p.required,
                "default": encode(p.default),
            }
            for p in query.parameters
        ],
        "columns": [
            {"name": c.name, "type": c.type, "path": list(path)}
            for c, path in zip(plan.columns, query.paths or [(c.name,) for c in plan.columns], strict=True)
        ],
    }
