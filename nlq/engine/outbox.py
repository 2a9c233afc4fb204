"""The outbox: what is to be sent because of a change, written in its transaction, so that neither is lost.

A message is claimed for a while by who delivers it, and claimed again by others when that time is over: it
is delivered at least once, under an id that never changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nlq.catalog import RelationName
from nlq.engine.rows import Argument
from nlq.engine.writing import Changed, Effect, Image, Terms, Writing
from nlq.guard.statement import Statement
from nlq.own_tables import SCHEMA

LEASE = timedelta(minutes=2)
"""How long who claimed a message has to say what became of it."""

KEY = "key"
"""The argument of `Send.through`: the value that the changed row has."""

_PUT = f"INSERT INTO {SCHEMA}.outbox (id, made_at, body, attempts, due_at) VALUES ($1, $2, $3, 0, $2)"  # noqa: S608
_COLUMNS = (
    "id, CAST(made_at AS TEXT), body, CAST(attempts AS TEXT), CAST(due_at AS TEXT),"
    " CAST(delivered_at AS TEXT), failure"
)
_DUE = f"""
    SELECT id FROM {SCHEMA}.outbox WHERE delivered_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT {{}}
"""  # noqa: S608
_LEASE = (
    f"UPDATE {SCHEMA}.outbox SET attempts = attempts + 1, due_at = $1 WHERE id = $2"  # noqa: S608
    f" RETURNING {_COLUMNS}"
)
_LIST = f"SELECT {_COLUMNS} FROM {SCHEMA}.outbox ORDER BY made_at DESC, id LIMIT 1000"  # noqa: S608
_DELIVERED = f"UPDATE {SCHEMA}.outbox SET delivered_at = $1, failure = NULL WHERE id = $2"  # noqa: S608
_FAILED = f"UPDATE {SCHEMA}.outbox SET due_at = $1, failure = $2 WHERE id = $3 AND delivered_at IS NULL"  # noqa: S608
_AGAIN = f"UPDATE {SCHEMA}.outbox SET due_at = $1, attempts = 0 WHERE id = $2 AND delivered_at IS NULL"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Send:
    """An effect of each changed row of a relation that the caller may see.

    It goes to the row of `to` whose `key` is `column` of the changed row; or what the guarded query
    `through` gives for that.
    """

    effect: str
    relation: RelationName
    column: str
    to: RelationName
    key: str
    through: Statement | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the outbox. Without `due` it is not tried any more; times are UTC."""

    id: str
    at: str
    body: str
    attempts: int
    due: str | None
    delivered: str | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """Take messages that are due, at most so many."""

    most: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Say what became of a message: delivered where there is no `failure`, else to be tried at `due`."""

    id: str
    failure: str | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Try a message again at once."""

    id: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """List the messages, the newest first."""


Post = Claim | Settle | Again | Outbox


def write_messages(
    writing: Writing,
    changed: Changed,
    sends: Sequence[Send],
    arguments: Mapping[str, Argument],
    terms: Terms,
) -> int:
    """How many messages the change leads to; they are in the outbox."""
    count = 0
    for effect in changed.effects:
        for send in sends:
            if send.relation != RelationName(effect.schema, effect.relation):
                continue
            for row in _rows(effect):
                value = _recipient(writing, send, row, arguments)
                if value is not None:
                    count += 1
                    body = _body(f"{terms.id}.{count}", send, effect, row, value, terms)
                    writing.put(_PUT, [f"{terms.id}.{count}", terms.now, body])
    return count


def post(writing: Writing, work: Post, terms: Terms) -> tuple[Message, ...]:
    """Look after the outbox; gives the messages that are asked for, or were touched."""
    match work:
        case Claim():
            due = writing.fetch(_DUE.format(int(work.most)), [terms.now])
            until = terms.now + LEASE
            return tuple(_message(row) for (id,) in due for row in writing.fetch(_LEASE, [until, id]))
        case Outbox():
            return tuple(map(_message, writing.fetch(_LIST, ())))
        case Settle(failure=None):
            writing.execute(_DELIVERED, [terms.now, work.id])
        case Settle():
            writing.execute(_FAILED, [work.due, work.failure, work.id])
        case Again():
            touched = writing.execute(_AGAIN, [terms.now, work.id])
            return tuple(m for m in post(writing, Outbox(), terms) if touched and m.id == work.id)
    return ()


def _rows(effect: Effect) -> list[dict[str, str | None]]:
    seen = effect.seen_after or effect.seen_before
    return [dict(zip(effect.shown, image, strict=True)) for image in seen]


def _recipient(
    writing: Writing, send: Send, row: Mapping[str, str | None], arguments: Mapping[str, Argument]
) -> str | None:
    value = row.get(send.column)
    if value is None or send.through is None:
        return value
    bound: dict[str, Argument] = {**arguments, KEY: value, "__limit": 2}
    found = writing.ask(send.through, [bound[name] for name in send.through.arguments])
    return found[0][0] if found else None


def _body(
    id: str, send: Send, effect: Effect, row: Mapping[str, str | None], value: str, terms: Terms
) -> str:
    return json.dumps(
        {
            "id": id,
            "effect": send.effect,
            "time": terms.now.isoformat(),
            "change": terms.id,
            "by": terms.who,
            "to": {"relation": str(send.to), "key": {send.key: value}},
            "row": {"relation": str(send.relation), "action": effect.action, "values": dict(row)},
        },
        ensure_ascii=False,
    )


def _message(row: Image) -> Message:
    id, at, body, attempts, due, delivered, failure = row
    return Message(id or "", at or "", body or "", int(attempts or 0), due, delivered, failure)
