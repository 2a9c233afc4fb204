import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from nlq.answer import Answer
from nlq.plan import Plan, ResultColumn


def answer(*names: str, rows: tuple[tuple[Any, ...], ...]) -> Answer:
    plan = Plan("query", "q", "duckdb", "owner", "SELECT 1", (), (), (), "")
    columns = tuple(ResultColumn(n, "UNKNOWN") for n in names)
    return Answer(columns, rows, False, "", "", (), plan, True, 0, (), {})


@pytest.mark.parametrize(
    ("value", "field"),
    [
        pytest.param(None, "", id="null"),
        pytest.param("", '""', id="empty-text"),
        pytest.param('say "hi", twice', '"say ""hi"", twice"', id="quotes"),
        pytest.param("two\nlines", '"two\nlines"', id="line-end"),
        pytest.param(" padded ", '" padded "', id="spaces"),
        pytest.param(Decimal("12345678901234567890.10"), "12345678901234567890.10", id="exact-decimal"),
        pytest.param(Decimal("1E+3"), "1000", id="no-exponent"),
        pytest.param(2**60, "1152921504606846976", id="large-integer"),
        pytest.param(True, "true", id="boolean"),
        pytest.param(date(2026, 1, 31), "2026-01-31", id="date"),
        pytest.param([1, "a"], '"[1, ""a""]"', id="list"),
        pytest.param(float("nan"), "NaN", id="nan"),
    ],
)
def test_a_value_in_csv(value: Any, field: str) -> None:
    assert answer("a", "b", rows=((value, 1),)).to_csv() == f"a,b\n{field},1\n"


def test_csv_reads_back() -> None:
    rows = (("Ünal, O.", None), ('"', ""), ("line\r\nend", "x"))
    text = answer("who said", "it", rows=rows).to_csv()
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["who said", "it"], ["Ünal, O.", ""], ['"', ""], ["line\r\nend", "x"]]
