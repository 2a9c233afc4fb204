"""Measuring: suites of questions and what must hold of the answers. Evals are not tests.

What is named here is imported when it is first used: pytest imports the plugin in this package at every
start, and most runs have no suite.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlq.evaluate.gold import run_gold_on
    from nlq.evaluate.outcome import Outcome
    from nlq.evaluate.public import load_jsonl, load_public, load_spider
    from nlq.evaluate.read import load_suite
    from nlq.evaluate.report import Report
    from nlq.evaluate.run import evaluate, run_suite
    from nlq.evaluate.score import Score, is_ordered, score_answer
    from nlq.evaluate.show import show_outcome, show_summary
    from nlq.evaluate.suite import Case, Expected, Gold, Suite

_PLACES = {
    "gold": ("run_gold_on",),
    "outcome": ("Outcome",),
    "public": ("load_jsonl", "load_public", "load_spider"),
    "read": ("load_suite",),
    "report": ("Report",),
    "run": ("evaluate", "run_suite"),
    "score": ("Score", "is_ordered", "score_answer"),
    "show": ("show_outcome", "show_summary"),
    "suite": ("Case", "Expected", "Gold", "Suite"),
}

__all__ = [
    "Case",
    "Expected",
    "Gold",
    "Outcome",
    "Report",
    "Score",
    "Suite",
    "evaluate",
    "is_ordered",
    "load_jsonl",
    "load_public",
    "load_spider",
    "load_suite",
    "run_gold_on",
    "run_suite",
    "score_answer",
    "show_outcome",
    "show_summary",
]


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"nlq.evaluate.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
