"""What `nlq eval` shows while it works: a line for each case, and a bar with the accuracy so far."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nlq.cli.screen import clean, say, write

if TYPE_CHECKING:
    from nlq.evaluate import Outcome

Observe = Callable[["Outcome"], None]


@contextmanager
def watch_cases(name: str, cases: int, done: int, *, as_json: bool) -> Iterator[Observe]:
    """An observer of outcomes. The bar is shown where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield _tell if as_json else _show
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    right, asked = 0, 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[share]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        task = bar.add_task(clean(name).replace("[", r"\["), total=cases, completed=done, share="")

        def observe(outcome: Outcome) -> None:
            nonlocal right, asked
            right, asked = right + outcome.score.correct, asked + 1
            if not as_json:
                if sys.stdout.isatty():  # printed above the bar
                    bar.console.print(_line(outcome), markup=False, soft_wrap=True)
                else:
                    _show(outcome)
            bar.update(task, advance=1, share=f"{right} of {asked} right, {right / asked:.0%}")

        yield observe


def _line(outcome: Outcome) -> str:
    from nlq.evaluate import show_outcome

    return clean(show_outcome(outcome), keep="\n")


def _show(outcome: Outcome) -> None:
    write(_line(outcome) + "\n")


def _tell(outcome: Outcome) -> None:
    said = "right" if outcome.score.correct else "wrong"
    say(f"{outcome.case.number}: {said}")
