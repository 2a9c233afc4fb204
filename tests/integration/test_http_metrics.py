"""Figures for Prometheus, and spans for OpenTelemetry."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from nlq.http import create_app
from nlq.service import Service

OpenShop = Callable[..., Service]
Serve = Callable[[FastAPI], httpx.Client]
COUNT = {"question": "How many customers are there?"}
STAGES = ("plan", "guard", "engine", "total")


def figures(client: httpx.Client) -> dict[str, float]:
    """What is counted."""
    reply = client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    return {
        name: float(value)
        for name, value in re.findall(r"^(nlq_[^ {]+(?:\{.*\})?) (\S+)$", reply.text, re.MULTILINE)
    }


def test_requests_and_stages_are_counted(open_shop: OpenShop, serve: Serve) -> None:
    client = serve(create_app(open_shop(open=True, metrics=True)))
    for _ in range(3):
        client.post("/query", json=COUNT)
    client.post("/query", json={})
    client.get("/plans/0000000000000000")
    client.get("/nowhere/at/all")
    client.delete("/query")
    found = figures(client)
    counted = {k: v for k, v in found.items() if k.startswith("nlq_requests_total")}
    assert counted == {
        'nlq_requests_total{method="POST",route="/query",status="200"}': 3,
        'nlq_requests_total{method="POST",route="/query",status="400"}': 1,
        'nlq_requests_total{method="GET",route="/plans/{id}",status="404"}': 1,
        'nlq_requests_total{method="GET",route="other",status="404"}': 1,
        'nlq_requests_total{method="other",route="/query",status="405"}': 1,
    }
    assert [found[f'nlq_stage_seconds_count{{stage="{stage}"}}'] for stage in STAGES] == [3] * 4
    assert (found["nlq_requests_running"], found["nlq_postgres_connections"]) == (0, 0)
    assert found['nlq_request_seconds_count{route="/query"}'] == 5


@pytest.mark.parametrize(
    ("request_", "counted"),
    [
        ("POST /query", 'method="POST",route="/query",status="200"'),
        ("POST /query HTTP/1.1\r\naccept: text/csv", 'method="POST",route="/query",status="200"'),
        ("GET /docs", 'method="GET",route="/docs",status="200"'),
    ],
    ids=["json", "csv", "file"],
)
def test_what_was_answered_is_counted(
    open_shop: OpenShop, serve: Serve, request_: str, counted: str
) -> None:
    """The second request is there before the first is answered, and begun as soon as that is."""
    client = serve(create_app(open_shop(open=True, metrics=True)))
    body = json.dumps(COUNT) if request_.startswith("POST") else ""
    first, _, header = request_.partition(" HTTP/1.1\r\n")
    head = f"host: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{header}"
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as sending:
        sending.sendall(
            f"{first} HTTP/1.1\r\n{head.strip()}\r\n\r\n{body}"
            "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
        )
        with sending.makefile("rb") as replies:
            assert f"nlq_requests_total{{{counted}}} 1.0" in replies.read().decode().splitlines()


def test_without_the_setting_there_are_none(open_shop: OpenShop, serve: Serve) -> None:
    assert serve(create_app(open_shop(open=True))).get("/metrics").status_code == 404


TRACED = """
import asyncio, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)

import httpx
from nlq.http import create_app
from nlq.settings import Settings
from nlq.wire import open_service

app = create_app(open_service(Settings(db=sys.argv[1], cache_dir=sys.argv[2], open=True, frozen=True)))

async def ask():
    app.state.known.open()
    statuses = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        asked = {"json": {"question": "How many customers are there?"}}
        caller = {"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}
        statuses.append(await client.post("/query", **asked))
        statuses.append(await client.post("/query", headers=caller, **asked))
        statuses.append(await client.get("/queries/none_such?who=Ana"))
    return [reply.status_code for reply in statuses]

print(asyncio.run(ask()))
found = spans.get_finished_spans()
names = {s.context.span_id: s.name for s in found}
for span in found:
    above = span.parent and names.get(span.parent.span_id, format(span.parent.span_id, "x"))
    print(above, ">", span.name, sorted(span.attributes.items()))
"""

_QUERY = [
    ("http.request.method", "POST"), ("http.response.status_code", 200), ("http.route", "/query"),
    ("url.path", "/query"), ("url.scheme", "http"),
]  # fmt: skip
_NAMED = [
    ("http.request.method", "GET"), ("http.response.status_code", 404),
    ("http.route", "/queries/{name}"), ("url.path", "/queries/none_such"), ("url.scheme", "http"),
]  # fmt: skip


def test_stages_are_spans_below_that_of_the_request(
    open_shop: OpenShop, shop: Path, tmp_path: Path
) -> None:
    open_shop().ask(COUNT["question"])
    # In a process of its own: a provider is set once.
    done = subprocess.run(
        [sys.executable, "-c", TRACED, f"duckdb:///{shop}", str(tmp_path / "cache")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "[200, 200, 404]",
        "POST /query > nlq plan []",
        "POST /query > nlq guard []",
        "POST /query > nlq engine []",
        f"None > POST /query {_QUERY}",
        "POST /query > nlq plan []",
        "POST /query > nlq engine []",  # it is known, and not guarded again
        f"123456789abcdef > POST /query {_QUERY}",
        f"None > GET /queries/{{name}} {_NAMED}",
    ], done.stderr


@pytest.mark.parametrize("vendor", ["prometheus_client", "opentelemetry.sdk"])
def test_serving_does_not_import_what_is_not_asked_for(vendor: str) -> None:
    code = f"import sys, nlq.http; print({vendor!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
