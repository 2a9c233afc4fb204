"""Changes on real databases: what is changed, what is refused, and that then nothing is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest
from mutations.blog import ANA, BLOG, NOW, ROOT, Blog

from nlq.errors import NlqError
from nlq.guard import Statement
from nlq.policy import OWNER, Principal

POSTS = "SELECT id, author_id, title, CAST(status AS TEXT), views, price FROM posts ORDER BY id"
BEFORE = [
    (1, 1, "One", "published", 5, Decimal("1.50")),
    (2, 1, "Two", "draft", 0, None),
    (3, 2, "Three", "published", 7, Decimal("0.05")),
    (4, 3, "Four", "draft", 1, Decimal("9.99")),
]


def test_an_update_touches_the_rows_that_may_be_updated(blog: Blog) -> None:
    done = blog.make("UPDATE posts SET title = title || '!', price = price * 1.1 WHERE id > 0")
    assert done.count == 2
    assert blog.rows(POSTS) == [
        (1, 1, "One!", "published", 5, Decimal("1.65")),
        (2, 1, "Two!", "draft", 0, None),
        *BEFORE[2:],
    ]
    effect = done.effects[0]
    assert (effect.action, effect.relation, effect.shown) == (
        "update", "posts", ("id", "author_id", "title", "status", "views", "price", "created_at"),
    )  # fmt: skip
    assert [r[:4] for r in effect.seen_before] == [
        ("1", "1", "One", "published"),
        ("2", "1", "Two", "draft"),
    ]
    assert [r[2] for r in effect.seen_after] == ["One!", "Two!"]


def test_values_of_an_enumerated_type_are_computed(blog: Blog) -> None:
    value = "CASE WHEN status = 'draft' THEN 'published' ELSE 'archived' END"
    blog.make(f"UPDATE posts SET status = {value} WHERE id < 9")
    assert [r[3] for r in blog.rows(POSTS)] == ["archived", "published", "published", "draft"]


def test_a_row_is_made_with_all_that_the_schema_knows(blog: Blog) -> None:
    done = blog.make("INSERT INTO posts (id, title) VALUES (1, :title)", params={"title": "New"})
    assert [r.key for r in done.effects[0].rows] == [("5",)]
    assert blog.rows("SELECT * FROM posts WHERE id = 5") == [(5, 1, "New", "draft", 0, None, None, NOW)]


TOGGLE = """
IF EXISTS (SELECT 1 FROM likes WHERE user_id = :me.id AND post_id = :post_id) THEN
  DELETE FROM likes WHERE user_id = :me.id AND post_id = :post_id;
ELSE
  INSERT INTO likes (user_id, post_id) VALUES (:me.id, :post_id);
END IF;
"""


def test_a_toggle(blog: Blog) -> None:
    states = []
    for _ in range(3):
        blog.make(TOGGLE, params={"post_id": 1})
        states.append(blog.rows("SELECT * FROM likes ORDER BY 1, 2"))
    assert states == [[(1, 1), (1, 3), (2, 1)], [(1, 3), (2, 1)], [(1, 1), (1, 3), (2, 1)]]


def test_a_parent_with_its_children(blog: Blog) -> None:
    draft = (
        "INSERT INTO posts (title) VALUES ('P');"
        "INSERT INTO likes (user_id, post_id) SELECT :me.id, :new.posts.id;"
        "INSERT INTO tags (post_id, word) VALUES (:new.posts.id, 'a')"
    )
    with pytest.raises(NlqError, match="`tags` has no key"):
        blog.make(draft)
    blog.make(draft.rpartition(";INSERT INTO tags")[0])
    assert blog.rows("SELECT * FROM likes ORDER BY 1, 2") == [(1, 3), (1, 5), (2, 1)]


def test_an_upsert(blog: Blog) -> None:
    draft = (
        "INSERT INTO users (id, name) VALUES (:id, :name)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name"
    )
    blog.make(draft, ROOT, {"id": 7, "name": "Di"})
    assert blog.rows("SELECT id, name FROM users WHERE id = 7") == [(7, "Di")]
    blog.make("UPDATE users SET name = 'An' WHERE id = 1")
    assert blog.rows("SELECT name FROM users WHERE id = 1") == [("An",)]


REFUSED = {
    "another's row": ("UPDATE posts SET author_id = 2 WHERE id = 2", "policy.denied"),
    "created for another": ("INSERT INTO posts (title, author_id) VALUES ('x', 2)", "policy.denied"),
    "liked for another": ("INSERT INTO likes (user_id, post_id) VALUES (3, 1)", "policy.denied"),
    "no rule": ("UPDATE likes SET post_id = 1 WHERE user_id = 1", "policy.denied"),
    "a column that is not writable": ("UPDATE posts SET views = 100 WHERE id = 1", "policy.denied"),
    "a hidden column": ("UPDATE posts SET secret = 'x' WHERE id = 1", "plan.unknown_column"),
    "a condition on a hidden column": (
        "UPDATE posts SET title = 'x' WHERE secret = 'plugh'",
        "plan.unknown_column",
    ),
    "a hidden column on the right": ("UPDATE posts SET title = secret WHERE id = 1", "plan.unknown_column"),
    "no such reference": ("INSERT INTO likes (user_id, post_id) VALUES (:me.id, 99)", "change.constraint"),
    "twice": ("INSERT INTO likes (user_id, post_id) VALUES (:me.id, 3)", "change.constraint"),
    "nothing where something must be": ("UPDATE posts SET title = NULL WHERE id = 1", "change.constraint"),
    "more than the limit": ("UPDATE posts SET title = 'x' WHERE id < 100", "change.too_many"),
    "halfway": (
        "UPDATE posts SET title = 'x' WHERE id = 1; INSERT INTO likes (user_id, post_id) VALUES (3, 1)",
        "policy.denied",
    ),
    "a value that is none": ("UPDATE posts SET price = 'much' WHERE id = 1", "engine.failed"),
    "the journal": ("DELETE FROM nlq_journal.changes WHERE id = 'x'", "plan.unknown_relation"),
}


@pytest.mark.parametrize(("draft", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(blog: Blog, draft: str, code: str) -> None:
    likes = blog.rows("SELECT * FROM likes ORDER BY 1, 2")
    with pytest.raises(NlqError) as caught:
        blog.make(draft, limit=1 if code == "change.too_many" else 100)
    assert caught.value.code == code
    assert (blog.rows(POSTS), blog.rows("SELECT * FROM likes ORDER BY 1, 2")) == (BEFORE, likes)


CONSTRAINTS = {
    "unique": (
        "INSERT INTO users (id, name, email) VALUES (:id, 'Di', 'ana@example.org')",
        "`users` has another row with the same `email`",
    ),
    "missing": ("UPDATE users SET name = NULL WHERE id = 2", "`name` of `users` has to have a value"),
    "check": (
        "UPDATE posts SET views = -1 WHERE id = 1",
        "`views` of `posts` is not what its constraint allows",
    ),
    "referred": ("DELETE FROM users WHERE id = 1", "other rows depend on a row of `users`"),
}


@pytest.mark.parametrize("blog", ["duckdb", "postgres"], indirect=True)
@pytest.mark.parametrize(("draft", "message"), CONSTRAINTS.values(), ids=CONSTRAINTS)
def test_a_constraint_is_told_by_its_field(blog: Blog, draft: str, message: str) -> None:
    with pytest.raises(NlqError) as caught:
        blog.make(draft, OWNER, {"id": 8} if ":id" in draft else None)
    assert (caught.value.code, caught.value.message) == ("change.constraint", message)


def test_a_masked_column_is_compared_by_its_mask(blog: Blog) -> None:
    done = blog.make("UPDATE users SET name = 'x' WHERE email = 'ana@example.org'")
    assert done.count == 0
    assert (
        blog.make("UPDATE users SET name = 'x' WHERE id < 9").effects[0].seen_after[0][2]
        != "ana@example.org"
    )


def test_who_is_nobody_changes_nothing(blog: Blog) -> None:
    assert blog.make("UPDATE posts SET title = 'x' WHERE id < 9", Principal()).count == 0


def test_a_trial_changes_nothing(blog: Blog) -> None:
    tried = blog.make("DELETE FROM posts WHERE id < 9", commit=False)
    assert [r.key for r in tried.effects[0].rows] == [("2",)]
    assert blog.rows(POSTS) == BEFORE
    done = blog.make("DELETE FROM posts WHERE id < 9", expected=tried.digest)
    assert (done.digest, blog.rows(POSTS)) == (tried.digest, [BEFORE[0], *BEFORE[2:]])


def test_what_was_approved_is_not_done_to_other_data(blog: Blog) -> None:
    draft = "UPDATE posts SET title = 'x' WHERE id = 1"
    tried = blog.make(draft, commit=False)
    blog.make("UPDATE posts SET title = 'y' WHERE id = 1")
    with pytest.raises(NlqError) as caught:
        blog.make(draft, expected=tried.digest)
    assert caught.value.code == "change.moved_on"
    assert blog.rows("SELECT title FROM posts WHERE id = 1") == [("y",)]


def test_the_same_call_is_done_once(blog: Blog) -> None:
    draft = "INSERT INTO posts (title) VALUES ('once')"
    first = blog.make(draft, repeat=("key", "body"))
    again = blog.make(draft, repeat=("key", "body"))
    assert (again.effects, again.id, again.repeated) == (first.effects, first.id, True)
    with pytest.raises(NlqError) as caught:
        blog.make(draft, repeat=("key", "other"))
    assert caught.value.code == "change.key_reused"
    assert len(blog.rows(POSTS)) == 5


def test_the_journal_is_in_no_catalog(blog: Blog) -> None:
    before = blog.catalog
    blog.make("UPDATE posts SET title = 'x' WHERE id = 1", ANA)
    assert blog.catalog == before


def test_nothing_is_prepared_in_a_session_that_a_pooler_shares(
    make_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Statement("SELECT name FROM pg_catalog.pg_prepared_statements", "postgres", (), "test", ())
    change = "UPDATE posts SET title = 'New' WHERE id = 1"
    found = {}
    for backend in ("ours", "another"):
        if backend == "another":
            monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", -1)
        blog = Blog.open(make_database("postgres", BLOG))
        try:
            counts = [blog.make(change).count for _ in range(3)]
            found[backend] = (counts, bool(blog.engine.run(kept, {}, limit=9, timeout_s=60).rows))
        finally:
            blog.close()
    assert found == {"ours": ([1, 1, 1], True), "another": ([1, 1, 1], False)}
