"""The gate, given prompts that were changed, with real replies of the embedded model kept as files.

`make record` asks the model again where a prompt changed: RECORD=1 records what is missing.
"""

# ruff: noqa: E501  # a statement on one line is read more easily

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from nlq.compiler.prompts import prompts_dir
from nlq.evaluate import load_suite
from nlq.evaluate.baseline import load_baseline, save_baseline
from nlq.evaluate.bench import Bench
from nlq.evaluate.compare import Compared
from nlq.evaluate.gate import Gate, find_failures
from nlq.settings import Settings

RECORDINGS = Path(__file__).parents[1] / "fixtures" / "replies"
SUITE = """
name = "library"
fixture = ["library.sql"]
"""
SCHEMA = """
CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT, pages INTEGER);
CREATE TABLE loans (id INTEGER PRIMARY KEY, book_id INTEGER REFERENCES books (id), reader TEXT, days INTEGER);
INSERT INTO books VALUES (1, 'Dune', 'Herbert', 600), (2, 'Emma', 'Austen', 400), (3, 'Persuasion', 'Austen', 250);
INSERT INTO loans VALUES (1, 1, 'Ana', 12), (2, 1, 'Bob', 30), (3, 2, 'Ana', 3), (4, 1, 'Cleo', 7);
"""
CASES = {
    "How many books are there?": "SELECT count(*) FROM books",
    "List the titles of all books.": "SELECT title FROM books",
    "Which books have more than 300 pages? Show the title.": "SELECT title FROM books WHERE pages > 300",
    "What is the average number of pages of a book?": "SELECT avg(pages) FROM books",
    "How many books did each author write?": "SELECT author, count(*) FROM books GROUP BY author",
    "Show the title of the book with the most pages.": "SELECT title FROM books ORDER BY pages DESC LIMIT 1",
    "How many loans are longer than 10 days?": "SELECT count(*) FROM loans WHERE days > 10",
    "Which readers are there? Show each once.": "SELECT DISTINCT reader FROM loans",
}


def run(directory: Path, before: str = "", after: str = "") -> Compared:
    """What comes of the suite with our prompts, `before` replaced by `after`, against the baseline there."""
    prompts = directory / "prompts"
    prompts.mkdir(exist_ok=True)
    text = (prompts_dir() / "query.toml").read_text("utf-8")
    assert before in text
    (prompts / "query.toml").write_text(text.replace(before, after), "utf-8")
    (directory / "library.sql").write_text(SCHEMA, "utf-8")
    cases = [f"[[case]]\nquestion = '''{q}'''\ngold = '''{gold}'''\n" for q, gold in CASES.items()]
    (directory / "library.toml").write_text("\n".join([SUITE, *cases]), "utf-8")
    kind = "record" if os.environ.get("RECORD") else "recorded"
    settings = replace(
        Settings(), model=f"{kind}:{RECORDINGS}", attempts=1, cache_dir=str(directory / "cache")
    )
    with Bench(settings, prompts=prompts, dialect="duckdb") as bench:
        report = bench.run(load_suite(directory / "library.toml"))
    missing = [o.case.question for o in report.outcomes if o.error_code == "compile.unavailable"]
    assert not missing, "run `make record`"
    path = directory / "baseline.json"
    if not path.exists():
        save_baseline(path, [report])
    return load_baseline(path).compare(report)


GATE = Gate(fail_under=0.75, fail_on_regression=True)


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """A directory with the baseline that our prompts make."""
    assert find_failures(GATE, [run(tmp_path)]) == ()
    return tmp_path


def test_the_gate_passes_a_harmless_edit(baseline: Path) -> None:
    harmless = run(baseline, "Select only the columns that", "Select only those columns which")
    assert find_failures(GATE, [harmless]) == ()


def test_the_gate_fails_a_broken_prompt(baseline: Path) -> None:
    system = (prompts_dir() / "query.toml").read_text("utf-8").split('"""')[1]
    broken = run(
        baseline,
        system,
        "Write a short poem about what you are asked, and nothing else. ($dialect, $schema)",
    )
    # One poem is SQL all the same.
    worse = "library: worse than the baseline: 7 lost and 0 gained (p = 0.0156)"
    assert find_failures(Gate(fail_on_regression=True), [broken]) == (worse,)
    assert find_failures(GATE, [broken]) == ("library: 12.5% are right, less than 75.0%", worse)
