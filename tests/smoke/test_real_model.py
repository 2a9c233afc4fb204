"""A few questions with the real embedded model. Slow; run by `make smoke`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nlq.demo import PREPARED, create_demo
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    place = tmp_path_factory.mktemp("smoke")
    create_demo(place / "demo.duckdb")
    settings = replace(Settings(), db=f"duckdb:///{place / 'demo.duckdb'}", cache_dir=str(place / "cache"))
    service = open_service(settings)
    yield service
    service.close()


@pytest.mark.parametrize("question", PREPARED[:4])
def test_a_prepared_question_is_compiled_once(service: Service, question: str, tmp_path: Path) -> None:
    first = service.ask(question)
    second = service.ask(question)
    assert first.rows
    assert first.model_calls >= 1
    assert (
        first.plan.provenance.model.startswith("embedded") or "qwen" in first.plan.provenance.model.lower()
    )
    assert (second.sql, second.model_calls) == (first.sql, 0)
    # Without ORDER BY a database gives rows as its threads come home.
    assert sorted(map(repr, second.rows)) == sorted(map(repr, first.rows))


def test_a_count_is_right(service: Service) -> None:
    counted = service.ask("How many posts are published?")
    by_hand = service.sql("SELECT count(*) AS n FROM posts WHERE status = 'published'")
    assert counted.rows == by_hand.rows


def test_another_value_needs_no_model(service: Service) -> None:
    service.ask("How many products cost more than 50 euros?")
    again = service.ask("How many products cost more than 80 euros?")
    by_hand = service.sql("SELECT count(*) AS n FROM products WHERE price > 80")
    assert again.model_calls == 0
    assert again.rows == by_hand.rows
