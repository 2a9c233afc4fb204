"""Replies of a model kept on disk, so that the same prompt is never paid for twice.

JSON as bytes in a diskcache. diskcache would pickle any other value, and unpickle whatever it finds;
the `Disk` used here does neither. A cache that fails is a cache that misses: no call fails for it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diskcache import Cache

SIZE_LIMIT = 256 * 2**20
"""Bytes of all replies together; the oldest go first."""

VALUE_LIMIT = 1_000_000
"""Bytes of one reply that are read back."""


class ReplyStore:
    """JSON objects by key. Safe for many threads and processes: nothing stays open between calls."""

    def __init__(self, directory: Path, *, size_limit: int = SIZE_LIMIT) -> None:
        self.directory = directory
        self._size_limit = size_limit

    def get(self, key: str) -> dict[str, Any] | None:
        """The object that was put, or None where there is none that can be read."""
        try:
            with self._open() as store:
                content = store.get(key)
            found = json.loads(content) if isinstance(content, bytes) else None
        except Exception as error:  # noqa: BLE001  # a damaged database makes its readers raise anything
            self._discard_if_damaged(error)
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, value: Mapping[str, object]) -> None:
        """Keep the object, if that is possible."""
        content = json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False).encode()
        if len(content) > VALUE_LIMIT:
            return
        try:
            with self._open() as store:
                store.set(key, content)
        except Exception as error:  # noqa: BLE001  # as above; a full disk, too, only means no cache
            self._discard_if_damaged(error)

    def _open(self) -> Cache:
        from diskcache import Cache

        return Cache(
            str(self.directory),
            timeout=5,
            disk=_disk(),
            disk_min_file_size=VALUE_LIMIT + 1,  # every value in the database, none in a file of its own
            size_limit=self._size_limit,
            eviction_policy="least-recently-stored",
        )

    def _discard_if_damaged(self, error: Exception) -> None:
        """Delete a file that SQLite cannot read, so that the next call starts a new one."""
        if type(error) is sqlite3.DatabaseError:
            for path in self.directory.glob("cache.db*"):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


@cache
def _disk() -> type:
    from diskcache.core import MODE_RAW, Disk

    class BytesDisk(Disk):  # type: ignore[misc]  # diskcache has no types
        """Text keys and bytes only. The base class would hand anything else to `pickle`."""

        def put(self, key: object) -> tuple[str, bool]:
            if not isinstance(key, str):
                raise TypeError("a key must be text")
            return key, True

        def get(self, key: object, raw: bool) -> object:
            return key if raw else None

        def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, object]:
            if not isinstance(value, bytes):
                raise TypeError("a value must be bytes")
            return 0, MODE_RAW, None, sqlite3.Binary(value)

        def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> bytes | None:
            if mode != MODE_RAW or not isinstance(value, bytes) or len(value) > VALUE_LIMIT:
                return None
            return value

    return BytesDisk
