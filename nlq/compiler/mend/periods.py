"""Months and years that a question asks for, where the draft tells days or all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import DAYS, Catalog, Dialect, family
from nlq.compiler.mend.dialect import formatted
from nlq.compiler.mend.tree import Rule, base_tables, new_column, one_of
from nlq.compiler.words import words
from nlq.plan.lift import expression_family
from nlq.plan.meta import RELATION

_FORMATS = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_ADVERBS = {"daily": "day", "monthly": "month", "annual": "year", "yearly": "year"}
_EACH = re.compile(
    r"\b(?:(?P<how>daily|monthly|annual|yearly) (?:average|mean|total|sum|number|count)"
    r"|(?:per|(?:for|in|by) (?:each|every)|each|every) (?P<unit>day|month|year))\b",
    re.IGNORECASE,
)
_AS_A_DATE = re.compile(r"\b(?:month|year)s? (?:as a date|\(as a date\))", re.IGNORECASE)


def mend_periods(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select):
        return ()
    rules: tuple[Rule, ...] = (_tell_months, _group_by_time)
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _tell_months(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`DATE(paid_at) AS month` is a day, and `%m` is no date: the month of its year is meant."""
    dialect = catalog.dialect
    for item in list(select.expressions):
        inner = item.unalias()
        if words(item.alias_or_name) != ("month",):
            continue
        time: exp.Expr | None = _day_of(inner, dialect)
        if time is None and _AS_A_DATE.search(question):
            time = _month_alone(inner)
        if time is None:
            continue
        month = _start(time, "month", dialect)
        for node in list(select.walk()):
            if node == inner and node is not inner:
                node.replace(month.copy())
        inner.replace(month)
        yield "told the month with its year"


def _day_of(item: exp.Expr, dialect: Dialect) -> exp.Column | None:
    """The column of days that the item shows as they are."""
    column = item.this if isinstance(item, exp.Date | exp.TsOrDsToDate) else item
    if isinstance(column, exp.Column) and expression_family(column, dialect) in DAYS:
        return column
    return None


def _month_alone(item: exp.Expr) -> exp.Expr | None:
    """The time of which the item tells the number of its month."""
    node = item.this if isinstance(item, exp.Cast) else item
    if not isinstance(node, exp.TimeToStr) or node.text("format") != "%m":
        return None
    time: exp.Expr = node.this
    return time.this if isinstance(time, exp.TsOrDsToTimestamp) else time


def _start(time: exp.Expr, unit: str, dialect: Dialect) -> exp.Expr:
    """The day, month or year of the time, as a date where the engine has such."""
    if dialect == "sqlite":
        return formatted(_FORMATS[unit], time)
    return exp.TimestampTrunc(this=time.copy(), unit=exp.var(unit.upper()))


def _group_by_time(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`the monthly average`, where the draft has one of all months."""
    said = one_of(list(_EACH.finditer(question)))
    shown = [item.unalias() for item in select.expressions]
    if said is None or not all(item.find(exp.AggFunc) for item in shown):
        return
    if any(select.args.get(k) for k in ("group", "having", "order", "limit", "distinct", "with_")):
        return
    if any(not c.find_ancestor(exp.AggFunc) for item in shown for c in item.find_all(exp.Column)):
        return
    unit = _ADVERBS[said["how"].casefold()] if said["how"] else said["unit"].casefold()
    time = _time_asked(select, catalog)
    if time is None:
        return
    period = _start(time, unit, catalog.dialect)
    select.set("expressions", [exp.alias_(period, unit, quoted=True), *select.expressions])
    select.set("group", exp.Group(expressions=[period.copy()]))
    yield f"told it for each {unit} of `{time.name}`"


def _time_asked(select: exp.Select, catalog: Catalog) -> exp.Column | None:
    """The day or time that rows are chosen by, else the only one that there is."""
    where = select.args.get("where")
    chosen = {
        (c.table, c.name)
        for c in (where.find_all(exp.Column) if where is not None else ())
        if expression_family(c, catalog.dialect) in DAYS
    }
    known = {
        (table.alias_or_name, column.name)
        for table in base_tables(select)
        if (relation := catalog.relation(table.meta[RELATION])) is not None
        for column in relation.columns
        if family(column.type, catalog.dialect) in DAYS
    }
    place = one_of(list(chosen)) or one_of(list(known))
    return new_column(*place) if place is not None else None
