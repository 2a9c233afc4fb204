"""What people ask of a database every day is answered: a guard that refuses much is switched off.

`ordinary/everywhere.sql` is for all engines. At most two of a hundred may be refused; which, is asserted,
so that both a new refusal and one that is gone show here. `make attacks` asks all of them of every engine;
else each of those for all engines is asked of one, and of an engine's own every second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from attacks.corpus import DIALECTS, HERE
from attacks.hostile import QUICK, Worlds

from nlq.catalog import Dialect
from nlq.redteam.attempt import send_sql

AT_MOST = 0.02


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ordinary_queries_are_answered(
    dialect: Dialect, worlds: Callable[[Dialect], Worlds], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = worlds(dialect)
    monkeypatch.setattr(it.world, "settings", replace(it.world.settings, statement_timeout_s=60.0))
    everywhere, own = _queries("everywhere"), _queries(dialect)
    most = AT_MOST * (len(everywhere) + len(own))
    assert most >= 6
    if QUICK:
        everywhere, own = everywhere[DIALECTS.index(dialect) :: len(DIALECTS)], own[::2]
    queries = [*everywhere, *own]
    refused = []
    for sql in queries:
        outcome = send_sql(it.world, it.mallory, sql)
        if outcome.kind != "answered":
            refused.append(f"{sql}\n    {outcome.shown}")
    assert len(refused) <= most, "\n".join(refused)
    expected = [sql for sql in REFUSED[dialect] if sql in queries]
    assert [text.partition("\n")[0] for text in refused] == expected, "\n".join(refused)


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
