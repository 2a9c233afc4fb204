"""A run file: outcomes written as they come, so that a run that was interrupted can go on.

JSON lines: first what the run is of, then an outcome a line. A last line that was torn is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from nlq.errors import EvalError
from nlq.evaluate.outcome import Outcome
from nlq.evaluate.suite import Suite

_AWAY = ("compile.unavailable", "compile.busy", "engine.unreachable")

_FORMAT = "nlq eval run 1"


class Journal:
    """An open run file. Safe to use from several threads."""

    def __init__(self, path: Path, run_of: Mapping[str, str]) -> None:
        """Open the file of a run, or start one. `run_of` is what must be the same to go on.

        Raises `eval.invalid` where the file cannot be written, or is of another run.
        """
        self._lock = Lock()
        self._done: dict[tuple[str, str], dict[str, Any]] = {}
        header = {"format": _FORMAT, "run_of": dict(sorted(run_of.items()))}
        try:
            text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
            whole = text[: text.rfind("\n") + 1]
            lines = whole.splitlines()
            if lines:
                self._read(path, header, lines)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = path.open("a", encoding="utf-8")
            if len(whole) != len(text):
                os.truncate(path, len(whole.encode("utf-8")))
            if not lines:
                self._write(header)
        except OSError as error:
            raise EvalError("eval.invalid", f"the run file `{path}` cannot be written") from error

    def done(self, suite: Suite) -> dict[str, Outcome]:
        """By key, what already came of cases of the suite."""
        found = {}
        for case in suite.cases:
            raw = self._done.get((suite.name, case.key))
            # A model or database that was away may be there now.
            if raw is not None and raw.get("error") not in _AWAY:
                found[case.key] = Outcome.from_json(case, raw)
        return found

    def add(self, suite: str, outcome: Outcome) -> None:
        """Put an outcome on record."""
        with self._lock:
            self._write({"suite": suite, **outcome.to_json()})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, path: Path, header: Mapping[str, Any], lines: list[str]) -> None:
        try:
            first, *rest = (json.loads(line) for line in lines)
            if first != header:
                raise EvalError(
                    "eval.invalid",
                    f"the run file `{path}` is of another run: {_difference(first, header)}",
                    "delete it, or name another",
                )
            self._done = {(raw["suite"], raw["key"]): raw for raw in rest}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvalError("eval.invalid", f"`{path}` is not a run file") from error

    def _write(self, value: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._file.flush()


def _difference(first: Mapping[str, Any], header: Mapping[str, Any]) -> str:
    if first.get("format") != header["format"]:
        return "its format is another"
    before, now = first["run_of"], header["run_of"]
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"`{name}` was `{before.get(name)}` and is `{now.get(name)}`" for name in names)
