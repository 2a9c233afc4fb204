"""What an engine may be asked to do to a database, as values: they go to another process as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from nlq.engine.approval import keep_approval, take_approval
from nlq.engine.change import make_change
from nlq.engine.journal import Entry, find_repeated, list_entries, read_effects, record, undo
from nlq.engine.outbox import (
    Again,
    Claim,
    Message,
    Outbox,
    Post,
    Send,
    Settle,
    post,
    write_messages,
)
from nlq.engine.rows import Argument
from nlq.engine.writing import Changed, Terms, Writing
from nlq.guard.change import Change
from nlq.guard.rows import Target


@dataclass(frozen=True, slots=True)
class Make:
    """Make a change, and write it into the journal, and what is to be sent into the outbox."""

    change: Change
    arguments: Mapping[str, Argument]
    sends: tuple[Send, ...] = ()


@dataclass(frozen=True, slots=True)
class Undo:
    """Put back what the change of that id changed. `targets` are the relations where that may be done."""

    id: str
    targets: Mapping[tuple[str, str], Target]
    everyone: bool


@dataclass(frozen=True, slots=True)
class History:
    """List the journal: of one principal, or of everyone where `who` is empty."""

    who: str


Work = Make | Undo | History | Post
Done = Changed | tuple[Entry, ...] | tuple[Message, ...]


def perform(writing: Writing, work: Work, terms: Terms) -> Done:
    """Do it, within a transaction that whoever began it commits if `terms` say so.

    Raises `policy.denied`, `change.*`, `engine.*`.
    """
    match work:
        case Make():
            if terms.commit and (before := find_repeated(writing, terms)) is not None:
                return before
            if terms.commit and terms.approval is not None:
                terms = take_approval(writing, terms)
            changed = make_change(writing, work.change, work.arguments, terms)
            if work.sends:
                count = write_messages(writing, changed, work.sends, work.arguments, terms)
                changed = replace(changed, messages=count)
            if terms.commit:
                record(writing, changed, terms)
            return changed
        case Undo():
            changed = undo(writing, work.id, work.targets, work.everyone, terms)
            if terms.commit:
                record(writing, changed, terms)
            return changed
        case History():
            return list_entries(writing, work.who)
        case Claim() | Settle() | Again() | Outbox():
            return post(writing, work, terms)


def keep(writing: Writing, done: Done, terms: Terms) -> None:
    """What is left of work that was rolled back: the approval by which it may be done."""
    if isinstance(done, Changed):
        keep_approval(writing, done, terms)


def leaves_something(work: Work, terms: Terms) -> bool:
    """Whether there is something to `keep`, in a transaction that follows."""
    return isinstance(work, Make) and not terms.commit and terms.approval is not None


def write_done(done: Done) -> str:
    """JSON of which `read_done` makes the same."""
    if isinstance(done, Changed):
        return json.dumps({"changed": asdict(done)}, ensure_ascii=False)
    kind = "messages" if done and isinstance(done[0], Message) else "entries"
    return json.dumps({kind: [asdict(e) for e in done]}, ensure_ascii=False)


def read_done(text: str) -> Done:
    """What `write_done` wrote."""
    raw = json.loads(text)
    if "entries" in raw:
        return tuple(
            Entry(e["id"], e["at"], e["who"], e["said"], read_effects(e["effects"]), e["undone_by"])
            for e in raw["entries"]
        )
    if "messages" in raw:
        return tuple(Message(**m) for m in raw["messages"])
    found = raw["changed"]
    return Changed(
        read_effects(found["effects"]),
        found["digest"],
        found["id"],
        found["repeated"],
        found["messages"],
    )
