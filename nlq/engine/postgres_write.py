"""Writing to Postgres: one serializable transaction, begun again when it meets another."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow

from nlq.catalog import RelationName
from nlq.defence.names import Names, quote
from nlq.engine.postgres_pipe import Pipe, read_rows
from nlq.engine.rows import Argument
from nlq.engine.violation import DeniedError, ViolationError
from nlq.engine.writing import Image, Query, flat, in_chunks
from nlq.errors import ChangeError
from nlq.guard.rows import Field, Target
from nlq.guard.statement import Statement
from nlq.own_tables import SCHEMA, TABLES, THERE

ATTEMPTS = 10
"""How often a transaction is begun that meets another each time."""

_CONFLICTS = ("40001", "40P01")
_KINDS = {"23502": "missing", "23503": "reference", "23505": "unique", "23514": "check", "23P01": "unique"}
_KEY = re.compile(r"Key \((?P<names>.+?)\)=\(")
_REFERRED = "is still referenced"

# Foreign keys to a relation that do something by themselves: by what, from where, by which columns.
_CASCADES = """
    SELECT n.nspname, c.relname, k.confdeltype::text, k.confupdtype::text,
           (SELECT array_agg(quote_ident(a.attname) ORDER BY u.at)::text FROM unnest(k.conkey)
            WITH ORDINALITY AS u(num, at) JOIN pg_catalog.pg_attribute AS a
              ON a.attrelid = k.conrelid AND a.attnum = u.num),
           (SELECT array_agg(quote_ident(a.attname) ORDER BY u.at)::text FROM unnest(k.confkey)
            WITH ORDINALITY AS u(num, at) JOIN pg_catalog.pg_attribute AS a
              ON a.attrelid = k.confrelid AND a.attnum = u.num)
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
    JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND rn.nspname = $1 AND r.relname = $2
      AND (k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r'))
"""


class PostgresWriting:
    """A transaction on one connection.

    Where the database enforces the policy too, `names` are those of its roles: guarded queries run as the
    reader, which may change nothing, and what is ours as the writer, or as `undo`. The transaction has
    begun as the reader.
    """

    def __init__(self, pipe: Pipe, names: Names | None = None, *, undo: bool = False) -> None:
        self._pipe = pipe
        self._names = names
        self._own = (names.undo if undo else names.writer) if names else ""
        self._role = self._reader = names.reader if names else ""

    def ask(self, statement: Statement, values: Sequence[Argument]) -> list[Image]:
        """See `Writing.ask`."""
        return self.look(statement.sql, values)

    def look(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        """See `Writing.look`."""
        return self.several([Query(sql, values, seen=True)])[0]

    def fetch(self, sql: str, values: Sequence[Argument]) -> list[Image]:
        """See `Writing.fetch`."""
        return self.several([Query(sql, values)])[0]

    def several(self, queries: Sequence[Query]) -> list[list[Image]]:
        """See `Writing.several`. All are sent before the first is answered."""
        with _explained(self._names):
            places = [self._send(q.sql, q.values, seen=q.seen) for q in queries]
            answers = self._pipe.answers()
            return [read_rows(answers[at]) for at in places]

    def execute(self, sql: str, values: Sequence[Argument]) -> int:
        """See `Writing.execute`."""
        return int(self.several([Query(sql, values)])[0][0][0] or 0)

    def put(self, sql: str, values: Sequence[Argument]) -> None:
        """See `Writing.put`. It is sent with what follows."""
        self._send(sql, values)

    def ask_what_cascades(self, target: Target) -> Query:
        """See `Writing.ask_what_cascades`."""
        return Query(_CASCADES, [target.name.schema, target.name.name])

    def require_alone(
        self,
        target: Target,
        keys: Sequence[Image],
        written: tuple[Field, ...] | None,
        cascades: Sequence[Image],
    ) -> None:
        """See `Writing.require_alone`."""
        for schema, name, on_delete, on_update, own, referred in cascades:
            theirs, ours = _names(own), _names(referred)
            if written is None:
                goes_along = on_delete not in ("a", "r")
            else:
                goes_along = on_update not in ("a", "r") and bool({f.quoted for f in written} & set(ours))
            if not goes_along:
                continue
            whole = RelationName(schema or "", name or "")
            if self._names:
                whole = self._names.looked_up(whole)
            child = quote(whole)
            same = " AND ".join(f'child.{t} = "__pol".{o}' for t, o in zip(theirs, ours, strict=True))
            for chunk in in_chunks(keys):
                sql = (
                    f'SELECT 1 FROM {target.quoted} AS "__pol" JOIN {child} AS child ON {same}'  # noqa: S608
                    f" WHERE {target.keyed(len(chunk))} LIMIT 1"
                )
                if self.fetch(sql, flat(chunk)):
                    raise ViolationError("referred", (), target.name)

    def commit(self) -> None:
        """End the transaction, with what was sent before."""
        with _explained(self._names):
            self._pipe.send("COMMIT")
            self._pipe.answers()

    def _send(self, sql: str, values: Sequence[Argument], *, seen: bool = False) -> int:
        role = self._reader if seen else self._own
        if role != self._role:
            self._pipe.send(f"SET LOCAL ROLE {quote(role)}")
            self._role = role
        return self._pipe.send(sql, values)


@contextmanager
def _explained(names: Names | None) -> Iterator[None]:
    """Within it the vendor's errors are told by what they say of the change."""
    try:
        yield
    except psycopg.errors.IntegrityError as error:
        raise violation_of(error) from None
    except psycopg.errors.InsufficientPrivilege:
        if names is None:
            raise
        raise DeniedError from None


def violation_of(error: psycopg.errors.IntegrityError) -> ViolationError:
    """The constraint that does not hold, without the values that the vendor's text has."""
    diag = error.diag
    kind = _KINDS.get(error.sqlstate or "", "")
    found = _KEY.match(diag.message_detail or "")
    columns = [c.strip().strip('"') for c in found["names"].split(",")] if found else []
    if diag.column_name:
        columns = [diag.column_name]
    if kind == "check" and diag.constraint_name and diag.table_name:
        # Postgres names a constraint of one column `<table>_<column>_check`, where nobody else did.
        columns = [diag.constraint_name.removeprefix(f"{diag.table_name}_").removesuffix("_check")]
    if kind == "reference" and _REFERRED in (diag.message_detail or ""):
        return ViolationError("referred")
    relation = (
        RelationName(diag.schema_name, diag.table_name) if diag.schema_name and diag.table_name else None
    )
    return ViolationError(kind, columns, relation)


def is_conflict(error: psycopg.Error) -> bool:
    """Whether the transaction may succeed when it is begun again."""
    return error.sqlstate in _CONFLICTS


def pause(attempt: int) -> None:
    """Wait a little, longer each time and never as long as the others."""
    time.sleep(random.uniform(0, 0.004 * 2**attempt))  # no secret


def make_journal(connection: psycopg.Connection[TupleRow]) -> None:
    """Make the tables of the journal where they are not, in a transaction of its own.

    Where the database enforces the policy, its migration made them, and nobody else can.

    Raises `change.off` where the user of the connection may not.
    """
    try:
        found = connection.execute(cast("Any", THERE)).fetchone()
        if found == (True,):
            return
        with connection.transaction():
            # Two servers that start together would both make it.
            connection.execute("SELECT pg_advisory_xact_lock(7229413008)")
            # Who may not make schemas is refused IF NOT EXISTS, too, where it exists.
            schema = connection.execute("SELECT to_regnamespace($1) IS NOT NULL", [SCHEMA]).fetchone()
            for statement in TABLES[1:] if schema == (True,) else TABLES:
                connection.execute(cast("Any", statement))
    except psycopg.errors.InsufficientPrivilege:
        raise ChangeError(
            "change.off",
            "there is no journal of changes, and the user of the connection may not make it",
            f"let an administrator `CREATE SCHEMA {SCHEMA} AUTHORIZATION …` for that user",
        ) from None


def _names(text: str | None) -> list[str]:
    """The items of an array of quoted identifiers, as `array_agg` writes them."""
    items = re.findall(r'"((?:[^"\\]|\\.)*)"|([^{},"]+)', text or "")
    names = [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in items]
    return [n if n.startswith('"') else f'"{n}"' for n in names]
