"""A few workers, started when the first text comes, replaced when one dies or is too slow."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore, Timer

from nlq.catalog import Catalog
from nlq.catalog.fingerprint import digest
from nlq.compiler.untrusted import Examined, Untrusted
from nlq.errors import CompileError, PlanError
from nlq.isolation.reply import LONGEST, BrokenReplyError, read_reply
from nlq.isolation.worker import ANSWER, KNOWN, UNKNOWN, read, write

STARTING_S = 30.0
"""How long a worker may take to start: an import of the parser, on a machine that has other work."""

WAITING_S = 10.0
"""How long a caller waits for a worker that is free."""

_MAIN = "import sys; sys.path[:] = sys.argv[3:]; from nlq.isolation.worker import main; " \
        "main(int(sys.argv[1]), float(sys.argv[2]))"  # fmt: skip


class DeadError(Exception):
    """The worker died, was killed, or answered what no worker answers."""


class Worker:
    """One process, used by one thread at a time."""

    def __init__(self, seconds: float, memory_mb: int) -> None:
        self._process = subprocess.Popen(
            # Isolated: nothing of the environment or of the user's own packages reaches it.
            [sys.executable, "-I", "-c", _MAIN, str(memory_mb), str(seconds), *_import_paths()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        self.was_late = False
        self._seconds = seconds
        try:
            with self._killed_after(STARTING_S):
                self._read()
        except DeadError:
            self.kill()
            raise

    def examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        """See `Examiner.examine`; raises `DeadError` where nothing more will come of this worker."""
        key, pickled = _pickled(catalog)
        request = pickle.dumps((key, untrusted))
        with self._killed_after(self._seconds):
            reply = self._ask(request)
            if reply is None:
                self._write(KNOWN, pickled)
                reply = self._ask(request)
        try:
            return read_reply(reply or b"", catalog)
        except BrokenReplyError as error:
            raise DeadError(str(error)) from None

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()

    def _ask(self, request: bytes) -> bytes | None:
        self._write(ANSWER, request)
        kind, body = self._read()
        return None if kind == UNKNOWN else body

    def _write(self, kind: bytes, body: bytes) -> None:
        assert self._process.stdin is not None
        try:
            write(self._process.stdin, kind, body)
        except OSError as error:
            raise DeadError from error

    def _read(self) -> tuple[bytes, bytes]:
        assert self._process.stdout is not None
        message = read(self._process.stdout, LONGEST)
        if message is None:
            raise DeadError
        return message

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        def kill() -> None:
            self.was_late = True
            self._process.kill()

        timer = Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class Pool:
    """An `Examiner` whose texts may break the parser: they break a process that can be had again."""

    def __init__(self, size: int = 2, seconds: float = 2.0, memory_mb: int = 512) -> None:
        """At most `size` workers; a text has `seconds`, a worker `memory_mb` beyond what it starts with."""
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._slots = BoundedSemaphore(size)
        self._idle: list[Worker] = []
        self._closed = False

    def examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        """See `Examiner.examine`.

        Raises `compile.busy` too, where no worker is free for long.
        """
        if not self._slots.acquire(timeout=WAITING_S):
            raise CompileError("compile.busy", "too much SQL is being checked at this moment", "try again")
        try:
            return self._examine(untrusted, catalog)
        finally:
            self._slots.release()

    def close(self) -> None:
        """See `Examiner.close`. A text that is being examined is the last of its worker."""
        self._closed = True
        with suppress(IndexError):
            while True:
                self._idle.pop().kill()

    def _examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        worker = self._take()
        dead = False
        try:
            return worker.examine(untrusted, catalog)
        except DeadError:
            dead = True
            raise self._too_complex(worker) from None
        except BaseException as error:
            dead = not isinstance(error, Exception)  # torn away in the middle of a reply
            raise
        finally:
            if dead or self._closed:
                worker.kill()
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
        much = (
            f"more than {self._seconds:g} s" if worker.was_late else "too much memory, or breaks the parser"
        )
        return PlanError(
            "plan.too_complex", f"to check the SQL takes {much}", "say it more plainly, or ask for less"
        )


@lru_cache(maxsize=16)
def _pickled(catalog: Catalog) -> tuple[str, bytes]:
    """The catalog's key and the message that makes it known."""
    body = pickle.dumps(catalog)
    key = digest([body.hex()])
    return key, pickle.dumps((key, catalog))


def _import_paths() -> list[str]:
    return [str(Path(p).absolute()) for p in sys.path]
