"""Writing to DuckDB: one transaction of the one connection that has the file open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import duckdb

from nlq.engine import failure
from nlq.engine.duckdb_reads import read_macros, require_same_reads
from nlq.engine.journal import FORGET, oldest
from nlq.engine.rows import Argument
from nlq.engine.violation import ViolationError
from nlq.engine.writing import Image, Query, Terms
from nlq.errors import EngineError
from nlq.guard.rows import Field, Target
from nlq.guard.statement import Statement
from nlq.own_tables import TABLES

_MISSING = re.compile(r"NOT NULL constraint failed: (?P<relation>.+)\.(?P<column>[^.\n]+)")
_DUPLICATE = re.compile(r'Duplicate key "(?P<pairs>.*)" violates', re.DOTALL)
_CHECK = re.compile(
    r"CHECK constraint failed on table (?P<relation>.+?) with expression (?P<text>.*)", re.DOTALL
)


_LIMITATION = "DuckDB cannot change an indexed column of a row that others refer to; nothing was changed"


class DuckDBWriting:
    """A transaction that has begun."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._macros: frozenset[str] | None = None

    def ask(self, statement: Statement, values: Sequence[Argument]) -> list[Image]:
        """See `Writing.ask`. DuckDB's own parser has to see a query over what the guard named."""
        found = self._connection.extract_statements(statement.sql)
        if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
            raise EngineError(*failure.NOT_A_READ)
        if self._macros is None:
            self._macros = read_macros(self._connection)
        require_same_reads(self._connection, statement, self._macros)
        return self.fetch(statement.sql, values)

    def look(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        """See `Writing.look`."""
        return self.fetch(sql, values)

    def fetch(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        """See `Writing.fetch`."""
        try:
            return cast("list[Image]", self._connection.execute(sql, list(values)).fetchall())
        except duckdb.ConstraintException as error:
            raise violation_of(str(error)) from None

    def several(self, queries: Sequence[Query]) -> list[list[Image]]:
        """See `Writing.several`."""
        return [self.fetch(query.sql, query.values) for query in queries]

    def put(self, sql: str, values: Sequence[Argument]) -> None:
        """See `Writing.put`."""
        self.fetch(sql, values)

    def ask_what_cascades(self, target: Target) -> None:
        """See `Writing.ask_what_cascades`. DuckDB has no foreign keys that cascade."""

    def execute(self, sql: str, values: Sequence[Argument]) -> int:
        """See `Writing.execute`."""
        return int(self.fetch(sql, values)[0][0] or 0)

    def require_alone(
        self,
        target: Target,
        keys: Sequence[Image],
        written: tuple[Field, ...] | None,
        cascades: Sequence[Image],
    ) -> None:
        """See `Writing.require_alone`. Nothing cascades."""


def keep_journal(connection: duckdb.DuckDBPyConnection, terms: Terms) -> None:
    """Make the journal's tables where they are not, and forget what is too old."""
    for statement in TABLES:
        connection.execute(statement)
    for statement in FORGET:
        connection.execute(statement, [oldest(terms.now, terms.keep_h)])


def violation_of(text: str) -> ViolationError:
    """The constraint that does not hold, without the values that the vendor's text has."""
    if found := _MISSING.search(text):
        return ViolationError("missing", [found["column"].strip('"')])
    if found := _DUPLICATE.search(text):
        # `"user_id: 1, post_id: 2"`: values may hold anything, so that only the first name is sure.
        pairs = found["pairs"].split(", ")
        names = [p.partition(":")[0] for p in pairs if ": " in p]
        return ViolationError("unique", names)
    if found := _CHECK.search(text):
        names = list(dict.fromkeys(re.findall(r"[A-Za-z_]\w*", found["text"].partition("CHECK")[2])))
        return ViolationError("check", names[:1])
    if "still referenced" in text:
        return ViolationError("referred", hint=_LIMITATION)
    return ViolationError("reference" if "foreign key" in text else "")


__all__ = ["DuckDBWriting", "keep_journal", "violation_of"]
