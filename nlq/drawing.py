"""Drawing in a process of its own: Vega-Lite's engine holds the interpreter while it draws, and may die.

It stands apart from the console, for the process imports what this file is in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import BoundedSemaphore, Lock
from typing import Any

from nlq.child import READY, Child, DeadError, forbid_files, open_streams, read, write
from nlq.errors import RequestError

SECONDS = 10.0
"""What one chart may take, the engine's start of about a second not counted."""

MOST = 8 * 2**20
"""Bytes of a chart."""

WAITING = 4
"""Charts that are drawn or wait to be: each holds a thread of the server, and may take all of its time."""

_SPEC, _SVG, _REFUSED = b"s", b"v", b"x"


class Drawer:
    """Draws one chart after the other, in a process that is started when the first is asked for."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._lock = Lock()
        self._places = BoundedSemaphore(WAITING)

    def draw(self, spec: Mapping[str, Any]) -> str:
        """The chart as SVG. Raises `request.invalid` where nothing comes of it, and `request.busy`."""
        if not self._places.acquire(blocking=False):
            raise RequestError("request.busy", "other charts are being drawn", "try again in a moment")
        try:
            return self._draw(json.dumps(spec).encode())
        finally:
            self._places.release()

    def _draw(self, spec: bytes) -> str:
        with self._lock:
            try:
                if self._child is None or not self._child.is_alive:
                    self._end()
                    self._child = Child(__name__, ())
                with self._child.killed_after(SECONDS):
                    self._child.send(_SPEC, spec)
                    kind, body = self._child.receive(MOST)
            except DeadError:
                self._end()
                kind, body = _REFUSED, b""
        if kind != _SVG:
            raise RequestError("request.invalid", "the chart cannot be drawn", "ask for fewer rows")
        return body.decode()

    def close(self) -> None:
        """End the process; the next chart starts another."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._child = None


def main() -> None:
    """In the process: draw until the other side closes."""
    requests, replies = open_streams()
    forbid_files()
    import vl_convert

    write(replies, READY, b"")
    while (request := read(requests)) is not None:
        try:
            svg = vl_convert.vegalite_to_svg(json.loads(request[1]), allowed_base_urls=[])
        except ValueError:
            write(replies, _REFUSED, b"")
        else:
            write(replies, _SVG, svg.encode())
