"""`nlq build`: query files to plans, and what of them is out of date."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.build_screen import watch_queries
from nlq.cli.options import Db, Json, ModelName, PolicyFile, settings_of
from nlq.cli.screen import clean, say, write, write_json
from nlq.errors import RequestError

if TYPE_CHECKING:
    from nlq.build.report import Report
    from nlq.build.run import Project
    from nlq.settings import Settings

MOST_JOBS = 16
"""A service compiles no more at once."""

HOSTED_JOBS = 4
"""How many queries a hosted model is asked at once, unasked; the embedded one answers one at a time."""


def build(
    db: Db = None,
    policy: PolicyFile = None,
    model: ModelName = None,
    queries: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="where the query files are [default: queries]", show_default=False
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; fail where a build would have something to do")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="build again whenever a source or the schema changes")
    ] = False,
    explain: Annotated[
        str, typer.Option(metavar="NAME", help="say how a query stands, and why", show_default=False)
    ] = "",
    recompile: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="compile this query anew, pinned or not", show_default=False),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="keep its SQL as it is; examples for others", show_default=False),
    ] = None,
    unpin: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="let its SQL go", show_default=False)
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="who pins [default: the user's name]", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_JOBS, help="queries at once [default: 4; embedded: 1]", show_default=False
        ),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="write .xml (JUnit) or .json", show_default=False),
    ] = None,
    github: Annotated[
        bool, typer.Option("--github", help="findings as annotations of GitHub, on stdout")
    ] = False,
    json: Json = False,
) -> None:
    """Compile the query files, and what changed since. Fails where one could not be built."""
    from nlq.build.write import require_format, write_report

    for path in report or []:
        require_format(path)

    def load() -> Settings:
        return settings_of(db=db, policy=policy, model=model, queries=queries)

    settings = load()
    if watch:
        from nlq.cli.build_watch import watch_project

        watch_project(settings, _jobs(settings, jobs), load)
        return
    with _project(settings) as project:
        names = {q.name for q in project.sources.queries}
        for name in (*(recompile or ()), *(pin or ()), *(unpin or ()), *filter(None, [explain])):
            _require_known(name, names)
        if explain:
            _explain(project, explain, as_json=json)
            return
        if pin or unpin:
            _pin(project, pin or [], unpin or [], by)
        if check:
            from nlq.build.check import check as check_

            made = check_(project)
        else:
            made = _build(project, settings, jobs, frozenset(recompile or ()), quiet=json or github)
    if json:
        write_json(made.to_json())
    elif github:
        from nlq.build.show import github_text

        write(clean(github_text(made), keep="\n"))
    else:
        _show(made, check=check)
    for path in report or []:
        write_report(path, made)
    if made.findings:
        raise typer.Exit(1)


@contextmanager
def _project(settings: Settings) -> Iterator[Project]:
    """The project of this directory, with a service that is closed in the end."""
    from nlq.build.calls import read_project
    from nlq.build.run import Project
    from nlq.cli.session import open_session

    sources = read_project(settings)
    with open_session(settings, None) as session:
        yield Project(sources, session.service, Path(settings.cache_dir))


def _require_known(name: str, names: Collection[str]) -> None:
    if name not in names:
        from nlq.errors import did_you_mean

        raise RequestError("request.invalid", f"there is no query `{name}`", did_you_mean(name, names))


def _build(
    project: Project, settings: Settings, jobs: int | None, recompile: frozenset[str], *, quiet: bool
) -> Report:
    from nlq.build.run import build as build_
    from nlq.cli.session import run_stoppable

    several = _jobs(settings, jobs)
    with watch_queries(quiet=quiet) as watch:
        return run_stoppable(
            lambda stop: build_(
                project, jobs=several, recompile=recompile,
                observe=watch.observe, started=watch.start, cancellation=stop,
            )
        )  # fmt: skip


def _jobs(settings: Settings, jobs: int | None) -> int:
    from nlq.settings import EMBEDDED

    return jobs or (1 if settings.model == EMBEDDED else HOSTED_JOBS)


def _pin(project: Project, pin: Sequence[str], unpin: Sequence[str], by: str | None) -> None:
    from getpass import getuser

    from nlq.build.lock import Pin
    from nlq.build.run import set_pin

    for name in pin:
        set_pin(project, name, Pin(by or getuser(), datetime.now(UTC).isoformat(timespec="seconds")))
        say(f"pinned {name}")
    for name in unpin:
        set_pin(project, name, None)
        say(f"unpinned {name}")


def _explain(project: Project, name: str, *, as_json: bool) -> None:
    from nlq.build.explain import explain, show_explained

    explained = explain(project, name)
    if as_json:
        write_json(explained.to_json())
    else:
        write(clean(show_explained(explained), keep="\n"))


def _show(made: Report, *, check: bool) -> None:
    """What was not told while it went on: findings of a check, errors of no query, and the sum."""
    from nlq.build.show import show_errors, show_outcome, show_summary

    for outcome in made.outcomes:
        if outcome.status == "removed" or (check and outcome.status != "reused"):
            write(clean(show_outcome(outcome), keep="\n") + "\n")
    if errors := show_errors(made):
        write(clean(errors, keep="\n") + "\n")
    say(show_summary(made))
