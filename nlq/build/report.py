"""What became of each query, as values; `nlq.build.show` makes texts of them."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from nlq.build.place import BuildError, Place
from nlq.errors import NlqError

Status = Literal["reused", "verified", "compiled", "recompiled", "removed", "failed"]
STATUSES: tuple[Status, ...] = ("compiled", "recompiled", "verified", "reused", "removed", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a build did about one query.

    `reused`: nothing had to be done. `verified`: something that its plans depend on changed, and they do
    still, or do with the same SQL. `compiled`: there was no plan; `recompiled`: the one there was would not
    do. `before` and `after` are SQL, where it is another. `errors` are what a check found, `doubts` what
    whoever reviews an instruction has to look at.
    """

    name: str
    status: Status
    place: Place | None = None
    why: tuple[str, ...] = ()
    errors: tuple[NlqError, ...] = ()
    doubts: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0

    def diff(self) -> str:
        """The SQL before and after, as a unified diff; empty where it is the same."""
        if not self.before or self.before == self.after:
            return ""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), "before", "after", lineterm="", n=2
        )
        return "\n".join(list(lines)[2:])

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "name": self.name,
            "status": self.status,
            "place": place_json(self.place),
            "why": list(self.why),
            "errors": [error_json(e) for e in self.errors],
            "doubts": list(self.doubts),
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A whole build or check. `errors` belong to no query: unreadable sources, rules, the matrix."""

    outcomes: tuple[Outcome, ...]
    errors: tuple[NlqError, ...] = ()
    seconds: float = 0.0
    counts: Counter[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", Counter(o.status for o in self.outcomes))

    @property
    def findings(self) -> tuple[NlqError, ...]:
        """Everything that is wrong, first what belongs to no query."""
        return (*self.errors, *(e for o in self.outcomes for e in o.errors))

    def to_json(self) -> dict[str, Any]:
        """A JSON object; the queries that are as they were are only counted."""
        return {
            "ok": not self.findings,
            "counts": {s: self.counts[s] for s in STATUSES},
            "queries": [o.to_json() for o in self.outcomes if o.status != "reused" or o.errors],
            "errors": [error_json(e) for e in self.errors],
            "prompt_tokens": sum(o.prompt_tokens for o in self.outcomes),
            "completion_tokens": sum(o.completion_tokens for o in self.outcomes),
            "cost_usd": round(sum(o.cost_usd for o in self.outcomes), 6),
            "seconds": round(self.seconds, 3),
        }


def place_of(error: NlqError) -> Place | None:
    """Where the error points."""
    return error.place if isinstance(error, BuildError) else None


def place_json(place: Place | None) -> dict[str, Any] | None:
    """A JSON object with file, line and column."""
    return {"file": place.file, "line": place.line, "column": place.column} if place else None


def error_json(error: NlqError) -> dict[str, Any]:
    """A JSON object with code, message, hint and place."""
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "place": place_json(place_of(error)),
    }
