"""A rule that the grammar does not understand, with the real embedded model. Slow; run by `make smoke`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlq.cli.rules import model_of
from nlq.demo import create_demo
from nlq.review import open_desk
from nlq.settings import Settings

pytestmark = pytest.mark.smoke

POLICY = """
principals_are = "users"
[relations.posts]
read = "anyone who has commented on the post"
"""


def test_the_model_writes_a_rule_that_is_checked_and_waits_for_a_review(tmp_path: Path) -> None:
    create_demo(tmp_path / "demo.duckdb")
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    settings = replace(
        Settings(),
        db=f"duckdb:///{tmp_path / 'demo.duckdb'}",
        policy=str(tmp_path / "policy.toml"),
        cache_dir=str(tmp_path / "cache"),
        model_timeout_s=600.0,
    )
    with open_desk(settings) as desk, model_of(settings) as ask:
        (state,) = desk.compile(None, ask)
        assert state.status == "new"
        assert state.rule is not None
        assert {str(d.relation) for d in state.rule.depends} == {"main.comments", "main.posts"}
        (again,) = desk.compile(None, lambda: pytest.fail("what is compiled is not compiled again"))
        assert again == state
