"""The journal of changes on Postgres, where the user of the connection may not make what they like."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from mutations.blog import BLOG, Blog

from nlq.errors import ChangeError

USER = f"nlq_app{os.getpid()}"


@pytest.fixture
def url(make_database: Callable[[str, str], str]) -> Iterator[str]:
    """The blog, for the user of an application; the database is the administrator's."""
    made = make_database("postgres", BLOG)
    with psycopg.connect(made, autocommit=True) as admin:
        admin.execute(
            f"CREATE ROLE {USER} LOGIN; GRANT USAGE ON SCHEMA public TO {USER};"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {USER}"
        )
        yield made
        admin.execute(f"DROP OWNED BY {USER}; DROP ROLE {USER}")


def change(url: str) -> int:
    blog = Blog.open(url.replace("postgres@", f"{USER}@"))
    try:
        return blog.make("UPDATE posts SET title = 'New' WHERE id = 1").count
    finally:
        blog.close()


def test_a_journal_that_may_not_be_made(url: str) -> None:
    with pytest.raises(ChangeError) as found:
        change(url)
    assert (found.value.code, found.value.message, found.value.hint) == (
        "change.off",
        "there is no journal of changes, and the user of the connection may not make it",
        "let an administrator `CREATE SCHEMA nlq_journal AUTHORIZATION …` for that user",
    )


def test_a_schema_that_somebody_made_is_enough(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA nlq_journal AUTHORIZATION {USER}")
    assert change(url) == 1


def test_a_schema_of_somebody_else_is_not(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA nlq_journal")
    with pytest.raises(ChangeError) as found:
        change(url)
    assert found.value.code == "change.off"
