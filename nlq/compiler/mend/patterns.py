"""`day LIKE '2026%'`, which DuckDB and Postgres refuse: a day is no text. The span of days is meant."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlglot import exp

from nlq.catalog import DAYS, Dialect
from nlq.plan.lift import expression_family

_PREFIX = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?-?%")


def mend_patterns(tree: exp.Expr, dialect: Dialect) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; none on SQLite, where days are text."""
    if dialect == "sqlite":
        return ()
    changes = []
    for node in list(tree.find_all(exp.Like, exp.ILike)):
        time, pattern = node.this, node.expression
        if expression_family(time, dialect) not in DAYS or not isinstance(pattern, exp.Literal):
            continue
        told = f"`{time.name or time.sql()}`"
        if (span := _span(pattern.name)) is None:
            time.replace(exp.cast(time.copy(), exp.DType.TEXT))
            changes.append(f"compared {told} as text with `{pattern.name}`")
            continue
        first, behind = (exp.Literal.string(day.isoformat()) for day in span)
        inside = exp.and_(
            exp.GTE(this=time.copy(), expression=first), exp.LT(this=time.copy(), expression=behind)
        )
        # sqlglot writes `a NOT LIKE 'x'` as LIKE with `negate`.
        node.replace(exp.not_(exp.paren(inside)) if node.args.get("negate") else exp.paren(inside))
        changes.append(f"read `LIKE '{pattern.name}'` of {told} as the days of that time")
    return tuple(changes)


def _span(pattern: str) -> tuple[date, date] | None:
    """The first day that the pattern means, and the first one behind; None where it means no such span.

    >>> [day.isoformat() for day in _span("2026-12%")]
    ['2026-12-01', '2027-01-01']
    """
    found = _PREFIX.fullmatch(pattern)
    if found is None:
        return None
    year, month = int(found["year"]), int(found["month"] or 1)
    try:
        first = date(year, month, int(found["day"] or 1))
        if found["day"]:
            return first, first + timedelta(days=1)
        if found["month"]:
            return first, date(year + month // 12, month % 12 + 1, 1)
        return first, date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None
