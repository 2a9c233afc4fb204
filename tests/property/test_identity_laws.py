"""Law: what is not exactly a token or key that was issued proves nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from signing import AUDIENCE, ISSUER, NOW, SECRET, claims, ec_key, rsa_key, sign

from nlq.errors import AuthError
from nlq.identity import Authentication
from nlq.identity.jwks import FixedKey
from nlq.identity.keys import find_key, new_key
from nlq.identity.refusal import Refusal
from nlq.identity.tokens import TokenVerifier
from nlq.policy import Policy, Principal

RSA, EC = rsa_key(), ec_key()
KEYS: dict[str, tuple[Any, Any]] = {
    "HS256": (SECRET, SECRET.encode()),
    "RS256": (RSA, RSA.public_key()),
    "ES256": (EC, EC.public_key()),
}
VERIFIERS = {
    name: TokenVerifier(name, FixedKey(public), ISSUER, AUDIENCE, 3600)  # type: ignore[arg-type]
    for name, (_, public) in KEYS.items()
}
ISSUED = {
    name: [
        sign(claims(), private, name),
        sign(claims(sub="bo", roles=["admin"], account_id=7), private, name),
        sign(claims(aud="other"), private, name),
    ]
    for name, (private, _) in KEYS.items()
}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@st.composite
def mutated(draw: st.DrawFn, tokens: list[str]) -> str:
    """A token with bits flipped, letters put in, out or in another place, or parts of several."""
    token = draw(st.sampled_from(tokens))
    parts = token.split(".")
    match draw(st.sampled_from(["bit", "letter", "put", "cut", "swap", "parts", "others", "bytes"])):
        case "bit":
            n = draw(st.integers(0, 2))
            content = bytearray(base64.urlsafe_b64decode(parts[n] + "=="))
            bit = draw(st.integers(0, 8 * len(content) - 1))
            content[bit // 8] ^= 1 << bit % 8
            parts[n] = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
            return ".".join(parts)
        case "letter":
            at = draw(st.integers(0, len(token) - 1))
            return token[:at] + draw(st.sampled_from(ALPHABET + ".=+/ ")) + token[at + 1 :]
        case "put":
            at = draw(st.integers(0, len(token)))
            return token[:at] + draw(st.text(min_size=1, max_size=4)) + token[at:]
        case "cut":
            at = draw(st.integers(0, len(token) - 1))
            return token[:at] + token[at + draw(st.integers(1, 60)) :]
        case "swap":
            return ".".join(draw(st.permutations(parts)))
        case "parts":
            return ".".join(draw(st.lists(st.sampled_from([*parts, ""]), min_size=1, max_size=5)))
        case "others":
            others = [part for other in tokens for part in other.split(".")]
            return ".".join(draw(st.sampled_from(others)) for _ in range(3))
        case _:
            return draw(st.text(alphabet=ALPHABET + ".", max_size=300))


@pytest.mark.parametrize("algorithm", list(KEYS))
@given(data=st.data())
@settings(max_examples=300)
def test_no_mutated_token_is_believed(algorithm: str, data: st.DataObject) -> None:
    """Other spellings of the same token (padding, the bits that base64 leaves over) included."""
    token = data.draw(mutated(ISSUED[algorithm]))
    assume(token not in ISSUED[algorithm])
    with pytest.raises(Refusal):
        VERIFIERS[algorithm].verify(token, NOW)


def test_the_tokens_that_are_mutated_are_good() -> None:
    for algorithm, tokens in ISSUED.items():
        assert [VERIFIERS[algorithm].verify(t, NOW).claims["sub"] for t in tokens[:2]] == ["ana", "bo"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
STANDARD = ("exp", "iat", "nbf", "iss", "aud", "sub", "roles")


@given(changes=st.dictionaries(st.sampled_from(STANDARD), JSON, max_size=4), header=st.dictionaries(
    st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "jku", "x5u"]), JSON, max_size=3
))  # fmt: skip
@settings(max_examples=300)
def test_whatever_is_signed_ends_as_a_principal_or_a_refusal(
    changes: dict[str, Any], header: dict[str, Any]
) -> None:
    """Who holds the secret may sign anything; of what is believed, each standard claim is sane."""
    text = sign({**claims(), **changes}, header={"alg": "HS256", "typ": "JWT", **header})
    try:
        principal = Authentication(VERIFIERS["HS256"], None, "roles").authenticate(text, Policy(), NOW)
    except AuthError as error:
        assert error.code in ("auth.invalid", "auth.expired")
        return
    whole = {**claims(), **changes}
    assert principal.id == whole["sub"] and isinstance(whole["sub"], str)
    assert NOW < whole["exp"] <= NOW + 3600 and whole["iss"] == ISSUER
    assert whole["aud"] == AUDIENCE or AUDIENCE in whole["aud"]
    assert all(isinstance(role, str) for role in principal.roles) and not principal.is_owner


@given(text=st.text(max_size=9000) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
@settings(max_examples=200)
def test_rubbish_is_refused(text: str) -> None:
    authentication = Authentication(VERIFIERS["RS256"], None, "roles")
    authentication.must_fetch(text)
    with pytest.raises(AuthError, match="the credentials are not valid"):
        authentication.authenticate(text, Policy(), NOW)


MADE = datetime.fromtimestamp(NOW, UTC)
ISSUED_KEYS = {name: new_key(name, Principal(name), MADE) for name in ("ci", "admin", "a-b")}
KNOWN = {name: key for name, (key, _) in ISSUED_KEYS.items()}
TEXTS = [text for _, text in ISSUED_KEYS.values()]


@st.composite
def mutated_key(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS))
    at = draw(st.integers(0, len(text) - 1))
    match draw(st.sampled_from(["letter", "cut", "put", "others"])):
        case "letter":
            return text[:at] + draw(st.characters()) + text[at + 1 :]
        case "cut":
            return text[:at] + text[at + draw(st.integers(1, 20)) :]
        case "put":
            return text[:at] + draw(st.text(min_size=1, max_size=4)) + text[at:]
        case _:
            return "_".join(
                draw(st.sampled_from([p for t in TEXTS for p in t.split("_")])) for _ in range(3)
            )


@given(text=mutated_key())
@example(text="\ud800lq_ci_9f45")
@settings(max_examples=300)
def test_no_mutated_key_is_believed(text: str) -> None:
    assume(text not in TEXTS)
    with pytest.raises(Refusal, match="the API key is not known"):
        find_key(text, KNOWN, NOW)


def test_the_keys_that_are_mutated_are_good() -> None:
    assert [find_key(text, KNOWN, NOW).name for text in TEXTS] == ["ci", "admin", "a-b"]
