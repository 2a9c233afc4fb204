"""The server under half of its load while its database is restarted and its connections are ended.

python -m benchmarks.hotpath.soak [SECONDS]
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg

from benchmarks.hotpath.__main__ import serve_ours
from benchmarks.hotpath.world import CUSTOMER, QUESTION, World, make_world

ASKERS = 24
PAUSE_S = 0.03
"""Between two questions of an asker."""

EVERY_S = 5.0
"""Between two disturbances."""


async def main(seconds: float) -> None:
    """Print statuses, codes of problems, memory and open files at the beginning and at the end."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as directory:
        world = make_world(Path(directory).absolute())
        try:
            with serve_ours(world) as subject:
                seen: Counter[str] = Counter()
                latencies: list[tuple[float, float]] = []
                until = time.monotonic() + seconds
                await _ask_all(world, subject.port, time.monotonic() + 3, Counter(), [])
                before = _resources(subject.process.pid)
                disturbing = asyncio.create_task(_disturb(world, until))
                await _ask_all(world, subject.port, until, seen, latencies)
                done = await disturbing
                print(json.dumps({
                    "seen": dict(seen), "disturbances": dict(done), "before": before,
                    "after": _resources(subject.process.pid),
                    "p99_ms": [_p99(latencies, until - seconds, until, part) for part in range(4)],
                }, indent=1))  # fmt: skip
        finally:
            world.close()


async def _ask_all(
    world: World, port: int, until: float, seen: Counter[str], latencies: list[tuple[float, float]]
) -> None:
    headers = {"authorization": f"Bearer {world.bearer}"}
    limits = httpx.Limits(max_connections=ASKERS)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits
    ) as client:
        await asyncio.gather(*(_ask(client, n, until, seen, latencies) for n in range(ASKERS)))


async def _ask(
    client: httpx.AsyncClient,
    number: int,
    until: float,
    seen: Counter[str],
    latencies: list[tuple[float, float]],
) -> None:
    body = {"question": QUESTION, "params": {"customer": CUSTOMER}}
    while time.monotonic() < until:
        started = time.monotonic()
        # Some go away before they are answered.
        patience = 0.002 if number == 0 else 30.0
        try:
            reply = await client.post("/query", json=body, timeout=patience)
            seen["200" if reply.status_code == 200 else str(reply.json().get("code"))] += 1
            latencies.append((started, time.monotonic() - started))
        except httpx.TransportError as error:
            seen["gave up" if number == 0 else type(error).__name__] += 1
        await asyncio.sleep(PAUSE_S * random.random() * 2)  # nothing is decided by it


async def _disturb(world: World, until: float) -> Counter[str]:
    done: Counter[str] = Counter()
    while time.monotonic() + EVERY_S < until:
        await asyncio.sleep(EVERY_S)
        if sum(done.values()) % 3 == 2:
            await asyncio.to_thread(world.cluster.stop)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(world.cluster.start)
            done["restarts"] += 1
        else:
            with suppress(psycopg.Error):
                await asyncio.to_thread(_end_connections, world.url)
            done["connections ended"] += 1
    return done


def _end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _resources(pid: int) -> dict[str, int]:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return {
        "resident_mb": pages * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "open_files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
    }


def _p99(latencies: list[tuple[float, float]], begin: float, end: float, part: int) -> float:
    """Of one quarter of the time."""
    quarter = (end - begin) / 4
    own = sorted(s for at, s in latencies if begin + part * quarter <= at < begin + (part + 1) * quarter)
    return round(own[int(len(own) * 0.99)] * 1000, 1) if own else 0.0


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
