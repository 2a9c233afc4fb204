"""A few workers, started when the first text comes, replaced when one dies or is too slow."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from threading import BoundedSemaphore
from typing import TypeVar

from nlq.catalog import Catalog, Dialect
from nlq.catalog.fingerprint import digest
from nlq.child import Child, DeadError
from nlq.compiler.untrusted import Examined, Untrusted
from nlq.errors import CompileError, PlanError
from nlq.isolation.reply import LONGEST, LONGEST_DDL, BrokenReplyError, read_ddl_reply, read_reply
from nlq.isolation.worker import ANSWER, DDL, DDL_TIMES, KNOWN, UNKNOWN

WAITING_S = 10.0
"""How long a caller waits for a worker that is free."""

HANGING_S = 20.0
"""How long a worker may take by the clock: it hangs, or the machine has other work."""


Found = TypeVar("Found")


class Worker:
    """One process, used by one thread at a time."""

    def __init__(self, seconds: float, memory_mb: int) -> None:
        self.child = Child("nlq.isolation.worker", (memory_mb, seconds, HANGING_S))

    def examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        """See `Examiner.examine`; raises `DeadError` where nothing more will come of this worker."""
        key, pickled = _pickled(catalog)
        request = pickle.dumps((key, untrusted))
        with self.child.killed_after(HANGING_S):
            reply = self._ask(request)
            if reply is None:
                self.child.send(KNOWN, pickled)
                reply = self._ask(request)
        try:
            return read_reply(reply or b"", catalog)
        except BrokenReplyError as error:
            raise DeadError(str(error)) from None

    def read_ddl(self, text: str, dialect: Dialect) -> Catalog:
        """See `Examiner.read_ddl`; raises `DeadError` as above."""
        with self.child.killed_after(HANGING_S * DDL_TIMES):
            self.child.send(DDL, pickle.dumps((text, dialect)))
            _, reply = self.child.receive(LONGEST_DDL)
        try:
            return read_ddl_reply(reply)
        except BrokenReplyError as error:
            raise DeadError(str(error)) from None

    def _ask(self, request: bytes) -> bytes | None:
        self.child.send(ANSWER, request)
        kind, body = self.child.receive(LONGEST)
        return None if kind == UNKNOWN else body


class Pool:
    """An `Examiner` whose texts may break the parser: they break a process that can be had again."""

    def __init__(self, size: int = 2, seconds: float = 2.0, memory_mb: int = 512) -> None:
        """At most `size` workers, each with `memory_mb` beyond what it starts with.

        A text has so many `seconds` of a processor: by the clock, a busy machine would refuse good SQL.
        """
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._slots = BoundedSemaphore(size)
        self._idle: list[Worker] = []
        self._closed = False

    def examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        """See `Examiner.examine`.

        Raises `compile.busy` too, where no worker is free for long.
        """
        return self._work(lambda worker: worker.examine(untrusted, catalog))

    def read_ddl(self, text: str, dialect: Dialect) -> Catalog:
        """See `Examiner.read_ddl`; raises `compile.busy` too."""
        return self._work(lambda worker: worker.read_ddl(text, dialect))

    def close(self) -> None:
        """See `Examiner.close`. A text that is being examined is the last of its worker."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().child.kill()

    def _work(self, work: Callable[[Worker], Found]) -> Found:
        if not self._slots.acquire(timeout=WAITING_S):
            raise CompileError("compile.busy", "too much SQL is being checked at this moment", "try again")
        try:
            return self._work_once(work)
        finally:
            self._slots.release()

    def _work_once(self, work: Callable[[Worker], Found]) -> Found:
        worker = self._take()
        dead = False
        try:
            return work(worker)
        except DeadError:
            dead = True
            raise self._too_complex(worker) from None
        except BaseException as error:
            dead = not isinstance(error, Exception)  # torn away in the middle of a reply
            raise
        finally:
            if dead or self._closed:
                worker.child.kill()
            else:
                self._idle.append(worker)

    def _take(self) -> Worker:
        with suppress(IndexError):
            return self._idle.pop()
        try:
            return Worker(self._seconds, self._memory_mb)
        except (DeadError, OSError) as error:
            raise CompileError(
                "compile.busy", "no process could be started to check SQL in", "try again"
            ) from error

    def _too_complex(self, worker: Worker) -> PlanError:
        worker.child.kill()  # it is ending: now it has ended, and it is known of what
        if worker.child.was_late:
            much = f"more than {HANGING_S:g} s"
        elif worker.child.signal == signal.SIGPROF:
            much = f"more than {self._seconds:g} s"
        else:
            much = "too much memory, or breaks the parser"
        return PlanError(
            "plan.too_complex", f"to check the SQL takes {much}", "say it more plainly, or ask for less"
        )


@lru_cache(maxsize=16)
def _pickled(catalog: Catalog) -> tuple[str, bytes]:
    """The catalog's key and the message that makes it known."""
    body = pickle.dumps(catalog)
    key = digest([body.hex()])
    return key, pickle.dumps((key, catalog))
