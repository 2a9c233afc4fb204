"""`nlq eval` of a suite of mutations."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlq.cli.screen import clean, say, write_json
from nlq.errors import SettingsError

if TYPE_CHECKING:
    from nlq.service import Service
    from nlq.settings import Settings


def evaluate_mutations(path: Path, settings: Settings, *, as_json: bool) -> int:
    """Try the cases on copies of the DuckDB file that the settings name; 1 if one was wrong without asking.

    Raises `eval.invalid`, `settings.invalid`.
    """
    from nlq.evaluate.mutations import judge, read_cases
    from nlq.wire import open_cached_model, open_service

    database = Path(settings.db.removeprefix("duckdb:///"))
    if not database.is_file():
        raise SettingsError(
            "settings.invalid", "mutations are tried on copies of a DuckDB file", "name one"
        )
    model = open_cached_model(settings)
    verdicts = []
    with tempfile.TemporaryDirectory() as cache:

        def open_(url: str) -> Service:
            own = replace(
                settings, db=url, mutations=True, cache_dir=cache, change_limit=100_000, policy=""
            )
            return open_service(own, model=_Kept(model))

        for case in read_cases(path):
            verdict = judge(case, database, open_)
            verdicts.append(verdict)
            asked = " (asked first)" if verdict.asked else ""
            say(clean(f"{verdict.outcome}{asked}: {case.instruction}"))
            if verdict.outcome not in ("right", "refused"):
                say(clean(f"    {verdict.sql}"))
    model.close()
    right = sum(v.outcome in ("right", "refused") for v in verdicts)
    silent = sum(v.outcome == "wrong" and not v.asked for v in verdicts)
    if as_json:
        outcomes = [
            {"instruction": v.case.instruction, "outcome": v.outcome, "asked": v.asked, "sql": v.sql}
            for v in verdicts
        ]
        write_json({"cases": outcomes, "right": right, "wrong_without_asking": silent})
    else:
        say(f"{right} of {len(verdicts)} right; {silent} wrong without asking")
    return 1 if silent else 0


class _Kept:
    """A model that services do not close."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.name, self.is_local = model.name, model.is_local

    def complete(self, call: Any) -> Any:
        """See `Model.complete`."""
        return self._model.complete(call)

    def close(self) -> None:
        """It outlives them."""
