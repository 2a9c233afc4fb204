"""The hot path against a hand-written endpoint; subjects in turn, ratios of each round.

python -m benchmarks.hotpath [--rounds 5] [--seconds 2] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.hotpath.world import CUSTOMER, QUESTION, World, make_world

CONNECTIONS = (1, 16, 64)
BASELINE = "FastAPI, psycopg, Pydantic by hand"


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that runs, and the request that it is asked."""

    name: str
    port: int
    request: bytes
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """What the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as directory, ExitStack() as opened:
        world = make_world(Path(directory).absolute())
        opened.callback(world.close)
        subjects = [opened.enter_context(subject) for subject in _subjects(world)]
        for subject in subjects:
            found = _measure(world, subject, 8, 0.5)  # every statement prepared, every cache warm
            assert not found["failed"], (subject.name, found)
        results = [
            {"connections": connections, "round": number, "subject": subject.name}
            | _measure(world, subject, connections, given.seconds)
            for number in range(given.rounds)
            for connections in CONNECTIONS
            for subject in subjects
        ]
    print(json.dumps(results, indent=1) if given.json else to_markdown(results))


def _subjects(world: World) -> Iterator[Any]:
    ours = _settings(world)
    ask = ask_of(world)
    log = world.directory / "audit"
    log.mkdir()
    factory = ("--factory", "nlq.http:app_from_environment")
    hand = {"BENCH_DB": world.url, "BENCH_KEY_HASH": hashlib.sha256(world.bearer.encode()).hexdigest()}
    get = _request("GET", f"/customers/{CUSTOMER}/orders", world.bearer)
    yield serving(BASELINE, ("benchmarks.hotpath.baseline:app",), hand, get)
    yield serving("`POST /query`, all on", factory, {**ours, "NLQ_AUDIT": str(log / "1.jsonl")}, ask)
    unsynced = {**ours, "NLQ_AUDIT": str(log / "2.jsonl"), "NLQ_AUDIT_SYNC": "false"}
    yield serving("the same, not waiting for the disk", factory, unsynced, ask)
    yield serving("the same without the audit log", factory, ours, ask)
    by_name = _request("GET", f"/queries/last_orders?customer={CUSTOMER}", world.bearer)
    yield serving("`GET /queries/{name}` without it", factory, ours, by_name)
    figures = {**ours, "NLQ_METRICS": "true"}
    yield serving("the same with `metrics`", factory, figures, by_name)
    yield serving("a route that does nothing", ("benchmarks.hotpath.ceiling:app",), {}, ask)


def serve_ours(world: World) -> Any:
    """A server with all that it protects with, as a context."""
    log = world.directory / "soak"
    log.mkdir()
    settings = {**_settings(world), "NLQ_AUDIT": str(log / "1.jsonl"), "NLQ_METRICS": "true"}
    return serving("soak", ("--factory", "nlq.http:app_from_environment"), settings, b"")


def ask_of(world: World) -> bytes:
    """The request of the question."""
    body = json.dumps({"question": QUESTION, "params": {"customer": CUSTOMER}}).encode()
    return _request("POST", "/query", world.bearer, body)


def _settings(world: World) -> dict[str, str]:
    return {
        "NLQ_DB": world.url,
        "NLQ_POLICY": str(world.directory / "policy.toml"),
        "NLQ_FROZEN": "true",
        "NLQ_CACHE_DIR": str(world.directory / "cache"),
        "NLQ_AUTH_KEYS": str(world.directory / "keys.json"),
    }


def _request(method: str, path: str, bearer: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {bearer}\r\n"
    if body:
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


@contextmanager
def serving(
    name: str, application: tuple[str, ...], environment: dict[str, str], request: bytes
) -> Iterator[Subject]:
    """An application, served until the context ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *application, "--port", str(port), "--no-access-log",
         "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"],
        env={**{k: v for k, v in os.environ.items() if not k.startswith("NLQ_")}, **environment},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, name
                time.sleep(0.1)
        yield Subject(name, port, request, process)
    finally:
        process.terminate()
        process.wait()


def _measure(world: World, subject: Subject, connections: int, seconds: float) -> dict[str, Any]:
    before, database = subject.cpu_seconds(), world.cpu_seconds()
    command = (sys.executable, "-m", "benchmarks.hotpath.load", str(subject.port), str(connections))
    output = subprocess.run(
        [*command, str(seconds)], input=subject.request, stdout=subprocess.PIPE, check=True,
        timeout=seconds + 30,
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(output)
    used = subject.cpu_seconds() - before
    in_database = world.cpu_seconds() - database
    return {
        **found,
        "rate": found["requests"] / found["seconds"],
        "cpu_us": used / found["requests"] * 1e6,
        "database_us": in_database / found["requests"] * 1e6,
    }


def to_markdown(results: list[dict[str, Any]]) -> str:
    """A table for each number of connections: medians, and ratios of rounds to the hand-written one's."""
    lines = []
    for connections in CONNECTIONS:
        here = [r for r in results if r["connections"] == connections]
        rounds = {r["round"] for r in here}
        base = {n: next(r for r in here if r["round"] == n and r["subject"] == BASELINE) for n in rounds}
        lines += [f"### {connections} connections", "",
                  "| | requests/s | ratio (min-max) | p50 ms | p99 ms | CPU µs | its ratio | Postgres µs |",
                  "|---|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
        for name in dict.fromkeys(r["subject"] for r in here):
            own = [r for r in here if r["subject"] == name]
            ratios = [r["rate"] / base[r["round"]]["rate"] for r in own]
            cpu = [base[r["round"]]["cpu_us"] / r["cpu_us"] for r in own]
            middle = {
                key: median(r[key] for r in own) for key in ("rate", "p50", "p99", "cpu_us", "database_us")
            }
            spread = f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
            lines.append(
                f"| {name} | {middle['rate']:,.0f} | {spread} | {middle['p50']:.2f} | {middle['p99']:.2f}"
                f" | {middle['cpu_us']:.0f} | {median(cpu):.2f} | {middle['database_us']:.0f} |"
            )
        failed = sum(r["failed"] for r in here)
        lines += ["", f"{failed} of {sum(r['requests'] for r in here):,} requests failed.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
