"""What people ask of a database every day is answered: a guard that refuses much is switched off.

`ordinary/everywhere.sql` is for all engines. At most two of a hundred may be refused; which, is asserted,
so that both a new refusal and one that is gone show here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attacks.corpus import DIALECTS, HERE
from attacks.hostile import QUICK, Worlds

from nlq.catalog import Dialect
from nlq.redteam.attempt import send_sql

AT_MOST = 0.02


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ordinary_queries_are_answered(dialect: Dialect, worlds: Callable[[Dialect], Worlds]) -> None:
    it = worlds(dialect)
    everywhere, own = _queries("everywhere"), _queries(dialect)
    assert len(everywhere) + len(own) >= 300
    queries = [*(everywhere[DIALECTS.index(dialect) :: len(DIALECTS)] if QUICK else everywhere), *own]
    refused = []
    for sql in queries:
        outcome = send_sql(it.world, it.mallory, sql)
        if outcome.kind != "answered":
            refused.append(f"{sql}\n    {outcome.shown}")
    assert len(refused) <= AT_MOST * (len(everywhere) + len(own)), "\n".join(refused)
    assert [text.partition("\n")[0] for text in refused] == REFUSED[dialect], "\n".join(refused)


REFUSED: dict[Dialect, list[str]] = {
    "duckdb": [
        "SELECT unnest([1, 2, 3]) AS n",
        "SELECT histogram(status) AS h FROM orders",
    ],
    "postgres": [
        "SELECT json_agg(name) AS names FROM products",
        "SELECT unnest(ARRAY[1, 2, 3]) AS n",
        "SELECT regexp_match(name, '[0-9]+') AS m FROM products",
    ],
    "sqlite": [
        "SELECT hex(name) AS h FROM products",
    ],
}
"""What is refused, and why: what is in lists is not yet bounded."""


def _queries(name: str) -> list[str]:
    lines = (HERE / "ordinary" / f"{name}.sql").read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines))
    return lines
