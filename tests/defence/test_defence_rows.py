"""Each layer alone shows what both show: the rows and columns that the policy says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from defence.defended import PRINCIPALS, TABLES, Defended, MakeDatabase, defend, execute

from nlq.errors import NlqError
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

QUERIES = {
    "rows": "SELECT id, name, email, phone, country, born FROM public.customers",
    "own-rule-over-hidden": "SELECT name FROM public.customers WHERE country = 'PT'",
    "relationship": "SELECT id, customer_id, team_id, amount, status, parent FROM public.orders",
    "join": "SELECT o.id, c.name FROM public.orders AS o "
    "LEFT JOIN public.customers AS c ON c.id = o.customer_id",
    "not-in": "SELECT id FROM public.orders WHERE customer_id NOT IN (SELECT id FROM public.customers)",
    "aggregate": "SELECT status, count(*), sum(amount) FROM public.orders GROUP BY status",
    "list-claim": "SELECT name FROM public.teams",
    "other-schema": "SELECT id, owner, region, size FROM sales.deals",
    "view": "SELECT id, customer_id, amount FROM public.big",
    "members": "SELECT user_id, team_id FROM public.members",
    "self-join": "SELECT a.id, b.id AS other FROM public.orders AS a "
    "JOIN public.orders AS b ON b.parent = a.id",
    "masked-filter": "SELECT count(*) AS n FROM public.customers WHERE email LIKE 'a%'",
    "with": "WITH c AS (SELECT * FROM public.customers) SELECT id, email FROM c",
    "subquery": "SELECT id, (SELECT count(*) FROM public.orders AS o WHERE o.customer_id = c.id) AS n "
    "FROM public.customers AS c",
}


def bag(rows: tuple[tuple[Any, ...], ...]) -> list[str]:
    return sorted(map(repr, rows))


@pytest.mark.parametrize("name", PRINCIPALS)
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_each_layer_alone_and_both_show_the_same(
    query: str,
    name: str,
    shared: Defended,
    services: tuple[Service, Service],
    reader: Callable[..., tuple[tuple[Any, ...], ...]],
) -> None:
    principal = shared.policy.principals[name]
    guard_only, both = services
    wanted = bag(guard_only.sql(query, principal=principal).rows)
    plain = query.replace("SELECT id, name, email, phone,", "SELECT id, name, email, " + _phone(name))
    assert bag(reader(plain, name)) == wanted
    assert bag(both.sql(query, principal=principal).rows) == wanted


def _phone(name: str) -> str:
    # Its mask is text and it is a number, so a view has two columns of it.
    return '"__whole phone" AS phone,' if name in ("staff", "boss") else "phone,"


def test_the_rows_are_those_that_the_rules_say(
    reader: Callable[..., tuple[tuple[Any, ...], ...]],
) -> None:
    # Lest all three agree on nothing: worked out by hand from the policy and the rows.
    seen = {
        name: (
            [row[0] for row in reader("SELECT id FROM public.customers ORDER BY id", name)],
            [row[0] for row in reader("SELECT id FROM public.orders ORDER BY id", name)],
            [row[0] for row in reader("SELECT id FROM sales.deals ORDER BY id", name)],
        )
        for name in PRINCIPALS
    }
    assert seen == {
        "ana": ([1], [1, 2, 5], [1, 3]),
        "bo": ([2, 3], [1, 2, 3, 5], [2]),
        "staff": ([1, 2, 3], [1, 3, 4], []),
        "boss": ([1, 2, 3], [1, 3, 4], []),
        "nobody": ([], [], []),
    }


def test_columns_by_role(reader: Callable[..., tuple[tuple[Any, ...], ...]]) -> None:
    query = 'SELECT email, phone, "__whole phone", ssn, born::text FROM public.customers WHERE id = 1'
    assert {name: reader(query, name) for name in ("ana", "staff", "boss")} == {
        "ana": (("a***", "none", None, None, "1990-01-01"),),
        "staff": (("ana@example.org", "none", 111, None, "1990-01-01"),),
        "boss": (("ana@example.org", "none", 111, "canary-1", "1990-01-01"),),
    }


def test_a_claim_that_fits_no_rule_fails_no_other(
    shared: Defended, services: tuple[Service, Service]
) -> None:
    whoever = Principal(id="the boss", roles=frozenset({"staff"}))
    found = services[1].sql("SELECT id FROM customers ORDER BY id", principal=whoever)
    assert found.rows == ((1,), (2,), (3,))


def test_what_is_given_in_aggregates_stops_the_start(make_database: MakeDatabase, tmp_path: Path) -> None:
    defended = defend(make_database("postgres", TABLES), tmp_path, "[relations.customers]\nread = true")
    policy = """
        [relations.customers]
        read = true
        [relations.customers.columns]
        salary = { aggregate = 2, except = ["admin"] }
    """
    defended.policy_file.write_text(policy)
    settings = Settings(
        db=defended.login, db_role=defended.names.reader, policy=str(defended.policy_file),
        cache_dir=str(tmp_path),
    )  # fmt: skip
    told = (
        "policy.unsupported",
        "`salary` of `customers` is given in aggregates only, which Postgres cannot enforce",
        "write `{ hidden = true, except = […] }`, or run without the setting `db_role`",
    )
    with pytest.raises(NlqError) as at_start:
        open_service(settings)
    with pytest.raises(NlqError) as of_the_migration:
        defend(defended.admin, tmp_path, policy)
    errors = (at_start.value, of_the_migration.value)
    assert [(e.code, e.message, e.hint) for e in errors] == [told, told]


def test_hashes_are_those_of_the_guard_alone(make_database: MakeDatabase, tmp_path: Path) -> None:
    policy = """
        [relations.customers]
        read = true
        [relations.customers.columns]
        phone = { mask = "hash" }
    """
    defended = defend(make_database("postgres", TABLES), tmp_path, policy)
    execute(defended.admin, f"UPDATE {defended.names.reader}.hash_key SET value = '{'k' * 16}'")
    known = {"policy": str(defended.policy_file), "cache_dir": str(tmp_path), "hash_key": "k" * 16}
    hashes = "SELECT id, phone FROM customers ORDER BY id"
    with (
        closing(open_service(Settings(db=defended.login, db_role=defended.names.reader, **known))) as both,
        closing(open_service(Settings(db=defended.admin, **known))) as guard_only,
    ):
        one, other = (s.sql(hashes, principal=Principal(id=1)).rows for s in (both, guard_only))
    assert one == other
