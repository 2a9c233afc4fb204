"""Bodies as they arrive: at once, later, in pieces, never."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from nlq.errors import RequestError
from nlq.http import body
from nlq.http.body import Question, read_question

HEADERS = [(b"content-type", b"application/json")]
WHOLE = b'{"question": "how many {a}", "params": {"a": 1}}'


async def read(pieces: list[bytes | None], pauses: bool) -> Question:
    """What is read of the pieces; None is a client that goes away."""
    left = list(pieces)

    async def receive() -> MutableMapping[str, Any]:
        if pauses:
            await asyncio.sleep(0.001)
        if not left:
            await asyncio.Event().wait()
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left)}

    return await read_question(Request({"type": "http", "method": "POST", "headers": HEADERS}, receive))


@pytest.mark.parametrize("pauses", [False, True], ids=["at-once", "later"])
@pytest.mark.parametrize(
    "pieces",
    [[WHOLE], [WHOLE[:7], WHOLE[7:]], [b"", WHOLE, b""], [bytes([b]) for b in WHOLE]],
    ids=["whole", "two", "empty-ones", "bytes"],
)
def test_a_body_in_pieces(pieces: list[bytes | None], pauses: bool) -> None:
    assert asyncio.run(read(pieces, pauses)) == Question("how many {a}", {"a": 1}, None, True)


@pytest.mark.parametrize("pauses", [False, True], ids=["at-once", "later"])
@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        pytest.param([b"x" * 65_537], "the body is larger than 65,536 bytes", id="large"),
        pytest.param([b"x" * 40_000] * 3, "the body is larger than 65,536 bytes", id="large-in-pieces"),
        pytest.param([WHOLE[:5], None], None, id="gone"),
    ],
)
def test_a_body_that_is_refused(pieces: list[bytes | None], pauses: bool, error: str | None) -> None:
    with pytest.raises(ClientDisconnect if error is None else RequestError, match=error):
        asyncio.run(read(pieces, pauses))


def test_a_body_that_never_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "ARRIVAL_S", 0.01)
    with pytest.raises(RequestError, match=r"the body did not arrive within 0\.01 s"):
        asyncio.run(read([], pauses=True))


def test_who_is_cancelled_while_a_body_arrives_is() -> None:
    async def cancel() -> str:
        reading = asyncio.create_task(read([], pauses=True))
        await asyncio.sleep(0.005)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        return "cancelled"

    assert asyncio.run(cancel()) == "cancelled"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b'{"question": "q", "limit": 5}', Question("q", {}, 5, True)),
        (b'{"question": "q", "explain": false}', Question("q", {}, None, False)),
        (b'{"question": "q", "limit": null}', Question("q", {}, None, True)),
    ],
    ids=["limit", "explain", "null"],
)
def test_what_else_may_be_said(sent: bytes, expected: Question) -> None:
    assert asyncio.run(read([sent], pauses=False)) == expected


@pytest.mark.parametrize(
    "sent",
    [
        b'{"question": 1}', b'{"question": "q", "params": {"a": [1]}}', b'{"question": "q", "limit": 0}',
        b'{"question": "q", "limit": true}', b'{"question": "q", "explain": 1}',
        b'{"question": "q", "x": 1}',
        b"{}", b'{"question": "q", "params": null}',
    ],
)  # fmt: skip
def test_what_may_not(sent: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        asyncio.run(read([sent], pauses=False))
    assert caught.value.code == "request.invalid"
