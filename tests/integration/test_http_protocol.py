"""Replies as they come over the wire: small ones in one packet, all in order. And requests of strangers."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from waiting import PATIENCE_S, wait_for

from nlq.http import protocol
from nlq.http.protocol import MAX_HEAD, MOST_AHEAD, OnePacketProtocol

LARGE = bytes(range(256)) * 4096
"""More than a socket takes at once, with everything in it that could be taken for a head."""

BODIES = {
    "/small": b"row",
    "/large": LARGE,
    "/huge": bytes(30_000_000),  # more than two sockets hold
    "/head": b"HTTP/1.1 200 OK\r\n\r\n",
}

_may_end = threading.Event()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Replies of every kind: whole, in parts, without a body, of which the body comes late."""
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/echo":
        await echo(scope, receive, send)
        return
    body = BODIES.get(path, b"")
    headers = [] if path in ("/events", "/parts") else [(b"content-length", b"%d" % len(body))]
    status = 204 if path == "/nothing" else 200
    if path == "/asked":
        await receive()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if path == "/events":
        await asyncio.to_thread(_may_end.wait)
    if path == "/parts":
        for part in (b"HTTP/1.1 1\r\n\r\n", b"", b"two", b"\r\n\r\n"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Replies with the body, behind the names of the headers that are there once it is."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    found = b" ".join(name for name, _ in scope["headers"]) + b"|" + body
    headers = [(b"content-length", b"%d" % len(found))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": found})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server that runs `app`."""
    config = uvicorn.Config(app, port=0, log_level="critical", http=OnePacketProtocol, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started or not thread.is_alive())
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    """To the server."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as opened:
        yield opened


def request(path: str, method: str = "GET", more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nhost: x\r\n{more}\r\n".encode()


def read_to_end(connection: socket.socket) -> bytes:
    got = b""
    while part := connection.recv(2**20):
        got += part
    return got


def test_what_is_small_comes_in_one_packet(port: int) -> None:
    """Each read gives what is there first: of two packets, mostly the head alone."""
    program = f"""
import socket
connection = socket.create_connection(("127.0.0.1", {port}))
for _ in range(200):
    connection.sendall({request("/small")!r})
    print(connection.recv(2**16)[-7:])
"""
    # A process, as a thread of ours would seldom have its turn between the two.
    found = subprocess.run(
        [sys.executable, "-IS", "-c", program], capture_output=True, check=True, text=True
    )
    assert found.stdout.splitlines() == [repr(b"\r\n\r\nrow")] * 200


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        pytest.param("/small", "GET", b"row", id="small"),
        pytest.param("/large", "GET", LARGE, id="more than a socket takes"),
        pytest.param("/head", "GET", b"HTTP/1.1 200 OK\r\n\r\n", id="a body like a head"),
        pytest.param("/none", "GET", b"", id="empty"),
        pytest.param("/nothing", "GET", b"", id="204"),
        pytest.param("/small", "HEAD", b"", id="of HEAD"),
        pytest.param(
            "/parts",
            "GET",
            b"e\r\nHTTP/1.1 1\r\n\r\n\r\n3\r\ntwo\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n",
            id="in parts",
        ),
    ],
)
def test_the_whole_reply_arrives(connection: socket.socket, path: str, method: str, body: bytes) -> None:
    connection.sendall(request(path, method, "connection: close\r\n"))
    head, _, found = read_to_end(connection).partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 20"), found) == (True, body)


def test_replies_of_requests_sent_together_come_in_order(connection: socket.socket) -> None:
    connection.sendall(request("/small") + request("/nothing") + request("/large"))
    connection.sendall(request("/small", more="connection: close\r\n"))
    found = read_to_end(connection).replace(LARGE, b"large")
    replies = re.findall(rb"HTTP/1\.1 (\d+) (?:.+\r\n)+\r\n(row|large)?", found)
    assert replies == [(b"200", b"row"), (b"204", b""), (b"200", b"large"), (b"200", b"row")]


def test_a_head_does_not_wait_for_a_body_that_comes_late(connection: socket.socket) -> None:
    _may_end.clear()
    connection.sendall(request("/events"))
    assert connection.recv(2**16).endswith(b"\r\n\r\n")
    _may_end.set()
    assert connection.recv(2**16) == b"0\r\n\r\n"


def test_a_client_that_waits_to_be_told_to_go_on_is_told(connection: socket.socket) -> None:
    connection.sendall(request("/asked", "POST", "content-length: 2\r\nexpect: 100-continue\r\n"))
    assert connection.recv(2**16) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"{}")
    assert connection.recv(2**16).startswith(b"HTTP/1.1 200 OK\r\n")


CHUNKED = "transfer-encoding: chunked\r\n"
UPGRADE = "connection: upgrade, close\r\nupgrade: h2c\r\n"


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        pytest.param(
            [
                request("/echo", "POST", CHUNKED + "connection: close\r\n")
                + b"0\r\nauthorization: x\r\n\r\n"
            ],
            b"host transfer-encoding connection|",
            id="behind the body, in one packet",
        ),
        pytest.param(
            [request("/echo", "POST", CHUNKED + "connection: close\r\n"), b"0\r\nauthorization: x\r\n\r\n"],
            b"host transfer-encoding connection|",
            id="behind the body, in two",
        ),
    ],
)
def test_fields_behind_a_body_are_no_headers(
    connection: socket.socket, sent: list[bytes], found: bytes
) -> None:
    for part in sent:
        connection.sendall(part)
    assert read_to_end(connection).partition(b"\r\n\r\n")[2] == found


@pytest.mark.parametrize("packets", [1, 2])
def test_who_asks_for_another_protocol_is_answered_in_this_one(
    connection: socket.socket, packets: int
) -> None:
    """uvicorn takes the body for the next request."""
    body = request("/small")
    head = request("/echo", "POST", UPGRADE + f"content-length: {len(body)}\r\n")
    for part in [head + body] if packets == 1 else [head, body]:
        connection.sendall(part)
    answered = read_to_end(connection).partition(b"\r\n\r\n")[2]
    assert answered == b"host connection content-length|" + body


def test_many_who_ask_for_another_protocol_are_answered_in_order(connection: socket.socket) -> None:
    upgrade = UPGRADE.replace(", close", "")
    connection.sendall(request("/small", more=upgrade) * (MOST_AHEAD // 2) + request("/head", more=UPGRADE))
    found = re.findall(rb"\r\n\r\n(row|HTTP/1.1 200 OK\r\n\r\n\Z)", read_to_end(connection))
    assert found == [b"row"] * (MOST_AHEAD // 2) + [b"HTTP/1.1 200 OK\r\n\r\n"]


@pytest.mark.parametrize(
    ("first", "endless", "reply"),
    [
        pytest.param(b"GET /", b"a", b"HTTP/1.1 431", id="address"),
        pytest.param(b"GET / HTTP/1.1\r\nx: ", b"a", b"HTTP/1.1 431", id="field"),
        pytest.param(b"GET / HTTP/1.1\r\n", b"x: y\r\n", b"HTTP/1.1 431", id="fields"),
        pytest.param(
            request("/echo", "POST", CHUNKED) + b"0\r\n",
            b"x: y\r\n",
            b"HTTP/1.1 431",
            id="fields behind a body",
        ),
        pytest.param(
            request("/echo", "POST", CHUNKED) + b"1;", b"a", b"HTTP/1.1 431", id="extension of a chunk"
        ),
        pytest.param(
            b"", request("/echo", "POST", CHUNKED) + b"0\r\n\r\n", b"HTTP/1.1 400", id="requests at once"
        ),
    ],
)
def test_what_does_not_end_is_refused(
    connection: socket.socket, first: bytes, endless: bytes, reply: bytes
) -> None:
    connection.sendall(first)
    found = b""
    try:
        connection.sendall(endless * (8 * MAX_HEAD // len(endless)))
        found = connection.recv(12)
    except ConnectionError:
        pass  # it went away before it had read all
    assert found in (reply, b"")


def test_a_large_head_is_taken(connection: socket.socket) -> None:
    connection.sendall(request("/small", more=f"x: {'y' * (MAX_HEAD - 100)}\r\nconnection: close\r\n"))
    assert read_to_end(connection).endswith(b"row")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HT", id="half a head"),
        pytest.param(request("/small") + b"\r\n", id="an empty line after a request"),
        pytest.param(request("/small") + b"GET", id="half a head after a request"),
    ],
)
def test_who_does_not_go_on_is_left(port: int, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.01)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(sent)
        assert read_to_end(connection)[-3:] in (b"", b"row")


def test_who_waits_for_a_reply_is_not_left(
    connection: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.01)
    _may_end.clear()
    connection.sendall(request("/events"))
    assert connection.recv(2**16).endswith(b"\r\n\r\n")
    connection.sendall(b"GET /small")
    time.sleep(0.1)
    _may_end.set()
    assert connection.recv(2**16) == b"0\r\n\r\n"


def test_who_does_not_read_is_left(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reply would else be in memory as long as it likes."""
    monkeypatch.setattr(protocol, "UNREAD_S", 0.05)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request("/huge", more="connection: close\r\n"))
        # What is said is refused once nobody listens.
        with pytest.raises(ConnectionError):
            for _ in range(3000):
                connection.sendall(b"\r\n")
                time.sleep(0.01)
