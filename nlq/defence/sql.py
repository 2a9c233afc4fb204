"""The migration: a defence as SQL that a person reviews and a superuser runs, any number of times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nlq.catalog import Relation
from nlq.defence.definitions import DEFINITIONS, FORBIDDEN
from nlq.defence.made import Made
from nlq.defence.make import Defence, Protected
from nlq.defence.names import MADE_BY, literal, quote
from nlq.defence.writing_sql import grant_writing, make_journal
from nlq.own_tables import SCHEMA


def write_migration(defence: Defence) -> str:
    """The whole text, in one transaction."""
    sections = (
        _head(defence),
        _roles(defence),
        _reset(defence),
        _schemas(defence),
        *((make_journal(defence.names),) if defence.writes else ()),
        *(_look_up(relation, made, defence) for relation, made in defence.looked_up),
        *(_protect(protected, defence) for protected in defence.protected),
        _marker(defence),
        _others(defence),
        _remember(defence),
        "COMMIT;",
    )
    return "\n\n".join(sections) + "\n"


def _head(defence: Defence) -> str:
    what = "reading and writing" if defence.writes else "reading"
    return f"""\
-- The rules of policy {defence.fingerprint} for {what}, enforced by Postgres 16 or later.
-- Written by `nlq policy sql`; `nlq policy check` says where a database differs from it.
-- Review it, then run it as a superuser. It may be run again, and takes back what an earlier one made.

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;
SET LOCAL standard_conforming_strings = on;
-- Names mean what they mean to Postgres itself, whatever anybody has created.
SET LOCAL search_path = pg_catalog, pg_temp;"""


def _roles(defence: Defence) -> str:
    names = defence.names
    roles = ", ".join(map(literal, names.roles))
    return f"""\
-- 1. Roles. Nobody logs in as one of them.
--    {names.reader}: requests run as it; it owns nothing and may read the views below.
--    {names.views}: owns the views; what it reads of tables is under row-level security.
--    {names.rules}: reads what rules look up in other relations.
--    {names.writer}, {names.undo}: make changes, and take them back, if changes are part of this.
-- Let the login of nlq become these, and nothing else:
--    GRANT {", ".join(map(quote, (names.reader, *(names.writing if defence.writes else ()))))}
--    TO <login> WITH INHERIT FALSE, SET TRUE;
DO $nlq$
DECLARE name text; above text;
BEGIN
    FOREACH name IN ARRAY ARRAY[{roles}] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
        EXECUTE format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOINHERIT NOCREATEDB NOCREATEROLE '
                       'NOREPLICATION NOBYPASSRLS', name);
        FOR above IN SELECT roleid::regrole::text FROM pg_auth_members
                     WHERE member = (SELECT oid FROM pg_roles WHERE rolname = name) LOOP
            EXECUTE format('REVOKE %s FROM %I', above, name);
        END LOOP;
    END LOOP;
END
$nlq$;"""


def _reset(defence: Defence) -> str:
    names = defence.names
    owned = (
        f"nspowner = {literal(names.views)}::regrole"
        f" AND obj_description(oid, 'pg_namespace') = {literal(MADE_BY)}"
    )
    policies = ", ".join(map(literal, names.policies))
    schemas = sorted({r.name.schema for r in defence.relations})
    roles = ", ".join(map(quote, names.roles))
    revoked = "\n".join(
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {quote(s)} FROM {roles};\n"
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {quote(s)} FROM {roles};\n"
        f"REVOKE ALL ON SCHEMA {quote(s)} FROM {roles};"
        for s in schemas
    )
    return f"""\
-- 2. What an earlier run has made goes. Views of yours that are built on ours would stop this.
DO $nlq$
DECLARE made record;
BEGIN
    FOR made IN SELECT polname, polrelid::regclass::text AS relation FROM pg_policy
                WHERE polname IN ({policies}) LOOP
        EXECUTE format('DROP POLICY %I ON %s', made.polname, made.relation);
    END LOOP;
    FOR made IN SELECT c.oid::regclass::text AS relation FROM pg_class AS c
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relkind = 'v' AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE {owned})
                ORDER BY n.nspname = {literal(names.home)} LOOP
        EXECUTE format('DROP VIEW %s', made.relation);
    END LOOP;
    FOR made IN SELECT nspname FROM pg_namespace WHERE {owned} AND nspname <> {literal(names.home)} LOOP
        EXECUTE format('DROP SCHEMA %I', made.nspname);
    END LOOP;
END
$nlq$;
DO $nlq$
BEGIN
    IF to_regnamespace({literal(SCHEMA)}) IS NOT NULL THEN
        REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {roles};
        REVOKE ALL ON SCHEMA {SCHEMA} FROM {roles};
    END IF;
END
$nlq$;
{revoked}"""


def _schemas(defence: Defence) -> str:
    names = defence.names
    not_owners = ", ".join(["PUBLIC", *(quote(r) for r in names.roles if r != names.views)])
    lines = ["-- 3. Schemas of ours."]
    for schema in (names.home, *defence.view_schemas()):
        lines += [
            f"CREATE SCHEMA IF NOT EXISTS {quote(schema)} AUTHORIZATION {quote(names.views)};",
            f"COMMENT ON SCHEMA {quote(schema)} IS {literal(MADE_BY)};",
            f"REVOKE ALL ON SCHEMA {quote(schema)} FROM {not_owners};",
            f"GRANT USAGE ON SCHEMA {quote(schema)} TO {quote(names.reader)};",
        ]
    key = quote(names.hash_key)
    return "\n".join(
        [
            *lines,
            "-- The key of hashed columns, made once. To have the hashes that nlq itself makes, set it to",
            "-- the value of the setting `hash_key`.",
            f"CREATE TABLE IF NOT EXISTS {key} (value text NOT NULL);",
            f"ALTER TABLE {key} OWNER TO {quote(names.views)};",
            f"REVOKE ALL ON {key} FROM {not_owners};",
            f"INSERT INTO {key} SELECT gen_random_uuid()::text || gen_random_uuid()::text",
            f"WHERE NOT EXISTS (SELECT FROM {key});",
        ]
    )


def _look_up(relation: Relation, made: Iterable[Made], defence: Defence) -> str:
    names = defence.names
    view = quote(names.looked_up(relation.name))
    looking = (names.views, *(names.writing if defence.writes else ()))
    return "\n".join(
        [
            f"-- 4. What rules look up in {_plain(str(relation.name))}, for {', '.join(looking)} alone.",
            _grant_columns(relation, names.rules),
            *(f"{m.sql};" for m in made),
            f"ALTER VIEW {view} OWNER TO {quote(names.rules)};",
            f"REVOKE ALL ON {view} FROM PUBLIC, {quote(names.reader)};",
            f"GRANT SELECT ON {view} TO {', '.join(map(quote, looking))};",
        ]
    )


def _protect(protected: Protected, defence: Defence) -> str:
    names, relation = defence.names, protected.relation
    lines = [f"-- 5. {_plain(str(relation.name))}"]
    for rule in protected.rules:
        roles = ", ".join(sorted(rule.roles)) or "everyone"
        lines.append(f"--    read by {_plain(roles)}: {_plain(rule.english or rule.sql or 'every row')}")
    if not protected.rules:
        lines.append("--    read by nobody")
    for rule in protected.unreviewed:
        lines.append(f"--    left out, for nobody has approved of it: {_plain(rule.english or '')}")
    lines.append(_grant_columns(relation, names.views))
    if protected.is_table:
        lines += _row_security(protected, defence)
    if protected.writable is not None:
        lines += grant_writing(protected.writable, names)
    if protected.view is not None:
        view = quote(names.view(relation.name))
        lines += [
            f"{protected.view.sql};",
            f"ALTER VIEW {view} OWNER TO {quote(names.views)};",
            f"REVOKE ALL ON {view} FROM PUBLIC;",
            f"GRANT SELECT ON {view} TO {quote(names.reader)};",
        ]
    return "\n".join(lines)


def _row_security(protected: Protected, defence: Defence) -> Iterator[str]:
    names, relation = defence.names, protected.relation
    table = quote(relation.name)
    # The class must be asked, for a policy is made of a catalog and does not know who else has one.
    yield f"""\
DO $nlq$
BEGIN
    IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = {literal(table)}::regclass) THEN
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        -- Roles that are not ours go on as before. Drop this policy if you begin to write your own.
        DROP POLICY IF EXISTS {quote(names.others)} ON {table};
        CREATE POLICY {quote(names.others)} ON {table} USING (true) WITH CHECK (true);
    END IF;
END
$nlq$;"""
    for made in protected.policies:
        yield f"{made.sql};"


def _marker(defence: Defence) -> str:
    names = defence.names
    marker = quote(names.marker(defence.fingerprint))
    return f"""\
-- 6. Which policy this is: a request that was made under another one fails here.
{defence.marker.sql};
ALTER VIEW {marker} OWNER TO {quote(names.views)};
REVOKE ALL ON {marker} FROM PUBLIC;
GRANT SELECT ON {marker} TO {quote(names.reader)};"""


def _others(defence: Defence) -> str:
    names = defence.names
    relations = "\n".join(f"REVOKE ALL ON {quote(r.name)} FROM PUBLIC;" for r in defence.relations)
    functions = ",\n        ".join(map(literal, FORBIDDEN))
    ours = ", ".join(map(literal, names.roles))
    return f"""\
-- 7. THIS TOUCHES OTHERS. What everyone may do, our roles may do too, and there is no taking it from
--    them alone. Roles that exist keep the functions, languages and temporary tables: each is granted
--    what it had as one of everyone. What everyone had on relations is not granted again.
{relations}
DO $nlq$
DECLARE subject record; other text;
BEGIN
    -- `set_config` would let a query choose its own roles and claims, a block in a language too. The
    -- others reach out of the transaction: locks, messages, files, dynamic SQL.
    FOR subject IN
        SELECT 'EXECUTE ON FUNCTION ' || oid::regprocedure::text AS granted FROM pg_proc
        WHERE proname IN (
        {functions})
          AND prokind = 'f' AND pronamespace = 'pg_catalog'::regnamespace
          AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)
        UNION ALL
        SELECT format('USAGE ON LANGUAGE %I', lanname) FROM pg_language
        WHERE lanpltrusted
          AND EXISTS (SELECT FROM aclexplode(coalesce(lanacl, acldefault('l', lanowner))) WHERE grantee = 0)
        UNION ALL
        SELECT format('TEMPORARY ON DATABASE %I', datname) FROM pg_database
        WHERE datname = current_database()
          AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                      WHERE grantee = 0 AND privilege_type = 'TEMPORARY')
    LOOP
        FOR other IN SELECT rolname FROM pg_roles
                     WHERE NOT rolsuper AND rolname !~ '^pg_' AND rolname NOT IN ({ours}) LOOP
            EXECUTE format('GRANT %s TO %I', subject.granted, other);
        END LOOP;
        EXECUTE format('REVOKE %s FROM PUBLIC', subject.granted);
    END LOOP;
    FOR subject IN SELECT nspname FROM pg_namespace AS n
                   WHERE EXISTS (SELECT FROM aclexplode(n.nspacl)
                                 WHERE grantee = 0 AND privilege_type = 'CREATE') LOOP
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', subject.nspname);
    END LOOP;
END
$nlq$;"""


def _remember(defence: Defence) -> str:
    made = ",\n            ".join(
        f"({literal(m.kind)}, {literal(m.subject)}, {literal(m.source)})" for m in defence.made()
    )
    return f"""\
-- 8. What was made is noted on it, so that `nlq policy check` sees when it is no longer that.
DO $nlq$
DECLARE made record;
BEGIN
    FOR made IN
        SELECT found.*, given.source
        FROM (VALUES
            {made}
        ) AS given (kind, subject, source)
        JOIN ({DEFINITIONS}) AS found USING (kind, subject)
    LOOP
        IF made.kind = 'view' THEN
            EXECUTE format('COMMENT ON VIEW %I.%I IS %L', made.schema, made.relation,
                           format('nlq %s %s', made.source, made.digest));
        ELSE
            EXECUTE format('COMMENT ON POLICY %I ON %I.%I IS %L', made.policy, made.schema, made.relation,
                           format('nlq %s %s', made.source, made.digest));
        END IF;
    END LOOP;
END
$nlq$;"""


def _grant_columns(relation: Relation, role: str) -> str:
    columns = ", ".join(quote(c.name) for c in relation.columns)
    return (
        f"GRANT USAGE ON SCHEMA {quote(relation.name.schema)} TO {quote(role)};\n"
        f"GRANT SELECT ({columns}) ON {quote(relation.name)} TO {quote(role)};"
    )


def _plain(text: str) -> str:
    """Text for a comment: one line of what can be seen."""
    return "".join(c if c.isprintable() else " " for c in text)
