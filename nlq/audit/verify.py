"""Where a log was changed, or that it was not: reads every record, from the first file to the head."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlq.audit.files import parts
from nlq.audit.head import head_path, parse_head, read_head
from nlq.audit.record import START, Link, Seal, open_line, read_line
from nlq.errors import AuditError


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the log; `line` counts from 1."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path.name}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the log holds as far as it is whole, and the first thing that is wrong with it, if any is.

    `records` were looked at; `last` is where the chain ends. `unanchored` are whole records after the
    head, `torn` says that a line was begun and not ended: a crash leaves either, and neither was answered.
    """

    records: int
    last: Link
    error: AuditError | None = None
    place: Place | None = None
    unanchored: int = 0
    torn: bool = False


_Joint = tuple[Link, str]
"""A record as the chain sees it: its link, and the hash of the one before it."""


@dataclass(frozen=True, slots=True)
class _Line:
    place: Place
    content: bytes


def verify(log: Path, key: bytes = b"", *, first: int = 1, noted: Link | None = None) -> Verdict:
    """The verdict on the log at `log`.

    Without `first` the chain begins with record 1: say otherwise where older files were put elsewhere.
    `noted` is a link that was written down outside: it must be in the chain.

    Raises `audit.invalid` where there is no log, or it cannot be read.
    """
    seal = Seal(key)
    try:
        files, head = _take_stock(log)
        if not files and not head:
            raise AuditError(
                "audit.invalid", f"there is no audit log `{log}`", "give its path, or set `audit`"
            )
        return _verify(files, head, seal, first, noted)
    except OSError as error:
        raise AuditError(
            "audit.invalid", f"the audit log `{log}` cannot be read: {error.strerror}"
        ) from error


def _take_stock(log: Path) -> tuple[list[tuple[Path, int]], bytes]:
    """The files with their sizes, and the head, of one moment between two records."""
    try:
        with head_path(log).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return [(p, p.stat().st_size) for p in parts(log)], read_head(file.fileno())
    except FileNotFoundError:
        return [(p, p.stat().st_size) for p in parts(log)], b""


def _verify(
    files: list[tuple[Path, int]], content: bytes, seal: Seal, first: int, noted: Link | None
) -> Verdict:
    head = parse_head(content, seal)
    begin = START if first == 1 else Link(first - 1, "")
    last, records, torn, place = begin, 0, False, None
    at_head, at_noted = head == START, noted is None
    lines = _lines(files)
    for line in lines:
        if line is None:
            torn = True
            continue
        place, found = line.place, open_line(line.content, seal)
        if found is None or not _follows((found.link, found.previous), last):
            later = (open_line(more.content, seal) for more in lines if more is not None)
            # Not the records themselves: there may be millions.
            rest = [(r.link, r.previous) for r in later if r is not None]
            error = _name_break(line, found.link if found else None, rest, last)
            return Verdict(records, last, error, place)
        last, records = found.link, records + 1
        at_head = at_head or last == head
        at_noted = at_noted or last == noted
    wrong = _judge_end(head, bool(content), at_head, last, first)
    if wrong is None and noted is not None and not at_noted:
        wrong = AuditError(
            "audit.changed",
            f"record {noted.seq} is not the one that was noted",
            "the log was written anew, or is another one",
        )
    if wrong is not None:
        return Verdict(records, last, wrong, place)
    return Verdict(records, last, unanchored=max(0, last.seq - head.seq) if head else 0, torn=torn)


def _follows(found: _Joint, last: Link) -> bool:
    """Whether it is the record after `last`, of which the hash may be unknown."""
    link, previous = found
    return link.seq == last.seq + 1 and last.hash in ("", previous)


def _lines(files: list[tuple[Path, int]]) -> Iterator[_Line | None]:
    """Every whole line; None for a torn one at the end of the last file, which no answer waited for."""
    for number, (path, size) in enumerate(files, start=1):
        left = size
        with path.open("rb") as file:
            for count, line in enumerate(file, start=1):
                whole = line[:left]
                left -= len(whole)
                if whole.endswith(b"\n"):
                    yield _Line(Place(path, count), whole[:-1])
                elif whole:
                    yield None if number == len(files) else _Line(Place(path, count), whole)
                if not left:
                    break


def _name_break(line: _Line, found: Link | None, rest: list[_Joint], last: Link) -> AuditError:
    """What became of the record that should follow `last`, of which `line` is not the one."""
    seq = last.seq + 1

    if found is None:
        if any(_follows(r, last) for r in rest):
            return AuditError("audit.inserted", f"a line before record {seq} is no record", _WHERE)
        said = (read_line(line.content) or {}).get("seq")
        if isinstance(said, int) and said > seq and not any(link.seq == seq + 1 for link, _ in rest):
            return _removed(seq, said - 1)
        return AuditError(
            "audit.changed",
            f"record {seq} was changed after it was written",
            "or it was written with another key: set `audit_key` to that one",
        )
    if any(_follows(r, last) for r in rest):
        if found.seq > seq and any(link.seq + 1 == found.seq for link, _ in rest):
            return AuditError(
                "audit.reordered", f"record {found.seq} stands where record {seq} was written", _WHERE
            )
        return AuditError(
            "audit.inserted", f"a record numbered {found.seq} was put before record {seq}", _WHERE
        )
    if found.seq > seq:
        return _removed(seq, found.seq - 1)
    if found.seq == seq:
        return AuditError(
            "audit.changed", f"record {last.seq} is not the one that record {seq} was written after", _WHERE
        )
    return AuditError("audit.inserted", f"a record numbered {found.seq} was put after {last.seq}", _WHERE)


def _removed(first: int, last: int) -> AuditError:
    which = f"record {first} was" if first == last else f"records {first} to {last} were"
    return AuditError("audit.removed", f"{which} removed", _WHERE)


def _judge_end(
    head: Link | None, is_there: bool, at_head: bool, last: Link, first: int
) -> AuditError | None:
    if head is None:
        what = "damaged, or written with another key" if is_there else "missing"
        return AuditError(
            "audit.broken",
            f"the head of the log is {what}: a missing end would not show",
            "no record before the end was changed",
        )
    if head.seq > last.seq:
        which = (
            f"record {head.seq} is"
            if head.seq == last.seq + 1
            else f"records {last.seq + 1} to {head.seq} are"
        )
        return AuditError("audit.truncated", f"the end of the log is missing: {which} gone", _WHERE)
    if not at_head and head.seq >= first:
        return AuditError("audit.changed", f"record {head.seq} is not the one that the head holds", _WHERE)
    return None


_WHERE = "every record before it is as it was written"
