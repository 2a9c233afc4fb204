"""Child processes that may die: messages over pipes, limits, and an end by the clock.

A child gets no variable of the environment and no open file but its pipes.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO

STARTING_S = 30.0
"""How long a child may take to start: imports, on a machine that has other work."""

_LENGTH = struct.Struct(">I")
_MAIN = "import sys; sys.path[:] = sys.argv[2:]; import importlib, pickle; " \
        "importlib.import_module(sys.argv[1]).main(*pickle.load(sys.stdin.buffer))"  # fmt: skip

READY = b"r"


class DeadError(Exception):
    """The child died, was killed, or sent what no child sends."""


class Child:
    """One process that runs `main` of a module, used by one thread at a time."""

    def __init__(self, module: str, arguments: tuple[object, ...]) -> None:
        """Started, and ready. `arguments` are pickled; raises `DeadError`."""
        import pickle

        self.was_late = False
        self._process = subprocess.Popen(
            # Isolated: nothing of the environment or of the user's own packages reaches it.
            [sys.executable, "-I", "-c", _MAIN, module, *(str(Path(p).absolute()) for p in sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        try:
            with self.killed_after(STARTING_S):
                assert self._process.stdin is not None
                self._process.stdin.write(pickle.dumps(arguments))
                self._process.stdin.flush()
                self.receive(0)
        except (DeadError, OSError) as error:
            self.kill()
            raise DeadError from error

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def signal(self) -> int | None:
        """The signal that ended it; None while it runs, or where it ended by itself."""
        code = self._process.poll()
        return -code if code is not None and code < 0 else None

    def send(self, kind: bytes, body: bytes) -> None:
        """Send a message; raises `DeadError`."""
        assert self._process.stdin is not None
        try:
            write(self._process.stdin, kind, body)
        except (OSError, ValueError) as error:
            raise DeadError from error

    def receive(self, most: int) -> tuple[bytes, bytes]:
        """The next message, of `most` bytes; raises `DeadError`."""
        assert self._process.stdout is not None
        try:
            message = read(self._process.stdout, most)
        except (OSError, ValueError) as error:
            raise DeadError from error
        if message is None:
            raise DeadError
        return message

    @contextmanager
    def killed_after(self, seconds: float) -> Iterator[None]:
        """Within it, the child has so many seconds to live; 0 is no limit."""

        def kill() -> None:
            self.was_late = True
            self._process.kill()

        timer = Timer(seconds, kill)
        timer.daemon = True
        if seconds:
            timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def stop(self) -> None:
        """End it from another thread than the one that waits for it."""
        self._process.kill()

    def kill(self) -> None:
        """End it, whatever it does, and give back its pipes."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()


def open_streams() -> tuple[IO[bytes], IO[bytes]]:
    """In a child: where requests come from and replies go. What libraries print goes nowhere."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return sys.stdin.buffer, replies


def bound_memory(megabytes: int) -> None:
    """In a child: let its address space grow by so much and no more."""
    with suppress(ImportError):  # Windows has neither limits nor this module
        import resource

        most = _address_space() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def forbid_files() -> None:
    """In a child: let it write no file."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _address_space() -> int:
    with suppress(OSError), open("/proc/self/statm", "rb") as file:  # noqa: PTH123  # one read
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 2**30


def write(stream: IO[bytes], kind: bytes, body: bytes) -> None:
    """A message: its kind, its length, itself."""
    stream.write(kind + _LENGTH.pack(len(body)) + body)
    stream.flush()


def read(stream: IO[bytes], most: int = 2**32) -> tuple[bytes, bytes] | None:
    """The next message, or None at the end, or where it is longer than `most` bytes."""
    head = stream.read(1 + _LENGTH.size)
    if len(head) < 1 + _LENGTH.size:
        return None
    length = _LENGTH.unpack(head[1:])[0]
    body = stream.read(length) if length <= most else b""
    return (head[:1], body) if len(body) == length else None
