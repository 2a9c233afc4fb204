"""HTTP/1.1 as uvicorn speaks it with httptools, but for one thing: the head of a reply waits for its body.

uvicorn writes them one after the other, and uvloop sends each at once: two system calls, and a client that
is woken twice. That is more than all of what we do to find plan and statement.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD, _INTERIM, _END = b"HTTP/1.1 ", b"HTTP/1.1 1", b"\r\n\r\n"


class OnePacketProtocol(HttpToolsProtocol):
    """A connection of a client, for `uvicorn --http nlq.http.protocol:OnePacketProtocol`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin."""
        super().connection_made(cast(asyncio.Transport, _Corked(transport, self.loop)))


class _Corked:
    """A transport that holds the head of a reply until there is more, or the loop's turn ends."""

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send, with what was held before; a head is held."""
        if self._held:
            data, self._held = self._held + data, b""
        elif data.startswith(_HEAD) and data.endswith(_END) and not data.startswith(_INTERIM):
            self._held = data
            # Events have a head long before the first of them.
            self._loop.call_soon(self._send)
            return
        self._write(data)

    def close(self) -> None:
        """End once all is sent."""
        self._send()
        self._transport.close()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Leave the connection to another protocol, which has its own transport."""
        self._send()
        self._transport.set_protocol(protocol)

    def _send(self) -> None:
        if self._held:
            data, self._held = self._held, b""
            self._write(data)

    def _write(self, data: bytes) -> None:
        # The client may have gone, and uvicorn be told of it in the next turn only.
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
