"""Accounts kept for an event loop: those that come while the disk is busy wait for it together."""

from __future__ import annotations

import asyncio
from threading import Condition, Thread

from nlq.audit.account import NO_AUDIT, Account, Audit

MOST = 500
"""Accounts of one batch."""

_Waiting = tuple[Account, "asyncio.Future[None]"]


class Together:
    """Keeps accounts for one event loop. What `record` waits for is kept when it returns.

    Those of one turn of the loop are kept together; in a thread, where that means to wait for the disk.
    """

    def __init__(self, audit: Audit) -> None:
        """For the event loop that runs."""
        self._audit = audit
        self._loop = asyncio.get_running_loop()
        self._turn: list[_Waiting] = []
        self._changed = Condition()
        self._waiting: list[_Waiting] = []
        self._closed = False
        self._thread: Thread | None = None

    async def record(self, account: Account) -> None:
        """See `Audit.record`. A request that is cancelled meanwhile is on record all the same."""
        if self._audit is NO_AUDIT:
            return
        kept: asyncio.Future[None] = self._loop.create_future()
        if not self._turn:
            self._loop.call_soon(self._end_turn)
        self._turn.append((account, kept))
        await kept

    def close(self) -> None:
        """Let the thread end once it has kept what it was given."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, []
        if not self._audit.is_slow:
            _settle(turn, self._keep(turn))
            return
        with self._changed:
            self._waiting += turn
            if self._thread is None:
                self._thread = Thread(target=self._keep_all, name="nlq-audit", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _keep(self, batch: list[_Waiting]) -> BaseException | None:
        try:
            self._audit.record_all([account for account, _ in batch])
        except BaseException as error:  # noqa: BLE001  # raised again where it is awaited
            return error
        return None

    def _keep_all(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closed:
                        return
                    self._changed.wait()
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            error = self._keep(batch)
            try:
                self._loop.call_soon_threadsafe(_settle, batch, error)
            except RuntimeError:
                return  # the loop has ended, and nobody waits


def _settle(batch: list[_Waiting], error: BaseException | None) -> None:
    for _, kept in batch:
        if kept.done():
            continue
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)
