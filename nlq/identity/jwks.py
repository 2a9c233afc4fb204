"""The keys that tokens are checked with: one of the settings, or those of a key set (RFC 7517)."""

from __future__ import annotations

import http.client
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, build_opener

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from nlq.errors import AuthError
from nlq.identity.loopback import is_loopback
from nlq.identity.strict import parse_object

PublicKey = RSAPublicKey | EllipticCurvePublicKey

FRESH_S = 300.0
"""Keys older than this are fetched again when they are next needed."""
TRUSTED_S = 3600.0
"""Keys older than this are not used: the issuer may have withdrawn them while it could not be reached."""
REFETCH_S = 10.0
"""The least time between two fetches: who invents key ids must not make us ask the issuer each time."""
DEADLINE_S = 5.0
"""How long one fetch may take, from the first byte to the last."""
MAX_BYTES = 262_144
MAX_KEYS = 100
MIN_RSA_BITS = 2048

_LOG = logging.getLogger("nlq.identity")


@dataclass(frozen=True, slots=True)
class FixedKey:
    """A key from the settings, for every token."""

    key: bytes | PublicKey

    def must_fetch(self, kid: str | None) -> bool:
        """Never."""
        return False

    def find(self, kid: str | None) -> bytes | PublicKey:
        """The key."""
        return self.key


class KeySet:
    """The keys that an issuer publishes at a URL. Safe to use from several threads.

    `must_fetch` and `find` do no I/O; `fetch` blocks, for about `DEADLINE_S` at most.
    """

    def __init__(
        self, url: str, algorithm: Literal["RS256", "ES256"], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url
        self._algorithm = algorithm
        self._clock = clock
        self._opener = _opener(url)
        self._lock = threading.Lock()
        self._keys: Mapping[str | None, PublicKey] = {}
        self._fetched: float | None = None
        self._tried: float | None = None

    def must_fetch(self, kid: str | None) -> bool:
        """Whether to `fetch` before `find`: it is time to, or what is being fetched may hold the key."""
        if self._age() > FRESH_S or not self._knows(kid):
            # With a key that is good, nobody waits for the one who fetches.
            waits = self._lock.locked() and not (self._knows(kid) and self._age() <= TRUSTED_S)
            return waits or self._may_try()
        return False

    def fetch(self) -> None:
        """Fetch the keys, unless that was done a moment ago. What is known stays where it fails."""
        with self._lock:
            if not self._may_try():
                return
            self._tried = self._clock()
            try:
                self._keys = usable_keys(_get(self._opener, self.url), self._algorithm)
            except (OSError, http.client.HTTPException, ValueError) as error:
                _LOG.warning("cannot get the keys of the issuer from %s: %s", self.url, error)
            else:
                self._fetched = self._clock()

    def find(self, kid: str | None) -> PublicKey | None:
        """The key of that id. A token without an id has the only key there is.

        Raises `auth.unavailable` where no keys could be had for too long.
        """
        if self._age() > TRUSTED_S:
            raise AuthError(
                "auth.unavailable", "tokens cannot be checked at this moment", "try again later"
            )
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _knows(self, kid: str | None) -> bool:
        return kid in self._keys or (kid is None and len(self._keys) == 1)

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self._clock() - self._fetched

    def _may_try(self) -> bool:
        return self._tried is None or self._clock() - self._tried >= REFETCH_S


def require_url(url: str) -> None:
    """Refuse a URL that somebody on the way could answer for.

    Raises ValueError, saying why.

    >>> require_url("http://issuer.example/keys")
    Traceback (most recent call last):
    ValueError: only https:// is safe from those on the way
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("it is not the URL of a key set")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("only https:// is safe from those on the way")


def usable_keys(content: bytes, algorithm: Literal["RS256", "ES256"]) -> Mapping[str | None, PublicKey]:
    """The public keys of a key set that tokens may be signed with, by id.

    Others are left out: issuers publish keys for encryption and of other kinds beside them.

    Raises ValueError where `content` is no key set.
    """
    members = parse_object(content).get("keys")
    if not isinstance(members, list) or len(members) > MAX_KEYS:
        raise ValueError("it is not a key set, or one of too many keys")
    found: dict[str | None, PublicKey] = {}
    for member in members:
        if isinstance(member, dict) and isinstance(kid := member.get("kid"), str | None):
            key = _usable(member, algorithm)
            if key is not None:
                found.setdefault(kid, key)
    return found


def _usable(member: Mapping[str, Any], algorithm: Literal["RS256", "ES256"]) -> PublicKey | None:
    operations = member.get("key_ops", ["verify"])
    if (
        member.get("use", "sig") != "sig"
        or member.get("alg", algorithm) != algorithm
        or "d" in member  # a private key that is published is nobody's any more
        or not (isinstance(operations, list) and "verify" in operations)
    ):
        return None
    reader = RSAAlgorithm if algorithm == "RS256" else ECAlgorithm
    try:
        key = reader.from_jwk(dict(member))
    except (InvalidKeyError, ValueError, TypeError, AttributeError):
        return None
    return key if isinstance(key, PublicKey) and fits(key, algorithm) else None


def fits(key: object, algorithm: Literal["RS256", "ES256"]) -> bool:
    """Whether the key is of the algorithm's kind, and long enough."""
    if algorithm == "RS256":
        return isinstance(key, RSAPublicKey) and key.key_size >= MIN_RSA_BITS
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


class _NoRedirect(HTTPRedirectHandler):
    """A redirect could lead to a place that `require_url` would refuse."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing: the redirect is then an error."""


def _opener(url: str) -> OpenerDirector:
    # What is on this machine is not asked for through a proxy, which is on another.
    proxies = [ProxyHandler({})] if urlsplit(url).scheme == "http" else []
    return build_opener(_NoRedirect, *proxies)


def _get(opener: OpenerDirector, url: str) -> bytes:
    deadline = time.monotonic() + DEADLINE_S
    content = bytearray()
    try:
        with opener.open(url, timeout=DEADLINE_S) as response:
            # A server that sends a byte now and then would never reach the time limit of the socket.
            while chunk := response.read1(65_536):
                content += chunk
                if len(content) > MAX_BYTES:
                    raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"it took longer than {DEADLINE_S:g} seconds")
    except HTTPError as error:
        with error:
            raise ValueError(f"the server said {error.code}") from None
    return bytes(content)
