"""What every door shows: the answer, a plan, a catalog.

Values are JSON by the rule of `nlq.encoding`. CSV holds the same texts, with decimals exact; NULL is an
empty field, and the empty text is `""`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from nlq.catalog import Catalog
from nlq.encoding import encode
from nlq.engine.rows import Rows, Sink
from nlq.guard import Statement
from nlq.plan import Plan, ResultColumn
from nlq.plan.nested import fold
from nlq.policy import Decision

_PARAMETER = re.compile(r"`:([A-Za-z][A-Za-z0-9_]*)`")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows with what made them. `timings` in milliseconds, `model_calls` those of this request.

    `question` is what a follow-up became.
    """

    columns: tuple[ResultColumn, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    sql: str
    explanation: str
    assumptions: tuple[str, ...]
    plan: Plan
    cached: bool
    model_calls: int
    decisions: tuple[Decision, ...]
    timings: Mapping[str, float]
    question: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The HTTP shape of `POST /query`; rows are objects."""
        names = [c.name for c in self.columns]
        return {
            **({"question": self.question} if self.question is not None else {}),
            "columns": [{"name": c.name, "type": c.type} for c in self.columns],
            "rows": [{n: encode(v) for n, v in zip(names, row, strict=True)} for row in self.rows],
            "truncated": self.truncated,
            "sql": self.sql,
            "explanation": self.explanation,
            "assumptions": list(self.assumptions),
            "plan": {
                "id": self.plan.id,
                "cached": self.cached,
                "model": self.plan.provenance.model,
                "model_calls": self.model_calls,
                "prompt_tokens": 0 if self.cached else self.plan.provenance.prompt_tokens,
                "completion_tokens": 0 if self.cached else self.plan.provenance.completion_tokens,
                "confidence": self.plan.provenance.confidence,
            },
            "decisions": [d.to_json() for d in self.decisions],
            "timings": {k: round(v, 3) for k, v in self.timings.items()},
        }

    def to_csv(self) -> str:
        """The rows with a header, one a line."""
        return csv_header(self.columns) + csv_lines(self.rows)


def csv_header(columns: Sequence[ResultColumn]) -> str:
    """The first line."""
    return ",".join(_csv_field(column.name) for column in columns) + "\n"


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """The lines of the rows."""
    return "".join(",".join(map(_csv_field, row)) + "\n" for row in rows)


def shape_rows(
    rows: Rows, plan: Plan, statement: Statement
) -> tuple[tuple[ResultColumn, ...], tuple[tuple[Any, ...], ...]]:
    """The columns of an answer and its rows. Where it is nested, a value may be an object or a list."""
    if not statement.cells:
        return _typed(rows.columns, plan), rows.rows
    names, values = fold(statement.cells, rows.rows)
    types = {c.name: c.type for c in plan.columns}
    plain = {path for cell in statement.cells for path in cell if len(path) == 1}
    return tuple(ResultColumn(n, types.get(n, "JSON") if (n,) in plain else "JSON") for n in names), values


def _typed(columns: tuple[ResultColumn, ...], plan: Plan) -> tuple[ResultColumn, ...]:
    pairs = zip(columns, plan.columns or columns, strict=True)
    return tuple(replace(c, type=p.type) if p.type != "UNKNOWN" else c for c, p in pairs)


@dataclass(frozen=True, slots=True)
class Typed:
    """A sink whose columns are those of the answer: the plan may know more of their types."""

    sink: Sink
    plan: Plan

    def begin(self, columns: tuple[ResultColumn, ...]) -> None:
        """See `Sink.begin`."""
        self.sink.begin(_typed(columns, self.plan))

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """See `Sink.add`."""
        self.sink.add(rows)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The HTTP shape of a plan. Examples of its parameters are left out: another person asked with them."""
    made = plan.provenance
    return {
        "id": plan.id,
        "kind": plan.kind,
        "question": plan.template,
        "dialect": plan.dialect,
        "sql": plan.sql,
        "explanation": plan.explanation,
        "assumptions": list(plan.assumptions),
        "parameters": [{"name": p.name, "type": p.family} for p in plan.parameters],
        "columns": [{"name": c.name, "type": c.type} for c in plan.columns],
        "depends": [
            {"relation": str(d.relation), "columns": [name for name, _ in d.columns]} for d in plan.depends
        ],
        "provenance": {
            "model": made.model,
            "attempts": made.attempts,
            "prompt_tokens": made.prompt_tokens,
            "completion_tokens": made.completion_tokens,
            "seconds": made.seconds,
            "cost_usd": made.cost_usd,
            "confidence": made.confidence,
        },
    }


def catalog_to_json(catalog: Catalog) -> dict[str, Any]:
    """The HTTP shape of a catalog."""
    return {
        "dialect": catalog.dialect,
        "relations": [
            {
                "schema": r.name.schema,
                "name": r.name.name,
                "kind": r.kind,
                "comment": r.comment,
                "columns": [
                    {
                        "name": c.name,
                        "type": c.type,
                        "nullable": c.nullable,
                        "comment": c.comment,
                        "enum": list(c.enum),
                    }
                    for c in r.columns
                ],
                "primary_key": list(r.primary_key),
                "foreign_keys": [
                    {
                        "columns": list(k.columns),
                        "referred": str(k.referred),
                        "referred_columns": list(k.referred_columns),
                    }
                    for k in r.foreign_keys
                ],
            }
            for r in catalog
        ],
    }


def with_values(explanation: str, arguments: Mapping[str, Any]) -> str:
    """The explanation with values in place of parameters; a value is not looked into again."""

    def shown(found: re.Match[str]) -> str:
        return _shown(arguments[found[1]]) if found[1] in arguments else found[0]

    return _PARAMETER.sub(shown, explanation)


def explanation_parts(explanation: str) -> tuple[str, ...]:
    """Text and names of parameters in turn, as `with_values` finds them."""
    return tuple(_PARAMETER.split(explanation))


def shown_value(value: object) -> str:
    """A value as `with_values` writes it in."""
    return _shown(value)


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value if len(value) <= 60 else value[:59] + '…'}'"
        case _:
            return str(value)


def _csv_field(value: object) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            text = f"{value:f}"
        case _:
            encoded = encode(value)
            text = encoded if isinstance(encoded, str) else json.dumps(encoded, ensure_ascii=False)
    if text == "" or any(c in text for c in ',"\r\n') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
