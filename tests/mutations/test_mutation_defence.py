"""Changes of a Postgres database that enforces the policy itself: alone, and beside the guard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from mutations.blog import ANA, BLOG, NOW, POLICY, ROLE, ROOT, Blog, defended_blog

from nlq.catalog.ddl import catalog_from_ddl
from nlq.defence import compare, expect_facts, fingerprint, identify, make_defence
from nlq.defence.identity import CLAIMS, ROLES
from nlq.engine.postgres import PostgresEngine
from nlq.engine.work import Undo
from nlq.engine.writing import Changed, Terms
from nlq.errors import NlqError
from nlq.guard.rows import target_of
from nlq.plan.bind_steps import key_of
from nlq.policy import Principal
from nlq.policy.load import load_policy

LIKES = "SELECT user_id, post_id FROM likes ORDER BY 1, 2"
POSTS = "SELECT id, title, views FROM posts ORDER BY id"
TITLES = [(1, "One", 5), (2, "Two", 0), (3, "Three", 7), (4, "Four", 1)]


@pytest.fixture
def blog(make_database: Any) -> Iterator[Blog]:
    blog = Blog.defended(make_database("postgres", defended_blog()))
    yield blog
    blog.close()


def run_raw(blog: Blog, sql: str, role: str, principal: Principal = ANA) -> int | str:
    """SQL that nothing has looked at, run as a role of the database: how many rows, or why not."""
    assert isinstance(blog.engine, PostgresEngine)
    identity = identify(blog.policy, principal, blog.enforced)
    with psycopg.connect(blog.engine.conninfo) as connection:
        connection.execute(f"SET LOCAL {ROLES} = '{identity.roles_text()}'".encode())
        connection.execute(f"SET LOCAL {CLAIMS} = '{identity.claims_text()}'".encode())
        connection.execute(f"SET LOCAL ROLE {role}".encode())
        try:
            return connection.execute(sql.encode()).rowcount
        except psycopg.errors.InsufficientPrivilege as error:
            connection.rollback()
            return "rows" if "row-level" in str(error) else "grant"


DIRECT = {
    "one's own row": ("UPDATE posts SET title = 'x' WHERE id = 1", ANA, 1),
    "every row": ("UPDATE posts SET title = 'x'", ANA, 2),
    "another's row": ("UPDATE posts SET title = 'x' WHERE id = 3", ANA, 0),
    "a row that is not seen": ("UPDATE posts SET title = 'x' WHERE id = 4", ANA, 0),
    "an admin's": ("UPDATE posts SET title = 'x'", ROOT, 4),
    "given away": ("UPDATE posts SET author_id = 2 WHERE id = 1", ANA, "rows"),
    "a column that is not writable": ("UPDATE posts SET views = 9 WHERE id = 1", ANA, "grant"),
    "a hidden column": ("UPDATE posts SET secret = 'x' WHERE id = 1", ANA, "grant"),
    "no rule for updates": ("UPDATE likes SET post_id = 2 WHERE user_id = 1", ANA, "grant"),
    "a draft": ("DELETE FROM posts WHERE author_id = 1", ANA, 1),
    "another's draft": ("DELETE FROM posts WHERE id = 4", ANA, 0),
    "a like": ("INSERT INTO likes VALUES (1, 1)", ANA, 1),
    "another's like": ("INSERT INTO likes VALUES (3, 1)", ANA, "rows"),
    "whole table": ("TRUNCATE likes", ANA, "grant"),
    "whoever is nobody": ("UPDATE posts SET title = 'x'", Principal(), 0),
    "a relation without rules": ("DELETE FROM tags", ANA, "grant"),
}


def test_the_database_alone(blog: Blog) -> None:
    found = {name: run_raw(blog, sql, f"{ROLE}_writer", who) for name, (sql, who, _) in DIRECT.items()}
    assert found == {name: wanted for name, (_, _, wanted) in DIRECT.items()}


def test_the_role_that_drafts_run_as_changes_nothing(blog: Blog) -> None:
    found = {name: run_raw(blog, sql, ROLE) for name, (sql, _, _) in DIRECT.items()}
    view = f"UPDATE {ROLE}_public.posts SET title = 'x'"
    assert ({*found.values()}, run_raw(blog, view, ROLE)) == ({"grant"}, "grant")
    journal = "SELECT count(*) FROM nlq_journal.changes"
    assert (run_raw(blog, journal, ROLE), run_raw(blog, journal, f"{ROLE}_writer")) == ("grant", 1)


def undo(blog: Blog, done: Changed, principal: Principal = ANA) -> Changed:
    targets = {
        (r.name.schema, r.name.name): target_of(r, key_of(r), None, "postgres", ROLE)
        for r in blog.catalog
        if key_of(r)
    }
    terms = Terms(100, 20.0, NOW, id=f"u{done.id}", who=repr(principal.id))
    identity = identify(blog.policy, principal, blog.enforced)
    undone = blog.engine.write(Undo(done.id, targets, everyone=False), terms, identity=identity)
    assert isinstance(undone, Changed)
    return undone


UNDONE = {
    "update": "UPDATE posts SET title = title || '!' WHERE id > 0",
    "delete": "DELETE FROM posts WHERE id = 2",
    "create": "INSERT INTO posts (title) VALUES ('New')",
    "toggle": "DELETE FROM likes WHERE post_id = 3",
}


@pytest.mark.parametrize("draft", UNDONE.values(), ids=UNDONE)
def test_a_change_is_undone_and_done_again(blog: Blog, draft: str) -> None:
    everything = "SELECT * FROM posts ORDER BY id"
    before = blog.rows(everything), blog.rows(LIKES)
    done = blog.make(draft)
    after = blog.rows(everything), blog.rows(LIKES)
    assert after != before
    undone = undo(blog, done)
    assert (blog.rows(everything), blog.rows(LIKES)) == before
    undo(blog, undone)
    assert (blog.rows(everything), blog.rows(LIKES)) == after


def test_a_guard_that_forgets_the_rules_changes_no_other_row(blog: Blog) -> None:
    """What the guard finds is not believed: its view of the rows, and the rows themselves, have rules."""
    blog.policy = load_policy(
        POLICY.replace('update = [{ sql = "author_id = :me.id" }, { roles = ["admin"] }]', "update = true")
        .replace('create = { sql = "user_id = :me.id" }', "create = true"),
        blog.catalog,
    )  # fmt: skip
    assert blog.make("UPDATE posts SET title = 'x' WHERE id > 0").count == 2
    with pytest.raises(NlqError) as caught:
        blog.make("INSERT INTO likes (user_id, post_id) VALUES (3, 1)")
    assert caught.value.code == "policy.denied"
    assert blog.rows(POSTS) == [(1, "x", 5), (2, "x", 0), *TITLES[2:]]


def test_rules_of_another_day_change_nothing(blog: Blog) -> None:
    blog.policy = load_policy(POLICY.replace("author_id = :me.id AND status", "status"), blog.catalog)
    blog.enforced = fingerprint(blog.policy, writes=True)
    with pytest.raises(NlqError) as caught:
        blog.make("DELETE FROM posts WHERE id = 2")
    assert (caught.value.code, blog.rows(POSTS)) == ("engine.undefended", TITLES)


def drift(blog: Blog) -> list[str]:
    assert isinstance(blog.engine, PostgresEngine) and blog.names is not None
    made = make_defence(blog.policy, blog.engine.introspect(), ROLE, writes=True)
    return sorted(map(str, compare(expect_facts(made), blog.engine.read_facts(blog.names))))


BY_HAND = {
    "nothing": ("SELECT 1", []),
    "a policy": (
        f'DROP POLICY "{ROLE}_writes update" ON posts',
        [f"missing policy: {ROLE}_writes update on public.posts"],
    ),
    "a grant": (
        f"GRANT UPDATE (views) ON posts TO {ROLE}_writer",
        [f"changed grant: public.posts (views) to {ROLE}_writer (UPDATE)"],
    ),
    "the journal": (
        f"GRANT SELECT ON nlq_journal.changes TO {ROLE}",
        [f"extra grant: nlq_journal.changes to {ROLE} (SELECT)"],
    ),
}


def test_what_is_done_by_hand_is_told(blog: Blog) -> None:
    assert isinstance(blog.owner, PostgresEngine)
    found = {}
    with psycopg.connect(blog.owner.conninfo, autocommit=True) as connection:
        # What is granted on a database is not copied with it.
        connection.execute(f'REVOKE TEMPORARY ON DATABASE "{connection.info.dbname}" FROM PUBLIC'.encode())
        for name, (sql, _) in BY_HAND.items():
            connection.execute(sql.encode())
            found[name] = drift(blog)
    told: list[str] = []
    for name, (_, own) in BY_HAND.items():
        told = sorted([*told, *own])
        assert found[name] == told, name


def test_without_changes_nobody_writes() -> None:
    catalog = catalog_from_ddl(BLOG.partition("INSERT INTO")[0], "postgres")
    made = make_defence(load_policy(POLICY, catalog), catalog, "r")
    assert {f.value for f in expect_facts(made) if f.kind == "grant"} == {"SELECT", "USAGE"}
