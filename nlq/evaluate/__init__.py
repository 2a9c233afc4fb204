"""Measuring: suites of questions with gold SQL, scored by execution accuracy. Evals are not tests."""

from nlq.evaluate.report import Outcome, Report, show_outcome, show_summary
from nlq.evaluate.run import evaluate, run_gold_on, run_suite
from nlq.evaluate.score import Score, is_ordered, score_answer
from nlq.evaluate.suite import Case, Gold, Suite, load_jsonl, load_suite

__all__ = [
    "Case",
    "Gold",
    "Outcome",
    "Report",
    "Score",
    "Suite",
    "evaluate",
    "is_ordered",
    "load_jsonl",
    "load_suite",
    "run_gold_on",
    "run_suite",
    "score_answer",
    "show_outcome",
    "show_summary",
]
