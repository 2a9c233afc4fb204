"""Drafts to statements, and drafts that never become one: whole texts, on one small catalog."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from nlq.catalog import Catalog, Dialect, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.errors import NlqError, PolicyError
from nlq.guard import Statement, guard
from nlq.guard.predicate import require_applicable
from nlq.plan import Plan, Slot, check
from nlq.policy import OWNER, Policy, Principal, decide_read, visible
from nlq.policy.english import Grant
from nlq.policy.load import CompiledRule, load_policy
from nlq.policy.rules import OPEN

DDL = """
CREATE TABLE users (id INT PRIMARY KEY, name TEXT, email TEXT, team_id INT);
CREATE TABLE posts (
    id INT PRIMARY KEY, title TEXT, status TEXT, author_id INT REFERENCES users (id), likes INT
);
CREATE TABLE secrets (id INT PRIMARY KEY, code TEXT);
"""
POLICY = """
[principals.ann]
id = 7
roles = ["reader"]
team_id = 3

[relations.users]
read = true
[relations.users.columns]
email = "hidden"

[relations.posts]
read = [
    { sql = "author_id = :me.id" },
    { roles = ["editor"], sql = "EXISTS (SELECT 1 FROM users WHERE users.id = posts.author_id AND users.team_id = :me.team_id)" },
]
"""  # noqa: E501  # a rule is one line
DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite")


def catalog_of(dialect: Dialect) -> Catalog:
    return catalog_from_ddl(DDL, dialect)


def plan_of(sql: str, catalog: Catalog, *slots: Slot) -> Plan:
    checked = check(sql, catalog, slots=slots)
    return Plan("query", sql, catalog.dialect, "", checked.sql, checked.parameters, (), checked.depends,
                checked.explanation)  # fmt: skip


def statement(sql: str, principal: Principal, policy: Policy, dialect: Dialect = "duckdb") -> Statement:
    catalog = catalog_of(dialect)
    seen = visible(policy, principal, catalog)
    return guard(plan_of(sql, seen), policy, principal, catalog, seen)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(POLICY, catalog_of("duckdb"))


@pytest.fixture(scope="module")
def ann(policy: Policy) -> Principal:
    return policy.principals["ann"]


RESTRICTED = '(SELECT "__pol"."id", "__pol"."title", "__pol"."status", "__pol"."author_id", "__pol"."likes" FROM "main"."posts" AS "__pol" WHERE "__pol"."author_id" = $2)'  # noqa: E501  # one statement


def test_a_row_rule_is_a_subquery(policy: Policy, ann: Principal) -> None:
    made = statement("SELECT title FROM posts", ann, policy)
    assert made.sql == f'SELECT "posts"."title" FROM {RESTRICTED} AS "posts" LIMIT CAST($1 AS BIGINT)'
    assert made.arguments == ("__limit", "me.id")
    assert [(str(d.relation), d.effect) for d in made.decisions] == [("main.posts", "filtered")]


def test_every_mention_is_restricted(policy: Policy, ann: Principal) -> None:
    made = statement(
        "WITH p AS (SELECT id FROM posts) SELECT u.name FROM users u LEFT JOIN posts q ON author_id = u.id"
        " WHERE EXISTS (SELECT 1 FROM posts r WHERE r.id = q.id) AND u.id IN (SELECT id FROM p)",
        ann,
        policy,
    )
    assert made.sql.count('FROM "main"."posts" AS "__pol" WHERE "__pol"."author_id" = $') == 3
    assert '"main"."posts" AS "posts"' not in made.sql


def test_a_hidden_column_is_not_in_the_subquery(policy: Policy, ann: Principal) -> None:
    made = statement("SELECT name FROM users", ann, policy)
    assert (
        '(SELECT "__pol"."id", "__pol"."name", "__pol"."team_id" FROM "main"."users" AS "__pol")'
        in made.sql
    )


def test_several_rules_are_alternatives_behind_a_barrier(policy: Policy, ann: Principal) -> None:
    editor = replace(ann, roles=frozenset({"editor"}))
    made = statement("SELECT title FROM posts", editor, policy)
    assert ' OR EXISTS(SELECT 1 FROM "main"."users" AS "users" WHERE ' in made.sql
    assert " OFFSET 0) AS " in made.sql
    assert set(made.arguments) == {"__limit", "me.id", "me.team_id"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_cast_is_kept_behind_a_barrier(policy: Policy, ann: Principal, dialect: Dialect) -> None:
    rules = load_policy(POLICY, catalog_of(dialect))
    made = statement("SELECT title FROM posts WHERE CAST(title AS INT) > 3", ann, rules, dialect)
    assert ("LIMIT -1 OFFSET 0" if dialect == "sqlite" else "OFFSET 0") in made.sql


def test_the_owner_reads_the_relations_themselves() -> None:
    made = statement("SELECT title FROM posts LIMIT 3", OWNER, OPEN)
    assert made.sql == 'SELECT "posts"."title" FROM "main"."posts" AS "posts" LIMIT 3'
    assert made.arguments == ()


def test_without_a_rule_nothing_is_there(policy: Policy, ann: Principal) -> None:
    for name in ("secrets", "nothing"):
        with pytest.raises(NlqError) as caught:
            statement(f"SELECT * FROM {name}", ann, policy)
        assert (caught.value.code, caught.value.message) == (
            "plan.unknown_relation",
            f"unknown relation `{name}`",
        )


def test_a_rule_that_cannot_be_applied_denies(policy: Policy, ann: Principal) -> None:
    broken = load_policy('[relations.posts]\nread = { sql = "nosuch = :me.id" }', catalog_of("duckdb"))
    with pytest.raises(PolicyError) as caught:
        statement("SELECT title FROM posts", ann, broken)
    assert caught.value.code == "policy.rule_failed"


def test_a_plan_of_one_who_sees_more_is_stale_for_one_who_sees_less(policy: Policy, ann: Principal) -> None:
    catalog = catalog_of("duckdb")
    plan = plan_of("SELECT email FROM users", catalog)
    with pytest.raises(NlqError) as caught:
        guard(plan, policy, ann, catalog, visible(policy, ann, catalog))
    assert caught.value.code == "store.stale"


def test_an_altered_plan_is_refused(policy: Policy, ann: Principal) -> None:
    catalog = catalog_of("duckdb")
    seen = visible(policy, ann, catalog)
    plan = plan_of("SELECT title FROM posts", seen)
    for sql in (
        'SELECT "secrets"."code" FROM "main"."secrets" AS "secrets"',
        plan.sql + "; DROP TABLE users",
        plan.sql.replace("title", "status"),
        "garbage",
    ):
        with pytest.raises(NlqError) as caught:
            guard(replace(plan, sql=sql), policy, ann, catalog, seen)
        assert caught.value.code in ("store.invalid", "store.stale")


REFUSED = [
    ("SELECT 1; SELECT 2", "plan.unsupported"),
    ("DELETE FROM users", "plan.unsupported"),
    ("INSERT INTO users VALUES (1)", "plan.unsupported"),
    ("UPDATE users SET name = 'x'", "plan.unsupported"),
    ("DROP TABLE users", "plan.unsupported"),
    ("CREATE TABLE x AS SELECT 1", "plan.unsupported"),
    ("SET x = 1", "plan.unsupported"),
    ("EXPLAIN SELECT 1", "plan.unsupported"),
    ("WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d", "plan.unsupported"),
    ("SELECT name INTO x FROM users", "plan.unsupported"),
    ("SELECT name FROM users FOR UPDATE", "plan.unsupported"),
    ("SELECT pg_sleep(10)", "plan.unsupported"),
    ("SELECT set_config('a', 'b', false)", "plan.unsupported"),
    ("SELECT nextval('s')", "plan.unsupported"),
    ("SELECT lo_import('/etc/passwd')", "plan.unsupported"),
    ("SELECT query_to_xml('select 1', true, true, '')", "plan.unsupported"),
    ("SELECT repeat('x', 1000000000)", "plan.unsupported"),
    ("SELECT load_extension('x')", "plan.unsupported"),
    ("SELECT 'users'::regclass", "plan.unsupported"),
    ("SELECT * FROM information_schema.tables", "plan.unknown_relation"),
    ("SELECT * FROM pg_catalog.pg_class", "plan.unknown_relation"),
    ("SELECT * FROM sqlite_master", "plan.unknown_relation"),
    ("SELECT users FROM users", "plan.unknown_column"),
    ("SELECT nosuch FROM users", "plan.unknown_column"),
    ("WITH users AS (SELECT * FROM users) SELECT * FROM users", "plan.reserved_name"),
    ("SELECT id AS __pol FROM users", "plan.reserved_name"),
    ("SELECT __pol.email FROM users AS __pol", "plan.reserved_name"),
    ("SELECT a FROM users AS u(a)", "plan.unsupported"),
    ("SELECT name FROM users WHERE id = :me", "plan.parameter"),
    ("SELECT name FROM users LIMIT :__limit", "plan.parameter"),
    ("SELECT name FROM users WHERE id = 1or 1 = 1", "plan.syntax"),
    ("SELECT name FROM users WHERE name = 'a\x00b'", "plan.syntax"),
    ("SELECT name FROM users\u00a0WHERE id = 1", "plan.syntax"),
    ("SELECT " + "(" * 60 + "1" + ")" * 60, "plan.too_complex"),
    ("SELECT 1 WHERE 1 IN (" + ", ".join("1" * 600) + ")", "plan.too_complex"),
    ("SELECT '" + "x" * 30_000 + "'", "plan.too_complex"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("sql", "code"), REFUSED, ids=[s[:40] for s, _ in REFUSED])
def test_what_is_refused(sql: str, code: str, dialect: Dialect) -> None:
    with pytest.raises(NlqError) as caught:
        check(sql, catalog_of(dialect))
    assert caught.value.code in (code, "plan.syntax", "plan.unsupported")
    if code not in ("plan.unsupported", "plan.syntax"):
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        pytest.param("SELECT * FROM read_csv('/etc/passwd')", "duckdb", id="duckdb file"),
        pytest.param("SELECT * FROM '/etc/passwd'", "duckdb", id="duckdb file name"),
        pytest.param("SELECT * FROM query('SELECT 1')", "duckdb", id="duckdb query()"),
        pytest.param("SELECT * FROM duckdb_tables()", "duckdb", id="duckdb catalog"),
        pytest.param("SELECT COLUMNS('.*') FROM users", "duckdb", id="duckdb columns()"),
        pytest.param("SUMMARIZE users", "duckdb", id="duckdb summarize"),
        pytest.param("SELECT * FROM generate_series(1, 1000000000)", "postgres", id="series"),
        pytest.param("SELECT name FROM users TABLESAMPLE SYSTEM (10)", "postgres", id="sample"),
        pytest.param("SELECT (users).email FROM users", "postgres", id="field of a row"),
        pytest.param("SELECT row_to_json(u) FROM users u", "postgres", id="row to json"),
        pytest.param("PRAGMA table_info(users)", "sqlite", id="pragma"),
        pytest.param("SELECT * FROM pragma_table_info('users')", "sqlite", id="pragma function"),
    ],
)
def test_what_an_engine_alone_would_do(sql: str, dialect: Dialect) -> None:
    with pytest.raises(NlqError) as caught:
        check(sql, catalog_of(dialect))
    assert caught.value.code.startswith("plan.")


ORDINARY = [
    "SELECT u.name, COUNT(*) n FROM users u JOIN posts p ON p.author_id = u.id GROUP BY u.name ORDER BY n",
    "SELECT title, ROW_NUMBER() OVER (PARTITION BY author_id ORDER BY likes DESC) AS r FROM posts",
    "WITH best AS (SELECT author_id, MAX(likes) AS m FROM posts GROUP BY 1) SELECT * FROM best WHERE m > 3",
    "SELECT CASE WHEN likes > 10 THEN 'many' ELSE 'few' END AS size, COUNT(*) FROM posts GROUP BY 1",
    "SELECT name FROM users WHERE id NOT IN (SELECT author_id FROM posts WHERE author_id IS NOT NULL)",
    "SELECT ROUND(100.0 * SUM(CASE WHEN status = 'draft' THEN 1 ELSE 0 END) / COUNT(*), 2) FROM posts",
    "SELECT name FROM users UNION SELECT title FROM posts ORDER BY 1 LIMIT 3 OFFSET 1",
    "SELECT COALESCE(LOWER(title), '-') || '!' FROM posts WHERE title LIKE 'a%' AND likes BETWEEN 1 AND 9",
    "SELECT DISTINCT status FROM posts WHERE EXISTS (SELECT 1 FROM users WHERE users.id = posts.author_id)",
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", ORDINARY, ids=range(len(ORDINARY)))
def test_ordinary_queries_pass_and_pass_again(sql: str, dialect: Dialect) -> None:
    catalog = catalog_of(dialect)
    once = check(sql, catalog)
    assert check(once.sql, catalog).sql == once.sql


def test_literals_are_lifted_where_they_stand_once() -> None:
    slots = (Slot("p1", 100, "integer"), Slot("p2", 3, "integer"), Slot("p3", "draft", "text"))
    checked = check(
        "SELECT title FROM posts WHERE likes > 100 AND status = 'draft' AND id <> 3 LIMIT 3",
        catalog_of("duckdb"),
        slots=slots,
    )
    assert [(p.name, p.family) for p in checked.parameters] == [("p1", "integer"), ("p3", "text")]
    assert ":p1" in checked.sql
    assert ":p3" in checked.sql


POLICY_ERRORS = [
    ("[relations.nope]\nread = true", "the policy names a relation `nope` that the database does not have"),
    ("[relations.users]\nread = true\nwrite = true", "unknown key `write` in the rules of `users`"),
    ("[relations.users]\nread = 3", "a read rule of `users` is not a rule: `3`"),
    ("[relations.users]\nread = {}", "a read rule of `users` is empty"),
    ("[relations.users]\nread = ''", "a read rule of `users` is empty"),
    ("[relations.users]\nread = { roles = [] }", "`roles` in a read rule of `users` is empty"),
    ("[relations.users]\nupdate = { sql = 3 }", "`sql` in an update rule of `users` is not text"),
    (
        "[relations.users]\nread = { sql = 'id = 1', english = 'the first' }",
        "a read rule of `users` has both `sql` and `english`",
    ),
    ("[relations.users]\n[relations.'main.users']", "the policy has rules for `main.users` twice"),
    ('[relations.users.columns]\nemail = "secret"', "the rule for `email` of `users` is `secret`"),
    ("[relations.users.columns]\nemail = {}", "the rule for `email` of `users` is `{}`"),
    (
        '[relations.users.columns]\nemail = { mask = "blur" }',
        "the rule for `email` of `users` has the mask `blur`",
    ),
    (
        '[relations.users.columns]\nemail = { mask = "hash", last = 4 }',
        "the rule for `email` of `users`: the mask `hash` takes no `last`",
    ),
    (
        '[relations.users.columns]\nemail = { mask = "null", hidden = true }',
        "the rule for `email` of `users` has `hidden` and `mask`",
    ),
    (
        '[relations.users.columns]\nemail = { mask = "rounded", to = 1 }',
        "the rule for `email` of `users`: `to` is `1`",
    ),
    (
        "[relations.users.columns]\nemail = { aggregate = true }",
        "the rule for `email` of `users`: `aggregate` is `True`",
    ),
    (
        '[relations.users.columns]\nemail = { except = ["hr"] }',
        "the rule for `email` of `users` has an exception from nothing",
    ),
    (
        '[relations.users.columns]\nemail = { hidden = true, except = "hr" }',
        "the rule for `email` of `users`: `except` is not a list of roles",
    ),
    (
        "[relations.users.columns]\nemail = { hiden = true }",
        "unknown key `hiden` in the rule for `email` of `users`",
    ),
    ("[claims]\nid = 'number'", "the type of the claim `id` is `number`"),
    ("[claims]\nteams = ['uuid']", "the type of the claim `teams` is `['uuid']`"),
    ("[roles]\nadmin = 3", "the role `admin` is not a table"),
    ("[principals.x]\nroles = 3", "`roles` of the principal `x` is not a list of names"),
]


@pytest.mark.parametrize(("text", "message"), POLICY_ERRORS, ids=[m[:40] for _, m in POLICY_ERRORS])
def test_policies_are_read_strictly(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(text, catalog_of("duckdb"))
    assert caught.value.message == message


INAPPLICABLE = [
    ('name = { mask = "rounded", to = 10 }', "`name` of `users` is `TEXT`, and cannot be rounded to that"),
    ('id = { mask = "rounded", to = "day" }', "`id` of `users` is `INT`, and cannot be rounded to that"),
    ("name = { aggregate = 5 }", "`name` of `users` is `TEXT`, and cannot be added up"),
    ("nam = 'hidden'", "the policy names a column `nam` that `users` does not have"),
]


@pytest.mark.parametrize(("rule", "message"), INAPPLICABLE, ids=[m for _, m in INAPPLICABLE])
def test_rules_that_no_column_can_have(rule: str, message: str) -> None:
    catalog = catalog_of("duckdb")
    with pytest.raises(PolicyError) as caught:
        require_applicable(load_policy(f"[relations.users.columns]\n{rule}", catalog), catalog)
    assert caught.value.message == message


def test_a_rule_in_english_grants_nothing_before_its_review() -> None:
    catalog = catalog_of("duckdb")
    text = "[relations.users]\nread = '  anyone   at all '"
    name = RelationName("main", "users")
    reach = []
    grants = (Grant(frozenset(), "TRUE"),)
    for book in (None, CompiledRule(grants, reviewed=False), CompiledRule(grants, reviewed=True)):
        policy = load_policy(text, catalog, lambda _name, _action, _english, book=book: book)
        assert policy.relations[name].read[0].english == "anyone at all"
        reach.append(decide_read(policy, Principal(id=1), name).predicates)
    assert reach == [(), (), ("TRUE",)]


def test_roles_include_others_however_deep_and_in_circles() -> None:
    rules = MappingProxyType({"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"a"})})
    policy = Policy(includes=rules)
    assert policy.effective_roles(Principal(roles=frozenset({"a"}))) == {"a", "b", "c"}
    assert policy.scope(Principal(roles=frozenset({"a"}))) == "roles:"
