"""Who asks over HTTP, by token and key, against the real server."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from servers import get, post
from signing import AUDIENCE, ISSUER, SECRET, claims, ec_key, jwk, sign

from nlq.errors import CODES, PolicyError, SettingsError
from nlq.http import create_app, open_app
from nlq.http.shapes import Problem
from nlq.identity.keys import KeyFile, new_key
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings

OpenShop = Callable[..., Service]
Serve = Callable[[FastAPI], httpx.Client]

POLICY = """
[principals.ana]
roles = ["customer"]
customer_id = 1

[principals.wrong]
roles = ["customer"]
customer_id = "1"

[roles]
boss = { includes = ["staff"] }

[claims]
customer_id = "integer"

[relations.customers]
read = [
    { sql = "country = 'Denmark'" },
    { roles = ["staff"] },
    { roles = ["customer"], sql = "id = :me.customer_id" },
]

[relations.orders]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "customer_id = :me.customer_id" }]

[relations.secrets]
read = { roles = ["admin"] }
"""
HS256 = {
    "auth_jwt_algorithm": "HS256", "auth_jwt_secret": SECRET, "auth_issuer": ISSUER,
    "auth_audience": AUDIENCE, "auth_max_lifetime_s": 3600.0,
}  # fmt: skip
CUSTOMERS = {"sql": "SELECT name FROM customers ORDER BY id"}
ORDERS = {"sql": "SELECT id FROM orders ORDER BY id"}


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "roles.toml"
    path.write_text(POLICY, "utf-8")
    return str(path)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """A file of keys with one in it, so that the server takes keys."""
    file = KeyFile(tmp_path / "keys.json")
    file.add(new_key("first", Principal("first"), datetime.now(UTC))[0])
    return file


@pytest.fixture
def client(open_shop: OpenShop, serve: Serve, policy: str, keys: KeyFile) -> httpx.Client:
    return serve(create_app(open_shop(policy=policy, auth_keys=str(keys.path), **HS256)))


@pytest.fixture(scope="module")
def stable_client(
    serve_stable: Callable[..., httpx.Client], tmp_path_factory: pytest.TempPathFactory
) -> httpx.Client:
    """As `client`, for tests that change nothing."""
    directory = tmp_path_factory.mktemp("who")
    (directory / "roles.toml").write_text(POLICY, "utf-8")
    file = KeyFile(directory / "keys.json")
    file.add(new_key("first", Principal("first"), datetime.now(UTC))[0])
    return serve_stable(policy=str(directory / "roles.toml"), auth_keys=str(file.path), **HS256)


def token(key: Any = SECRET, algorithm: str = "HS256", header: Any = None, **given: Any) -> str:
    return sign(claims(time.time(), **given), key, algorithm, header)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def names(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [row["name"] for row in reply.json()["rows"]]


def refused(reply: httpx.Response) -> tuple[int, str, str, str | None]:
    """Status, code, detail and challenge of a reply that is a problem in all its parts."""
    assert reply.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate_json(reply.content)
    assert (found.status, found.title) == (reply.status_code, CODES[found.code])
    return found.status, found.code, found.detail, reply.headers.get("www-authenticate")


CHALLENGE = 'Bearer realm="nlq", error="invalid_token"'
INVALID = (401, "auth.invalid", "the credentials are not valid", CHALLENGE)
EXPIRED = (401, "auth.expired", "the credentials have expired", CHALLENGE)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        pytest.param({"roles": ["customer"], "customer_id": 1}, ["Ana", "Bo"], id="customer"),
        pytest.param({"roles": "customer", "customer_id": 3}, ["Bo", "Caio"], id="one-role-as-text"),
        pytest.param({"roles": ["customer"]}, ["Bo"], id="customer-without-claim"),
        pytest.param({"roles": ["customer"], "customer_id": 99}, ["Bo"], id="nobody"),
        pytest.param({"roles": ["staff"]}, ["Ana", "Bo", "Caio"], id="staff"),
        pytest.param({"roles": ["boss"]}, ["Ana", "Bo", "Caio"], id="role-that-includes"),
        pytest.param({"roles": []}, ["Bo"], id="no-role"),
        pytest.param({"roles": None}, ["Bo"], id="roles-left-out"),
        pytest.param(
            {"roles": ["Staff", "staff ", "staff,customer", "roles:staff", "ｓtaff", "owner", "*", ""]},
            ["Bo"],
            id="roles-that-nobody-knows",
        ),
        pytest.param({"roles": [], "is_owner": True, "role": ["staff"]}, ["Bo"], id="other-claims"),
        pytest.param({"sub": "zoë|ß", "roles": ["staff"]}, ["Ana", "Bo", "Caio"], id="unicode"),
    ],
)
def test_what_the_holder_of_a_token_sees(
    stable_client: httpx.Client, given: dict[str, Any], seen: list[str]
) -> None:
    assert names(stable_client.post("/sql", json=CUSTOMERS, headers=bearer(token(**given)))) == seen


def test_who_bears_nothing_is_anonymous(stable_client: httpx.Client) -> None:
    assert names(stable_client.post("/sql", json=CUSTOMERS)) == ["Bo"]
    assert stable_client.post("/sql", json=ORDERS).json()["code"] == "plan.unknown_relation"
    assert [r["name"] for r in stable_client.get("/schema").json()["relations"]] == ["customers"]


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_schemes(stable_client: httpx.Client, scheme: str) -> None:
    headers = {"authorization": scheme + token(roles=["staff"])}
    assert len(names(stable_client.post("/sql", json=CUSTOMERS, headers=headers))) == 3


GOOD = token(roles=["staff"], exp=int(time.time()) + 3000)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="scheme-alone"),
        pytest.param(GOOD, id="no-scheme"),
        pytest.param("Basic YW5hOmFuYQ==", id="basic"),
        pytest.param(f"Token {GOOD}", id="other-scheme"),
        pytest.param(f"Bearer\t{GOOD}", id="tab"),
        pytest.param(f"Bearer {GOOD} {GOOD}", id="two-tokens"),
        pytest.param(f"Bearer {GOOD}, Bearer {GOOD}", id="two-in-one-header"),
        pytest.param(f'Bearer "{GOOD}"', id="quoted"),
        pytest.param(f"Bearer {GOOD}\u00a0".encode("latin-1"), id="latin-1-space"),
        pytest.param(f"Bearer {GOOD}é".encode(), id="utf-8"),
        pytest.param(f"Bearer {GOOD}=", id="padding"),
        pytest.param(f"Bearer {GOOD}{'a' * 8192}", id="long"),
        pytest.param("Bearer null", id="null"),
        pytest.param("Bearer nlq_first_" + "0" * 64, id="key"),
        pytest.param("Bearer nlq_nobody_" + "0" * 64, id="key-of-nobody"),
        pytest.param("Bearer nlq_", id="prefix"),
    ],
)
def test_credentials_that_are_none(stable_client: httpx.Client, header: str | bytes) -> None:
    for path in ("/sql", "/query"):
        reply = stable_client.post(path, json=CUSTOMERS, headers={"authorization": header})
        assert refused(reply) == INVALID
    assert refused(stable_client.get("/schema", headers={"authorization": header})) == INVALID
    assert refused(stable_client.get("/plans/0", headers={"authorization": header})) == INVALID


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"key": SECRET, "algorithm": "none"}, INVALID, id="none"),
        pytest.param({"key": "x" * 32}, INVALID, id="other-secret"),
        pytest.param({"key": SECRET, "algorithm": "HS512"}, INVALID, id="other-algorithm"),
        pytest.param({"exp": None}, INVALID, id="no-exp"),
        pytest.param({"iss": None}, INVALID, id="no-iss"),
        pytest.param({"aud": None}, INVALID, id="no-aud"),
        pytest.param({"sub": None}, INVALID, id="no-sub"),
        pytest.param({"exp": 10**18}, INVALID, id="exp-1e18"),
        pytest.param({"exp": True}, INVALID, id="exp-true"),
        pytest.param({"exp": int(time.time()) + 90_000}, INVALID, id="lifetime"),
        pytest.param({"nbf": int(time.time()) + 3000}, INVALID, id="nbf"),
        pytest.param({"aud": "other"}, INVALID, id="aud"),
        pytest.param({"iss": "https://other.example"}, INVALID, id="iss"),
        pytest.param({"exp": int(time.time()) - 1, "iat": int(time.time()) - 300}, EXPIRED, id="expired"),
        pytest.param(
            {"exp": int(time.time()) - 1, "iat": int(time.time()) - 300, "key": "x" * 32},
            INVALID,
            id="expired-and-forged",
        ),
        pytest.param({"customer_id": "1"}, INVALID, id="claim-type"),
        pytest.param({"customer_id": [1]}, INVALID, id="claim-list"),
        pytest.param({"customer_id": {"a": 1}}, INVALID, id="claim-object"),
        pytest.param({"customer_id": True}, INVALID, id="claim-true"),
        pytest.param({"roles": {"staff": True}}, INVALID, id="roles-object"),
        pytest.param({"roles": [["staff"]]}, INVALID, id="roles-nested"),
    ],
)
def test_tokens_that_are_refused(
    stable_client: httpx.Client, given: dict[str, Any], expected: tuple[int, str, str, str]
) -> None:
    sent = {"roles": ["staff"], **given}
    assert refused(stable_client.post("/sql", json=CUSTOMERS, headers=bearer(token(**sent)))) == expected


def test_several_authorization_headers(stable_client: httpx.Client) -> None:
    good, other = token(roles=["staff"]), token(roles=["customer"], customer_id=1)
    for second in (good, other, "rubbish"):
        headers = [("authorization", f"Bearer {good}"), ("authorization", f"Bearer {second}")]
        assert refused(stable_client.post("/sql", json=CUSTOMERS, headers=headers)) == INVALID


def test_bad_credentials_are_refused_before_anything_is_read(client: httpx.Client, model: Any) -> None:
    headers = {**bearer("rubbish"), "accept": "text/event-stream"}
    question = {"question": "How many customers are there?"}
    assert refused(client.post("/query", json=question, headers=headers)) == INVALID
    assert refused(client.post("/query", content=b"{", headers=headers)) == INVALID
    assert model.asked == []
    for path in ("/health", "/ready", "/docs", "/openapi.json"):
        assert client.get(path, headers=bearer("rubbish")).status_code == 200


def test_a_huge_header_does_not_stop_the_server(stable_client: httpx.Client) -> None:
    reply = get(str(stable_client.base_url.join("/schema")), headers=bearer("a" * 60_000))
    assert reply.status_code in (400, 401, 431)
    assert stable_client.get("/health").status_code == 200


def test_the_log_says_why_and_nothing_of_the_credentials(
    stable_client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    forged = token("x" * 32, roles=["staff"])
    with caplog.at_level(logging.INFO, "nlq.identity"):
        stable_client.get("/schema", headers=bearer(forged))
        stable_client.get("/schema", headers=bearer(token(customer_id="secretword")))
        stable_client.get("/schema", headers=bearer("nlq_first_" + "0" * 64))
        stable_client.get("/schema", headers={"Authorization": "Basic secretword"})
    assert [r.getMessage() for r in caplog.records if r.name == "nlq.identity"] == [
        "refused: the signature of the token is not valid",
        "refused: the claim `customer_id` is not integer",
        "refused: the API key is not known",
        "refused: the credentials are not one `Authorization: Bearer …`",
    ]


# Plans and statements


def test_plans_and_statements_do_not_cross_roles(client: httpx.Client, model: Any) -> None:
    staff, ana, caio = (
        bearer(token(**who))
        for who in (
            {"roles": ["staff"]},
            {"roles": ["customer"], "customer_id": 1},
            {"roles": ["customer"], "customer_id": 3},
        )
    )
    question = {"question": "List all orders"}

    def ids(reply: httpx.Response) -> list[int]:
        assert reply.status_code == 200, reply.text
        return [row["id"] for row in reply.json()["rows"]]

    of_staff = client.post("/query", json=question, headers=staff)
    assert (ids(of_staff), of_staff.json()["plan"]["cached"]) == ([1, 2, 3, 4], False)
    of_ana = client.post("/query", json=question, headers=ana)
    assert (ids(of_ana), of_ana.json()["plan"]["cached"]) == ([1, 2], False)
    of_caio = client.post("/query", json=question, headers=caio)
    assert (ids(of_caio), of_caio.json()["plan"]["cached"]) == ([4], True)
    assert len(model.asked) == 2
    plans = {name: r.json()["plan"]["id"] for name, r in (("staff", of_staff), ("ana", of_ana))}
    assert plans["staff"] != plans["ana"]
    for who, name, status in ((staff, "staff", 200), (staff, "ana", 404), (ana, "ana", 200),
                              (ana, "staff", 404), (caio, "ana", 200), ({}, "ana", 404)):  # fmt: skip
        assert client.get(f"/plans/{plans[name]}", headers=who).status_code == status
    unknown = bearer(token(roles=["Staff", "stranger"]))
    assert client.post("/query", json=question, headers=unknown).json()["code"] != "internal.error"
    assert client.get(f"/plans/{plans['staff']}", headers=unknown).status_code == 404

    # The same SQL, in turn, and as roles that no rule mentions beside them.
    for _ in range(3):
        for who, expected in ((staff, [1, 2, 3, 4]), (ana, [1, 2]), (caio, [4])):
            assert ids(client.post("/sql", json=ORDERS, headers=who)) == expected
    assert client.post("/sql", json=ORDERS, headers=unknown).json()["code"] == "plan.unknown_relation"
    many = bearer(token(roles=["customer", "stranger", "staff,customer"], customer_id=1))
    assert ids(client.post("/query", json=question, headers=many)) == [1, 2]


def test_many_at_the_same_time_see_their_own(stable_client: httpx.Client) -> None:
    def ask(customer: int) -> list[str]:
        headers = bearer(token(roles=["customer"], customer_id=customer))
        return names(post(str(stable_client.base_url.join("/sql")), json=CUSTOMERS, headers=headers))

    found: dict[int, list[str]] = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: ask(n % 4)})) for n in range(24)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own = {0: ["Bo"], 1: ["Ana", "Bo"], 2: ["Bo"], 3: ["Bo", "Caio"]}
    assert found == {n: own[n % 4] for n in range(24)}


# API keys


def test_what_the_holder_of_a_key_sees(client: httpx.Client, keys: KeyFile) -> None:
    now = datetime.now(UTC)
    ana = Principal("ana", frozenset({"customer"}), {"customer_id": 1, "other": "x"})
    wrong = Principal("ana", frozenset({"customer"}), {"customer_id": "1"})
    texts = {}
    for name, holder in (("ana", ana), ("staff", Principal("s", frozenset({"staff"}))), ("wrong", wrong)):
        key, texts[name] = new_key(name, holder, now)
        keys.add(key)
    ask = lambda name: client.post("/sql", json=CUSTOMERS, headers=bearer(texts[name]))  # noqa: E731
    assert names(ask("ana")) == ["Ana", "Bo"]
    assert names(ask("staff")) == ["Ana", "Bo", "Caio"]
    assert refused(ask("wrong")) == INVALID
    keys.revoke("staff", now)
    assert refused(ask("staff")) == INVALID
    assert names(ask("ana")) == ["Ana", "Bo"]


def test_a_key_that_has_expired(client: httpx.Client, keys: KeyFile) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    key, text = new_key(
        "old", Principal("old", frozenset({"staff"})), long_ago, long_ago + timedelta(days=1)
    )
    keys.add(key)
    assert refused(client.post("/sql", json=CUSTOMERS, headers=bearer(text))) == EXPIRED


def test_keys_that_cannot_be_read_any_more_are_not_believed(
    client: httpx.Client, keys: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    key, text = new_key("staff", Principal("s", frozenset({"staff"})), datetime.now(UTC))
    keys.add(key)
    assert len(names(client.post("/sql", json=CUSTOMERS, headers=bearer(text)))) == 3
    content = keys.path.read_bytes()
    for damage in (lambda: keys.path.write_bytes(content[:-5]), keys.path.unlink):
        damage()
        reply = client.post("/sql", json=CUSTOMERS, headers=bearer(text))
        assert refused(reply) == (
            503,
            "auth.unavailable",
            "API keys cannot be checked at this moment",
            None,
        )
        assert reply.headers["retry-after"] == "5"
        assert f"cannot read the keys `{keys.path}`" in caplog.text
    keys.path.write_bytes(content)
    assert len(names(client.post("/sql", json=CUSTOMERS, headers=bearer(text)))) == 3


def test_only_what_is_configured_is_taken(
    open_shop: OpenShop, serve: Serve, policy: str, keys: KeyFile
) -> None:
    key, text = new_key("staff", Principal("s", frozenset({"staff"})), datetime.now(UTC))
    keys.add(key)
    good = token(roles=["staff"])
    by_key = serve(create_app(open_shop(policy=policy, auth_keys=str(keys.path))))
    assert len(names(by_key.post("/sql", json=CUSTOMERS, headers=bearer(text)))) == 3
    assert refused(by_key.get("/schema", headers=bearer(good))) == INVALID
    by_token = serve(create_app(open_shop(policy=policy, **HS256)))
    assert len(names(by_token.post("/sql", json=CUSTOMERS, headers=bearer(good)))) == 3
    assert refused(by_token.get("/schema", headers=bearer(text))) == INVALID


# The issuer's keys


@pytest.fixture
def issuer() -> Iterator[tuple[str, list[Any]]]:
    """The URL of a key set, and the keys that it holds, which a test may change."""
    published: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps({"keys": published}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/", published
        http.shutdown()
        thread.join()


def test_keys_that_rotate(
    open_shop: OpenShop,
    serve: Serve,
    policy: str,
    issuer: tuple[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nlq.identity.jwks.REFETCH_S", 0.0)
    url, published = issuer
    old, new = ec_key(), ec_key()
    given = {**HS256, "auth_jwt_algorithm": "ES256", "auth_jwt_secret": "", "auth_jwks_url": url}
    client = serve(create_app(open_shop(policy=policy, **given)))

    def ask(key: Any, kid: str) -> httpx.Response:
        text = sign(claims(time.time(), roles=["staff"]), key, "ES256", kid=kid)
        return client.post("/sql", json=CUSTOMERS, headers=bearer(text))

    published.append(jwk(old, kid="old"))
    assert len(names(ask(old, "old"))) == 3
    assert refused(ask(new, "new")) == INVALID
    published.append(jwk(new, kid="new"))
    assert len(names(ask(new, "new"))) == 3
    assert refused(ask(new, "old")) == INVALID
    forged = sign(claims(time.time(), roles=["staff"]), SECRET, "HS256", kid="old")
    assert refused(client.get("/schema", headers=bearer(forged))) == INVALID


def test_an_issuer_that_cannot_be_reached(
    open_shop: OpenShop, serve: Serve, policy: str, keys: KeyFile
) -> None:
    given = {**HS256, "auth_jwt_algorithm": "ES256", "auth_jwt_secret": ""}
    client = serve(
        create_app(
            open_shop(policy=policy, auth_keys=str(keys.path), auth_jwks_url="http://127.0.0.1:9/", **given)
        )
    )
    reply = client.get("/schema", headers=bearer(sign(claims(time.time()), ec_key(), "ES256")))
    assert refused(reply) == (503, "auth.unavailable", "tokens cannot be checked at this moment", None)
    key, text = new_key("staff", Principal("s", frozenset({"staff"})), datetime.now(UTC))
    keys.add(key)
    assert len(names(client.post("/sql", json=CUSTOMERS, headers=bearer(text)))) == 3
    assert names(client.post("/sql", json=CUSTOMERS)) == ["Bo"]


# Development


def test_development_identities_have_the_declared_claims(
    open_shop: OpenShop, serve: Serve, policy: str
) -> None:
    client = serve(create_app(open_shop(policy=policy, dev=True)))
    ask = lambda who: client.post("/sql", json=CUSTOMERS, headers={"x-nlq-as": who})  # noqa: E731
    assert names(ask("ana")) == ["Ana", "Bo"]
    told = (400, "policy.bad_claim", "the claim `customer_id` is not integer", None)
    for who in ("wrong", '{"roles": ["customer"], "customer_id": [1]}', '{"customer_id": true}'):
        assert refused(ask(who)) == told
    twice = [("x-nlq-as", "ana"), ("x-nlq-as", "wrong")]
    reply = client.post("/sql", json=CUSTOMERS, headers=twice)
    assert refused(reply) == (400, "request.invalid", "`X-Nlq-As` is there twice", None)


def test_development_identities_are_taken_from_this_machine_alone(open_shop: OpenShop, policy: str) -> None:
    app = create_app(open_shop(policy=policy, dev=True))

    async def ask(client: tuple[str, int]) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return await http.post("/sql", json=CUSTOMERS, headers={"x-nlq-as": "ana"})

    assert names(asyncio.run(ask(("127.0.0.1", 5)))) == ["Ana", "Bo"]
    assert refused(asyncio.run(ask(("10.1.2.3", 5)))) == (
        400,
        "request.invalid",
        "`X-Nlq-As` is taken from this machine alone",
        None,
    )


def test_with_authentication_nobody_names_themself(stable_client: httpx.Client) -> None:
    told = (400, "request.invalid", "this server does not take `X-Nlq-As`", None)
    for headers in ({"x-nlq-as": "ana"}, {"x-nlq-as": "ana", **bearer(GOOD)}):
        assert refused(stable_client.get("/schema", headers=headers)) == told


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"dev": True, **HS256}, id="dev-and-tokens"),
        pytest.param({"dev": True, "host": "0.0.0.0"}, id="dev-for-all"),
        pytest.param({**HS256, "auth_jwt_secret": "short"}, id="short-secret"),
        pytest.param({**HS256, "policy": "", "open": True}, id="open-and-tokens"),
    ],
)
def test_a_server_with_such_settings_does_not_start(
    shop_settings: Callable[..., Settings], open_shop: OpenShop, policy: str, given: dict[str, Any]
) -> None:
    whole = {"policy": policy, **given}
    with pytest.raises(SettingsError) as early:
        open_app(shop_settings(**whole))
    with pytest.raises(SettingsError) as late:
        create_app(open_shop(**whole))
    assert early.value.code == late.value.code == "settings.invalid"
    assert early.value.message == late.value.message


def test_a_server_does_not_start_with_a_claim_that_no_token_could_bring(
    shop_settings: Callable[..., Settings], policy: str
) -> None:
    Path(policy).write_text(POLICY.replace('customer_id = "integer"', ""), "utf-8")
    with pytest.raises(PolicyError) as caught:
        open_app(shop_settings(policy=policy, **HS256))
    assert caught.value.message == (
        "a read rule of `customers` compares with `:me.customer_id`, which `[claims]` does not declare"
    )


def test_the_interface_says_that_there_is_authentication(stable_client: httpx.Client) -> None:
    document = stable_client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert document["security"] == [{"bearer": []}, {}]
