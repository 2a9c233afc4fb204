"""The policy in the database itself: alone, beside the guard, and under attack. Postgres only."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nlq.catalog import Catalog
from nlq.defence import Names, compare, expect_facts, identify, make_defence, write_migration
from nlq.engine import Engine, open_engine
from nlq.engine.postgres import PostgresEngine
from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.policy import Policy, Principal
from nlq.policy.load import load_policy
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

MakeDatabase = Callable[[str, str], str]
_numbers = itertools.count()

TABLES = """
CREATE SCHEMA sales;
CREATE TABLE teams (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE members (user_id int, team_id int REFERENCES teams, PRIMARY KEY (user_id, team_id));
CREATE TABLE customers (
    id int PRIMARY KEY, name text, email text, phone int, country text, salary numeric(10, 2), born date,
    ssn text
);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int REFERENCES customers, team_id int, amount numeric(10, 2),
    status text, parent int
);
CREATE TABLE sales.deals (id int PRIMARY KEY, owner text, region text, size int);
CREATE TABLE secrets (id int, word text);
CREATE VIEW big AS SELECT id, customer_id, amount FROM orders WHERE amount > 10;
INSERT INTO teams VALUES (1, 'red'), (2, 'blue');
INSERT INTO members VALUES (1, 1), (2, 1), (2, 2), (3, 2);
INSERT INTO customers VALUES
    (1, 'Ana', 'ana@example.org', 111, 'PT', 10.5, '1990-05-05', 'canary-1'),
    (2, 'Bo', NULL, 222, 'DK', 20, '1985-12-31', 'canary-2'),
    (3, 'Caio', 'c', 333, 'PT', 30, NULL, 'canary-3');
INSERT INTO orders VALUES
    (1, 1, 1, 12.5, 'open', NULL), (2, 1, 2, 7, 'draft', 1), (3, 2, 2, 99, 'open', NULL),
    (4, 3, NULL, 5, 'paid', 3), (5, 3, 1, 50, 'draft', NULL);
INSERT INTO sales.deals VALUES (1, 'ana', 'north', 3), (2, 'bo', 'south', 4), (3, 'bo', 'north', 5);
INSERT INTO secrets VALUES (1, 'canary-secret');
GRANT SELECT ON secrets TO PUBLIC;
"""

POLICY = """
[principals]
ana = { id = 1, roles = [], region = "north", teams = [1] }
bo = { id = 2, roles = ["seller"], region = "south", teams = [1, 2] }
staff = { id = 99, roles = ["staff"] }
boss = { id = 98, roles = ["admin"] }
nobody = {}

[roles]
admin = { includes = ["staff"] }

[claims]
region = "text"
teams = ["integer"]

[relations.customers]
read = [
    { roles = ["staff"] },
    { sql = "id = :me.id" },
    { roles = ["seller"], sql = "country = 'PT' AND ssn <> 'canary-1'" },
]
[relations.customers.columns]
ssn = { hidden = true, except = ["admin"] }
email = { mask = "partial", except = ["staff"] }
phone = { mask = "constant", value = "none", except = ["staff"] }
born = { mask = "rounded", to = "year" }

[relations.orders]
read = [
    { roles = ["staff"], sql = "status <> 'draft'" },
    { sql = "EXISTS (SELECT 1 FROM members WHERE members.user_id = :me.id AND members.team_id = orders.team_id)" },
    { sql = "customer_id = :me.id" },
]

[relations.members]
read = [{ roles = ["staff"] }, { sql = "user_id = :me.id" }]

[relations.teams]
read = { sql = "id = ANY(:me.teams)" }

[relations."sales.deals"]
read = { sql = "region = :me.region OR lower(owner) = lower(:me.region)" }

[relations.big]
read = [
    { roles = ["staff"] },
    { sql = "EXISTS (SELECT 1 FROM customers AS c WHERE c.id = big.customer_id AND c.id = :me.id)" },
]
"""

PRINCIPALS = ("ana", "bo", "staff", "boss", "nobody")


@dataclass(frozen=True)
class Defended:
    """A database that the migration was run in. `admin` is a superuser's URL, `login` the service's."""

    admin: str
    login: str
    names: Names
    policy: Policy
    catalog: Catalog
    policy_file: Path

    def migrate(self, policy: str = POLICY) -> None:
        execute(self.admin, migration(self.admin, policy, self.names.reader))

    def drift(self, url: str = "") -> list[str]:
        """What the check says of the database now."""
        engine = open_engine(url or self.admin, Settings())
        assert isinstance(engine, PostgresEngine)
        try:
            made = make_defence(self.policy, engine.introspect(), self.names.reader)
            return [str(d) for d in compare(expect_facts(made), engine.read_facts(self.names))]
        finally:
            engine.close()


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def migration(url: str, policy: str, role: str) -> str:
    catalog = introspected(url)
    return write_migration(make_defence(load_policy(policy, catalog), catalog, role))


def introspected(url: str) -> Catalog:
    engine = open_engine(url, Settings())
    try:
        return engine.introspect()
    finally:
        engine.close()


def defend(admin: str, directory: Path, policy: str = POLICY) -> Defended:
    # Roles belong to the whole cluster: each database has its own, or tests would disturb each other.
    role = f"nlq_t{os.getpid()}_{next(_numbers)}"
    execute(admin, migration(admin, policy, role))
    execute(
        admin,
        f"CREATE ROLE {role}_login LOGIN NOINHERIT; GRANT {role} TO {role}_login WITH INHERIT FALSE, SET TRUE",
    )
    file = directory / "policy.toml"
    file.write_text(policy, "utf-8")
    catalog = introspected(admin)
    login = admin.replace("postgres@", f"{role}_login@")
    return Defended(admin, login, Names(role), load_policy(policy, catalog), catalog, file)


@pytest.fixture(scope="module")
def shared(shared_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory) -> Defended:
    """For tests that change nothing."""
    return defend(shared_database("postgres", TABLES), tmp_path_factory.mktemp("defended"))


@pytest.fixture
def own(make_database: MakeDatabase, tmp_path: Path) -> Defended:
    """For tests that change something."""
    return defend(make_database("postgres", TABLES), tmp_path)


@pytest.fixture(scope="module")
def services(
    shared: Defended, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Service]]:
    """The guard alone, over tables, and the guard beside the database's own rules."""
    common = {"policy": str(shared.policy_file), "cache_dir": str(tmp_path_factory.mktemp("cache"))}
    guard_only = open_service(Settings(db=shared.admin, **common))  # type: ignore[arg-type]
    both = open_service(Settings(db=shared.login, db_role=shared.names.reader, **common))  # type: ignore[arg-type]
    yield guard_only, both
    guard_only.close()
    both.close()


@pytest.fixture(scope="module")
def reader(shared: Defended) -> Iterator[Callable[..., tuple[tuple[Any, ...], ...]]]:
    """Runs any SQL at all as the reader, for a principal: the guard is not there."""
    engine = open_engine(shared.login, Settings(db_role=shared.names.reader))

    def run(sql: str, principal: str = "ana", limit: int = 50) -> tuple[tuple[Any, ...], ...]:
        return run_raw(engine, sql, shared, shared.policy.principals[principal], limit)

    yield run
    engine.close()


def run_raw(
    engine: Engine, sql: str, defended: Defended, principal: Principal, limit: int = 50
) -> tuple[tuple[Any, ...], ...]:
    """The rows of SQL that reads `public` and `sales`, which stand for the schemas of the views."""
    for schema in ("public", "sales"):
        sql = sql.replace(f"{schema}.", f"{defended.names.reader}_{schema}.")
    identity = identify(defended.policy, principal)
    made = Statement(sql, "postgres", (), "test", ())
    return engine.run(made, {}, limit=limit, timeout_s=10, identity=identity).rows


QUERIES = {
    "rows": "SELECT id, name, email, phone, country, born FROM public.customers",
    "own-rule-over-hidden": "SELECT name FROM public.customers WHERE country = 'PT'",
    "relationship": "SELECT id, customer_id, team_id, amount, status, parent FROM public.orders",
    "join": "SELECT o.id, c.name FROM public.orders AS o LEFT JOIN public.customers AS c ON c.id = o.customer_id",
    "not-in": "SELECT id FROM public.orders WHERE customer_id NOT IN (SELECT id FROM public.customers)",
    "aggregate": "SELECT status, count(*), sum(amount) FROM public.orders GROUP BY status",
    "list-claim": "SELECT name FROM public.teams",
    "other-schema": "SELECT id, owner, region, size FROM sales.deals",
    "view": "SELECT id, customer_id, amount FROM public.big",
    "members": "SELECT user_id, team_id FROM public.members",
    "self-join": "SELECT a.id, b.id AS other FROM public.orders AS a JOIN public.orders AS b ON b.parent = a.id",
    "masked-filter": "SELECT count(*) AS n FROM public.customers WHERE email LIKE 'a%'",
    "with": "WITH c AS (SELECT * FROM public.customers) SELECT id, email FROM c",
    "subquery": "SELECT id, (SELECT count(*) FROM public.orders AS o WHERE o.customer_id = c.id) AS n FROM public.customers AS c",
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
    try:
        wanted = bag(guard_only.sql(query, principal=principal).rows)
    except NlqError as error:
        # Nothing may be read: the guard says so, the database shows no row.
        assert (name, error.code) == ("nobody", "plan.unknown_relation")
        wanted = []
    plain = query.replace("SELECT id, name, email, phone,", "SELECT id, name, email, " + _phone(name))
    assert bag(reader(plain, name)) == wanted
    with_both = bag(both.sql(query, principal=principal).rows) if wanted else []
    assert with_both == wanted


def _phone(name: str) -> str:
    # Its mask is text and it is a number, so a view has two columns of it.
    return '"__whole phone" AS phone,' if name in ("staff", "boss") else "phone,"
