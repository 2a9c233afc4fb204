"""Who may compile: so many at a time, so many for one person, and nobody what another compiles already."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Any, Protocol

from nlq.errors import CompileError, NlqError
from nlq.events import Drafted, Event, Observer, Queued, ignore
from nlq.policy import Principal

COMPILING = 16
"""Questions that are compiled or wait to be, at most: a server's other threads answer what is known."""

EACH = 4
"""The same for one principal, so that one who asks much does not keep the others waiting."""

PATIENCE_S = 600.0
"""How long to wait for another process that compiles the same. Then it is compiled twice."""

_POLL_S = 0.02


class Peers(Protocol):
    """Other servers of the same database."""

    def tell(self, message: Mapping[str, Any]) -> bool:
        """Tell them, if that can be done now."""

    def alone(self, key: str) -> AbstractContextManager[None]:
        """Within it, none of them does what `key` names, and all that they told before has been heard."""

    def close(self) -> None:
        """Do not listen any more."""


class _NoPeers:
    """There are none."""

    def tell(self, message: Mapping[str, Any]) -> bool:
        """Nobody hears it."""
        return False

    def alone(self, key: str) -> AbstractContextManager[None]:
        """That is so."""
        return nullcontext()

    def close(self) -> None:
        """Nothing is open."""


NO_PEERS: Peers = _NoPeers()


class _Turn:
    """A question in the queue, and who wants to know how far it is."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self._waits = True

    def watch(self, event: Event) -> None:
        """Pass the event on."""
        if isinstance(event, Drafted):
            self._waits = False
        self._observe(event)

    def tell(self, ahead: int) -> None:
        """Say how many are before it. Those who have gone are told by their own thread."""
        if self._waits:
            with suppress(NlqError):
                self._observe(Queued(ahead))


class Compilations:
    """Of one service. With a directory, those of other processes on this machine are heeded too."""

    def __init__(self, directory: Path | None, peers: Peers = NO_PEERS) -> None:
        """Locks are kept in `directory`, which is made when it is needed; those of `peers` are heeded."""
        self._directory = directory
        self._peers = peers
        self._places = threading.BoundedSemaphore(COMPILING)
        self._lock = threading.Lock()
        self._of: Counter[tuple[object, frozenset[str]]] = Counter()
        self._same: dict[str, threading.Lock] = {}
        self._turns: list[_Turn] = []

    @contextmanager
    def place(self, principal: Principal, observe: Observer = ignore) -> Iterator[Observer]:
        """One of the places there are, and who is to be told what happens there.

        `observe` hears of the queue too, until the model has written something. Raises `compile.busy`.
        """
        if not self._places.acquire(blocking=False):
            raise _busy(f"{COMPILING} questions are being compiled at this moment", COMPILING)
        turn = _Turn(observe)
        try:
            with self._place_of(principal):
                self._join(turn)
                try:
                    yield turn.watch
                finally:
                    self._leave(turn)
        finally:
            self._places.release()

    def _join(self, turn: _Turn) -> None:
        with self._lock:
            self._turns.append(turn)
            if (ahead := len(self._turns) - 1) > 0:
                turn.tell(ahead)

    def _leave(self, turn: _Turn) -> None:
        with self._lock:
            at = self._turns.index(turn)
            del self._turns[at]
            for ahead, later in enumerate(self._turns[at:], start=at):
                later.tell(ahead)

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Within it, nobody else compiles what `key` (hex digits) names; who waited finds the plan."""
        with self._lock:
            same = self._same.setdefault(key, threading.Lock())
        with same:
            try:
                with self._alone_on_this_machine(key), self._peers.alone(key):
                    yield
            finally:
                # Only now that the plan is stored: who comes after this finds it.
                with self._lock:
                    self._same.pop(key, None)

    @contextmanager
    def _place_of(self, principal: Principal) -> Iterator[None]:
        if principal.id is None:  # nobody can tell these from each other: they share the places of all
            yield
            return
        who = (principal.id, principal.roles)
        with self._lock:
            if self._of[who] >= EACH:
                raise _busy(f"{EACH} of your questions are being compiled at this moment", EACH)
            self._of[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._of[who] -= 1
                if not self._of[who]:
                    del self._of[who]

    @contextmanager
    def _alone_on_this_machine(self, key: str) -> Iterator[None]:
        file = self._open(key)
        if file is None:
            yield
            return
        with file:  # closing it lets go of the lock, and so does the end of the process
            _lock(file, time.monotonic() + PATIENCE_S)
            yield

    def _open(self, key: str) -> IO[bytes] | None:
        """The file to lock: one of 256, which are never taken away, so that all lock the same one."""
        if self._directory is None:
            return None
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            return (self._directory / f"{key[:2]}.lock").open("ab")
        return None  # what cannot be written costs a compilation, not the answer


def _lock(file: IO[bytes], deadline: float) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: compiled twice, where it comes to that
        return
    while time.monotonic() < deadline:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(_POLL_S)
        except OSError:
            return  # a file system without locks


def _busy(message: str, ahead: int) -> CompileError:
    error = CompileError("compile.busy", message, "try again in a few seconds")
    error.ahead = ahead
    return error
