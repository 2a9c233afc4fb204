"""Records to look at: read as they are, filtered. Whether they are genuine is for `verify` to say."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nlq.audit.files import parts
from nlq.audit.record import read_line
from nlq.errors import AuditError, RequestError

_AGO = re.compile(r"(\d{1,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are wanted: those that fit all of what is not None.

    `outcome` is `ok`, `failed`, a code, or the part of a code before the dot. `principal` is an id, or
    `anonymous`, or `owner`. `relation` may leave the schema out.
    """

    principal: str | None = None
    relation: str | None = None
    since: datetime | None = None
    outcome: str | None = None

    def takes(self, record: dict[str, Any]) -> bool:
        """True where the record is wanted."""
        return (
            (self.principal is None or who(record) == self.principal)
            and (self.relation is None or any(self._is_named(r) for r in record.get("relations") or ()))
            and (self.since is None or _moment(record) >= self.since)
            and (self.outcome is None or self._ended(str(record.get("outcome", ""))))
        )

    def _is_named(self, relation: object) -> bool:
        return str(relation) == self.relation or str(relation).rpartition(".")[2] == self.relation

    def _ended(self, outcome: str) -> bool:
        if self.outcome == "failed":
            return outcome not in ("ok", "")
        return outcome == self.outcome or outcome.startswith(f"{self.outcome}.")


def read_records(log: Path, wanted: Filter, last: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """The last so many records that are wanted, oldest first, and how many lines could not be read.

    Raises `audit.invalid` where there is no log.
    """
    unread = 0
    found: deque[dict[str, Any]] = deque(maxlen=last)
    try:
        for record in _records(log):
            if record is None:
                unread += 1
            elif wanted.takes(record):
                found.append(record)
    except OSError as error:
        raise AuditError(
            "audit.invalid", f"the audit log `{log}` cannot be read: {error.strerror}"
        ) from error
    return list(found), unread


def who(record: dict[str, Any]) -> str:
    """What a person calls the principal of a record."""
    if (identity := record.get("principal")) is not None:
        return str(identity)
    return "owner" if record.get("scope") == "owner" else "anonymous"


def parse_since(text: str, now: datetime) -> datetime:
    """The moment that `2026-01-31`, `2026-01-31T12:00`, `90m`, `12h` or `7d` means; without a zone, UTC.

    Raises `request.invalid`.

    >>> parse_since("12h", datetime(2026, 1, 31, 18, tzinfo=UTC)).isoformat()
    '2026-01-31T06:00:00+00:00'
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(
            "request.invalid",
            f"`--since {text}` is no time",
            "write `2026-01-31`, `2026-01-31T12:00` or `12h`",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _records(log: Path) -> Iterator[dict[str, Any] | None]:
    files = parts(log)
    if not files:
        raise AuditError("audit.invalid", f"there is no audit log `{log}`", "give its path, or set `audit`")
    for path in files:
        with path.open("rb") as file:
            for line in file:
                yield read_line(line)


def _moment(record: dict[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(str(record.get("time")))
    except ValueError:
        moment = datetime.min
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
