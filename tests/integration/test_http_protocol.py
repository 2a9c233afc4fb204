"""Replies as they come over the wire: what is small in one packet, what is not in order."""

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

from nlq.http.protocol import OnePacketProtocol

LARGE = bytes(range(256)) * 4096
"""More than a socket takes at once, with everything in it that could be taken for a head."""

_may_end = threading.Event()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Replies of every kind: whole, in parts, without a body, of which the body comes late."""
    assert scope["type"] == "http"
    path = scope["path"]
    body = {"/small": b"row", "/large": LARGE, "/head": b"HTTP/1.1 200 OK\r\n\r\n"}.get(path, b"")
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


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server that runs `app`."""
    config = uvicorn.Config(app, port=0, log_level="critical", http=OnePacketProtocol, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    """To the server."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as opened:
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
