"""Which answers are still wrong, of first drafts that the embedded model wrote for short questions.

The drafts are kept apart from the prompts that they were written for: what is tested is what follows them.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nlq.evaluate import evaluate, load_suite
from nlq.evaluate.fixture import make_fixture
from nlq.model import Call, Reply
from nlq.settings import Settings
from nlq.wire import open_service

ROOT = Path(__file__).parents[2]
DRAFTS = ROOT / "tests" / "fixtures" / "drafts"


class Drafted:
    """Answers with the draft of the question."""

    name = "drafted"
    is_local = True

    def __init__(self, drafts: dict[str, str]) -> None:
        self._drafts = drafts

    def complete(self, call: Call) -> Reply:
        asked = call.messages[-1].content
        return Reply(next(sql for question, sql in self._drafts.items() if asked.endswith(question)))

    def close(self) -> None:
        pass


WRONG = {
    "kitchens": [18],
    "apiaries": [29, 30],
    "observatories": [6, 13, 16, 28, 29],
    "buslines": [1, 8, 15, 17, 21, 25],
    "petclinic": [8],
    "staffing": [22, 23, 28, 31, 33],
}
"""The numbers of the wrong answers, by suite."""

TRIED = list(WRONG) if os.environ.get("NLQ_SUITES") == "all" else list(WRONG)[::2]
"""All of them (`make suites`), or every second."""


@pytest.mark.parametrize("name", TRIED)
def test_the_first_draft_is_mended(name: str, tmp_path: Path) -> None:
    suite = load_suite(ROOT / "evals" / "short" / f"{name}.toml")
    url = make_fixture(suite.fixture, tmp_path / "short.sqlite", "sqlite")
    drafts = json.loads((DRAFTS / f"{name}.json").read_text("utf-8"))
    settings = replace(Settings(), db=url, sample="auto", attempts=1, cache_dir=str(tmp_path / "cache"))
    report = evaluate(suite, lambda _: open_service(settings, model=Drafted(drafts)))
    assert [o.case.number for o in report.outcomes if not o.score.correct] == WRONG[name]
