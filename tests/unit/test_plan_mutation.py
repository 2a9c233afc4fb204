"""Drafts of mutations: what they become, and what is refused."""

from __future__ import annotations

import pytest

from nlq.catalog import Catalog, RelationName
from nlq.catalog.ddl import catalog_from_ddl
from nlq.errors import NlqError
from nlq.plan.bind_steps import bind_steps
from nlq.plan.dml import read_steps
from nlq.plan.inputs import input_schema, require_inputs
from nlq.plan.mutation import CheckedMutation, assigned, check_mutation

DDL = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id), title VARCHAR(20) NOT NULL,
    status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published')), rank SMALLINT,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE likes (user_id INTEGER NOT NULL, post_id INTEGER NOT NULL, PRIMARY KEY (user_id, post_id));
CREATE TABLE lines (post_id INTEGER NOT NULL, line TEXT NOT NULL);
CREATE VIEW published AS SELECT id, title FROM posts WHERE status = 'published';
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_from_ddl(DDL, "postgres")


def check(catalog: Catalog, draft: str, instruction: str | None = None) -> CheckedMutation:
    fill = {RelationName("public", "posts"): {"author_id": "me.id"}}
    return check_mutation(draft, catalog, fill=fill, instruction=instruction)


def test_a_new_row_is_completed(catalog: Catalog) -> None:
    found = check(catalog, "INSERT INTO posts (id, title) VALUES ((SELECT max(id) + 1 FROM posts), :title)")
    assert " ".join(found.checked.sql.split()) == (
        'INSERT INTO "public"."posts" ( "title", "author_id", "created_at" ) SELECT :title, :me.id, :now;'
    )
    assert found.added == (
        "`author_id` of `posts` is the caller's `id`",
        "`created_at` of `posts` is the time of the change",
    )


CALLER = {
    "a number nobody said": ("INSERT INTO posts (title, author_id) VALUES ('x', 1)", "post 'x'", ":me.id"),
    "a number that was said": (
        "INSERT INTO posts (title, author_id) VALUES ('x', 1)",
        "post 'x' for user 1",
        "1",
    ),
    "a parameter nobody sends": (
        "INSERT INTO posts (title, author_id) VALUES ('x', :author)",
        "post 'x'",
        ":me.id",
    ),
    "by hand": ("INSERT INTO posts (title, author_id) VALUES ('x', 1)", None, "1"),
}


@pytest.mark.parametrize(("draft", "instruction", "author"), CALLER.values(), ids=CALLER)
def test_who_is_made_up_is_the_caller(
    catalog: Catalog, draft: str, instruction: str | None, author: str
) -> None:
    sql = " ".join(check(catalog, draft, instruction).checked.sql.split())
    assert sql == (
        f'INSERT INTO "public"."posts" ( "title", "author_id", "created_at" ) SELECT \'x\', {author}, :now;'
    )


def test_now_is_the_time_of_the_change(catalog: Catalog) -> None:
    """A preview's would be another than that of the change that it shows."""
    draft = "UPDATE posts SET created_at = now(), rank = extract(hour FROM now()) WHERE created_at < now()"
    assert " ".join(check(catalog, draft).checked.sql.split()) == (
        'UPDATE "public"."posts" AS "posts" SET "created_at" = :now,'
        ' "rank" = EXTRACT(HOUR FROM CAST(:now AS TIMESTAMPTZ))'
        ' WHERE "posts"."created_at" < CURRENT_TIMESTAMP;'
    )


def test_a_condition_and_its_other_side(catalog: Catalog) -> None:
    draft = (
        "if not exists (select 1 from likes where user_id = :me and post_id = :post_id) then"
        " insert into likes (user_id, post_id) values (current_user, :post_id);"
        " else delete from likes where user_id = :me.id and post_id = :post_id; end if"
    )
    checked = check(catalog, draft).checked
    assert checked.explanation == (
        "If there is not a row of `likes` where `user_id` is the caller's `id` and `post_id` is `:post_id`,"
        " adds a row to `likes`: `user_id` is the caller's `id`, `post_id` is `:post_id`."
        " Otherwise, deletes rows of `likes` where `user_id` is the caller's `id` and"
        " `post_id` is `:post_id`."
    )
    assert [(p.name, p.family) for p in checked.parameters] == [("post_id", "integer")]
    assert check(catalog, checked.sql).checked == checked


def test_a_semicolon_may_be_missing_before_else(catalog: Catalog) -> None:
    draft = (
        "IF 1 = 1 THEN UPDATE posts SET rank = CASE WHEN rank = 1 THEN 2 ELSE 3 END WHERE id = 1"
        " ELSE DELETE FROM posts WHERE id = 2 END IF;"
    )
    assert check(catalog, draft).checked == check(catalog, draft.replace(" ELSE D", "; ELSE D")).checked


REFUSED = {
    "a query": ("SELECT 1", "plan.unsupported"),
    "DDL": ("DROP TABLE posts", "plan.unsupported"),
    "a hidden second statement": (
        "DELETE FROM likes WHERE user_id = 1; DROP TABLE posts",
        "plan.unsupported",
    ),
    "a transaction of its own": (
        "BEGIN; SAVEPOINT a; DELETE FROM likes WHERE user_id = 1",
        "plan.unsupported",
    ),
    "RETURNING": ("DELETE FROM likes WHERE user_id = 1 RETURNING *", "plan.unsupported"),
    "USING": ("DELETE FROM likes USING posts WHERE post_id = posts.id", "plan.unsupported"),
    "FROM": ("UPDATE likes SET user_id = 1 FROM posts WHERE post_id = posts.id", "plan.unsupported"),
    "WITH": ("WITH x AS (SELECT 1) DELETE FROM likes WHERE user_id = 1", "plan.unsupported"),
    "a writing WITH": (
        "INSERT INTO likes (user_id, post_id) WITH x AS (DELETE FROM posts RETURNING id)"
        " SELECT 1, id FROM x",
        "plan.unsupported",
    ),
    "no columns": ("INSERT INTO likes VALUES (1, 2)", "plan.unsupported"),
    "a column twice": ("UPDATE likes SET user_id = 1, user_id = 2 WHERE post_id = 1", "plan.syntax"),
    "too few values": ("INSERT INTO likes (user_id, post_id) VALUES (1)", "plan.syntax"),
    "an aggregate in SET": ("UPDATE posts SET rank = max(rank) WHERE id = 1", "plan.unsupported"),
    "a view": ("DELETE FROM published WHERE id = 1", "plan.unsupported"),
    "no key": ("DELETE FROM lines WHERE post_id = 1", "plan.unsupported"),
    "a function that is not listed": (
        "UPDATE posts SET title = pg_read_file('x') WHERE id = 1", "plan.unsupported",
    ),
    "a relation that is not there": ("DELETE FROM secrets WHERE id = 1", "plan.unknown_relation"),
    "a system relation": ("DELETE FROM pg_catalog.pg_class WHERE oid = 1", "plan.unknown_relation"),
    "a key that nobody made": (
        "INSERT INTO likes (user_id, post_id) VALUES (1, :new.posts.id)",
        "plan.parameter",
    ),
    "a reserved name": ("UPDATE posts AS __pol SET rank = 1 WHERE id = 1", "plan.reserved_name"),
    "IF in IF": (
        "IF 1 = 1 THEN IF 1 = 1 THEN DELETE FROM likes WHERE user_id = 1; END IF; END IF",
        "plan.syntax",
    ),
    "IF without an end": ("IF 1 = 1 THEN DELETE FROM likes WHERE user_id = 1;", "plan.syntax"),
    "a query behind IF's condition": (
        "IF 1 = 1 UNION SELECT 1 THEN DELETE FROM likes WHERE user_id = 1; END IF", "plan.syntax",
    ),
    "too many": ("DELETE FROM likes WHERE user_id = 1;" * 13, "plan.too_complex"),
}  # fmt: skip


@pytest.mark.parametrize(("draft", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(catalog: Catalog, draft: str, code: str) -> None:
    with pytest.raises(NlqError) as caught:
        check(catalog, draft)
    assert caught.value.code == code


@pytest.mark.parametrize("where", ["", " WHERE TRUE", " WHERE 1 = 1", " WHERE :x = 1"])
def test_every_row_only_where_somebody_says_so(catalog: Catalog, where: str) -> None:
    draft = f"DELETE FROM likes{where}"
    with pytest.raises(NlqError) as caught:
        check(catalog, draft, "delete likes")
    assert caught.value.code == "plan.unbounded"
    assert check(catalog, draft, "delete all likes").checked.sql.startswith("DELETE")


def test_inputs_are_held_against_the_schema(catalog: Catalog) -> None:
    draft = "UPDATE posts SET title = :title, status = :status, rank = :rank WHERE id = :id"
    checked = check(catalog, draft).checked
    steps, _ = bind_steps(read_steps(checked.sql, "postgres"), catalog)
    schema = input_schema(checked.parameters, assigned(steps), catalog)
    assert schema["properties"] == {
        "title": {"type": "string", "maxLength": 20},
        "status": {"type": "string", "enum": ["draft", "published"]},
        "rank": {"type": ["integer", "null"], "minimum": -32768, "maximum": 32767},
        "id": {"type": "integer"},
    }
    good = {"title": "t", "status": "draft", "rank": None, "id": 1}
    require_inputs(schema, good)
    for bad in ({"title": "t" * 21}, {"status": "x"}, {"rank": 40_000}, {"title": None}):
        with pytest.raises(NlqError, match="cannot be"):
            require_inputs(schema, {**good, **bad})
