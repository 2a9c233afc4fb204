"""`nlq build --watch`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import typer

from nlq.cli.screen import clean, say, say_error, write
from nlq.errors import NlqError

if TYPE_CHECKING:
    from nlq.build.watch import Round
    from nlq.service import Service
    from nlq.settings import Settings


STOPPING_S = 2.0
"""How long a build that is under way may take when its server stops."""


def watch_project(settings: Settings, jobs: int, reload: Callable[[], Settings]) -> None:
    """Build on every change until Ctrl-C. A failure is told and does not stop it."""
    from nlq.build.calls import read_project
    from nlq.build.watch import watch

    read_project(settings)  # a directory that is not there is refused at once
    say("watching (Ctrl-C stops it)")
    watch(settings, tell=tell_round, confirm=_confirm, jobs=jobs, reload=reload)


@contextmanager
def watching_beside(settings: Settings, service: Service) -> Iterator[None]:
    """While it lasts, build what is saved with the service of a server, if there are sources."""
    from nlq.build.calls import program_dirs
    from nlq.build.watch import watch

    if not any(p.is_dir() for p in (Path(settings.queries), *program_dirs(settings))):
        yield
        return
    stop = Event()
    arguments = {"tell": partial(tell_round, put=say), "confirm": _refuse, "stop": stop, "service": service}
    thread = Thread(target=watch, args=(settings,), kwargs=arguments, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOPPING_S)


def _refuse(made: Round) -> bool:
    """Nobody is asked beside a server."""
    say(f"the change breaks {len(made.waiting)} queries: {', '.join(made.waiting)} (`nlq build`)")
    return False


def _put(text: str) -> None:
    write(clean(text, keep="\n") + "\n")


def tell_round(made: Round | NlqError, put: Callable[[str], None] = _put) -> None:
    """Tell what a build changed; one that changed nothing only in its sum."""
    from nlq.build.show import show_errors, show_outcome, show_summary

    if isinstance(made, NlqError):
        say_error(made)
        return
    for change in made.breaking:
        say(str(change))
    for outcome in made.report.outcomes:
        if outcome.status != "reused" and outcome.name not in made.waiting:
            put(show_outcome(outcome))
    if errors := show_errors(made.report):
        put(errors)
    say(show_summary(made.report))


def _confirm(made: Round) -> bool:
    """Whether to compile anew what a breaking change left behind; nobody to ask says no."""
    say(f"the change breaks {len(made.waiting)} queries: {', '.join(made.waiting)}")
    if not sys.stdin.isatty():
        say("`nlq build` compiles them anew")
        return False
    return typer.confirm("Compile them anew?", err=True)
