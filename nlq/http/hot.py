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
from nlq.http.routes import Door, answer_query
from nlq.http.spool import CHUNK, send_chunk
from nlq.http.trace import is_traced, trace_stages

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


class Headers:
    """The headers of a request as Starlette gives them, each found by one look."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._first = dict(reversed(raw))

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value, the first one where there are several."""
        found = self._first.get(name.encode())
        return default if found is None else found.decode("latin-1")

    def getlist(self, name: str) -> list[str]:
        """All values."""
        key = name.encode()
        if key not in self._first:
            return []
        if len(self._first) == len(self._raw):
            return [self._first[key].decode("latin-1")]
        return [value.decode("latin-1") for found, value in self._raw if found == key]


class HotRequest(Request):
    """A request whose headers cost little."""

    @property
    def headers(self) -> Headers:  # type: ignore[override]  # what we ask of headers, it has
        """Its headers."""
        found: Headers | None = self.__dict__.get("_heads")
        if found is None:
            found = self.__dict__["_heads"] = Headers(self.scope["headers"])
        return found


class HotRoutes:
    """The application of the hot routes."""

    def __init__(self, door: Door, known: KnownQuestions, named: NamedQueries) -> None:
        self._door = door
        self._known = known
        self._named = named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        try:
            found = await self._answer(HotRequest(scope, receive))
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
    if is_traced():
        trace_stages(reply.timings.to_mapping())
    headers = [
        *_JSON,
        (b"content-length", b"%d" % len(reply.body)),
        (b"server-timing", reply.timings.to_header()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if len(reply.body) <= CHUNK:
        await send({"type": "http.response.body", "body": reply.body})
        return
    for at in range(0, len(reply.body), CHUNK):
        more = at + CHUNK < len(reply.body)
        await send_chunk(send, reply.body[at : at + CHUNK], more=more)
