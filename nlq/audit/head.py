"""The head: a small file beside the log that says where the chain ends, so that a missing end shows.

It is one line of fixed length, written in place within one sector, so that it is never half written; it
is also what processes lock.
"""

from __future__ import annotations

import os
from pathlib import Path

from nlq.audit.record import Link, Seal, read_line

LENGTH = 255
"""Bytes of the head, without its newline."""


def head_path(log: Path) -> Path:
    """Where the head of a log is."""
    return log.with_name(f"{log.name}.head")


def render_head(link: Link, seal: Seal) -> bytes:
    """What the file holds for a chain that ends with `link`.

    >>> len(render_head(Link(10**12, "0" * 64), Seal()))
    256
    """
    mac = seal.digest(f"head {link.seq} {link.hash}".encode())
    text = f'{{"seq":{link.seq},"hash":"{link.hash}","mac":"{mac}"}}'
    return text.ljust(LENGTH).encode() + b"\n"


def parse_head(content: bytes, seal: Seal) -> Link | None:
    """The link in the file, or None where it is not exactly what `render_head` made with this seal."""
    found = read_line(content) or {}
    match found:
        case {"seq": int(seq), "hash": str(digest)} if content == render_head(Link(seq, digest), seal):
            return Link(seq, digest)
    return None


def read_head(descriptor: int) -> bytes:
    """All that the open file holds, and at most a little more than it should."""
    return os.pread(descriptor, LENGTH + 2, 0)
