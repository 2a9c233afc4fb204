"""A rule that the grammar has no words for, with a real reply of the embedded model kept as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlq.cli.rules import model_of
from nlq.policy import Principal
from nlq.policy.english import Grant
from nlq.review import open_desk
from nlq.settings import Settings
from nlq.store import Review
from nlq.wire import open_service

RECORDINGS = Path(__file__).parents[1] / "fixtures" / "replies"
POLICY = """
principals_are = "users"
[relations.posts]
read = "anyone who has commented on the post"
"""


@pytest.fixture
def settings(tmp_path: Path, demo_file: Path) -> Settings:
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    return replace(
        Settings(),
        db=f"duckdb:///{demo_file}",
        policy=str(tmp_path / "policy.toml"),
        cache_dir=str(tmp_path / "cache"),
        model=f"recorded:{RECORDINGS}",
        row_limit=100_000,
    )


def test_the_model_makes_a_rule_that_waits_for_a_review_and_then_holds(settings: Settings) -> None:
    with open_desk(settings) as desk:
        with model_of(settings) as ask:
            (state,) = desk.compile(None, ask)
        assert state.rule is not None, state.finding
        assert state.status == "new"
        assert state.rule.grants == (
            Grant(frozenset(), "id IN (SELECT post_id FROM comments WHERE user_id = :me.id)"),
        )
        assert state.rule.explanation == (
            "Everyone may read the rows where `id` is the `post_id` of a row of `comments` "
            "where `user_id` is the caller's `id`."
        )
        assert state.rule.assumptions == ("`recorded` wrote this: compare each word of the rule with it",)
        desk.approve(None, Review("ana", "2026-01-01T00:00:00+00:00"))
    service = open_service(settings)
    try:
        me = Principal(id=23)
        seen = {r[0] for r in service.sql("SELECT id FROM posts", principal=me).rows}
    finally:
        service.close()
    open_to_all = open_service(replace(settings, policy=""))
    try:
        rows = open_to_all.sql("SELECT DISTINCT post_id FROM comments WHERE user_id = 23").rows
    finally:
        open_to_all.close()
    assert seen == {r[0] for r in rows} != set()
