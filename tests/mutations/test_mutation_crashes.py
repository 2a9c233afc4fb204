"""Changes that are killed in the middle, and changes that meet: nothing half, nothing lost, nothing twice.

`NLQ_KILLS=50` kills so often; `make test` once.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutations.blog import BLOG, Blog

from nlq.errors import NlqError
from nlq.policy import OWNER, Principal

KILLS = int(os.environ.get("NLQ_KILLS", "1"))
TESTS = Path(__file__).parent.parent


def run_until_killed(url: str, first: int, seconds: float) -> int:
    """The first number that was not said to be made."""
    child = subprocess.Popen(
        [sys.executable, str(TESTS / "mutations" / "repeat_changes.py"), url, str(first)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS), str(TESTS.parent)))},
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        said = child.stdout.readline()
        timer = threading.Timer(seconds, child.kill)
        timer.start()
        rest = child.stdout.read().split("\n")
        timer.join()
    assert said, "it did not start"
    return int([said, *(line for line in rest if line)][-1]) + 1


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_what_is_killed_is_done_once_or_not_at_all(dialect: str, make_database: Any) -> None:
    url = make_database(dialect, BLOG)
    done = 0
    for _ in range(KILLS):
        # The last one may have been made without having been said: its key is used again.
        done = run_until_killed(url, done, random.uniform(0.02, 0.4))
    blog = Blog.open(url)
    blog.make("UPDATE posts SET title = 'still there' WHERE id = 1", OWNER)
    views = [row[0] for row in blog.rows("SELECT views FROM posts ORDER BY id")]
    names = [row[0] for row in blog.rows("SELECT name FROM users ORDER BY id") if row[0].startswith("n")]
    blog.engine.close()
    assert names in ([f"n{i}" for i in range(done)][:97], [f"n{i}" for i in range(done + 1)][:97])
    assert views[2] - 7 == views[3] - 1
    assert views[2] - 7 in (done, done + 1)
    print(f"{dialect}: killed {KILLS} times in the middle of {done} changes")


def together(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(("dialect", "times"), [("duckdb", 4), ("postgres", 15)])
def test_no_update_is_lost(dialect: str, times: int, make_database: Any) -> None:
    blog = Blog.open(make_database(dialect, BLOG))

    def count() -> None:
        for _ in range(times):
            while True:
                try:
                    blog.make("UPDATE posts SET views = views + 1 WHERE id = 3", OWNER)
                    break
                except NlqError as error:
                    assert error.code == "change.conflict"

    together(count, count, count)
    assert blog.rows("SELECT views FROM posts WHERE id = 3") == [(7 + 3 * times,)]
    blog.engine.close()


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_who_races_for_the_last_one_gets_it_once(dialect: str, make_database: Any) -> None:
    """Each looks whether somebody likes the post, and likes it if nobody does."""
    blog = Blog.open(make_database(dialect, BLOG))
    taken = "(SELECT count(*) FROM likes WHERE post_id = 3)"
    draft = f"INSERT INTO likes (user_id, post_id) SELECT :me.id, 3 WHERE {taken} < 2"
    together(*(lambda n=n: blog.make(draft, Principal(n)) for n in (2, 3)))
    assert len(blog.rows("SELECT * FROM likes WHERE post_id = 3")) == 2
    blog.engine.close()
