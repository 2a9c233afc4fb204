"""`nlq eval`: suites of questions, scored, compared with a baseline, and held against a gate."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.evaluate_mutations import evaluate_mutations
from nlq.cli.evaluate_screen import watch_cases
from nlq.cli.options import Db, Json, ModelName, PolicyFile, settings_of
from nlq.cli.screen import clean, say, table, write, write_json, write_rich
from nlq.errors import EvalError, SettingsError

if TYPE_CHECKING:
    from nlq.evaluate import Report, Suite
    from nlq.evaluate.bench import Bench
    from nlq.evaluate.compare import Compared
    from nlq.evaluate.journal import Journal
    from nlq.settings import Settings

MOST_JOBS = 16
"""A service compiles no more at once."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """How the suites are run."""

    jobs: int
    variants: int
    seed: int
    as_json: bool


def evaluate(
    suite: Annotated[
        Path | None,
        typer.Argument(help="a TOML file, or the directory of a benchmark [default: evals/*.toml]"),
    ] = None,
    db: Db = None,
    policy: PolicyFile = None,
    model: ModelName = None,
    models: Annotated[
        str, typer.Option(metavar="A,B", help="compare models: a table, no gate", show_default=False)
    ] = "",
    prompts: Annotated[
        str,
        typer.Option(metavar="DIR,DIR", help="directories of prompts: one is used, several are compared"),
    ] = "",
    engine: Annotated[str, typer.Option(help="of fixtures: duckdb or sqlite")] = "duckdb",
    sample: Annotated[
        int | None, typer.Option(min=1, help="so many cases of each suite", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="decides the sample and the variants")] = 0,
    shard: Annotated[
        str, typer.Option(metavar="2/4", help="every fourth case, from the second", show_default=False)
    ] = "",
    jobs: Annotated[int, typer.Option(min=1, max=MOST_JOBS, help="questions asked at once")] = 1,
    variants: Annotated[
        int, typer.Option(min=0, max=20, help="databases with other data that right answers must pass")
    ] = 0,
    run: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="keep outcomes here, and go on from them", show_default=False),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="compare with it", show_default=False)
    ] = None,
    save_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write or renew it", show_default=False)
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="the share of right answers that each suite needs [default: 1]"),
    ] = None,
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="fail if significantly worse than the baseline")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="USD", help="fail if it cost more", show_default=False)
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="write .json, .xml (JUnit), .md or .html", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Measure how many questions of a suite are answered right. Fails where the gate does not hold."""
    from nlq.evaluate.baseline import load_baseline
    from nlq.evaluate.baseline import save_baseline as write_baseline
    from nlq.evaluate.compare import Compared
    from nlq.evaluate.gate import Gate, find_failures
    from nlq.evaluate.mutations import is_mutation_suite
    from nlq.evaluate.write import require_format, write_report

    if suite is not None and is_mutation_suite(suite):
        settings = settings_of(db=db or "demo", policy=policy, model=model)
        raise typer.Exit(evaluate_mutations(suite, settings, as_json=json))
    for path in report or []:
        require_format(path)
    if fail_on_regression and baseline is None:
        raise SettingsError("settings.invalid", "`--fail-on-regression` needs `--baseline FILE`")
    suites = [_cut(s, sample, seed, shard) for s in _suites(suite)]
    asked = _Asked(jobs, variants, seed, json)
    directories = [Path(name) for name in prompts.split(",") if name]
    names = [name.strip() for name in models.split(",") if name.strip()]
    if names or len(directories) > 1:
        if run or baseline or save_baseline or fail_under is not None or max_cost is not None or report:
            raise SettingsError("settings.invalid", "`--models` and several `--prompts` compare; no more")
        every_model: list[str | None] = [*names] or [model]
        every_prompt: list[Path | None] = [*directories] or [None]
        pairs = [
            (settings_of(policy=policy, model=name), directory)
            for name in every_model
            for directory in every_prompt
        ]
        _compare(suites, pairs, db, engine, asked)
        return
    before = load_baseline(baseline) if baseline else None
    if fail_under is None and not fail_on_regression:
        fail_under = 1.0
    gate = Gate(fail_under, fail_on_regression, max_cost)
    settings = settings_of(policy=policy, model=model)
    with _bench(settings, directories[0] if directories else None, db, engine) as bench:
        journal = _open_journal(run, bench, asked) if run else None
        with closing(journal) if journal else nullcontext():
            reports = [_run(s, bench, asked, journal) for s in suites]
    compared = [before.compare(r) if before else Compared(r) for r in reports]
    failures = find_failures(gate, compared)
    if json:
        write_json({"reports": [c.to_json() for c in compared], "failures": list(failures)})
    else:
        _show_end(compared, failures)
    for path in report or []:
        write_report(path, compared, failures)
    if save_baseline:
        write_baseline(save_baseline, reports)
        say(f"wrote {save_baseline}")
    if failures:
        raise typer.Exit(1)


def _suites(path: Path | None) -> list[Suite]:
    from nlq.evaluate import load_public, load_spider, load_suite

    if path is not None:
        if path.is_dir():
            return [load_public(path)]
        return [load_spider(path) if path.suffix == ".json" else load_suite(path)]
    found = sorted(Path("evals").glob("*.toml"))
    if not found:
        raise EvalError(
            "eval.invalid", "there is no suite in `evals/`", "name one, or write `evals/my.toml`"
        )
    return [load_suite(p) for p in found]


def _cut(suite: Suite, sample: int | None, seed: int, shard: str) -> Suite:
    from nlq.evaluate.choose import parse_shard, sample_cases, take_shard

    if sample is not None:
        suite = sample_cases(suite, sample, seed)
    return take_shard(suite, *parse_shard(shard)) if shard else suite


def _bench(settings: Settings, prompts: Path | None, db: str | None, engine: str) -> Bench:
    from nlq.demo.named import find_demo
    from nlq.evaluate.bench import Bench

    match engine:
        case "duckdb" | "sqlite":
            return Bench(settings, db=db or "", prompts=prompts, dialect=engine, find_database=find_demo)
        case _:
            raise SettingsError(
                "settings.invalid",
                f"fixtures are not made for `{engine}`",
                "use `duckdb` or `sqlite`; name a Postgres database with `--db`",
            )


def _open_journal(path: Path, bench: Bench, asked: _Asked) -> Journal:
    from nlq.evaluate.journal import Journal

    made = bench.made
    run_of = {"model": made.model, "prompt": made.prompt, "database": made.database}
    return Journal(path, run_of | {"variants": str(asked.variants), "seed": str(asked.seed)})


def _run(suite: Suite, bench: Bench, asked: _Asked, journal: Journal | None = None) -> Report:
    from nlq.cli.session import run_stoppable

    done = len(journal.done(suite)) if journal else 0
    if done:
        say(f"{suite.name}: {done} of {len(suite.cases)} cases are in the run file")
    with watch_cases(suite.name, len(suite.cases), done, as_json=asked.as_json) as observe:
        return run_stoppable(
            lambda stop: bench.run(
                suite, jobs=asked.jobs, variants=asked.variants, seed=asked.seed,
                observe=observe, journal=journal, cancellation=stop,
            )
        )  # fmt: skip


def _compare(
    suites: Sequence[Suite],
    pairs: Sequence[tuple[Settings, Path | None]],
    db: str | None,
    engine: str,
    asked: _Asked,
) -> None:
    from nlq.evaluate.matrix import HEADINGS, Entry, compare_entries

    entries = []
    for settings, prompts in pairs:
        label = prompts.name if prompts else "ours"
        say(f"{settings.model}, {label}")
        with _bench(settings, prompts, db, engine) as bench:
            reports = tuple(_run(s, bench, replace(asked, as_json=True)) for s in suites)
        entries.append(Entry(settings.model, label, reports))
    rows = compare_entries(entries)
    if asked.as_json:
        write_json({"compared": [row.to_json() for row in rows]})
    else:
        right_aligned = [name not in HEADINGS[:2] for name in HEADINGS]
        write_rich(table(HEADINGS, [row.cells for row in rows], right_aligned))


def _show_end(compared: Sequence[Compared], failures: Sequence[str]) -> None:
    from nlq.evaluate.show import show_comparison, show_summary

    for one in compared:
        lines = [show_summary(one.report), *([show_comparison(one.comparison)] if one.comparison else [])]
        write(clean("\n".join(lines), keep="\n") + "\n")
    for failure in failures:
        say(f"failed: {failure}")
