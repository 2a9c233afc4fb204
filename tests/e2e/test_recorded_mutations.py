"""Suites of instructions through the whole pipeline, with real replies of the embedded model in files.

`make record` asks the model again where a prompt changed: RECORD=1 records what is missing. `make suites`
tries all cases, `make test` every second.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from databases.build import build

from nlq.evaluate.mutations import judge, read_cases
from nlq.service import Service
from nlq.settings import Settings
from nlq.wire import open_service
from tests.e2e.conftest import WHOLE

ROOT = Path(__file__).parents[2]
RECORDINGS = ROOT / "tests" / "fixtures" / "replies"
RIGHT_AT_LEAST = {"demo": 21, "music": 15} if WHOLE else {"demo": 11, "music": 7}
RIGHT_THAT_ASK = {"demo": 0, "music": 4}
LEAVES = {"likes": "post_id <> 65 AND post_id > 20", "order_lines": "true", "invoices": "true"}
"""Rows of the demo that no instruction is about: every case compares all the rows that there are."""


@pytest.mark.parametrize("name", ["demo", "music"])
def test_no_change_is_wrong_and_asks_nobody(name: str, demo_file: Path, tmp_path: Path) -> None:
    database = tmp_path / f"{name}.duckdb"
    if name == "demo":
        shutil.copyfile(demo_file, database)
        with duckdb.connect(database) as connection:
            for table, rows in LEAVES.items():
                connection.execute(f"DELETE FROM {table} WHERE {rows}")
    else:
        build(name, f"duckdb:///{database}")

    def open_(url: str) -> Service:
        kind = "record" if os.environ.get("RECORD") else "recorded"
        settings = replace(
            Settings(), db=url, model=f"{kind}:{RECORDINGS}", mutations=True,
            cache_dir=str(tmp_path / "cache"), change_limit=100_000, threads=1,
        )  # fmt: skip
        return open_service(settings)

    cases = read_cases(ROOT / "evals" / "mutations" / f"{name}.toml")
    verdicts = [judge(c, database, open_) for c in (cases if WHOLE else cases[::2])]
    outcomes = Counter((v.outcome, v.asked) for v in verdicts)
    assert ("failed: compile.unavailable", False) not in outcomes, "run `make record`"
    assert outcomes["wrong", False] == 0
    assert sum(v.outcome in ("right", "refused") for v in verdicts) >= RIGHT_AT_LEAST[name]
    assert outcomes["right", True] <= RIGHT_THAT_ASK[name]
