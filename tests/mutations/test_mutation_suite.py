"""The suite of mutations: its golds run and change something, and the judge tells right from wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from mutations.blog import BLOG

from nlq.demo import demo_schema
from nlq.evaluate.mutations import MutationCase, judge, read_cases
from nlq.model import Call, Reply
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

SUITE = Path(__file__).parent.parent.parent / "evals" / "mutations" / "demo.toml"


@dataclass
class Scripted:
    replies: Mapping[str, str]
    name: str = "scripted"
    is_local: bool = True

    def complete(self, call: Call) -> Reply:
        question = call.messages[-1].content.strip().splitlines()[-1]
        return Reply(self.replies.get(question, "I said no."), 10, 5, 0.1)

    def close(self) -> None:
        pass


def test_every_gold_can_be_run() -> None:
    cases = read_cases(SUITE)
    with duckdb.connect() as connection:
        connection.execute(demo_schema())
        for case in cases:
            for statement in filter(None, (case.before, case.gold)):
                assert connection.extract_statements(statement)
                connection.execute(f"EXPLAIN {statement}")
    assert len(cases) == 25


CASES = {
    "right": ("UPDATE posts SET title = 'x' WHERE id = 1", "right"),
    "another row": ("UPDATE posts SET title = 'x' WHERE id = 2", "wrong"),
    "one row too many": ("UPDATE posts SET title = 'x' WHERE id <= 2", "wrong"),
    "nothing": ("I would rather not.", "failed: compile.failed"),
}


@pytest.mark.parametrize(("reply", "outcome"), CASES.values(), ids=CASES)
def test_the_state_afterwards_decides(tmp_path: Path, reply: str, outcome: str) -> None:
    with duckdb.connect(tmp_path / "blog.duckdb") as connection:
        connection.execute(BLOG)
    case = MutationCase("Call the first post x", "UPDATE posts SET title = 'x' WHERE id = 1")

    def open_(url: str) -> Service:
        settings = Settings(db=url, mutations=True, cache_dir=str(tmp_path / "cache"))
        return open_service(settings, model=Scripted({case.instruction: reply}))

    assert judge(case, tmp_path / "blog.duckdb", open_).outcome == outcome
