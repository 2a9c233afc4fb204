"""Known questions on the event loop: no thread, no model, no parsing; one round trip to the database.

Whatever is not in memory, or goes wrong in a way that asking again may mend, is for `Service.ask`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.types import Receive

from nlq.audit import Account
from nlq.audit.kernel import open_kernel_flush
from nlq.audit.together import Together
from nlq.build.lock import Locked
from nlq.build.named import require_cardinality
from nlq.engine.rows import Encoded
from nlq.errors import EngineError, NlqError, RequestError
from nlq.http.body import Question
from nlq.http.envelope import Envelope, make_envelope
from nlq.http.work import Workers
from nlq.policy import Principal
from nlq.recall import Recalled
from nlq.service import Service

if TYPE_CHECKING:
    from nlq.engine.duckdb_async import AsyncDuckDB
    from nlq.engine.postgres_async import AsyncPostgres

MOST_ROWS = 10_000
"""Rows that are kept in memory; where there are more, the service has them wait in a file."""

ENVELOPES = 10_000
"""Statements whose envelope is kept; all are forgotten when there are more."""


@dataclass(slots=True)
class Timings:
    """Milliseconds of the stages, as `Answer.timings` has them. Nothing is guarded here: that was done."""

    plan: float
    engine: float
    total: float

    def to_json(self) -> bytes:
        """As an answer shows them."""
        return f'{{"plan":{self.plan},"guard":0.0,"engine":{self.engine},"total":{self.total}}}'.encode()

    def to_header(self) -> bytes:
        """The header `Server-Timing`, as `server_timing` makes it."""
        shown = f"plan;dur={self.plan}, guard;dur=0.0, engine;dur={self.engine}, total;dur={self.total}"
        return shown.encode()

    def to_mapping(self) -> dict[str, float]:
        """By their names."""
        return {"plan": self.plan, "guard": 0.0, "engine": self.engine, "total": self.total}


@dataclass(slots=True)
class Reply:
    """The body of a reply, and the times of its stages."""

    body: bytes
    timings: Timings


class KnownQuestions:
    """Answers out of memory, for one event loop. Before `open` and after `close` it answers nothing."""

    def __init__(self, service: Service, workers: Workers) -> None:
        self._service = service
        self._workers = workers
        self._database: AsyncPostgres | AsyncDuckDB | None = None
        self._audit: Together | None = None
        self._envelopes: dict[int, Envelope] = {}

    def open(self) -> None:
        """Begin, on the event loop that runs. Connections are opened when they are needed."""
        self._database = self._open_database()
        audit = self._service.audit
        kernel = open_kernel_flush() if audit.is_slow else None
        self._audit = Together(audit, self._workers.count, kernel)

    def _open_database(self) -> AsyncPostgres | AsyncDuckDB | None:
        service, most = self._service, self._service.settings.result_cache_mb * 2**20
        if service.engine.dialect == "postgres":
            from nlq.engine.postgres import PostgresEngine
            from nlq.engine.postgres_async import AsyncPostgres

            if isinstance(service.engine, PostgresEngine):
                return AsyncPostgres(service.engine)
        if service.engine.dialect == "duckdb" and most:
            from nlq.engine.duckdb_async import AsyncDuckDB

            return AsyncDuckDB(service.engine, lambda: service.catalog, self._workers.do, most)
        return None

    def close(self) -> None:
        """Give back the connections."""
        if self._database is not None:
            self._database.close()
        if self._audit is not None:
            self._audit.close()
        self._database = None

    def load(self) -> tuple[int, int, int]:
        """Connections that are open, those of them that are idle, and requests that wait for one."""
        return self._database.load() if self._database is not None else (0, 0, 0)

    async def answer(self, asked: Question, principal: Principal, receive: Receive) -> Reply | None:
        """The reply, whose record is kept; None where `Service.ask` has to give it.

        Raises `engine.*`, of which there is a record too, and `audit.*`.
        """
        started = time.perf_counter()
        if not self._is_open():
            return None
        recalled = self._service.recall(asked.question, principal, asked.params, asked.limit)
        if recalled is None or (envelope := self._envelope(recalled)) is None:
            return None
        found = await self._answered(recalled, asked.question, principal, receive, started)
        if found is None or found[0].names != envelope.names:
            return None
        encoded, timings = found
        body = envelope.around(encoded, recalled.arguments, timings.to_json(), explain=asked.explain)
        return Reply(body, timings)

    async def named(
        self, find: Callable[[], tuple[Locked, Recalled] | None], principal: Principal, receive: Receive
    ) -> Reply | None:
        """The reply of a query that was built, which `find` recalls; None where the service has to give it.

        Raises as `answer` does, and `request.several_rows`.
        """
        started = time.perf_counter()
        if not self._is_open() or (recalled := find()) is None:
            return None
        query, what = recalled
        found = await self._answered(what, query.question, principal, receive, started)
        if found is None:
            return None
        encoded, timings = found
        require_cardinality(query, encoded.count)
        if query.cardinality == "one":
            return Reply(b'{"row":%b}' % (encoded.rows[1:-1] or b"null"), timings)
        truncated = b"true" if encoded.truncated else b"false"
        return Reply(b'{"rows":%b,"truncated":%b}' % (encoded.rows, truncated), timings)

    def _is_open(self) -> bool:
        # Where accounts could not be kept, the log has to be looked at first, which can take its time.
        return self._database is not None and not self._service.audit.is_troubled

    async def _answered(
        self, recalled: Recalled, question: str, principal: Principal, receive: Receive, started: float
    ) -> tuple[Encoded, Timings] | None:
        """The rows, whose record is kept, and the times of their stages."""
        database, audit = self._database, self._audit
        assert database is not None and audit is not None
        planned = time.perf_counter()
        account = Account(
            "query", question, principal, recalled.plan.scope,
            plan=recalled.plan, arguments=recalled.arguments, decisions=recalled.statement.decisions,
        )  # fmt: skip
        try:
            encoded = await self._run(database, recalled, receive)
            if encoded is None or (encoded.truncated and recalled.limit > MOST_ROWS):
                return None
        except RequestError:
            raise  # nothing was begun
        except EngineError as error:
            # The catalog that we know may be out of date: `ask` looks, and keeps an account of its own.
            if error.code == "engine.failed":
                return None
            account.outcome, account.ms = error.code, _since(started)
            await audit.record(account)
            raise
        except BaseException as error:
            account.outcome = error.code if isinstance(error, NlqError) else "internal.error"
            account.ms = _since(started)
            await audit.record(account)
            raise
        account.rows, account.truncated, account.ms = encoded.count, encoded.truncated, _since(started)
        # INVARIANT: before anything is given out.
        await audit.record(account)
        return encoded, Timings(
            round((planned - started) * 1000, 3),
            round(encoded.seconds * 1000, 3),
            round(_since(started), 3),
        )

    async def _run(
        self, database: AsyncPostgres | AsyncDuckDB, recalled: Recalled, receive: Receive
    ) -> Encoded | None:
        with self._workers.cancellable(receive) as cancellation:
            return await database.run(
                recalled.statement,
                recalled.bound,
                limit=min(recalled.limit, MOST_ROWS),
                timeout_s=self._service.settings.statement_timeout_s,
                cancellation=cancellation,
                identity=recalled.identity,
            )

    def _envelope(self, recalled: Recalled) -> Envelope | None:
        found = self._envelopes.get(id(recalled.statement))
        # A number is given to another object once the first is gone; kept here, it is not gone.
        if found is not None and found.statement is recalled.statement:
            return found
        made = make_envelope(recalled.plan, recalled.statement)
        if made is not None:
            if len(self._envelopes) >= ENVELOPES:
                self._envelopes.clear()
            self._envelopes[id(recalled.statement)] = made
        return made


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
