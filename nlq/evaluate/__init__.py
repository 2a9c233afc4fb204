"""Measuring: suites of questions and what must hold of the answers. Evals are not tests."""

from nlq.evaluate.gold import run_gold_on
from nlq.evaluate.outcome import Outcome
from nlq.evaluate.public import load_jsonl, load_public, load_spider
from nlq.evaluate.read import load_suite
from nlq.evaluate.report import Report
from nlq.evaluate.run import evaluate, run_suite
from nlq.evaluate.score import Score, is_ordered, score_answer
from nlq.evaluate.show import show_outcome, show_summary
from nlq.evaluate.suite import Case, Expected, Gold, Suite

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
