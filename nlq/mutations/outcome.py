"""What every door shows of a mutation: the rows before and after, as the caller may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from nlq.catalog import Catalog, Family, RelationName, family
from nlq.encoding import encode
from nlq.engine.journal import Entry
from nlq.engine.writing import Changed, Effect, Image
from nlq.plan import Plan
from nlq.policy import Decision

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RelationChange:
    """What became of the rows of one relation in one step. `before` and `after` are those that may be
    seen."""

    relation: RelationName
    action: str
    count: int
    columns: tuple[str, ...]
    before: tuple[Row, ...]
    after: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """The HTTP shape."""
        return {
            "relation": str(self.relation),
            "action": self.action,
            "count": self.count,
            "before": [{k: encode(v) for k, v in row.items()} for row in self.before],
            "after": [{k: encode(v) for k, v in row.items()} for row in self.after],
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mutation did, or would do. `undo` names it in the journal; `approval` makes what was shown.

    `doubts` are what has to be confirmed before it is made; `messages` is how many the outbox got.
    """

    committed: bool
    changes: tuple[RelationChange, ...]
    sql: str
    explanation: str
    assumptions: tuple[str, ...]
    doubts: tuple[str, ...]
    plan: Plan
    cached: bool
    model_calls: int
    decisions: tuple[Decision, ...]
    undo: str | None = None
    approval: str | None = None
    repeated: bool = False
    messages: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows were changed, or would be."""
        return sum(c.count for c in self.changes)

    def to_json(self) -> dict[str, Any]:
        """The HTTP shape of `POST /mutate`."""
        return {
            "committed": self.committed,
            "changes": [c.to_json() for c in self.changes],
            "sql": self.sql,
            "explanation": self.explanation,
            "assumptions": list(self.assumptions),
            "doubts": list(self.doubts),
            "undo": self.undo,
            "approval": self.approval,
            "repeated": self.repeated,
            "messages": self.messages,
            "plan": {
                "id": self.plan.id,
                "cached": self.cached,
                "model": self.plan.provenance.model,
                "model_calls": self.model_calls,
                "inputs": dict(self.plan.inputs),
            },
            "decisions": [
                {"relation": str(d.relation), "effect": d.effect, "reason": d.reason}
                for d in self.decisions
            ],
            "timings": {k: round(v, 3) for k, v in self.timings.items()},
        }


def changes_of(effects: Iterable[Effect], visible: Catalog) -> tuple[RelationChange, ...]:
    """The effects as they are shown: texts of the database as values again."""
    return tuple(_change_of(e, visible) for e in effects)


def _change_of(effect: Effect, visible: Catalog) -> RelationChange:
    name = RelationName(effect.schema, effect.relation)
    relation = visible.relation(name)
    seen = {c.name: family(c.type, visible.dialect) for c in relation.columns} if relation else {}

    def rows(images: tuple[Image, ...]) -> tuple[Row, ...]:
        # What has been hidden since is not shown any more.
        return tuple(
            {c: _value(v, seen[c]) for c, v in zip(effect.shown, image, strict=True) if c in seen}
            for image in images
        )

    columns = tuple(c for c in effect.shown if c in seen)
    return RelationChange(
        name, effect.action, len(effect.rows), columns, rows(effect.seen_before), rows(effect.seen_after)
    )


def _value(text: str | None, of: Family) -> object:
    """The value that the database wrote as this text.

    >>> _value("2026-01-31 12:00:00+00", "timestamp"), _value("infinity", "timestamp")
    ('2026-01-31T12:00:00+00:00', 'infinity')
    """
    if text is None:
        return None
    try:
        match of:
            case "integer":
                return int(text)
            case "decimal":
                return Decimal(text)
            case "float":
                return float(text)
            case "boolean":
                return text in ("true", "t", "1")
            case "timestamp":
                return datetime.fromisoformat(text).isoformat()  # `+00` is no zone to JavaScript
            case _:
                return text
    except (ValueError, InvalidOperation):
        return text


def entry_to_json(entry: Entry, visible: Catalog) -> dict[str, Any]:
    """The HTTP shape of a change in the journal."""
    return {
        "id": entry.id,
        "time": entry.at.replace(" ", "T", 1),
        "principal": entry.who,
        "instruction": entry.said.get("instruction"),
        "plan": entry.said.get("plan"),
        "undone_by": entry.undone_by,
        "changes": [
            {"relation": f"{e.schema}.{e.relation}", "action": e.action, "count": len(e.rows)}
            for e in entry.effects
            if visible.relation(RelationName(e.schema, e.relation)) is not None
        ],
    }


__all__ = ["Changed", "Outcome", "RelationChange", "changes_of", "entry_to_json"]
