"""Accounts kept for an event loop: those that come while the disk is busy wait for it together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from nlq.audit.account import NO_AUDIT, Account, Audit, Begun

MOST = 500
"""Accounts of one batch."""

Failed = TypeVar("Failed")

_Waiting = tuple[Account, "asyncio.Future[None]"]


class Together:
    """Keeps accounts for one event loop. What `record` waits for is kept when it returns.

    Those that come while the disk is busy with others are kept together. A thread waits for it, and does
    nothing else: two threads that run Python take turns, which costs more than the records.
    """

    def __init__(self, audit: Audit) -> None:
        """For the event loop that runs."""
        self._audit = audit
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Waiting] = []
        self._has_turn = False
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def record(self, account: Account) -> None:
        """See `Audit.record`. A request that is cancelled meanwhile is on record all the same."""
        if self._audit is NO_AUDIT:
            return
        kept: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((account, kept))
        if not self._has_turn:
            self._has_turn = True
            # At the end of this turn of the loop: there may be more.
            self._loop.call_soon(self._keep)
        await kept

    def close(self) -> None:
        """Let the thread end once it has done what it was given."""
        self._jobs.put(None)

    def _keep(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        accounts = [account for account, _ in batch]
        try:
            if not self._audit.is_slow:
                self._audit.record_all(accounts)
                self._kept(batch, None)
            elif (begun := self._audit.begin(accounts)) is not None:
                self._in_thread(begun.flush, lambda error: self._end(batch, begun, error))
            else:
                self._in_thread(
                    lambda: _error_of(lambda: self._audit.record_all(accounts)),
                    lambda error: self._kept(batch, error),
                )
        except Exception as error:  # noqa: BLE001  # raised again where it is awaited
            self._kept(batch, error)

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
        self._has_turn = bool(self._waiting)
        if self._has_turn:
            self._loop.call_soon(self._keep)

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
