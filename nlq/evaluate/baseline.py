"""The baseline: which cases were right, in a file of the repository that shows well in a diff."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlq.errors import EvalError
from nlq.evaluate.compare import Compared, compare_runs
from nlq.evaluate.report import Report

_FORMAT = "nlq eval baseline 1"


@dataclass(frozen=True, slots=True)
class Baseline:
    """For each suite, for each case's key, whether it was right."""

    suites: Mapping[str, Mapping[str, bool]]

    def compare(self, report: Report) -> Compared:
        """The report with what changed since; with nothing for a suite that the baseline does not have."""
        before = self.suites.get(report.suite)
        if before is None:
            return Compared(report)
        now = {o.case.key: o.score.correct for o in report.outcomes}
        return Compared(report, compare_runs(before, now))


def save_baseline(path: Path, reports: Iterable[Report]) -> None:
    """Write the baseline, a line for each case. Suites that were not run now keep what they had.

    Raises `eval.invalid` where the file cannot be written, or is there and is no baseline.
    """
    raw = _read(path)["suites"] if path.exists() else {}
    for report in reports:
        raw[report.suite] = {
            "made_by": str(report.made),
            "cases": [
                {"key": o.case.key, "right": o.score.correct, "question": o.case.question}
                for o in report.outcomes
            ],
        }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_write(raw), "utf-8")
    except OSError as error:
        raise EvalError("eval.invalid", f"the baseline `{path}` cannot be written") from error


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises `eval.invalid`."""
    raw = _read(path)
    try:
        return Baseline(
            {
                name: {str(case["key"]): case["right"] is True for case in suite["cases"]}
                for name, suite in raw["suites"].items()
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    if not isinstance(raw, dict) or raw.get("format") != _FORMAT or not isinstance(raw.get("suites"), dict):
        raise _unreadable(path)
    return raw


def _unreadable(path: Path) -> EvalError:
    return EvalError(
        "eval.invalid", f"`{path}` is not a baseline", "write one with `nlq eval --save-baseline FILE`"
    )


def _write(suites: Mapping[str, object]) -> str:
    """JSON with a line for each case."""
    parts = []
    for name, suite in sorted(suites.items()):
        assert isinstance(suite, dict)
        cases = ",\n".join(f"   {json.dumps(case, ensure_ascii=False)}" for case in suite["cases"])
        made_by = json.dumps(suite.get("made_by", ""), ensure_ascii=False)
        parts.append(f'  {json.dumps(name)}: {{"made_by": {made_by}, "cases": [\n{cases}\n  ]}}')
    return f'{{"format": "{_FORMAT}", "suites": {{\n' + ",\n".join(parts) + "\n}}\n"
