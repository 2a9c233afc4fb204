"""What is wrong with SQL, told by its tree."""

import pytest

from nlq.evaluate.fault import find_fault, nearest_gold
from nlq.evaluate.score import Score

WRONG = Score(False, "wrong rows", "1 of 2 differ")
TOO_WIDE = Score(False, "extra columns", "2 instead of 1, otherwise right")
GOLD = (
    "SELECT c.name, count(*) AS n FROM customers c JOIN orders o ON o.customer_id = c.id "
    "WHERE o.status = 'paid' AND o.total > 10 GROUP BY c.name ORDER BY n DESC LIMIT 5"
)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        (GOLD, "other"),
        (GOLD.replace("orders o", "invoices o"), "wrong relation"),
        (GOLD.replace("o.customer_id = c.id", "o.id = c.id"), "wrong join"),
        (GOLD.replace("JOIN", "LEFT JOIN"), "wrong join"),
        (GOLD.replace("o.total > 10", "o.total >= 10"), "wrong filter"),
        (GOLD.replace("o.status", "o.channel"), "wrong filter"),
        (GOLD.replace(" AND o.total > 10", ""), "wrong filter"),
        (GOLD.replace("'paid'", "'open'"), "wrong filter value"),
        (GOLD.replace("count(*)", "sum(o.total)"), "wrong aggregate"),
        (GOLD.replace("GROUP BY c.name", "GROUP BY c.id"), "wrong aggregate"),
        (GOLD.replace("SELECT c.name", "SELECT c.email"), "wrong columns"),
        (GOLD.replace("n DESC", "n"), "order"),
        (GOLD.replace("LIMIT 5", "LIMIT 6"), "limit"),
        ("not SQL at all", "other"),
    ],
)  # fmt: skip
def test_faults(sql: str, fault: str) -> None:
    assert find_fault(WRONG, "", sql, [GOLD], "duckdb") == fault


def test_aliases_schemas_and_spelling_are_no_faults() -> None:
    same = (
        'SELECT "T1"."name", COUNT(*) AS "k" FROM "main"."customers" AS "T1" JOIN "main"."orders" AS "T2" '
        'ON "T1"."id" = "T2"."customer_id" WHERE "T2"."total" > 10 AND "T2"."status" = \'paid\' '
        'GROUP BY "T1"."name" ORDER BY COUNT(*) DESC LIMIT 5'
    )
    assert find_fault(WRONG, "", same, [GOLD], "duckdb") == "other"


@pytest.mark.parametrize(
    ("score", "code", "fault"),
    [
        (Score(True, "equal"), "", ""),
        (Score(True, "refused"), "policy.denied", ""),
        (Score(False, "error"), "engine.timeout", "timeout"),
        (Score(False, "error"), "compile.refused", "refused"),
        (Score(False, "error"), "compile.failed", "invalid"),
        (Score(False, "leak"), "", "leak"),
        (Score(False, "answered"), "", "answered"),
        (Score(False, "wrong order"), "", "order"),
        (TOO_WIDE, "", "extra columns"),
    ],
)
def test_what_the_tree_is_not_asked(score: Score, code: str, fault: str) -> None:
    assert find_fault(score, code, GOLD, [GOLD], "duckdb") == fault


def test_the_nearest_gold_is_compared() -> None:
    other = "SELECT name FROM products"
    sql = "SELECT name FROM products WHERE price > 3"
    assert nearest_gold(sql, [GOLD, other], "duckdb") == other
    assert find_fault(WRONG, "", sql, [GOLD, other], "duckdb") == "wrong filter"
    assert nearest_gold("", [], "duckdb") == ""
