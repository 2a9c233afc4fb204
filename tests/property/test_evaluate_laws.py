"""Laws of scoring: what must not matter does not, and what must does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from nlq.evaluate.score import score_answer


@dataclass
class Table:
    width: int
    rows: Sequence[tuple[Any, ...]]

    @property
    def columns(self) -> Sequence[object]:
        return range(self.width)


# Few values, so that rows and columns repeat; broken numbers far apart, so that none are near.
VALUES = st.one_of(
    st.none(),
    st.integers(0, 2),
    st.sampled_from([0.5, 2.25, Decimal("0.75"), "a", "", "1", date(2026, 1, 1), datetime(2026, 1, 1, 9)]),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 4))
    return Table(width, draw(st.lists(st.tuples(*[VALUES] * width), max_size=6)))


def _same_kind(value: Any) -> Any:
    """The value as another engine might give it."""
    match value:
        case int():
            return Decimal(value)
        case float():
            return Decimal(str(value)) * (1 + Decimal("1e-9"))
        case Decimal():
            return float(value)
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day)
        case _:
            return value


@given(tables(), st.data())
def test_order_of_rows_and_columns_does_not_matter(table: Table, data: st.DataObject) -> None:
    rows = data.draw(st.permutations(table.rows))
    order = data.draw(st.permutations(range(table.width)))
    shuffled = Table(table.width, [tuple(row[i] for i in order) for row in rows])
    assert score_answer(table, shuffled, ordered=False).reason == "equal"


@given(tables(), st.data())
def test_order_of_rows_matters_where_gold_orders(table: Table, data: st.DataObject) -> None:
    rows = data.draw(st.permutations(table.rows))
    order = data.draw(st.permutations(range(table.width)))
    straight = Table(table.width, [tuple(row[i] for i in order) for row in table.rows])
    assert score_answer(table, straight, ordered=True).reason == "equal"
    expected = {"equal"} if rows == table.rows else {"equal", "wrong order"}
    assert score_answer(table, Table(table.width, rows), ordered=True).reason in expected


@given(tables())
def test_types_of_the_engine_do_not_matter(table: Table) -> None:
    other = Table(table.width, [tuple(_same_kind(v) for v in row) for row in table.rows])
    assert score_answer(table, other, ordered=True).reason == "equal"
    assert score_answer(other, table, ordered=True).reason == "equal"


@given(tables(), st.data())
def test_one_changed_value_is_noticed(table: Table, data: st.DataObject) -> None:
    assume(table.rows)
    row, column = (data.draw(st.integers(0, n - 1)) for n in (len(table.rows), table.width))
    rows = [list(r) for r in table.rows]
    rows[row][column] = "a value of no table"
    assert score_answer(table, Table(table.width, [tuple(r) for r in rows]), ordered=False).correct is False


@given(tables(), tables())
def test_scoring_is_symmetric(one: Table, other: Table) -> None:
    assert (
        score_answer(one, other, ordered=False).correct == score_answer(other, one, ordered=False).correct
    )


@given(tables(), VALUES)
def test_a_column_more_is_wrong_both_ways(table: Table, value: Any) -> None:
    wider = Table(table.width + 1, [(*row, value) for row in table.rows])
    assert score_answer(table, wider, ordered=False).detail.endswith(", otherwise right")
    assert score_answer(wider, table, ordered=False).reason == "missing columns"
