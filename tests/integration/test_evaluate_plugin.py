"""The pytest plugin in a run of its own, on a real database, with replies that were recorded here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nlq
from nlq.evaluate import load_suite
from nlq.evaluate.bench import Bench
from nlq.model import Call, RecordedModel, Reply
from nlq.settings import Settings

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO customers VALUES (1, 'Ana'), (2, 'Bo'), (3, 'Caio');
"""

SUITE = """
fixture = "shop.sql"

[[case]]
question = "How many customers are there?"
gold = "SELECT count(*) FROM customers"

[[case]]
question = "How many are called Bo?"
gold = "SELECT count(*) FROM customers WHERE name = 'Bo'"

[[case]]
question = "What is the weather like?"
expect = "unanswerable"

[[case]]
question = "Show all names"
gold = "SELECT name FROM customers"
"""

REPLIES = {
    "How many customers are there?": "SELECT count(*) FROM customers",
    "How many are called Bo?": "SELECT count(*) FROM customers WHERE id = 2",
    "What is the weather like?": "CANNOT",
    "Show all names": "SELECT name, length(name) FROM customers",
}


class Written:
    """Answers what is written above."""

    name = "written"
    is_local = True

    def complete(self, call: Call) -> Reply:
        return Reply(REPLIES[call.messages[1].content.strip().splitlines()[-1]])

    def close(self) -> None:
        pass


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "shop.sql").write_text(SHOP)
    (tmp_path / "evals" / "shop.toml").write_text(SUITE)
    (tmp_path / "evals" / "nlq.toml").write_text("")
    (tmp_path / "test_other.py").write_text("def test_other(): pass\n")
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nnlq_suites = evals/shop.toml\nnlq_model = recorded:{tmp_path / 'replies'}\n"
    )
    with Bench(Settings(), model=RecordedModel(tmp_path / "replies", Written())) as bench:
        bench.run(load_suite(tmp_path / "evals" / "shop.toml"))
    return tmp_path


# As an installed plugin is loaded, whether it is installed here or not.
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(nlq.__file__).parents[1]),
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}


def run(project: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "nlq.evaluate.plugin", "-p", "no:cacheprovider", "-v",
         "--tb=short", "--strict-markers", "-W", "error", *arguments],
        cwd=project, capture_output=True, text=True, timeout=120, check=False, env=ENVIRONMENT,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_cases_are_tests(project: Path) -> None:
    status, out = run(project)
    assert status == 1
    shown = [line.partition(" [")[0].strip() for line in out.splitlines() if "%]" in line]
    assert shown == [
        "evals/shop.toml::1 How many customers are there? PASSED",
        "evals/shop.toml::2 How many are called Bo? PASSED",
        "evals/shop.toml::3 What is the weather like? PASSED",
        "evals/shop.toml::4 Show all names FAILED",
        "test_other.py::test_other PASSED",
    ]
    assert "[extra columns]" in out
    assert "Traceback" not in out


def test_right_by_luck_fails(project: Path) -> None:
    status, out = run(project, "-o", "nlq_variants=4", "-k", "called")
    assert (status, "[right by luck, wrong filter]" in out) == (1, True)


def test_the_others_are_run_without_opening_anything(project: Path) -> None:
    status, out = run(project, "-m", "not nlq_eval", "-o", "nlq_model=no-such-model")
    assert (status, "1 passed, 4 deselected" in out) == (0, True)


def test_a_suite_may_be_named(project: Path) -> None:
    status, out = run(project, "-o", "nlq_suites=", "evals/shop.toml", "-k", "weather")
    assert (status, "1 passed, 3 deselected" in out) == (0, True)
    status, out = run(project, "-o", "nlq_suites=")
    assert (status, "1 passed" in out) == (0, True)


def test_a_suite_that_cannot_be_read(project: Path) -> None:
    (project / "evals" / "shop.toml").write_text("case = 3")
    status, out = run(project)
    assert (status, "`shop.toml` has no cases" in out) == (2, True)


def test_the_plugin_costs_a_run_without_suites_nothing() -> None:
    code = "import sys, nlq.evaluate.plugin; print([m for m in ('sqlglot', 'duckdb') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert done.stdout.strip() == "[]"
