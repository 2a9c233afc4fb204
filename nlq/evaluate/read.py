"""Reads suites from TOML, strictly: a misspelt key is an error that names the case."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, cast

from nlq.catalog.types import require_dialect
from nlq.errors import CatalogError, EvalError, did_you_mean
from nlq.evaluate.suite import REFUSALS, Case, Expected, Gold, Refusal, Suite

DIFFICULTIES = ("easy", "medium", "hard")
_SUITE_KEYS = ("name", "database", "fixture", "policy", "canaries", "case")
_CASE_KEYS = (
    "question", "gold", "rows", "ordered", "expect", "as", "canaries", "must_pass", "class", "difficulty",
)  # fmt: skip


def load_suite(path: Path) -> Suite:
    """The suite in a TOML file; files that it names are looked for beside it.

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
    canaries = _texts(raw, "canaries", where)
    cases = tuple(_read_case(number, case, where, canaries) for number, case in enumerate(listed, start=1))
    _require_distinct(cases, where)
    return Suite(
        name=read_text(raw, "name", where, default=path.stem),
        database=read_text(raw, "database", where, default=""),
        cases=cases,
        policy=_beside(path, read_text(raw, "policy", where, default=""), where),
        fixture=tuple(_beside(path, name, where) for name in _texts(raw, "fixture", where)),
    )


def _read_case(number: int, raw: object, suite: str, canaries: tuple[str, ...]) -> Case:
    where = f"case {number} of {suite}"
    if not isinstance(raw, dict):
        raise EvalError("eval.invalid", f"{where} is not a table", hint="write `[[case]]` above it")
    _require_known(raw, _CASE_KEYS, where)
    difficulty = read_text(raw, "difficulty", where, default="")
    if difficulty and difficulty not in DIFFICULTIES:
        hint = "use " + ", ".join(f"`{d}`" for d in DIFFICULTIES)
        raise EvalError("eval.invalid", f"{where}: unknown difficulty `{difficulty}`", hint)
    question = read_text(raw, "question", where)
    canaries = (*canaries, *_texts(raw, "canaries", where))
    for canary in canaries:
        if canary in question:
            raise EvalError("eval.invalid", f"{where}: the question holds the canary `{canary}`")
    holds = {"rows", "expect"} & set(raw)
    return Case(
        number=number,
        question=question,
        golds=() if holds and "gold" not in raw else _read_golds(raw.get("gold"), where),
        kind=read_text(raw, "class", where, default=""),
        difficulty=difficulty,
        asked_by=_read_principal(raw.get("as"), where),
        rows=_read_rows(raw, where),
        expect=_read_expect(raw, where),
        canaries=canaries,
        must_pass=_switch(raw, "must_pass", where),
    )


def _read_golds(raw: object, where: str) -> tuple[Gold, ...]:
    if isinstance(raw, str) and raw.strip():
        return (Gold(raw.strip()),)
    if isinstance(raw, list) and raw and all(isinstance(sql, str) and sql.strip() for sql in raw):
        return tuple(Gold(sql.strip()) for sql in raw)
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
        golds.append(Gold(read_text(raw, name, where), dialect))
    return tuple(golds)


def _read_principal(raw: object, where: str) -> str:
    match raw:
        case None:
            return ""
        case str() if raw.strip():
            return raw.strip()
        case dict() if raw:
            return json.dumps(raw, sort_keys=True, default=str)
        case _:
            raise EvalError(
                "eval.invalid",
                f"{where}: `as` names nobody",
                'write a name of the policy, or `as = { id = 7, roles = ["analyst"] }`',
            )


def _read_rows(raw: Mapping[str, Any], where: str) -> Expected | None:
    ordered = _switch(raw, "ordered", where)
    if "rows" not in raw:
        if ordered:
            raise EvalError("eval.invalid", f"{where}: `ordered` is for `rows`", "gold SQL has `ORDER BY`")
        return None
    rows = raw["rows"]
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise EvalError("eval.invalid", f"{where}: `rows` is not a list of rows", "write `rows = [[1, 2]]`")
    if len({len(row) for row in rows}) > 1:
        raise EvalError("eval.invalid", f"{where}: `rows` differ in length")
    for value in (value for row in rows for value in row):
        if not isinstance(value, (str, int, float, date, datetime, time)):
            raise EvalError("eval.invalid", f"{where}: `rows` hold `{value}`, which is no value")
    return Expected(tuple(tuple(row) for row in rows), ordered)


def _read_expect(raw: Mapping[str, Any], where: str) -> tuple[Refusal, ...]:
    names = _texts(raw, "expect", where)
    for name in names:
        if name not in REFUSALS:
            hint = did_you_mean(name, REFUSALS) or "use " + ", ".join(f"`{r}`" for r in REFUSALS)
            raise EvalError("eval.invalid", f"{where}: nothing can be expected as `{name}`", hint)
    return cast("tuple[Refusal, ...]", names)


def _beside(suite: Path, name: str, where: str) -> str:
    if not name:
        return ""
    path = suite.parent / name
    if not path.is_file():
        raise EvalError("eval.invalid", f"{where}: there is no file `{name}` beside it")
    return str(path)


def _require_known(raw: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in raw:
        if key not in known:
            raise EvalError("eval.invalid", f"{where}: unknown key `{key}`", _keys(key, known))


def _keys(key: str, known: tuple[str, ...]) -> str:
    return did_you_mean(key, known) or f"the keys are {', '.join(f'`{k}`' for k in known)}"


def _require_distinct(cases: tuple[Case, ...], where: str) -> None:
    first: dict[tuple[str, str], int] = {}
    for case in cases:
        asked = (case.question, case.asked_by)
        if asked in first:
            raise EvalError(
                "eval.invalid",
                f"cases {first[asked]} and {case.number} of {where} ask the same question",
            )
        first[asked] = case.number


def _texts(raw: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """One text, or a list of them; none where the key is absent."""
    value = raw.get(key, [])
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(v, str) and v.strip() for v in listed):
        raise EvalError("eval.invalid", f"{where}: `{key}` is neither text nor a list of texts")
    if key in raw and not listed:
        raise EvalError("eval.invalid", f"{where}: `{key}` is empty")
    return tuple(listed)


def _switch(raw: Mapping[str, Any], key: str, where: str) -> bool:
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise EvalError("eval.invalid", f"{where}: `{key}` is neither `true` nor `false`")
    return value


def read_text(raw: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    """The text under a key, without white space around it. Raises `eval.invalid`."""
    value = raw.get(key, default)
    if isinstance(value, str) and (value.strip() or value == default):
        return value.strip()
    said = "is missing" if value is None else "is empty" if value == "" else "is not text"
    raise EvalError("eval.invalid", f"{where}: `{key}` {said}")
