"""Every request that reaches the service is on record before anybody hears of what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlq.audit.log import AuditLog
from nlq.audit.verify import verify
from nlq.catalog.ddl import catalog_from_ddl
from nlq.engine.cancellation import Cancellation
from nlq.errors import AuditError, ModelError, NlqError
from nlq.events import Running
from nlq.http import create_app
from nlq.policy import Principal
from nlq.service import Service

ANA = Principal(id=1, roles=frozenset({"customer"}))
COUNT, OVER = "How many customers are there?", "Show the orders over 10"

OpenShop = Callable[..., Service]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def recorded(open_shop: OpenShop, log: Path, shop_policy: Path) -> Service:
    return open_shop(audit=str(log), policy=str(shop_policy))


def records(log: Path, *members: str) -> list[Any]:
    assert verify(log).error is None
    found = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [tuple(r[m] for m in members) for r in found] if members else found


def test_a_question_is_recorded_when_it_is_compiled_and_when_it_is_known(
    recorded: Service, log: Path
) -> None:
    first = recorded.ask(OVER, principal=ANA)
    recorded.ask("Show the orders over 9", principal=ANA, limit=1)
    found = records(log)
    assert all(0 < record.pop("ms") < 60_000 for record in found)
    told = {
        "kind": "query",
        "principal": 1,
        "roles": ["customer"],
        "scope": "roles:customer",
        "template": "Show the orders over {…}",
        "plan": first.plan.id,
        "relations": ["main.orders"],
        "arguments": ["p1"],
        "decisions": [{"relation": "main.orders", "effect": "filtered", "column": None}],
        "outcome": "ok",
        "truncated": False,
    }
    chain = ("v", "seq", "time", "previous", "hash")
    assert [{k: v for k, v in r.items() if k not in chain} for r in found] == [
        {**told, "rows": 1, "model_calls": 1},
        {**told, "rows": 1, "model_calls": 0},
    ]


def test_a_follow_up_is_recorded_as_the_question_that_it_becomes(recorded: Service, log: Path) -> None:
    recorded.ask(OVER, principal=ANA)
    recorded.ask("and 9?", principal=ANA, follows=OVER)
    with pytest.raises(NlqError):
        recorded.ask("by week", principal=ANA, follows="")
    assert records(log, "template", "outcome")[1:] == [
        ("Show the orders over {…}", "ok"),
        ("by week", "request.empty"),
    ]


def test_each_kind_of_request_is_told_apart(recorded: Service, log: Path) -> None:
    elsewhere = catalog_from_ddl("CREATE TABLE customers (id INTEGER)", "duckdb")
    recorded.sql("SELECT id FROM orders WHERE id = :n", principal=ANA, params={"n": 2})
    recorded.compile(COUNT, principal=ANA)
    recorded.compile(COUNT, principal=ANA, catalog=elsewhere)
    recorded.ask(COUNT, principal=ANA, kind="eval")
    assert records(log, "kind", "template", "scope", "arguments", "rows", "model_calls") == [
        ("sql", "SELECT id FROM orders WHERE id = :n", "roles:customer", ["n"], 1, 0),
        ("compile", COUNT, "roles:customer", [], 0, 1),
        ("compile", COUNT, "schema", [], 0, 1),
        ("eval", COUNT, "roles:customer", [], 1, 0),
    ]


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        pytest.param(lambda s: s.ask("?"), ("query", "request.empty", "?", [], False, []), id="intake"),
        pytest.param(
            lambda s: s.ask("How many in {x}?", params={"x": 1, "y": 2}),
            ("query", "request.unknown_parameter", "How many in {x}?", ["x", "y"], False, []),
            id="parameters",
        ),
        pytest.param(
            lambda s: s.ask("What is the meaning of life?"),
            ("query", "compile.refused", "What is the meaning of life?", [], False, []),
            id="model",
        ),
        pytest.param(
            lambda s: s.sql("SELECT word FROM secrets"),
            ("sql", "plan.unknown_relation", "SELECT word FROM secrets", [], False, []),
            id="check",
        ),
        pytest.param(
            lambda s: s.sql("SELECT CAST(note AS INTEGER) AS n FROM orders WHERE note = 'gift'"),
            (
                "sql",
                "engine.failed",
                "SELECT CAST(note AS INTEGER) AS n FROM orders WHERE note = ?",
                [],
                True,
                ["allowed"],
            ),
            id="engine",
        ),
        pytest.param(
            lambda s: s.ask(COUNT, cancellation=Cancellation(cancelled=True)),
            ("query", "engine.cancelled", COUNT, [], False, []),
            id="gone",
        ),
    ],
)
def test_a_failure_is_recorded_with_its_code_and_as_far_as_it_came(
    recorded: Service, log: Path, ask: Callable[[Service], object], expected: tuple[object, ...]
) -> None:
    staff = Principal(id=2, roles=frozenset({"staff"}))
    shop = _As(recorded, staff)
    with pytest.raises(NlqError) as raised:
        ask(shop)  # type: ignore[arg-type]  # a service for one principal
    kind, outcome, template, arguments, has_plan, effects = expected
    assert raised.value.code == outcome
    (found,) = records(log)
    assert (found["kind"], found["outcome"], found["template"], found["arguments"]) == (
        kind, outcome, template, arguments,
    )  # fmt: skip
    assert (found["plan"] is not None, [d["effect"] for d in found["decisions"]]) == (has_plan, effects)
    assert (found["rows"], found["truncated"], found["principal"]) == (0, False, 2)


class _As:
    """A service that one principal asks."""

    def __init__(self, service: Service, principal: Principal) -> None:
        self.ask = lambda *a, **k: service.ask(*a, principal=principal, **k)
        self.sql = lambda *a, **k: service.sql(*a, principal=principal, **k)


def test_calls_of_a_model_that_fails_are_counted(open_shop: OpenShop, log: Path) -> None:
    shop = open_shop(audit=str(log), attempts=2)
    with pytest.raises(NlqError):
        shop.ask("Talk about the weather")
    assert records(log, "outcome", "model_calls", "scope") == [("compile.failed", 2, "owner")]


def test_a_bug_is_recorded_too(recorded: Service, log: Path) -> None:
    def observe(event: object) -> None:
        if isinstance(event, Running):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        recorded.ask(COUNT, principal=ANA, observe=observe)
    assert records(log, "outcome", "rows") == [("internal.error", 0)]


def test_cut_answers_are_recorded_as_such(recorded: Service, log: Path) -> None:
    answer = recorded.ask("List all orders", principal=ANA, limit=1)
    assert answer.truncated
    assert records(log, "rows", "truncated") == [(1, True)]


def test_values_are_kept_where_that_was_asked_for(open_shop: OpenShop, log: Path) -> None:
    shop = open_shop(audit=str(log), audit_values=True)
    shop.ask("Show the orders over 10")
    assert records(log, "template", "values") == [("Show the orders over 10", {"p1": 10})]


# fail closed


class Unwritable:
    """Keeps nothing, and says so: at the beginning of a request, or at its end."""

    def __init__(self, *, at_once: bool) -> None:
        self._at_once = at_once
        self.outcomes: list[str] = []

    def require_writable(self) -> None:
        if self._at_once:
            raise AuditError("audit.unwritable", "no")

    is_troubled = is_slow = False

    def record(self, account: Any) -> None:
        self.record_all([account])

    def record_all(self, accounts: Any) -> None:
        self.outcomes += [account.outcome for account in accounts]
        raise AuditError("audit.unwritable", "no")

    def begin(self, accounts: Any) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "ask", [lambda s: s.ask(COUNT), lambda s: s.sql("SELECT 1 AS x"), lambda s: s.compile(COUNT)]
)
def test_what_cannot_be_recorded_is_not_answered(
    open_shop: OpenShop, ask: Callable[[Service], object]
) -> None:
    shop = open_shop()
    shop.audit = Unwritable(at_once=False)
    with pytest.raises(AuditError):
        ask(shop)


def test_an_error_is_not_given_either(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.audit = audit = Unwritable(at_once=False)
    with pytest.raises(AuditError):
        shop.sql("SELECT nothing FROM nowhere")
    assert audit.outcomes == ["plan.unknown_relation"]


def test_nothing_is_done_while_nothing_can_be_recorded(open_shop: OpenShop, model: Any) -> None:
    shop = open_shop()
    shop.audit = Unwritable(at_once=True)
    with pytest.raises(AuditError):
        shop.ask(COUNT)
    assert model.asked == []


def test_a_service_does_not_start_without_its_log(
    open_shop: OpenShop, tmp_path: Path, log: Path, model: Any
) -> None:
    with pytest.raises(AuditError, match="there is no directory"):
        open_shop(audit=str(tmp_path / "no" / "audit.jsonl"))
    open_shop(audit=str(log)).ask(COUNT)
    log.write_bytes(b"")
    with pytest.raises(AuditError) as raised:
        open_shop(audit=str(log))
    assert raised.value.code == "audit.broken"


def test_over_http_it_is_a_problem_that_may_pass(
    open_shop: OpenShop, log: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    shop = open_shop(audit=str(log), open=True)
    client = serve(create_app(shop))
    body = {"sql": "SELECT id FROM orders WHERE id = 1"}
    assert client.post("/sql", json=body).status_code == 200
    away = log.rename(tmp_path / "away.jsonl")
    log.mkdir()
    refused = client.post("/sql", json=body)
    again = client.post("/sql", json=body)
    log.rmdir()
    away.rename(log)
    answered = client.post("/sql", json=body)
    assert [(r.status_code, r.json()["code"]) for r in (refused, again)] == [(503, "audit.unwritable")] * 2
    assert (answered.status_code, answered.json()["rows"]) == (200, [{"id": 1}])
    found = records(log)
    assert [r["kind"] for r in found] == ["sql", "outage", "sql"]
    assert found[1]["refused"] == 2


def test_the_log_is_closed_with_the_service(recorded: Service, log: Path) -> None:
    assert isinstance(recorded.audit, AuditLog)
    recorded.close()
    with pytest.raises(AuditError, match="it was closed"):
        recorded.ask(COUNT, principal=ANA)


def test_a_failing_model_is_recorded_as_what_the_caller_hears(
    open_shop: OpenShop, log: Path, model: Any
) -> None:
    model.failure = ModelError("model.timeout", "too slow")
    shop = open_shop(audit=str(log))
    with pytest.raises(NlqError) as raised:
        shop.ask(COUNT)
    assert records(log, "outcome") == [(raised.value.code,)]


def test_the_settings_do_not_show_the_key(shop_settings: Callable[..., Any]) -> None:
    assert "plugh" not in repr(replace(shop_settings(), audit_key="plugh" * 5))


def test_a_known_question_is_named_to_others_only_where_it_holds_no_value(
    open_shop: OpenShop, shop_policy: Path, model: Any
) -> None:
    """Two customers share a scope, and so their plans; not what each asked for."""
    known = ("How many orders are there in all?", "How many orders are there of 'Caio'?")
    model.replies = {
        known[0]: "SELECT count(*) AS n FROM orders",
        known[1]: "SELECT count(*) AS n FROM orders AS o JOIN customers AS c ON c.id = o.customer_id "
        "WHERE lower(c.name) = 'caio'",
    }
    shop = open_shop(policy=str(shop_policy))
    for question in known:
        shop.ask(question, principal=ANA)
    frozen = open_shop(policy=str(shop_policy), frozen=True)
    with pytest.raises(NlqError) as raised:
        frozen.ask("How many orders are there of Bo?", principal=Principal(id=2, roles=ANA.roles))
    assert raised.value.hint == f"known questions: `{known[0]}`"
