"""Key sets from a real HTTP server: fetched when they must be, and no more often."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from signing import AUDIENCE, ISSUER, NOW, claims, ec_key, jwk, rsa_key, sign
from waiting import PATIENCE_S, wait_for

from nlq.errors import AuthError
from nlq.identity import jwks
from nlq.identity.jwks import KeySet
from nlq.identity.refusal import Refusal
from nlq.identity.tokens import TokenVerifier

OLD, NEW = ec_key(), ec_key()


@dataclass(slots=True)
class Issuer:
    """Publishes `keys`; or replies as `reply` does. `hold` lets replies wait."""

    url: str = ""
    keys: list[Any] = field(default_factory=lambda: [jwk(OLD, kid="old")])
    reply: Callable[[BaseHTTPRequestHandler], None] | None = None
    hold: threading.Event | None = None
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    state = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if state.hold is not None:
                state.hold.wait(PATIENCE_S)
            with suppress(OSError):
                if state.reply is not None:
                    state.reply(self)
                else:
                    send(self, 200, json.dumps({"keys": state.keys}).encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_port}/keys"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield state
        http.shutdown()
        thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, content: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(content)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> TokenVerifier:
    monkeypatch.setattr(jwks, "DEADLINE_S", PATIENCE_S)
    return TokenVerifier("ES256", KeySet(issuer.url, "ES256", clock), ISSUER, AUDIENCE, 3600)


def is_good(verifier: TokenVerifier, token: str) -> bool:
    """As the server does it: fetch if that must be, then verify."""
    if verifier.must_fetch(token):
        assert isinstance(verifier.keys, KeySet)
        verifier.keys.fetch()
    try:
        return verifier.verify(token, NOW).claims == claims()
    except Refusal as refusal:
        assert refusal.reason == "the token is signed with a key that the issuer does not publish"
        return False


def signed(key: Any, kid: str | None) -> str:
    return sign(claims(), key, "ES256", **({} if kid is None else {"kid": kid}))


def test_keys_are_fetched_once(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert [is_good(verifier, signed(OLD, "old")) for _ in range(5)] == [True] * 5
    assert issuer.asked == ["/keys"]


def test_rotation(issuer: Issuer, verifier: TokenVerifier, clock: Clock) -> None:
    assert is_good(verifier, signed(OLD, "old"))
    issuer.keys = [jwk(OLD, kid="old"), jwk(NEW, kid="new")]
    clock.now += jwks.REFETCH_S
    assert is_good(verifier, signed(NEW, "new"))
    assert is_good(verifier, signed(OLD, "old"))
    assert len(issuer.asked) == 2
    issuer.keys = [jwk(NEW, kid="new")]
    clock.now += jwks.FRESH_S - 1
    assert is_good(verifier, signed(OLD, "old"))
    clock.now += 2
    assert not is_good(verifier, signed(OLD, "old"))
    assert is_good(verifier, signed(NEW, "new"))
    assert len(issuer.asked) == 3


def test_a_known_id_with_another_key_is_not_asked_for(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert is_good(verifier, signed(OLD, "old"))
    with pytest.raises(Refusal, match="the signature of the token is not valid"):
        verifier.verify(signed(NEW, "old"), NOW)
    assert len(issuer.asked) == 1


def test_invented_ids_do_not_make_us_ask_each_time(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock
) -> None:
    assert is_good(verifier, signed(OLD, "old"))
    for n in range(50):
        clock.now += 0.5
        assert not is_good(verifier, signed(NEW, f"invented-{n}"))
    assert len(issuer.asked) == 1 + 2
    assert is_good(verifier, signed(OLD, "old"))


def test_a_token_without_an_id_has_the_only_key(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock
) -> None:
    assert is_good(verifier, signed(OLD, None))
    issuer.keys = [jwk(OLD, kid="old"), jwk(NEW, kid="new")]
    clock.now += jwks.FRESH_S + 1
    assert not is_good(verifier, signed(OLD, None))


def test_rubbish_is_not_a_reason_to_ask(issuer: Issuer, verifier: TokenVerifier) -> None:
    for token in ("", "a.b.c", signed(OLD, "old").replace(".", ""), sign(claims(), rsa_key(), "RS256")):
        assert not verifier.must_fetch(token)
    assert issuer.asked == []


def test_an_issuer_that_goes_away(issuer: Issuer, verifier: TokenVerifier, clock: Clock) -> None:
    assert is_good(verifier, signed(OLD, "old"))
    issuer.reply = lambda handler: send(handler, 500, b"")
    clock.now += jwks.TRUSTED_S - 1
    assert is_good(verifier, signed(OLD, "old"))
    clock.now += 2
    with pytest.raises(AuthError) as caught:
        is_good(verifier, signed(OLD, "old"))
    assert (caught.value.code, caught.value.message) == (
        "auth.unavailable",
        "tokens cannot be checked at this moment",
    )
    issuer.reply = None
    clock.now += jwks.REFETCH_S
    assert is_good(verifier, signed(OLD, "old"))


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        time.sleep(0.02)


def redirect(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 302, b"", Location="/elsewhere")


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b" " * 65_536)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(lambda h: send(h, 404, b"{}"), "the server said 404", id="404"),
        pytest.param(redirect, "the server said 302", id="redirect"),
        pytest.param(endless, "it is larger than 262,144 bytes", id="endless"),
        pytest.param(drip, "it took longer than 0.1 seconds", id="drip"),
        pytest.param(lambda h: send(h, 200, b"<html>"), "Expecting value", id="html"),
        pytest.param(lambda h: send(h, 200, b'{"keys": 7}'), "it is not a key set", id="number"),
        pytest.param(lambda h: h.connection.close(), "", id="closed"),
        pytest.param(lambda h: h.wfile.write(b"hello\r\n\r\n"), "hello", id="no-http"),
    ],
)
def test_what_is_no_key_set_is_not_taken(
    issuer: Issuer,
    verifier: TokenVerifier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    reply: Callable[[BaseHTTPRequestHandler], None],
    why: str,
) -> None:
    if reply is drip:
        monkeypatch.setattr(jwks, "DEADLINE_S", 0.1)
    issuer.reply = reply
    with pytest.raises(AuthError, match="tokens cannot be checked at this moment"):
        is_good(verifier, signed(OLD, "old"))
    assert issuer.asked == ["/keys"]
    assert f"cannot get the keys of the issuer from {issuer.url}: {why}" in caplog.text


def test_many_who_wait_are_served_by_one_fetch(issuer: Issuer, verifier: TokenVerifier) -> None:
    issuer.hold = threading.Event()
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(is_good(verifier, signed(OLD, "old"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: issuer.asked)
    issuer.hold.set()
    for thread in threads:
        thread.join()
    assert (results, issuer.asked) == ([True] * 8, ["/keys"])


def test_nobody_with_a_key_that_is_known_waits(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock
) -> None:
    assert is_good(verifier, signed(OLD, "old"))
    clock.now += jwks.FRESH_S + 1
    issuer.hold = threading.Event()
    assert isinstance(verifier.keys, KeySet)
    fetching = threading.Thread(target=verifier.keys.fetch)
    fetching.start()
    wait_for(lambda: len(issuer.asked) == 2)
    assert not verifier.must_fetch(signed(OLD, "old"))
    assert verifier.must_fetch(signed(NEW, "new"))
    assert verifier.verify(signed(OLD, "old"), NOW).claims == claims()
    issuer.hold.set()
    fetching.join()
