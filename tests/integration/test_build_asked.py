"""Questions that stand in a program: built from its source, and asked by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nlq
from nlq.build.calls import with_calls
from nlq.build.run import Project, build
from nlq.build.source import Sources
from nlq.errors import NlqError
from nlq.policy import OWNER
from nlq.wire import open_service

PROGRAM = """\
import nlq

print(nlq.query("How many customers are in {country: text = 'Portugal'}?"))
print(nlq.query("How many customers are in {country: text = 'Portugal'}?", {"country": "Denmark"}))
"""


def test_a_program_is_answered_by_what_was_built_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: Path, shop_settings: Any, model: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app").mkdir()
    Path("app/main.py").write_text(PROGRAM)
    Path("nlq.toml").write_text(f'db = "duckdb:///{shop}"\nfrozen = true\n')
    service = open_service(shop_settings(cache_dir="cache"), model=model)
    report = build(Project(with_calls(Sources(()), [Path("app")]), service, Path("cache")))
    assert [(o.name, o.status) for o in report.outcomes] == [
        ("how_many_customers_are_in_country", "compiled")
    ]
    database = nlq.Database(service, OWNER)
    question = "How many customers are in {country: text = 'Portugal'}?"
    assert nlq.query(question, database=database) == [{"n": 2}]
    with pytest.raises(NlqError) as caught:
        nlq.query(question, {"country": 5}, database=database)
    assert caught.value.code == "request.bad_parameter"
    service.close()
    environment = {**os.environ, "PYTHONPATH": str(Path(nlq.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "app/main.py"], env=environment, capture_output=True, check=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[{'n': 2}]\n[{'n': 1}]\n", "")
