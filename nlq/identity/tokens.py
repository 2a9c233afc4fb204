"""Bearer tokens (JWT, RFC 7519): from the text of a token to the claims that it proves.

PyJWT checks the signature and nothing else. It takes an `exp` in a thousand million years, none at all,
or two; so what the signature covers is read here, strictly.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from nlq.identity.jwks import FixedKey, KeySet, PublicKey
from nlq.identity.refusal import Refusal
from nlq.identity.strict import parse_object
from nlq.policy.claims import is_text

Algorithm = Literal["HS256", "RS256", "ES256"]

MAX_BYTES = 8192
MAX_SUBJECT = 255
"""Characters of `sub`, as OpenID Connect has it."""
LEEWAY_S = 30
"""How far the issuer's clock may be ahead of ours. It never lets an expired token live longer."""

# Each knows one algorithm, so that none can be taken for another.
_JWS: dict[Algorithm, PyJWS] = {name: PyJWS([name]) for name in get_args(Algorithm)}
_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_TYPES = ("jwt", "at+jwt", "application/at+jwt")
"""Other types (logout tokens, proofs of possession) are signed by the same issuer, and prove nothing."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The claims of a token, and the key that they are signed with, by the id that the token names."""

    claims: Mapping[str, Any]
    key: bytes | PublicKey
    kid: str | None


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Which tokens are believed: `algorithm` and `keys` are ours, whatever a token says of itself."""

    algorithm: Algorithm
    keys: FixedKey | KeySet
    issuer: str
    audience: str
    max_lifetime_s: float

    def must_fetch(self, token: str) -> bool:
        """Whether the issuer's keys should be fetched before the token can be checked."""
        try:
            return self.keys.must_fetch(self._header(token).get("kid"))
        except Refusal:
            return False

    def verify(self, token: str, now: float) -> Verified:
        """What the token proves; `sub` is text, `exp` has not come. `now` is seconds since 1970, UTC.

        Raises `Refusal`, and `auth.unavailable` where the issuer's keys cannot be had.
        """
        kid = self._header(token).get("kid")
        key = self.keys.find(kid)
        if key is None:
            raise Refusal("the token is signed with a key that the issuer does not publish")
        try:
            signed = _JWS[self.algorithm].decode_complete(token, key, [self.algorithm])["payload"]
        except PyJWTError:
            raise Refusal("the signature of the token is not valid") from None
        try:
            claims = parse_object(signed)
        except ValueError as error:
            raise Refusal(f"the payload of the token cannot be read: {error}") from None
        self._require_standard(claims, now)
        return Verified(claims, key, kid)

    def _header(self, token: str) -> Mapping[str, Any]:
        """The header of the token, which nobody has vouched for yet.

        `jwk`, `jku`, `x5u` and `x5c`, by which a token would bring its own key, are not looked at.
        """
        if len(token) > MAX_BYTES:
            raise Refusal(f"the token is longer than {MAX_BYTES:,} bytes")
        shape = _SHAPE.fullmatch(token)
        if shape is None:
            # PyJWT would take padding too, and so many spellings of one token.
            raise Refusal("the token does not have the shape of one")
        try:
            header = parse_object(base64.urlsafe_b64decode(shape[1] + "=" * (-len(shape[1]) % 4)))
        except ValueError as error:
            raise Refusal(f"the header of the token cannot be read: {error}") from None
        if header.get("alg") != self.algorithm:
            raise Refusal(f"the token is not signed by {self.algorithm}")
        if "crit" in header or "b64" in header:
            raise Refusal("the token asks for an extension that is not known here")
        if "typ" in header and str(header["typ"]).lower() not in _TYPES:
            raise Refusal("the token is of another type than a token for access")
        if not isinstance(header.get("kid"), str | None):
            raise Refusal("the `kid` of the token is not text")
        return header

    def _require_standard(self, claims: Mapping[str, Any], now: float) -> None:
        expires = _time(claims, "exp")
        issued, begins = (_time(claims, name) if name in claims else now for name in ("iat", "nbf"))
        if claims.get("iss") != self.issuer:
            raise Refusal("the token is of another issuer, or of none")
        if self.audience not in _audiences(claims.get("aud")):
            raise Refusal("the token is for another audience, or for none")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not is_text(subject):
            raise Refusal("the token does not say whose it is (`sub`)")
        if issued > now + LEEWAY_S or begins > now + LEEWAY_S:
            raise Refusal("the token is not valid yet")
        if expires - min(issued, now) > self.max_lifetime_s:
            raise Refusal("the token lives longer than `auth_max_lifetime_s` lets it")
        if expires <= now:
            raise Refusal("the token has expired", is_expired=True)


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # Ten digits last until the year 2286.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10_000_000_000:
        raise Refusal(f"the `{name}` of the token is no time")
    return value


def _audiences(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return tuple(value)
    return ()
