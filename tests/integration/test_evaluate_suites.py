"""The suites in `evals/` on real databases: every gold runs, finds something, and leaves no choice."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from databases.build import NAMES, script
from databases.wide import relation_names
from sqlglot import exp

from nlq.catalog import Dialect
from nlq.engine import Engine, Rows, open_engine
from nlq.evaluate import Case, is_ordered, load_suite, run_gold_on, score_answer
from nlq.settings import Settings

ROOT = Path(__file__).parents[2]


def _results(engine: Engine, suite: str) -> dict[int, Rows]:
    run = run_gold_on(engine)
    return {case.number: run(case.gold_sql(engine.dialect)[0]) for case in _cases(suite)}


def _cases(suite: str) -> tuple[Case, ...]:
    return load_suite(ROOT / "evals" / f"{suite}.toml").cases


@pytest.mark.parametrize("name", NAMES)
def test_every_gold_gives_the_same_on_each_engine(name: str, make_database: Any) -> None:
    results: dict[Dialect, dict[int, Rows]] = {}
    for dialect in ("duckdb", "postgres", "sqlite"):
        with closing(open_engine(make_database(dialect, script(name, dialect)), Settings())) as engine:
            results[dialect] = _results(engine, name)
    assert [n for n, rows in results["duckdb"].items() if _is_void(rows)] == []
    different = [
        (case.number, dialect)
        for case in _cases(name)
        for dialect in ("postgres", "sqlite")
        if not score_answer(
            results["duckdb"][case.number],
            results[dialect][case.number],
            ordered=is_ordered(case.gold_sql(dialect)[0], dialect),
        ).correct
    ]
    assert different == []


@pytest.mark.parametrize("name", NAMES)
def test_no_gold_leaves_a_choice(name: str, make_database: Any) -> None:
    """Where a gold orders, no two rows tie, nor the last one and the first that is cut off."""
    with closing(open_engine(make_database("duckdb", script(name, "duckdb")), Settings())) as engine:
        assert [case.number for case in _cases(name) if _leaves_a_choice(engine, case)] == []


def test_wide_has_a_thousand_relations(make_database: Any) -> None:
    with closing(open_engine(make_database("duckdb", script("wide", "duckdb")), Settings())) as engine:
        catalog = engine.introspect()
    assert [r.name.name for r in catalog] == relation_names()
    assert len(catalog.relations) == 1000
    assert [r.name.name for r in catalog if not r.comment] == []
    assert [r.name.name for r in catalog if not r.foreign_keys and r.name.name.endswith("_grant")] == []


@pytest.mark.parametrize("name", ["music", "film", "odd"])
def test_foreign_databases_are_small(name: str) -> None:
    assert len(script(name, "postgres").encode()) < 60_000


def _is_void(rows: Rows) -> bool:
    return all(value is None for row in rows.rows for value in row)


def _leaves_a_choice(engine: Engine, case: Case) -> bool:
    tree = sqlglot.parse_one(case.gold_sql("duckdb")[0], dialect="duckdb")
    assert isinstance(tree, exp.Query)
    order = tree.args.get("order")
    if order is None:
        return tree.args.get("limit") is not None
    keys = [tree.named_selects.index(key.this.name) for key in order.expressions]
    if limit := tree.args.get("limit"):
        tree = tree.limit(int(limit.expression.name) + 1)
    rows = run_gold_on(engine)(tree.sql(dialect="duckdb")).rows
    ordered = [tuple(row[k] for k in keys) for row in rows]
    return len(set(ordered)) < len(ordered)
