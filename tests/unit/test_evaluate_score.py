"""When two results are equal, and the reason given when they are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from nlq.evaluate.score import Score, is_ordered, score_answer

NAN = float("nan")
INF = float("inf")
NOON = datetime(2026, 1, 1, 12)
EAST = timezone(timedelta(hours=2))


@dataclass
class Table:
    rows: Sequence[Sequence[Any]]
    width: int | None = None

    @property
    def columns(self) -> Sequence[object]:
        return range(len(self.rows[0]) if self.width is None else self.width)


RIGHT = [
    ("one value", [(1,)], [(1,)]),
    ("rows in another order", [(1,), (2,), (2,)], [(2,), (1,), (2,)]),
    ("columns in another order", [(1, "a"), (2, "b")], [("b", 2), ("a", 1)]),
    ("three columns rotated", [(1, 2, 3), (4, 5, 6)], [(3, 1, 2), (6, 4, 5)]),
    ("columns that hold the same values", [(1, 2), (2, 1), (1, 1)], [(2, 1), (1, 2), (1, 1)]),
    ("int and float", [(3,)], [(3.0,)]),
    ("int and decimal", [(3,)], [(Decimal("3.00"),)]),
    ("float and decimal", [(0.1,)], [(Decimal("0.1"),)]),
    ("within the tolerance", [(1 / 3,)], [(Decimal("0.3333333"),)]),
    ("nearly whole", [(2.9999999,)], [(3,)]),
    ("nearly nothing", [(0.1 + 0.2 - 0.3,)], [(0,)]),
    ("truth as a number", [(True,), (False,)], [(1,), (0,)]),
    ("nulls", [(None, 1), (None, None)], [(None, None), (None, 1)]),
    ("not a number", [(NAN,), (Decimal("NaN"),)], [(NAN,), (NAN,)]),
    ("infinity", [(INF,), (-INF,)], [(-INF,), (Decimal("Infinity"),)]),
    ("beyond floats", [(10**400,), (1.5,)], [(1.5,), (10**400,)]),
    ("midnight and day", [(date(2026, 1, 1),)], [(datetime(2026, 1, 1),)]),
    ("midnight with a zone", [(date(2026, 1, 1),)], [(datetime(2026, 1, 1, tzinfo=EAST),)]),
    ("the same moment", [(NOON.replace(tzinfo=UTC),)], [(NOON.replace(hour=14, tzinfo=EAST),)]),
    ("UUID and text", [(UUID(int=1),)], [(str(UUID(int=1)),)]),
    ("lists", [([1, 2.5],)], [((1.0, Decimal("2.5")),)]),
    ("structs", [({"a": 1, "b": [None]},)], [({"b": [None], "a": 1.0},)]),
    ("bytes", [(b"a",)], [(bytearray(b"a"),)]),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "answer"), [c[1:] for c in RIGHT], ids=[c[0] for c in RIGHT])
def test_equal(gold: list[tuple[Any]], answer: list[tuple[Any]]) -> None:
    assert score_answer(Table(gold), Table(answer), ordered=False) == Score(True, "equal")


WRONG = [
    ("other value", [(1,)], [(2,)], "wrong rows", "1 of 1 differ"),
    ("beyond the tolerance", [(1.5,)], [(1.5001,)], "wrong rows", "1 of 1 differ"),
    ("large keys", [(10_000_001,)], [(10_000_002,)], "wrong rows", "1 of 1 differ"),
    ("text is no number", [("1",)], [(1,)], "wrong rows", "1 of 1 differ"),
    ("null is not zero", [(None,)], [(0,)], "wrong rows", "1 of 1 differ"),
    ("null is not empty", [(None,)], [("",)], "wrong rows", "1 of 1 differ"),
    ("case of text", [("A",)], [("a",)], "wrong rows", "1 of 1 differ"),
    ("noon is no day", [(date(2026, 1, 1),)], [(NOON,)], "wrong rows",
     "1 of 1 differ"),
    ("other pairs of the same values", [(1, "a"), (2, "b")], [(1, "b"), (2, "a")], "wrong rows",
     "2 of 2 differ"),
    ("other repetition", [(1,), (1,), (2,)], [(1,), (2,), (2,)], "wrong rows",
     "1 of 3 differ"),
    ("too many rows", [(1,)], [(1,), (2,)], "row count", "2 instead of 1"),
    ("repeated rows", [(1,)], [(1,), (1,)], "row count", "2 instead of 1"),
    ("too few rows", [(1,), (2,)], [(1,)], "row count", "1 instead of 2"),
    ("column too many", [(1,)], [(1, "a")], "extra columns", "2 instead of 1, otherwise right"),
    ("column too many and wrong", [(1,)], [(2, "a")], "extra columns", "2 instead of 1"),
    ("column too many and rows too", [(1,)], [(1, "a"), (2, "b")], "extra columns", "2 instead of 1"),
    ("column too few", [(1, "a")], [(1,)], "missing columns", "1 instead of 2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gold", "answer", "reason", "detail"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG]
)
def test_different(gold: list[tuple[Any]], answer: list[tuple[Any]], reason: Any, detail: str) -> None:
    assert score_answer(Table(gold), Table(answer), ordered=False) == Score(False, reason, detail)


ORDERED = [
    ("same order", [(1,), (2,)], [(1,), (2,)], Score(True, "equal")),
    ("other order", [(1,), (2,)], [(2,), (1,)], Score(False, "wrong order")),
    ("same order, columns rotated", [(2, "a"), (1, "b")], [("a", 2), ("b", 1)], Score(True, "equal")),
    ("other order, columns rotated", [(2, "a"), (1, "b")], [("b", 1), ("a", 2)],
     Score(False, "wrong order")),
    ("other rows", [(1,), (2,)], [(2,), (3,)], Score(False, "wrong rows", "1 of 2 differ")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gold", "answer", "expected"), [c[1:] for c in ORDERED], ids=[c[0] for c in ORDERED]
)
def test_order_counts(gold: list[tuple[Any]], answer: list[tuple[Any]], expected: Score) -> None:
    assert score_answer(Table(gold), Table(answer), ordered=True) == expected


def test_empty_results_are_equal_only_if_as_wide() -> None:
    empty = Table([], width=1)
    assert score_answer(empty, Table([], width=1), ordered=True) == Score(True, "equal")
    assert score_answer(empty, Table([], width=2), ordered=True) == Score(
        False, "extra columns", "2 instead of 1, otherwise right"
    )


def test_many_columns_alike_are_told_apart_in_bounded_time() -> None:
    """Twenty columns with the same values in each: their orders cannot all be tried."""
    gold = [tuple((row * (column + 1)) % 23 for column in range(20)) for row in range(23)]
    answer = [tuple(reversed(row)) for row in gold]
    other = [*answer[:-1], answer[-1][1:] + answer[-1][:1]]
    assert score_answer(Table(gold), Table(answer), ordered=False) == Score(True, "equal")
    assert score_answer(Table(gold), Table(other), ordered=False).correct is False


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM t ORDER BY a LIMIT 3", True),
        ("(SELECT a FROM t ORDER BY a)", True),
        ("WITH s AS (SELECT a FROM t) SELECT a FROM s ORDER BY a", True),
        ("SELECT a FROM t UNION ALL SELECT a FROM s ORDER BY a", True),
        ("SELECT a FROM t", False),
        ("WITH s AS (SELECT a FROM t ORDER BY a) SELECT a FROM s", False),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 3) AS s", False),
        ("SELECT rank() OVER (ORDER BY a) FROM t", False),
        ("SELECT string_agg(a, ',' ORDER BY a) FROM t", False),
        ("SELECT 'order by' FROM t", False),
        ("SELECT a FROM t -- order by a", False),
        ("no SQL order by a (", False),
    ],
)
def test_order_is_judged_by_the_tree(sql: str, expected: bool) -> None:
    assert is_ordered(sql, "postgres") is expected
