"""Accounts kept for an event loop: those that come while the disk is busy wait for it together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from nlq.audit.account import NO_AUDIT, Account, Audit, Begun
from nlq.audit.kernel import KernelFlush

MOST = 500
"""Accounts of one batch."""

HOLD_S = 0.002
"""How long an account waits for others at most, so that one write does for several. It does so while more
are being answered than wait: never for nobody."""

PAUSE_S = 0.1
"""How long none waits after one for whom nobody came: what is being answered may take its time."""

Failed = TypeVar("Failed")

_Waiting = tuple[Account, "asyncio.Future[None]"]


class Together:
    """Keeps accounts for one event loop. What `record` waits for is kept when it returns.

    Those that come while the disk is busy with others are kept together. The kernel waits for it, or else a
    thread that does nothing besides: two threads that run Python take turns, which costs more than the
    records. Where no disk is waited for, those that come soon after each other are kept together: to lock
    and write costs as much as several records.
    """

    def __init__(
        self, audit: Audit, running: Callable[[], int] = lambda: 0, kernel: KernelFlush | None = None
    ) -> None:
        """For the event loop that runs. `running` says how many requests will have an account soon.

        Without a `kernel` that flushes, or where it cannot, a thread does.
        """
        self._audit = audit
        self._running = running
        self._kernel = kernel
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Waiting] = []
        self._has_turn = False
        self._hold: asyncio.TimerHandle | None = None
        self._pause_until = 0.0
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def record(self, account: Account) -> None:
        """See `Audit.record`. A request that is cancelled meanwhile is on record all the same."""
        if self._audit is NO_AUDIT:
            return
        kept: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((account, kept))
        if not self._has_turn:
            self._keep_soon()
        await kept

    def close(self) -> None:
        """Wait for the kernel, and let the thread end once it has done what it was given."""
        self._closed = True
        if self._kernel is not None:
            self._kernel.close()
        self._jobs.put(None)

    def _keep_soon(self) -> None:
        """At the end of this turn of the loop, or in a moment where others are to be expected by then."""
        if self._is_worth_a_wait():
            if self._hold is None:
                self._hold = self._loop.call_later(HOLD_S, self._keep_held)
            return
        if self._hold is not None:
            self._hold.cancel()
        if self._closed:
            self._keep()
            return
        self._has_turn = True
        self._loop.call_soon(self._keep)

    def _is_worth_a_wait(self) -> bool:
        return (
            not self._audit.is_slow
            and len(self._waiting) < self._running()
            and time.monotonic() > self._pause_until
        )

    def _keep_held(self) -> None:
        if len(self._waiting) == 1:
            self._pause_until = time.monotonic() + PAUSE_S
        self._keep()

    def _keep(self) -> None:
        self._has_turn, self._hold = True, None
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        accounts = [account for account, _ in batch]
        try:
            # Once this is closed nothing else flushes: the few that are left wait for it here.
            if not self._audit.is_slow or self._closed:
                self._audit.record_all(accounts)
                self._kept(batch, None)
            elif (begun := self._audit.begin(accounts)) is not None:
                self._flush(begun, lambda error: self._end(batch, begun, error))
            else:
                self._in_thread(
                    lambda: _error_of(lambda: self._audit.record_all(accounts)),
                    lambda error: self._kept(batch, error),
                )
        except Exception as error:  # noqa: BLE001  # raised again where it is awaited
            self._kept(batch, error)

    def _flush(self, begun: Begun, then: Callable[[OSError | None], None]) -> None:
        if self._kernel is not None:
            try:
                self._kernel.begin(begun.descriptor, then)
                return
            except OSError:  # of the file system: another may have it
                pass
        self._in_thread(begun.flush, then)

    def _end(self, batch: list[_Waiting], begun: Begun, error: OSError | None) -> None:
        self._kept(batch, _error_of(lambda: begun.end(error)))

    def _kept(self, batch: list[_Waiting], error: Exception | None) -> None:
        for _, kept in batch:
            if kept.done():
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)
        self._has_turn = False
        if self._waiting:
            self._keep_soon()

    def _in_thread(self, work: Callable[[], Failed], then: Callable[[Failed], None]) -> None:
        """`then`, on the loop, with what `work` gave; here where the loop has ended meanwhile."""

        def job() -> None:
            found = work()
            try:
                self._loop.call_soon_threadsafe(then, found)
            except RuntimeError:
                then(found)

        self._jobs.put(job)
        if self._thread is None:
            self._thread = Thread(target=self._work, name="nlq-audit", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _error_of(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except Exception as error:  # noqa: BLE001  # raised again where it is awaited
        return error
    return None
