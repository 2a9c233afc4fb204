"""Whatever is sent: a problem with a code, and a server that goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from nlq.errors import CODES, ModelError
from nlq.http import create_app
from nlq.http.problem import STATUS
from nlq.http.shapes import Problem
from nlq.service import Service

OpenShop = Callable[..., Service]
Serve = Callable[[FastAPI], httpx.Client]
JSON = {"content-type": "application/json"}


@pytest.fixture
def client(open_shop: OpenShop, serve: Serve) -> httpx.Client:
    return serve(create_app(open_shop(open=True)))


def problem(reply: httpx.Response) -> tuple[int, str, str]:
    """Status, code and detail of a reply that is a problem in all its parts."""
    assert reply.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate_json(reply.content)
    assert (found.status, found.type, found.title) == (
        reply.status_code,
        f"urn:nlq:error:{found.code}",
        CODES[found.code],
    )
    return found.status, found.code, found.detail


def test_every_code_has_a_status() -> None:
    assert set(STATUS) == set(CODES)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", "the body is not JSON: expecting value at character 0", id="nothing"),
        pytest.param(
            b"{",
            "the body is not JSON: expecting property name enclosed in double quotes at character 1",
            id="half",
        ),
        pytest.param(b"[]", "the body is not a JSON object", id="array"),
        pytest.param(b'"how many?"', "the body is not a JSON object", id="text"),
        pytest.param(b'{"question": "\xff"}', "the body is not UTF-8", id="not-utf-8"),
        pytest.param(b"\xff\xfe{\x00}\x00", "the body is not UTF-8", id="utf-16"),
        pytest.param(
            b'{"question": "a", "question": "b"}',
            "the body is not JSON: an object has the same key twice",
            id="key-twice",
        ),
        pytest.param(
            b'{"question": "a", "limit": NaN}', "the body is not JSON: `NaN` is not JSON", id="nan"
        ),
        pytest.param(
            b'{"question": "a", "params": {"x": -Infinity}}',
            "the body is not JSON: `-Infinity` is not JSON",
            id="infinity",
        ),
        pytest.param(b"[" * 60_000, "the body is nested too deeply", id="deep-arrays"),
        pytest.param(b'{"a":' * 10_000, "the body is nested too deeply", id="deep-objects"),
        pytest.param(b"{}", "the field `question` is missing", id="no-question"),
        pytest.param(b'{"query": "x"}', "there is no field `query`", id="another-name"),
        pytest.param(b'{"question": "a", "qestion": 1}', "there is no field `qestion`", id="unknown-field"),
        pytest.param(
            b'{"question": 7}',
            "the field `question` is not valid: input should be a valid string",
            id="number-for-text",
        ),
        pytest.param(
            b'{"question": "\\ud800"}',
            "the body holds half of a character",
            id="half-a-character",
        ),
        pytest.param(
            b'{"question": "a", "limit": "5"}',
            "the field `limit` is not valid: input should be a valid integer",
            id="text-for-number",
        ),
        pytest.param(
            b'{"question": "a", "limit": true}',
            "the field `limit` is not valid: input should be a valid integer",
            id="truth-for-number",
        ),
        pytest.param(
            b'{"question": "a", "limit": 0}',
            "the field `limit` is not valid: input should be greater than or equal to 1",
            id="limit-0",
        ),
        pytest.param(
            b'{"question": "a", "params": {"x": [1]}}',
            "the value of `params.x` cannot be a parameter",
            id="list-parameter",
        ),
        pytest.param(
            b'{"question": "a", "params": {"x": ' + b"9" * 5000 + b"}}",
            "the body is not JSON: Exceeds the limit (4300 digits) for integer string conversion: "
            "value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit",
            id="huge-number",
        ),
    ],
)
def test_a_body_that_is_none(stable_client: httpx.Client, content: bytes, expected: str) -> None:
    reply = stable_client.post("/query", content=content, headers=JSON)
    assert problem(reply) == (400, "request.invalid", expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("", (400, "request.empty", "the question is empty"), id="empty"),
        pytest.param(" \u200b\n?", (400, "request.empty", "the question is empty"), id="invisible"),
        pytest.param(
            "why " * 2000,
            (413, "request.too_long", "the question has 8,000 characters, and the limit is 4,000"),
            id="long",
        ),
        pytest.param(
            "How many customers are in {country}?",
            (400, "request.missing_parameter", "the parameter `country` has no value"),
            id="no-parameter",
        ),
        pytest.param(
            "What is the meaning of life?",
            (422, "compile.refused", None),
            id="nothing-in-the-catalog",
        ),
        pytest.param("客户有多少？", (422, "compile.failed", None), id="chinese-and-rubbish"),
        pytest.param("كم عدد العملاء؟", (422, "compile.failed", None), id="arabic-and-rubbish"),
    ],
)
def test_a_question_that_is_none(
    stable_client: httpx.Client, question: str, expected: tuple[int, str, str | None]
) -> None:
    found = problem(stable_client.post("/query", json={"question": question}))
    assert found[:2] == expected[:2]
    assert expected[2] in (found[2], None)


def test_100_kb_are_refused_before_they_are_read(stable_client: httpx.Client) -> None:
    too_large = (413, "request.too_large", "the body is larger than 65,536 bytes")
    assert problem(stable_client.post("/query", json={"question": "a" * 100_000})) == too_large

    sent = 0

    def endless() -> Any:
        nonlocal sent
        yield b'{"question": "'
        while sent < 500_000_000:
            sent += 65_536
            yield b"a" * 65_536

    # Refused while the body is still under way: the connection may be closed under the writer.
    with suppress(httpx.TransportError):
        assert problem(stable_client.post("/query", content=endless(), headers=JSON)) == too_large
    assert sent < 100_000_000
    assert stable_client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param("DELETE FROM orders", (422, "plan.unsupported"), id="write"),
        pytest.param("SELECT 1; SELECT 2", (422, "plan.unsupported"), id="two"),
        pytest.param("SELEC 1", (422, "plan.syntax"), id="no-sql"),
        pytest.param("", (422, "plan.unsupported"), id="empty"),
        pytest.param("SELECT totl FROM orders", (422, "plan.unknown_column"), id="column"),
        pytest.param("SELECT * FROM nothing", (422, "plan.unknown_relation"), id="relation"),
        pytest.param("SELECT * FROM read_csv('/etc/passwd')", (422, "plan.unsupported"), id="file"),
        pytest.param("SELECT " + "(" * 5000 + "1" + ")" * 5000, (422, "plan.too_complex"), id="deep"),
        pytest.param("SELECT id FROM orders WHERE id = :x", (422, "plan.parameter"), id="parameter"),
        pytest.param("SELECT sum(name) FROM customers", (422, "plan.invalid"), id="types"),
    ],
)
def test_sql_that_is_refused(stable_client: httpx.Client, sent: str, expected: tuple[int, str]) -> None:
    assert problem(stable_client.post("/sql", json={"sql": sent}))[:2] == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param({"schema": "CREATE TABLE"}, (422, "catalog.invalid"), id="half"),
        pytest.param({"schema": "SELECT 1"}, (422, "catalog.invalid"), id="no-relation"),
        pytest.param(
            {"schema": "CREATE TABLE t (i INT)", "dialect": "oracle"},
            (400, "request.invalid"),
            id="dialect",
        ),
        pytest.param({"dialect": "sqlite"}, (400, "request.invalid"), id="dialect-without-schema"),
        pytest.param(
            {"schema": "CREATE TABLE t (" + "a INT, " * 7000 + "b INT)"},
            (422, "catalog.invalid"),
            id="a-column-many-times",
        ),
        pytest.param({"schema": "CREATE TABLE t (a " + "(" * 20_000}, (422, "catalog.invalid"), id="deep"),
    ],
)
def test_a_schema_that_is_none(
    stable_client: httpx.Client, sent: dict[str, str], expected: tuple[int, str]
) -> None:
    reply = stable_client.post("/compile", json={"question": "How many are there?", **sent})
    assert problem(reply)[:2] == expected


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        pytest.param(
            "GET", "/nothing", {}, (404, "request.not_found", "there is nothing at this address"), id="path"
        ),
        pytest.param(
            "GET", "/query", {}, (405, "request.invalid", "`GET` is not for this address"), id="method"
        ),
        pytest.param(
            "OPTIONS",
            "/query",
            {"origin": "https://example.org"},
            (405, "request.invalid", "`OPTIONS` is not for this address"),
            id="preflight",
        ),
        pytest.param(
            "POST",
            "/query",
            {"content-type": "text/plain"},
            (400, "request.invalid", "the body is not sent as JSON"),
            id="content-type",
        ),
        pytest.param(
            "GET",
            "/schema",
            {"x-nlq-as": "ana"},
            (400, "request.invalid", "this server does not take `X-Nlq-As`"),
            id="principal-outside-dev",
        ),
        pytest.param(
            "GET",
            "/schema",
            {"host": "evil.example.org"},
            (421, "request.invalid", "this server answers only to names of its own machine"),
            id="rebinding",
        ),
        pytest.param(
            "GET",
            "/plans/..%2f..%2fetc",
            {},
            (404, "request.not_found", "there is nothing at this address"),
            id="path-in-id",
        ),
    ],
)
def test_a_request_that_is_none(
    stable_client: httpx.Client,
    method: str,
    path: str,
    headers: dict[str, str],
    expected: tuple[int, str, str],
) -> None:
    assert problem(stable_client.request(method, path, headers=headers)) == expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param(
            "bob", (400, "policy.unknown_principal", "the policy names no principal `bob`"), id="name"
        ),
        pytest.param(
            "{",
            (
                400,
                "request.invalid",
                "`X-Nlq-As` is not a JSON object: "
                "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            ),
            id="half",
        ),
        pytest.param(
            '{"roles": "staff"}',
            (400, "request.invalid", "`roles` of the principal `X-Nlq-As` is not a list of names"),
            id="roles",
        ),
        pytest.param(
            '{"a":' + "[" * 4000, (400, "request.invalid", "`X-Nlq-As` is nested too deeply"), id="deep"
        ),
        pytest.param(b"\xff", (400, "request.invalid", "`X-Nlq-As` is not UTF-8"), id="not-utf-8"),
        pytest.param(
            "{" + " " * 5000 + "}",
            (400, "request.invalid", "`X-Nlq-As` is longer than 4,096 characters"),
            id="long",
        ),
    ],
)
def test_a_principal_that_is_none(
    open_shop: OpenShop, shop_policy: Path, serve: Serve, who: str | bytes, expected: tuple[int, str, str]
) -> None:
    client = serve(create_app(open_shop(policy=str(shop_policy), dev=True)))
    assert problem(client.get("/schema", headers={"x-nlq-as": who})) == expected


def test_nobody_becomes_the_owner(open_shop: OpenShop, shop_policy: Path, serve: Serve) -> None:
    client = serve(create_app(open_shop(policy=str(shop_policy), dev=True, open=True)))
    for who in ('{"is_owner": true}', '{"roles": ["owner"], "is_owner": true}'):
        reply = client.post("/sql", json={"sql": "SELECT * FROM customers"}, headers={"x-nlq-as": who})
        assert problem(reply)[:2] == (422, "plan.unknown_relation")


def test_hidden_and_missing_relations_are_the_same(
    open_shop: OpenShop, shop_policy: Path, serve: Serve
) -> None:
    client = serve(create_app(open_shop(policy=str(shop_policy), dev=True)))
    replies = [
        client.post("/sql", json={"sql": f"SELECT * FROM {name}"}, headers={"x-nlq-as": "ana"}).text
        for name in ("secrets", "sextets")
    ]
    assert replies[0] == replies[1].replace("sextets", "secrets")


@pytest.mark.parametrize(
    "code", ["model.unreachable", "model.timeout", "model.rejected", "model.not_installed"]
)
def test_a_model_that_fails_leaves_what_is_known(client: httpx.Client, model: Any, code: str) -> None:
    assert client.post("/query", json={"question": "How many customers are there?"}).status_code == 200
    model.failure = ModelError(code, "the model is away", "wait")
    reply = client.post("/query", json={"question": "How many orders are there?"})
    assert problem(reply) == (
        503,
        "compile.unavailable",
        "this question is not compiled yet, and the model is away",
    )
    assert reply.json()["hint"] == "wait; known questions: `How many customers are there?`"
    assert reply.headers["retry-after"] == "5"
    known = client.post("/query", json={"question": "How many customers are there?"})
    assert known.json()["rows"] == [{"customers": 3}]


def test_a_frozen_server_compiles_nothing(
    open_shop: OpenShop, serve: Serve, client: httpx.Client, model: Any
) -> None:
    client.post("/query", json={"question": "How many customers are there?"})
    frozen = serve(create_app(open_shop(open=True, frozen=True)))
    assert frozen.post("/query", json={"question": "How many customers are there?"}).json()["rows"] == [
        {"customers": 3}
    ]
    asked = len(model.asked)
    reply = frozen.post("/query", json={"question": "How many orders are there?"})
    assert problem(reply)[:2] == (422, "compile.frozen")
    assert len(model.asked) == asked


def test_a_database_that_goes_away_and_comes_back(client: httpx.Client, shop: Path) -> None:
    ask = {"question": "How many customers are there?"}
    client.post("/query", json=ask)
    content = shop.read_bytes()
    shop.unlink()
    reply = client.post("/query", json=ask)
    assert problem(reply)[:2] == (503, "engine.unreachable")
    assert problem(client.post("/query", json=ask))[:2] == (503, "engine.unreachable")
    assert problem(client.post("/query", json={"question": "List all orders"}))[:2] == (
        503,
        "engine.unreachable",
    )
    shop.write_bytes(content)
    assert client.post("/query", json=ask).json()["rows"] == [{"customers": 3}]


def test_a_postgres_server_that_stops_and_starts_again(
    own_cluster: Any, open_shop: OpenShop, serve: Serve
) -> None:
    client = serve(create_app(open_shop(open=True, db=own_cluster.url())))
    ask = {"sql": "SELECT 1 AS one"}
    assert client.post("/sql", json=ask).json()["rows"] == [{"one": 1}]
    own_cluster.stop()
    assert problem(client.post("/sql", json=ask))[:2] == (503, "engine.unreachable")
    assert problem(client.get("/ready"))[:2] == (503, "engine.unreachable")
    assert client.get("/health").status_code == 200
    own_cluster.start()
    assert client.post("/sql", json=ask).json()["rows"] == [{"one": 1}]


def test_a_bug_is_logged_and_not_told(
    open_shop: OpenShop, serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the password is plugh")

    service = open_shop(open=True)
    monkeypatch.setattr(service, "ask", fail)
    client = serve(create_app(service))
    told = (500, "internal.error", "something went wrong that should not")
    assert problem(client.post("/query", json={"question": "a"})) == told
    stream = client.post("/query", json={"question": "a"}, headers={"accept": "text/event-stream"})
    name, data = stream.text.strip().split("\n")[-2:]
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: "))["code"] == "internal.error"
    logged = [r.getMessage().splitlines() for r in caplog.records if r.name == "nlq.http"]
    assert [lines[0] for lines in logged] == ["a bug of nlq: ZeroDivisionError"] * 2
    assert all(lines[-1].endswith(" in fail") for lines in logged)
    assert "plugh" not in stream.text + caplog.text


def test_what_is_wrong_with_the_server_is_for_its_log(
    open_shop: OpenShop, serve: Serve, shop_policy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A policy that broke while we served: it says what is hidden, and from whom."""
    service = open_shop(policy=str(shop_policy))
    client = serve(create_app(service))
    shop_policy.write_text('[relations.orders]\nread = { sql = "plugh = 1" }\n')
    reply = client.get("/ready")
    assert reply.json() == {
        "type": "urn:nlq:error:policy.invalid",
        "title": "the policy file cannot be read as a policy",
        "status": 503,
        "detail": "the policy file cannot be read as a policy",
        "code": "policy.invalid",
        "hint": "tell those who run the server",
    }
    logged = [r.getMessage() for r in caplog.records if r.name == "nlq.http"]
    assert len(logged) == 1
    assert logged[0].startswith("policy.invalid: ")
    assert "plugh" in logged[0]
