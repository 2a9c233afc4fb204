"""How one query stands: what a build would do about it and why, who gets what, and by which SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nlq.build.inspect import Need, require_supported
from nlq.build.lock import Locked
from nlq.build.place import BuildError
from nlq.build.resolve import is_kept
from nlq.build.run import Project
from nlq.build.source import Query
from nlq.plan import HAND, Plan

_SAYS: dict[Need, str] = {
    "nothing": "up to date",
    "verify": "a build verifies it again, without the model unless that fails",
    "compile": "a build compiles it",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """How a query stands."""

    query: Query
    need: Need
    why: tuple[str, ...]
    locked: Locked | None
    plan: Plan | None

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "name": self.query.name,
            "place": str(self.query.place),
            "question": self.query.question,
            "need": self.need,
            "why": list(self.why),
            "kept": bool(self.locked and self.plan and is_kept(self.locked, self.plan)),
            "access": {
                a.role: {"effects": list(a.effects), "reasons": list(a.reasons)}
                for a in (self.locked.access if self.locked else ())
            },
            "paths": [list(path) for path in (self.locked.paths if self.locked else ())],
            "plan": self.plan.id if self.plan else None,
            "sql": self.plan.sql if self.plan else None,
            "explanation": self.plan.explanation if self.plan else None,
            "depends": {
                str(d.relation): [column for column, _ in d.columns]
                for d in (self.plan.depends if self.plan else ())
            },
        }


def explain(project: Project, name: str) -> Explained:
    """How the query of that name stands.

    Raises `build.damaged`, `build.unknown_role`, `build.unsupported`.
    """
    query = next(q for q in project.sources.queries if q.name == name)
    require_supported(query, project.service.settings)
    if damaged := project.damaged.get(name):
        raise BuildError(damaged.code, damaged.what, damaged.hint, damaged.place)
    inspected = project.inspector.inspect(query, project.locks.get(name))
    locked = inspected.locked
    plan = project.resolver.stored(locked) if locked else None
    return Explained(query, inspected.need, inspected.why, locked, plan)


def show_explained(explained: Explained) -> str:
    """The same for people."""
    query, locked, plan = explained.query, explained.locked, explained.plan
    lines = [f"{query.name}  ({query.place})", query.question, "", _SAYS[explained.need]]
    lines += [f"  {why}" for why in explained.why]
    if locked is not None:
        if locked.pinned:
            lines.append(f"pinned by {locked.pinned.by}, {locked.pinned.at}")
        if locked.paths:
            lines.append("each row holds " + ", ".join(".".join(path) for path in locked.paths))
        lines.append("")
        for access in locked.access:
            reasons = f": {'; '.join(access.reasons)}" if access.reasons else ""
            lines.append(f"{access.role}: {', '.join(access.effects)}{reasons}")
    if plan is not None:
        made = plan.provenance
        lines += ["", plan.sql, "", plan.explanation, *(f"assumed: {a}" for a in plan.assumptions)]
        lines += [f"reads {d.relation}: {', '.join(c for c, _ in d.columns)}" for d in plan.depends]
        lines.append("written by hand" if made.model == HAND else f"compiled by {made.model}")
    return "\n".join(lines) + "\n"
