"""What people see: tables, SQL, costs, errors, progress."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

from nlq.errors import NlqError
from nlq.events import (
    DemoFilled,
    Downloading,
    Drafted,
    Drafting,
    DraftMended,
    DraftRefused,
    Event,
    Followed,
    Following,
    ModelLoading,
    Observer,
    PlanMade,
    PlanRejected,
    Queued,
    Running,
    ignore,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from nlq.answer import Answer
    from nlq.plan import Plan

CLOSED_PIPE = 141
"""As the shell reports of a program that SIGPIPE ended."""

NARROWEST = 9
"""Columns narrower than this are hard to read: rows are then shown one field a line."""

UNLIMITED = 100_000
"""The width of an output that is no terminal."""


def write(text: str) -> None:
    """Put the text on stdout; when nobody reads it any more, end quietly."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer must not fail again when Python flushes it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(CLOSED_PIPE) from None


def write_json(value: Mapping[str, Any]) -> None:
    """Put one JSON object on stdout."""
    indent = 2 if sys.stdout.isatty() else None
    write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def write_rich(*parts: RenderableType) -> None:
    """Put tables and texts on stdout, with colours where that is a terminal."""
    from rich.console import Console

    is_terminal = sys.stdout.isatty()
    text = StringIO()
    console = Console(
        file=text, force_terminal=is_terminal, width=None if is_terminal else UNLIMITED, highlight=False
    )
    for part in parts:
        console.print(part)
    write(text.getvalue())


def say(text: str) -> None:
    """Put a line for people on stderr."""
    print(clean(text, keep="\n"), file=sys.stderr, flush=True)


def say_error(error: NlqError) -> None:
    """Put an error on stderr."""
    from rich.text import Text

    console = _stderr()
    message = Text.assemble(("error: ", "bold red"), clean(error.message), f"  ({error.code})")
    console.print(message, soft_wrap=True)
    if error.readings:
        console.print("it may mean:")
    elif error.hint:
        console.print(Text.assemble(("hint: ", "bold"), clean(error.hint)), soft_wrap=True)
    for number, reading in enumerate(error.readings, start=1):
        console.print(Text.assemble((f"{number}. ", "bold"), clean(reading.question)), soft_wrap=True)
        console.print(Text(f"   {clean(reading.explanation)}", "dim"), soft_wrap=True)


def clean(text: str, keep: str = "") -> str:
    r"""The text with everything escaped that could steer a terminal or hide what is there.

    >>> clean("a\x1b[31mb\u202ec"), clean("né\u00a0ok")
    ('a\\x1b[31mb\\u202ec', 'né\xa0ok')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep or _is_harmless(c) else _escape(c) for c in text)


def _is_harmless(c: str) -> bool:
    return unicodedata.category(c) == "Zs" or c in "\u200c\u200d"  # spaces; joiners, which scripts need


def _escape(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")


def _stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False)


# Answers


def show_answer(answer: Answer, *, as_json: bool, as_csv: bool, permissions: bool) -> None:
    """Put an answer on stdout. `permissions` shows what was decided, too."""
    if as_json:
        write_json(answer.to_json())
        return
    if as_csv:
        write(answer.to_csv())
        if answer.truncated:
            say(_cut(answer))
        return
    from rich.text import Text

    notes = [Text(clean(answer.explanation))]
    notes += [Text.assemble(("assumed: ", "bold"), clean(a)) for a in answer.assumptions]
    if permissions:
        notes += [
            Text.assemble((f"{d.effect}: ", "bold"), clean(f"{d.relation}: {d.reason}"))
            for d in answer.decisions
        ]
    write_rich(
        rows_table(answer),
        Text(_counted(answer), style="dim"),
        Text(""),
        sql_text(answer.sql),
        Text(""),
        *notes,
        Text(cost(answer), style="dim"),
    )


def rows_table(answer: Answer) -> RenderableType:
    """The rows as a table, or one field a line where a table would be too narrow to read."""
    from rich.text import Text

    names = [c.name for c in answer.columns]
    cells = [
        [Text("NULL", style="dim") if v is None else Text(clean(shown(v))) for v in row]
        for row in answer.rows
    ]
    rights = [_is_numeric(column) for column in zip(*answer.rows, strict=True)]
    width = _stdout_width()
    if len(names) * NARROWEST > width:
        return _records(names, cells)
    return table(names, cells, rights or None)


def table(
    names: Sequence[str],
    rows: Sequence[Sequence[str | RenderableType]],
    rights: Sequence[bool] | None = None,
) -> RenderableType:
    """A table; the columns of `rights` are aligned to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, right in zip(names, rights or [False] * len(names), strict=True):
        grid.add_column(Text(clean(name)), justify="right" if right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(clean(c, keep="\n")) if isinstance(c, str) else c for c in row))
    return grid


def _records(names: Sequence[str], rows: Sequence[Sequence[RenderableType]]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown: list[RenderableType] = []
    for number, row in enumerate(rows, start=1):
        grid = Table.grid(padding=(0, 2))
        for name, cell in zip(names, row, strict=True):
            grid.add_row(Text(clean(name), style="bold"), cell)
        shown += [Text(f"row {number}", style="dim"), grid]
    return Group(*shown)


def _stdout_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNLIMITED


def _is_numeric(column: Sequence[object]) -> bool:
    kinds = {type(value) for value in column if value is not None}
    return bool(kinds) and kinds <= {int, float, Decimal}


def shown(value: object) -> str:
    """A value as people read it.

    >>> shown(Decimal("12.50")), shown(0.1 + 0.2), shown(True)
    ('12.50', '0.3', 'true')
    """
    from nlq.encoding import encode

    match value:
        case Decimal():
            return f"{value:f}"
        case float():
            return f"{value:.10g}"
        case datetime():
            return value.isoformat(" ")
        case timedelta():
            return f"-{-value}" if value < timedelta() else str(value)
        case _:
            encoded = encode(value)
            return encoded if isinstance(encoded, str) else json.dumps(encoded, ensure_ascii=False)


def sql_text(sql: str) -> RenderableType:
    """SQL, coloured where it is shown at a terminal."""
    from rich.text import Text

    sql = clean(sql, keep="\n")
    if not sys.stdout.isatty():
        return Text(sql)
    from rich.syntax import Syntax

    return Syntax(sql, "sql", theme="ansi_dark", background_color="default", word_wrap=True)


def cost(answer: Answer) -> str:
    """What the answer cost, in one line."""
    took = f"{answer.timings['total']:,.1f} ms, of which the database {answer.timings['engine']:,.1f}"
    if answer.model_calls == 0 and answer.cached:
        return f"known: no model was called; {took}"
    if answer.model_calls == 0:
        return took
    return f"{compiled_by(answer.plan)}; {took}"


def compiled_by(plan: Plan) -> str:
    """Which model compiled the plan, and at what cost."""
    made = plan.provenance
    calls = "1 call" if made.attempts == 1 else f"{made.attempts} calls"
    tokens = f"{made.prompt_tokens:,} + {made.completion_tokens:,} tokens"
    text = f"compiled by {clean(made.model)} in {calls}, {tokens}"
    return f"{text}, {made.cost_usd:.4f} USD" if made.cost_usd else text


def _counted(answer: Answer) -> str:
    if answer.truncated:
        return _cut(answer)
    return "1 row" if len(answer.rows) == 1 else f"{len(answer.rows):,} rows"


def _cut(answer: Answer) -> str:
    return f"only the first {len(answer.rows):,} rows; there are more (`--limit`, setting `row_limit`)"


# Progress


@contextmanager
def progress(first: str) -> Iterator[Observer]:
    """An observer that shows at the terminal what is being done; silent where stderr is none."""
    if not sys.stderr.isatty():
        yield ignore
        return
    with _stderr().status(first) as status:

        def observe(event: Event) -> None:
            text = _doing(event)
            if text:
                status.update(clean(text).replace("[", r"\["))

        yield observe


def _doing(event: Event) -> str | None:
    match event:
        case ModelLoading(model):
            return f"loading the model {model}"
        case Queued(ahead):
            return f"waiting: {ahead} before this one" if ahead else "next"
        case Following():
            return "making the follow-up a question"
        case Followed(question):
            return f"asking: {question}"
        case Drafting(1, _):
            return "drafting"
        case Drafting(attempt, _):
            return f"drafting (attempt {attempt})"
        case Drafted():
            return "checking"
        case DraftMended(what):
            return f"mended: {'; '.join(what)}"
        case DraftRefused(attempt, _, message):
            return f"attempt {attempt} was refused: {message}"
        case PlanRejected(_, _, message):
            return f"compiling again: {message}"
        case PlanMade():
            return "compiled"
        case Running():
            return "running"
        case DemoFilled(relation, rows):
            return f"making the demo: {relation}, {rows:,} rows"
        case _:
            return None


@contextmanager
def download_bar(what: str) -> Iterator[Observer]:
    """An observer that shows how much was fetched: a bar at a terminal, else a line for each tenth."""
    if not sys.stderr.isatty():
        yield _tenths(what)
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_stderr()) as bar:
        task = bar.add_task(what, total=None)

        def observe(event: Event) -> None:
            if isinstance(event, Downloading):
                bar.update(task, completed=event.done, total=event.total)

        yield observe


def _tenths(what: str) -> Callable[[Event], None]:
    shown_tenth = -1

    def observe(event: Event) -> None:
        nonlocal shown_tenth
        if isinstance(event, Downloading):
            tenth = event.done * 10 // max(event.total, 1)
            if tenth > shown_tenth:
                shown_tenth = tenth
                say(f"{what}: {event.done / 1e6:,.0f} of {event.total / 1e6:,.0f} MB")

    return observe
