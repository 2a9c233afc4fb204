"""Stages as spans of OpenTelemetry, where those who run the server have set it up.

The span of the request itself is FastAPI's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from opentelemetry import trace

_TRACER = trace.get_tracer("nlq")


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


def trace_stages(timings: Mapping[str, float]) -> None:
    """Spans for the stages that have just ended, below the current span; `timings` in milliseconds."""
    if not is_traced():
        return
    end = time.time_ns()
    at = end - int(timings["total"] * 1e6)
    for stage in ("plan", "guard", "engine"):
        span = _TRACER.start_span(f"nlq {stage}", start_time=at)
        at += int(timings[stage] * 1e6)
        span.end(end_time=min(at, end))
