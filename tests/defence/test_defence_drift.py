"""What was changed by hand is found, and the migration puts it right."""

from __future__ import annotations

import re

import psycopg
import pytest
from defence.defended import POLICY, Defended, execute
from psycopg.raw_cursor import RawCursor

from nlq.defence import Fact, compare, expect_facts, make_defence
from nlq.defence.drift import facts_query
from nlq.engine import open_engine
from nlq.engine.postgres import PostgresEngine
from nlq.engine.postgres_catalog import read_catalog
from nlq.policy.load import load_policy
from nlq.settings import Settings


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
