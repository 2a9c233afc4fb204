"""Asks one address over and over from so many connections, in a process of its own; prints JSON.

python -m benchmarks.hotpath.load PORT CONNECTIONS SECONDS [IDLE] < requests

The requests are a JSON array of texts, asked in turn. IDLE connections more are open, and ask nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import sys
import time
from typing import cast

import uvloop


class Asker(asyncio.Protocol):
    """One connection: the next request as soon as the last one is answered."""

    def __init__(self, requests: list[bytes], first: int, until: float, done: asyncio.Future[None]) -> None:
        self.latencies: list[float] = []
        self.failed = 0
        self._requests = itertools.cycle(requests[first:] + requests[:first])
        self._until, self._done = until, done
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Collect a reply; ask again."""
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if b"content-length: " not in head.lower():
            self.failed += 1
            self._transport.close()
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self._buffer = b""
        self.latencies.append(time.perf_counter() - self._sent)
        self.failed += not head.startswith(b"HTTP/1.1 200")
        if time.perf_counter() < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """It is over."""
        if not self._done.done():
            self._done.set_result(None)

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))


async def ask(
    port: int, connections: int, seconds: float, requests: list[bytes], idle: int
) -> dict[str, object]:
    """Requests, failures, seconds, and latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    waiting = [await loop.create_connection(asyncio.Protocol, "127.0.0.1", port) for _ in range(idle)]
    started = time.perf_counter()
    askers = []
    for number in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        asker = Asker(requests, number % len(requests), started + seconds, done)
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", port)  # type: ignore[misc]
        askers.append((asker, done))
    for _, done in askers:
        await done
    took = time.perf_counter() - started
    for transport, _ in waiting:
        transport.close()
    latencies = sorted(ms * 1000 for asker, _ in askers for ms in asker.latencies)
    return {
        "requests": len(latencies),
        "failed": sum(asker.failed for asker, _ in askers),
        "seconds": took,
        "p50": latencies[len(latencies) // 2],
        "p99": latencies[int(len(latencies) * 0.99)],
    }


if __name__ == "__main__":
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    idle = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    asked = [request.encode("latin-1") for request in json.load(sys.stdin)]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))
    uvloop.install()
    print(json.dumps(asyncio.run(ask(port, connections, seconds, asked, idle))))
