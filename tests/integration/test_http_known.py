"""Known questions over HTTP on Postgres: answered on the event loop, as `Service.ask` answers them."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pooler import pooling
from servers import asking
from waiting import PATIENCE_S, sessions, wait_for

from nlq.audit.verify import verify
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.defence import make_defence, write_migration
from nlq.encoding import to_bytes
from nlq.engine import open_engine
from nlq.engine.postgres_async import AsyncPostgres
from nlq.http import create_app
from nlq.http.known import KnownQuestions
from nlq.policy import Principal
from nlq.policy.load import load_policy
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

MakeDatabase = Callable[[str, str], str]
Serve = Callable[[FastAPI], httpx.Client]

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, country text NOT NULL);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int REFERENCES customers, total numeric(10, 2), placed timestamp
);
INSERT INTO customers VALUES (1, 'Ana "A"', 'Portugal'), (2, 'Bo', 'Denmark');
INSERT INTO orders VALUES
    (1, 1, 12.50, '2026-01-31 12:00'), (2, 1, 99, NULL), (3, 2, 7.25, '2026-02-01 00:00:00.5');
"""
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
"""
DRAFTS = {
    "orders": "SELECT id, total, placed FROM orders ORDER BY id",
    "orders over 10": "SELECT id FROM orders WHERE total > 10 ORDER BY id",
    "orders of :name": "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id"
    " WHERE c.name = :name",
    "slow orders": "SELECT count(*) AS n FROM " + ", ".join(f"orders AS o{i}" for i in range(16)),
}


class Drafting:
    name, is_local = "drafting", True

    def complete(self, call: Any) -> Any:
        from nlq.model import Reply

        return Reply(DRAFTS.get(call.messages[-1].content.strip().splitlines()[-1], "CANNOT"))

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def compiled(shared_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the policy, and the plans of all questions for both principals."""
    directory = tmp_path_factory.mktemp("compiled")
    (directory / "policy.toml").write_text(POLICY, "utf-8")
    settings = Settings(
        db=shared_database("postgres", SHOP), policy=str(directory / "policy.toml"),
        cache_dir=str(directory / "cache"),
    )  # fmt: skip
    with closing(open_service(settings, model=Drafting())) as service:
        for question in DRAFTS:
            for principal in service.policy.principals.values():
                asked = question.replace(":name", "{name}")
                service.compile(asked, principal=principal, params=named(question))
    return directory


@pytest.fixture
def open_known(
    make_database: MakeDatabase, compiled: Path, tmp_path: Path
) -> Iterator[Callable[..., Service]]:
    """Opens a service that knows the questions."""
    opened: list[Service] = []
    here = tmp_path / "here"
    shutil.copytree(compiled, here)

    def open_(**given: Any) -> Service:
        own = {"db": make_database("postgres", SHOP), "cache_dir": str(here / "cache"),
               "policy": str(here / "policy.toml"), "dev": True}  # fmt: skip
        opened.append(open_service(Settings(**{**own, **given}), model=Drafting()))
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


def named(question: str) -> dict[str, str]:
    return {"name": 'Ana "A"'} if "name" in question else {}


@pytest.fixture
def only_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be answered in another way."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("it was not answered out of memory")

    monkeypatch.setattr(Service, "ask", refuse)


@pytest.mark.parametrize("who", ["ana", "root"])
@pytest.mark.parametrize("sent", [{}, {"limit": 1}, {"explain": False}], ids=["whole", "limit", "short"])
@pytest.mark.parametrize("question", ["orders", "orders over 10", "orders over 7", "orders of {name}"])
def test_the_reply_is_what_the_service_answers(
    request: pytest.FixtureRequest, open_known: Callable[..., Service], serve: Serve, question: str,
    sent: dict[str, Any], who: str,
) -> None:  # fmt: skip
    service = open_known()
    params = named(question)
    principal = service.policy.principals[who]
    answer = service.ask(question, principal=principal, params=params, limit=sent.get("limit"))
    expected = answer.to_json()
    if sent.get("explain") is False:
        expected = {
            k: v for k, v in expected.items() if k not in ("explanation", "assumptions", "decisions")
        }
    request.getfixturevalue("only_known")
    client = serve(create_app(service))
    reply = client.post(
        "/query", json={"question": question, "params": params, **sent}, headers={"x-nlq-as": who}
    )
    timings = reply.json()["timings"]
    assert list(timings) == ["plan", "guard", "engine", "total"]
    assert reply.content == to_bytes({**expected, "timings": timings})
    shown = ", ".join(f"{name};dur={value}" for name, value in timings.items())
    assert (reply.headers["server-timing"], reply.headers["cache-control"]) == (shown, "no-store")


def test_the_reply_of_a_thread_says_its_times_too(open_known: Callable[..., Service], serve: Serve) -> None:
    client = serve(create_app(open_known()))
    reply = client.post("/sql", json={"sql": "SELECT id FROM orders"}, headers={"x-nlq-as": "root"})
    assert reply.headers["server-timing"].startswith("plan;dur=")


@pytest.mark.parametrize("sync", [True, False], ids=["in-a-thread", "on-the-loop"])
def test_each_reply_is_on_record_before_it_is_given(
    open_known: Callable[..., Service], serve: Serve, tmp_path: Path, sync: bool
) -> None:
    log = tmp_path / "audit.jsonl"
    client = serve(create_app(open_known(audit=str(log), audit_sync=sync)))
    before = log.read_text().count("\n")

    def ask(n: int) -> None:
        who = {"x-nlq-as": "ana" if n % 2 else "root"}
        with httpx.Client(base_url=client.base_url, timeout=PATIENCE_S, verify=False) as own:
            for _ in range(5):
                assert own.post("/query", json={"question": "orders"}, headers=who).status_code == 200

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in log.read_text().splitlines()[before:]]
    assert len(lines) == 40 and verify(log).records == before + 40
    record = next(line for line in lines if line["principal"] == 1)
    for varying in ("ms", "seq", "time", "previous", "hash", "plan"):
        record.pop(varying)
    assert record == {
        "v": 1, "kind": "query", "principal": 1, "roles": ["customer"], "scope": "roles:customer",
        "template": "orders", "relations": ["public.orders"], "arguments": [],
        "decisions": [{"relation": "public.orders", "effect": "filtered", "column": None}],
        "outcome": "ok", "rows": 2, "truncated": False, "model_calls": 0,
    }  # fmt: skip


def test_what_cannot_be_recorded_is_not_answered(
    open_known: Callable[..., Service], serve: Serve, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "audit.jsonl"
    log.parent.mkdir()
    client = serve(create_app(open_known(audit=str(log), audit_sync=False)))
    ask = {"json": {"question": "orders"}, "headers": {"x-nlq-as": "ana"}}
    assert client.post("/query", **ask).status_code == 200
    log.parent.rename(tmp_path / "away")
    refused = [client.post("/query", **ask).json() for _ in range(3)]
    assert {r["code"] for r in refused} == {"audit.unwritable"}
    (tmp_path / "away").rename(log.parent)
    assert client.post("/query", **ask).status_code == 200
    kinds = [json.loads(line)["kind"] for line in log.read_text().splitlines()]
    assert kinds[-2:] == ["outage", "query"]


def test_a_plan_that_is_gone_is_not_remembered(open_known: Callable[..., Service], serve: Serve) -> None:
    service = open_known(frozen=False)
    client = serve(create_app(service))
    ask = {"json": {"question": "orders"}, "headers": {"x-nlq-as": "ana"}}
    assert client.post("/query", **ask).json()["plan"]["cached"] is True
    for path in service._plans.directory.glob("*.json"):
        path.unlink()
    assert client.post("/query", **ask).json()["plan"]["cached"] is False


def test_a_column_that_is_renamed_is_noticed(open_known: Callable[..., Service], serve: Serve) -> None:
    service = open_known()
    client = serve(create_app(service))
    ask = {"json": {"question": "orders over 10"}, "headers": {"x-nlq-as": "root"}}
    assert client.post("/query", **ask).json()["rows"] == [{"id": 1}, {"id": 2}]
    with psycopg.connect(service.settings.db, autocommit=True) as connection:
        connection.execute("ALTER TABLE orders RENAME total TO amount")
    assert client.post("/query", **ask).json()["code"] == "compile.refused"
    with psycopg.connect(service.settings.db, autocommit=True) as connection:
        connection.execute("ALTER TABLE orders RENAME amount TO total")
    assert client.post("/query", **ask).json()["rows"] == [{"id": 1}, {"id": 2}]


def test_a_client_that_leaves_ends_its_statement(open_known: Callable[..., Service], serve: Serve) -> None:
    service = open_known(statement_timeout_s=0.0)
    client = serve(create_app(service))
    with asking(client.base_url, "/query", {"question": "slow orders"}, **{"x-nlq-as": "root"}):
        wait_for(lambda: sessions(service.settings.db, "state = 'active'"))
    wait_for(lambda: not sessions(service.settings.db, "state = 'active'"))
    assert (
        client.post("/query", json={"question": "orders"}, headers={"x-nlq-as": "ana"}).status_code == 200
    )


def test_sessions_that_a_pooler_hands_on(
    open_known: Callable[..., Service], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them for eight connections: nothing is prepared there, and no setting stays."""
    of_database = open_known().settings.db
    with pooling(of_database) as url:
        service = open_known(db=url)
        asked = [
            ({"question": "orders"}, "ana", [1, 2]),
            ({"question": "orders"}, "root", [1, 2, 3]),
            ({"question": "orders over 10"}, "root", [1, 2]),
            ({"question": "orders of {name}", "params": {"name": "Bo"}}, "root", [3]),
            ({"question": "orders of {name}", "params": {"name": "Bo"}}, "ana", []),
        ]
        for body, who, _ in asked:
            service.ask(
                body["question"], params=body.get("params"), principal=service.policy.principals[who]
            )
        monkeypatch.setattr(Service, "ask", None)  # out of memory alone
        client = serve(create_app(service))

        def rows(number: int) -> list[int]:
            body, who, _ = asked[number % len(asked)]
            reply = client.post("/query", json=body, headers={"x-nlq-as": who})
            return [row["id"] for row in reply.json()["rows"]]

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(rows, range(60)))
        assert found == [ids for _, _, ids in asked] * 12
        for _ in range(4):
            with psycopg.connect(url, autocommit=True) as connection:
                left = connection.execute(
                    "SELECT current_setting('search_path'), current_setting('statement_timeout'),"
                    " (SELECT count(*) FROM pg_prepared_statements)",
                    prepare=False,
                ).fetchone()
            assert left == ('"$user", public', "0", 0)


def test_files_are_not_for_the_event_loop(open_known: Callable[..., Service]) -> None:
    service = open_known()
    known = KnownQuestions(service, None)  # type: ignore[arg-type]
    ana = Principal(1, frozenset({"customer"}))
    recalled = service.recall("orders", ana, {}, None)
    assert recalled is None  # nobody has asked yet in this process: the guard has not made the statement
    service.ask("orders", principal=ana)
    recalled = service.recall("orders", ana, {}, 5)
    assert recalled is not None and (recalled.limit, dict(recalled.arguments)) == (5, {})
    assert service.recall("orders", Principal(1), {}, None) is None
    assert service.recall("no such question", ana, {}, None) is None
    assert known._envelope(recalled) is known._envelope(recalled)


@pytest.fixture
def defended(open_known: Callable[..., Service]) -> Iterator[Callable[..., Service]]:
    """Opens the service as a login of a database that enforces the policy too."""
    admin = open_known().settings.db
    role = f"nlq_k{os.getpid()}"

    def open_() -> Service:
        engine = open_engine(admin, Settings())
        with closing(engine), psycopg.connect(admin, autocommit=True) as connection:
            catalog = engine.introspect()
            made = make_defence(load_policy(POLICY, catalog), catalog, role)
            connection.execute(write_migration(made).encode())
            connection.execute(f"CREATE ROLE {role}_login LOGIN NOINHERIT".encode())
            connection.execute(f"GRANT {role} TO {role}_login WITH INHERIT FALSE, SET TRUE".encode())
        return open_known(db=admin.replace("postgres@", f"{role}_login@"), db_role=role)

    yield open_
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in (f"{role}_login", role, f"{role}_views", f"{role}_rules"):
            connection.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}".encode())


def test_the_database_is_told_for_whom_and_enforces_it(
    defended: Callable[..., Service], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = defended()
    for principal in service.policy.principals.values():
        service.ask("orders", principal=principal)
    client = serve(create_app(service))
    asked = {"json": {"question": "orders"}, "headers": {"x-nlq-as": "ana"}}

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("it was not answered out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(Service, "ask", refuse)
        found = [
            [
                row["id"]
                for row in client.post("/query", json=asked["json"], headers={"x-nlq-as": who}).json()[
                    "rows"
                ]
            ]
            for who in ("ana", "root", '{"id": 2, "roles": ["customer"]}', "ana")
        ]
    assert found == [[1, 2], [1, 2, 3], [3], [1, 2]]
    marker = f'{service.settings.db_role}."policy_{service._database.known.fingerprint}"'
    admin = service.settings.db.replace(f"{service.settings.db_role}_login@", "postgres@")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP VIEW {marker}".encode())
    reply = client.post("/query", **asked)
    assert (reply.status_code, reply.json()["code"]) == (503, "engine.undefended")


QUERIES = """
-- name: orders_over :many
orders over {least: decimal = 10}

-- name: customer :one
the customer {id: int}

-- name: staff_only :many
-- roles: staff
customers of {country: text?}

-- name: ambiguous :one
orders
"""
BUILT = {
    "orders over :least": "SELECT id, total FROM orders WHERE total > :least ORDER BY id",
    "the customer :id": "SELECT id, name FROM customers WHERE id = :id",
    "customers of :country": "SELECT name FROM customers WHERE country = :country ORDER BY name",
}


def test_queries_by_name_say_the_same_out_of_memory(
    open_known: Callable[..., Service], serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "shop.nlq").write_text(QUERIES)
    for question, draft in BUILT.items():
        monkeypatch.setitem(DRAFTS, question, draft)
    service = open_known()
    report = build(Project(read_sources(Path("queries")), service, Path(service.settings.cache_dir)))
    assert {o.status for o in report.outcomes} <= {"compiled", "reused"}
    client = serve(create_app(service))

    def ask(who: str) -> list[tuple[int, str]]:
        headers = {"x-nlq-as": who}
        replies = [
            client.get("/queries/orders_over", headers=headers),
            client.get("/queries/orders_over?least=50", headers=headers),
            client.post("/queries/orders_over", json={"least": 7}, headers=headers),
            client.get("/queries/customer?id=1", headers=headers),
            client.get("/queries/customer?id=99", headers=headers),
            client.get("/queries/customer?id=x", headers=headers),
            client.get("/queries/staff_only", headers=headers),
            client.get("/queries/ambiguous", headers=headers),
            client.get("/queries/nowhere", headers=headers),
            client.get("/queries/orders_over?least=1&least=2", headers=headers),
        ]
        return [(r.status_code, r.text) for r in replies]

    in_threads = {who: ask(who) for who in ("root", "ana")}
    ran: list[str] = []
    run = AsyncPostgres.run

    async def noted(*given: Any, **named: Any) -> Any:
        ran.append(given[1].plan_id)
        return await run(*given, **named)

    monkeypatch.setattr(AsyncPostgres, "run", noted)
    assert {who: ask(who) for who in ("root", "ana")} == in_threads
    assert len(ran) == 13  # those that are refused do not run; `staff_only` does for one of the two
    assert [status for status, _ in in_threads["ana"]] == [200, 200, 200, 200, 200, 400, 404, 422, 404, 400]
    assert in_threads["ana"][3][1] == '{"row":{"id":1,"name":"Ana \\"A\\""}}'
