"""Where blocking work is done: in so many threads, and no longer than the client waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.types import Receive

from nlq.engine.base import Cancellation

THREADS = 32
"""More than `nlq.service.COMPILING`, so that compilations cannot hold them all."""

Result = TypeVar("Result")


class Workers:
    """Threads for requests; a request waits while all of them work."""

    def __init__(self, threads: int = THREADS) -> None:
        self._limiter = CapacityLimiter(threads)
        self._running: dict[int, Cancellation] = {}

    async def run(self, receive: Receive, work: Callable[[Cancellation], Result]) -> Result:
        """What `work` gives. `receive` tells when the client goes away; the body must have been read."""
        cancellation = Cancellation()
        self._running[id(cancellation)] = cancellation
        watcher = asyncio.create_task(_cancel_when_gone(receive, cancellation))
        try:
            return await to_thread.run_sync(work, cancellation, limiter=self._limiter)
        finally:
            watcher.cancel()
            del self._running[id(cancellation)]

    def cancel_all(self) -> None:
        """Stop all that runs."""
        for cancellation in list(self._running.values()):
            cancellation.cancel()


async def _cancel_when_gone(receive: Receive, cancellation: Cancellation) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    cancellation.cancel()
