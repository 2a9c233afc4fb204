"""The files of a log: the one that is written, and those that were full, named for their first records."""

from __future__ import annotations

import os
import re
from pathlib import Path

_CHUNK = 16_384


def parts(log: Path) -> list[Path]:
    """The files that exist, in the order of their records."""
    named = re.compile(re.escape(log.name) + r"\.\d{12,}")
    full = [p for p in log.parent.glob(f"{_escape(log.name)}.*") if named.fullmatch(p.name)]
    ordered = sorted(full, key=lambda p: int(p.suffix[1:]))
    return [*ordered, log] if log.exists() else ordered


def full_path(log: Path, first: int) -> Path:
    """Where the file goes whose first record has that number, once it is full."""
    return log.with_name(f"{log.name}.{first:012d}")


def torn_path(log: Path) -> Path:
    """Where the beginnings of lines go that a crash left behind."""
    return log.with_name(f"{log.name}.torn")


def read_end(descriptor: int, size: int) -> tuple[bytes, bytes]:
    """The last whole line, without its newline, and the torn one after it; each may be empty."""
    start, end = size, b""
    while start > 0 and end.count(b"\n") < 2:
        step = min(_CHUNK, start)
        start -= step
        end = os.pread(descriptor, step, start) + end
    whole, newline, torn = end.rpartition(b"\n")
    return (whole.rpartition(b"\n")[2] if newline else b""), torn


def _escape(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
