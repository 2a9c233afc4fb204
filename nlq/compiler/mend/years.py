"""`in which year was the oldest tram built`, of which a draft shows the day: the year is told."""

from __future__ import annotations

import re

from sqlglot import exp

from nlq.catalog import DAYS, Dialect
from nlq.compiler.mend.dialect import formatted
from nlq.compiler.mend.tree import one_of
from nlq.plan.lift import expression_family

_WHICH_YEAR = re.compile(r"\b(?:which|what) year\b", re.IGNORECASE)


def mend_years(tree: exp.Expr, dialect: Dialect, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words."""
    if not isinstance(tree, exp.Select) or tree.args.get("distinct") or not _WHICH_YEAR.search(question):
        return ()
    # What is grouped by days would show a year several times.
    if tree.args.get("group"):
        return ()
    shown = [item.unalias() for item in tree.expressions]
    time = one_of([item for item in shown if _is_day(item, dialect)])
    if time is None:
        return ()
    year = (
        formatted("%Y", time)
        if dialect == "sqlite"
        else exp.Extract(this=exp.var("YEAR"), expression=time.copy())
    )
    time.replace(year)
    return ("told the year, not the day",)


def _is_day(item: exp.Expr, dialect: Dialect) -> bool:
    """Whether the item is a column of days, or the first or last of one."""
    inner = item.this if isinstance(item, exp.Min | exp.Max) else item
    return isinstance(inner, exp.Column) and expression_family(inner, dialect) in DAYS
