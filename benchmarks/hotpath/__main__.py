"""The hot path against a hand-written endpoint; subjects in turn, ratios of each round.

python -m benchmarks.hotpath [--rounds 5] [--seconds 2] [--json] [--postgraphile PATH] [--pgbouncer PATH]

The two are programs that are no part of this project: `npm install --prefix DIRECTORY postgraphile@4` has
the one, Debian the other.
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
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from benchmarks.hotpath.world import CUSTOMERS, QUESTION, World, make_world

LOADS = ((1, 0), (16, 0), (64, 0), (64, 1000))
"""Connections that ask, and connections that do not."""

FACTORY = ("--factory", "nlq.http:app_from_environment", "--http", "nlq.http.protocol:OnePacketProtocol")
"""As `nlq serve` has it."""

BASELINE = "FastAPI, psycopg, Pydantic by hand"


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that runs, and the request that it is asked."""

    name: str
    port: int
    requests: list[bytes]
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
    parser.add_argument("--postgraphile", default="", help="the program, to be measured too")
    parser.add_argument("--pgbouncer", default="", help="the program, to be asked through")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as directory, ExitStack() as opened:
        world = make_world(Path(directory).absolute())
        opened.callback(world.close)
        subjects = [opened.enter_context(subject) for subject in _subjects(world)]
        if given.postgraphile:
            subjects.insert(1, opened.enter_context(_serve_postgraphile(world, given.postgraphile)))
        if given.pgbouncer:
            pooled = opened.enter_context(_pooling(world, given.pgbouncer))
            ours = {**_settings(world), "NLQ_DB": pooled}
            through = serving("`POST /query` through PgBouncer", FACTORY, ours, ask_of(world))
            subjects.append(opened.enter_context(through))
        for subject in subjects:
            found = _measure(world, subject, (8, 0), 0.5)  # every statement prepared, every cache warm
            assert not found["failed"], (subject.name, found)
        results = [
            {"load": load, "round": number, "subject": subject.name}
            | _measure(world, subject, load, given.seconds)
            for number in range(given.rounds)
            for load in LOADS
            for subject in subjects
        ]
    print(json.dumps(results, indent=1) if given.json else to_markdown(results))


def _subjects(world: World) -> Iterator[Any]:
    ours, ask = _settings(world), ask_of(world)
    log = world.directory / "audit"
    log.mkdir()
    audits = [{"NLQ_AUDIT": str(log / f"{number}.jsonl")} for number in range(3)]
    hand = {"BENCH_DB": world.url, "BENCH_KEY_HASH": hashlib.sha256(world.bearer.encode()).hexdigest()}
    get = [_request("GET", f"/customers/{c}/orders", world.bearer) for c in CUSTOMERS]
    yield serving(BASELINE, ("benchmarks.hotpath.baseline:app",), hand, get)
    yield serving("`POST /query`, all on", FACTORY, {**ours, **audits[0]}, ask)
    unsynced = {**ours, **audits[1], "NLQ_AUDIT_SYNC": "false"}
    yield serving("the same, not waiting for the disk", FACTORY, unsynced, ask)
    yield serving("the same without the audit log", FACTORY, ours, ask)
    unguarded = {k: v for k, v in ours.items() if k not in ("NLQ_POLICY", "NLQ_AUTH_KEYS")}
    anybody = [_request("POST", "/query", "", _body(c)) for c in CUSTOMERS]
    yield serving("nor policy, nor keys", FACTORY, {**unguarded, "NLQ_OPEN": "true"}, anybody)
    by_name = [_request("GET", f"/queries/last_orders?customer={c}", world.bearer) for c in CUSTOMERS]
    yield serving("`GET /queries/{name}`, all on", FACTORY, {**ours, **audits[2]}, by_name)
    yield serving("by its name, without the audit log", FACTORY, ours, by_name)
    yield serving("and with `metrics`", FACTORY, {**ours, "NLQ_METRICS": "true"}, by_name)
    yield serving("and with traces", ("--factory", "benchmarks.hotpath.traced:app"), ours, by_name)
    yield serving("a route that does nothing", ("benchmarks.hotpath.ceiling:app",), {}, ask)


@contextmanager
def _serve_postgraphile(world: World, program: str) -> Iterator[Subject]:
    """A peer: it makes SQL of GraphQL. Here it checks no key and knows no rule."""
    query = """{ customerById(id: %d) { name ordersByCustomerId(first: 20, orderBy: PLACED_DESC)
        { nodes { id total placed note } } } }"""
    asked = [_request("POST", "/graphql", "", json.dumps({"query": query % c}).encode()) for c in CUSTOMERS]
    port, directory = free_port(), world.url.rpartition("host=")[2]
    url = f"postgresql://postgres@{quote(directory, safe='')}/postgres"
    command = [program, "-c", url, "--port", str(port), "--disable-graphiql", "--disable-query-log",
               "--max-pool-size", "8"]  # fmt: skip
    with _started("PostGraphile", command, {"NODE_ENV": "production"}, port) as process:
        yield Subject("PostGraphile, neither keys nor rules", port, asked, process)


@contextmanager
def _pooling(world: World, program: str) -> Iterator[str]:
    """The URL of a pooler that hands sessions on after each transaction."""
    port, host = free_port(), world.url.rpartition("host=")[2]
    configuration = f"""[databases]
postgres = host={host} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 200
"""
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(configuration)
        file.flush()
        Path(file.name).chmod(0o644)
        with _started("PgBouncer", [program, "-u", "nobody", file.name], {}, port):
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


def serve_ours(world: World) -> Any:
    """A server with all that it protects with, as a context."""
    log = world.directory / "soak"
    log.mkdir()
    settings = {**_settings(world), "NLQ_AUDIT": str(log / "1.jsonl"), "NLQ_METRICS": "true"}
    return serving("soak", FACTORY, settings, [])


def ask_of(world: World) -> list[bytes]:
    """The requests of the question, of one customer each."""
    return ask_with(world.bearer)


def ask_with(bearer: str) -> list[bytes]:
    """The same with this key."""
    return [_request("POST", "/query", bearer, _body(customer)) for customer in CUSTOMERS]


def _body(customer: int) -> bytes:
    return json.dumps({"question": QUESTION, "params": {"customer": customer}}).encode()


def _settings(world: World) -> dict[str, str]:
    return {
        "NLQ_DB": world.url,
        "NLQ_POLICY": str(world.directory / "policy.toml"),
        "NLQ_FROZEN": "true",
        "NLQ_CACHE_DIR": str(world.directory / "cache"),
        "NLQ_AUTH_KEYS": str(world.directory / "keys.json"),
    }


def _request(method: str, path: str, bearer: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n"
    head += f"authorization: Bearer {bearer}\r\n" if bearer else ""
    if body:
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


@contextmanager
def serving(
    name: str, application: tuple[str, ...], environment: dict[str, str], requests: list[bytes]
) -> Iterator[Subject]:
    """An application, served until the context ends."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--no-access-log", "--log-level",
               "warning", "--loop", "uvloop", "--http", "httptools", *application]  # fmt: skip
    with _started(name, command, environment, port) as process:
        yield Subject(name, port, requests, process)


@contextmanager
def _started(
    name: str, command: list[str], environment: dict[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A process, once it listens. What is not ours is not heard: it greets."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NLQ_")}
    heard = None if command[0] == sys.executable else subprocess.DEVNULL
    process = subprocess.Popen(command, env={**inherited, **environment}, stdout=heard, stderr=heard)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, name
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _measure(world: World, subject: Subject, load: tuple[int, int], seconds: float) -> dict[str, Any]:
    before = world.cpu_seconds()
    found = measure_subject(subject, load, seconds)
    return {**found, "database_us": (world.cpu_seconds() - before) / found["requests"] * 1e6}


def measure_subject(subject: Subject, load: tuple[int, int], seconds: float) -> dict[str, Any]:
    """What `benchmarks.hotpath.load` finds, a second and by the processor's time in the server."""
    before = subject.cpu_seconds()
    command = (sys.executable, "-m", "benchmarks.hotpath.load", str(subject.port), str(load[0]))
    output = subprocess.run(
        [*command, str(seconds), str(load[1])], input=as_input(subject.requests), stdout=subprocess.PIPE,
        check=True, timeout=seconds + 30,
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(output)
    used = subject.cpu_seconds() - before
    return {
        **found,
        "rate": found["requests"] / found["seconds"],
        "cpu_us": used / found["requests"] * 1e6,
    }


def as_input(requests: list[bytes]) -> bytes:
    """What `benchmarks.hotpath.load` reads."""
    return json.dumps([request.decode("latin-1") for request in requests]).encode()


def to_markdown(results: list[dict[str, Any]]) -> str:
    """A table for each number of connections: medians, and ratios of rounds to the hand-written one's."""
    lines = []
    for load in LOADS:
        here = [r for r in results if r["load"] == load]
        rounds = {r["round"] for r in here}
        base = {n: next(r for r in here if r["round"] == n and r["subject"] == BASELINE) for n in rounds}
        beside = f", and {load[1]:,} that do not ask" if load[1] else ""
        lines += [f"**{load[0]} connections{beside}**", "",
                  "| | requests/s | ratio (min-max) | p50 ms | p99 ms | CPU µs | its ratio | Postgres µs |",
                  "|---|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
        names = tuple(dict.fromkeys(r["subject"] for r in here))
        for name in names:
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
        failed = Counter({name: sum(r["failed"] for r in here if r["subject"] == name) for name in names})
        which = ": " + "; ".join(f"{name} {n}" for name, n in failed.items() if n) if failed.total() else ""
        lines += [
            "",
            f"{failed.total()} of {sum(r['requests'] for r in here):,} requests failed{which}.",
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
