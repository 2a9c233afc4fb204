"""Figures for Prometheus: requests, how long they and their stages took, what runs and what waits.

Made only with the setting `metrics`, so that they cost nothing otherwise. No figure holds a name or a value
of a caller or of the database.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlq.errors import SettingsError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from nlq.http.known import KnownQuestions
    from nlq.http.work import Workers

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""The upper bounds of the histograms' buckets."""

STAGES = ("plan", "guard", "engine", "total")

_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
_OTHER = "other"


class Metrics:
    """The figures of one application."""

    def __init__(self, workers: Workers, known: KnownQuestions) -> None:
        """Raises `settings.missing_extra`."""
        try:
            import prometheus_client as prometheus
        except ImportError as error:
            raise SettingsError(
                "settings.missing_extra",
                "the setting `metrics` needs an optional part of the installation",
                'run `pip install "nlq[metrics]"`',
            ) from error
        self._prometheus = prometheus
        self._registry = prometheus.CollectorRegistry()
        own: Any = {"registry": self._registry}
        self._requests = prometheus.Counter(
            "nlq_requests",
            "Requests by route and status of the reply",
            ("method", "route", "status"),
            **own,
        )
        self._seconds = prometheus.Histogram(
            "nlq_request_seconds", "From a request's head to the end of its reply", ("route",),
            buckets=SECONDS, **own,
        )  # fmt: skip
        stages = prometheus.Histogram(
            "nlq_stage_seconds",
            "Stages of questions that were answered",
            ("stage",),
            buckets=SECONDS,
            **own,
        )
        self._stages = {stage: stages.labels(stage) for stage in STAGES}
        for name, text, read in (
            ("nlq_requests_running", "Requests that are worked on", workers.count),
            ("nlq_tasks", "Tasks of the event loop", lambda: len(asyncio.all_tasks())),
            ("nlq_postgres_connections", "Connections for known questions", lambda: known.load()[0]),
            ("nlq_postgres_idle", "Those of them that nobody uses", lambda: known.load()[1]),
            ("nlq_postgres_waiting", "Requests that wait for one", lambda: known.load()[2]),
        ):
            # Of several processes, their sum.
            gauge = prometheus.Gauge(name, text, multiprocess_mode="livesum", **own)
            if not _is_shared():
                gauge.set_function(read)

    def render(self) -> tuple[bytes, str]:
        """All figures, and their media type; of all processes where they share a directory."""
        from prometheus_client import CONTENT_TYPE_LATEST, multiprocess

        registry: CollectorRegistry = self._registry
        if _is_shared():
            registry = self._prometheus.CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return self._prometheus.generate_latest(registry), CONTENT_TYPE_LATEST

    def note(self, scope: Scope, status: int, seconds: float, stages: str) -> None:
        """One request more. `stages` is the header `Server-Timing` of its reply."""
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)
        for stage in stages.split(", ") if stages else ():
            name, _, duration = stage.partition(";dur=")
            if name in self._stages:
                self._stages[name].observe(float(duration) / 1000)


class Measured:
    """An application whose requests are noted."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        head: dict[str, Any] = {"status": 500, "headers": ()}
        is_noted = False

        def note() -> None:
            nonlocal is_noted
            if not is_noted:
                is_noted = True
                timing = next((v for k, v in head["headers"] if k == b"server-timing"), b"").decode()
                self._metrics.note(scope, head["status"], time.perf_counter() - started, timing)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            await send(message)
            # At once, and not when the application has ended: whoever has read a reply finds it counted.
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                note()

        try:
            await self._app(scope, receive, watch)
        finally:
            note()


def figures_of(metrics: Metrics) -> Callable[[], Awaitable[Response]]:
    """The route that gives the figures."""

    async def figures() -> Response:
        content, media_type = metrics.render()
        return Response(content, headers={"cache-control": "no-store"}, media_type=media_type)

    return figures


def _route(scope: Scope) -> str:
    """The route as it is declared, without what callers put into it."""
    route = scope.get("route")
    if route is not None:
        return str(getattr(route, "path", _OTHER))
    path = str(scope["path"])
    return "/query" if path == "/query" else "/queries/{name}" if path.startswith("/queries/") else _OTHER


def _is_shared() -> bool:
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ
