"""Postgres for an event loop: statements that are known, one round trip each, rows as JSON that it made.

Beside `PostgresEngine`, which does all the rest. Of the session, each connection is told once what that one
tells it in every transaction, where it is ours alone; behind a pooler that hands sessions on (PgBouncer) in
every transaction here too, in the same round trip.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import psycopg
from psycopg.pq.abc import PGresult

from nlq.defence.identity import CLAIMS, ROLES, Identity
from nlq.defence.names import quote
from nlq.engine import failure
from nlq.engine.base import values_in_order
from nlq.engine.cancellation import Cancellation
from nlq.engine.postgres import PostgresEngine
from nlq.engine.postgres_failure import NOT_DEFENDED, failure_of, undefended
from nlq.engine.postgres_json import select_json
from nlq.engine.postgres_pool import CONNECTIONS, Watch, WirePool
from nlq.engine.postgres_sessions import NOBODY
from nlq.engine.postgres_wire import Answers, LostError, Wire
from nlq.engine.rows import Argument, Encoded
from nlq.engine.sendable import sendable
from nlq.errors import EngineError
from nlq.guard.statement import Statement

FORMS = 2000
"""Statements of which is known how their rows become JSON; all are forgotten when there are more."""

FIRST_OF_USERS = 16_384
"""OIDs from here on are of objects that users made (PostgreSQL: `FirstNormalObjectId`)."""

_ENDED = ("57P0", "08")
"""SQLSTATEs of a server that is stopped, or ended the connection: perhaps long before this request."""

_ENUMS = "SELECT oid FROM pg_catalog.pg_type WHERE typtype = 'e'"
_TYPES: dict[type, int] = {float: 701, Decimal: 1700}
"""As psycopg declares parameters; all others have no type, so that Postgres infers the one it needs."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement whose rows are texts of JSON; `sql` is empty where Postgres cannot make them."""

    sql: str
    names: tuple[str, ...]


class AsyncPostgres:
    """Connections of one event loop to the database of an engine."""

    def __init__(self, engine: PostgresEngine, connections: int = CONNECTIONS) -> None:
        self._engine = engine
        self._pool = WirePool(engine, connections)
        self._forms: dict[tuple[str, tuple[int, ...]], _Form] = {}

    async def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Encoded | None:
        """As `Engine.run`, the rows as JSON; None where that is for the engine to do."""
        values = [sendable(v) for v in values_in_order(self._engine, statement, arguments, limit)]
        bounded = "__limit" in statement.arguments
        if not bounded:
            values.append(str(limit + 1))
        try:
            sent = [None if value is None else _encode(str(value)) for value in values]
        except (UnicodeError, psycopg.DataError) as error:
            raise failure_of(error, None, timeout_s) from None
        started = time.perf_counter()
        types = tuple([_TYPES.get(type(value), 0) for value in values])
        job = _Job(statement, bounded, sent, types, identity or NOBODY)
        for attempt in (1, 2):
            wire, is_new = await self._pool.take(timeout_s)
            try:
                with Watch(self._pool, wire, cancellation, timeout_s) as watch:
                    try:
                        found = await self._run_on(wire, job)
                    except LostError:
                        if watch.why is not None:
                            raise watch.why from None
                        # What only reads may be run again: a connection that was kept may be dead.
                        if is_new or attempt == 2:
                            raise EngineError(*failure.LOST) from None
                        self._pool.drop_idle()
                        continue
                    except psycopg.Error as error:
                        was_known = self._forms.pop((statement.sql, types), None) is not None
                        if attempt == 1 and _may_be_altered(error) and was_known:
                            wire.close()
                            self._pool.drop_idle()
                            continue
                        if attempt == 1 and _has_ended(error) and not is_new:
                            wire.close()
                            self._pool.drop_idle()
                            continue
                        raise watch.why or failure_of(error, cancellation, timeout_s) from None
            finally:
                self._pool.give_back(wire)
            if found is None:
                return None
            form, result = found
            value = result.get_value
            rows = [value(i, 0) or b"" for i in range(min(result.ntuples, limit))]
            return Encoded(
                form.names,
                b"[" + b",".join(rows) + b"]",
                len(rows),
                result.ntuples > limit,
                time.perf_counter() - started,
            )
        raise AssertionError("the second attempt returns or raises")

    def load(self) -> tuple[int, int, int]:
        """Connections that are open, those of them that are idle, and statements that wait for one."""
        return self._pool.load()

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()

    async def _run_on(self, wire: Wire, job: _Job) -> tuple[_Form, PGresult] | None:
        told, kept = self._before(wire, job.identity)
        key = (job.statement.sql, job.types)
        form = self._forms.get(key)
        if form is None:
            form = await self._find_form(wire, told, kept, job)
            if len(self._forms) >= FORMS:
                self._forms.clear()
            self._forms[key] = form
        if not form.sql:
            return None
        return form, self._answered(*await wire.run(told, kept, form.sql, job.values, job.types))

    async def _find_form(self, wire: Wire, told: list[bytes], kept: list[bytes], job: _Job) -> _Form:
        own = job.types if job.bounded else job.types[:-1]
        described = self._answered(*await wire.describe(told, kept, job.statement.sql, own))
        fields = range(described.nfields)
        columns = [((described.fname(i) or b"").decode(), described.ftype(i)) for i in fields]
        if not columns:
            raise EngineError(*failure.NOT_A_READ)
        enums: frozenset[int] = frozenset()
        if any(oid >= FIRST_OF_USERS for _, oid in columns):
            found = self._answered(*await wire.run(told, kept, _ENUMS))
            enums = frozenset(int(found.get_value(i, 0) or 0) for i in range(found.ntuples))
        limit = 0 if job.bounded else len(job.values)
        sql = select_json(job.statement.sql, columns, enums=enums, limit=limit)
        return _Form(sql or "", tuple(name for name, _ in columns))

    def _before(self, wire: Wire, identity: Identity) -> tuple[list[bytes], list[bytes]]:
        """What a transaction begins with, as in `PostgresEngine`: who asks, as what role, by which policy.

        INVARIANT: what comes first that is no SET is a SELECT. It takes the snapshot, after which nothing
        makes the transaction read-write. Without a role it is the statement, which `select_json` made.
        """
        names = self._engine.names
        if names is None:
            return [], []
        return [
            f"SET LOCAL {ROLES} = ".encode() + wire.literal(identity.roles_text()),
            f"SET LOCAL {CLAIMS} = ".encode() + wire.literal(identity.claims_text()),
        ], [
            f"SET LOCAL ROLE {quote(names.reader)}".encode(),
            f"SELECT ready FROM {quote(names.marker(identity.policy))}".encode(),  # noqa: S608  # both quoted
        ]

    def _answered(self, answers: Answers, at: int) -> PGresult:
        found = answers.error()
        if found is None:
            return answers.results[at]
        place, error = found
        if (
            place < answers.prepared_at
            and self._engine.names is not None
            and error.sqlstate in NOT_DEFENDED
        ):
            raise undefended(NOT_DEFENDED[error.sqlstate])
        raise error


def _encode(text: str) -> bytes:
    # INVARIANT: libpq reads up to the first NUL, and a claim would be that of somebody else.
    if "\0" in text:
        raise psycopg.DataError("a text cannot contain NUL")
    return text.encode()


def _has_ended(error: psycopg.Error) -> bool:
    """Whether the connection is lost, as the server says or, without a state, libpq."""
    return error.sqlstate is None or error.sqlstate.startswith(_ENDED)


def _may_be_altered(error: psycopg.Error) -> bool:
    """Whether a relation may have been altered since the statement was prepared.

    Postgres says that its result changed, or that an expression does not fit what a column is now.
    """
    return (error.sqlstate or "").startswith(("0A", "42"))


@dataclass(slots=True)
class _Job:
    """A statement with all that it needs."""

    statement: Statement
    bounded: bool
    values: list[bytes | None]
    types: tuple[int, ...]
    identity: Identity
