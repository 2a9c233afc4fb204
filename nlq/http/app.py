"""The application: routes, problems, documentation, start and end."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

import nlq
from nlq.build.frozen import require_built
from nlq.demo.named import find_demo
from nlq.errors import NlqError, RequestError, SettingsError
from nlq.garbage import leave_out_what_is_there
from nlq.http import console, mutate
from nlq.http.bugs import CatchBugs, without_query
from nlq.http.caller import require_consistent
from nlq.http.hot import HotRoutes, is_hot
from nlq.http.known import KnownQuestions
from nlq.http.metrics import Measured, Metrics, figures_of
from nlq.http.problem import problem
from nlq.http.queries import open_queries
from nlq.http.queries import router as queries_router
from nlq.http.routes import Door, router
from nlq.http.shapes import Problem
from nlq.http.trace import Traced
from nlq.http.work import Workers
from nlq.identity import Authentication, open_authentication, require_declared
from nlq.identity.loopback import is_loopback
from nlq.service import Service
from nlq.settings import Settings, load
from nlq.wire import open_service

CLOSING_S = 2.0
"""How long giving back connections may take."""

_HERE = Path(__file__).parent
_PAGE = {"/docs": ("docs.html", "text/html"), "/docs/docs.js": ("docs.js", "text/javascript")}
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
}


def app_from_environment() -> FastAPI:
    """The application that `nlq.toml` here and the `NLQ_*` variables describe.

    Ends the process with status 1 and a message where it cannot be: whoever imports it is a server.
    """
    try:
        app = open_app(find_demo(load(Path.cwd(), os.environ)))
    except NlqError as error:
        raise SystemExit(f"nlq: {error} ({error.code})") from None
    leave_out_what_is_there()
    return app


def open_app(settings: Settings) -> FastAPI:
    """The application for these settings.

    Raises `settings.no_policy` and all that `open_service` and `create_app` raise.
    """
    require_policy(settings)
    require_consistent(settings, open_authentication(settings))
    service = open_service(settings, serving=True)
    try:
        if settings.frozen:
            require_built(service, Path(settings.cache_dir))
        return create_app(service)
    except NlqError:
        service.close()
        raise


def require_policy(settings: Settings) -> None:
    """Refuse to serve everything to everyone, unless that was asked for.

    Raises `settings.no_policy`.
    """
    if not (settings.policy or settings.models or settings.open):
        raise SettingsError(
            "settings.no_policy",
            "there is no policy, and without one everyone who reaches the server could read everything",
            "name one with `--policy`, or say `--open` if that is meant",
        )


def create_app(service: Service) -> FastAPI:
    """The application that answers with `service`, and closes it in the end.

    Raises `settings.invalid` where the settings of who asks contradict each other, and `policy.invalid`
    where no credentials could bring a claim that a rule needs.
    """
    authentication = open_authentication(service.settings)
    require_consistent(service.settings, authentication)
    if authentication is not None:
        require_declared(service.policy)
    workers = Workers(requests=service.settings.request_limit)
    known = KnownQuestions(service, workers)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        known.open()
        if service.settings.effects:
            service.outbox.start()
        yield
        service.outbox.stop()
        workers.cancel_all()
        console.chart.DRAWER.close()
        known.close()
        closing = Thread(target=service.close, daemon=True)
        closing.start()
        # A model that is being loaded makes it wait; the end of the process closes it too.
        await asyncio.to_thread(closing.join, CLOSING_S)

    # The documentation that FastAPI brings loads its script from another host.
    app = Application(
        title="nlq", version=nlq.__version__, docs_url=None, redoc_url=None, lifespan=lifespan
    )
    app.state.door = Door(service, workers, authentication)
    app.state.known = known
    app.state.queries = open_queries(service)
    app.include_router(router)
    app.include_router(queries_router)
    app.include_router(mutate.router)
    app.include_router(console.router)
    console.add_page(app)
    for path in _PAGE:
        app.add_api_route(path, _page, include_in_schema=False)
    app.add_exception_handler(NlqError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    # FastAPI's own way to extend it.
    app.openapi = lambda: _openapi(app, authentication)  # type: ignore[method-assign]
    hot: ASGIApp = HotRoutes(app.state.door, known, app.state.queries)
    if _is_local(service.settings):
        app.add_middleware(OnlyLocalNames)
        hot = OnlyLocalNames(hot)
    app.add_middleware(CatchBugs)
    app.hot = CatchBugs(hot)
    if service.settings.metrics:
        metrics = Metrics(workers, known)
        app.hot = Measured(app.hot, metrics)
        app.add_middleware(Measured, metrics=metrics)
        app.add_api_route("/metrics", figures_of(metrics), include_in_schema=False)
    app.hot = Traced(app.hot)
    logging.getLogger("uvicorn.access").addFilter(without_query)
    return app


class Application(FastAPI):
    """FastAPI for all but the hot routes, which pass it by, with what protects both before them."""

    hot: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        if self.hot is not None and is_hot(scope):
            await self.hot(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


async def _page(request: Request) -> Response:
    name, media_type = _PAGE[request.url.path]
    return FileResponse(_HERE / name, media_type=media_type, headers=_PAGE_HEADERS)


async def _on_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NlqError)
    return problem(error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    """What the router itself refuses."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        known = RequestError(
            "request.not_found", "there is nothing at this address", "`/docs` lists what is"
        )
    elif error.status_code == 405:
        known = RequestError(
            "request.invalid", f"`{request.method}` is not for this address", "see `/docs`"
        )
    else:
        known = RequestError("request.invalid", str(error.detail)[:1].lower() + str(error.detail)[1:])
    return problem(known, status=error.status_code, headers=error.headers)


def _openapi(app: FastAPI, authentication: Authentication | None) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title="nlq",
            version=nlq.__version__,
            summary="Plain English in, permission-checked SQL out.",
            routes=app.routes,
        )
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = {
                    "description": "A problem: see `code` and `hint`",
                    "content": {"application/problem+json": reference},
                }
        if authentication is not None:
            document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"bearer": []}, {}]  # without, a caller is anonymous
        app.openapi_schema = document
    return app.openapi_schema


def _is_local(settings: Settings) -> bool:
    """Whether the server trusts its callers because they are on its own machine."""
    return (settings.open or settings.dev) and is_loopback(settings.host)


class OnlyLocalNames:
    """Refuses requests by a name that is not of this machine.

    A page in the browser of the person who runs us may be of a host whose name its owner lets resolve
    to 127.0.0.1: to the browser it and we are then of one origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http":
            host = Request(scope).headers.get("host", "")
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            if not is_loopback(name):
                error = RequestError(
                    "request.invalid",
                    "this server answers only to names of its own machine",
                    "use `localhost`, or serve with `--host` and a policy",
                )
                await problem(error, status=421)(scope, receive, send)
                return
        await self._app(scope, receive, send)
