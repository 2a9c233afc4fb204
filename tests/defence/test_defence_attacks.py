"""Attacks on the database itself, with SQL that the guard would never let through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from defence.defended import TABLES, Defended, MakeDatabase, defend, execute, run_raw

from nlq.defence import identify
from nlq.defence.names import quote
from nlq.engine import open_engine
from nlq.errors import NlqError
from nlq.policy import Principal
from nlq.settings import Settings

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
