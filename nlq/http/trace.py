"""Requests and their stages as spans of OpenTelemetry, where those who run the server have set it up.

The spans of requests that FastAPI answers are FastAPI's. No span of ours holds a value: not even the part
of an address after `?`, which FastAPI's do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from opentelemetry import context, metrics, propagate, trace
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TRACER = trace.get_tracer("nlq")
_SECONDS = metrics.get_meter("nlq").create_histogram(
    "http.server.request.duration", "s", "Duration of HTTP server requests."
)

LOOK_S = 1.0
"""How long it is believed that somebody takes spans, or nobody: to ask costs more than other steps."""

_known: tuple[float, bool] = (0.0, False)


def is_traced() -> bool:
    """Whether anybody takes spans, or did so a moment ago."""
    global _known  # noqa: PLW0603  # as the provider is, which is one for the process
    now = time.monotonic()
    if now >= _known[0]:
        is_taken = type(trace.get_tracer_provider()) is not trace.ProxyTracerProvider
        _known = (now + LOOK_S, is_taken)
    return _known[1]


class Traced:
    """The hot routes, each request with a span, below the caller's where its headers name one.

    Attributes are those of OpenTelemetry's conventions for HTTP servers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if not is_traced():
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        route = "/query" if scope["path"] == "/query" else "/queries/{name}"
        about: dict[str, str | int] = {
            "http.request.method": method, "http.route": route, "url.scheme": scope.get("scheme", "http")
        }  # fmt: skip
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        parent = propagate.extract(headers)
        span = _TRACER.start_span(
            f"{method} {route}", parent, SpanKind.SERVER, {**about, "url.path": scope["path"]}
        )
        token = context.attach(trace.set_span_in_context(span, parent))
        status, started = 0, time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            if status:
                about["http.response.status_code"] = status
                span.set_attribute("http.response.status_code", status)
            if not status or status >= 500:
                about["error.type"] = str(status or "incomplete_response")
                span.set_attribute("error.type", about["error.type"])
                span.set_status(StatusCode.ERROR)
            _SECONDS.record(time.perf_counter() - started, about)
            context.detach(token)
            span.end()


def trace_stages(timings: Mapping[str, float]) -> None:
    """Spans for the stages that have just ended, below the current span; `timings` in milliseconds."""
    if not is_traced() or not trace.get_current_span().is_recording():
        return
    end = time.time_ns()
    at = end - int(timings["total"] * 1e6)
    for stage in ("plan", "guard", "engine"):
        if not timings[stage]:
            continue  # a known question is not guarded again
        span = _TRACER.start_span(f"nlq {stage}", start_time=at)
        at += int(timings[stage] * 1e6)
        span.end(end_time=min(at, end))
