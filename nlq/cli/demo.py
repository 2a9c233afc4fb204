"""`nlq demo`: prepared questions about a database that comes with nlq."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nlq.cli.options import As, Json, ModelName, PolicyFile, settings_of
from nlq.cli.screen import progress, say, say_error, show_answer, write_json, write_rich
from nlq.cli.serve import Host, Port, run_server
from nlq.cli.session import Session, open_session, run_stoppable
from nlq.errors import NlqError, RequestError

if TYPE_CHECKING:
    from nlq.answer import Answer
    from nlq.settings import Settings


def demo(
    policy: PolicyFile = None,
    as_: As = None,
    model: ModelName = None,
    serve: Annotated[bool, typer.Option("--serve", help="go on to serve the demo over HTTP")] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="serve the demo as it was before anybody changed it")
    ] = False,
    host: Host = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Make the demo database, ask it a few questions, and say what each cost."""
    if reset and not serve:
        raise RequestError("request.invalid", "`--reset` is of what is served", "add `--serve`")
    # The policy of a project does not fit the demo.
    settings = settings_of(db="demo", policy=policy or "", model=model, host=host, port=port)
    with open_session(settings, as_) as session:
        replies = _ask_all(session, as_json=json)
    if json:
        write_json({"db": settings.db, "answers": replies})
    else:
        _say_what_next(serve=serve)
    if serve:
        run_server(_own_copy(served(settings), anew=reset))
    elif any("error" in reply for reply in replies):
        raise typer.Exit(1)


def served(settings: Settings) -> Settings:
    """The demo for whoever is on this machine: its owner, and as any principal of its policy."""
    from nlq.demo import POLICY
    from nlq.identity.loopback import is_loopback

    if not is_loopback(settings.host):
        return replace(settings, open=True)
    return replace(settings, open=True, dev=True, mutations=True, policy=settings.policy or str(POLICY))


def _own_copy(settings: Settings, *, anew: bool) -> Settings:
    """What is served, of a copy where it may be changed: the demo itself stays as the evals know it."""
    from nlq.demo import copy_demo, demo_path

    if not settings.mutations:
        return settings
    return replace(settings, db=f"duckdb:///{copy_demo(demo_path(), anew=anew)}")


def _ask_all(session: Session, *, as_json: bool) -> list[dict[str, Any]]:
    from nlq.demo import PREPARED

    replies: list[dict[str, Any]] = []
    for question in PREPARED:
        if not as_json:
            _show_question(question)
        try:
            answer = _ask(session, question)
        except NlqError as error:
            replies.append({"question": question, "error": error.to_json()})
            if not as_json:
                say_error(error)
            continue
        replies.append({"question": question, **answer.to_json()})
        if not as_json:
            show_answer(answer, as_json=False, as_csv=False, permissions=not session.principal.is_owner)
    return replies


def _ask(session: Session, question: str) -> Answer:
    with progress("asking") as observe:
        return run_stoppable(
            lambda cancellation: session.service.ask(
                question, principal=session.principal, observe=observe, cancellation=cancellation
            )
        )


def _show_question(question: str) -> None:
    from rich.text import Text

    write_rich(Text(f"\n▸ {question}\n", style="bold"))


def _say_what_next(*, serve: bool) -> None:
    from nlq.demo import POLICY

    lines = [
        "",
        "Ask it something else, twice: the second time no model is called.",
        '  nlq ask --db demo "How many orders were cancelled?"',
        "Ask as somebody who may not read everything:",
        f'  nlq ask --db demo --policy {POLICY} --as sam "How many orders are there?"',
        "Ask your own database:",
        '  nlq ask --db postgresql://user@host/database "…"',
        "Start a project:",
        "  nlq init --db …",
    ]
    if serve:
        lines += [
            "What you change in the browser is in a copy; to have it as it was:",
            "  nlq demo --serve --reset",
        ]
    else:
        lines += ["Serve it over HTTP:", "  nlq demo --serve"]
    say("\n".join(lines))
