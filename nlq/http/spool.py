"""CSV that does not have to fit into memory: it waits in a file until its client has read it.

So the database is done with it as soon as it can be, its record is kept before a byte is given out, and a
client that reads slowly holds no connection and no memory.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nlq.answer import csv_header, csv_lines
from nlq.plan import ResultColumn

IN_MEMORY = 2**20
"""Bytes that need no file."""

CHUNK = 65_536

PATIENCE_S = 60.0
"""How long a client may take to make room for one chunk."""


class CsvSpool:
    """A sink: the lines of rows, in the order in which they came."""

    def __init__(self) -> None:
        self.has_begun = False
        self.file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # who sends it closes it

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """See `Sink.begin`."""
        self.has_begun = True
        self.file.seek(0)
        self.file.truncate()
        self.file.write(csv_header(columns).encode())

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Sink.add`."""
        self.file.write(csv_lines(rows).encode())


class SpoolResponse(Response):
    """What a spool holds, sent as fast as the client reads."""

    def __init__(self, spool: CsvSpool, headers: Mapping[str, str], media_type: str) -> None:
        self._file = spool.file
        length = self._file.tell()
        self.status_code = 200
        self.background = None
        self.media_type = media_type
        self.body = b""
        self.init_headers({**headers, "content-length": str(length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close the file, however that ends."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await asyncio.to_thread(self._file.seek, 0)
            while chunk := await asyncio.to_thread(self._file.read, CHUNK):
                # Whoever waits for less than this holds a file of ours for ever.
                async with asyncio.timeout(PATIENCE_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._file.close()
