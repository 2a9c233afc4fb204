"""The commands, and what becomes of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Annotated

import typer
from typer.main import get_command

from nlq.cli.ask import ask, sql
from nlq.cli.audit import audit
from nlq.cli.build import build
from nlq.cli.demo import demo
from nlq.cli.do import do, history, undo
from nlq.cli.evaluate import evaluate
from nlq.cli.keys import keys
from nlq.cli.model import model
from nlq.cli.outbox import outbox
from nlq.cli.plans import plans
from nlq.cli.policy import policy
from nlq.cli.project import init, schema, version
from nlq.cli.redteam import redteam
from nlq.cli.rules import rules
from nlq.cli.serve import serve
from nlq.errors import NlqError, RequestError, whereabouts


def _show_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


app = typer.Typer(
    name="nlq",
    help="Plain English in, permission-checked SQL out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables shows rows and keys
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    ask,
    do,
    undo,
    history,
    sql,
    build,
    demo,
    serve,
    schema,
    rules,
    plans,
    audit,
    model,
    init,
    version,
    redteam,
):
    app.command()(command)
app.command(name="eval")(evaluate)
app.add_typer(policy)
app.add_typer(keys)
app.add_typer(outbox)


@app.callback()
def _nlq(
    version_: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    pass


MISUSE = 2
INTERRUPTED = 130


def main() -> None:
    """Run the command line and end the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # not every stand-in for a stream can
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    status = run(sys.argv[1:])
    if status == INTERRUPTED:
        sys.stderr.flush()
        os._exit(status)  # threads that cannot be stopped would be waited for
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """The exit status of a command line."""
    wants_json = "--json" in arguments
    try:
        status = _commands()(arguments, prog_name="nlq", standalone_mode=False)
    except KeyboardInterrupt:
        return INTERRUPTED
    except NlqError as error:
        _show(error, wants_json)
        return MISUSE if error.code.startswith(("settings.", "request.")) else 1
    except typer.TyperException as misuse:
        if wants_json:
            _show(RequestError("request.invalid", misuse.format_message()), wants_json)
        else:
            misuse.show()  # type: ignore[attr-defined]  # those that commands raise can show themselves
        return misuse.exit_code
    except Exception as bug:  # noqa: BLE001  # Python would print its words, which can hold values
        from nlq.cli.screen import say

        say(whereabouts(bug))
        _show(NlqError("internal.error", "something went wrong that should not", "report it"), wants_json)
        return 1
    return status if isinstance(status, int) else 0


@cache
def _commands() -> Callable[..., object]:
    """The commands, made of what their functions say of themselves: it takes longer than most of them."""
    return get_command(app)


def _show(error: NlqError, wants_json: bool) -> None:
    from nlq.cli.screen import say_error, write_json

    if wants_json:
        write_json({"error": {k: v for k, v in error.to_json().items() if k != "span" or v}})
    else:
        say_error(error)
