"""`nlq build --watch`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from nlq.cli.screen import clean, say, say_error, write
from nlq.errors import NlqError

if TYPE_CHECKING:
    from nlq.build.watch import Round
    from nlq.settings import Settings


def watch_project(settings: Settings, jobs: int) -> None:
    """Build on every change until Ctrl-C. A failure is told and does not stop it."""
    from nlq.build.calls import read_project
    from nlq.build.watch import watch

    read_project(settings)  # a directory that is not there is refused at once
    say("watching (Ctrl-C stops it)")
    watch(settings, tell=tell_round, confirm=_confirm, jobs=jobs)


def tell_round(made: Round | NlqError) -> None:
    """Tell what a build changed; one that changed nothing only in its sum."""
    from nlq.build.show import show_errors, show_outcome, show_summary

    if isinstance(made, NlqError):
        say_error(made)
        return
    for change in made.breaking:
        say(str(change))
    for outcome in made.report.outcomes:
        if outcome.status != "reused" and outcome.name not in made.waiting:
            write(clean(show_outcome(outcome), keep="\n") + "\n")
    if errors := show_errors(made.report):
        write(clean(errors, keep="\n") + "\n")
    say(show_summary(made.report))


def _confirm(made: Round) -> bool:
    """Whether to compile anew what a breaking change left behind; nobody to ask says no."""
    say(f"the change breaks {len(made.waiting)} queries: {', '.join(made.waiting)}")
    if not sys.stdin.isatty():
        say("`nlq build` compiles them anew")
        return False
    return typer.confirm("Compile them anew?", err=True)
