"""DuckDB for an event loop: results that are known, until the file changes; all others from a thread.

A result is that of a statement, which holds the policy, and of the values bound to it, the claims of the
principal among them. So who may see other rows gets another result.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.defence.identity import Identity
from nlq.encoding import encode_rows
from nlq.engine.base import Engine, values_in_order
from nlq.engine.cancellation import Cancellation
from nlq.engine.rows import Argument, Encoded, Version
from nlq.guard.statement import Statement
from nlq.plan.allow import FUNCTIONS, NODES
from nlq.plan.syntax import parse

SETTLED_NS = 2_000_000_000
"""File systems stamp files in steps: within one, a change can go unseen. So new files are not relied on."""

OVERHEAD = 600
"""Bytes that a result takes in memory beside its rows, its statement and its values."""

STATEMENTS = 10_000
"""Statements of which is known whether their results stay; all are forgotten when there are more."""

_MOMENT = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.Localtimestamp)

Work = Callable[[], tuple[Encoded, Version | None]]
Run = Callable[[Work], Awaitable[tuple[Encoded, Version | None]]]


@dataclass(frozen=True, slots=True)
class _Result:
    encoded: Encoded
    bytes: int


class AsyncDuckDB:
    """Statements of one event loop on the file of an engine."""

    def __init__(self, engine: Engine, catalog: Callable[[], Catalog], in_thread: Run, most: int) -> None:
        """Keeps results of `most` bytes. Whether a relation is a table, `catalog` says."""
        self._engine = engine
        self._catalog = catalog
        self._in_thread = in_thread
        self._most = most
        self._version: Version | None = None
        self._results: OrderedDict[tuple[str, int, str], _Result] = OrderedDict()
        self._bytes = 0
        self._lasting: dict[str, tuple[Catalog, bool]] = {}

    async def run(
        self,
        statement: Statement,
        arguments: Mapping[str, Argument],
        *,
        limit: int,
        timeout_s: float,
        cancellation: Cancellation | None = None,
        identity: Identity | None = None,
    ) -> Encoded:
        """As `Engine.run`, the rows as JSON."""
        started = time.perf_counter()
        # As text: 1, 1.0 and true are equal, and not the same value.
        key = (statement.sql, limit, repr(values_in_order(self._engine, statement, arguments, limit)))
        known = self._find(key)
        if known is not None:
            return Encoded(
                known.names, known.rows, known.count, known.truncated, time.perf_counter() - started
            )

        def work() -> tuple[Encoded, Version | None]:
            found = self._engine.run(
                statement, arguments, limit=limit, timeout_s=timeout_s, cancellation=cancellation
            )
            names = tuple(column.name for column in found.columns)
            rows = encode_rows(names, found.rows)
            return Encoded(names, rows, len(found.rows), found.truncated, found.seconds), found.version

        encoded, version = await self._in_thread(work)
        if self._is_lasting(statement):
            self._keep(key, encoded, version)
        return encoded

    def load(self) -> tuple[int, int, int]:
        """There are no connections, and none waits for one."""
        return 0, 0, 0

    def close(self) -> None:
        """Forget the results."""
        self._forget()

    def _find(self, key: tuple[str, int, str]) -> Encoded | None:
        version = self._engine.version()
        if version is None or version != self._version:
            self._forget()
            self._version = version
            return None
        found = self._results.get(key)
        if found is None:
            return None
        self._results.move_to_end(key)
        return found.encoded

    def _keep(self, key: tuple[str, int, str], encoded: Encoded, version: Version | None) -> None:
        # INVARIANT: the rows are those of the file as it is now, and it has been that for a while.
        if version is None or version != self._version or version != self._engine.version():
            return
        if key in self._results or time.time_ns() - version.changed_ns < SETTLED_NS:
            return
        size = OVERHEAD + len(encoded.rows) + len(key[0]) + len(key[2])
        if size > self._most // 4:
            return
        self._results[key] = _Result(encoded, size)
        self._bytes += size
        while self._bytes > self._most:
            _, oldest = self._results.popitem(last=False)
            self._bytes -= oldest.bytes

    def _forget(self) -> None:
        self._results.clear()
        self._bytes = 0

    def _is_lasting(self, statement: Statement) -> bool:
        catalog = self._catalog()
        known = self._lasting.get(statement.sql)
        if known is None or known[0] is not catalog:
            if len(self._lasting) >= STATEMENTS:
                self._lasting.clear()
            known = self._lasting[statement.sql] = (catalog, is_lasting(statement, catalog))
        return known[1]


def is_lasting(statement: Statement, catalog: Catalog) -> bool:
    """Whether the statement finds the same as long as its tables hold the same.

    Not where it asks for the time, or calls what the parser does not know, or reads a view or a column that
    the database computes, either of which may do that unseen.
    """
    if statement.reads is None:
        return False
    relations = {relation.name: relation for relation in catalog}
    for name in statement.reads:
        relation = relations.get(name)
        if relation is None or relation.kind != "table" or any(c.generated for c in relation.columns):
            return False
    return all(_is_lasting_node(node) for node in parse(statement.sql, "duckdb").walk())


def _is_lasting_node(node: exp.Expr) -> bool:
    if isinstance(node, (*_MOMENT, exp.Anonymous)):
        return False
    name = type(node).__name__
    return not isinstance(node, exp.Func) or name in FUNCTIONS or name in NODES
