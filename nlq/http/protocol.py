"""HTTP/1.1 as uvicorn speaks it with httptools, but for what it lets strangers do, and one thing for speed.

Heads are of some size and come within some time; fields behind a body are no headers; who asks for another
protocol is answered in this one.

And the head of a reply waits for its body. uvicorn writes them one after the other, and uvloop sends each
at once: two system calls, and a client that is woken twice. That is more than all of what we do to find
plan and statement.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEAD = 65_536
"""Bytes that a head may have, beyond the packet that it begins in."""

HEAD_S = 20.0
"""Seconds that a head may take to arrive, from the opening of a connection on."""

UNREAD_S = 60.0
"""Seconds in which a client has to read something of what is left for it."""

MOST_AHEAD = 100
"""Requests that may wait on a connection for the replies to those before them."""

_HEAD, _INTERIM, _END = b"HTTP/1.1 ", b"HTTP/1.1 1", b"\r\n\r\n"
_INVALID, _TOO_LARGE = (
    STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n" for status in (400, 431)
)


class OnePacketProtocol(HttpToolsProtocol):
    """A connection of a client, for `uvicorn --http nlq.http.protocol:OnePacketProtocol`."""

    _unread = 0
    """Bytes that came since the parser told of something that is no field."""

    _in_head = False
    _late: asyncio.TimerHandle | None = None
    _head: list[tuple[bytes, bytes]] | None = None
    """The headers of a request for another protocol, which the parser reads no further."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin."""
        super().connection_made(cast(asyncio.Transport, _Corked(transport, self.loop)))
        self._late = self.loop.call_later(HEAD_S, self._end_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read it."""
        self._unset_keepalive_if_required()
        self._unread += len(data)
        try:
            self._feed(memoryview(data))
        except httptools.HttpParserError:
            self._refuse(_INVALID)
            return
        if self._unread > MAX_HEAD:
            self._refuse(_TOO_LARGE)
        elif self._late is None and (self._in_head or self._is_idle()):
            self._late = self.loop.call_later(HEAD_S, self._end_if_idle)

    def on_message_begin(self) -> None:
        """Take a new request."""
        super().on_message_begin()
        self._in_head, self._unread = True, 0

    def on_headers_complete(self) -> None:
        """Begin to answer it."""
        self._in_head, self._unread = False, 0
        self._stop_waiting()
        if self.parser.should_upgrade() and any(name == b"upgrade" for name, _ in self.headers):
            self._head = self.headers
            return
        if len(self.pipeline) >= MOST_AHEAD:
            raise httptools.HttpParserError("too many requests at once")
        super().on_headers_complete()
        # INVARIANT: the request has the list. Fields behind the body, which a proxy may not have looked at,
        # would else be headers, and say who asks.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Take a part of its body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take its end."""
        if self._head is None:
            self._unread = 0
            super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return False

    def _feed(self, data: memoryview) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as ended:
                # The parser takes the body of such a request for the other protocol, which uvicorn reads on
                # as the next request. Java's client sends this with everything.
                data = data[ended.args[0] :]
                self._begin_again()

    def _begin_again(self) -> None:
        """Read the head once more, as of one who asks for no other protocol."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        headers, self._head = self._head or [], None
        kept = [b"%b: %b\r\n" % field for field in headers if field[0] != b"upgrade"]
        head = b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, b"".join(kept))
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        self.parser.feed_data(head)

    def _refuse(self, reply: bytes) -> None:
        # Not in the middle of another reply, of which it would seem a part.
        if self._is_idle() or not self.cycle.response_started:
            self.transport.write(reply)
        self.transport.close()

    def _is_idle(self) -> bool:
        """Whether no reply is under way, or about to be."""
        return self.cycle is None or self.cycle.response_complete

    def _end_if_idle(self) -> None:
        self._late = None
        if self._is_idle():
            self.transport.close()
        else:
            self._late = self.loop.call_later(HEAD_S, self._end_if_idle)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


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
        """End once all is sent, or nobody has read any more of it for a while."""
        self._send()
        self._transport.close()
        self._wait_for(math.inf)

    def _wait_for(self, left: float) -> None:
        size = self._transport.get_write_buffer_size()
        if size >= left:
            self._transport.abort()
        elif size:
            self._loop.call_later(UNREAD_S, self._wait_for, size)

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
