"""Times that SQL writes as text, in English."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

_DIRECTIVES = {
    "%Y": "year", "%m": "month", "%d": "day", "%H": "hour", "%M": "minute", "%S": "second", "%B": "month",
    "%b": "month", "%A": "weekday", "%a": "weekday", "%u": "weekday", "%w": "weekday", "%W": "week",
    "%V": "week", "%G": "year", "%j": "day of the year",
}  # fmt: skip
_DIRECTIVE = re.compile(r"%-?[A-Za-z]")


def explain_time(node: exp.Expr, value: Callable[[exp.Expr], str]) -> str | None:
    """A time as text, or a text as time, in words; None where it is neither. `value` words its parts."""
    if isinstance(node, exp.TsOrDsToDate | exp.TsOrDsToTimestamp):
        return value(node.this)
    if not isinstance(node, exp.TimeToStr | exp.StrToTime | exp.StrToDate):
        return None
    # DuckDB takes the two in either order.
    format, what = sorted((node.args["format"], node.this), key=lambda n: not isinstance(n, exp.Literal))
    if not isinstance(format, exp.Literal) or isinstance(what, exp.Literal):
        return None
    said = said_format(format.name)
    if not isinstance(node, exp.TimeToStr):
        return f"{value(what)} read as {said}"
    return f"{value(what)} as {said}" if said.startswith("'") else f"the {said} of {value(what)}"


def said_format(format: str) -> str:
    """The pattern of a time in words, or itself in quotes where it holds what we have no word for.

    >>> said_format("%Y-%m"), said_format("%d/%m/%Y"), said_format("%m"), said_format("%Y Q%q")
    ('year-month', 'day/month/year', 'month', "'%Y Q%q'")
    """
    said = _DIRECTIVE.sub(lambda found: _DIRECTIVES.get(found[0].replace("-", ""), found[0]), format)
    rest = _DIRECTIVE.sub("", format)
    return f"'{format}'" if "%" in said or re.search(r"\w", rest) else said
