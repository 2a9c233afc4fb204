"""Literals of the question lifted out of the SQL, so that one plan serves every value of them.

A literal is lifted only where the question holds its value once, the SQL holds it once, and it stands
where a value is compared, counted or limited. Everything else keeps the literal: a plan that is too
narrow is compiled again, a plan that is too wide would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from nlq.catalog import Dialect, Family, family
from nlq.plan.meta import COLUMN
from nlq.plan.value import Parameter

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Limit, exp.Offset)


@dataclass(frozen=True, slots=True)
class Slot:
    """A literal of the question: `value` is an int, Decimal or text; a date is its ISO text."""

    name: str
    value: int | Decimal | str
    family: Family


def lift(tree: exp.Expr, slots: Iterable[Slot], dialect: Dialect) -> tuple[Parameter, ...]:
    """Parameters for the slots that could be lifted; their literals in `tree` become placeholders."""
    parameters = []
    for slot in slots:
        found = [n for n in tree.find_all(exp.Literal) if _equals(n, slot)]
        if len(found) != 1:
            continue
        literal: exp.Expr = found[0]
        interval = literal.parent
        if isinstance(interval, exp.Interval):
            if not isinstance(slot.value, int):
                continue
            # Intervals take no parameter, but a number of unit intervals does.
            unit = exp.Interval(this=exp.Literal.string("1"), unit=interval.args["unit"])
            interval.replace(exp.Mul(this=exp.Placeholder(this=slot.name), expression=unit))
            parameters.append(Parameter(slot.name, "integer", _example(slot)))
            continue
        if isinstance(literal.parent, exp.Neg) or not isinstance(literal.parent, _COMPARED):
            continue
        of = parameter_family(literal, dialect) or slot.family
        literal.replace(exp.Placeholder(this=slot.name))
        parameters.append(Parameter(slot.name, of, _example(slot)))
    return tuple(parameters)


def parameter_family(node: exp.Expr, dialect: Dialect) -> Family | None:
    """The family of values that fit where `node` stands, or None where its context does not say."""
    parent = node.parent
    if isinstance(parent, (exp.Limit, exp.Offset)):
        return "integer"
    if isinstance(parent, (exp.Like, exp.ILike)):
        return "text"
    if isinstance(parent, (exp.Between, exp.In)):
        return expression_family(parent.this, dialect) if parent.this is not node else None
    if isinstance(parent, exp.Binary):
        other = parent.expression if parent.this is node else parent.this
        return expression_family(other, dialect)
    return None


def expression_family(node: exp.Expr, dialect: Dialect) -> Family | None:
    """The family of an expression where it is plain from its syntax and the catalog, else None."""
    if isinstance(node, exp.Column):
        bound = node.meta.get(COLUMN)
        return family(bound[1].type, dialect) if bound else None
    if isinstance(node, (exp.Count, exp.CountIf, exp.Length, exp.Extract, exp.Year, exp.Month, exp.Day)):
        return "integer"
    if isinstance(node, (exp.Avg, exp.Div)):
        return "decimal"
    if isinstance(node, exp.Cast):
        return family(node.to.sql(dialect=dialect), dialect)
    if isinstance(node, (exp.Sum, exp.Min, exp.Max, exp.Paren, exp.Coalesce, exp.Round, exp.Abs)):
        return expression_family(node.this, dialect)
    if isinstance(node, (exp.Lower, exp.Upper, exp.Trim)):
        return "text"
    return None


def _equals(node: exp.Literal, slot: Slot) -> bool:
    if isinstance(slot.value, str):
        return bool(node.is_string) and node.name == slot.value
    in_interval = isinstance(node.parent, exp.Interval)
    if node.is_string and not in_interval:
        return False
    try:
        return Decimal(node.name) == slot.value
    except InvalidOperation:
        return False


def _example(slot: Slot) -> str | int | float:
    return float(slot.value) if isinstance(slot.value, Decimal) else slot.value
