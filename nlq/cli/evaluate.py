"""`nlq eval`: suites of questions, scored against SQL written by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import Db, Json, ModelName, settings_of
from nlq.cli.screen import clean, say, write, write_json
from nlq.errors import EvalError

if TYPE_CHECKING:
    from nlq.evaluate import Outcome, Report, Suite
    from nlq.service import Service
    from nlq.settings import Settings

ROWS = 100_000
"""As many as a gold may give: a result that was cut would be counted as wrong."""


def evaluate(
    suite: Annotated[
        Path | None,
        typer.Argument(help="a TOML file, or a directory with `questions.jsonl` [default: evals/*.toml]"),
    ] = None,
    db: Db = None,
    model: ModelName = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="so many cases of a directory", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="decides the sample")] = 0,
    at_least: Annotated[
        float, typer.Option(min=0, max=100, help="percent that must be right for success")
    ] = 100.0,
    json: Json = False,
) -> None:
    """Measure how many questions of a suite are answered right. Fails below `--at-least` percent."""
    settings = replace(settings_of(db=db, policy="", model=model), row_limit=ROWS)
    reports = [_run(s, db, settings, as_json=json) for s in _suites(suite, sample, seed)]
    if json:
        write_json({"reports": [r.to_json() for r in reports]})
    if any(r.right * 100 < at_least * len(r.outcomes) for r in reports):
        raise typer.Exit(1)


def _suites(path: Path | None, sample: int | None, seed: int) -> list[Suite]:
    from nlq.evaluate import load_jsonl, load_suite

    if path is not None:
        return [load_jsonl(path, sample, seed) if path.is_dir() else load_suite(path)]
    found = sorted(Path("evals").glob("*.toml"))
    if not found:
        raise EvalError(
            "eval.invalid", "there is no suite in `evals/`", "name one, or write `evals/my.toml`"
        )
    return [load_suite(p) for p in found]


def _run(suite: Suite, db: str | None, settings: Settings, *, as_json: bool) -> Report:
    from nlq.cli.session import run_stoppable
    from nlq.demo.named import find_demo
    from nlq.evaluate import evaluate as evaluate_suite
    from nlq.evaluate import show_outcome, show_summary
    from nlq.wire import open_cached_model, open_service

    # One model for all databases of the suite: it takes seconds to load.
    model = open_cached_model(settings)

    # Plans that an earlier pipeline made would hide what this one makes; replies are the model's own.
    scratch = TemporaryDirectory(prefix="nlq-eval-")

    def open_(database: str) -> Service:
        named = replace(settings, db=settings.db if db else database or settings.db, cache_dir=scratch.name)
        return open_service(find_demo(named), model=model)

    def observe(outcome: Outcome) -> None:
        if as_json:
            say(f"{outcome.case.number}: {'right' if outcome.score.correct else 'wrong'}")
        else:
            write(clean(show_outcome(outcome), keep="\n") + "\n")

    with scratch:
        report = run_stoppable(lambda _stop: evaluate_suite(suite, open_, observe=observe))
    model.close()
    if not as_json:
        write(clean(show_summary(report), keep="\n") + "\n")
    return report
