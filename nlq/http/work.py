"""Where blocking work is done: in so many threads, and no longer than the client waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue
from threading import Lock, Semaphore, Thread
from typing import TypeVar

from starlette.types import Receive

from nlq.engine.cancellation import Cancellation
from nlq.errors import EngineError, RequestError

THREADS = 32
"""More than `nlq.compilations.COMPILING`, so that compilations cannot hold them all."""

PATIENCE_S = 0.05
"""How long a statement on the event loop runs, at least, before its client is watched."""

Result = TypeVar("Result")


class Workers:
    """Threads for requests; a request waits while all of them work.

    They are daemons, other than those of `asyncio` and `anyio`: a model that hangs must not keep a server
    from ending.
    """

    def __init__(self, threads: int = THREADS, requests: int = 0) -> None:
        """With `requests`, more of them at a time are refused: those that wait would wait ever longer."""
        self._most = threads
        self._requests = requests
        self._started = 0
        self._starting = Lock()
        self._idle = Semaphore(0)
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._running: dict[int, Cancellation] = {}
        self._unwatched: dict[int, _Admitted] = {}
        self._round: asyncio.TimerHandle | None = None

    async def run(self, receive: Receive, work: Callable[[Cancellation], Result]) -> Result:
        """What `work` gives. `receive` tells when the client goes away; the body must have been read.

        Raises what `work` raises, `request.busy`, and `engine.cancelled` where the server ends first.
        """
        cancellation = self._admit()
        watcher = asyncio.create_task(_cancel_when_gone(receive, cancellation))
        try:
            return await self.do(lambda: work(cancellation))
        except asyncio.CancelledError:
            cancellation.cancel()
            raise EngineError("engine.cancelled", "the server is being stopped", "try again") from None
        finally:
            watcher.cancel()
            del self._running[id(cancellation)]

    def cancellable(self, receive: Receive) -> AbstractContextManager[Cancellation]:
        """As in `run`, for what runs on the event loop itself; a client is looked for only after a while.

        Most replies are sent before: a task for each, or a timer, would cost them more than it gives. To
        enter raises `request.busy`.
        """
        return _Admitted(self, receive)

    def _enter(self, admitted: _Admitted) -> Cancellation:
        cancellation = self._admit()
        self._unwatched[id(admitted)] = admitted
        if self._round is None:
            self._round = asyncio.get_running_loop().call_later(PATIENCE_S, self._go_round)
        return cancellation

    def _leave(self, admitted: _Admitted, cancellation: Cancellation) -> None:
        self._unwatched.pop(id(admitted), None)
        del self._running[id(cancellation)]

    def _go_round(self) -> None:
        """Watch the clients of those that were there the last time; once more where there are others."""
        for key, admitted in list(self._unwatched.items()):
            if admitted.grow_old():
                del self._unwatched[key]
        self._round = None
        if self._unwatched:
            self._round = asyncio.get_running_loop().call_later(PATIENCE_S, self._go_round)

    def _admit(self) -> Cancellation:
        if self._requests and len(self._running) >= self._requests:
            raise RequestError(
                "request.busy", "the server works on as many requests as it takes", "try again in a moment"
            )
        cancellation = Cancellation()
        self._running[id(cancellation)] = cancellation
        return cancellation

    def count(self) -> int:
        """How many requests are worked on."""
        return len(self._running)

    def cancel_all(self) -> None:
        """Stop all that runs."""
        for cancellation in list(self._running.values()):
            cancellation.cancel()

    def do(self, work: Callable[[], Result]) -> asyncio.Future[Result]:
        """What `work` gives, for who was let in already."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001  # raised again where it is awaited
                settle = _unless_done(future, future.set_exception, error)
            else:
                settle = _unless_done(future, future.set_result, result)
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(settle)

        self._jobs.put(job)
        if not self._idle.acquire(blocking=False):
            self._start()
        return future

    def _start(self) -> None:
        with self._starting:
            if self._started < self._most:
                self._started += 1
                Thread(target=self._work, name=f"nlq-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                self._idle.release()
                job = self._jobs.get()
            job()
            del job  # it holds the request and its answer


class _Admitted:
    """A request on the event loop, from when it is let in until it is done."""

    __slots__ = ("_cancellation", "_is_old", "_receive", "_watcher", "_workers")

    def __init__(self, workers: Workers, receive: Receive) -> None:
        self._workers = workers
        self._receive = receive
        self._is_old = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Cancellation:
        self._cancellation = self._workers._enter(self)
        return self._cancellation

    def __exit__(self, *_: object) -> None:
        if self._watcher is not None:
            self._watcher.cancel()
        self._workers._leave(self, self._cancellation)

    def grow_old(self) -> bool:
        """Whether the client is watched, from the second time on that this is called."""
        if self._is_old:
            self._watcher = asyncio.create_task(_cancel_when_gone(self._receive, self._cancellation))
        self._is_old = True
        return self._watcher is not None


async def _cancel_when_gone(receive: Receive, cancellation: Cancellation) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    cancellation.cancel()


Value = TypeVar("Value")


def _unless_done(
    future: asyncio.Future[Result], settle: Callable[[Value], None], value: Value
) -> Callable[[], None]:
    return lambda: None if future.done() else settle(value)
