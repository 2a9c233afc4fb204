"""What a question declares of its parameters beside their names, put into the SQL. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from nlq.catalog import Dialect, Family
from nlq.errors import PlanError
from nlq.plan import Parameter, Plan

_CLAUSES = (exp.Where, exp.Having, exp.Join)
"""What filters rows by a condition."""

_TAKES: dict[Family, frozenset[Family]] = {
    "decimal": frozenset({"integer", "float"}),
    "float": frozenset({"integer", "decimal"}),
    "timestamp": frozenset({"date"}),
    "text": frozenset({"enum", "uuid"}),
    "enum": frozenset({"text"}),
}
"""Families whose values are compared with another as they are: `price > 5`, but not `likes > 2.5`."""

_TAKES_IN_SQLITE: dict[Family, frozenset[Family]] = {
    "text": frozenset({"date", "timestamp", "time"}),
    "integer": frozenset({"boolean"}),
}
"""SQLite has no types of its own for these, and what the column is called does not say."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter that the question declares. `family` is None where the SQL is to say."""

    name: str
    family: Family | None = None
    optional: bool = False


def declare_types(
    parameters: Iterable[Parameter], declared: Iterable[Declared], dialect: Dialect
) -> tuple[Parameter, ...]:
    """The parameters with the families that were declared.

    Raises `plan.parameter` where the SQL compares one with something else.
    """
    said = {d.name: d.family for d in declared if d.family is not None}
    return tuple(
        replace(p, family=_agreed(p, said[p.name], dialect)) if p.name in said else p for p in parameters
    )


def _agreed(parameter: Parameter, said: Family, dialect: Dialect) -> Family:
    wanted = parameter.family
    if wanted in (said, "other") or said in _TAKES.get(wanted, ()):
        return said
    if dialect == "sqlite" and said in _TAKES_IN_SQLITE.get(wanted, ()):
        return said
    raise PlanError(
        "plan.parameter",
        f"the parameter `:{parameter.name}` is {said}, and the SQL compares it with {wanted}",
        f"compare `:{parameter.name}` with a column of its type",
    )


def make_optional(tree: exp.Expr, names: Sequence[str]) -> None:
    """Let each condition that one of these parameters stands in hold where the parameter is NULL.

    Raises `plan.parameter` where it stands elsewhere: what nobody gave cannot be shown or counted.

    >>> import sqlglot
    >>> tree = sqlglot.parse_one("SELECT 1 FROM users WHERE age > 18 AND country = :country")
    >>> make_optional(tree, ["country"]); tree.sql()
    'SELECT 1 FROM users WHERE age > 18 AND (country = :country OR :country IS NULL)'
    """
    for node in [n for n in tree.find_all(exp.Placeholder) if n.name in names]:
        condition = _condition(node)
        if condition is None:
            raise PlanError(
                "plan.parameter",
                f"the optional parameter `:{node.name}` is used outside of a condition",
                f"use `:{node.name}` only to compare a column in WHERE, with AND around",
            )
        if _is_open(condition, node.name):
            continue
        # The comparison first: Postgres takes the type of a parameter from where it is first used.
        absent = exp.Is(this=exp.Placeholder(this=node.name), expression=exp.Null())
        either = exp.Paren(this=exp.Or(expression=absent))
        condition.replace(either)
        either.this.set("this", condition)


def is_optional(plan: Plan, name: str) -> bool:
    """Whether the plan filters nothing where that parameter is NULL."""
    return f":{name} IS NULL" in plan.sql


def _condition(node: exp.Expr) -> exp.Expr | None:
    """The largest part of a filter that holds the node and no AND; None where the node is in no filter."""
    inner: exp.Expr = node
    while (parent := inner.parent) is not None:
        if isinstance(parent, exp.And):
            return inner
        if isinstance(parent, _CLAUSES):
            return inner if not isinstance(parent, exp.Join) or inner is parent.args.get("on") else None
        if isinstance(parent, exp.Query) or not isinstance(parent, exp.Condition):
            return None
        inner = parent
    return None


def _is_open(condition: exp.Expr, name: str) -> bool:
    """Whether it holds already where the parameter is NULL: so the model wrote it, or we did."""
    return any(
        isinstance(n.this, exp.Placeholder)
        and n.this.name == name
        and isinstance(n.expression, exp.Null)
        and not n.args.get("negate")
        and isinstance(n.parent, exp.Or)
        for n in condition.find_all(exp.Is)
    )
