"""What came of one case, as a value and as a line of JSON that can be read back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from nlq.catalog import Dialect
from nlq.encoding import encode
from nlq.errors import EvalError
from nlq.evaluate.score import Reason, Score
from nlq.evaluate.suite import Case, Refusal

SHOWN_ROWS = 10
"""Rows of each result that a report shows."""

REFUSED_AS: Mapping[Refusal, frozenset[str]] = {
    # What is hidden and what is missing look alike to the model, and so do their refusals.
    "denied": frozenset(
        ("policy.denied", "policy.rule_failed", "plan.unknown_relation", "plan.unknown_column",
         "plan.only_aggregated", "plan.not_filterable", "compile.refused", "compile.failed")
    ),
    "ambiguous": frozenset(("compile.ambiguous",)),
    "unanswerable": frozenset(("compile.refused", "compile.failed")),
}  # fmt: skip
"""By which error codes the service refuses a question, for each reason to refuse one."""

REFUSALS_BY_CODE = frozenset().union(*REFUSED_AS.values())


class Result(Protocol):
    """A result to be shown."""

    @property
    def columns(self) -> Sequence[Any]:
        """Columns with a name, or anything else that stands for one."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """The rows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The beginning of a result as text; `of` counts all its rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    of: int

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {"columns": list(self.columns), "rows": [list(row) for row in self.rows], "of": self.of}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Shown:
        """What `to_json` wrote."""
        rows = tuple(tuple(str(cell) for cell in row) for row in raw["rows"])
        return cls(tuple(str(c) for c in raw["columns"]), rows, int(raw["of"]))


def shorten(result: Result) -> Shown:
    """The beginning of a result, to be shown."""
    rows = tuple(tuple(_cell(value) for value in row) for row in result.rows[:SHOWN_ROWS])
    names = tuple(str(getattr(column, "name", column)) for column in result.columns)
    return Shown(names, rows, len(result.rows))


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    encoded = encode(value)
    return encoded if isinstance(encoded, str) else str(encoded)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case. `drafts` counts replies of the model, `model_calls` those not from a cache.

    `sql` is what was compiled, also where it was wrong; empty where nothing was. `seconds` is wall time.
    `fault` says what is wrong with the SQL (`nlq.evaluate.fault`); `leaked` are the canaries that were
    seen. `gold_sql` is the gold that was met, or the one that is nearest. `confidence` is that of the plan,
    0 where there is none. `ours` and `wanted` are shown where they differ.
    """

    case: Case
    dialect: Dialect
    score: Score
    sql: str
    seconds: float
    error_code: str = ""
    drafts: int = 0
    model_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    cached: bool = False
    fault: str = ""
    leaked: tuple[str, ...] = ()
    gold_sql: str = ""
    confidence: float = 0.0
    ours: Shown | None = None
    wanted: Shown | None = None

    @property
    def refused(self) -> bool:
        """Whether the service said that it does not answer this."""
        return self.error_code in REFUSALS_BY_CODE

    @property
    def reason(self) -> str:
        """Why it is right or wrong, to be counted: the error's code, else the score's reason."""
        return self.score.reason if self.score.correct or not self.error_code else self.error_code

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "key": self.case.key,
            "number": self.case.number,
            "question": self.case.question,
            "as": self.case.asked_by or None,
            "class": self.case.kind,
            "difficulty": self.case.difficulty,
            "dialect": self.dialect,
            "correct": self.score.correct,
            "reason": self.score.reason,
            "detail": self.score.detail,
            "error": self.error_code or None,
            "fault": self.fault or None,
            "leaked": list(self.leaked),
            "sql": self.sql or None,
            "gold": self.gold_sql or None,
            "confidence": self.confidence,
            "seconds": round(self.seconds, 3),
            "drafts": self.drafts,
            "model_calls": self.model_calls,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost_usd": round(self.cost_usd, 6),
            "cached": self.cached,
            "ours": self.ours.to_json() if self.ours else None,
            "wanted": self.wanted.to_json() if self.wanted else None,
        }

    @classmethod
    def from_json(cls, case: Case, raw: Mapping[str, Any]) -> Outcome:
        """The outcome of `case` that `to_json` wrote. Raises `eval.invalid` for anything else."""
        try:
            if raw["reason"] not in get_args(Reason) or raw["key"] != case.key:
                raise ValueError
            return cls(
                case=case,
                dialect=raw["dialect"],
                score=Score(bool(raw["correct"]), raw["reason"], str(raw["detail"])),
                sql=str(raw["sql"] or ""),
                seconds=float(raw["seconds"]),
                error_code=str(raw["error"] or ""),
                drafts=int(raw["drafts"]),
                model_calls=int(raw["model_calls"]),
                prompt_tokens=int(raw["prompt_tokens"]),
                completion_tokens=int(raw["completion_tokens"]),
                cost_usd=float(raw["cost_usd"]),
                cached=bool(raw["cached"]),
                fault=str(raw["fault"] or ""),
                leaked=tuple(str(text) for text in raw["leaked"]),
                gold_sql=str(raw["gold"] or ""),
                confidence=float(raw.get("confidence") or 0.0),
                ours=Shown.from_json(raw["ours"]) if raw["ours"] else None,
                wanted=Shown.from_json(raw["wanted"]) if raw["wanted"] else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise EvalError("eval.invalid", f"the outcome of case {case.number} cannot be read") from error
