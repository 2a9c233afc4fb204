"""`POST /query` and `/queries/{name}` without a framework: the way of what is asked most.

They say what `routes` and `queries` say, by the same functions.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nlq.build.named import NamedQueries
from nlq.errors import NlqError
from nlq.http.known import KnownQuestions, Reply
from nlq.http.problem import problem
from nlq.http.queries import answer_named
from nlq.http.reply import server_timing
from nlq.http.routes import Door, answer_query

_QUERIES = "/queries/"
_JSON = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


def is_hot(scope: Scope) -> bool:
    """Whether the request is for a route that is here."""
    if scope["type"] != "http":
        return False
    method, path = scope["method"], scope["path"]
    return (path == "/query" and method == "POST") or (
        method in ("GET", "POST") and path.startswith(_QUERIES) and path.find("/", len(_QUERIES)) < 0
        and len(path) > len(_QUERIES)
    )  # fmt: skip


class HotRoutes:
    """The application of the hot routes."""

    def __init__(self, door: Door, known: KnownQuestions, named: NamedQueries) -> None:
        self._door = door
        self._known = known
        self._named = named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        try:
            found = await self._answer(Request(scope, receive))
        except NlqError as error:
            found = problem(error)
        if isinstance(found, Reply):
            await _send(found, send)
        else:
            await found(scope, receive, send)

    async def _answer(self, request: Request) -> Response | Reply:
        path = request.scope["path"]
        if path == "/query":
            return await answer_query(request, self._door, self._known)
        name = path[len(_QUERIES) :]
        return await answer_named(request, self._door, self._named, self._known, name)


async def _send(reply: Reply, send: Send) -> None:
    headers = [
        *_JSON,
        (b"content-length", b"%d" % len(reply.body)),
        (b"server-timing", server_timing(reply.timings)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
