"""While a question is compiled: those who wait, those who leave, and those who come too many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE_S, wait_for

from nlq.answer import Answer
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compilations import COMPILING, EACH
from nlq.engine import Cancellation
from nlq.errors import CompileError, ModelError, NlqError, RequestError
from nlq.events import Event, Queued
from nlq.policy import OWNER, Principal
from nlq.service import Service

COUNT, ORDERS = "How many customers are there?", "List all orders"

OpenShop = Callable[..., Service]


def code_of(future: Future[Answer]) -> str:
    error = future.exception(timeout=PATIENCE_S)
    assert isinstance(error, NlqError)
    return error.code


def test_who_leaves_does_not_take_the_others_along(open_shop: OpenShop, model: Any) -> None:
    service = open_shop()
    model.hold = threading.Event()
    leaving = Cancellation()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(service.ask, COUNT, cancellation=leaving)
        wait_for(lambda: len(model.calls) == 1)
        second = pool.submit(service.ask, COUNT)
        leaving.cancel()
        model.hold.set()
        assert code_of(first) == "engine.cancelled"
        assert second.result(timeout=PATIENCE_S).rows == ((3,),)
    assert len(model.calls) == 2


def test_too_many_at_once_are_refused_and_what_is_known_is_answered(
    open_shop: OpenShop, model: Any
) -> None:
    service = open_shop()
    service.ask(COUNT)
    model.hold = threading.Event()
    with ThreadPoolExecutor(COMPILING) as pool:
        waiting = [pool.submit(service.ask, f"question number {n}") for n in range(COMPILING)]
        wait_for(lambda: len(model.calls) == COMPILING + 1)
        with pytest.raises(CompileError) as caught:
            service.ask("one more question")
        assert caught.value.to_json() == {
            "code": "compile.busy",
            "message": "16 questions are being compiled at this moment",
            "hint": "try again in a few seconds",
            "span": None,
            "ahead": 16,
        }
        assert service.ask(COUNT).cached
        model.hold.set()
        assert {code_of(f) for f in waiting} == {"compile.failed"}
    # Who failed gave back their places.
    assert service.ask(ORDERS).rows[0][0] == 1


def test_who_waits_is_told_how_many_are_before_them(open_shop: OpenShop, model: Any) -> None:
    service = open_shop()
    model.hold = threading.Event()
    told: list[list[int]] = [[], [], []]
    leaving = Cancellation()

    def ask(n: int) -> None:
        def observe(event: Event) -> None:
            if isinstance(event, Queued):
                told[n].append(event.ahead)

        service.ask(f"question number {n}", observe=observe, cancellation=leaving if n == 0 else None)

    with ThreadPoolExecutor(3) as pool:
        asked = []
        for n in range(3):
            asked.append(pool.submit(ask, n))
            wait_for(lambda: len(model.calls) == len(asked))
        before = [list(positions) for positions in told]
        leaving.cancel()
        model.hold.set()
        codes = [code_of(f) for f in asked]  # type: ignore[arg-type]
    assert (before, codes) == ([[], [1], [2]], ["engine.cancelled", "compile.failed", "compile.failed"])


def test_one_who_asks_much_does_not_take_all_places(
    open_shop: OpenShop, shop_policy: Path, model: Any
) -> None:
    service = open_shop(policy=str(shop_policy))
    ana, bo = (Principal(id=n, roles=frozenset({"customer"})) for n in (1, 2))
    model.hold = threading.Event()
    with ThreadPoolExecutor(COMPILING) as pool:
        waiting = [pool.submit(service.ask, f"question number {n}", principal=ana) for n in range(EACH)]
        wait_for(lambda: len(model.calls) == EACH)
        with pytest.raises(CompileError) as caught:
            service.ask("one more question", principal=ana)
        assert (caught.value.code, caught.value.message) == (
            "compile.busy",
            "4 of your questions are being compiled at this moment",
        )
        other = pool.submit(service.ask, COUNT, principal=bo)
        wait_for(lambda: len(model.calls) == EACH + 1)
        model.hold.set()
        assert {code_of(f) for f in waiting} == {"compile.failed"}
        assert other.result(timeout=PATIENCE_S).rows == ((1,),)


def test_services_that_share_a_cache_compile_a_question_once(open_shop: OpenShop, model: Any) -> None:
    """As processes do: each has locks of its own, and the files are what they share."""
    services = [open_shop() for _ in range(3)]
    model.hold = threading.Event()
    with ThreadPoolExecutor(len(services)) as pool:
        asked = [pool.submit(service.ask, COUNT) for service in services]
        wait_for(lambda: len(model.calls) == 1)
        time.sleep(0.1)
        model.hold.set()
        answers = [f.result(timeout=PATIENCE_S) for f in asked]
    assert [a.rows for a in answers] == [((3,),)] * 3
    assert sorted(a.cached for a in answers) == [False, True, True]
    assert len(model.calls) == 1


def test_a_service_without_a_model_leaves_no_lock(open_shop: OpenShop, tmp_path: Path) -> None:
    with pytest.raises(CompileError):
        open_shop(frozen=True).ask(COUNT)
    assert not (tmp_path / "cache" / "local" / "compiling").exists()


def test_a_plan_that_cannot_be_kept_is_told_of(
    open_shop: OpenShop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    service = open_shop()
    (cache / "plans").write_text("a file where the directory should be")
    assert service.ask(COUNT).rows == ((3,),)
    assert [r.getMessage() for r in caplog.records if r.name == "nlq.compiling"] == [
        "a plan cannot be kept, and is compiled again each time:"
        f" check `{cache / 'plans'}`, or set `cache_dir` to a directory that may be written"
    ]


@pytest.mark.parametrize(
    "code", ["model.unreachable", "model.timeout", "model.rejected", "model.not_installed"]
)
def test_a_model_that_fails_is_asked_again_the_next_time(
    open_shop: OpenShop, model: Any, code: str
) -> None:
    service = open_shop()
    model.failure = ModelError(code, "it is not there", "start it")
    with pytest.raises(CompileError) as caught:
        service.ask(COUNT)
    assert (caught.value.code, caught.value.message, caught.value.hint) == (
        "compile.unavailable",
        "this question is not compiled yet, and it is not there",
        "start it",
    )
    model.failure = None
    assert service.ask(COUNT).rows == ((3,),)


def test_a_frozen_service_says_what_it_knows(open_shop: OpenShop, model: Any) -> None:
    open_shop().ask(COUNT)
    service = open_shop(frozen=True)
    assert service.ask(COUNT).rows == ((3,),)
    with pytest.raises(CompileError) as caught:
        service.ask("How many customers are new?")
    assert caught.value.to_json() == {
        "code": "compile.frozen",
        "message": "this question is not compiled, and nothing is compiled here",
        "hint": f"known questions: `{COUNT}`",
        "span": None,
    }
    assert len(model.calls) == 1


def test_a_question_about_a_schema_that_is_sent_is_not_stored(open_shop: OpenShop, model: Any) -> None:
    service = open_shop()
    sent = catalog_from_ddl("CREATE TABLE planets (id INTEGER PRIMARY KEY, moons INTEGER)", "postgres")
    model.replies = {"how many moons?": "SELECT sum(moons) AS moons FROM planets"}
    for _ in range(2):
        plan, known = service.compile("how many moons?", catalog=sent)
        assert (plan.dialect, plan.scope, known) == ("postgres", "schema", False)
        assert [(c.name, c.type) for c in plan.columns] == [("moons", "UNKNOWN")]
    # What the prompt tells is the schema that was sent, and nothing of the database.
    assert "customers" not in model.calls[0].messages[0].content
    assert list(service.plans_for(OWNER)) == []


def test_a_plan_of_another_scope_is_unknown(open_shop: OpenShop, shop_policy: Path) -> None:
    service = open_shop(policy=str(shop_policy))
    staff, customer = Principal(roles=frozenset({"staff"})), Principal(id=1, roles=frozenset({"customer"}))
    plan = service.ask(COUNT, principal=staff).plan
    assert service.plan(plan.id, staff) == plan
    messages = []
    for wanted, who in ((plan.id, customer), ("0" * 16, customer)):
        with pytest.raises(RequestError) as caught:
            service.plan(wanted, who)
        assert caught.value.code == "request.not_found"
        messages.append(caught.value.message.replace(wanted, "…"))
    assert messages == ["there is no plan `…`"] * 2


def test_many_questions_of_many_people_at_once(open_shop: OpenShop, shop_policy: Path, model: Any) -> None:
    service = open_shop(policy=str(shop_policy))
    people = [Principal(id=n, roles=frozenset({"customer"})) for n in (1, 2, 3)]
    own = {1: 2, 2: 1, 3: 1}

    def ask(n: int) -> bool:
        who = people[n % 3]
        if n % 10 == 0:
            service.refresh()
        if n % 2:
            return len(service.ask(ORDERS, principal=who).rows) == own[n % 3 + 1]
        return service.ask(COUNT, principal=who).rows == ((1,),)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(60)))
    assert len(model.calls) == 2
