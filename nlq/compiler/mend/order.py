"""The order of groups of which none is asked for. Mended without the model.

Any order answers the question, but not each time the same: an engine gives groups as its plan happens to
find them, and a limit on rows cuts some off. People list what is counted from the most, and what
happens from the first.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Dialect
from nlq.compiler.words import words
from nlq.plan.lift import expression_family

_TIMES = frozenset("year quarter month week weekday day date time hour semester season decade".split())


def mend_order(tree: exp.Expr, catalog: Catalog) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words."""
    return tuple(_order_groups(tree, catalog.dialect)) if isinstance(tree, exp.Select) else ()


def _order_groups(select: exp.Select, dialect: Dialect) -> Iterator[str]:
    """Groups by time in the order of time, others by what is measured of them."""
    group = select.args.get("group")
    if group is None or {key for key, value in group.args.items() if value} != {"expressions"}:
        return
    if any(select.args.get(key) for key in ("order", "limit", "offset", "distinct")):
        return
    measures = [at for at, item in enumerate(select.expressions) if item.find(exp.AggFunc)]
    keys = [at for at in range(len(select.expressions)) if at not in measures]
    if not measures or not keys:
        return
    times = [at for at in keys if _is_time(select.expressions[at], dialect)]
    if times:
        first = times[0]
        select.set("order", exp.Order(expressions=[_ordered(select.expressions[first], desc=False)]))
        yield "earliest first, for no order is asked for"
        return
    if len(keys) == 1:
        item = select.expressions[measures[0]]
        select.set("order", exp.Order(expressions=[_ordered(item, desc=True)]))
        yield "largest first, for no order is asked for"


def _is_time(item: exp.Expr, dialect: Dialect) -> bool:
    """Whether it is called a time, or made of one."""
    columns = list(item.find_all(exp.Column))
    if any(expression_family(column, dialect) in ("date", "timestamp", "time") for column in columns):
        return True
    named = words(item.alias_or_name)
    return bool(_TIMES & {*named, *(w for column in columns for w in words(column.name))})


def _ordered(item: exp.Expr, *, desc: bool) -> exp.Ordered:
    # Engines differ in where they put what is missing; here it comes last, as little.
    return exp.Ordered(this=item.unalias().copy(), desc=desc, nulls_first=False)
