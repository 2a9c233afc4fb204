"""A Postgres database that a policy was put into, and reading it past the guard."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from nlq.catalog import Catalog
from nlq.defence import Names, compare, expect_facts, identify, make_defence, write_migration
from nlq.engine import Engine, open_engine
from nlq.engine.postgres import PostgresEngine
from nlq.guard import Statement
from nlq.policy import Policy, Principal
from nlq.policy.load import load_policy
from nlq.settings import Settings

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

POLICY = '''
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
    { sql = """EXISTS (
        SELECT 1 FROM members WHERE members.user_id = :me.id AND members.team_id = orders.team_id
    )""" },
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
'''

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
            catalog = engine.introspect(as_role=self.names.reader if url else "")
            made = make_defence(self.policy, catalog, self.names.reader)
            return sorted(str(d) for d in compare(expect_facts(made), engine.read_facts(self.names)))
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
        f"CREATE ROLE {role}_login LOGIN NOINHERIT;"
        f"GRANT {role} TO {role}_login WITH INHERIT FALSE, SET TRUE",
    )
    file = directory / "policy.toml"
    file.write_text(policy, "utf-8")
    catalog = introspected(admin)
    login = admin.replace("postgres@", f"{role}_login@")
    return Defended(admin, login, Names(role), load_policy(policy, catalog), catalog, file)


def run_raw(
    engine: Engine, sql: str, defended: Defended, principal: Principal, limit: int = 50
) -> tuple[tuple[Any, ...], ...]:
    """The rows of SQL that reads `public` and `sales`, which stand for the schemas of the views."""
    for schema in ("public", "sales"):
        sql = sql.replace(f"{schema}.", f"{defended.names.reader}_{schema}.")
    identity = identify(defended.policy, principal)
    made = Statement(sql, "postgres", (), "test", ())
    return engine.run(made, {}, limit=limit, timeout_s=60, identity=identity).rows
