"""Mutations a second on Postgres, several at a time, beside the same change by hand with psycopg."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg

from benchmarks.defence import cluster_class
from benchmarks.table import Table
from nlq.model import Call, Reply
from nlq.mutations.doer import Order
from nlq.policy import Principal
from nlq.settings import Settings
from nlq.wire import open_service

POSTS = 1000
THREADS = 4
TABLES = f"""
CREATE TABLE posts (id int PRIMARY KEY, author_id int NOT NULL, title text NOT NULL, views int NOT NULL);
INSERT INTO posts SELECT i, 1, 'post ' || i, 0 FROM generate_series(1, {POSTS}) AS i;
CREATE TABLE by_hand (
    id bigserial PRIMARY KEY, made_at timestamp NOT NULL DEFAULT now(), who int, before jsonb, after jsonb
);
ANALYZE;
"""
POLICY = """
[relations.posts]
read = true
update = { sql = "author_id = :me.id" }
"""
INSTRUCTION = "add one view to post {id}"
BARE = "UPDATE posts SET views = views + 1 WHERE id = %s AND author_id = %s"
FIND = "SELECT to_jsonb(p) FROM posts AS p WHERE id = %s AND author_id = %s FOR UPDATE"
CHANGE = "UPDATE posts AS p SET views = views + 1 WHERE id = %s AND author_id = %s RETURNING to_jsonb(p)"
NOTE = "INSERT INTO by_hand (who, before, after) VALUES (%s, %s::jsonb, %s::jsonb)"


@dataclass
class _Written:
    name: str = "written"
    is_local: bool = True

    def complete(self, call: Call) -> Reply:
        return Reply("UPDATE posts SET views = views + 1 WHERE id = :id", 1, 1, 0.1)

    def close(self) -> None:
        pass


def measure(rounds: int = 5, seconds: float = 2.0) -> Table:
    """Changes a second, subjects taken in turn; each is one row of a thousand, taken at random."""
    table = Table(f"One row changed, {THREADS} at a time (Postgres)", "changes/s")
    cluster = cluster_class()()
    try:
        with tempfile.TemporaryDirectory() as directory:
            _measure(table, cluster.url(), directory, rounds, seconds)
    finally:
        cluster.remove()
    return table


def _measure(table: Table, url: str, directory: str, rounds: int, seconds: float) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLES)
    policy = Path(directory) / "policy.toml"
    policy.write_text(POLICY, "utf-8")
    settings = Settings(db=url, policy=str(policy), cache_dir=directory, mutations=True)
    service = open_service(settings, model=_Written())
    who = Principal(1)
    local = threading.local()

    def connected() -> psycopg.Connection[Any]:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(url, autocommit=True)
        return cast("psycopg.Connection[Any]", local.connection)

    def bare(id: int) -> None:
        connection = connected()
        with connection.transaction():
            connection.execute(BARE, (id, 1), prepare=True)

    def journalled(id: int) -> None:
        connection = connected()
        with connection.transaction():
            (before,) = connection.execute(FIND, (id, 1), prepare=True).fetchone() or ({},)
            (after,) = connection.execute(CHANGE, (id, 1), prepare=True).fetchone() or ({},)
            rows = [psycopg.types.json.Jsonb(row) for row in (before, after)]
            connection.execute(NOTE, (1, *rows), prepare=True)

    def ours(id: int) -> None:
        service.do(Order(INSTRUCTION, {"id": id}), principal=who)

    subjects: dict[str, Callable[[int], None]] = {
        "by hand, with rows before and after kept": journalled,
        "by hand, the UPDATE alone": bare,
        "nlq, checked and journalled": ours,
    }
    try:
        for call in subjects.values():
            call(1)
        for _ in range(rounds):
            for subject, call in subjects.items():
                table.add(subject, _rate(call, seconds))
    finally:
        service.close()


def _rate(call: Callable[[int], None], seconds: float) -> float:
    counts = [0] * THREADS
    ends = time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < ends:
            call(random.randint(1, POSTS))
            counts[number] += 1

    started = time.perf_counter()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)
