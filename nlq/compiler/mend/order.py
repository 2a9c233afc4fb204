"""The order of groups of which none is asked for. Mended without the model.

Any order answers the question, but not each time the same: an engine gives groups as its plan happens to
find them, and a limit on rows cuts some off. People list what is counted from the most, and what
happens from the first.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Dialect
from nlq.compiler.schema_text import Samples
from nlq.compiler.words import words
from nlq.plan.lift import expression_family
from nlq.plan.meta import COLUMN, BoundColumn

_TIMES = frozenset("year quarter month week weekday day date time hour semester season decade".split())

MONTHS = tuple(
    "january february march april may june july august september october november december".split()
)
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())


def mend_order(tree: exp.Expr, catalog: Catalog, values: Samples) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words."""
    if not isinstance(tree, exp.Select):
        return ()
    return (*_order_calendar(tree, values), *_order_groups(tree, catalog.dialect, values))


def _order_calendar(select: exp.Select, values: Samples) -> Iterator[str]:
    """`ORDER BY month` of texts begins with April: by their place in the year, or week, is meant."""
    order = select.args.get("order") if not select.args.get("distinct") else None
    for one in order.expressions if order is not None else []:
        column = _shown_as(one.this, select)
        names = _calendar(column, values)
        if column is None or not names:
            continue
        case = exp.Case()
        for at, name in enumerate(names, start=1):
            case = case.when(exp.EQ(this=column.copy(), expression=exp.Literal.string(name)), str(at))
        one.set("this", case)
        yield f"ordered by `{column.name}` as the calendar has it"


def _shown_as(by: exp.Expr, select: exp.Select) -> exp.Column | None:
    """The column of a relation that is ordered by, be it under the alias of what is shown."""
    if isinstance(by, exp.Column) and not by.table:
        by = next((e.unalias() for e in select.expressions if e.alias == by.name), by)
    return by if isinstance(by, exp.Column) and COLUMN in by.meta else None


def _calendar(column: exp.Expr | None, values: Samples) -> tuple[str, ...]:
    """The names of months, or of weekdays, that the column holds, as it has them and in their order."""
    bound: BoundColumn | None = column.meta.get(COLUMN) if isinstance(column, exp.Column) else None
    if bound is None or bound.relation is None:
        return ()
    held = bound.column.enum or values.get((bound.relation, bound.column.name), ())
    for names in (MONTHS, WEEKDAYS):
        if len(held) > 1 and {value.casefold() for value in held} <= set(names):
            return tuple(sorted(held, key=lambda value: names.index(value.casefold())))
    return ()


def _order_groups(select: exp.Select, dialect: Dialect, values: Samples) -> Iterator[str]:
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
    times = [
        at
        for at in keys
        if _is_time(select.expressions[at], dialect)
        and not _calendar(select.expressions[at].unalias(), values)
    ]
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
