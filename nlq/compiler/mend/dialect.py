"""Functions of other engines in a draft for SQLite: written as SQLite has them, without the model.

Models know the dialects of larger engines better; what they mean by `YEAR(day)` leaves no choice. What is
not known here stays as it is, and the check or the engine refuses it.
"""

from __future__ import annotations

import re

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.compiler.words import words
from nlq.plan.lift import expression_family

# SQLite manual, "Date And Time Functions"
_PARTS = {
    "year": "%Y", "month": "%m", "day": "%d", "dayofmonth": "%d", "hour": "%H", "minute": "%M",
    "second": "%S", "week": "%W", "weekofyear": "%W", "dow": "%w", "doy": "%j", "dayofyear": "%j",
    "epoch": "%s",
}  # fmt: skip
_NODES = (
    exp.Year, exp.Month, exp.Day, exp.DayOfMonth, exp.Hour, exp.Minute, exp.Second, exp.Week,
    exp.WeekOfYear, exp.DayOfYear,
)  # fmt: skip
_STARTS = {"year": "%Y-01-01", "month": "%Y-%m-01", "day": "%Y-%m-%d", "hour": "%Y-%m-%d %H:00:00"}
_UNITS = {"week": (7, "days"), "quarter": (3, "months")}
_TO_CHAR = (("YYYY", "%Y"), ("HH24", "%H"), ("MM", "%m"), ("DD", "%d"), ("MI", "%M"), ("SS", "%S"))
_DAYS_OF = {"second": 86_400, "minute": 1_440, "hour": 24}
_COMPARES = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIMES = ("date", "timestamp", "time")


def speak_dialect(tree: exp.Expr, dialect: Dialect) -> tuple[str, ...]:
    """Changes made to the unbound `tree` (in place), in words."""
    if dialect != "sqlite":
        return ()
    changes = []
    # From the inside out: what is replaced holds what was.
    for node in reversed(list(tree.find_all(exp.Func, exp.Add, exp.Sub))):
        meant = _in_sqlite(node)
        if meant is not None:
            node.replace(meant)
            changes.append("wrote times as SQLite has them")
    if _compare_parts(tree):
        changes.append("compared parts of times as numbers")
    if _compare_days(tree):
        changes.append("compared days with days, not months")
    return tuple(dict.fromkeys(changes))


def _compare_parts(tree: exp.Expr) -> bool:
    """Whether a part of a time, which SQLite gives as text, was compared with a number: now as one.

    `strftime('%Y', day) = 2020` is never true, nor is `strftime('%m', day) = '1'`.
    """
    changed = False
    for node in list(tree.find_all(exp.TimeToStr)):
        parent = node.parent
        if node.text("format") not in _PARTS.values() or not isinstance(parent, exp.Condition):
            continue
        beside = [parent.args.get(key) for key in ("this", "expression", "low", "high")]
        values = [v for v in (*beside, *parent.expressions) if isinstance(v, exp.Literal)]
        if not isinstance(parent, _COMPARES) or not values or node is parent.args.get("low"):
            continue
        if any(v.is_string and (len(v.name) > 1 or not v.name.isdecimal()) for v in values):
            continue
        if all(v.is_string for v in values) and node.text("format") == "%w":
            continue
        for value in values:
            value.replace(exp.Literal.number(value.name))
        node.replace(exp.cast(node.copy(), exp.DType.INT))
        changed = True
    return changed


def _compare_days(tree: exp.Expr) -> bool:
    """Whether a month was compared with days: now as days are.

    `strftime('%Y-%m', day) BETWEEN '2023-01-01' AND …` leaves out January.
    """
    changed = False
    for node in list(tree.find_all(exp.TimeToStr)):
        parent = node.parent
        if node.text("format") not in ("%Y-%m", "%Y") or not isinstance(
            parent, exp.Between | exp.GTE | exp.LTE
        ):
            continue
        values = [parent.args.get(key) for key in ("expression", "low", "high") if parent.args.get(key)]
        if parent.this is not node or not all(
            isinstance(v, exp.Literal) and v.is_string and _DAY.fullmatch(v.name) for v in values
        ):
            continue
        node.set("format", exp.Literal.string("%Y-%m-%d"))
        changed = True
    return changed


def mend_spans(tree: exp.Expr, dialect: Dialect, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words: `ended - began` of texts is nothing."""
    if dialect != "sqlite":
        return ()
    spans = [
        node
        for node in tree.find_all(exp.Sub)
        if all(
            isinstance(side, exp.Column) and expression_family(side, dialect) in _TIMES
            for side in (node.left, node.right)
        )
    ]
    unit = next((u for u in _DAYS_OF if re.search(rf"\b{u}s?\b", question, re.IGNORECASE)), "day")
    for node in spans:
        days = exp.Sub(this=_days(node.left), expression=_days(node.right))
        many = _DAYS_OF.get(unit)
        node.replace(
            exp.paren(exp.Mul(this=exp.paren(days), expression=exp.Literal.number(many)) if many else days)
        )
    return (f"took the time between in {unit}s",) if spans else ()


def _in_sqlite(node: exp.Expr) -> exp.Expr | None:
    """What SQLite has for it; None where it has the same, or nothing."""
    match node:
        case exp.Extract():
            return _part(node.name.casefold(), node.expression)
        case exp.DateTrunc() | exp.TimestampTrunc():
            start = _STARTS.get(node.text("unit").casefold())
            return formatted(start, node.this) if start else None
        case exp.ToChar():
            return formatted(_of_to_char(node.text("format")), node.this)
        case exp.DateAdd() | exp.DateSub() | exp.Add() | exp.Sub():
            sign = "-" if isinstance(node, exp.DateSub | exp.Sub) else "+"
            return _moved(node.this, sign, node.args.get("expression"))
        case exp.Anonymous():
            return _named(node.name.casefold(), node.expressions)
        case exp.Quarter():
            month = _part("month", node.this)
            later = exp.paren(exp.Add(this=month, expression=exp.Literal.number(2)))
            return exp.paren(exp.Div(this=later, expression=exp.Literal.number(3), typed=True, safe=True))
        case _ if isinstance(node, _NODES):
            return _part(type(node).__name__.casefold(), node.this)
        case _:
            return None


def _named(name: str, arguments: list[exp.Expr]) -> exp.Expr | None:
    match name, arguments:
        case (("now" | "getdate" | "sysdate"), []):
            return exp.CurrentTimestamp()
        case (("curdate" | "today"), []):
            return exp.CurrentDate()
        case "date_part", [exp.Literal() as unit, time]:
            return _part(unit.name.casefold(), time)
        case "date_format", [time, exp.Literal() as written]:
            return formatted(written.name.replace("%i", "%M"), time)
        case _:
            return None


def _part(unit: str, time: exp.Expr) -> exp.Expr | None:
    written = _PARTS.get(unit)
    if isinstance(time, exp.Column) and words(time.name)[-1:] == (unit,):
        return time.copy()  # the year of a year is a number already
    return exp.cast(formatted(written, time), exp.DType.INT) if written else None


def formatted(written: str, time: exp.Expr) -> exp.Expr:
    """The time as text, in the format of `strftime`."""
    # As the parser has `STRFTIME('%Y', time)`.
    inner = exp.TsOrDsToTimestamp(this=time.copy())
    return exp.TimeToStr(this=inner, format=exp.Literal.string(written))


def _moved(time: exp.Expr | None, sign: str, by: exp.Expr | None) -> exp.Expr | None:
    if time is None or not isinstance(by, exp.Interval) or not by.name.isdecimal():
        return None
    unit = by.text("unit").casefold().removesuffix("s")
    times, units = _UNITS.get(unit, (1, f"{unit}s"))
    function = (
        "DATE"
        if isinstance(time, exp.CurrentDate | exp.Date) or "date" in time.sql().casefold()
        else "DATETIME"
    )
    step = exp.Literal.string(f"{sign}{int(by.name) * times} {units}")
    return exp.Anonymous(this=function, expressions=[time.copy(), step])


def _of_to_char(written: str) -> str:
    for one, other in _TO_CHAR:
        written = written.replace(one, other)
    return written


def _days(time: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="JULIANDAY", expressions=[time.copy()])
