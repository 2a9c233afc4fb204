"""Whether an answer that is right is right by luck: asked again of databases with other data.

The plan is found again there, so that no model is called, and guarded for the same principal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlglot
from sqlglot import exp

from nlq.catalog import Dialect
from nlq.engine.rows import Rows
from nlq.errors import EvalError, NlqError
from nlq.evaluate.gold import RunGold, run_gold_on
from nlq.evaluate.judge import Wanted
from nlq.evaluate.order import order_keys
from nlq.evaluate.score import score_answer
from nlq.evaluate.suite import Case, Suite
from nlq.evaluate.variants import compared_values, make_variant
from nlq.policy import Principal
from nlq.service import Service

FindLuck = Callable[[Case, Sequence[Wanted], Principal], str]
"""Where another database tells the answer from the results that it equals; empty if none does."""

OpenLuck = Callable[[Service, Suite], AbstractContextManager[FindLuck]]


def luck_finder(open_variant: Callable[[Service, str], Service], count: int, seed: int) -> OpenLuck:
    """Makes `count` variants of the database of a service. `open_variant` opens the service on one."""

    @contextmanager
    def open_luck(service: Service, suite: Suite) -> Iterator[FindLuck]:
        dialect, _, place = service.settings.db.partition(":///")
        if dialect not in ("duckdb", "sqlite"):
            raise EvalError(
                "eval.invalid",
                f"no variants are made of `{service.engine.name}`",
                "they are made of DuckDB and SQLite files; use `--variants 0`",
            )
        kind = service.engine.dialect
        literals = compared_values((g for c in suite.cases for g in c.gold_sql(kind)), kind)
        with TemporaryDirectory(prefix="nlq-variants-") as directory, ExitStack() as opened:
            variants = []
            for number in range(1, count + 1):
                path = Path(directory) / f"{number}.{dialect}"
                make_variant(Path(place), path, service.catalog, seed + number, literals)
                variants.append(open_variant(service, f"{dialect}:///{path}"))
                opened.callback(variants[-1].engine.close)
            yield lambda case, met, who: _find_luck(variants, case, met, who)

    return open_luck


def _find_luck(variants: Sequence[Service], case: Case, met: Sequence[Wanted], principal: Principal) -> str:
    for number, service in enumerate(variants, start=1):
        run = run_gold_on(service.engine)
        golds = [rows for w in met if w.sql and (rows := _run(w.sql, run, service.engine.dialect))]
        if not golds:
            continue
        try:
            answer = service.ask(case.full_question, principal=principal, kind="eval")
        except NlqError:
            continue  # it fails on these data, or was compiled for others: that says nothing
        scores = [score_answer(gold, answer, ordered=False) for gold in golds]
        if not any(score.correct for score in scores):
            told = scores[0].detail or scores[0].reason
            return f"on variant {number} of the data, the answer is another than gold's: {told}"
    return ""


def _run(sql: str, run: RunGold, dialect: Dialect) -> Rows | None:
    """The gold's result, if it is the only one that is right."""
    try:
        return None if leaves_choice(sql, run, dialect) else run(sql)
    except (EvalError, NlqError):
        return None


def leaves_choice(sql: str, run: RunGold, dialect: Dialect) -> bool:
    """Whether the query cuts off rows that are as good as the last one that it gives, or may do so."""
    tree = sqlglot.parse_one(sql, dialect=dialect)
    limits = list(tree.find_all(exp.Limit, exp.Fetch, exp.Offset))
    if not limits:
        return False
    order, limit = tree.args.get("order"), tree.args.get("limit")
    if len(limits) > 1 or not isinstance(tree, exp.Select) or order is None or limit is None:
        return True
    if not isinstance(limit, exp.Limit) or not isinstance(limit.expression, exp.Literal):
        return True
    cut = int(limit.expression.name)
    whole = tree.copy()
    whole.set("limit", None)
    by = [key.this.as_(f"key_{n}") for n, key in enumerate(order_keys(tree))]
    whole = whole.select(*by)
    rows = run(whole.sql(dialect=dialect)).rows
    keys = [row[-len(by) :] for row in rows]
    return cut < len(keys) and cut > 0 and keys[cut - 1] == keys[cut]
