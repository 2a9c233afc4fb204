"""A change of Postgres that is stopped while it waits: told for what it was, and the next one is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from mutations.blog import BLOG, NOW, Blog
from waiting import PATIENCE_S, end_sessions, sessions, wait_for

from nlq.engine import postgres_pipe
from nlq.engine.cancellation import Cancellation
from nlq.engine.postgres import PostgresEngine
from nlq.engine.postgres_pipe import piped
from nlq.engine.work import Make
from nlq.engine.writing import Terms
from nlq.errors import NlqError
from nlq.guard.change import guard_change
from nlq.policy import OWNER
from nlq.policy.rules import OPEN


@pytest.fixture
def blog(make_database: Any) -> Iterator[Blog]:
    blog = Blog.open(make_database("postgres", BLOG))
    yield blog
    blog.close()


@contextmanager
def locked(blog: Blog) -> Iterator[str]:
    """Somebody else is about to change the post, and does not come to an end."""
    assert isinstance(blog.engine, PostgresEngine)
    with psycopg.connect(blog.engine.conninfo) as connection:
        connection.execute("UPDATE posts SET title = 'theirs' WHERE id = 1")
        yield blog.engine.conninfo
        connection.rollback()


WAITS = "wait_event_type = 'Lock'"

STOPPED: dict[str, tuple[Callable[[Cancellation, str], object] | None, str]] = {
    "cancelled": (lambda cancellation, _: cancellation.cancel(), "engine.cancelled"),
    "terminated": (lambda _, url: end_sessions(url, WAITS), "engine.unreachable"),
    "too long": (None, "engine.timeout"),
}


@pytest.mark.parametrize(("stop", "code"), STOPPED.values(), ids=STOPPED)
def test_what_is_stopped_while_it_waits(
    blog: Blog, stop: Callable[[Cancellation, str], object] | None, code: str
) -> None:
    plan = blog.plan("UPDATE posts SET title = :title WHERE id = 1", OWNER)
    change = guard_change(plan, OPEN, OWNER, blog.catalog, blog.catalog)
    work = Make(change, {"title": "ours"})
    cancellation = Cancellation()
    with locked(blog) as url:

        def stop_what_waits() -> None:
            if stop is not None:
                wait_for(lambda: sessions(url, WAITS))
                stop(cancellation, url)

        stopping = threading.Thread(target=stop_what_waits)
        stopping.start()
        with pytest.raises(NlqError) as caught:
            blog.engine.write(
                work, Terms(9, 0.3 if stop is None else PATIENCE_S, NOW, id="one", who="x"), cancellation
            )
        stopping.join()
    assert caught.value.code == code
    blog.engine.write(work, Terms(9, PATIENCE_S, NOW, id="two", who="x"))
    assert blog.rows("SELECT title FROM posts WHERE id = 1") == [("ours",)]


def test_a_text_with_nul_is_refused(blog: Blog) -> None:
    with pytest.raises(NlqError) as caught:
        blog.make("UPDATE posts SET title = :title WHERE id = 1", OWNER, {"title": "a\0b"})
    assert caught.value.code == "engine.failed"
    blog.make("UPDATE posts SET title = :title WHERE id = 1", OWNER, {"title": "ab"})


def test_what_is_prepared_stays_little_also_where_statements_fail(
    make_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error passes over what is sent behind it, and with it over what is to be forgotten."""
    monkeypatch.setattr(postgres_pipe, "PREPARED", 3)
    with psycopg.connect(make_database("postgres", BLOG), autocommit=True) as connection:
        for number in range(10):
            for divisor in (1, 0):
                with piped(connection) as pipe, suppress(psycopg.DataError):
                    pipe.send("SELECT 1 / $1::integer", [divisor])
                    pipe.send(f"SELECT {number + divisor / 2}")
                    pipe.answers()
        (count,) = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() or (0,)
    assert count <= 3
