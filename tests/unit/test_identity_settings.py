"""Settings of who asks that contradict each other are refused before anything is served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signing import AUDIENCE, ISSUER, NOW, SECRET, claims, ec_key, private_pem, public_pem, rsa_key, sign

from nlq.catalog import RelationName
from nlq.errors import NlqError, PolicyError, SettingsError
from nlq.http.caller import require_consistent
from nlq.identity import Authentication, open_authentication, require_declared
from nlq.identity.authentication import principal_of
from nlq.identity.jwks import KeySet
from nlq.identity.refusal import Refusal
from nlq.policy import ClaimType, Policy, Principal, RelationRules, Rule
from nlq.settings import Settings

RSA, SMALL, EC = rsa_key(), rsa_key(1024), ec_key()
FILES = {
    "rsa.pem": public_pem(RSA), "ec.pem": public_pem(EC), "private.pem": private_pem(RSA),
    "small.pem": public_pem(SMALL), "p384.pem": public_pem(ec_key(ec.SECP384R1())), "text.pem": b"hello",
}  # fmt: skip
WHO = {"auth_issuer": ISSUER, "auth_audience": AUDIENCE}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_settings_no_authentication() -> None:
    assert open_authentication(Settings()) is None


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param({"auth_jwt_algorithm": "HS256", "auth_jwt_secret": SECRET}, SECRET, id="HS256"),
        pytest.param({"auth_jwt_algorithm": "RS256", "auth_jwt_key": "rsa.pem"}, RSA, id="RS256"),
        pytest.param({"auth_jwt_algorithm": "ES256", "auth_jwt_key": "ec.pem"}, EC, id="ES256"),
    ],
)
def test_settings_that_are_whole(given: dict[str, str], key: Any) -> None:
    authentication = open_authentication(Settings(**WHO, **given))
    assert authentication is not None
    token = sign(claims(), key, given["auth_jwt_algorithm"])
    assert not authentication.must_fetch(token)
    assert authentication.authenticate(token, Policy(), NOW) == Principal("ana", frozenset({"customer"}))


@pytest.mark.parametrize(
    "url",
    ["https://issuer.example/keys", "http://127.0.0.1:1/keys", "http://localhost/", "http://[::1]:9/"],
)
def test_a_key_set_is_not_fetched_to_start(url: str) -> None:
    authentication = open_authentication(Settings(auth_jwt_algorithm="RS256", auth_jwks_url=url, **WHO))
    assert authentication is not None and authentication.tokens is not None
    assert isinstance(authentication.tokens.keys, KeySet)
    assert authentication.must_fetch(sign(claims(), RSA, "RS256"))


ONE_OF_TWO = "{} needs `auth_jwt_key` or `auth_jwks_url`, and nothing else"


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"auth_jwt_secret": SECRET},
            "`auth_jwt_secret` is of no use without `auth_jwt_algorithm`",
            id="no-algorithm",
        ),
        pytest.param(
            {"auth_issuer": ISSUER}, "`auth_issuer` is of no use without `auth_jwt_algorithm`", id="issuer"
        ),
        pytest.param(
            {"auth_jwt_algorithm": "HS256", "auth_jwt_secret": SECRET, "auth_audience": AUDIENCE},
            "`auth_issuer` is empty, and `auth_jwt_algorithm` is set",
            id="no-issuer",
        ),
        pytest.param(
            {"auth_jwt_algorithm": "HS256", "auth_jwt_secret": SECRET, "auth_issuer": ISSUER},
            "`auth_audience` is empty, and `auth_jwt_algorithm` is set",
            id="no-audience",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "HS256", "auth_jwt_secret": SECRET, "auth_max_lifetime_s": 0.0},
            "`auth_max_lifetime_s` is 0, so that no token could be taken",
            id="no-lifetime",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "HS256"},
            "HS256 needs `auth_jwt_secret`, and nothing else",
            id="no-secret",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "HS256", "auth_jwt_key": "rsa.pem"},
            "HS256 needs `auth_jwt_secret`, and nothing else",
            id="public-key-as-secret",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "HS256", "auth_jwks_url": "https://issuer.example/"},
            "HS256 needs `auth_jwt_secret`, and nothing else",
            id="key-set-for-HS256",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "HS256", "auth_jwt_secret": "a" * 31},
            "`auth_jwt_secret` has 31 bytes, and 32 are the least",
            id="short-secret",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "HS256", "auth_jwt_secret": public_pem(RSA).decode()},
            "`auth_jwt_secret` is a key, which others may know",
            id="pem-as-secret",
        ),
        pytest.param({**WHO, "auth_jwt_algorithm": "RS256"}, ONE_OF_TWO.format("RS256"), id="no-key"),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_secret": SECRET},
            ONE_OF_TWO.format("RS256"),
            id="secret-for-RS256",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_key": "rsa.pem", "auth_jwt_secret": SECRET},
            ONE_OF_TWO.format("RS256"),
            id="secret-beside-key",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "ES256", "auth_jwt_key": "ec.pem", "auth_jwks_url": "https://a/"},
            ONE_OF_TWO.format("ES256"),
            id="two-sources",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_key": "ec.pem"},
            "`auth_jwt_key` `ec.pem` is not for RS256",
            id="other-kind",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_key": "small.pem"},
            "`auth_jwt_key` `small.pem` is not for RS256",
            id="small",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "ES256", "auth_jwt_key": "p384.pem"},
            "`auth_jwt_key` `p384.pem` is not for ES256",
            id="other-curve",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_key": "private.pem"},
            "`auth_jwt_key` `private.pem` is not a public key in PEM",
            id="private",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_key": "text.pem"},
            "`auth_jwt_key` `text.pem` is not a public key in PEM",
            id="no-pem",
        ),
        pytest.param(
            {**WHO, "auth_jwt_algorithm": "RS256", "auth_jwt_key": "no.pem"},
            "cannot read `auth_jwt_key` `no.pem`: No such file or directory",
            id="no-file",
        ),
        pytest.param(
            {"auth_keys": "no.json"},
            "cannot read the keys `no.json`: No such file or directory",
            id="no-keys",
        ),
    ],
)
def test_settings_that_are_not(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_authentication(Settings(**given))
    assert (caught.value.code, caught.value.message) == ("settings.invalid", message)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/keys",
        "http://127.0.0.1.issuer.example/keys",
        "http://localhost@issuer.example/keys",
        "https://user:word@issuer.example/keys",
        "https://issuer.example/keys#a",
        "file:///etc/keys",
        "ftp://issuer.example/keys",
        "issuer.example/keys",
        "https:///keys",
        "https://[::1/keys",
    ],
)
def test_a_url_that_somebody_else_could_answer_for(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_authentication(Settings(auth_jwt_algorithm="RS256", auth_jwks_url=url, **WHO))
    assert caught.value.message.startswith(f"`auth_jwks_url` cannot be `{url}`: ")


def test_settings_do_not_show_the_secret() -> None:
    assert SECRET not in repr(Settings(auth_jwt_secret=SECRET))


KEYS = Authentication(None, None, "roles")


@pytest.mark.parametrize(
    ("given", "authentication", "message"),
    [
        pytest.param(
            {"policy": "p", "dev": True},
            KEYS,
            "`dev` believes whoever names themself, and authentication is configured",
            id="dev-and-authentication",
        ),
        pytest.param(
            {"policy": "p", "dev": True, "host": "0.0.0.0"},
            None,
            "`dev` believes whoever names themself, and `0.0.0.0` can be reached from elsewhere",
            id="dev-for-all",
        ),
        pytest.param(
            {"policy": "p", "dev": True, "host": "localhost.example"},
            None,
            "`dev` believes whoever names themself, and `localhost.example` can be reached from elsewhere",
            id="dev-by-name",
        ),
        pytest.param(
            {"open": True},
            KEYS,
            "authentication is configured, and there is no policy that would tell one caller from another",
            id="open-and-authentication",
        ),
    ],
)
def test_settings_by_which_credentials_would_make_no_difference(
    given: dict[str, Any], authentication: Authentication | None, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        require_consistent(Settings(**given), authentication)
    assert (caught.value.code, caught.value.message) == ("settings.invalid", message)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_development_on_this_machine(host: str) -> None:
    require_consistent(Settings(dev=True, policy="p", host=host), None)


def policy(sql: str, **declared: ClaimType) -> Policy:
    return Policy({RelationName("main", "orders"): RelationRules(read=(Rule(sql=sql),))}, claims=declared)


@pytest.mark.parametrize(
    "sql",
    [
        "a = :me.account_id",
        "a = : me . account_id",
        'a = :me."account_id"',
        "x IN (SELECT 1 WHERE y = :me.account_id)",
    ],
)
def test_a_rule_for_a_claim_that_nobody_declares(sql: str) -> None:
    with pytest.raises(PolicyError) as caught:
        require_declared(policy(sql))
    assert (caught.value.code, caught.value.message) == (
        "policy.invalid",
        "a read rule of `orders` compares with `:me.account_id`, which `[claims]` does not declare",
    )
    require_declared(policy(sql, account_id=ClaimType("integer")))


def test_the_id_needs_no_declaration() -> None:
    require_declared(policy("a = :me.id"))


INTEGER, INTEGERS = ClaimType("integer"), ClaimType("integer", is_list=True)


@pytest.mark.parametrize(
    ("given", "declared", "expected"),
    [
        pytest.param({}, {}, Principal("ana"), id="nothing"),
        pytest.param({"account_id": 123}, {}, Principal("ana"), id="undeclared"),
        pytest.param({"account_id": {"a": []}}, {}, Principal("ana"), id="undeclared-object"),
        pytest.param(
            {"account_id": 123},
            {"account_id": INTEGER},
            Principal("ana", claims={"account_id": 123}),
            id="claim",
        ),
        pytest.param(
            {"teams": [1, 2]}, {"teams": INTEGERS}, Principal("ana", claims={"teams": (1, 2)}), id="list"
        ),
        pytest.param(
            {"account_id": None},
            {"account_id": INTEGER},
            Principal("ana", claims={"account_id": None}),
            id="null",
        ),
        pytest.param({"sub": "7"}, {"id": INTEGER}, Principal(7), id="id-number"),
        pytest.param({"sub": "7"}, {}, Principal("7"), id="id-text"),
        pytest.param({"is_owner": True}, {}, Principal("ana"), id="owner"),
        pytest.param({"roles": ["a", "b"]}, {}, Principal("ana", frozenset({"a", "b"})), id="roles"),
        pytest.param({"roles": "a b"}, {}, Principal("ana", frozenset({"a b"})), id="one-role"),
        pytest.param({"roles": []}, {}, Principal("ana"), id="no-roles"),
        pytest.param({"roles": None}, {}, Principal("ana"), id="null-roles"),
        pytest.param({"id": 7, "sub": "ana"}, {}, Principal("ana"), id="id-claim-is-not-the-id"),
    ],
)
def test_the_principal_that_claims_describe(
    given: dict[str, Any], declared: dict[str, ClaimType], expected: Principal
) -> None:
    assert principal_of({"sub": "ana", **given}, Policy(claims=declared)) == expected


@pytest.mark.parametrize(
    ("given", "declared", "message"),
    [
        pytest.param(
            {"account_id": "123"},
            {"account_id": INTEGER},
            "the claim `account_id` is not integer",
            id="type",
        ),
        pytest.param(
            {"account_id": [123]},
            {"account_id": INTEGER},
            "the claim `account_id` is not integer",
            id="list",
        ),
        pytest.param(
            {"account_id": {"a": 1}},
            {"account_id": INTEGER},
            "the claim `account_id` of the token is neither a value nor a list of values",
            id="object",
        ),
        pytest.param(
            {"teams": [[1]]},
            {"teams": INTEGERS},
            "the claim `teams` of the token is neither a value nor a list of values",
            id="nested",
        ),
        pytest.param(
            {"teams": 1}, {"teams": INTEGERS}, "the claim `teams` is not a list of integer", id="no-list"
        ),
        pytest.param({"sub": "07"}, {"id": INTEGER}, "the claim `id` is not integer", id="id-zero"),
        pytest.param({"sub": "٧"}, {"id": INTEGER}, "the claim `id` is not integer", id="id-arabic"),
        pytest.param({"sub": "9" * 19}, {"id": INTEGER}, "the claim `id` is not integer", id="id-large"),
        pytest.param(
            {"roles": {"admin": True}}, {}, "`roles` of the token is not a list of roles", id="roles-object"
        ),
        pytest.param(
            {"roles": [["admin"]]}, {}, "`roles` of the token is not a list of roles", id="roles-nested"
        ),
        pytest.param(
            {"roles": ["a", 1]}, {}, "`roles` of the token is not a list of roles", id="roles-number"
        ),
        pytest.param({"roles": True}, {}, "`roles` of the token is not a list of roles", id="roles-true"),
    ],
)
def test_claims_that_describe_none(
    given: dict[str, Any], declared: dict[str, ClaimType], message: str
) -> None:
    with pytest.raises((Refusal, NlqError)) as caught:
        principal_of({"sub": "ana", **given}, Policy(claims=declared))
    assert str(caught.value).partition("\n")[0] == message


@pytest.mark.parametrize(
    ("path", "given", "roles"),
    [
        pytest.param("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}, id="path"),
        pytest.param("realm_access.roles", {"realm_access.roles": ["a"]}, set(), id="path-is-no-name"),
        pytest.param("realm_access.roles", {"realm_access": ["roles"]}, set(), id="path-through-list"),
        pytest.param("https://app.example/roles", {"https://app.example/roles": ["a"]}, {"a"}, id="url"),
        pytest.param("groups", {"roles": ["a"], "groups": ["b"]}, {"b"}, id="other-name"),
    ],
)
def test_where_the_roles_are(path: str, given: dict[str, Any], roles: set[str]) -> None:
    assert principal_of({"sub": "ana", **given}, Policy(), path).roles == roles
