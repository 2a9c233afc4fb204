"""How a statement that runs is stopped: by its caller, or when its time is up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from nlq.engine import failure
from nlq.errors import EngineError


@dataclass(slots=True)
class Cancellation:
    """Lets another thread stop a running statement: the engine registers how, the door calls `cancel`."""

    cancelled: bool = False
    _stop: Callable[[], None] | None = None
    _lock: Lock = field(default_factory=Lock)

    def cancel(self) -> None:
        """Stop the running statement, and any that starts later with this object."""
        with self._lock:
            self.cancelled = True
            if self._stop is not None:
                self._stop()

    def watch(self, stop: Callable[[], None] | None) -> None:
        """Called by the engine: how to stop the statement now running, or None when it ended."""
        with self._lock:
            self._stop = stop
            if stop is not None and self.cancelled:
                stop()


def milliseconds(timeout_s: float) -> int:
    """The limit as databases take it; never 0, which is none, for a short one.

    >>> milliseconds(0), milliseconds(0.0001), milliseconds(2.5)
    (0, 1, 2500)
    """
    return max(1, int(timeout_s * 1000)) if timeout_s else 0


@contextmanager
def stoppable(cancellation: Cancellation | None, interrupt: Callable[[], None]) -> Iterator[None]:
    """Within it, cancelling calls `interrupt` in a thread of its own, until the statement has ended.

    Once is not enough: DuckDB and SQLite forget an interrupt that arrives before the statement starts.
    Raises `engine.cancelled` where it was cancelled already.
    """
    if cancellation is None:
        yield
        return
    if cancellation.cancelled:
        raise was_cancelled()
    ended = Event()
    threads: list[Thread] = []

    def insist() -> None:
        interrupt()
        while not ended.wait(0.02):
            interrupt()

    def stop() -> None:
        if not threads:
            threads.append(Thread(target=insist, daemon=True))
            threads[0].start()

    cancellation.watch(stop)
    try:
        yield
    finally:
        ended.set()
        cancellation.watch(None)
        # INVARIANT: no interrupt is under way once we are out of here, or it would hit the next
        # statement of the same connection.
        for thread in threads:
            thread.join()


def was_interrupted(cancellation: Cancellation | None, timeout_s: float) -> EngineError:
    """Why a statement was stopped in the middle: the caller went away, or time was up."""
    if cancellation is not None and cancellation.cancelled:
        return was_cancelled()
    return EngineError(
        "engine.timeout",
        f"the statement ran longer than {timeout_s:g} s",
        "ask for less, or raise the setting `statement_timeout_s`",
    )


def was_cancelled() -> EngineError:
    """The caller went away."""
    return EngineError(*failure.CANCELLED)
