"""Stages as spans of OpenTelemetry, where those who run the server have set it up.

The span of the request itself is FastAPI's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from opentelemetry import trace

_TRACER = trace.get_tracer("nlq")


def is_traced() -> bool:
    """Whether anybody takes spans. Asked for each request: it costs less than one of them."""
    return type(trace.get_tracer_provider()) is not trace.ProxyTracerProvider


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
