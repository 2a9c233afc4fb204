"""Which tokens are believed. `sign` makes those that no library would."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signing import AUDIENCE, ISSUER, NOW, SECRET, claims, ec_key, encode, jwk, public_pem, rsa_key, sign

from nlq.identity.jwks import FixedKey, usable_keys
from nlq.identity.refusal import Refusal
from nlq.identity.tokens import Algorithm, TokenVerifier

SECRET_BYTES = SECRET.encode()
RSA = rsa_key()
EC = ec_key()


def verifier(algorithm: Algorithm = "HS256", key: Any = SECRET_BYTES) -> TokenVerifier:
    return TokenVerifier(algorithm, FixedKey(key), ISSUER, AUDIENCE, 3600)


def reason(token: str, by: TokenVerifier | None = None) -> tuple[str, bool]:
    with pytest.raises(Refusal) as caught:
        (by or verifier()).verify(token, NOW)
    return caught.value.reason, caught.value.is_expired


@pytest.mark.parametrize(
    ("algorithm", "private", "public"),
    [
        pytest.param("HS256", SECRET, SECRET.encode(), id="HS256"),
        pytest.param("RS256", RSA, RSA.public_key(), id="RS256"),
        pytest.param("ES256", EC, EC.public_key(), id="ES256"),
    ],
)
def test_a_token_that_is_good(algorithm: Algorithm, private: Any, public: Any) -> None:
    given = claims(account_id=123)
    assert verifier(algorithm, public).verify(sign(given, private, algorithm), NOW).claims == given


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(claims(iat=None), id="without-iat"),
        pytest.param(claims(aud=["other", AUDIENCE]), id="several-audiences"),
        pytest.param(claims(exp=NOW + 0.5), id="fraction"),
        pytest.param(claims(exp=NOW + 3600), id="longest"),
        pytest.param(claims(iat=NOW + 20, nbf=NOW + 20), id="clock-ahead"),
        pytest.param(claims(sub="zoë|ß 7"), id="unicode"),
        pytest.param(claims(address={"street": [1]}), id="object-that-nobody-declared"),
    ],
)
def test_other_tokens_that_are_good(given: dict[str, Any]) -> None:
    assert verifier().verify(sign(given), NOW).claims == given


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt"])
def test_types_that_are_good(typ: str) -> None:
    assert verifier().verify(sign(claims(), typ=typ), NOW).claims == claims()


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_a_token_brings_is_not_looked_at(name: str) -> None:
    mine = rsa_key()
    brought = {
        "jwk": jwk(mine),
        "jku": "http://127.0.0.1:1/",
        "x5u": "http://127.0.0.1:1/",
        "x5c": ["AAAA"],
    }
    rs256 = verifier("RS256", RSA.public_key())
    forged = sign(claims(), mine, "RS256", **{name: brought[name]})
    assert reason(forged, rs256) == ("the signature of the token is not valid", False)
    assert rs256.verify(sign(claims(), RSA, "RS256", **{name: brought[name]}), NOW).claims == claims()


SIGNATURE = "the signature of the token is not valid"
NO_TIME = "the `{}` of the token is no time"
SUBJECT = "the token does not say whose it is (`sub`)"
AUD = "the token is for another audience, or for none"
ISS = "the token is of another issuer, or of none"
NOT_YET = "the token is not valid yet"
TOO_LONG = "the token lives longer than `auth_max_lifetime_s` lets it"
SHAPE = "the token does not have the shape of one"
ALGORITHM = "the token is not signed by HS256"


def payload(text: str) -> bytes:
    """The claims as JSON, with `text` put before them."""
    return b"{" + text.encode() + b"," + json.dumps(claims()).encode()[1:]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(sign(claims(), None, "none"), SHAPE, id="none"),
        pytest.param(sign(claims(), SECRET, "none"), ALGORITHM, id="none-signed"),
        pytest.param(sign(claims(), SECRET, "NoNe"), ALGORITHM, id="none-in-capitals"),
        pytest.param(sign(claims(), None), SHAPE, id="no-signature"),
        pytest.param(sign(claims(), SECRET, "HS512"), ALGORITHM, id="HS512"),
        pytest.param(sign(claims(), RSA, "RS256"), ALGORITHM, id="RS256"),
        pytest.param(sign(claims(), SECRET, header={"typ": "JWT"}), ALGORITHM, id="no-algorithm"),
        pytest.param(sign(claims(), SECRET, header={"alg": ["HS256"]}), ALGORITHM, id="algorithms"),
        pytest.param(sign(claims(), "another secret of enough bytes, too"), SIGNATURE, id="other-secret"),
        pytest.param(sign(claims(), ""), SIGNATURE, id="empty-secret"),
        pytest.param(sign(claims(exp=None)), NO_TIME.format("exp"), id="no-exp"),
        pytest.param(sign(claims(aud=None)), AUD, id="no-aud"),
        pytest.param(sign(claims(iss=None)), ISS, id="no-iss"),
        pytest.param(sign(claims(sub=None)), SUBJECT, id="no-sub"),
        pytest.param(sign(claims(exp=10**18)), NO_TIME.format("exp"), id="exp-1e18"),
        pytest.param(sign(claims(exp=1e18)), NO_TIME.format("exp"), id="exp-1e18-float"),
        pytest.param(sign(claims(exp=10**400)), NO_TIME.format("exp"), id="exp-400-digits"),
        pytest.param(
            sign(json.dumps(claims(exp=1)).replace('"exp": 1', '"exp": 1e999').encode()),
            NO_TIME.format("exp"),
            id="exp-infinite",
        ),
        pytest.param(
            sign(claims(exp=float("nan"))),
            "the payload of the token cannot be read: `NaN` is not JSON",
            id="exp-nan",
        ),
        pytest.param(sign(claims(exp=True)), NO_TIME.format("exp"), id="exp-true"),
        pytest.param(sign(claims(exp=str(NOW + 60))), NO_TIME.format("exp"), id="exp-text"),
        pytest.param(sign(claims(exp=[NOW + 60])), NO_TIME.format("exp"), id="exp-list"),
        pytest.param(sign(claims(exp=-1)), NO_TIME.format("exp"), id="exp-negative"),
        pytest.param(sign(claims(exp=0)), NO_TIME.format("exp"), id="exp-zero"),
        pytest.param(sign(claims(iat=True)), NO_TIME.format("iat"), id="iat-true"),
        pytest.param(sign(claims(nbf="0")), NO_TIME.format("nbf"), id="nbf-text"),
        pytest.param(sign(payload('"nbf": null')), NO_TIME.format("nbf"), id="nbf-null"),
        pytest.param(sign(claims(nbf=NOW + 60)), NOT_YET, id="nbf"),
        pytest.param(sign(claims(iat=NOW + 60)), NOT_YET, id="iat-in-the-future"),
        pytest.param(sign(claims(iat=NOW, exp=NOW + 3601)), TOO_LONG, id="lifetime"),
        pytest.param(sign(claims(iat=None, exp=NOW + 3601)), TOO_LONG, id="lifetime-without-iat"),
        pytest.param(sign(claims(iat=NOW - 3500, exp=NOW + 300)), TOO_LONG, id="lifetime-of-an-old-one"),
        pytest.param(sign(claims(iat=NOW + 20, exp=NOW + 3610)), TOO_LONG, id="lifetime-by-iat-ahead"),
        pytest.param(sign(claims(aud="other")), AUD, id="aud"),
        pytest.param(sign(claims(aud="")), AUD, id="aud-empty"),
        pytest.param(sign(claims(aud="nlq2")), AUD, id="aud-longer"),
        pytest.param(sign(claims(aud=[])), AUD, id="aud-no-members"),
        pytest.param(sign(claims(aud=[AUDIENCE, 1])), AUD, id="aud-members"),
        pytest.param(sign(claims(aud=[[AUDIENCE]])), AUD, id="aud-nested"),
        pytest.param(sign(claims(aud={AUDIENCE: 1})), AUD, id="aud-object"),
        pytest.param(sign(claims(iss=ISSUER + "/")), ISS, id="iss"),
        pytest.param(sign(claims(iss=[ISSUER])), ISS, id="iss-list"),
        pytest.param(sign(claims(sub="")), SUBJECT, id="sub-empty"),
        pytest.param(sign(claims(sub=7)), SUBJECT, id="sub-number"),
        pytest.param(sign(claims(sub={"id": 7})), SUBJECT, id="sub-object"),
        pytest.param(sign(claims(sub="a\0b")), SUBJECT, id="sub-nul"),
        pytest.param(sign(claims(sub="\ud800")), SUBJECT, id="sub-surrogate"),
        pytest.param(sign(claims(sub="a" * 256)), SUBJECT, id="sub-long"),
        pytest.param(
            sign(payload('"sub": "root"')),
            "the payload of the token cannot be read: an object has the same key twice",
            id="key-twice",
        ),
        pytest.param(
            sign(payload('"x": {"y": 1, "y": 1}')),
            "the payload of the token cannot be read: an object has the same key twice",
            id="key-twice-inside",
        ),
        pytest.param(
            sign(claims(), header=b'{"alg": "none", "alg": "HS256"}'),
            "the header of the token cannot be read: an object has the same key twice",
            id="key-twice-in-header",
        ),
        pytest.param(
            sign([claims()]), "the payload of the token cannot be read: it is not a JSON object", id="array"
        ),
        pytest.param(
            sign(b"[" * 3000),
            "the payload of the token cannot be read: it is nested too deeply",
            id="deep",
        ),
        pytest.param(
            sign(claims(), crit=["exp"]),
            "the token asks for an extension that is not known here",
            id="crit",
        ),
        pytest.param(
            sign(claims(), crit=[]),
            "the token asks for an extension that is not known here",
            id="crit-empty",
        ),
        pytest.param(
            sign(claims(), b64=False), "the token asks for an extension that is not known here", id="b64"
        ),
        pytest.param(
            sign(claims(), typ="logout+jwt"),
            "the token is of another type than a token for access",
            id="logout",
        ),
        pytest.param(
            sign(claims(), typ=None), "the token is of another type than a token for access", id="type-null"
        ),
        pytest.param(sign(claims(), kid=7), "the `kid` of the token is not text", id="kid-number"),
        pytest.param("", SHAPE, id="empty"),
        pytest.param("..", SHAPE, id="dots"),
        pytest.param("a.b", SHAPE, id="two-parts"),
        pytest.param(sign(claims()) + ".a", SHAPE, id="four-parts"),
        pytest.param(sign(claims()) + "=", SHAPE, id="padding"),
        pytest.param(sign(claims()) + "\n", SHAPE, id="newline"),
        pytest.param(" " + sign(claims()), SHAPE, id="space"),
        pytest.param(sign(claims()).replace(".", "․"), SHAPE, id="dots-of-unicode"),
        pytest.param(sign(claims())[:-1] + "ａ", SHAPE, id="letter-of-unicode"),
        pytest.param(sign(claims(x="a" * 8000)), "the token is longer than 8,192 bytes", id="long"),
    ],
)
def test_a_token_that_is_not(token: str, expected: str) -> None:
    assert reason(token) == (expected, False)


@pytest.mark.parametrize("late", [0, 1, 3000])
def test_a_token_that_has_expired(late: int) -> None:
    token = sign(claims(exp=NOW - late, iat=NOW - 3300))
    assert reason(token) == ("the token has expired", True)


def test_a_token_that_is_wrong_and_old_is_not_told_that_it_is_old() -> None:
    assert reason(sign(claims(exp=NOW - 1), "another secret of enough bytes, too")) == (SIGNATURE, False)
    assert reason(sign(claims(exp=NOW - 1, aud="other"))) == (AUD, False)


@pytest.mark.parametrize(
    "secret",
    [
        public_pem(RSA),
        public_pem(RSA).strip(),
        json.dumps(jwk(RSA)).encode(),
        hashlib.sha256(public_pem(RSA)).digest(),
    ],
    ids=["pem", "stripped", "jwk", "hash"],
)
@pytest.mark.parametrize("says", ["HS256", "RS256"])
def test_a_public_key_is_no_secret(secret: bytes, says: str) -> None:
    forged = sign(claims(), secret, says)
    expected = SIGNATURE if says == "RS256" else "the token is not signed by RS256"
    assert reason(forged, verifier("RS256", RSA.public_key())) == (expected, False)


def test_signatures_of_the_other_kind_of_key() -> None:
    assert reason(sign(claims(), EC, "RS256"), verifier("RS256", RSA.public_key())) == (SIGNATURE, False)
    assert reason(sign(claims(), RSA, "ES256"), verifier("ES256", EC.public_key())) == (SIGNATURE, False)


def test_an_empty_signature_of_es256() -> None:
    head, body, _ = sign(claims(), EC, "ES256").split(".")
    zeros = f"{head}.{body}.{encode(bytes(64))}"
    assert reason(zeros, verifier("ES256", EC.public_key())) == (SIGNATURE, False)


SMALL, P384 = rsa_key(1024), ec_key(ec.SECP384R1())


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param([jwk(RSA, kid="a")], ["a"], id="one"),
        pytest.param([jwk(RSA, kid="a", alg=None, use=None)], ["a"], id="no-alg-no-use"),
        pytest.param([jwk(RSA)], [None], id="no-kid"),
        pytest.param([jwk(RSA, kid="a", key_ops=["verify"]), jwk(EC, kid="b")], ["a"], id="other-kinds"),
        pytest.param([jwk(RSA, kid="a", use="enc")], [], id="for-encryption"),
        pytest.param([jwk(RSA, kid="a", alg="RS512")], [], id="other-algorithm"),
        pytest.param([jwk(RSA, kid="a", key_ops=["encrypt"])], [], id="other-operation"),
        pytest.param([jwk(RSA, kid="a", d="AQAB")], [], id="private"),
        pytest.param([jwk(SMALL, kid="a")], [], id="small"),
        pytest.param([{"kty": "oct", "kid": "a", "k": encode(SECRET.encode())}], [], id="secret"),
        pytest.param(
            [jwk(RSA, kid=7), jwk(RSA, kid="a", n="!"), jwk(RSA, n=None), 7, {}], [], id="rubbish"
        ),
    ],
)
def test_keys_of_a_set(members: list[Any], expected: list[str | None]) -> None:
    assert list(usable_keys(json.dumps({"keys": members}).encode(), "RS256")) == expected


def test_keys_of_another_curve() -> None:
    content = json.dumps({"keys": [jwk(P384, kid="a"), jwk(EC, kid="b"), jwk(RSA, kid="c")]}).encode()
    assert list(usable_keys(content, "ES256")) == ["b"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [], "keys": []}',
        b"\xff",
        b'{"keys": [' + b"{}," * 100 + b"{}]}",
    ],
    ids=["empty", "array", "none", "object", "twice", "not-utf-8", "many"],
)
def test_what_is_no_key_set(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        usable_keys(content, "RS256")
