"""A watch builds what is saved, asks before it compiles what a schema change broke, and outlives errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

import pytest

from nlq.build.watch import Round, watch
from nlq.errors import NlqError
from nlq.settings import Settings, load
from nlq.wire import open_service

TABLES = """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);
"""

WAIT_S = 60


def migrate(script: str) -> None:
    with closing(sqlite3.connect("app.sqlite")) as connection:
        connection.executescript(script)


def told(made: Round | NlqError) -> Any:
    if isinstance(made, NlqError):
        return made.code
    return {o.name: o.status for o in made.report.outcomes}, made.waiting


@pytest.fixture(params=["alone", "beside a server"])
def watched(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any
) -> Iterator[tuple[Callable[[Any], None], Queue[bool]]]:
    """Waits until a watch tells something; and what it is answered when it asks."""
    monkeypatch.chdir(tmp_path)
    model.replies = {"names of users": "SELECT name FROM users", "titles": "SELECT title FROM posts"}
    migrate(TABLES)
    Path("queries").mkdir()
    Path("queries/users.nlq").write_text("-- name: users :many\nnames of users\n")
    Path("policy.toml").write_text("[relations.users]\nread = true\n[relations.posts]\nread = true\n")
    rounds: Queue[Round | NlqError] = Queue()
    answers: Queue[bool] = Queue()
    stop = Event()
    settings = Settings(db="sqlite:///app.sqlite", policy="policy.toml", sample="never", threads=1)
    service = open_service(settings, model=model) if request.param != "alone" else None
    thread = Thread(
        target=watch,
        args=(settings,),
        kwargs={
            "tell": rounds.put, "confirm": lambda _made: answers.get(timeout=WAIT_S), "stop": stop,
            "model": model, "service": service,
        },
    )  # fmt: skip
    thread.start()
    seen: list[Any] = []

    def wait_for(wanted: Any) -> None:
        """A file that is being written may be looked at twice, or too early."""
        seen.clear()
        while wanted not in seen:
            try:
                seen.append(told(rounds.get(timeout=WAIT_S)))
            except Empty:
                pytest.fail(f"{wanted} did not come, but {seen}")

    yield wait_for, answers
    stop.set()
    thread.join(WAIT_S)
    assert not thread.is_alive()
    if service is not None:
        service.close()


def test_what_is_saved_is_built(watched: tuple[Callable[[Any], None], Queue[bool]]) -> None:
    wait_for, answers = watched
    wait_for(({"users": "compiled"}, ()))
    Path("queries/posts.nlq").write_text("-- name: posts :many\ntitles\n")
    wait_for(({"posts": "compiled", "users": "reused"}, ()))
    migrate("ALTER TABLE users RENAME name TO nick;")
    wait_for(({"posts": "reused", "users": "failed"}, ("users",)))
    answers.put(True)
    wait_for(({"posts": "reused", "users": "failed"}, ()))  # the model says the same again
    Path("queries/users.nlq").write_text("-- name: users :many\nnames of {users\n")
    wait_for(({"posts": "reused"}, ()))
    Path("policy.toml").write_text("nonsense")
    wait_for("policy.invalid")
    Path("policy.toml").write_text("[relations.posts]\nread = true\n")
    wait_for(({"posts": "reused"}, ()))


def test_a_change_of_the_settings_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    model.replies = {"titles": "SELECT title FROM posts"}
    migrate(TABLES)
    for folder, name in (("queries", "one"), ("others", "two")):
        Path(folder).mkdir()
        Path(folder, "posts.nlq").write_text(f"-- name: {name} :many\ntitles\n")
    rounds: Queue[Round | NlqError] = Queue()
    stop = Event()

    def write(queries: str) -> None:
        Path("nlq.toml").write_text(
            f'db = "sqlite:///app.sqlite"\nsample = "never"\nqueries = "{queries}"\n'
        )

    def reload() -> Settings:
        return load(Path.cwd(), {}, {})

    write("queries")
    given = {"tell": rounds.put, "confirm": bool, "stop": stop, "model": model, "reload": reload}
    thread = Thread(target=watch, args=(reload(),), kwargs=given)
    thread.start()
    try:
        seen = [told(rounds.get(timeout=WAIT_S))]
        for text in ("oops", "others"):
            Path("nlq.toml").write_text("oops") if text == "oops" else write(text)
            wanted = "settings.invalid" if text == "oops" else ({"one": "removed", "two": "reused"}, ())
            while wanted not in seen:
                seen.append(told(rounds.get(timeout=WAIT_S)))
    finally:
        stop.set()
        thread.join(WAIT_S)
    assert seen[0] == ({"one": "compiled"}, ())
