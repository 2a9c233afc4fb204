"""Rows that do not have to fit into memory: they wait in a file until their client has read them.

So the database is done with them as soon as it can be, their record is kept before a byte is given out,
what fails in the middle is a problem with its status and not half of a reply, and a client that reads
slowly holds no connection and no memory.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nlq.answer import Answer, csv_header, csv_lines
from nlq.encoding import encode_rows, to_bytes
from nlq.engine.rows import Sink
from nlq.errors import EngineError
from nlq.plan import ResultColumn

IN_MEMORY = 2**20
"""Bytes that need no file."""

CHUNK = 65_536

PATIENCE_S = 60.0
"""How long a client may take to make room for one chunk."""

Around = Callable[[Answer], tuple[bytes, bytes]]
"""What stands before and after the rows of an answer."""


class Spool(Sink, Protocol):
    """A sink that makes a reply of the rows."""

    has_begun: bool
    file: Any
    """Who sends it closes it."""

    def end(self, answer: Answer) -> tuple[bytes, bytes]:
        """There are no more rows; what stands before and after the file in the reply."""


def open_file() -> Any:
    """A file for rows, in memory while it is small."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


@contextmanager
def on_disk() -> Iterator[None]:
    """Raises `engine.resources` where there is no room for the file."""
    try:
        yield
    except OSError as error:
        raise EngineError(
            "engine.resources",
            f"there is no room for the rows: {error.strerror}",
            "ask for less; the variable `TMPDIR` names the directory in which they wait",
        ) from error


class CsvSpool:
    """The lines of rows, in the order in which they came."""

    def __init__(self) -> None:
        self.has_begun = False
        self.file = open_file()

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """See `Sink.begin`."""
        self.has_begun = True
        start_anew(self.file)
        self._write(csv_header(columns).encode())

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Sink.add`."""
        self._write(csv_lines(rows).encode())

    def end(self, _answer: Answer) -> tuple[bytes, bytes]:
        """See `Spool.end`."""
        return b"", b""

    def _write(self, content: bytes) -> None:
        with on_disk():
            self.file.write(content)


class JsonSpool:
    """The rows as objects, less the brackets around them."""

    def __init__(self, around: Around) -> None:
        self.has_begun = False
        self.file = open_file()
        self._around = around
        self._names: list[str] = []

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """See `Sink.begin`."""
        self.has_begun = True
        start_anew(self.file)
        self._names = [column.name for column in columns]

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Sink.add`."""
        with on_disk():
            self.file.write((b"," if self.file.tell() else b"") + encode_rows(self._names, rows)[1:-1])

    def end(self, answer: Answer) -> tuple[bytes, bytes]:
        """See `Spool.end`."""
        before, after = self._around(answer)
        return before + b"[", b"]" + after


def around_rows(shape: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """JSON that has no rows, before and after the place where they belong.

    >>> around_rows({"columns": ["rows"], "rows": [], "truncated": False})
    (b'{"columns":["rows"],"rows":', b',"truncated":false}')
    """
    # Within a text a quote has a backslash before it, so that this is the member and no value.
    before, _, after = to_bytes(shape).partition(b'"rows":[]')
    return before + b'"rows":', after


def start_anew(file: Any) -> None:
    """Forget what was written: it is of no answer."""
    file.seek(0)
    file.truncate()


class SpoolResponse(Response):
    """What a spool holds, sent as fast as the client reads."""

    def __init__(
        self, spool: Spool, around: tuple[bytes, bytes], headers: Mapping[str, str], media_type: str
    ) -> None:
        self._file = spool.file
        self._before, self._after = around
        self._length = self._file.tell()
        self.status_code = 200
        self.background = None
        self.media_type = media_type
        self.body = b""
        whole = len(self._before) + self._length + len(self._after)
        self.init_headers({**headers, "content-length": str(whole)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close the file, however that ends."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if self._length <= CHUNK:
                self._file.seek(0)  # it is in memory
                whole = self._before + self._file.read() + self._after
                await send_chunk(send, whole, more=False)
                return
            await send_chunk(send, self._before)
            await asyncio.to_thread(self._file.seek, 0)
            while chunk := await asyncio.to_thread(self._file.read, CHUNK):
                await send_chunk(send, chunk)
            await send_chunk(send, self._after, more=False)
        finally:
            self._file.close()


async def send_chunk(send: Send, chunk: bytes, *, more: bool = True) -> None:
    """Send a part of a body. Raises `TimeoutError` where its client makes no room for it."""
    # Whoever waited longer would hold a file or memory of ours for ever.
    async with asyncio.timeout(PATIENCE_S):
        await send({"type": "http.response.body", "body": chunk, "more_body": more})
