"""How a `Change` is made, within one transaction that an engine has begun: the same on every database.

Nothing here commits. Whoever began the transaction does, unless this raises, or the change is only tried.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC

from nlq.engine.cancellation import was_interrupted
from nlq.engine.rows import Argument
from nlq.engine.violation import DeniedError, ViolationError, explain_violation
from nlq.engine.writing import Changed, Effect, Image, Query, RowChange, Terms, Writing, flat, in_chunks
from nlq.errors import ChangeError, EngineError, PolicyError
from nlq.guard.change import Change, GuardedStep
from nlq.guard.rows import Field, Keyed, Target
from nlq.guard.statement import Statement


def make_change(
    writing: Writing, change: Change, arguments: Mapping[str, Argument], terms: Terms
) -> Changed:
    """Take the steps of a change.

    Raises `policy.denied`, `change.*`, `engine.*`: then everything has to be rolled back.
    """
    return _Maker(writing, change, arguments, terms).make()


class _Maker:
    def __init__(
        self, writing: Writing, change: Change, arguments: Mapping[str, Argument], terms: Terms
    ) -> None:
        self.writing = writing
        self.change = change
        self.terms = terms
        now = terms.as_of or terms.now
        if change.dialect == "postgres":
            # What has a time zone takes it as it is, what has none leaves it out.
            now = now.replace(tzinfo=UTC)
        self.bound: dict[str, Argument] = {**arguments, "now": now, "__limit": terms.limit + 1}
        self.deadline = time.monotonic() + terms.timeout_s if terms.timeout_s else None
        self.count = 0
        self.inputs = hashlib.sha256()

    def make(self) -> Changed:
        outcomes = [bool(self.ask(condition)) for condition in self.change.conditions]
        effects = [
            self.take(step)
            for step in self.change.steps
            if step.condition is None or outcomes[step.condition] != step.negated
        ]
        self.note(outcomes)
        digest = self.inputs.hexdigest()[:32]
        if self.terms.expected and digest != self.terms.expected:
            raise ChangeError(
                "change.moved_on",
                "the data has changed since the preview",
                "look at it again, and approve that",
            )
        return Changed(tuple(e for e in effects if e.rows), digest, self.terms.id)

    def take(self, step: GuardedStep) -> Effect:
        try:
            return self.take_step(step)
        except ViolationError as violation:
            raise explain_violation(violation, self.change.visible, step.target.name) from None
        except DeniedError:
            raise _against_rules(step) from None

    def take_step(self, step: GuardedStep) -> Effect:
        rows = self.ask(step.query)
        self.count += len(rows)
        if self.count > self.terms.limit:
            raise ChangeError(
                "change.too_many",
                f"this would change more than {self.terms.limit:,} rows",
                "say more closely which, or raise the limit: `change_limit`, or that of this call",
            )
        self.note([step.action, str(step.target.name), [list(r) for r in rows]])
        match step.action:
            case "create":
                return self.create(step, rows)
            case "update":
                return self.update(step, rows)
            case "delete":
                return self.delete(step, rows)

    def create(self, step: GuardedStep, rows: list[Image]) -> Effect:
        target, written = step.target, step.written
        makes = target.makes if target.key[0] not in written else None
        last = self.last_key(target) if makes == "integer" and rows else 0
        keys: list[Image] = []
        for number, row in enumerate(rows, 1):
            fields, values = written, row
            if makes is not None:
                made = str(last + number) if makes == "integer" else str(uuid.uuid4())
                fields, values = (target.key[0], *written), (made, *row)
            found = self.fetch(target.insert(fields), values)
            self.require_count(len(found), 1)
            keys.append(found[0])
        self.learn_key(target, keys)
        after, seen = self.look_after(step, keys)
        return self.effect(step, [RowChange(k, None, after[k]) for k in keys], [], seen)

    def update(self, step: GuardedStep, rows: list[Image]) -> Effect:
        target, size = step.target, len(step.target.key)
        keys = [row[:size] for row in rows]
        before, seen_before = self.look_before(step, keys, step.written)
        same: dict[Image, list[Image]] = {}
        for row in rows:
            same.setdefault(row[size:], []).append(row[:size])
        chunks = [(values, chunk) for values, group in same.items() for chunk in in_chunks(group)]
        updates = [
            Query(target.update(step.written, len(chunk)), [*values, *flat(chunk)])
            for values, chunk in chunks
        ]
        new_keys = [_new_key(step, row) for row in rows]
        after, seen = self.look_after(step, new_keys, updates, [len(chunk) for _, chunk in chunks])
        changes = [RowChange(k, before[k], after[n]) for k, n in zip(keys, new_keys, strict=True)]
        return self.effect(step, changes, seen_before, seen)

    def delete(self, step: GuardedStep, rows: list[Image]) -> Effect:
        target = step.target
        before, seen = self.look_before(step, rows, None)
        for chunk in in_chunks(rows):
            self.require_count(self.execute(target.delete(len(chunk)), flat(chunk)), len(chunk))
        return self.effect(step, [RowChange(k, before[k], None) for k in rows], seen, [])

    def effect(
        self, step: GuardedStep, rows: list[RowChange], before: list[Image], after: list[Image]
    ) -> Effect:
        name = step.target.name
        return Effect(step.action, name.schema, name.name, step.target.names, tuple(rows), step.shown,
                      tuple(before), tuple(after))  # fmt: skip

    # what the steps have in common

    def last_key(self, target: Target) -> int:
        found = self.fetch(target.last_key(), ())[0][0]
        return int(found) if found is not None else 0

    def learn_key(self, target: Target, keys: list[Image]) -> None:
        """Later steps may name the key of a row, if it is one row that was made."""
        for at, part in enumerate(target.key):
            name = f"new.{target.name.name}.{part.name}"
            self.bound.pop(name, None)
            if len(keys) == 1:
                self.bound[name] = keys[0][at]

    def look_before(
        self, step: GuardedStep, keys: Sequence[Image], written: tuple[Field, ...] | None
    ) -> tuple[dict[Image, Image], list[Image]]:
        """The rows as they are, and as the principal may see them; no other rows go with them."""
        asked = self.writing.ask_what_cascades(step.target)
        found, seen, more = self.look(step, keys, [asked] if asked else [])
        self.note([list(found[k]) for k in keys])
        self.writing.require_alone(step.target, keys, written, more[0] if asked else ())
        return found, seen

    def look_after(
        self,
        step: GuardedStep,
        keys: Sequence[Image],
        updates: Sequence[Query] = (),
        counts: Sequence[int] = (),
    ) -> tuple[dict[Image, Image], list[Image]]:
        """The rows as they are after `updates`, which change so many, and as the principal may see them.

        The rules hold of each.
        """
        checks = [self.keyed(step.check, chunk) for chunk in in_chunks(keys)] if step.check else []
        after, seen, found = self.look(step, keys, checks, updates)
        done, broken = found[: len(updates)], found[len(updates) :]
        for rows, count in zip(done, counts, strict=True):
            self.require_count(int(rows[0][0] or 0), count)
        # INVARIANT: each of them was found by its key, or the rules would be asked of fewer rows.
        if set(after) != set(keys):
            raise EngineError(
                "engine.failed",
                f"the key of a row of `{step.target.name.name}` is not as it was written",
                "write keys as the database does; nothing was changed",
            )
        if any(rows[0][0] != "0" for rows in broken):
            raise _against_rules(step)
        return after, seen

    def look(
        self, step: GuardedStep, keys: Sequence[Image], more: Sequence[Query], first: Sequence[Query] = ()
    ) -> tuple[dict[Image, Image], list[Image], list[list[Image]]]:
        """The rows, as they are and as the principal may see them, in the order of `keys`.

        And what came of the queries that are asked `first`, and of `more`.
        """
        self.require_time()
        target, size, chunks = step.target, len(step.target.key), list(in_chunks(keys))
        answered = self.writing.several(
            [
                *first,
                *(Query(target.images(len(chunk)), flat(chunk)) for chunk in chunks),
                *(self.keyed(step.show, chunk, seen=True) for chunk in chunks),
                *more,
            ]
        )
        started, found = answered[: len(first)], answered[len(first) :]
        images, shown = (
            {row[:size]: row[size:] for rows in part for row in rows}
            for part in (found[: len(chunks)], found[len(chunks) : 2 * len(chunks)])
        )
        return images, [shown[k] for k in keys if k in shown], [*started, *found[2 * len(chunks) :]]

    def keyed(self, query: Keyed, keys: Sequence[Image], *, seen: bool = False) -> Query:
        values = [self.value(name) for name in query.arguments]
        return Query(query.text(len(keys)), [*values, *flat(keys)], seen)

    def ask(self, statement: Statement) -> list[Image]:
        self.require_time()
        return self.writing.ask(statement, [self.value(name) for name in statement.arguments])

    def value(self, name: str) -> Argument:
        if name not in self.bound:
            raise EngineError(
                "engine.failed",
                f"a step needs `:{name}`, and not exactly one such row was made",
                "nothing was changed",
            )
        return self.bound[name]

    def fetch(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        self.require_time()
        return self.writing.fetch(sql, values)

    def execute(self, sql: str, values: Sequence[Argument]) -> int:
        self.require_time()
        return self.writing.execute(sql, values)

    def require_count(self, have: int, want: int) -> None:
        if have != want:
            raise EngineError(
                "engine.failed",
                "the database changed another number of rows than it was told",
                "a trigger or a rule of the database may do that; nothing was changed",
            )

    def require_time(self) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise was_interrupted(None, self.terms.timeout_s)

    def note(self, value: object) -> None:
        self.inputs.update(json.dumps(value).encode())


def _against_rules(step: GuardedStep) -> PolicyError:
    done = {"create": "add to", "update": "change in", "delete": "delete from"}[step.action]
    return PolicyError(
        "policy.denied",
        f"the rules do not let you {done} `{step.target.name.name}` what this would",
        "nothing was changed",
    )


def _new_key(step: GuardedStep, row: Image) -> Image:
    size = len(step.target.key)
    values = dict(zip(step.written, row[size:], strict=True))
    return tuple(values.get(f, old) for f, old in zip(step.target.key, row[:size], strict=True))
