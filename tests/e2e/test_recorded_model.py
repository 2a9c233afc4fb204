"""The demo suite through the whole pipeline, with real replies of the embedded model kept as files.

`make record` asks the model again where a prompt changed: RECORD=1 records what is missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nlq.demo import POLICY, create_demo_postgres
from nlq.errors import NlqError
from nlq.evaluate import evaluate, load_suite
from nlq.evaluate.report import Report
from nlq.policy.load import choose_principal
from nlq.settings import Settings
from nlq.wire import open_service

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests" / "fixtures" / "replies"
RIGHT_AT_LEAST = 20


def settings_for(url: str, cache: Path, **changes: object) -> Settings:
    kind = "record" if os.environ.get("RECORD") else "recorded"
    name = f"{kind}:{RECORDINGS}"
    return replace(Settings(), db=url, cache_dir=str(cache), model=name, row_limit=100_000, **changes)


@pytest.fixture
def duckdb_demo(demo_file: Path) -> str:
    return f"duckdb:///{demo_file}"


def run_demo_suite(url: str, cache: Path) -> Report:
    suite = load_suite(ROOT / "evals" / "demo.toml")
    return evaluate(suite, lambda _database: open_service(settings_for(url, cache)))


def test_the_demo_suite_is_right_often_enough_on_duckdb(duckdb_demo: str, tmp_path: Path) -> None:
    report = run_demo_suite(duckdb_demo, tmp_path)
    missing = [o.case.question for o in report.outcomes if o.error_code == "compile.unavailable"]
    assert not missing, "run `make record`"
    assert report.right >= RIGHT_AT_LEAST


def test_the_demo_suite_is_right_often_enough_on_postgres(
    make_database: Callable[..., str], tmp_path: Path
) -> None:
    url = make_database("postgres")
    create_demo_postgres(url)
    report = run_demo_suite(url, tmp_path)
    missing = [o.case.question for o in report.outcomes if o.error_code == "compile.unavailable"]
    assert not missing, "run `make record`"
    assert report.right >= RIGHT_AT_LEAST


def test_asked_twice_the_same_sql_and_no_model(duckdb_demo: str, tmp_path: Path) -> None:
    question = "How many customers are there in each country?"
    first = open_service(settings_for(duckdb_demo, tmp_path))
    asked = first.ask(question)
    again = first.ask(question)
    first.close()
    second = open_service(replace(settings_for(duckdb_demo, tmp_path), model="recorded:/nowhere"))
    elsewhere = second.ask(question)
    second.close()
    assert (asked.cached, again.cached, elsewhere.cached) == (False, True, True)
    assert (again.model_calls, elsewhere.model_calls) == (0, 0)
    assert asked.sql == again.sql == elsewhere.sql
    assert sorted(asked.rows) == sorted(again.rows) == sorted(elsewhere.rows)


def test_without_a_model_the_unknown_is_refused_with_what_is_known(
    duckdb_demo: str, tmp_path: Path
) -> None:
    service = open_service(settings_for(duckdb_demo, tmp_path))
    service.ask("How many posts are published?")
    service.close()
    service = open_service(replace(settings_for(duckdb_demo, tmp_path), model="recorded:/nowhere"))
    with pytest.raises(NlqError) as caught:
        service.ask("How many posts are drafts?")
    service.close()
    assert caught.value.code == "compile.unavailable"
    assert "known questions: `How many posts are published?`" in (caught.value.hint or "")


def test_a_restricted_principal_asks_the_same_and_gets_its_own_rows(
    duckdb_demo: str, tmp_path: Path
) -> None:
    settings = settings_for(duckdb_demo, tmp_path, policy=str(POLICY))
    service = open_service(settings)
    question = "How many customers are there in each country?"
    analyst = service.ask(question, principal=choose_principal("alice", service.policy))
    sales = service.ask(question, principal=choose_principal("sam", service.policy))
    own = service.sql(
        "SELECT count(*) AS n FROM customers", principal=choose_principal("sam", service.policy)
    )
    service.close()
    assert sum(row[1] for row in sales.rows) == own.rows[0][0] > 0
    assert sum(row[1] for row in analyst.rows) > own.rows[0][0]
    assert [d.effect for d in sales.decisions] == ["filtered"]
