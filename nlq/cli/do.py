"""`nlq do`, `nlq undo` and `nlq history`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from nlq.cli.options import As, Db, Json, ModelName, Params, PolicyFile, params_of, settings_of, text_of
from nlq.cli.screen import clean, progress, say, shown, sql_text, table, write_json, write_rich
from nlq.cli.session import open_session, run_stoppable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from nlq.mutations import Outcome
    from nlq.mutations.outcome import RelationChange

MOST_ROWS = 50
"""Rows of one relation that are shown at the terminal."""


def do(
    instruction: Annotated[str, typer.Argument(help="in plain English; `-` reads it from standard input")],
    db: Db = None,
    policy: PolicyFile = None,
    as_: As = None,
    model: ModelName = None,
    param: Params = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="change at most so many rows", show_default=False)
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="show what would be changed, and ask")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="confirm what would be asked")] = False,
    json: Json = False,
) -> None:
    """Change what an instruction says, all of it or nothing. Needs `mutations = true`."""
    from nlq.mutations.doer import Order

    text, params = text_of(instruction, "instruction"), params_of(param)
    settings = settings_of(db=db, policy=policy, model=model)
    with progress("reading the catalog") as observe, open_session(settings, as_) as session:

        def make(order: Order) -> Outcome:
            return run_stoppable(
                lambda cancellation: session.service.do(
                    order, principal=session.principal, observe=observe, cancellation=cancellation
                )
            )

        order = Order(text, params, preview=preview, limit=limit)
        outcome = make(order)
        if not outcome.committed and (yes or (not json and sys.stdin.isatty())):
            if not yes:
                _show(outcome)
            if yes or typer.confirm("Make this change?", err=True):
                outcome = make(replace(order, preview=False, approval=outcome.approval))
    if json:
        write_json(outcome.to_json())
    else:
        _show(outcome)
    if not outcome.committed and not preview:
        raise typer.Exit(1)


def undo(
    change: Annotated[str, typer.Argument(metavar="ID", help="as `nlq do` and `nlq history` show it")],
    db: Db = None,
    policy: PolicyFile = None,
    as_: As = None,
    json: Json = False,
) -> None:
    """Put back what a change changed, if every row is still as it left it."""
    from nlq.mutations.outcome import changes_of

    with open_session(settings_of(db=db, policy=policy), as_) as session:
        done = session.service.undo(change, principal=session.principal)
        changes = changes_of(done.effects, session.service.catalog_for(session.principal))
    if json:
        write_json({"undo": done.id, "changes": [c.to_json() for c in changes]})
        return
    for found in changes:
        write_rich(*_diff(found))
    say(f"undone; `nlq undo {done.id}` does it again")


def history(db: Db = None, policy: PolicyFile = None, as_: As = None, json: Json = False) -> None:
    """Who changed what, the newest first: one's own changes; of everybody, without a policy."""
    from nlq.mutations.outcome import entry_to_json

    with open_session(settings_of(db=db, policy=policy), as_) as session:
        entries = session.service.mutations.history(session.principal)
        seen = session.service.catalog_for(session.principal)
    found = [entry_to_json(e, seen) for e in entries]
    if json:
        write_json({"changes": found})
        return
    rows = [
        [
            e["id"], e["time"], e["principal"],
            ", ".join(f"{c['action']} {c['count']} of {c['relation']}" for c in e["changes"]),
            str(e["instruction"] or ""), f"undone by {e['undone_by']}" if e["undone_by"] else "",
        ]
        for e in found
    ]  # fmt: skip
    write_rich(table(["id", "time (UTC)", "who", "changes", "instruction", ""], rows))


def _show(outcome: Outcome) -> None:
    from rich.text import Text

    parts: list[RenderableType] = []
    for change in outcome.changes:
        parts += _diff(change)
    if not outcome.changes:
        parts.append(Text("no row is touched", style="dim"))
    parts += [Text(""), sql_text(outcome.sql), Text(""), Text(clean(outcome.explanation))]
    parts += [Text.assemble(("assumed: ", "bold"), clean(a)) for a in outcome.assumptions]
    parts += [Text.assemble(("to confirm: ", "bold yellow"), clean(d)) for d in outcome.doubts]
    if outcome.committed:
        done = f"done; `nlq undo {outcome.undo}` takes it back" if outcome.undo else "done"
        parts.append(Text(done, style="dim"))
    else:
        parts.append(Text("nothing was changed", style="dim"))
    write_rich(*parts)


def _diff(change: RelationChange) -> list[RenderableType]:
    """The rows before in red, and after in green; of a row that changed, what changed is bright."""
    from rich.text import Text

    words = {"create": "added to", "update": "changed in", "delete": "deleted from"}
    rows = "row" if change.count == 1 else "rows"
    title = f"{change.count:,} {rows} {words[change.action]} {change.relation.name}"
    parts: list[RenderableType] = [Text(title, style="bold")]
    paired = change.action == "update" and len(change.before) == len(change.after)
    lines: list[list[RenderableType]] = []
    for at in range(min(max(len(change.before), len(change.after)), MOST_ROWS)):
        before = change.before[at] if at < len(change.before) else None
        after = change.after[at] if at < len(change.after) else None
        for sign, row, other, style in (("-", before, after, "red"), ("+", after, before, "green")):
            if row is not None:
                line: list[RenderableType] = [Text(sign, style=style)]
                for column in change.columns:
                    text = "NULL" if row[column] is None else clean(shown(row[column]))
                    same = paired and other is not None and row[column] == other[column]
                    line.append(Text(text, style="dim" if same else style))
                lines.append(line)
    parts.append(table(["", *change.columns], lines))
    hidden = change.count - max(len(change.before), len(change.after))
    if hidden > 0:
        parts.append(Text(f"{hidden:,} more that you may not see", style="dim"))
    return parts
