"""The reply to a known question as bytes around the rows, made once for each statement where it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nlq.answer import explanation_parts, shown_value
from nlq.encoding import to_bytes
from nlq.engine.rows import Encoded
from nlq.guard import Statement
from nlq.plan import Plan
from nlq.plan.syntax import display_parts, display_value


@dataclass(frozen=True, slots=True)
class Text:
    """A text of JSON with holes for values: bytes and names in turn."""

    parts: tuple[bytes | str, ...]
    show: Callable[[object], str]

    def filled(self, arguments: Mapping[str, Any], hole: str) -> bytes:
        """The text with the values in it, in quotes; `hole` is what a name without a value looks like."""
        shown = list(self.parts)
        for at in range(1, len(shown), 2):
            name = str(shown[at])
            shown[at] = _inner(self.show(arguments[name]) if name in arguments else hole.format(name))
        return b'"%b"' % b"".join(shown)  # type: ignore[arg-type]  # now all are bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """What `Answer.to_json` says around the rows of one statement, in its order."""

    statement: Statement
    names: tuple[str, ...]
    head: bytes
    sql: Text
    explanation: Text
    assumptions: bytes
    used: bytes
    decisions: bytes

    def around(
        self, encoded: Encoded, arguments: Mapping[str, Any], timings: bytes, *, explain: bool
    ) -> bytes:
        """The whole reply."""
        explained = b""
        if explain:
            explained = b',"explanation":' + self.explanation.filled(arguments, "`:{}`") + self.assumptions
        return b"".join(
            (
                self.head,
                encoded.rows,
                b',"truncated":true,"sql":' if encoded.truncated else b',"truncated":false,"sql":',
                self.sql.filled(arguments, ":{}"),
                explained,
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
        _text(display_parts(plan.sql), display_value),
        _text(explanation_parts(plan.explanation), shown_value),
        b',"assumptions":' + to_bytes(list(plan.assumptions)),
        b',"plan":' + to_bytes(used),
        b',"decisions":' + to_bytes([d.to_json() for d in statement.decisions]),
    )


def _text(parts: tuple[str, ...], show: Callable[[object], str]) -> Text:
    # Parts of a text of JSON, put together, are the text: no character's escape depends on its neighbours.
    return Text(tuple(part if at % 2 else _inner(part) for at, part in enumerate(parts)), show)


def _inner(text: str) -> bytes:
    return to_bytes(text)[1:-1]
