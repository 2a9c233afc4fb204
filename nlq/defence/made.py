"""One object of the database, with the statement that makes it."""

from __future__ import annotations

from dataclasses import dataclass

from nlq.catalog.fingerprint import digest


@dataclass(frozen=True, slots=True)
class Made:
    """A view, or a policy on a table, and the statement that makes it."""

    kind: str
    subject: str
    sql: str

    @property
    def source(self) -> str:
        """16 hex digits over the statement."""
        return digest(self.sql)[:16]
