"""Queries that were built, run by name: over HTTP, in process, by generated clients, as several roles."""

# ruff: noqa: E501  # a request beside what it finds on one line is compared more easily

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pyarrow
import pytest

from nlq.build.check import check
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.http import create_app
from nlq.policy import Principal
from nlq.policy.principal import ANONYMOUS
from nlq.service import Service

QUERIES = """
-- name: orders_over :many
-- note: shown on the front page
orders over {least: decimal = 10}

-- name: customer :one
the customer {id: int}

-- name: customers_in :many
-- roles: staff
customers of {country: text?}

-- name: ambiguous :one
an order

-- name: secret_words :many
the secret words
"""

REPLIES = {
    "orders over :least": "SELECT id, total, note FROM orders WHERE total > :least ORDER BY id",
    "the customer :id": "SELECT id, name, country FROM customers WHERE id = :id",
    "customers of :country": "SELECT name FROM customers WHERE country = :country ORDER BY name",
    "an order": "SELECT id FROM orders",
    "the secret words": "SELECT word FROM secrets",
}

POLICY = """
[principals.ana]
id = 1
roles = ["customer"]

[principals.root]
roles = ["staff"]

[relations.customers]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "id = :me.id" }]

[relations.orders]
read = [{ roles = ["staff"] }, { roles = ["customer"], sql = "customer_id = :me.id" }]

[relations.secrets]
read = { roles = ["staff"] }
"""

STAFF, ANA = {"X-Nlq-As": "root"}, {"X-Nlq-As": "ana"}


@pytest.fixture
def built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any, open_shop: Callable[..., Service]
) -> Service:
    """A service whose queries are built, with the clients of them in `app/`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "shop.nlq").write_text(QUERIES)
    (tmp_path / "policy.toml").write_text(POLICY)
    model.replies = REPLIES
    service = open_shop(
        policy="policy.toml", dev=True, sample="never", frozen=False,
        client_python="app/queries.py", client_typescript="app/queries.ts", client_react="app/web/hook.ts",
    )  # fmt: skip
    report = build(project(service))
    assert {o.name: o.status for o in report.outcomes} == dict.fromkeys(
        ("ambiguous", "customer", "customers_in", "orders_over", "secret_words"), "compiled"
    )
    model.replies = {}
    return service


def project(service: Service) -> Project:
    return Project(read_sources(Path("queries")), service, Path(service.settings.cache_dir))


@pytest.fixture
def client(built: Service, serve: Callable[..., httpx.Client]) -> Iterator[httpx.Client]:
    yield serve(create_app(built))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"app_{path.parents[1].name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def test_the_list_is_of_what_the_caller_may_run(client: httpx.Client) -> None:
    listed = {
        who: [q["name"] for q in client.get("/queries", headers=headers).json()["queries"]]
        for who, headers in {"staff": STAFF, "ana": ANA, "nobody": {}}.items()
    }
    assert listed == {
        "staff": ["ambiguous", "customer", "customers_in", "orders_over", "secret_words"],
        "ana": ["ambiguous", "customer", "orders_over"],
        "nobody": [],
    }
    queries = client.get("/queries", headers=ANA).json()["queries"]
    assert next(q for q in queries if q["name"] == "orders_over") == {
        "name": "orders_over",
        "cardinality": "many",
        "question": "orders over {least}",
        "notes": ["shown on the front page"],
        "parameters": [{"name": "least", "type": "decimal", "required": False, "default": 10}],
        "columns": [
            {"name": "id", "type": "INT", "path": ["id"]},
            {"name": "total", "type": "DECIMAL(10, 2)", "path": ["total"]},
            {"name": "note", "type": "TEXT", "path": ["note"]},
        ],
    }


@pytest.mark.parametrize(
    ("path", "headers", "found"),
    [
        ("orders_over", ANA, {"rows": [{"id": 1, "total": 12.5, "note": None}], "truncated": False}),
        ("orders_over?least=7.00", ANA, {"rows": [{"id": 1, "total": 12.5, "note": None},
                                                 {"id": 2, "total": 7.25, "note": "gift"}], "truncated": False}),
        ("orders_over?least=50", STAFF, {"rows": [{"id": 3, "total": 99, "note": ""}], "truncated": False}),
        ("customer?id=1", ANA, {"row": {"id": 1, "name": "Ana", "country": "Portugal"}}),
        ("customer?id=2", ANA, {"row": None}),
        ("customer?id=2", STAFF, {"row": {"id": 2, "name": "Bo", "country": "Denmark"}}),
        ("customers_in?country=Portugal", STAFF, {"rows": [{"name": "Ana"}, {"name": "Caio"}], "truncated": False}),
        ("customers_in", STAFF, {"rows": [{"name": "Ana"}, {"name": "Bo"}, {"name": "Caio"}], "truncated": False}),
    ],
)  # fmt: skip
def test_a_query_is_run_by_its_name(client: httpx.Client, path: str, headers: Any, found: Any) -> None:
    name, _, parameters = path.partition("?")
    assert client.get(f"/queries/{path}", headers=headers).json() == found
    given = dict(p.split("=") for p in parameters.split("&") if p)
    typed = {
        k: float(v) if k in ("least", "id") and "." in v else int(v) if v.isdigit() else v
        for k, v in given.items()
    }
    assert client.post(f"/queries/{name}", headers=headers, json=typed).json() == found


@pytest.mark.parametrize(
    ("path", "headers", "status", "code", "detail"),
    [
        ("nothing", STAFF, 404, "request.not_found", "there is no query `nothing`"),
        ("customers_in", ANA, 404, "request.not_found", "there is no query `customers_in`"),
        ("secret_words", ANA, 404, "request.not_found", "there is no query `secret_words`"),
        ("orders_over", {}, 404, "request.not_found", "there is no query `orders_over`"),
        ("customer", ANA, 400, "request.missing_parameter", "the parameter `id` has no value"),
        ("customer?id=one", ANA, 400, "request.bad_parameter", "the parameter `id` cannot be this text"),
        ("customer?id=1.5", ANA, 400, "request.bad_parameter", "the parameter `id` cannot be this number"),
        ("customer?id=1&id=2", ANA, 400, "request.invalid", "a parameter is there twice"),
        ("customer?id=1&ids=2", ANA, 400, "request.unknown_parameter", "the query `customer` has no parameter `ids`"),
        ("ambiguous", STAFF, 422, "request.several_rows", "the query `ambiguous` gives one row, and found several"),
        ("../schema", ANA, 404, "request.not_found", "there is nothing at this address"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(
    client: httpx.Client, path: str, headers: Any, status: int, code: str, detail: str
) -> None:
    problem = client.get(f"/queries/{path}".replace("../", "..%2f"), headers=headers).json()
    assert (problem["status"], problem["code"], problem["detail"]) == (status, code, detail)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"id": null}', "request.bad_parameter"),
        (b'{"id": "1"}', "request.bad_parameter"),
        (b'{"id": [1]}', "request.invalid"),
        (b'{"id": 1, "id": 2}', "request.invalid"),
        (b"[1]", "request.invalid"),
        (b"", "request.invalid"),
    ],
)
def test_a_body_is_an_object_of_parameters(client: httpx.Client, body: bytes, code: str) -> None:
    sent = {**ANA, "content-type": "application/json"}
    assert client.post("/queries/customer", headers=sent, content=body).json()["code"] == code
    plain = client.post("/queries/customer", headers=ANA, content=b'{"id": 1}')
    assert plain.json()["detail"] == "the body is not sent as JSON"


def test_rows_may_be_had_as_csv(client: httpx.Client) -> None:
    found = client.get("/queries/orders_over", headers={**ANA, "accept": "text/csv"})
    assert found.text == "id,total,note\n1,12.50,\n"


@pytest.mark.parametrize(("id", "names"), [(1, ["Ana"]), (2, [])], ids=["one", "none"])
def test_one_row_may_be_had_as_a_stream(client: httpx.Client, id: int, names: list[str]) -> None:
    accept = {**ANA, "accept": "application/vnd.apache.arrow.stream"}
    found = client.get(f"/queries/customer?id={id}", headers=accept)
    table = pyarrow.ipc.open_stream(found.content).read_all()
    assert (table.column_names, table["name"].to_pylist()) == (["id", "name", "country"], names)


def test_clients_are_written_by_a_build_and_missed_by_a_check(built: Service, model: Any) -> None:
    assert sorted(p.as_posix() for p in Path("app").rglob("*.*")) == [
        "app/queries.py", "app/queries.ts", "app/web/hook.ts",
    ]  # fmt: skip
    assert 'from "../queries";' in Path("app/web/hook.ts").read_text()
    assert check(project(built)).findings == ()
    written = Path("app/queries.ts").read_bytes()
    Path("app/queries.ts").write_bytes(written + b"\n")
    assert [(e.code, e.message) for e in check(project(built)).findings] == [
        ("build.stale", "app/queries.ts:1:1: the client `app/queries.ts` is not that of the plans")
    ]
    build(project(built))
    assert Path("app/queries.ts").read_bytes() == written
    assert (check(project(built)).findings, model.asked and model.replies) == ((), {})


def test_the_python_client_runs_over_http_and_in_process(built: Service, client: httpx.Client) -> None:
    from nlq import Database

    app = load(Path("app/queries.py").absolute())
    database = Database(built, Principal(1, frozenset({"customer"})))
    url = str(client.base_url)
    for queries in (app.Queries(app.over_http(url, headers=ANA)), app.Queries(app.in_process(database))):
        row = app.CustomerRow(id=1, name="Ana", country="Portugal")
        assert (queries.customer(id=1), queries.customer(id=2)) == (row, None)
        rows = queries.orders_over(least=7)
        assert ([(r.id, str(r.total), r.note) for r in rows], rows.truncated) == (
            [(1, "12.5", None), (2, "7.25", "gift")],
            False,
        )
        for call, code in (
            (lambda: queries.customers_in(country="Portugal"), "request.not_found"),  # noqa: B023
            (lambda: queries.customer(id="x"), "request.bad_parameter"),  # noqa: B023
            (queries.ambiguous, "request.several_rows"),
        ):
            with pytest.raises(app.QueryError) as caught:
                call()
            assert caught.value.code == code
    both = asyncio.run(_both(app, url))
    assert [r and r.name for r in both] == ["Ana", None]
    with pytest.raises(app.QueryError) as caught:
        app.Queries(app.over_http("http://127.0.0.1:1")).customer(id=1)
    assert caught.value.code == "engine.unreachable"


async def _both(app: ModuleType, url: str) -> list[Any]:
    queries = app.AsyncQueries(app.over_http(url, headers=ANA))
    return list(await asyncio.gather(queries.customer(id=1), queries.customer(id=2)))


def test_in_process_a_principal_without_roles_finds_nothing(built: Service) -> None:
    from nlq import Database, NlqError

    with pytest.raises(NlqError) as caught:
        Database(built, ANONYMOUS).query("orders_over")
    assert caught.value.code == "request.not_found"
