"""What a hostile caller, or their draft, might reach by changing rows: those of others, or their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from mutations.blog import ANA, NOW, Blog

from nlq.engine import open_engine
from nlq.engine.postgres import PostgresEngine
from nlq.engine.work import Undo
from nlq.engine.writing import Changed, Terms
from nlq.errors import NlqError
from nlq.guard.rows import target_of
from nlq.plan.bind_steps import key_of
from nlq.policy import OWNER, Principal
from nlq.policy.rules import OPEN
from nlq.settings import Settings

# Post 4 is a draft of somebody else, with one view: to divide by `views - 1` fails where it is looked at.
PROBES = {
    "where": "UPDATE posts SET title = 'x' WHERE 1 / (views - 1) > 5 AND author_id = 1",
    "right-hand side": "UPDATE posts SET title = CAST(1 / (views - 1) AS TEXT) WHERE id IN (1, 4)",
    "delete": "DELETE FROM posts WHERE CAST(title AS INTEGER) = 4 AND status = 'archived'",
    "subquery": "DELETE FROM likes WHERE post_id IN (SELECT id FROM posts WHERE 1 / (views - 1) > 5)",
    "new row": (
        "INSERT INTO likes (user_id, post_id) SELECT :me.id, id FROM posts WHERE 1 / (views - 1) > 5"
    ),
    "condition": (
        "IF EXISTS (SELECT 1 FROM posts WHERE 1 / (views - 1) > 5) THEN"
        " DELETE FROM likes WHERE user_id = :me.id; END IF;"
    ),
}


def test_an_error_tells_nothing_of_a_hidden_row(blog: Blog) -> None:
    """With the hidden row and without it, the same comes of each draft."""
    with_it = {name: try_out(blog, draft) for name, draft in PROBES.items()}
    remove(blog, "DELETE FROM posts WHERE id = 4")
    assert {name: try_out(blog, draft) for name, draft in PROBES.items()} == with_it


def try_out(blog: Blog, draft: str) -> str:
    try:
        return str(blog.make(draft, commit=False).count)
    except NlqError as error:
        return f"{error.code} {error.message}"


def remove(blog: Blog, sql: str) -> None:
    """Past the rules, and past the roles of the database."""
    if isinstance(blog.owner, PostgresEngine):
        with psycopg.connect(blog.owner.conninfo, autocommit=True) as connection:
            connection.execute(sql)
    else:
        blog.make(sql, OWNER)


def test_an_upsert_overwrites_no_hidden_row(blog: Blog) -> None:
    draft = (
        "INSERT INTO posts (id, author_id, title) VALUES (:id, :me.id, 'mine')"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title"
    )
    with pytest.raises(NlqError) as caught:
        blog.make(draft, params={"id": 4})
    assert caught.value.code in ("change.constraint", "policy.denied")
    assert blog.rows("SELECT author_id, title FROM posts WHERE id = 4") == [(3, "Four")]


def test_what_another_did_is_neither_repeated_nor_given(blog: Blog) -> None:
    """A key is its owner's: the same key of somebody else is another."""
    ours = blog.make("UPDATE posts SET title = 'x' WHERE id = 2", repeat=("key", "body"))
    bo = Principal(2, frozenset({"author"}))
    theirs = blog.make("UPDATE posts SET title = 'y' WHERE id = 3", bo, repeat=("key", "body"))
    assert (ours.repeated, theirs.repeated) == (False, False)
    assert [r[:3] for e in theirs.effects for r in e.seen_before] == [("3", "2", "Three")]


def test_the_journal_cannot_be_named(blog: Blog) -> None:
    blog.make("UPDATE posts SET title = 'x' WHERE id = 1", ANA)
    for name in ("nlq_journal.changes", "changes", "nlq_journal.approvals", "nlq_journal.calls"):
        with pytest.raises(NlqError) as caught:
            blog.make(f"UPDATE posts SET title = (SELECT who FROM {name}) WHERE id = 1", ANA)
        assert caught.value.code == "plan.unknown_relation"


CASCADING = """
CREATE TABLE notes (
    id int PRIMARY KEY, who int NOT NULL, words text NOT NULL,
    length int GENERATED ALWAYS AS (length(words)) STORED
);
CREATE TABLE answers (
    id int PRIMARY KEY, note int REFERENCES notes (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE stamps (id int PRIMARY KEY, at timestamptz NOT NULL);
INSERT INTO notes VALUES (1, 1, 'one');
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Tokyo''', current_database()); END $$;
"""


@pytest.fixture
def notes(make_database: Any) -> Iterator[Blog]:
    engine = open_engine(make_database("postgres", CASCADING), Settings())
    yield Blog(engine, OPEN, engine)
    engine.close()


def undo(blog: Blog, change: Changed) -> None:
    catalog = blog.catalog
    targets = {
        (r.name.schema, r.name.name): target_of(r, key_of(r), None, catalog.dialect) for r in catalog
    }
    terms = Terms(100, 20.0, NOW, id=f"{change.id}-undone", who="None", entry={"undoes": change.id})
    blog.engine.write(Undo(change.id, targets, everyone=True), terms)


def test_an_undo_takes_no_rows_of_others_along(notes: Blog) -> None:
    everything = ("SELECT * FROM notes ORDER BY id", "SELECT * FROM answers ORDER BY id")
    made = notes.make("INSERT INTO notes (who, words) VALUES (1, 'two')", OWNER)
    moved = notes.make("UPDATE notes SET id = 7 WHERE id = 1", OWNER)
    notes.make("INSERT INTO answers (note) VALUES (2); INSERT INTO answers (note) VALUES (7)", OWNER)
    before = [notes.rows(sql) for sql in everything]
    for change in (made, moved):
        with pytest.raises(NlqError) as caught:
            undo(notes, change)
        assert (caught.value.code, caught.value.message) == (
            "change.later", "other rows depend on a row of `notes` by now",
        )  # fmt: skip
    assert [notes.rows(sql) for sql in everything] == before
    notes.make("DELETE FROM answers WHERE id > 0", OWNER)
    undo(notes, moved)
    undo(notes, made)
    assert notes.rows(everything[0]) == [(1, 1, "one", 3)]


def test_a_deleted_row_comes_back_with_what_the_database_computes(notes: Blog) -> None:
    gone = notes.make("DELETE FROM notes WHERE id = 1", OWNER)
    assert notes.rows("SELECT * FROM notes") == []
    undo(notes, gone)
    assert notes.rows("SELECT * FROM notes") == [(1, 1, "one", 3)]


def test_the_time_of_a_change_is_the_same_in_every_time_zone(notes: Blog) -> None:
    notes.make("INSERT INTO stamps (id, at) VALUES (1, now())", OWNER)
    assert notes.rows("SELECT CAST(at AT TIME ZONE 'UTC' AS TEXT) FROM stamps") == [
        ("2026-01-02 03:04:05",)
    ]
