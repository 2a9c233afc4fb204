"""The journal: what was changed, by whom, and the rows before and after, in the database that was changed.

It is written in the transaction of the change, so that neither is there without the other
(`nlq.own_tables`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nlq.engine.violation import ViolationError
from nlq.engine.writing import Changed, Effect, Image, RowChange, Terms, Writing, flat, in_chunks
from nlq.errors import ChangeError
from nlq.guard.rows import Target
from nlq.own_tables import COLUMNS, SCHEMA

_RECORD = f"INSERT INTO {SCHEMA}.changes (id, made_at, who, entry, effects) VALUES ($1, $2, $3, $4, $5)"  # noqa: S608
_CLAIM = (
    f"INSERT INTO {SCHEMA}.calls (who, key, body, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"  # noqa: S608
)
_ANSWERED = f"SELECT body, answer FROM {SCHEMA}.calls WHERE who = $1 AND key = $2"  # noqa: S608
_ANSWER = f"UPDATE {SCHEMA}.calls SET answer = $1 WHERE who = $2 AND key = $3"  # noqa: S608
_FIND = (
    f"SELECT id, CAST(made_at AS TEXT), who, entry, effects, undone_by FROM {SCHEMA}.changes WHERE id = $1"  # noqa: S608
)
_SINCE = (
    f"SELECT id, effects FROM {SCHEMA}.changes WHERE id <> $1 AND undone_by IS NULL"  # noqa: S608
    f" AND made_at >= (SELECT made_at FROM {SCHEMA}.changes WHERE id = $1) ORDER BY made_at DESC"
)
_UNDONE = f"UPDATE {SCHEMA}.changes SET undone_by = $1 WHERE id = $2"  # noqa: S608
_LIST = (
    f"SELECT id, CAST(made_at AS TEXT), who, entry, effects, undone_by FROM {SCHEMA}.changes"  # noqa: S608
    " WHERE $1 = '' OR who = $1 ORDER BY made_at DESC LIMIT 1000"
)
FORGET = (
    *(f"DELETE FROM {SCHEMA}.{n} WHERE made_at < $1" for n in COLUMNS if n != "outbox"),  # noqa: S608
    f"DELETE FROM {SCHEMA}.outbox WHERE delivered_at < $1",  # noqa: S608
)
"""What removes all that is older than a moment."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of the journal. `who` is the principal's id as JSON; `said` what was asked, and how."""

    id: str
    at: str
    who: str
    said: Mapping[str, Any]
    effects: tuple[Effect, ...]
    undone_by: str | None = None


def find_repeated(writing: Writing, terms: Terms) -> Changed | None:
    """What the same call did before; None where this is its first time, which is noted.

    Raises `change.key_reused`.
    """
    if terms.repeat is None:
        return None
    key, body = terms.repeat
    if writing.execute(_CLAIM, [terms.who, key, body, terms.now]):
        return None
    found = writing.fetch(_ANSWERED, [terms.who, key])
    if not found or found[0][0] != body:
        raise ChangeError(
            "change.key_reused",
            "the idempotency key was used for another mutation",
            "send another key with each mutation, and the same with each attempt at it",
        )
    return read_changed(found[0][1] or "{}")


def record(writing: Writing, changed: Changed, terms: Terms) -> None:
    """Put the change into the journal, and the answer beside its idempotency key."""
    if changed.effects:
        text = json.dumps(lay_out(changed.effects), ensure_ascii=False)
        entry = json.dumps(dict(terms.entry), ensure_ascii=False)
        writing.put(_RECORD, [terms.id, terms.now, terms.who, entry, text])
    if terms.repeat is not None:
        writing.put(_ANSWER, [write_changed(changed), terms.who, terms.repeat[0]])


def list_entries(writing: Writing, who: str) -> tuple[Entry, ...]:
    """The newest changes first: those of `who`, or of everybody where that is empty."""
    return tuple(_entry(row) for row in writing.fetch(_LIST, [who]))


def undo(
    writing: Writing, id: str, targets: Mapping[tuple[str, str], Target], everyone: bool, terms: Terms
) -> Changed:
    """Put back what a change changed, if every row is still as it left it.

    `targets` are the relations that the principal may still do so to; `everyone`: also what others changed.

    Raises `change.not_found`, and `change.later` where something depends on it.
    """
    found = writing.fetch(_FIND, [id])
    entry = _entry(found[0]) if found else None
    if entry is None or not (everyone or entry.who == terms.who):
        raise ChangeError(
            "change.not_found", f"there is no change `{id}` of yours", "`nlq history` lists them"
        )
    if entry.undone_by is not None:
        raise ChangeError("change.later", f"the change `{id}` was undone already, by `{entry.undone_by}`")
    effects = [_revert(writing, e, id, targets) for e in reversed(entry.effects)]
    writing.execute(_UNDONE, [terms.id, id])
    return Changed(tuple(effects), "", terms.id)


_REVERSED = {"create": "delete", "update": "update", "delete": "create"}


def _revert(writing: Writing, effect: Effect, id: str, targets: Mapping[tuple[str, str], Target]) -> Effect:
    target = targets.get((effect.schema, effect.relation))
    if target is None:
        raise ChangeError("change.not_found", f"you may not undo a change of `{effect.relation}` any more")
    if target.names != effect.columns:
        raise ChangeError("change.later", f"`{effect.relation}` has other columns than it had")
    keys = [_key_of(row.after, target) if row.after is not None else row.key for row in effect.rows]
    now = _read_images(writing, target, keys)
    for row, key in zip(effect.rows, keys, strict=True):
        if now.get(key) != row.after:
            raise _changed_since(writing, effect, key, id)
    _require_alone(writing, effect, target, keys)
    rows = []
    for row, key in zip(reversed(effect.rows), reversed(keys), strict=True):
        if row.before is None:
            count = writing.execute(target.delete(1), list(key))
        elif row.after is None:
            kept = tuple(f for f in target.columns if f.name not in target.computed)
            values = [v for f, v in zip(target.columns, row.before, strict=True) if f in kept]
            count = len(writing.fetch(target.insert(kept, overriding=True), values))
        else:
            both = zip(target.columns, row.before, row.after, strict=True)
            other = [(f, old) for f, old, new in both if old != new and f.name not in target.computed]
            fields = tuple(f for f, _ in other)
            count = (
                writing.execute(target.update(fields, 1), [*(v for _, v in other), *key]) if other else 1
            )
        if count != 1:
            raise ChangeError("change.later", f"a row of `{effect.relation}` could not be put back")
        back = _key_of(row.before, target) if row.before is not None else key
        rows.append(RowChange(key, row.after, row.before))
        if _read_images(writing, target, [back]).get(back) != row.before:
            raise ChangeError("change.later", f"a row of `{effect.relation}` does not come back as it was")
    return Effect(_REVERSED[effect.action], effect.schema, effect.relation, effect.columns, tuple(rows),
                  effect.shown, effect.seen_after, effect.seen_before)  # fmt: skip


def _require_alone(writing: Writing, effect: Effect, target: Target, keys: Sequence[Image]) -> None:
    """Refuse what would take rows of others along: those that came to depend on what was made."""
    asked = writing.ask_what_cascades(target)
    if asked is None or effect.action == "delete":
        return
    cascades = writing.several([asked])[0]
    written = None
    if effect.action == "update":
        images = [(r.before or (), r.after or ()) for r in effect.rows]
        differ = {i for old, new in images for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
        written = tuple(f for i, f in enumerate(target.columns) if i in differ)
    try:
        writing.require_alone(target, keys, written, cascades)
    except ViolationError:
        raise ChangeError(
            "change.later",
            f"other rows depend on a row of `{effect.relation}` by now",
            "delete those first",
        ) from None


def _changed_since(writing: Writing, effect: Effect, key: Image, id: str) -> ChangeError:
    """What has changed the row since, as far as the journal knows."""
    for later, text in writing.fetch(_SINCE, [id]):
        for other in read_effects(json.loads(text or "[]")):
            same = (other.schema, other.relation) == (effect.schema, effect.relation)
            if same and any(row.key == key for row in other.rows):
                return ChangeError(
                    "change.later",
                    f"a row of `{effect.relation}` was changed again, by `{later}`",
                    f"undo that first: `nlq undo {later}`",
                )
    return ChangeError(
        "change.later",
        f"a row of `{effect.relation}` was changed since",
        "by somebody who keeps no journal",
    )


def _read_images(writing: Writing, target: Target, keys: Sequence[Image]) -> dict[Image, Image]:
    """The rows with these keys that there are."""
    size = len(target.key)
    found: dict[Image, Image] = {}
    for chunk in in_chunks(keys):
        for row in writing.fetch(target.images(len(chunk)), flat(chunk)):
            found[row[:size]] = row[size:]
    return found


def _key_of(image: Image, target: Target) -> Image:
    names = list(target.names)
    return tuple(image[names.index(f.name)] for f in target.key)


def write_changed(changed: Changed) -> str:
    """JSON of which `read_changed` makes the same."""
    whole = {
        "effects": lay_out(changed.effects), "digest": changed.digest, "id": changed.id,
        "messages": changed.messages,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False)


def read_changed(text: str) -> Changed:
    """What `write_changed` wrote, as a repetition."""
    raw = json.loads(text)
    return Changed(
        read_effects(raw.get("effects", [])),
        raw.get("digest", ""),
        raw.get("id", ""),
        repeated=True,
        messages=raw.get("messages", 0),
    )


def _entry(row: Image) -> Entry:
    id, at, who, said, effects, undone_by = row
    return Entry(
        id or "",
        at or "",
        who or "",
        json.loads(said or "{}"),
        read_effects(json.loads(effects or "[]")),
        undone_by,
    )


def lay_out(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """The effects as values of JSON, without the copies that `dataclasses.asdict` makes of every text."""
    return [
        {
            "action": e.action, "schema": e.schema, "relation": e.relation, "columns": e.columns,
            "rows": [{"key": r.key, "before": r.before, "after": r.after} for r in e.rows],
            "shown": e.shown, "seen_before": e.seen_before, "seen_after": e.seen_after,
        }
        for e in effects
    ]  # fmt: skip


def read_effects(raw: list[Any]) -> tuple[Effect, ...]:
    """Effects from their JSON."""
    return tuple(
        Effect(
            e["action"], e["schema"], e["relation"], tuple(e["columns"]),
            tuple(RowChange(tuple(r["key"]), _image(r["before"]), _image(r["after"])) for r in e["rows"]),
            tuple(e["shown"]), tuple(map(tuple, e["seen_before"])), tuple(map(tuple, e["seen_after"])),
        )
        for e in raw
    )  # fmt: skip


def _image(raw: list[Any] | None) -> Image | None:
    return None if raw is None else tuple(raw)


def oldest(now: datetime, hours: float) -> datetime:
    """The moment before which nothing is kept."""
    return now - timedelta(hours=hours)
