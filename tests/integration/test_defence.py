"""The policy in the database itself: alone, beside the guard, and under attack. Postgres only."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.raw_cursor import RawCursor

from nlq.catalog import Catalog
from nlq.defence import Fact, Names, compare, expect_facts, identify, make_defence, write_migration
from nlq.defence.drift import facts_query
from nlq.defence.names import quote
from nlq.engine import Engine, open_engine
from nlq.engine.postgres import PostgresEngine
from nlq.engine.postgres_catalog import read_catalog
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


# attacks, as one statement each, which the guard would never let through

SUBJECT = "(SELECT string_agg(ssn, ',') FROM public.customers)"
ATTACKS = {
    "table": 'SELECT ssn FROM "public".customers',
    "table-others": 'SELECT word FROM "public".secrets',
    "hidden-column": "SELECT ssn FROM public.customers",
    "hidden-column-where": "SELECT 'canary-1' FROM public.customers WHERE ssn = 'canary-1'",
    "whole-row": "SELECT c FROM public.customers AS c",
    "row-to-json": "SELECT row_to_json(c) FROM public.customers AS c",
    "forge-claims": "WITH f AS MATERIALIZED (SELECT set_config('nlq.roles', '[\"admin\"]', true)) "
    f"SELECT {SUBJECT} FROM f",
    "forge-role": "SELECT set_config('role', 'postgres', true)",
    "set": "SET LOCAL nlq.roles = '[\"admin\"]'",
    "set-role": "SET ROLE postgres",
    "reset-role": "RESET ROLE",
    "set-session": "SET SESSION AUTHORIZATION postgres",
    "set-row-security": "SET row_security = off",
    "block": f"DO $$ BEGIN SET LOCAL nlq.roles = '[\"admin\"]'; RAISE EXCEPTION '%', {SUBJECT}; END $$",
    "dynamic": "SELECT query_to_xml('SELECT * FROM \"public\".secrets', true, true, '')",
    "table-xml": "SELECT table_to_xml('\"public\".secrets', true, true, '')",
    "database-xml": "SELECT database_to_xml(true, true, '')",
    "text-search": "SELECT * FROM ts_stat('SELECT to_tsvector(ssn) FROM public.customers')",
    "file": "SELECT pg_read_file('/etc/passwd')",
    "file-list": "SELECT pg_ls_dir('.')",
    "large-object": "SELECT lo_import('/etc/passwd')",
    "copy": "COPY (SELECT 1) TO PROGRAM 'id'",
    "writing-with": "WITH w AS (DELETE FROM public.orders RETURNING id) SELECT * FROM w",
    "update-view": "UPDATE public.customers SET name = 'x' RETURNING ssn",
    "insert": "INSERT INTO public.members VALUES (1, 2) RETURNING user_id",
    "temporary": "CREATE TEMP TABLE customers AS SELECT 1",
    "function": "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "view-of-own": "CREATE VIEW public.mine AS SELECT * FROM public.customers",
    "settings-view": "UPDATE pg_settings SET setting = '[\"admin\"]' WHERE name = 'nlq.roles'",
    "settings-view-with": "WITH u AS (UPDATE pg_settings SET setting = '[\"admin\"]'"
    f" WHERE name = 'nlq.roles' RETURNING 1) SELECT {SUBJECT} FROM u",
    "statistics": "SELECT most_common_vals FROM pg_stats WHERE tablename = 'customers' AND attname = 'ssn'",
    "statistics-raw": "SELECT * FROM pg_statistic",
    "rules-view": 'SELECT * FROM HOME."rules read public.customers"',
    "hash-key": "SELECT value FROM HOME.hash_key",
    "explain": 'EXPLAIN ANALYZE SELECT * FROM "public".secrets',
    "lock": "SELECT id FROM public.customers FOR UPDATE",
    "notify": "SELECT pg_notify('x', 'y')",
    "several": "SELECT 1; SET LOCAL nlq.roles = '[\"admin\"]'",
    "throwing": "SELECT name FROM public.customers WHERE 1 / (CASE WHEN name = 'Bo' THEN 0 ELSE 1 END) > 5",
    "regclass": 'SELECT ssn FROM ONLY "public".customers',
    "passwords": "SELECT rolpassword FROM pg_authid",
    "settings": "SELECT current_setting('data_directory')",
}


def attack(sql: str, defended: Defended) -> str:
    own = sql.replace('"public".', "\0").replace("HOME", defended.names.reader)
    return own.replace("public.", f"{defended.names.reader}_public.").replace("\0", '"public".')


@pytest.mark.parametrize("sql", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_gets_nothing(sql: str, shared: Defended) -> None:
    # Directly on a connection, with what the vendor says in full: more than an attacker of nlq would see.
    identity = identify(shared.policy, shared.policy.principals["ana"])
    before = counts(shared.admin)
    with psycopg.connect(shared.login, autocommit=True) as connection:
        connection.execute(preparation(shared, identity))
        try:
            cursor = connection.execute(attack(sql, shared), prepare=True)
            said = repr(cursor.fetchall()) if cursor.description else cursor.statusmessage or ""
            reached = True
        except psycopg.Error as error:
            said, reached = str(error), False
        connection.execute("ROLLBACK")
    assert "canary" not in said and "Bo" not in said and "root:" not in said
    assert counts(shared.admin) == before
    harmless = {"SET", "RESET", "[]", "[(None,)]"}
    whole_rows = {"whole-row", "row-to-json"}
    assert not reached or said in harmless or sql in {ATTACKS[name] for name in whole_rows}


def preparation(defended: Defended, identity: Any) -> str:
    """What the engine sends before a query."""
    return f"""
        BEGIN READ ONLY;
        SET LOCAL nlq.roles = '{identity.roles_text()}';
        SET LOCAL nlq.claims = '{identity.claims_text()}';
        SET LOCAL ROLE {defended.names.reader};
        SELECT ready FROM {defended.names.reader}.policy_{identity.policy}
    """


def counts(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM members),"
            " (SELECT count(*) FROM pg_class WHERE relpersistence = 'p')"
        ).fetchall()


def test_a_login_has_nothing_of_its_own(shared: Defended) -> None:
    # After `RESET ROLE`, or where a request forgot the role.
    with psycopg.connect(shared.login, autocommit=True) as connection:
        for relation in ("public.customers", f"{shared.names.reader}_public.customers"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {relation}")


def test_a_table_granted_by_mistake_shows_no_row(own: Defended) -> None:
    execute(own.admin, f"GRANT USAGE ON SCHEMA public TO {own.names.reader}; "
                       f"GRANT SELECT ON public.customers TO {own.names.reader}")  # fmt: skip
    identity = identify(own.policy, own.policy.principals["boss"])
    with psycopg.connect(own.login, autocommit=True) as connection:
        connection.execute(preparation(own, identity))
        assert connection.execute("SELECT count(*) FROM public.customers").fetchall() == [(0,)]


def test_others_go_on_as_before(own: Defended) -> None:
    # An application that owns nothing, with grants of its own, in spite of row-level security.
    role = f"{own.names.reader}_app"
    execute(own.admin, f"CREATE ROLE {role} LOGIN; GRANT ALL ON customers, orders TO {role}")
    own.migrate()
    with psycopg.connect(own.admin.replace("postgres@", f"{role}@"), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchall() == [(3,)]
        connection.execute("INSERT INTO customers (id) VALUES (9)")
        connection.execute("UPDATE customers SET name = 'x' WHERE id = 9")
        assert connection.execute("DELETE FROM customers WHERE id = 9").rowcount == 1


def test_an_applications_own_policies_do_not_open_ours(make_database: MakeDatabase, tmp_path: Path) -> None:
    script = (
        TABLES
        + """
        ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everyone ON customers USING (true);
    """
    )
    defended = defend(make_database("postgres", script), tmp_path)
    engine = open_engine(defended.login, Settings(db_role=defended.names.reader))
    try:
        ana = defended.policy.principals["ana"]
        assert run_raw(engine, "SELECT id FROM public.customers", defended, ana) == ((1,),)
        found = psycopg.connect(defended.admin).execute(
            "SELECT polname FROM pg_policy WHERE polname ~ 'others' AND polrelid = 'customers'::regclass"
        )
        assert found.fetchall() == []
        found.connection.close()
    finally:
        engine.close()


def test_every_kind_of_relation_but_foreign_tables(make_database: MakeDatabase, tmp_path: Path) -> None:
    script = """
        CREATE TABLE parts (id int, owner int) PARTITION BY RANGE (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
        CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
        INSERT INTO parts VALUES (1, 7), (2, 8), (11, 7);
        CREATE MATERIALIZED VIEW kept AS SELECT * FROM parts;
        CREATE TABLE "odd "" name" (id int, "two words" text, owner int);
        INSERT INTO "odd "" name" VALUES (5, 'x', 7), (6, 'y', 8);
    """
    names = ("parts", "kept", 'odd " name')
    policy = "".join(f"[relations.'{n}']\nread = {{ sql = \"owner = :me.id\" }}\n" for n in names)
    defended = defend(make_database("postgres", script), tmp_path, policy)
    assert defended.drift() == []
    engine = open_engine(defended.login, Settings(db_role=defended.names.reader))
    try:
        found = [
            run_raw(engine, f"SELECT id FROM public.{quote(n)} ORDER BY id", defended, Principal(id=7))
            for n in names
        ]
        assert found == [((1,), (11,)), ((1,), (11,)), ((5,),)]
        with pytest.raises(NlqError):
            run_raw(engine, 'SELECT id FROM "public".parts_1', defended, Principal(id=7))
    finally:
        engine.close()


def test_one_database_may_have_several_readers(own: Defended, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = defend(own.admin, tmp_path / "other", '[relations.customers]\nread = { sql = "id = 3" }')
    assert (own.drift(), other.drift()) == ([], [])
    found = []
    for defended in (own, other):
        engine = open_engine(defended.login, Settings(db_role=defended.names.reader))
        who = Principal(id=1)
        found.append(run_raw(engine, "SELECT id FROM public.customers", defended, who))
        engine.close()
    assert found == [((1,),), ((3,),)]


# requests


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
            engine.run(made, {}, limit=5, timeout_s=5)
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


# drift


def test_the_migration_makes_what_the_check_expects_any_number_of_times(own: Defended) -> None:
    assert own.drift() == []
    assert own.drift(own.login) == []
    own.migrate()
    assert own.drift() == []


CHANGES = {
    "row-security-off": (
        "ALTER TABLE customers DISABLE ROW LEVEL SECURITY",
        ["missing row security: public.customers"],
    ),
    "policy-dropped": ("DROP POLICY R_rows ON customers", ["missing policy: R_rows on public.customers"]),
    "policy-changed": (
        "ALTER POLICY R_rows ON customers USING (true)",
        ["changed policy: R_rows on public.customers (altered by hand)"],
    ),
    "policy-added": (
        "CREATE POLICY more ON customers TO R USING (true)",
        ["extra policy: more on public.customers"],
    ),
    "policy-for-others": (
        "ALTER POLICY R_none ON customers TO postgres",
        ["changed policy: R_none on public.customers (altered by hand)"],
    ),
    "view-changed": (
        "CREATE OR REPLACE VIEW R_public.teams AS SELECT id, name FROM teams",
        ["changed view: R_public.teams (altered by hand)"],
    ),
    "view-no-barrier": (
        "ALTER VIEW R_public.teams SET (security_barrier = false)",
        ["changed view: R_public.teams (altered by hand)"],
    ),
    "view-dropped": ("DROP VIEW R_public.teams", [
        "missing grant: R_public.teams to R", "missing view: R_public.teams",
    ]),
    "view-added": ("CREATE VIEW R_public.more AS SELECT 1 AS one", ["extra view: R_public.more"]),
    "view-owner": ("ALTER VIEW R_public.teams OWNER TO postgres", [
        "changed view: R_public.teams (altered by hand)",
    ]),
    "grant-table": ("GRANT SELECT ON customers TO R", ["extra grant: public.customers to R (SELECT)"]),
    "grant-column": (
        "GRANT SELECT (ssn) ON customers TO R",
        ["extra grant: public.customers (ssn) to R (SELECT)"],
    ),
    "grant-everyone": (
        "GRANT SELECT ON secrets TO PUBLIC",
        ["extra grant: public.secrets to everyone (SELECT)"],
    ),
    "grant-write": (
        "GRANT UPDATE ON R_public.teams TO R",
        ["changed grant: R_public.teams to R (UPDATE)"],
    ),
    "grant-revoked": (
        "REVOKE SELECT ON R_public.teams FROM R",
        ["missing grant: R_public.teams to R"],
    ),
    "grant-later": (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO R",
        ["extra grant: what is made later in public to R (SELECT)"],
    ),
    "schema-create": ("GRANT CREATE ON SCHEMA public TO PUBLIC", [
        "extra grant: schema public to everyone (CREATE)",
    ]),
    "superuser": ("ALTER ROLE R SUPERUSER", ["changed role: R (SUPERUSER)"]),
    "bypass": ("ALTER ROLE R_views BYPASSRLS LOGIN", ["changed role: R_views (LOGIN BYPASSRLS)"]),
    "login-bypass": ("ALTER ROLE R_login BYPASSRLS", ["extra member: R_login of R (BYPASSRLS)"]),
    "member-of": ("GRANT pg_read_all_data TO R", ["extra member: R of pg_read_all_data"]),
    "member-of-ours": ("GRANT R_rules TO R_login", ["extra member: R_login of R_rules"]),
    "owner": ("CREATE TABLE mine (id int); ALTER TABLE mine OWNER TO R", [
        "extra owned: public.mine (owner R)",
    ]),
    "set-config": (
        "GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO PUBLIC",
        ["extra function: set_config(text,text,boolean) (the reader may call it)"],
    ),
    "definer": (
        "CREATE FUNCTION all_ssn() RETURNS text LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT ssn FROM public.customers'",
        ["extra function: public.all_ssn() (the reader may call it, with the rights of postgres)"],
    ),
    "language": ("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC", [
        "extra language: plpgsql (the reader may write in it)",
    ]),
    "younger-column": ("ALTER TABLE teams ADD COLUMN note text", [
        "changed view: R_public.teams (of another policy or catalog)",
        "missing grant: public.teams (note) to R_views",
    ]),
    "hash-key": ("DROP TABLE R.hash_key CASCADE", ["missing table: R.hash_key"]),
}  # fmt: skip


def named(text: str, defended: Defended) -> str:
    return re.sub(r"\bR(?=\b|_)", defended.names.reader, text)


@pytest.mark.parametrize(("change", "wanted"), CHANGES.values(), ids=CHANGES)
def test_a_change_by_hand_is_found(change: str, wanted: list[str], shared: Defended) -> None:
    with psycopg.connect(shared.admin, cursor_factory=RawCursor) as connection:
        connection.execute(named(change, shared))
        catalog = read_catalog(connection)
        connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
        facts = [Fact(*row) for row in connection.execute(facts_query(shared.names)).fetchall()]
        connection.rollback()
    made = make_defence(shared.policy, catalog, shared.names.reader)
    found = sorted(str(d) for d in compare(expect_facts(made), facts))
    assert found == sorted(named(line, shared) for line in wanted)


def test_the_migration_puts_right_what_was_changed(own: Defended) -> None:
    # What nobody else can have made: the rest is told, and is for a person to undo.
    lost = {
        "policy-added",
        "view-added",
        "grant-later",
        "login-bypass",
        "member-of-ours",
        "owner",
        "definer",
    }
    changes = [
        sql
        for name, (sql, _) in CHANGES.items()
        if name not in lost | {"policy-dropped", "view-dropped", "view-owner"}
    ]
    execute(own.admin, named("; ".join(changes), own))
    assert len(own.drift()) > 12
    own.migrate()
    assert own.drift() == []


def test_another_policy_is_found(own: Defended) -> None:
    catalog = own.catalog
    changed = POLICY.replace('email = { mask = "partial", except = ["staff"] }', 'email = "hidden"')
    made = make_defence(load_policy(changed, catalog), catalog, own.names.reader)
    engine = open_engine(own.admin, Settings())
    assert isinstance(engine, PostgresEngine)
    found = {str(d) for d in compare(expect_facts(made), engine.read_facts(own.names))}
    engine.close()
    r, old = own.names.reader, make_defence(own.policy, catalog, own.names.reader).fingerprint
    assert found == {
        f"extra grant: {r}.policy_{old} to {r} (SELECT)",
        f"missing grant: {r}.policy_{made.fingerprint} to {r}",
        f"extra view: {r}.policy_{old}",
        f"missing view: {r}.policy_{made.fingerprint}",
        f"changed view: {r}_public.customers (of another policy or catalog)",
    }
