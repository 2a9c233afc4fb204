"""The reply to a known question as bytes around the rows, made once for each statement where it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlq.answer import with_values
from nlq.encoding import to_bytes
from nlq.engine.base import Encoded
from nlq.guard import Statement
from nlq.plan import Plan
from nlq.plan.syntax import display


@dataclass(frozen=True, slots=True)
class Envelope:
    """What `Answer.to_json` says around the rows of one statement, in its order."""

    statement: Statement
    names: tuple[str, ...]
    head: bytes
    assumptions: bytes
    used: bytes
    decisions: bytes

    def around(
        self, encoded: Encoded, plan: Plan, arguments: Mapping[str, Any], timings: bytes, *, explain: bool
    ) -> bytes:
        """The whole reply."""
        explanation = with_values(plan.explanation, arguments)
        return b"".join(
            (
                self.head,
                encoded.rows,
                b',"truncated":true,"sql":' if encoded.truncated else b',"truncated":false,"sql":',
                to_bytes(display(plan.sql, arguments)),
                b',"explanation":' + to_bytes(explanation) + self.assumptions if explain else b"",
                self.used,
                self.decisions if explain else b"",
                b',"timings":',
                timings,
                b"}",
            )
        )


def make_envelope(plan: Plan, statement: Statement) -> Envelope | None:
    """None where the type of a column is not known before it is run."""
    if not plan.columns or any(c.type == "UNKNOWN" for c in plan.columns):
        return None
    used = {
        "id": plan.id,
        "cached": True,
        "model": plan.provenance.model,
        "model_calls": 0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "confidence": plan.provenance.confidence,
    }
    return Envelope(
        statement,
        tuple(c.name for c in plan.columns),
        b'{"columns":' + to_bytes([{"name": c.name, "type": c.type} for c in plan.columns]) + b',"rows":',
        b',"assumptions":' + to_bytes(list(plan.assumptions)),
        b',"plan":' + to_bytes(used),
        b',"decisions":' + to_bytes([d.to_json() for d in statement.decisions]),
    )
