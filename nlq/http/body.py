"""What callers send, read strictly: so large, one JSON object, only known fields, each of its type."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from nlq.catalog import Dialect
from nlq.errors import RequestError, did_you_mean
from nlq.strict import distinct, refuse_constant

MAX_BYTES = 65_536

LONGEST_KEY = 200
"""Characters of an `Idempotency-Key`."""

ARRIVAL_S = 20.0
"""Seconds that a body may take to arrive."""

Scalar = str | int | float | bool | None
Params = Annotated[
    dict[str, Scalar],
    Field(
        description="values for the parameters that the question or the SQL names",
        examples=[{"country": "Portugal"}],
    ),
]


class Body(BaseModel):
    """A request's body."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class QueryBody(Body):
    """A question in English; `{name}` in it is a parameter."""

    question: str = Field(examples=["How many customers are there in {country}?"])
    params: Params = {}
    limit: int | None = Field(
        None, ge=1, description="at most so many rows; the server has a limit of its own"
    )
    explain: bool = Field(True, description="false leaves `explanation`, `assumptions` and `decisions` out")
    follows: str | None = Field(
        None,
        description="the question that this one refines: the answer has the `question` that the two become",
        examples=[None],
    )


@dataclass(slots=True)
class Question:
    """What a `QueryBody` holds."""

    question: str
    params: Mapping[str, Scalar]
    limit: int | None
    explain: bool
    follows: str | None = None


class SqlBody(Body):
    """SQL written by hand; `:name` in it is a parameter."""

    sql: str = Field(examples=["SELECT name FROM customers WHERE country = :country"])
    params: Params = {}
    limit: int | None = Field(
        None, ge=1, description="at most so many rows; the server has a limit of its own"
    )
    explain: bool = Field(True, description="false leaves `explanation`, `assumptions` and `decisions` out")


class CompileBody(Body):
    """A question to compile and not to run, about our database or about the schema sent with it."""

    question: str = Field(examples=["How many customers are there in each country?"])
    params: Params = {}
    # `schema` itself is a name that pydantic keeps.
    ddl: str | None = Field(
        None,
        alias="schema",
        description="CREATE TABLE statements: compile against these instead",
        examples=["CREATE TABLE customers (id INTEGER PRIMARY KEY, country TEXT)"],
    )
    dialect: Dialect | None = Field(None, description="the dialect of `schema`; else that of our database")


SomeBody = TypeVar("SomeBody", bound=Body)


async def read_body(request: Request, kind: type[SomeBody], most: int = MAX_BYTES) -> SomeBody:
    """The body of the request, of `most` bytes.

    Raises `request.too_large` as soon as it is, and `request.invalid`.
    """
    _require_json(request)
    try:
        return kind.model_validate(_parse(await _read_bytes(request, most)))
    except ValidationError as error:
        raise _invalid_field(error, kind) from None


async def read_question(request: Request) -> Question:
    """What the body of the request, a `QueryBody`, holds. Raises as `read_body` does."""
    _require_json(request)
    raw = _parse(await _read_bytes(request))
    question, params, explain = raw.get("question"), raw.get("params", _NOTHING), raw.get("explain", True)
    # What is plain takes no model of pydantic's, which has the last word on all the rest.
    if (
        type(question) is str and type(params) is dict and type(explain) is bool
        and raw.keys() <= _PLAIN and all(type(value) in _SCALARS for value in params.values())
    ):  # fmt: skip
        return Question(question, params, None, explain)
    try:
        body = QueryBody.model_validate(raw)
    except ValidationError as error:
        raise _invalid_field(error, QueryBody) from None
    return Question(body.question, body.params, body.limit, body.explain, body.follows)


_PLAIN = frozenset(("question", "params", "explain"))
_SCALARS = frozenset((str, int, float, bool, type(None)))
_NOTHING: dict[str, Any] = {}


class _Params(BaseModel):
    """An object of parameters, as a body of its own."""

    model_config = ConfigDict(strict=True)
    params: Params


async def read_params(request: Request) -> dict[str, Scalar]:
    """The parameters that the body of the request is an object of.

    Raises as `read_body` does.
    """
    _require_json(request)
    try:
        return _Params(params=_parse(await _read_bytes(request))).params
    except ValidationError as error:
        raise _invalid_field(error, Body) from None


def _require_json(request: Request) -> None:
    # A page of another origin cannot send this type without asking us first, and we never say yes.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RequestError(
            "request.invalid", "the body is not sent as JSON", "send `Content-Type: application/json`"
        )


async def _read_bytes(request: Request, most: int = MAX_BYTES) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    # Most bodies are there already: those need no timer.
    arriving = request.receive().__await__()
    try:
        waited_for = next(arriving)
    except StopIteration as arrived:
        message = arrived.value
    else:
        async with _soon():
            message = await _Rest(arriving, waited_for)
    body = _content(message)
    if len(body) <= most and not message.get("more_body", False):
        return body
    async with _soon():
        whole = bytearray(body)
        while message.get("more_body", False) and len(whole) <= most:
            message = await request.receive()
            whole += _content(message)
    if len(whole) > most:
        raise _too_large(most)
    return bytes(whole)


@asynccontextmanager
async def _soon() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ARRIVAL_S):
            yield
    except TimeoutError:
        raise RequestError(
            "request.invalid", f"the body did not arrive within {ARRIVAL_S:g} s", "send it at once"
        ) from None


def _content(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return bytes(message.get("body", b""))


class _Rest(Awaitable[Message]):
    """What is left of an awaitable that was begun, and waits for something."""

    def __init__(self, begun: Generator[Any, Any, Message], waits_for: object) -> None:
        self._begun = begun
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, Message]:
        """As `yield from` (PEP 380), after its first step."""
        step = self._waits_for
        while True:
            try:
                sent = yield step
            except BaseException as error:  # noqa: BLE001  # it is for the one that was begun
                go = partial(self._begun.throw, error)
            else:
                go = partial(self._begun.send, sent)
            try:
                step = go()
            except StopIteration as ended:
                arrived: Message = ended.value
                return arrived


def _too_large(most: int) -> RequestError:
    return RequestError("request.too_large", f"the body is larger than {most:,} bytes", "send less at once")


def _parse(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8")
        # `loads` would make a decoder for each body; it also says what is wrong with a byte order mark.
        raw = _DECODER.decode(text) if text[:1] != "\ufeff" else json.loads(text)
    except UnicodeDecodeError:
        raise RequestError("request.invalid", "the body is not UTF-8") from None
    except RecursionError:
        raise RequestError("request.invalid", "the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise RequestError(
            "request.invalid", f"the body is not JSON: {error.msg.lower()} at character {error.pos}"
        ) from None
    except ValueError as error:
        raise RequestError("request.invalid", f"the body is not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise RequestError("request.invalid", "the body is not a JSON object")
    if b"\\u" in content and not _is_text(raw):
        raise RequestError(
            "request.invalid", "the body holds half of a character", r"a `\ud800` needs its pair"
        )
    return raw


def _is_text(raw: dict[str, Any]) -> bool:
    try:
        json.dumps(raw, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


_DECODER = json.JSONDecoder(object_pairs_hook=distinct, parse_constant=refuse_constant)


def _invalid_field(invalid: ValidationError, kind: type[Body]) -> RequestError:
    # `{"query": "…"}`: what is missing is there, under a name that is none.
    error = max(
        invalid.errors(include_url=False, include_input=False), key=lambda e: e["type"] == "extra_forbidden"
    )
    known = [field.alias or name for name, field in kind.model_fields.items()]
    path = [str(part)[:60] for part in error["loc"]]
    field = ".".join(path[:2])
    match error["type"]:
        case "missing":
            return RequestError("request.invalid", f"the field `{field}` is missing")
        case "extra_forbidden":
            hint = did_you_mean(field, known) or "it takes " + ", ".join(f"`{k}`" for k in known)
            return RequestError("request.invalid", f"there is no field `{field}`", hint)
        case _ if path[0] == "params" and len(path) > 1:
            return RequestError(
                "request.invalid",
                f"the value of `{field}` cannot be a parameter",
                "a parameter is text, a number, true, false or null",
            )
        case _:
            text = error["msg"]
            return RequestError(
                "request.invalid", f"the field `{field}` is not valid: {text[:1].lower()}{text[1:]}"
            )


def idempotency_key(request: Request) -> str | None:
    """What the caller calls a change, so that sending it again makes it no second time."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise RequestError("request.invalid", f"`Idempotency-Key` is not of 1 to {LONGEST_KEY} characters")
    return key
