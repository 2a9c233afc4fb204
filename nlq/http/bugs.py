"""Errors that nobody foresaw: callers are told nothing, the log where it was, and neither a value."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlq.errors import NlqError, whereabouts
from nlq.http.problem import problem

_LOG = logging.getLogger("nlq.http")


def bug() -> NlqError:
    """All that a caller is told of an error that we did not foresee."""
    return NlqError(
        "internal.error", "something went wrong that should not", "tell those who run the server"
    )


def log_bug(error: BaseException) -> None:
    """Tell those who run the server where it was."""
    _LOG.error("a bug of nlq: %s", whereabouts(error))


class CatchBugs:
    """Ends a request in good order whatever happens. A server would log the error with its words."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001  # a door: behind it, there is only the server
            log_bug(error)
            if not has_begun:
                await problem(bug())(scope, receive, send)


def without_query(record: logging.LogRecord) -> bool:
    """True, for every record of uvicorn's log of requests, less what follows `?`: values, maybe a token."""
    match record.args:
        case (client, method, str(path), version, status):
            record.args = (client, method, path.partition("?")[0], version, status)
    return True
