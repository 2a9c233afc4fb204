"""The log that is written: appends that are safe between threads and processes, durable, and chained.

Under one lock: where the chain ends is looked up, the record is written after it with one `write`, made
durable, and only then is the head moved on. So the head is never ahead of the log unless the log lost its
end, and an answer is never given out before its record is there.
"""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from nlq.audit.account import Account
from nlq.audit.files import full_path, parts, read_end, torn_path
from nlq.audit.head import head_path, parse_head, read_head, render_head
from nlq.audit.record import START, Link, Seal, open_line, seal_account, seal_record
from nlq.errors import AuditError

LOCK_SECONDS = 10.0
"""How long to wait for other processes: they hold the lock for less than a millisecond each."""

_flush: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT


@dataclass(slots=True)
class _Tail:
    """Where the chain ended when we last looked, and how log and head were then."""

    link: Link
    head: bytes
    identity: tuple[int, int]
    size: int

    def is_as_left(self, stamp: tuple[tuple[int, int], int], head: bytes) -> bool:
        """True where nobody has written since, or changed the one for the other."""
        return (self.identity, self.size) == stamp and self.head == head


class _BusyError(Exception):
    """Another thread or process writes the log."""


class _Begun:
    """See `Begun`."""

    def __init__(
        self, descriptor: int, rest: Generator[int], on_failure: Callable[[], None] = lambda: None
    ) -> None:
        """`rest` is what is done once the descriptor is flushed."""
        self.descriptor = descriptor
        self._rest = rest
        self._on_failure = on_failure

    def flush(self) -> OSError | None:
        """See `Begun.flush`."""
        try:
            if self.descriptor >= 0:
                _flush(self.descriptor)
        except OSError as error:
            return error
        return None

    def end(self, error: OSError | None) -> None:
        """See `Begun.end`."""
        try:
            if error is not None:
                self._rest.throw(error)
            for _ in self._rest:
                raise AssertionError("there is one thing to flush")
        except AuditError:
            self._on_failure()
            raise


class AuditLog:
    """An append-only log at `path`. Many objects, threads and processes may write the same one."""

    def __init__(
        self,
        path: Path,
        *,
        key: bytes = b"",
        values: bool = False,
        sync: bool = True,
        rotate_bytes: int = 64 * 2**20,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`sync` waits for the disk at each record. A file of `rotate_bytes` is followed by another.

        Raises `audit.unwritable`, and `audit.broken` where what is there does not end as its head says.
        """
        self.path = path
        self._log_path, self._head_path = str(path), str(head_path(path))
        self._seal = Seal(key)
        self._values = values
        self._sync = sync
        self._rotate_bytes = rotate_bytes
        self._clock = clock
        self._lock = Lock()
        self._log = -1
        self._head = -1
        self._head_identity = (-1, -1)
        self._tail: _Tail | None = None
        self._refused = 0
        self._counting = Lock()
        self._closed = False
        # A child that shares our open files would share our lock, too.
        myself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _start_anew(myself()))
        with self._locked():
            self._find_tail()

    @property
    def is_troubled(self) -> bool:
        """See `Audit.is_troubled`."""
        return bool(self._refused) or self._closed

    @property
    def is_slow(self) -> bool:
        """See `Audit.is_slow`."""
        return self._sync

    def require_writable(self) -> None:
        """See `Audit.require_writable`. After a failure, a record that tells of it must be written."""
        if not self.is_troubled:
            return
        with self._counting:
            refused, self._refused = self._refused, 0
        try:
            self._append([{"kind": "outage", "refused": refused}])
        except AuditError:
            self._count(refused + 1)
            raise

    def record(self, account: Account) -> None:
        """See `Audit.record`."""
        self.record_all((account,))

    def record_all(self, accounts: Sequence[Account]) -> None:
        """See `Audit.record_all`: one lock, one write, one wait for the disk."""
        try:
            self._append(accounts)
        except AuditError:
            self._count(len(accounts))
            raise

    def begin(self, accounts: Sequence[Account]) -> _Begun | None:
        """See `Audit.begin`."""
        appending = self._appending(accounts, waits=False)
        try:
            return _Begun(next(appending), appending, lambda: self._count(len(accounts)))
        except _BusyError:
            return None
        except AuditError:
            self._count(len(accounts))
            raise

    def close(self) -> None:
        """See `Audit.close`."""
        with self._lock:
            self._closed = True
            self._forget_files()

    def _count(self, refused: int) -> None:
        with self._counting:
            self._refused += refused

    def _append(self, records: Sequence[Account | Mapping[str, Any]]) -> None:
        appending = self._appending(records)
        begun = _Begun(next(appending), appending)
        begun.end(begun.flush())

    def _appending(
        self, records: Sequence[Account | Mapping[str, Any]], *, waits: bool = True
    ) -> Generator[int]:
        """Append, and stop in the middle with what has to be flushed (-1 for nothing) before going on."""
        with self._locked(waits=waits):
            tail = self._find_tail()
            link, lines, now = tail.link, bytearray(), self._clock()
            for record in records:
                if isinstance(record, Account):
                    line, link = seal_account(record, link, now, self._seal, values=self._values)
                else:
                    line, link = seal_record(record, link, now, self._seal)
                lines += line
            # A batch is not divided: a file may be larger than its limit by one.
            if tail.size and tail.size + len(lines) > self._rotate_bytes:
                tail = self._rotate(tail)
            yield from self._writing(bytes(lines), tail)
            head = render_head(link, self._seal)
            os.pwrite(self._head, head, 0)
            self._tail = _Tail(link, head, tail.identity, tail.size + len(lines))

    # where the chain ends

    def _find_tail(self) -> _Tail:
        tail = self._tail
        if tail is not None and tail.is_as_left(_stamp(self._log_path), read_head(self._head)):
            return tail
        self._open_log()
        status = os.fstat(self._log)
        last, torn = read_end(self._log, status.st_size)
        size = status.st_size - len(torn)
        link = self._open_end(last) if size else self._link_before()
        self._require_head(link)
        if torn:
            self._put_aside(torn, size)
        self._tail = _Tail(link, read_head(self._head), (status.st_dev, status.st_ino), size)
        return self._tail

    def _put_aside(self, torn: bytes, size: int) -> None:
        """Cut off the beginning of a line that a crash has left: it was of no answer."""
        aside = os.open(torn_path(self.path), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(aside, torn + b"\n")
            os.fsync(aside)
        finally:
            os.close(aside)
        os.ftruncate(self._log, size)

    def _link_before(self) -> Link:
        """Where the chain ended in the file before this one, which is new."""
        before = [p for p in parts(self.path) if p != self.path]
        if not before:
            return START
        descriptor = os.open(before[-1], os.O_RDONLY)
        try:
            return self._open_end(read_end(descriptor, os.fstat(descriptor).st_size)[0])
        finally:
            os.close(descriptor)

    def _open_end(self, line: bytes) -> Link:
        found = open_line(line, self._seal)
        if found is None:
            raise self._broken("its last record was changed, or written with another key")
        return found.link

    def _require_head(self, link: Link) -> None:
        content = read_head(self._head)
        if not content and link == START:
            os.pwrite(self._head, render_head(START, self._seal), 0)
            return
        head = parse_head(content, self._seal)
        if head is None:
            raise self._broken("its head is missing or damaged, or written with another key")
        # A log that is ahead of its head is whole: the process ended between the two.
        if head.seq > link.seq:
            raise self._broken(f"it ends with record {link.seq}, and had {head.seq}")
        if head.seq == link.seq and head != link:
            raise self._broken(f"record {link.seq} is not the one that was written")

    def _broken(self, what: str) -> AuditError:
        return AuditError(
            "audit.broken",
            f"the audit log `{self.path}` is not as it was left: {what}",
            "`nlq audit verify` says more; keep the files, and let `audit` name a new one",
        )

    # write

    def _writing(self, line: bytes, tail: _Tail) -> Generator[int]:
        try:
            written = os.write(self._log, line)
            if written != len(line):
                raise OSError(0, "only a part of the record was written: is the disk full?")
            yield self._log if self._sync else -1
        except OSError:
            self._tail = None
            with suppress(OSError):
                os.ftruncate(self._log, tail.size)
            raise

    def _rotate(self, tail: _Tail) -> _Tail:
        """A new file to write. Should we end in the middle, `_link_before` finds the end of the chain."""
        found = open_line(_first_line(self._log), self._seal)
        if found is None:
            raise self._broken("the first record of the file was changed")
        os.fsync(self._log)
        full = full_path(self.path, found.link.seq)
        if full.exists():
            raise self._broken(f"there is a file `{full.name}` already")
        self.path.rename(full)
        self._open_log()
        status = os.fstat(self._log)
        return _Tail(tail.link, tail.head, (status.st_dev, status.st_ino), 0)

    # files and locks

    @contextmanager
    def _locked(self, *, waits: bool = True) -> Iterator[None]:
        if not self._lock.acquire(blocking=waits):
            raise _BusyError
        try:
            if self._closed:
                raise OSError(0, "it was closed")
            self._lock_head(waits=waits)
            try:
                yield
            finally:
                fcntl.flock(self._head, fcntl.LOCK_UN)
        except OSError as error:
            raise AuditError(
                "audit.unwritable",
                f"the audit log `{self.path}` cannot be written: {self._why(error)}",
                "nothing is answered that is not on record: mend that, or unset `audit`",
            ) from error
        finally:
            self._lock.release()

    def _why(self, error: OSError) -> str:
        if isinstance(error, FileNotFoundError) and not self.path.parent.exists():
            return f"there is no directory `{self.path.parent}`"
        return error.strerror or str(error)

    def _lock_head(self, *, waits: bool) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            if self._head < 0:
                self._head = os.open(self._head_path, os.O_RDWR | os.O_CREAT, 0o600)
                status = os.fstat(self._head)
                self._head_identity = (status.st_dev, status.st_ino)
            try:
                fcntl.flock(self._head, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waits:
                    raise _BusyError from None
                if time.monotonic() > deadline:
                    raise OSError(0, "another process does not let go of it") from None
                time.sleep(0.0005)
                continue
            # Someone may have put another file in its place, which others lock now.
            if _stamp(self._head_path)[0] == self._head_identity:
                return
            os.close(self._head)
            self._head = -1

    def _open_log(self) -> None:
        self._tail = None  # what it says is of the file that was open
        if self._log >= 0:
            os.close(self._log)
            self._log = -1
        is_new = not self.path.exists()
        self._log = os.open(self.path, _APPEND, 0o600)
        if is_new and self._sync:
            directory = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _forget(self) -> None:
        """Start anew in a process that was forked."""
        self._lock, self._counting = Lock(), Lock()
        self._forget_files()

    def _forget_files(self) -> None:
        for descriptor in (self._log, self._head):
            if descriptor >= 0:
                with suppress(OSError):
                    os.close(descriptor)
        self._log = self._head = -1
        self._tail = None


def _start_anew(log: AuditLog | None) -> None:
    if log is not None:
        log._forget()


def _stamp(path: str) -> tuple[tuple[int, int], int]:
    try:
        status = os.stat(path)  # noqa: PTH116  # on the way of every request
    except FileNotFoundError:
        return (-1, -1), -1
    return (status.st_dev, status.st_ino), status.st_size


def _first_line(descriptor: int) -> bytes:
    line, position = b"", 0
    while b"\n" not in line:
        chunk = os.pread(descriptor, 16_384, position)
        if not chunk:
            break
        line, position = line + chunk, position + len(chunk)
    return line.partition(b"\n")[0]
