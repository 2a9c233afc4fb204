"""What `nlq build` shows while it works: what became of each query, and a bar with the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlq.cli.screen import clean, write

if TYPE_CHECKING:
    from nlq.build.report import Outcome


@dataclass(frozen=True, slots=True)
class Watch:
    """Told how many queries are looked at, then of each that is done."""

    start: Callable[[int], None]
    observe: Callable[[Outcome], None]


@contextmanager
def watch_queries(*, quiet: bool) -> Iterator[Watch]:
    """A line for each query that was not as it was, on stdout unless `quiet`; the bar is on a terminal."""
    tell = _ignore if quiet else _tell
    if not sys.stderr.isatty():
        yield Watch(_ignore, tell)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}"),
    )
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task("building", total=None, last="")

        def observe(outcome: Outcome) -> None:
            if sys.stdout.isatty() and not quiet:  # printed above the bar
                bar.console.print(_text(outcome), markup=False, soft_wrap=True)
            else:
                tell(outcome)
            bar.update(task, advance=1, last=clean(outcome.name).replace("[", r"\["))

        yield Watch(lambda total: bar.update(task, total=total), observe)


def _text(outcome: Outcome) -> str:
    from nlq.build.show import show_outcome

    return clean(show_outcome(outcome), keep="\n")


def _tell(outcome: Outcome) -> None:
    write(_text(outcome) + "\n")


def _ignore(_what: object) -> None:
    pass
