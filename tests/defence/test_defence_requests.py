"""Requests do not disturb each other, and a database that does not fit is refused."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from defence.defended import POLICY, Defended, execute, run_raw

from nlq.engine import open_engine
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.policy import Principal
from nlq.settings import Settings
from nlq.wire import open_service


def test_nothing_of_a_request_is_left_for_the_next(shared: Defended) -> None:
    engine = open_engine(shared.login, Settings(db_role=shared.names.reader))
    now = (
        "SELECT current_user::text, current_setting('nlq.roles', true),"
        " current_setting('nlq.claims', true)::json ->> 'id'"
    )
    try:
        first = run_raw(engine, now, shared, shared.policy.principals["boss"])
        with pytest.raises(NlqError):
            run_raw(engine, "SELECT 1 / 0", shared, shared.policy.principals["boss"])
        second = run_raw(engine, now, shared, shared.policy.principals["nobody"])
        assert (first, second) == (
            ((shared.names.reader, '["admin", "staff"]', "98"),),
            ((shared.names.reader, "[]", None),),
        )
        made = Statement(
            "SELECT id FROM " + f"{shared.names.reader}_public.customers", "postgres", (), "t", ()
        )
        with pytest.raises(NlqError) as refused:
            engine.run(made, {}, limit=5, timeout_s=60)
        assert refused.value.code == "engine.undefended"
    finally:
        engine.close()


def test_requests_at_once_keep_to_their_own(shared: Defended) -> None:
    engine = open_engine(shared.login, Settings(db_role=shared.names.reader))
    names = ["ana", "bo", "staff", "nobody"] * 40
    query = "SELECT string_agg(id::text, ',' ORDER BY id) FROM public.orders"

    def ask(name: str) -> tuple[str, object]:
        return name, run_raw(engine, query, shared, shared.policy.principals[name])[0][0]

    try:
        with ThreadPoolExecutor(12) as pool:
            found = Counter(pool.map(ask, names))
    finally:
        engine.close()
    assert found == {
        ("ana", "1,2,5"): 40,
        ("bo", "1,2,3,5"): 40,
        ("staff", "1,3,4"): 40,
        ("nobody", None): 40,
    }


def test_claims_are_sent_as_text_whatever_they_hold(shared: Defended) -> None:
    engine = open_engine(shared.login, Settings(db_role=shared.names.reader))
    hostile = "'; RESET ROLE; SELECT '\\' \"{}\" $$ é"
    try:
        who = Principal(id=hostile, roles=frozenset(), claims={"region": hostile, "teams": (1, None)})
        found = run_raw(
            engine,
            "SELECT current_user::text, current_setting('nlq.claims')::json ->> 'region', "
            "(SELECT count(*) FROM public.teams)",
            shared, who,
        )  # fmt: skip
        assert found == ((shared.names.reader, hostile, 1),)
    finally:
        engine.close()


@pytest.mark.parametrize(
    ("user", "why"),
    [
        pytest.param("postgres", "the user of the connection is SUPERUSER or BYPASSRLS", id="superuser"),
        pytest.param("stranger", "the user of the connection may not become the role", id="no-member"),
    ],
)
def test_a_login_that_does_not_fit_is_refused(user: str, why: str, own: Defended) -> None:
    name = user if user == "postgres" else f"{own.names.reader}_{user}"
    if user != "postgres":
        execute(own.admin, f"CREATE ROLE {name} LOGIN")
    engine = open_engine(own.admin.replace("postgres@", f"{name}@"), Settings(db_role=own.names.reader))
    try:
        with pytest.raises(NlqError) as refused:
            run_raw(engine, "SELECT id FROM public.customers", own, own.policy.principals["boss"])
        assert (refused.value.code, refused.value.message) == (
            "engine.undefended",
            f"the database does not enforce this policy: {why}",
        )
    finally:
        engine.close()


def test_a_policy_that_the_database_does_not_have_yet_is_refused(own: Defended, tmp_path: Path) -> None:
    settings = {"db": own.login, "db_role": own.names.reader, "cache_dir": str(tmp_path)}
    tighter = POLICY.replace('{ sql = "customer_id = :me.id" },', "")
    own.policy_file.write_text(tighter, "utf-8")
    service = open_service(Settings(policy=str(own.policy_file), **settings))  # type: ignore[arg-type]
    ana = own.policy.principals["ana"]
    try:
        for attempt in (service.require_ready, lambda: service.sql("SELECT id FROM orders", principal=ana)):
            with pytest.raises(NlqError) as refused:
                attempt()
            assert refused.value.code == "engine.undefended"
        own.migrate(tighter)
        service.require_ready()
        assert service.sql("SELECT id FROM orders ORDER BY id", principal=ana).rows == ((1,), (5,))
    finally:
        service.close()


def test_a_younger_column_is_not_known_before_it_is_decided_on(own: Defended, tmp_path: Path) -> None:
    execute(own.admin, "ALTER TABLE orders ADD COLUMN note text; CREATE TABLE newer (id int)")
    settings = Settings(
        db=own.login, db_role=own.names.reader, cache_dir=str(tmp_path), policy=str(own.policy_file)
    )
    service = open_service(settings)
    try:
        names = {r.name.name: [c.name for c in r.columns] for r in service.catalog}
        assert "note" not in names["orders"] and "newer" not in names and "secrets" not in names
        assert service.sql("SELECT * FROM orders", principal=own.policy.principals["ana"]).rows != ()
    finally:
        service.close()
