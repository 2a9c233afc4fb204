"""The server at half of what it can do, while its database and its clients do what they do in years.

python -m benchmarks.hotpath.soak [SECONDS]

Postgres is restarted, its connections are ended; clients vanish, send their request in pieces, do not read.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvloop

from benchmarks.hotpath.__main__ import as_input, ask_of, serve_ours
from benchmarks.hotpath.world import World, make_world

ASKERS = 32
PATIENCE_S = 40.0
"""When an asker says that nobody answers: longer than a statement may run."""

EVERY_S = 20.0
"""Between two disturbances; every third is a restart."""

AWAY_S = 0.5
"""How long a database that is restarted stays away."""

PARTS = 6
"""Into which the time is divided, to see whether anything grows."""

_CODE = re.compile(rb'"code": ?"([a-z_.]+)"')
_GAUGES = ("nlq_tasks", "nlq_requests_running", "nlq_postgres_connections", "nlq_postgres_waiting")


class Soak:
    """What is done, and what was seen."""

    def __init__(self, port: int, requests: list[bytes], seconds: float) -> None:
        self.port = port
        self.request = requests[0]
        self._requests = itertools.cycle(requests)
        self.begin = time.monotonic()
        self.until = self.begin + seconds
        self.seen: Counter[str] = Counter()
        self.disturbed: Counter[str] = Counter()
        self.latencies: list[list[float]] = [[] for _ in range(PARTS)]
        self.resources: list[dict[str, float]] = []

    def is_over(self) -> bool:
        """Whether it is time to end."""
        return time.monotonic() >= self.until

    def part(self) -> int:
        """In which part of the time this is."""
        return min(PARTS - 1, int((time.monotonic() - self.begin) / (self.until - self.begin) * PARTS))

    async def ask(self, pause: float) -> None:
        """Ask again and again on one connection, `pause` seconds from one request's begin to the next's."""
        reader = writer = None
        due = time.monotonic()
        while not self.is_over():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - 1)
            started = time.perf_counter()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                assert reader is not None
                writer.write(next(self._requests))
                async with asyncio.timeout(PATIENCE_S):
                    said = await _read_reply(reader)
            except (OSError, EOFError, TimeoutError) as error:
                said = type(error).__name__
                if writer is not None:
                    writer.close()
                writer = None
            self.seen[said] += 1
            if said == "200":
                self.latencies[self.part()].append(time.perf_counter() - started)
        if writer is not None:
            writer.close()

    async def vanish(self) -> None:
        """Ask, and go away before the answer."""
        while not self.is_over():
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(self.request)
                await asyncio.sleep(0.001)
                writer.transport.abort()
                self.disturbed["clients that vanished"] += 1
            await asyncio.sleep(0.1)

    async def send_slowly(self) -> None:
        """Ask in pieces, with pauses."""
        while not self.is_over():
            with suppress(OSError, EOFError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                for at in range(0, len(self.request), 64):
                    writer.write(self.request[at : at + 64])
                    await asyncio.sleep(0.5)
                self.disturbed[f"sent slowly: {await _read_reply(reader)}"] += 1
                writer.close()

    async def read_slowly(self) -> None:
        """Ask for many answers, and read none of them for a while."""
        while not self.is_over():
            with suppress(OSError):
                own = socket.socket()
                own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                own.setblocking(False)
                await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", self.port))
                for _ in range(50):
                    with suppress(BlockingIOError):
                        own.send(self.request)
                await asyncio.sleep(5)
                own.close()
                self.disturbed["clients that did not read"] += 1

    async def disturb(self, world: World) -> None:
        """End what Postgres has open, or Postgres."""
        done = 0
        while time.monotonic() + EVERY_S < self.until:
            await asyncio.sleep(EVERY_S)
            done += 1
            if done % 3 == 0:
                await asyncio.to_thread(world.cluster.stop)
                await asyncio.sleep(AWAY_S)
                await asyncio.to_thread(world.cluster.start)
                self.disturbed["restarts of Postgres"] += 1
            else:
                with suppress(psycopg.Error):
                    await asyncio.to_thread(_end_connections, world.url)
                self.disturbed["times that all connections were ended"] += 1

    async def look(self, pid: int) -> None:
        """Note what the server holds, at the begin and the end of each part."""
        length = (self.until - self.begin) / PARTS
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            for part in range(PARTS + 1):
                # Before the askers end, and when Postgres is not away.
                due = self.begin + max(2.0, part * length - 4)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                figures = (await client.get("/metrics")).text
                gauges = {name: float(_value(figures, name)) for name in _GAUGES}
                self.resources.append({**gauges, **_resources(pid)})

    def to_json(self) -> dict[str, Any]:
        """What is printed."""
        return {
            "minutes": round((self.until - self.begin) / 60, 1),
            "seen": dict(self.seen),
            "disturbed": dict(self.disturbed),
            "p50_ms": [_percentile(part, 0.5) for part in self.latencies],
            "p99_ms": [_percentile(part, 0.99) for part in self.latencies],
            "resources": self.resources,
        }


async def main(seconds: float) -> None:
    """Print statuses, codes of problems, latencies in parts of the time, and what the server holds."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as directory:
        world = make_world(Path(directory).absolute())
        try:
            with serve_ours(world) as subject:
                rate = await asyncio.to_thread(_saturate, subject.port, ask_of(world))
                soak = Soak(subject.port, ask_of(world), seconds)
                disturbing: list[Coroutine[Any, Any, None]] = [
                    soak.vanish(), soak.send_slowly(), soak.read_slowly(), soak.disturb(world),
                    soak.look(subject.process.pid),
                ]  # fmt: skip
                await asyncio.gather(*(soak.ask(ASKERS / (rate / 2)) for _ in range(ASKERS)), *disturbing)
                print(json.dumps({"requests_s_at_saturation": round(rate), **soak.to_json()}, indent=1))
        finally:
            world.close()


def _saturate(port: int, requests: list[bytes]) -> float:
    """Requests per second, as many as there can be."""
    command = [sys.executable, "-m", "benchmarks.hotpath.load", str(port), str(ASKERS), "5"]
    output = subprocess.run(command, input=as_input(requests), stdout=subprocess.PIPE, check=True).stdout
    found = json.loads(output)
    return float(found["requests"] / found["seconds"])


async def _read_reply(reader: asyncio.StreamReader) -> str:
    """The status of a reply, or the code of a problem; its body is read."""
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))  # type: ignore[index]
    if head.startswith(b"HTTP/1.1 200"):
        return "200"
    code = _CODE.search(body)
    return code[1].decode() if code else head[9:12].decode()


def _end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _value(figures: str, name: str) -> str:
    found = re.search(rf"^{name} (\S+)$", figures, re.MULTILINE)
    return found[1] if found else "nan"


def _resources(pid: int) -> dict[str, float]:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return {
        "resident_mb": pages * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "open_files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
    }


def _percentile(seconds: list[float], share: float) -> float:
    own = sorted(seconds)
    return round(own[int(len(own) * share)] * 1000, 1) if own else 0.0


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
