"""Suites: questions, each with what must hold of the answer. Values; `read` and `public` make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Literal

from nlq.catalog import Dialect
from nlq.catalog.fingerprint import digest
from nlq.errors import EvalError

Refusal = Literal["denied", "ambiguous", "unanswerable"]
REFUSALS: tuple[Refusal, ...] = ("denied", "ambiguous", "unanswerable")

Cell = str | int | float | bool | date | datetime | time
"""What a TOML file can say of a value; NULL is not among it."""

KEY_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Gold:
    """SQL whose result is right. Without a dialect it is right in each."""

    sql: str
    dialect: Dialect | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A result written out. The order of rows matters only if `ordered`."""

    rows: tuple[tuple[Cell, ...], ...]
    ordered: bool = False

    @property
    def columns(self) -> tuple[int, ...]:
        """One for each column of the first row; none where there are no rows."""
        return tuple(range(len(self.rows[0]))) if self.rows else ()


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and what must hold: any of its golds, its rows, or a refusal of a kind in `expect`.

    `kind` and `difficulty` group the report. `database` is a URL where the cases of a suite have
    databases of their own. `evidence` is what a person is told beside the question. `asked_by` names the
    principal: one of the policy's, or a JSON object. `canaries` are texts that no answer and no error may
    hold. A `must_pass` case that is wrong fails the gate, whatever the others do.
    """

    number: int
    question: str
    golds: tuple[Gold, ...] = ()
    kind: str = ""
    difficulty: str = ""
    database: str = ""
    evidence: str = ""
    asked_by: str = ""
    rows: Expected | None = None
    expect: tuple[Refusal, ...] = ()
    canaries: tuple[str, ...] = ()
    must_pass: bool = False

    @property
    def full_question(self) -> str:
        """The question, with its evidence."""
        return f"{self.question} ({self.evidence})" if self.evidence else self.question

    @property
    def key(self) -> str:
        """What names the case in baselines and run files: it stays when other cases come and go."""
        where = PurePosixPath(self.database).name
        return digest([where, self.question, self.evidence, self.asked_by])[:KEY_LENGTH]

    @property
    def should_refuse(self) -> bool:
        """Whether no answer is right."""
        return bool(self.expect) and not self.golds and self.rows is None

    def gold_sql(self, dialect: Dialect) -> tuple[str, ...]:
        """The golds that hold in `dialect`; none for a case that has none in any.

        Raises `eval.invalid` if all are for other dialects.
        """
        found = tuple(g.sql for g in self.golds if g.dialect in (None, dialect))
        if self.golds and not found:
            raise EvalError("eval.invalid", f"case {self.number} has no gold SQL for `{dialect}`")
        return found


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases in the order of the file. `database` is `demo`, a URL, or empty: then the caller names one.

    `fixture` are files of SQL that make the database instead, and `policy` the file of its policy. A gold
    that does not run or finds nothing is an error, unless the suite is `lenient`: then the case is left
    out.
    """

    name: str
    cases: tuple[Case, ...]
    database: str = ""
    lenient: bool = False
    policy: str = ""
    fixture: tuple[str, ...] = ()
