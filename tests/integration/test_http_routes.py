from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from fastapi import FastAPI

import nlq
from nlq.http import create_app
from nlq.http.shapes import AnswerShape, CatalogShape, CompiledShape, PlanShape
from nlq.service import Service

OpenShop = Callable[..., Service]
Serve = Callable[[FastAPI], httpx.Client]


@pytest.fixture
def client(open_shop: OpenShop, serve: Serve) -> httpx.Client:
    """A client of an open server."""
    return serve(create_app(open_shop(open=True)))


@pytest.fixture
def guarded(open_shop: OpenShop, shop_policy: Path, serve: Serve) -> httpx.Client:
    """A client of a development server with a policy."""
    return serve(create_app(open_shop(policy=str(shop_policy), dev=True)))


def without_times(reply: dict[str, Any]) -> dict[str, Any]:
    assert {k for k, v in reply.pop("timings").items() if v >= 0} == {"plan", "guard", "engine", "total"}
    return reply


def test_a_question_is_compiled_once(client: httpx.Client, model: Any) -> None:
    first = client.post("/query", json={"question": "Show the orders over 10"})
    again = client.post("/query", json={"question": "Show the orders over 90"})
    answer = without_times(first.json())
    assert AnswerShape.model_validate_json(first.content)
    plan_id = answer["plan"]["id"]
    assert (first.status_code, answer) == (
        200,
        {
            "columns": [{"name": "id", "type": "INT"}, {"name": "total", "type": "DECIMAL(10, 2)"}],
            "rows": [{"id": 1, "total": 12.5}, {"id": 3, "total": 99}],
            "truncated": False,
            "sql": answer["sql"],
            "explanation": answer["explanation"],
            "assumptions": [],
            "plan": {
                "id": plan_id,
                "cached": False,
                "model": "scripted",
                "model_calls": 1,
                "prompt_tokens": 120,
                "completion_tokens": 20,
                "confidence": 0.86,
            },
            "decisions": [
                {"relation": "main.orders", "effect": "allowed", "reason": "the owner may read everything"}
            ],
        },
    )
    assert "> 10" in answer["sql"] and "10" in answer["explanation"]
    known = without_times(again.json())
    assert known["rows"] == [{"id": 3, "total": 99}]
    assert known["plan"] == {
        "id": plan_id,
        "cached": True,
        "model": "scripted",
        "model_calls": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "confidence": 0.86,
    }
    assert len(model.asked) == 1


def test_parameters_limit_and_a_short_reply(client: httpx.Client) -> None:
    question = {"question": "How many customers are in {country}?", "params": {"country": "Portugal"}}
    assert client.post("/query", json=question).json()["rows"] == [{"n": 2}]
    reply = client.post("/query", json={"question": "List all orders", "limit": 2, "explain": False}).json()
    assert (reply["rows"], reply["truncated"]) == (
        [{"id": 1, "total": 12.5, "note": None}, {"id": 2, "total": 7.25, "note": "gift"}],
        True,
    )
    assert sorted(reply) == ["columns", "plan", "rows", "sql", "timings", "truncated"]


def test_sql_by_hand(client: httpx.Client) -> None:
    sent = {
        "sql": "SELECT name FROM customers WHERE country = :c ORDER BY name",
        "params": {"c": "Portugal"},
    }
    reply = client.post("/sql", json=sent)
    assert AnswerShape.model_validate_json(reply.content)
    assert reply.json()["rows"] == [{"name": "Ana"}, {"name": "Caio"}]
    assert reply.json()["plan"]["model"] == "hand"


def test_csv(client: httpx.Client) -> None:
    reply = client.post(
        "/query", json={"question": "List all orders", "limit": 3}, headers={"accept": "text/csv"}
    )
    assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert reply.headers["nlq-truncated"] == "true"
    assert reply.text == 'id,total,note\n1,12.50,\n2,7.25,gift\n3,99.00,""\n'


def test_parquet(client: httpx.Client, tmp_path: Path) -> None:
    accept = {"accept": "application/vnd.apache.parquet"}
    reply = client.post("/query", json={"question": "List all orders", "limit": 3}, headers=accept)
    assert (reply.headers["content-type"], reply.headers["nlq-truncated"]) == (accept["accept"], "true")
    (tmp_path / "orders.parquet").write_bytes(reply.content)
    rows = duckdb.sql(f"FROM '{tmp_path / 'orders.parquet'}'").fetchall()
    assert rows == [(1, Decimal("12.50"), None), (2, Decimal("7.25"), "gift"), (3, Decimal("99.00"), "")]


def test_compile_runs_nothing(client: httpx.Client) -> None:
    reply = client.post("/compile", json={"question": "How many customers are there?"})
    compiled = CompiledShape.model_validate_json(reply.content)
    assert (compiled.cached, compiled.plan.question) == (False, "How many customers are there?")
    shown = client.get(f"/plans/{compiled.plan.id}")
    assert PlanShape.model_validate_json(shown.content) == compiled.plan
    again = client.post("/compile", json={"question": "How many customers are there?"}).json()
    assert again == {"plan": shown.json(), "cached": True}


def test_compile_for_a_schema_that_is_sent(client: httpx.Client) -> None:
    pytest.importorskip("nlq.catalog.ddl")
    sent = {
        "question": "How many customers are there?",
        "schema": "CREATE TABLE customers (id INT PRIMARY KEY)",
        "dialect": "postgres",
    }
    compiled = CompiledShape.model_validate_json(client.post("/compile", json=sent).content)
    assert (compiled.plan.dialect, compiled.cached) == ("postgres", False)
    assert client.get(f"/plans/{compiled.plan.id}").status_code == 404


def test_the_schema_is_that_of_the_caller(client: httpx.Client, guarded: httpx.Client) -> None:
    whole = CatalogShape.model_validate_json(client.get("/schema").content)
    assert [r.name for r in whole.relations] == ["customers", "orders", "secrets"]
    seen = CatalogShape.model_validate_json(guarded.get("/schema", headers={"x-nlq-as": "ana"}).content)
    assert {r.name: [c.name for c in r.columns] for r in seen.relations} == {
        "customers": ["id", "name", "country"],
        "orders": ["id", "customer_id", "total", "note"],
    }
    assert guarded.get("/schema").json() == {"dialect": "duckdb", "relations": []}


@pytest.mark.parametrize(
    ("who", "rows"),
    [
        pytest.param("ana", [{"customers": 1}], id="by-name"),
        pytest.param("root", [{"customers": 3}], id="by-another-name"),
        pytest.param('{"id": 2, "roles": ["customer"]}', [{"customers": 1}], id="by-object"),
        pytest.param('{"id": 2, "roles": ["customer"], "name": "Ünal"}', [{"customers": 1}], id="utf-8"),
    ],
)
def test_a_caller_sees_their_own_rows(guarded: httpx.Client, who: str, rows: list[Any]) -> None:
    reply = guarded.post(
        "/query", json={"question": "How many customers are there?"}, headers={"x-nlq-as": who.encode()}
    )
    assert reply.json()["rows"] == rows


def test_plans_do_not_cross_scopes(guarded: httpx.Client) -> None:
    ask = {"question": "How many customers are there?"}
    plan_id = guarded.post("/query", json=ask, headers={"x-nlq-as": "root"}).json()["plan"]["id"]
    assert guarded.get(f"/plans/{plan_id}", headers={"x-nlq-as": "root"}).status_code == 200
    other = guarded.get(f"/plans/{plan_id}", headers={"x-nlq-as": "ana"})
    none = guarded.get("/plans/0000000000000000", headers={"x-nlq-as": "ana"})
    assert other.json() == none.json() | {"detail": none.json()["detail"].replace("0" * 16, plan_id)}


def test_health_and_readiness(client: httpx.Client, shop: Path) -> None:
    assert client.get("/health").json() == {"status": "up", "version": nlq.__version__}
    assert client.get("/ready").json() == {"status": "ready"}
    shop.unlink()
    unready = client.get("/ready")
    assert (unready.status_code, unready.json()["code"]) == (503, "engine.unreachable")
    assert client.get("/health").status_code == 200


def test_an_empty_database_is_not_ready(tmp_path: Path, open_shop: OpenShop, serve: Serve) -> None:
    duckdb.connect(tmp_path / "empty.duckdb").close()
    client = serve(create_app(open_shop(open=True, db=f"duckdb:///{tmp_path / 'empty.duckdb'}")))
    reply = client.get("/ready")
    assert (reply.status_code, reply.json()["code"]) == (503, "catalog.empty")


def test_the_documentation_is_our_own(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for text in (page.text, client.get("/docs/docs.js").text):
        assert "http://" not in text and "https://" not in text
    document = client.get("/openapi.json").json()
    assert {(m, p) for p, ops in document["paths"].items() for m in ops} == {
        ("post", "/query"),
        ("post", "/sql"),
        ("post", "/compile"),
        ("post", "/mutate"),
        ("post", "/undo"),
        ("get", "/history"),
        ("get", "/queries"),
        ("get", "/queries/{name}"),
        ("post", "/queries/{name}"),
        ("get", "/schema"),
        ("get", "/plans/{id}"),
        ("get", "/health"),
        ("get", "/ready"),
    }
    query = document["paths"]["/query"]["post"]
    assert set(query["requestBody"]["content"]["application/json"]["schema"]["properties"]) == {
        "question",
        "params",
        "limit",
        "explain",
        "follows",
    }
    assert set(query["responses"]) == {"200", "default"}
    assert set(query["responses"]["200"]["content"]) == {
        "application/json",
        "application/vnd.apache.arrow.stream",
        "application/vnd.apache.parquet",
        "text/csv",
        "text/event-stream",
    }
    assert "Problem" in document["components"]["schemas"]


def test_the_console_is_served_with_a_strict_policy(client: httpx.Client) -> None:
    for path in ("/", "/console/web/main.js", "/console/web/base.css"):
        reply = client.get(path)
        policy = reply.headers["content-security-policy"]
        assert reply.status_code == 200
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert client.get("/console/web/../routes.py").json()["code"] == "request.not_found"
    etag = client.get("/console/web/main.js").headers["etag"]
    assert client.get("/console/web/main.js", headers={"if-none-match": etag}).status_code == 304


def test_the_console_checks_sql_and_runs_nothing(client: httpx.Client) -> None:
    checked = client.post("/console/check", json={"sql": "SELECT total FROM orders WHERE id = 1"})
    assert checked.json()["columns"] == [{"name": "total", "type": "DECIMAL(10, 2)"}]
    assert (checked.json()["relations"], checked.status_code) == (["main.orders"], 200)
    refused = client.post("/console/check", json={"sql": "SELECT totl FROM orders"})
    assert (refused.status_code, refused.json()["code"]) == (422, "plan.unknown_column")
    form = client.post(
        "/console/check", content=b'{"sql": "SELECT 1"}', headers={"content-type": "text/plain"}
    )
    assert (form.status_code, form.json()["code"]) == (400, "request.invalid")


def test_the_console_is_told_who_asks(client: httpx.Client, guarded: httpx.Client) -> None:
    owner = client.get("/console/session").json()
    assert (owner["caller"]["owner"], owner["sign_in"], owner["principals"]) == (True, "none", [])
    ana = guarded.get("/console/session", headers={"x-nlq-as": "ana"}).json()
    assert ana["caller"] == {"owner": False, "named": True, "id": 1, "roles": ["customer"]}
    assert [p["name"] for p in ana["principals"]] == ["ana", "root"]
