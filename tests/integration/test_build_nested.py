"""Results that hold objects and lists, as one statement, on every engine and under a policy."""

# ruff: noqa: E501  # SQL beside what comes of it on one line is compared more easily

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nlq.build.named import NamedQueries
from nlq.build.run import Project, build
from nlq.build.source import read_sources
from nlq.policy import Principal
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

SCRIPT = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT, email TEXT);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES users (id),
    editor_id INTEGER REFERENCES users (id), title TEXT, status TEXT NOT NULL, day DATE, cost NUMERIC(20, 2)
);
CREATE TABLE likes (
    user_id INTEGER NOT NULL REFERENCES users (id), post_id INTEGER NOT NULL REFERENCES posts (id),
    PRIMARY KEY (user_id, post_id)
);
INSERT INTO users VALUES (1, 'Ana', 'Portugal', 'ana@example.org'), (2, 'Bo', 'Denmark', NULL), (3, 'Caio', 'Portugal', 'c@example.org');
INSERT INTO posts VALUES
    (1, 1, 2, 'One', 'published', '2026-01-01', 1.50), (2, 1, NULL, 'Two', 'published', '2026-01-03', 123456789012345678.25),
    (3, 2, 1, NULL, 'published', NULL, NULL), (4, 2, NULL, 'Draft', 'draft', '2026-01-02', 2);
INSERT INTO likes VALUES (1, 3), (3, 1), (3, 2), (3, 4);
"""

POLICY = """
[relations.users]
read = { roles = ["staff", "guest"] }
[relations.users.columns]
email = { mask = "partial", except = ["staff"] }

[relations.posts]
read = [{ roles = ["staff"] }, { roles = ["guest"], sql = "status = 'published'" }]

[relations.likes]
read = { roles = ["staff", "guest"] }
"""

QUERIES = """\
-- name: published :many
all published posts with their authors
-- name: edited :many
posts and their editors
-- name: people :many
users with their recent posts
-- name: writers :many
users and their posts, the newest first
-- name: latest :many
users with their latest post
-- name: two :many
the first two users with their posts
-- name: fans :many
users with their liked posts
-- name: whole :one
-- nested: posts, editor
user {id: int}
-- name: flat :many
-- nested: no
each post with its author
-- name: counted :many
users with their number of posts
-- name: mails :many
posts with their author's mail
"""

REPLIES = {
    "all published posts with their authors": "SELECT p.title, u.name AS author_name, u.country FROM posts p JOIN users u ON u.id = p.author_id WHERE p.status = 'published' ORDER BY p.id",
    "posts and their editors": "SELECT p.id, e.name FROM posts p LEFT JOIN users e ON e.id = p.editor_id ORDER BY p.id",
    "users with their recent posts": "SELECT u.name, p.title, p.day, p.cost FROM posts AS p JOIN users AS u ON p.author_id = u.id WHERE p.day > '2025-12-31' ORDER BY u.name, p.day DESC",
    "users and their posts, the newest first": "SELECT u.name, p.id FROM users u LEFT JOIN posts p ON p.author_id = u.id AND p.status = 'published' ORDER BY p.id DESC",
    "users with their latest post": "SELECT u.name, p.title FROM users u JOIN posts p ON p.author_id = u.id ORDER BY p.id DESC LIMIT 1",
    "the first two users with their posts": "SELECT u.name, p.id FROM users u LEFT JOIN posts p ON u.id = p.author_id ORDER BY u.id LIMIT 2",
    "users with their liked posts": "SELECT u.name, p.title, a.name FROM users u JOIN likes l ON l.user_id = u.id JOIN posts p ON p.id = l.post_id LEFT JOIN users a ON a.id = p.author_id ORDER BY u.name, p.id",
    "user :id": "SELECT u.name, p.id, e.name FROM users u LEFT JOIN posts p ON p.author_id = u.id LEFT JOIN users e ON p.editor_id = e.id WHERE u.id = :id ORDER BY p.id",
    "each post with its author": "SELECT p.id, u.name FROM posts p JOIN users u ON u.id = p.author_id ORDER BY p.id",
    "users with their number of posts": "SELECT u.name, COUNT(*) AS posts FROM users u JOIN posts p ON p.author_id = u.id GROUP BY u.name ORDER BY u.name",
    "posts with their author's mail": "SELECT p.id, u.email FROM posts p JOIN users u ON u.id = p.author_id ORDER BY p.id",
}  # fmt: skip

STAFF, GUEST = (Principal(roles=frozenset({role})) for role in ("staff", "guest"))


@pytest.fixture(scope="module", params=["duckdb", "postgres", "sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service(
    dialect: str, make_database: Any, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    monkeypatch.chdir(tmp_path)
    Path("queries").mkdir()
    Path("queries/blog.nlq").write_text(QUERIES)
    Path("policy.toml").write_text(POLICY)
    model.replies = REPLIES
    settings = Settings(db=make_database(dialect, SCRIPT), policy="policy.toml", sample="never", threads=1)
    opened = open_service(settings, model=model)
    yield opened
    opened.close()


def test_results_are_nested_as_their_english_says(service: Service, dialect: str) -> None:
    report = build(Project(read_sources(Path("queries")), service, Path("cache")))
    assert [(o.name, e.message) for o in report.outcomes for e in o.errors] == []
    named = NamedQueries(service, Path("cache"))

    def run(name: str, who: Principal = STAFF, **given: object) -> Any:
        return json.loads(json.dumps(named.run(name, who, given).to_json()))

    many = lambda *rows: {"rows": list(rows), "truncated": False}  # noqa: E731  # said so often
    ana, bo = {"name": "Ana", "country": "Portugal"}, {"name": "Bo", "country": "Denmark"}
    assert run("published") == many(
        {"title": "One", "author": ana}, {"title": "Two", "author": ana}, {"title": None, "author": bo}
    )
    assert run("edited") == many(
        {"id": 1, "editor": {"name": "Bo"}}, {"id": 2, "editor": None},
        {"id": 3, "editor": {"name": "Ana"}}, {"id": 4, "editor": None},
    )  # fmt: skip
    large = "123456789012345680" if dialect == "sqlite" else "123456789012345678.25"
    assert run("people") == many(
        {"name": "Ana", "posts": [{"title": "Two", "day": "2026-01-03", "cost": large},
                                  {"title": "One", "day": "2026-01-01", "cost": 1.5}]},
        {"name": "Bo", "posts": [{"title": "Draft", "day": "2026-01-02", "cost": 2}]},
    )  # fmt: skip
    assert run("people", GUEST)["rows"][1:] == []
    assert sorted(run("writers")["rows"], key=str) == [
        {"name": "Ana", "posts": [{"id": 2}, {"id": 1}]}, {"name": "Bo", "posts": [{"id": 3}]},
        {"name": "Caio", "posts": []},
    ]  # fmt: skip
    assert sorted(run("latest", GUEST)["rows"], key=str) == [
        {"name": "Ana", "posts": [{"title": "Two"}]}, {"name": "Bo", "posts": [{"title": None}]},
    ]  # fmt: skip
    assert run("two") == many(
        {"name": "Ana", "posts": [{"id": 1}, {"id": 2}]}, {"name": "Bo", "posts": [{"id": 3}, {"id": 4}]}
    )
    assert run("fans") == many(
        {"name": "Ana", "posts": [{"title": None, "a_name": "Bo"}]},
        {"name": "Caio", "posts": [{"title": "One", "a_name": "Ana"}, {"title": "Two", "a_name": "Ana"},
                                   {"title": "Draft", "a_name": "Bo"}]},
    )  # fmt: skip
    assert [run("whole", id=i)["row"] for i in (2, 3, 4)] == [
        {"name": "Bo", "posts": [{"id": 3, "editor": {"name": "Ana"}}, {"id": 4, "editor": None}]},
        {"name": "Caio", "posts": []},
        None,
    ]
    assert run("flat")["rows"][0] == {"id": 1, "name": "Ana"}
    assert run("counted")["rows"][0] == {"name": "Ana", "posts": 2}
    assert run("mails", GUEST)["rows"][:2] == [
        {"id": 1, "author": {"email": "a***"}}, {"id": 2, "author": {"email": "a***"}},
    ]  # fmt: skip
    # CSV, and whoever asks for it, gets plain columns.
    assert named.run("published", STAFF, {}, flat=True).answer.to_csv().splitlines()[:2] == [
        "title,author_name,country", "One,Ana,Portugal",
    ]  # fmt: skip
    cost = named.run("people", STAFF, {}).answer.rows[0][1][1]
    assert dialect == "sqlite" or cost == {"title": "One", "day": date(2026, 1, 1), "cost": Decimal("1.50")}
