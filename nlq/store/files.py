"""Files of the store: JSON objects that are read with suspicion and written at once or not at all."""

from __future__ import annotations

import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from nlq.errors import StoreError
from nlq.strict import distinct

MAX_BYTES = 1_000_000
"""A file larger than this is not read."""

# O_NOFOLLOW: a link could point out of the store. O_NONBLOCK: a pipe would wait for a writer.
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file.

    Raises `store.invalid`, and OSError where the file cannot be read.
    """
    return parse_object(_read_bytes(path))


def _read_bytes(path: Path) -> bytes:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise _invalid("the file is a link", "put the plan itself in its place, or delete it")
    if not stat.S_ISREG(mode):
        raise _invalid("this is not a file", "delete it to compile the question again")
    with os.fdopen(os.open(path, _OPEN), "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _invalid(f"the file is larger than {MAX_BYTES:,} bytes", "delete it to compile it again")
    return content


def parse_object(content: bytes) -> dict[str, Any]:
    """The JSON object that the bytes hold.

    Raises `store.invalid`.
    """
    try:
        raw = json.loads(
            content.decode("utf-8"), object_pairs_hook=distinct, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise _invalid(
            f"not JSON in UTF-8: {str(error)[:120]}", "delete the file to compile it again"
        ) from error
    if not isinstance(raw, dict):
        raise _invalid("the JSON is not an object", "delete the file to compile it again")
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def unwritable(path: Path, why: str | None) -> StoreError:
    """The error of a file that cannot be written."""
    return StoreError(
        "store.unwritable",
        f"cannot write `{path.name}`: {why}",
        f"check `{path.parent}`, or set `cache_dir` to a directory that may be written",
    )


def replace_atomically(path: Path, content: bytes) -> None:
    """Give the file this content: another reader sees the old or the new, and nothing between."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _invalid(message: str, hint: str) -> StoreError:
    return StoreError("store.invalid", message, hint)
