"""Accounts of one event loop, on a disk that takes its time: kept together, each before it is given out."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import PATIENCE_S

from nlq.audit import Account, log
from nlq.audit import together as together_
from nlq.audit.kernel import KernelFlush, open_kernel_flush
from nlq.audit.log import AuditLog
from nlq.audit.together import Together
from nlq.audit.verify import verify
from nlq.errors import AuditError
from nlq.policy import ANONYMOUS


def account(n: int) -> Account:
    return Account("query", f"question {n}", ANONYMOUS, "roles:")


class Disk:
    """Waits until it is told to go on, or fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_go_on = threading.Event()
        self.has_begun = threading.Event()
        self.flushes = 0
        self.error: OSError | None = None
        monkeypatch.setattr(log, "_flush", self._flush)

    def _flush(self, descriptor: int) -> None:
        self.flushes += 1
        self.has_begun.set()
        assert self.may_go_on.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        os.fdatasync(descriptor)


def records(path: Path) -> int:
    return path.read_bytes().count(b"\n")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_those_that_come_while_the_disk_is_busy_wait_for_it_once(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)

    async def work() -> list[bool]:
        together = Together(audit)
        first = asyncio.create_task(together.record(account(0)))
        await asyncio.to_thread(disk.has_begun.wait, PATIENCE_S)
        others = [asyncio.create_task(together.record(account(n))) for n in range(1, 20)]
        await asyncio.sleep(0.02)
        seen = [task.done() for task in (first, *others)]
        disk.may_go_on.set()
        await asyncio.gather(first, *others)
        together.close()
        return seen

    assert asyncio.run(work()) == [False] * 20
    audit.close()
    assert (disk.flushes, records(path), verify(path).error) == (2, 20, None)


def test_a_disk_that_fails_is_told_to_all_who_wait(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)
    disk.may_go_on.set()
    disk.error = OSError(28, "No space left on device")

    async def work() -> list[object]:
        together = Together(audit)
        failed = await asyncio.gather(
            *(together.record(account(n)) for n in range(3)), return_exceptions=True
        )
        seen = (records(path), audit.is_troubled)
        disk.error = None
        audit.require_writable()
        await together.record(account(3))
        together.close()
        return [*(type(error) for error in failed), *seen]

    assert asyncio.run(work()) == [AuditError] * 3 + [0, True]
    audit.close()
    assert (records(path), verify(path).error) == (2, None)  # the outage, and the one after


def test_the_loop_does_not_wait_for_who_else_writes(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)
    other = threading.Thread(target=audit.record, args=(account(0),))
    other.start()
    assert disk.has_begun.wait(PATIENCE_S)

    async def work() -> bool:
        together = Together(audit)
        task = asyncio.create_task(together.record(account(1)))
        await asyncio.sleep(0.02)
        was_done = task.done()
        disk.may_go_on.set()
        await task
        together.close()
        return was_done

    assert asyncio.run(work()) is False
    other.join()
    audit.close()
    assert (records(path), verify(path).error) == (2, None)


def test_on_a_busy_server_those_that_come_soon_after_each_other_are_kept_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path, sync=False)

    async def work() -> list[int]:
        running = 2
        together = Together(audit, lambda: running)
        monkeypatch.setattr(together_, "HOLD_S", 100)
        first = asyncio.create_task(together.record(account(0)))
        await asyncio.sleep(0.02)
        alone = records(path)
        await asyncio.gather(first, together.record(account(1)))
        running = 1
        await together.record(account(2))  # there is nobody to wait for
        running = 100
        monkeypatch.setattr(together_, "HOLD_S", 0.01)
        monkeypatch.setattr(together_, "PAUSE_S", 100)
        await together.record(account(3))  # nobody came
        monkeypatch.setattr(together_, "HOLD_S", 100)
        await together.record(account(4))  # so that the next is not held up
        together.close()
        return [alone, records(path)]

    assert asyncio.run(work()) == [0, 5]
    audit.close()
    assert verify(path).error is None


def test_where_the_disk_is_waited_for_there_is_no_other_wait(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together_, "HOLD_S", 100)
    disk.may_go_on.set()
    audit = AuditLog(tmp_path / "audit.jsonl")

    async def work() -> int:
        together = Together(audit, lambda: 100)
        await together.record(account(0))
        together.close()
        return disk.flushes

    assert asyncio.run(work()) == 1
    audit.close()


# where the kernel flushes


async def has_kernel() -> bool:
    kernel = open_kernel_flush()
    if kernel is not None:
        kernel.close()
    return kernel is not None


in_kernel = pytest.mark.skipif(
    not asyncio.run(has_kernel()), reason="the kernel has no asynchronous I/O for us"
)


class Kernel(KernelFlush):
    """Notes what is flushed. With an `error` it says so, of a flush that went well."""

    def __init__(self, error: OSError | None = None) -> None:
        super().__init__()
        self.flushes = 0
        self.error = error

    def begin(self, descriptor: int, then: Callable[[OSError | None], None]) -> None:
        self.flushes += 1
        super().begin(descriptor, lambda error: then(error or self.error))


class Without(KernelFlush):
    """On a file system that cannot be flushed so."""

    def begin(self, descriptor: int, then: Callable[[OSError | None], None]) -> None:
        """Like `io_submit`."""
        raise OSError(22, "Invalid argument")


@in_kernel
def test_the_kernel_flushes_and_no_thread_does(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)

    async def work() -> int:
        kernel = Kernel()
        together = Together(audit, kernel=kernel)
        await asyncio.gather(*(together.record(account(n)) for n in range(20)))
        together.close()
        return kernel.flushes

    assert (asyncio.run(work()), disk.flushes) == (1, 0)
    audit.close()
    assert (records(path), verify(path).error) == (20, None)


@in_kernel
def test_what_the_kernel_could_not_flush_is_told_to_all_who_wait(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)

    async def work() -> list[object]:
        kernel = Kernel(OSError(28, "No space left on device"))
        together = Together(audit, kernel=kernel)
        failed = await asyncio.gather(
            *(together.record(account(n)) for n in range(3)), return_exceptions=True
        )
        seen = (records(path), audit.is_troubled)
        kernel.error = None
        audit.require_writable()
        await together.record(account(3))
        together.close()
        return [*(type(error) for error in failed), *seen]

    assert asyncio.run(work()) == [AuditError] * 3 + [0, True]
    audit.close()
    assert (records(path), verify(path).error) == (2, None)


@in_kernel
def test_a_thread_flushes_where_the_kernel_cannot(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)
    disk.may_go_on.set()

    async def work() -> None:
        together = Together(audit, kernel=Without())
        await together.record(account(0))
        together.close()

    asyncio.run(work())
    audit.close()
    assert (disk.flushes, records(path), verify(path).error) == (1, 1, None)


class ClosedMeanwhile(Kernel):
    """While it flushes, two others come, and then it is all closed."""

    together: Together

    def begin(self, descriptor: int, then: Callable[[OSError | None], None]) -> None:
        super().begin(descriptor, then)
        loop = asyncio.get_running_loop()
        self.others = [loop.create_task(self.together.record(account(n))) for n in (1, 2)]
        loop.call_soon(self.together.close)  # in the same turn as they, before the end of a flush is told


@in_kernel
def test_who_closes_waits_for_what_was_begun_and_keeps_what_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)

    async def work() -> int:
        kernel = ClosedMeanwhile()
        together = kernel.together = Together(audit, kernel=kernel)
        await together.record(account(0))
        audit.close()
        await asyncio.gather(*kernel.others)
        return kernel.flushes

    assert asyncio.run(work()) == 1
    assert (records(path), verify(path).error) == (3, None)


@in_kernel
def test_what_cannot_be_flushed_is_refused_at_once() -> None:
    async def work() -> None:
        kernel = KernelFlush()
        reader, writer = os.pipe()
        with pytest.raises(OSError, match="Invalid argument"):
            kernel.begin(writer, lambda _: None)
        kernel.close()
        os.close(reader)
        os.close(writer)

    asyncio.run(work())
