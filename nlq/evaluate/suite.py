"""Suites: questions, each with the SQL that a person wrote for it (its gold)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from nlq.catalog import Dialect
from nlq.catalog.types import require_dialect
from nlq.errors import CatalogError, EvalError, did_you_mean

DIFFICULTIES = ("easy", "medium", "hard")
_SUITE_KEYS = ("name", "database", "case")
_CASE_KEYS = ("question", "gold", "class", "difficulty")


@dataclass(frozen=True, slots=True)
class Gold:
    """SQL whose result is right. Without a dialect it is right in each."""

    sql: str
    dialect: Dialect | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A question and its golds; an answer is right if it equals the result of any of them.

    `kind` and `difficulty` group the report. `database` is a URL where the cases of a suite have
    databases of their own. `evidence` is what a person is told beside the question.
    """

    number: int
    question: str
    golds: tuple[Gold, ...]
    kind: str = ""
    difficulty: str = ""
    database: str = ""
    evidence: str = ""

    @property
    def full_question(self) -> str:
        """The question, with its evidence."""
        return f"{self.question} ({self.evidence})" if self.evidence else self.question

    def gold_sql(self, dialect: Dialect) -> tuple[str, ...]:
        """The golds that hold in `dialect`.

        Raises `eval.invalid` if there is none.
        """
        found = tuple(g.sql for g in self.golds if g.dialect in (None, dialect))
        if not found:
            raise EvalError("eval.invalid", f"case {self.number} has no gold SQL for `{dialect}`")
        return found


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases in the order of the file. `database` is `demo`, a URL, or empty: then the caller names one.

    A gold that does not run is an error, unless the suite is `lenient`: then the case is left out.
    """

    name: str
    cases: tuple[Case, ...]
    database: str = ""
    lenient: bool = False


def load_suite(path: Path) -> Suite:
    """The suite in a TOML file.

    Raises `eval.invalid`, naming the case, for whatever is unknown, missing, empty or of another type.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise EvalError("eval.invalid", f"the suite `{path}` cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvalError("eval.invalid", f"`{path.name}` is not TOML: {error}") from error
    where = f"`{path.name}`"
    _require_known(raw, _SUITE_KEYS, where)
    listed = raw.get("case")
    if not isinstance(listed, list) or not listed:
        raise EvalError("eval.invalid", f"{where} has no cases", hint="add a `[[case]]`")
    cases = tuple(_read_case(number, case, where) for number, case in enumerate(listed, start=1))
    _require_distinct(cases, where)
    return Suite(
        name=_text(raw, "name", where, default=path.stem),
        database=_text(raw, "database", where, default=""),
        cases=cases,
    )


def load_jsonl(path: Path, sample: int | None = None, seed: int = 0) -> Suite:
    """The suite in a directory laid out as public benchmarks are, or `sample` of its cases.

    The directory holds `questions.jsonl` (`db_id`, `question`, `gold_sql` or `gold_sqls`, perhaps
    `evidence`) and `databases/<db_id>/<db_id>.sqlite`. Lines that say `"gold_ok": false` are left out,
    and numbers are those of the lines. `seed` decides the sample. The suite is lenient: public sets hold
    golds that do not fit their databases. Raises `eval.invalid`, naming the line.
    """
    try:
        lines = (path / "questions.jsonl").read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError("eval.invalid", f"the suite `{path}` cannot be read") from error
    cases = [_read_line(n, line, path) for n, line in enumerate(lines, start=1) if line.strip()]
    good = [case for case in cases if case is not None]
    if sample is not None and sample < len(good):
        chosen = sorted(Random(seed).sample(range(len(good)), sample))
        good = [good[index] for index in chosen]
    if not good:
        raise EvalError("eval.invalid", f"`{path.name}` has no cases")
    return Suite(path.name, tuple(good), lenient=True)


def _read_case(number: int, raw: object, suite: str) -> Case:
    where = f"case {number} of {suite}"
    if not isinstance(raw, dict):
        raise EvalError("eval.invalid", f"{where} is not a table", hint="write `[[case]]` above it")
    _require_known(raw, _CASE_KEYS, where)
    difficulty = _text(raw, "difficulty", where, default="")
    if difficulty and difficulty not in DIFFICULTIES:
        hint = "use " + ", ".join(f"`{d}`" for d in DIFFICULTIES)
        raise EvalError("eval.invalid", f"{where}: unknown difficulty `{difficulty}`", hint)
    return Case(
        number=number,
        question=_text(raw, "question", where),
        golds=_read_golds(raw.get("gold"), where),
        kind=_text(raw, "class", where, default=""),
        difficulty=difficulty,
    )


def _read_golds(raw: object, where: str) -> tuple[Gold, ...]:
    if isinstance(raw, str) and raw.strip():
        return (Gold(raw.strip()),)
    if not isinstance(raw, dict) or not raw:
        raise EvalError(
            "eval.invalid",
            f"{where} has no gold SQL",
            hint='write `gold = "SELECT …"`, or `gold = { duckdb = "SELECT …", postgres = "SELECT …" }`',
        )
    golds = []
    for name in raw:
        try:
            dialect = require_dialect(name)
        except CatalogError as error:
            raise EvalError("eval.invalid", f"{where}: {error.message}", error.hint) from None
        golds.append(Gold(_text(raw, name, where), dialect))
    return tuple(golds)


def _read_line(number: int, line: str, directory: Path) -> Case | None:
    where = f"line {number} of `{directory.name}`"
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise EvalError("eval.invalid", f"{where} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise EvalError("eval.invalid", f"{where} is not an object")
    if raw.get("gold_ok") is False:
        return None
    # Some sets list other ways to put it, some list other meanings: each is accepted.
    texts = [raw.get("gold_sql"), *(raw.get("gold_sqls") or ()), *(raw.get("gold_alternatives") or ())]
    golds = tuple(
        dict.fromkeys(Gold(sql, "sqlite") for sql in texts if isinstance(sql, str) and sql.strip())
    )
    if not golds:
        raise EvalError("eval.invalid", f"{where} has no gold SQL")
    db_id = _text(raw, "db_id", where)
    database = directory / "databases" / db_id / f"{db_id}.sqlite"
    if not database.is_file():
        raise EvalError("eval.invalid", f"{where}: there is no database `{db_id}`")
    return Case(
        number=number,
        question=_text(raw, "question", where),
        golds=golds,
        kind=db_id,
        database=f"sqlite:///{database}",
        evidence=raw.get("evidence") or "",
    )


def _require_known(raw: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in raw:
        if key not in known:
            raise EvalError("eval.invalid", f"{where}: unknown key `{key}`", did_you_mean(key, known))


def _require_distinct(cases: tuple[Case, ...], where: str) -> None:
    first: dict[str, int] = {}
    for case in cases:
        if case.question in first:
            raise EvalError(
                "eval.invalid",
                f"cases {first[case.question]} and {case.number} of {where} ask the same question",
            )
        first[case.question] = case.number


def _text(raw: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = raw.get(key, default)
    if isinstance(value, str) and (value.strip() or value == default):
        return value.strip()
    said = "is missing" if value is None else "is empty" if value == "" else "is not text"
    raise EvalError("eval.invalid", f"{where}: `{key}` {said}")
