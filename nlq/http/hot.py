"""`POST /query` without a framework: the way of what is asked most. It says what `routes` says."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from nlq.errors import NlqError
from nlq.http.known import KnownQuestions, Reply
from nlq.http.problem import problem
from nlq.http.reply import server_timing
from nlq.http.routes import Door, answer_query

_JSON = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


def is_hot(scope: Scope) -> bool:
    """Whether the request is for a route that is here."""
    return (scope["type"], scope.get("method"), scope.get("path")) == ("http", "POST", "/query")


class HotRoutes:
    """The application of the hot routes."""

    def __init__(self, door: Door, known: KnownQuestions) -> None:
        self._door = door
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        try:
            found = await answer_query(Request(scope, receive), self._door, self._known)
        except NlqError as error:
            found = problem(error)
        if isinstance(found, Reply):
            await _send(found, send)
        else:
            await found(scope, receive, send)


async def _send(reply: Reply, send: Send) -> None:
    headers = [
        *_JSON,
        (b"content-length", b"%d" % len(reply.body)),
        (b"server-timing", server_timing(reply.timings)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
