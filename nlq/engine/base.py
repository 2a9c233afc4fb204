"""What every engine does. One file per vendor; vendors' exceptions stop there.

An engine takes a `Statement`, never a `str`: running unchecked SQL is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nlq.catalog import Catalog, Dialect
from nlq.defence.identity import Identity
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Argument, Rows, Sink, Version
from nlq.engine.work import Done, Work
from nlq.engine.writing import Terms
from nlq.errors import EngineError
from nlq.guard.statement import Statement
from nlq.plan import ResultColumn


class Engine(Protocol):
    """A database. Safe to use from several threads at once."""

    @property
    def dialect(self) -> Dialect:
        """The dialect of its SQL."""

    @property
    def name(self) -> str:
        """What a person calls it: file or host and database, never a password."""

    def version(self) -> Version | None:
        """What its file is now; None where it has none, or where that does not tell of every change."""

    def introspect(self) -> Catalog:
        """The catalog as it is now: user relations of all schemas, no system relation.

        Raises `engine.unreachable`, `engine.timeout` or `engine.failed`.
        """

    def describe(self, statement: Statement, identity: Identity | None = None) -> tuple[ResultColumn, ...]:
        """The columns of the result, from the engine's own prepare; nothing is run.

        They are the columns that `run` gives. Raises `plan.invalid` with a message that holds no value
        of the database and no name that the statement does not hold, and `engine.*` as `run` does.
        """

    def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
        sink: Sink | None = None,
    ) -> Rows:
        """At most `limit` rows of the statement, read-only, with `arguments` bound by name.

        With a `sink`, it gets them as they come, and they are never in memory as a whole.

        `arguments` has a value for each of `statement.arguments` but `__limit`, which the engine
        binds to `limit + 1`. A `timeout_s` of 0 is no limit of time. A database that enforces the policy
        itself is told `identity`, without which it shows nothing; others do not look at it.

        Raises `engine.timeout`, `engine.cancelled`, `engine.resources`, `engine.unreachable`, or
        `engine.failed` with a message that holds no value of the database.
        """

    def write(
        self,
        work: Work,
        terms: Terms,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Done:
        """Do the work in one transaction, serializable with all others, and commit it if `terms` say so.

        A database that enforces the policy itself is told `identity`.

        Raises `policy.denied`, `change.*`, and `engine.*` as `run` does: then nothing was changed.
        """

    def release(self) -> None:
        """Let go of a file that nobody reads at this moment; the next statement opens it again."""

    def close(self) -> None:
        """Give back connections. The engine may not be used afterwards."""


def values_in_order(
    engine: Engine, statement: Statement, arguments: Mapping[str, Argument], limit: int
) -> list[Argument]:
    """What is bound to each position of the statement, once it is sure that it is meant for `engine`.

    `__limit` is one row more than `limit`: that row is not given, it tells that there was one.
    """
    require_dialect(engine, statement)
    bound = {**arguments, "__limit": limit + 1}
    return [bound[name] for name in statement.arguments]


def require_dialect(engine: Engine, statement: Statement) -> None:
    """Refuse a statement that was made for another engine.

    Raises `engine.failed`.
    """
    if statement.dialect != engine.dialect:
        raise EngineError(
            "engine.failed",
            f"a statement in the dialect `{statement.dialect}` cannot run on `{engine.dialect}`",
            "compile the question for this database",
        )
