"""One error for everything that can go wrong, with a stable code.

    NlqError
    ├── SettingsError   settings.*   the configuration or the command line
    ├── RequestError    request.*    what the caller sent
    ├── AuthError       auth.*       who the caller says to be
    ├── CatalogError    catalog.*    what we know of the database
    ├── PolicyError     policy.*     the rules, or what they forbid
    ├── PlanError       plan.*       a draft that may not become a plan
    ├── CompileError    compile.*    no draft could be made into a plan
    ├── ModelError      model.*      the language model
    ├── EngineError     engine.*     the database
    ├── ChangeError     change.*     a mutation that cannot be done, or not be undone
    ├── StoreError      store.*      the plan files
    ├── AuditError      audit.*      the audit log
    ├── EvalError       eval.*       an evaluation suite
    └── BuildError      build.*      query files and what was built of them (`nlq.build.place`)

A code is never reused: a retired one stays in `CODES` with the word `retired`.
Statuses of HTTP and exit codes of the command line belong to the doors.
"""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

CODES: dict[str, str] = {
    "settings.invalid": "a setting has a value that it cannot have",
    "settings.unknown": "a setting that does not exist",
    "settings.no_policy": "the server was started without a policy and without `--open`",
    "settings.missing_extra": "an optional part of the installation is needed and absent",
    "request.empty": "the question is empty",
    "request.too_long": "the question is longer than the limit",
    "request.invalid": "the request is malformed",
    "request.missing_parameter": "a parameter of the question has no value",
    "request.unknown_parameter": "a value was given for a parameter that the question does not have",
    "request.bad_parameter": "a value does not fit the type of its parameter",
    "request.not_found": "what was asked for does not exist, or may not be seen",
    "request.several_rows": "a query that gives one row found several",
    "request.too_large": "the body of the request is larger than the limit",
    "request.busy": "the server works on as many requests as it takes",
    "auth.invalid": "the credentials are not valid",
    "auth.expired": "the credentials were valid, and are not any more",
    "auth.unavailable": "credentials cannot be checked at this moment",
    "catalog.invalid": "a catalog source (DDL or Python models) cannot be read",
    "catalog.unknown_relation": "a relation that does not exist, or may not be seen",
    "catalog.empty": "the database holds no relation that may be seen",
    "policy.invalid": "the policy file cannot be read as a policy",
    "policy.unsupported": "the policy uses a kind of rule that this version does not have",
    "policy.not_understood": "a rule in English that neither the grammar nor the model could make sense of",
    "policy.ambiguous": "a rule in English that may mean several things",
    "policy.unreviewed": "a rule in English that nobody has approved of",
    "policy.unknown_principal": "a principal that the policy does not name",
    "policy.bad_claim": "a claim of the principal is not of the type that the policy declares",
    "policy.denied": "the principal may not do this",
    "policy.rule_failed": "a rule raised an error, and so denies",
    "plan.syntax": "the SQL cannot be parsed",
    "plan.unsupported": "the SQL uses syntax or a function that is not on the allow-list",
    "plan.too_complex": "the SQL is longer, deeper or wider than the limits, or takes too much to check",
    "plan.unknown_relation": "the SQL names a relation that does not exist, or may not be seen",
    "plan.unknown_column": "the SQL names a column that does not exist, or may not be seen",
    "plan.ambiguous_column": "the SQL names a column that several relations have",
    "plan.reserved_name": "the SQL defines a name that is reserved or hides a relation",
    "plan.mismatch": "the SQL compares a number or date with text that is none",
    "plan.not_filterable": "the SQL chooses or computes by a column that may only be shown",
    "plan.only_aggregated": "the SQL shows a column that is given only for groups of rows",
    "plan.not_nestable": "the result of the SQL cannot hold lists or objects",
    "plan.invalid": "the database refused the SQL when it was prepared",
    "plan.unbounded": "the SQL changes every row, and nobody said that all are meant",
    "plan.parameter": "the SQL uses a parameter that the question does not have",
    "compile.failed": "no draft became a plan, even after repair",
    "compile.ambiguous": "the question may mean several things, and nothing says which",
    "compile.refused": "the catalog cannot answer the question",
    "compile.unavailable": "the question is not compiled yet, and no model can be reached",
    "compile.frozen": "the question is not compiled, and this server compiles nothing",
    "compile.busy": "too many questions are being compiled at this moment",
    "model.unreachable": "the language model cannot be reached",
    "model.timeout": "the language model took too long",
    "model.rejected": "the language model refused the call: key, quota or arguments",
    "model.not_installed": "the embedded model is not on this machine yet",
    "model.download": "the embedded model could not be fetched",
    "model.no_recording": "the recorded model has no reply for this prompt",
    "engine.unreachable": "the database cannot be reached",
    "engine.unsupported": "the database URL names an engine that is not supported",
    "engine.timeout": "the statement ran longer than its limit",
    "engine.cancelled": "the statement was cancelled because the caller went away",
    "engine.resources": "the statement needed more memory than it may, or more disk than there is",
    "engine.failed": "the database refused or failed to run the statement",
    "engine.undefended": "the database does not enforce the rules of the policy, as `db_role` wants",
    "change.off": "mutations are not switched on, or cannot be made on this database",
    "change.too_many": "the mutation would change more rows than its limit",
    "change.constraint": "the mutation would break a constraint of the database",
    "change.conflict": "others changed the same rows at the same time, again and again",
    "change.moved_on": "the approval is not known any more, or the data has changed since the preview",
    "change.key_reused": "the idempotency key was used for another mutation",
    "change.not_found": "there is no such change in the journal, or it is not the caller's",
    "change.effect": "what is to be sent is not declared, or it is not known to whom",
    "change.later": "the change cannot be undone, because something depends on it",
    "store.invalid": "a plan file is truncated, altered or not a plan",
    "store.stale": "a plan depends on something that has changed",
    "store.unwritable": "a plan file cannot be written",
    "audit.unwritable": "the audit log cannot be written, and nothing is answered that is not on record",
    "audit.broken": "the audit log does not end as it was left, or its head is missing",
    "audit.invalid": "there is no audit log, or it cannot be read",
    "audit.changed": "a record of the audit log was changed",
    "audit.removed": "records of the audit log were removed",
    "audit.inserted": "a record was put into the audit log later",
    "audit.reordered": "records of the audit log were put into another order",
    "audit.truncated": "the end of the audit log is missing",
    "eval.invalid": "an evaluation suite cannot be read",
    "build.unreadable": "a source file cannot be read",
    "build.syntax": "a query file does not have the form that it should",
    "build.name": "a query has a name that cannot be the name of a function",
    "build.duplicate_name": "two queries have the same name",
    "build.parameter": "a parameter of a query is not declared as it should be",
    "build.call": "a question in the source of a program is not a literal",
    "build.nested": "the result of a query cannot be nested as its source says",
    "build.unsupported": "a kind of query that is not built ahead",
    "build.unknown_role": "a query is for a role that the policy does not have",
    "build.failed": "a query could not be built",
    "build.denied": "a role that a query is for may not read what it reads",
    "build.pinned": "the SQL of a query is kept as a person left it, and does not do any more",
    "build.missing": "a query is not built yet",
    "build.stale": "what was built is out of date",
    "build.damaged": "a lockfile cannot be read",
    "build.orphan": "something was built of a query that is not there any more",
    "internal.error": "a bug of nlq; the log has the details",
}


MAX_TRACE = 200
"""Lines of a traceback, about."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters, `start` to `end`, of the text that an error speaks of."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that an ambiguous question may mean: a question that says so, its SQL, that in English."""

    question: str
    sql: str
    explanation: str

    def to_json(self) -> dict[str, str]:
        """A JSON object."""
        return {"question": self.question, "sql": self.sql, "explanation": self.explanation}


class NlqError(Exception):
    """What went wrong (`message`), where (`span`) and how to mend it (`hint`).

    `readings` are those of an ambiguous question, to choose from.
    """

    readings: tuple[Reading, ...] = ()

    def __init__(self, code: str, message: str, hint: str | None = None, span: Span | None = None) -> None:
        if code not in CODES:
            raise AssertionError(f"error code {code!r} is not listed in nlq.errors.CODES")
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.span = span

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message

    def to_json(self) -> dict[str, object]:
        """`{code, message, hint, span}`, the shape that every door shows, and `readings` if any."""
        span = [self.span.start, self.span.end] if self.span else None
        told = {"code": self.code, "message": self.message, "hint": self.hint, "span": span}
        return told | ({"readings": [r.to_json() for r in self.readings]} if self.readings else {})


class SettingsError(NlqError):
    """settings.*"""


class RequestError(NlqError):
    """request.*"""


class AuthError(NlqError):
    """auth.*"""


class CatalogError(NlqError):
    """catalog.*"""


class PolicyError(NlqError):
    """policy.*"""


class PlanError(NlqError):
    """plan.*"""


class CompileError(NlqError):
    """compile.*

    `ahead`: how many questions are compiled or wait, where there was no place for another.
    """

    ahead: int | None = None

    def to_json(self) -> dict[str, object]:
        """See `NlqError.to_json`."""
        return super().to_json() | ({"ahead": self.ahead} if self.ahead is not None else {})


class ModelError(NlqError):
    """model.*"""


class EngineError(NlqError):
    """engine.*"""


class ChangeError(NlqError):
    """change.*"""


class StoreError(NlqError):
    """store.*"""


class AuditError(NlqError):
    """audit.*"""


class EvalError(NlqError):
    """eval.*"""


def whereabouts(error: BaseException) -> str:
    """Types and places of an error and its causes: a traceback without its words, which can hold values.

    >>> whereabouts(ValueError("plugh"))
    'ValueError'
    """
    lines: list[str] = []
    link: BaseException | None = error
    while link is not None and len(lines) < MAX_TRACE:
        code = f" ({link.code})" if isinstance(link, NlqError) else ""
        lines.append(type(link).__name__ + code)
        places = traceback.walk_tb(link.__traceback__)
        lines += [f"  {f.f_code.co_filename}:{line} in {f.f_code.co_name}" for f, line in places]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(lines)


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """A hint naming the candidates nearest to `word`, or None.

    `candidates` must come from the principal's visible catalog: a suggestion must not
    reveal what is hidden.

    >>> did_you_mean("totl", ["total", "id"])
    'did you mean `total`?'
    """
    by_folded = {c.casefold(): c for c in candidates}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=3, cutoff=0.6)
    if not near:
        return None
    return "did you mean " + " or ".join(f"`{by_folded[n]}`" for n in near) + "?"
