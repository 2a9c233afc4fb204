"""What a database should say of itself, what it says, and where the two differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from nlq.defence.definitions import DEFINITIONS, FORBIDDEN
from nlq.defence.make import Defence
from nlq.defence.names import MADE_BY, Names, literal
from nlq.defence.writing_sql import granted_journal

NO_ATTRIBUTES = "no attribute"


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One thing that is so. `value` tells it from another thing that might be said of the subject."""

    kind: str
    subject: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """One place where the database is not what the policy makes of it."""

    what: Literal["missing", "changed", "extra"]
    kind: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.what} {self.kind}: {self.subject}" + (f" ({self.detail})" if self.detail else "")


def expect_facts(defence: Defence) -> frozenset[Fact]:
    """What is so right after the migration."""
    return frozenset(_expected(defence))


def compare(expected: Iterable[Fact], found: Iterable[Fact]) -> tuple[Drift, ...]:
    """Each difference, sorted by kind and subject; none where they are equal."""
    wanted, there = _by_subject(expected), _by_subject(found)
    drifts = []
    for kind, subject in sorted({*wanted, *there}):
        want, have = wanted.get((kind, subject)), there.get((kind, subject))
        if want == have:
            continue
        if have is None:
            drifts.append(Drift("missing", kind, subject, ""))
        elif want is None:
            of_ours = kind in ("view", "policy")
            drifts.append(Drift("extra", kind, subject, "" if of_ours else ", ".join(sorted(have - {""}))))
        else:
            drifts.append(Drift("changed", kind, subject, _changed(kind, want, have)))
    return tuple(drifts)


def _changed(kind: str, want: frozenset[str], have: frozenset[str]) -> str:
    if kind in ("view", "policy"):
        return "altered by hand" if "altered" in have else "of another policy or catalog"
    return (
        f"{', '.join(sorted(have - want))}" if have - want else f"without {', '.join(sorted(want - have))}"
    )


def _by_subject(facts: Iterable[Fact]) -> dict[tuple[str, str], frozenset[str]]:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for fact in facts:
        found[fact.kind, fact.subject].add(fact.value)
    return {key: frozenset(values) for key, values in found.items()}


def _expected(defence: Defence) -> Iterator[Fact]:
    names = defence.names
    for role in names.roles:
        yield Fact("role", role, NO_ATTRIBUTES)
    for schema in (names.home, *defence.view_schemas()):
        yield Fact("schema", schema, f"owner {names.views}")
        yield _grant(names.reader, f"schema {schema}", "USAGE")
    yield Fact("table", str(names.hash_key), f"owner {names.views}")
    for made in defence.made():
        yield Fact(made.kind, made.subject, made.source)
    yield _grant(names.reader, str(names.marker(defence.fingerprint)), "SELECT")
    looking = (names.views, *(names.writing if defence.writes else ()))
    for relation, _made in defence.looked_up:
        for role in looking:
            yield _grant(role, str(names.looked_up(relation.name)), "SELECT")
        yield _grant(names.rules, f"schema {relation.name.schema}", "USAGE")
        for column in relation.columns:
            yield _grant(names.rules, f"{relation.name} ({column.name})", "SELECT")
    for protected in defence.protected:
        name = protected.relation.name
        if protected.is_table:
            yield Fact("row security", str(name), "on")
        yield _grant(names.views, f"schema {name.schema}", "USAGE")
        for column in protected.relation.columns:
            yield _grant(names.views, f"{name} ({column.name})", "SELECT")
        if protected.view is not None:
            yield _grant(names.reader, str(names.view(name)), "SELECT")
        if protected.writable is not None:
            for role in names.writing:
                yield _grant(role, f"schema {name.schema}", "USAGE")
            for role, privilege, of in protected.writable.granted(names):
                yield _grant(role, f"{name} ({of})" if of else str(name), privilege)
    if defence.writes:
        for role, on, privilege in granted_journal(names):
            yield _grant(role, on, privilege)


def _grant(role: str, on: str, privilege: str) -> Fact:
    return Fact("grant", f"{on} to {role}", privilege)


def facts_query(names: Names) -> str:
    """SQL for what a database says now: rows of kind, subject and value.

    Any login may run it. The search path must be `pg_catalog, pg_temp`.
    """
    ours = ", ".join(map(literal, names.roles))
    policies = ", ".join(map(literal, names.policies))
    used = ", ".join(map(literal, (names.reader, *names.writing)))
    own_schema = (
        f"n.nspname = {literal(names.home)} OR obj_description(n.oid, 'pg_namespace') = {literal(MADE_BY)}"
        f" AND n.nspname LIKE {literal(names.reader.replace('_', chr(92) + '_') + chr(92) + '_%')}"
    )
    return f"""
WITH ours AS (SELECT oid, rolname FROM pg_roles WHERE rolname IN ({ours})),
-- What a superuser may do is not worth a list.
reader AS (SELECT oid FROM pg_roles WHERE rolname = {literal(names.reader)} AND NOT rolsuper),
own_schema AS (SELECT n.oid, n.nspname, n.nspowner FROM pg_namespace AS n WHERE {own_schema}),
relation AS (
    SELECT c.*, n.nspname || '.' || c.relname AS name, n.oid IN (SELECT oid FROM own_schema) AS is_ours
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_'
      AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
                      AND d.objid = c.oid AND d.deptype = 'e')
),
acl (subject, owner, grantee, privilege, is_sequence) AS (
    SELECT name, relowner, (entry).grantee, (entry).privilege_type, relkind = 'S'
    FROM (SELECT name, relkind, relowner, aclexplode(relacl) AS entry FROM relation) AS of_relation
    UNION ALL
    SELECT name || ' (' || attname || ')', relowner, (entry).grantee, (entry).privilege_type, false
    FROM (SELECT name, relowner, attname, aclexplode(attacl) AS entry
          FROM relation JOIN pg_attribute ON attrelid = relation.oid WHERE NOT attisdropped) AS of_column
    UNION ALL
    SELECT 'schema ' || nspname, nspowner, (entry).grantee, (entry).privilege_type, false
    FROM (SELECT nspname, nspowner, aclexplode(nspacl) AS entry FROM pg_namespace
          WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') AS of_schema
    WHERE NOT ((entry).grantee = 0 AND (entry).privilege_type = 'USAGE'
               AND nspname NOT IN (SELECT nspname FROM own_schema))
    UNION ALL
    SELECT 'what is made later in ' || coalesce(nspname, 'any schema'), defaclrole,
           (entry).grantee, (entry).privilege_type, false
    FROM (SELECT defaclnamespace, defaclrole, aclexplode(defaclacl) AS entry FROM pg_default_acl
          WHERE defaclobjtype IN ('r', 'n')) AS of_later
    LEFT JOIN pg_namespace AS n ON n.oid = defaclnamespace
)
SELECT 'role', rolname::text, coalesce(nullif(concat_ws(' ',
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolinherit THEN 'INHERIT' END,
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
    CASE WHEN rolbypassrls THEN 'BYPASSRLS' END), ''), {literal(NO_ATTRIBUTES)})
FROM pg_roles WHERE rolname IN ({ours})
UNION ALL
-- Our roles are members of nothing; the members of those that requests run as are logins, which must not be
-- above the rules.
SELECT 'member', pg_get_userbyid(member) || ' of ' || pg_get_userbyid(roleid), concat_ws(' ',
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END)
FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = member
WHERE member IN (SELECT oid FROM ours)
   OR roleid IN (SELECT oid FROM ours) AND (set_option OR inherit_option)
      AND (pg_get_userbyid(roleid) NOT IN ({used}) OR rolsuper OR rolbypassrls)
UNION ALL
SELECT 'schema', nspname, 'owner ' || pg_get_userbyid(nspowner) FROM own_schema
UNION ALL
SELECT 'table', name, 'owner ' || pg_get_userbyid(relowner) FROM relation WHERE is_ours AND relkind <> 'v'
UNION ALL
SELECT 'owned', name, 'owner ' || pg_get_userbyid(relowner) FROM relation
WHERE NOT is_ours AND relowner IN (SELECT oid FROM ours)
   OR relowner = (SELECT oid FROM reader)
UNION ALL
SELECT 'row security', name, 'on' FROM relation
WHERE relrowsecurity
  AND EXISTS (SELECT FROM pg_policy WHERE polrelid = relation.oid AND polname IN ({policies}))
UNION ALL
SELECT kind, subject,
       CASE WHEN noted LIKE 'nlq %' AND split_part(noted, ' ', 3) = digest THEN split_part(noted, ' ', 2)
            ELSE 'altered' END
FROM ({DEFINITIONS}) AS made
WHERE kind = 'view' AND schema IN (SELECT nspname FROM own_schema)
   OR kind = 'policy' AND (policy IN ({policies}) OR EXISTS (
        SELECT FROM pg_policy AS p JOIN ours ON ours.oid = ANY (p.polroles)
        WHERE p.oid = made.oid))
UNION ALL
SELECT 'grant', subject || ' to ' || CASE grantee WHEN 0 THEN 'everyone' ELSE pg_get_userbyid(grantee) END,
       privilege
FROM acl WHERE (grantee = 0 OR grantee IN (SELECT oid FROM ours)) AND grantee <> owner
  -- Which sequences the defaults of a table use is not known to a catalog: to take a number does no harm.
  AND NOT (is_sequence AND privilege = 'USAGE' AND pg_get_userbyid(grantee) = {literal(names.writer)})
UNION ALL
SELECT 'function', p.oid::regprocedure::text, 'the reader may call it'
FROM pg_proc AS p WHERE proname IN ({", ".join(map(literal, FORBIDDEN))})
  AND pronamespace = 'pg_catalog'::regnamespace
  AND has_function_privilege((SELECT oid FROM reader), p.oid, 'EXECUTE')
UNION ALL
SELECT 'function', p.oid::regprocedure::text,
       'the reader may call it, with the rights of ' || pg_get_userbyid(proowner)
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
WHERE prosecdef AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'
  AND has_function_privilege((SELECT oid FROM reader), p.oid, 'EXECUTE')
  AND has_schema_privilege((SELECT oid FROM reader), n.oid, 'USAGE')
UNION ALL
SELECT 'language', lanname, 'the reader may write in it' FROM pg_language
WHERE lanpltrusted AND has_language_privilege((SELECT oid FROM reader), oid, 'USAGE')
UNION ALL
SELECT 'database', datname, 'the reader may make temporary tables' FROM pg_database
WHERE datname = current_database() AND has_database_privilege((SELECT oid FROM reader), oid, 'TEMPORARY')
"""
