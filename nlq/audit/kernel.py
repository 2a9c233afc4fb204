"""Flushes that the kernel waits for: Linux's asynchronous I/O (`io_submit(2)`), as much of it as they take.

A thread that waits for the disk takes turns with the event loop at the interpreter, twice for each flush.
Here the loop hands the flush on by a system call, and is told of its end by a descriptor that it watches.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import platform
import sys
from collections.abc import Callable

_CALLS = {"x86_64": (206, 207, 208, 209), "aarch64": (0, 1, 4, 2)}
"""`io_setup`, `io_destroy`, `io_getevents`, `io_submit`: the C library has no functions for them."""

_FDSYNC, _TELL = 3, 1
"""`IOCB_CMD_FDSYNC` and `IOCB_FLAG_RESFD` (`linux/aio_abi.h`)."""


class _Control(ctypes.Structure):
    """`struct iocb`, little-endian."""

    _fields_ = (
        ("data", ctypes.c_uint64), ("key", ctypes.c_uint32), ("rw_flags", ctypes.c_int32),
        ("opcode", ctypes.c_uint16), ("priority", ctypes.c_int16), ("descriptor", ctypes.c_uint32),
        ("buffer", ctypes.c_uint64), ("length", ctypes.c_uint64), ("offset", ctypes.c_int64),
        ("reserved", ctypes.c_uint64), ("flags", ctypes.c_uint32), ("tell", ctypes.c_uint32),
    )  # fmt: skip


class _Event(ctypes.Structure):
    """`struct io_event`."""

    _fields_ = (
        ("data", ctypes.c_uint64), ("control", ctypes.c_uint64), ("result", ctypes.c_int64),
        ("result2", ctypes.c_int64),
    )  # fmt: skip


class KernelFlush:
    """Flushes for one event loop, one at a time."""

    def __init__(self) -> None:
        """For the event loop that runs. Raises OSError where the kernel does not have it, or not for us."""
        calls = _CALLS.get(platform.machine())
        if sys.platform != "linux" or sys.byteorder != "little" or calls is None:
            raise OSError(0, "the numbers of the system calls are not known")
        setup, self._destroy, self._getevents, self._submit = (ctypes.c_long(number) for number in calls)
        self._call: Callable[..., int] = ctypes.CDLL(None, use_errno=True).syscall
        self._context, self._one = ctypes.c_ulong(0), ctypes.c_long(1)
        if self._call(setup, self._one, ctypes.byref(self._context)) != 0:
            raise _last_error()
        self._told = os.eventfd(0, os.EFD_CLOEXEC)
        self._control = _Control(opcode=_FDSYNC, flags=_TELL, tell=self._told)
        self._controls = ctypes.pointer(ctypes.pointer(self._control))
        self._event = _Event()
        self._then: Callable[[OSError | None], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._told, self._end)

    def begin(self, descriptor: int, then: Callable[[OSError | None], None]) -> None:
        """Flush what was written to a file; `then` is called, on the loop, with what went wrong.

        Raises OSError where that cannot be begun, as on a file system that does not have it.
        """
        self._control.descriptor = descriptor
        if self._call(self._submit, self._context, self._one, self._controls) != 1:
            raise _last_error()
        self._then = then

    def close(self) -> None:
        """Wait for what was begun, and give back what is open."""
        if self._then is not None:
            self._end()
        self._loop.remove_reader(self._told)
        self._call(self._destroy, self._context)
        os.close(self._told)

    def _end(self) -> None:
        os.eventfd_read(self._told)
        taken = self._call(
            self._getevents, self._context, self._one, self._one, ctypes.byref(self._event), None
        )
        then, self._then = self._then, None
        assert taken == 1 and then is not None
        failed = -self._event.result
        then(OSError(failed, os.strerror(failed)) if failed > 0 else None)


def open_kernel_flush() -> KernelFlush | None:
    """For the event loop that runs; None where a thread has to wait for the disk."""
    try:
        return KernelFlush()
    except OSError:
        return None


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
