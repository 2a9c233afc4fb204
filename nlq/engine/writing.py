"""What may be written in one transaction, on which terms, and what a change did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from nlq.engine.rows import Argument
from nlq.errors import ChangeError
from nlq.guard.rows import Field, Target
from nlq.guard.statement import Statement

Text = str | None
Image = tuple[Text, ...]
"""A row as text, each column as the database writes it and reads it again."""

CHUNK = 200
"""Keys of one statement."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query of ours; `seen`: as the caller may see what it reads."""

    sql: str
    values: Sequence[Argument]
    seen: bool = False


class Writing(Protocol):
    """A transaction that may write. Text of a draft reaches `ask` alone, and there as a guarded query."""

    def ask(self, statement: Statement, values: Sequence[Argument]) -> list[Image]:
        """The rows of a guarded query whose columns are text."""

    def look(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        """The rows of a query of ours, as the caller may see them."""

    def fetch(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        """The rows of a statement of ours."""

    def several(self, queries: Sequence[Query]) -> list[list[Image]]:
        """The rows of each query, in order, none of which needs what another gives.

        Of a statement that changes rows it is one row: how many.
        """

    def execute(self, sql: str, values: Sequence[Argument]) -> int:
        """How many rows a statement of ours changed."""

    def put(self, sql: str, values: Sequence[Argument]) -> None:
        """Run a statement of ours that changes no row but ours; it may fail later than here."""

    def ask_what_cascades(self, target: Target) -> Query | None:
        """What has to be asked before rows of the target are touched, for `require_alone`."""

    def require_alone(
        self,
        target: Target,
        keys: Sequence[Image],
        written: tuple[Field, ...] | None,
        cascades: Sequence[Image],
    ) -> None:
        """Refuse what would change rows of other relations by itself: foreign keys that cascade.

        `written` are the columns that get other values; None where the rows go. `cascades` is what was told
        when that was asked. Raises `change.constraint`.
        """


@dataclass(frozen=True, slots=True)
class Approval:
    """What the caller of a preview holds; of what it is: a digest of all that was sent, and the plan."""

    token: str
    asked: str
    plan_id: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How a change is to be made. `expected` is the digest of a preview, which must come out again.

    `approval` is used up by a change that is committed, and kept of one that is not. `as_of` is the time
    that the change goes by, where it is not `now`. `entry` is what the journal says of it, `who` whose it
    is; it keeps that for `keep_h` hours. `repeat` is an idempotency key, and the digest of all that was
    sent with it.
    """

    limit: int
    timeout_s: float
    now: datetime
    keep_h: float = 24.0
    commit: bool = True
    approval: Approval | None = None
    expected: str = ""
    as_of: datetime | None = None
    id: str = ""
    who: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)
    repeat: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row, as it was and as it is; None where there was, or is, none."""

    key: Image
    before: Image | None
    after: Image | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one step did. `seen_before` and `seen_after` are rows as the caller may see them, by `shown`."""

    action: str
    schema: str
    relation: str
    columns: tuple[str, ...]
    rows: tuple[RowChange, ...]
    shown: tuple[str, ...] = ()
    seen_before: tuple[Image, ...] = ()
    seen_after: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did, or would do. `id` names it in the journal; `repeated`: it was done before.

    `messages` is how many were put into the outbox, or would be.
    """

    effects: tuple[Effect, ...]
    digest: str
    id: str = ""
    repeated: bool = False
    messages: int = 0

    @property
    def count(self) -> int:
        """How many rows."""
        return sum(len(e.rows) for e in self.effects)


def only_read() -> ChangeError:
    """What is said of changes of SQLite."""
    return ChangeError("change.off", "SQLite databases are only read", "use DuckDB or Postgres")


def in_chunks(keys: Sequence[Image]) -> Iterator[Sequence[Image]]:
    """The keys, as many at a time as go into one statement."""
    return (keys[i : i + CHUNK] for i in range(0, len(keys), CHUNK))


def flat(keys: Sequence[Image]) -> list[Argument]:
    """The values of the keys, in order: what is bound to `Target.keyed`."""
    return [part for key in keys for part in key]
