"""`nlq outbox`: what is to be sent because of changes, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import Db, Json, PolicyFile, settings_of
from nlq.cli.screen import clean, say, table, write_json, write_rich
from nlq.cli.session import open_session

if TYPE_CHECKING:
    from nlq.outbox import Worker

outbox = typer.Typer(
    name="outbox",
    help="What is to be sent because of changes: list it, deliver it, try it again.",
    no_args_is_help=True,
)


@outbox.command(name="list")
def list_(db: Db = None, policy: PolicyFile = None, json: Json = False) -> None:
    """Show the messages, the newest first."""
    with _opened(db, policy) as worker:
        found = worker.messages()
    if json:
        write_json({"messages": [asdict(m) for m in found]})
        return
    rows = [
        [m.id, m.at, m.delivered or ("" if m.due else "given up"), str(m.attempts), clean(m.failure or "")]
        for m in found
    ]
    write_rich(table(["id", "time (UTC)", "delivered", "attempts", "failure"], rows))


@outbox.command()
def deliver(db: Db = None, policy: PolicyFile = None, json: Json = False) -> None:
    """Deliver what is due now; `nlq serve` does so by itself. Ends with 1 if a message was not taken."""
    with _opened(db, policy) as worker:
        taken, failed = worker.deliver_due()
    if json:
        write_json({"delivered": taken, "failed": failed})
    else:
        say(f"{taken} delivered, {failed} not taken")
    if failed:
        raise typer.Exit(1)


@outbox.command()
def retry(
    message: Annotated[str, typer.Argument(metavar="ID", help="as `nlq outbox list` shows it")],
    db: Db = None,
    policy: PolicyFile = None,
) -> None:
    """Try a message again, that was given up or waits to be tried."""
    with _opened(db, policy) as worker:
        found = worker.retry(message)
    if not found:
        say(f"there is no message `{clean(message)}` that was not delivered")
        raise typer.Exit(1)


@contextmanager
def _opened(db: str | None, policy: str | None) -> Iterator[Worker]:
    with open_session(settings_of(db=db, policy=policy), None) as session:
        yield session.service.outbox
