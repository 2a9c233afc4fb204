"""Execution accuracy: whether two results are equal, and if not, why. Pure.

Results are equal as bags of rows. Names and order of columns do not matter; the order of rows matters
only where the gold orders at its root. A column too many is wrong: nobody asked for it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal, Protocol
from uuid import UUID

import sqlglot
from sqlglot import exp

from nlq.catalog import Dialect

TOLERANCE = 1e-6
"""Two numbers that differ by less than this share of the larger are equal, unless both are whole."""

_NEAR_ZERO = 1e-9
_SEARCH_ROWS = 5_000_000
"""Rows looked at in the search for the order of columns; results still not matched count as different."""

Reason = Literal[
    "equal", "extra columns", "missing columns", "row count", "wrong rows", "wrong order", "error",
    "refused", "answered", "leak", "right by luck",
]  # fmt: skip
"""`refused` is right, and `answered` wrong, where no answer is; a `leak` is wrong whatever else holds."""

_Number = int | float | Decimal
_Row = tuple[Any, ...]


class Result(Protocol):
    """What can be compared: `rows` are sequences in the order of `columns`."""

    @property
    def columns(self) -> Sequence[object]:
        """One for each column; only their number counts."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """The rows."""


@dataclass(frozen=True, slots=True)
class Score:
    """Whether an answer is right. `reason` is one of a few, to be counted; `detail` is for a person."""

    correct: bool
    reason: Reason
    detail: str = ""


def score_answer(gold: Result, answer: Result, *, ordered: bool) -> Score:
    """Whether `answer` equals `gold`, row for row if `ordered`."""
    wide, wanted = len(answer.columns), len(gold.columns)
    if wide < wanted:
        return Score(False, "missing columns", f"{wide} instead of {wanted}")
    if wide == wanted and len(answer.rows) != len(gold.rows):
        return Score(False, "row count", f"{len(answer.rows)} instead of {len(gold.rows)}")
    expected, found = _canonical_rows(gold.rows, answer.rows)
    is_same_bag = len(found) == len(expected) and _is_same_bag(expected, found, wanted, wide)
    if wide > wanted:
        told = f"{wide} instead of {wanted}" + (", otherwise right" if is_same_bag else "")
        return Score(False, "extra columns", told)
    if not is_same_bag:
        return Score(False, "wrong rows", _difference(expected, found))
    if ordered and Counter(_transposed(expected, wanted)) != Counter(_transposed(found, wide)):
        return Score(False, "wrong order")
    return Score(True, "equal")


def is_ordered(sql: str, dialect: Dialect) -> bool:
    """Whether the query orders its result, as its syntax tree has it; False where it cannot be parsed.

    >>> is_ordered("SELECT a FROM (SELECT a FROM t ORDER BY a) AS s", "duckdb")
    False
    >>> is_ordered("SELECT a FROM t UNION SELECT a FROM s ORDER BY a", "duckdb")
    True
    """
    try:
        tree: exp.Expr | None = sqlglot.parse_one(sql, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return False
    while isinstance(tree, exp.Subquery):
        if tree.args.get("order"):
            return True
        tree = tree.this
    return tree is not None and bool(tree.args.get("order"))


def _is_same_bag(gold: Sequence[_Row], answer: Sequence[_Row], wanted: int, wide: int) -> bool:
    """Whether some choice and order of the answer's columns makes the rows equal as bags."""
    if wanted == wide and Counter(gold) == Counter(answer):
        return True
    gold_columns, answer_columns = _transposed(gold, wanted), _transposed(answer, wide)
    bags = [Counter(column) for column in answer_columns]
    candidates: list[list[int]] = []
    for column in gold_columns:
        bag = Counter(column)
        candidates.append([index for index, other in enumerate(bags) if other == bag])
    # Few candidates first: a wrong choice is then found out early.
    order = sorted(range(wanted), key=lambda index: len(candidates[index]))
    steps = iter(range(_SEARCH_ROWS // max(len(gold), 1)))
    return _extends((), order, candidates, gold_columns, answer_columns, steps)


def _extends(
    chosen: tuple[int, ...],
    order: Sequence[int],
    candidates: Sequence[Sequence[int]],
    gold: Sequence[_Row],
    answer: Sequence[_Row],
    steps: Iterator[int],
) -> bool:
    """Whether the columns `chosen` for the first of `order` can be extended to all of them."""
    if len(chosen) == len(order):
        return True
    wanted = order[: len(chosen) + 1]
    expected = Counter(zip(*(gold[index] for index in wanted), strict=True))
    tried: set[_Row] = set()
    for index in candidates[wanted[-1]]:
        if index in chosen or answer[index] in tried:
            continue
        if next(steps, None) is None:
            return False
        tried.add(answer[index])
        found = Counter(zip(*(answer[i] for i in (*chosen, index)), strict=True))
        if found == expected and _extends((*chosen, index), order, candidates, gold, answer, steps):
            return True
    return False


def _difference(gold: Sequence[_Row], answer: Sequence[_Row]) -> str:
    """How many rows of the gold have no equal, with columns as they stand."""
    missing = (Counter(gold) - Counter(answer)).total()
    return f"{missing} of {len(gold)} differ"


def _transposed(rows: Sequence[_Row], width: int) -> list[_Row]:
    return [tuple(row[index] for row in rows) for index in range(width)]


def _canonical_rows(*results: Sequence[Sequence[Any]]) -> tuple[list[_Row], ...]:
    """Rows in which equal values are equal and hashable, whatever type the engine gave them."""
    plain = [[tuple(_plain(value) for value in row) for row in rows] for rows in results]
    numbers = _representatives(n for rows in plain for row in rows for n in _numbers(row))
    return tuple([tuple(_replaced(value, numbers) for value in row) for row in rows] for rows in plain)


def _plain(value: Any) -> Any:
    match value:
        case float() if math.isnan(value):
            return ("nan",)
        case Decimal() if value.is_nan():
            return ("nan",)
        case bool() | int() | float() | Decimal():
            return value
        case datetime():
            return _plain_moment(value)
        case UUID():
            return str(value)
        case bytearray() | memoryview():
            return bytes(value)
        case list() | tuple():
            return ("list", *(_plain(item) for item in value))
        case dict():
            return ("map", *sorted(((str(k), _plain(v)) for k, v in value.items()), key=lambda kv: kv[0]))
        case _:
            return value


def _plain_moment(value: datetime) -> date:
    """A day for midnight: `date_trunc` gives the one or the other, as the engine pleases."""
    if value.time() == time.min:
        return value.date()
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _numbers(value: Any) -> Iterator[_Number]:
    if isinstance(value, (int, float, Decimal)):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)


def _replaced(value: Any, numbers: Mapping[_Number, _Number]) -> Any:
    if isinstance(value, (int, float, Decimal)):
        return numbers[value]
    if isinstance(value, tuple):
        return tuple(_replaced(item, numbers) for item in value)
    return value


def _representatives(values: Iterable[_Number]) -> dict[_Number, _Number]:
    """One number for all that are equal within the tolerance.

    Whole numbers stand for themselves, so that no two keys are ever taken for one another; a broken
    number goes to the nearest whole number within the tolerance, or to the least such broken number.
    """
    distinct = sorted(set(values))
    whole = [value for value in distinct if _is_whole(value)]
    result: dict[_Number, _Number] = {value: value for value in whole}
    latest: _Number | None = None
    for value in distinct:
        if value in result:
            continue
        at = bisect_left(whole, value)
        near = [w for w in whole[max(at - 1, 0) : at + 1] if _is_near(value, w)]
        if near:
            result[value] = min(near, key=lambda w: abs(float(w) - float(value)))
        else:
            if latest is None or not _is_near(value, latest):
                latest = value
            result[value] = latest
    return result


def _is_whole(value: _Number) -> bool:
    return value in (math.inf, -math.inf) or value == math.floor(value)


def _is_near(a: _Number, b: _Number) -> bool:
    try:
        return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=_NEAR_ZERO)
    except OverflowError:  # a whole number beyond the range of floats
        return False
