"""What is wrong with SQL, by comparing its tree with the gold's: a name that says what to mend. Pure.

The first that differs names the fault, in the order in which people write SQL: relations, how they are
joined, which rows, what is computed of them, which columns, in which order, how many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp

from nlq.catalog import Dialect
from nlq.evaluate.order import order_keys
from nlq.evaluate.score import Score

Fault = Literal[
    "", "timeout", "invalid", "refused", "leak", "answered", "wrong relation", "wrong join", "wrong filter",
    "wrong filter value", "wrong aggregate", "extra columns", "missing columns", "wrong columns", "order",
    "limit", "other",
]  # fmt: skip

_TIMEOUTS = ("engine.timeout", "engine.cancelled", "model.timeout")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike, exp.In, exp.Between,
                exp.Is)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """What a query is made of, without aliases, schemas and the case of letters."""

    relations: frozenset[str]
    joins: Counter[str]
    filters: Counter[str]
    values: Counter[str]
    aggregates: frozenset[str]
    groups: Counter[str]
    columns: Counter[str]
    order: tuple[str, ...]
    limit: tuple[str, ...]

    def distance(self, other: Parts) -> int:
        """In how many of its parts the other query differs."""
        return sum(getattr(self, name) != getattr(other, name) for name in self.__slots__)


def find_fault(score: Score, error_code: str, sql: str, golds: Iterable[str], dialect: Dialect) -> Fault:
    """What is wrong; empty where nothing is. Of several golds, the nearest is compared."""
    if score.correct:
        return ""
    if error_code:
        if error_code in _TIMEOUTS:
            return "timeout"
        return "refused" if error_code in ("compile.refused", "policy.denied") else "invalid"
    if score.reason in ("leak", "answered"):
        return "leak" if score.reason == "leak" else "answered"
    ours = take_apart(sql, dialect)
    theirs = [parts for gold in golds if (parts := take_apart(gold, dialect)) is not None]
    if ours is None or not theirs:
        return _by_result(score)
    return _compare(ours, min(theirs, key=ours.distance), score)


def nearest_gold(sql: str, golds: Iterable[str], dialect: Dialect) -> str:
    """The gold that differs least from the SQL; the first where it cannot be said."""
    listed = list(golds)
    ours = take_apart(sql, dialect) if sql and len(listed) > 1 else None
    if ours is None:
        return listed[0] if listed else ""
    parts = [(take_apart(gold, dialect), gold) for gold in listed]
    return min(parts, key=lambda p: ours.distance(p[0]) if p[0] else len(Parts.__slots__) + 1)[1]


def take_apart(sql: str, dialect: Dialect) -> Parts | None:
    """The parts of a query; None where it cannot be parsed."""
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None
    if not isinstance(tree, exp.Query):
        return None
    local = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
    tables = [t for t in tree.find_all(exp.Table) if t.name.casefold() not in local]
    conditions = [c for c in tree.find_all(*_COMPARISONS) if not _joins(c)]
    root = tree.find(exp.Select)
    limit = tree.args.get("limit")
    offset = tree.args.get("offset")
    return Parts(
        relations=frozenset(t.name.casefold() for t in tables),
        joins=Counter(_joined(tree)),
        filters=Counter(_condition(c) for c in conditions),
        values=Counter(str(v.this).casefold() for c in conditions for v in c.find_all(exp.Literal)),
        aggregates=frozenset(_text(a) for a in tree.find_all(exp.AggFunc, exp.Distinct)),
        groups=Counter(_text(e) for g in tree.find_all(exp.Group) for e in g.expressions),
        columns=Counter(_text(e.unalias()) for e in root.expressions) if root else Counter(),
        order=tuple(_text(key) for key in order_keys(tree)),
        limit=tuple(part.expression.sql() for part in (limit, offset) if part is not None),
    )


def _compare(ours: Parts, gold: Parts, score: Score) -> Fault:
    if score.reason == "wrong order":
        return "order"
    if score.reason == "extra columns" and "otherwise right" in score.detail:
        return "extra columns"
    if ours.relations != gold.relations:
        return "wrong relation"
    if ours.joins != gold.joins:
        return "wrong join"
    if ours.filters != gold.filters:
        return "wrong filter"
    if ours.values != gold.values:
        return "wrong filter value"
    if ours.aggregates != gold.aggregates or ours.groups != gold.groups:
        return "wrong aggregate"
    if ours.columns != gold.columns:
        found = _by_result(score)
        return found if found != "other" else "wrong columns"
    if ours.order != gold.order:
        return "order"
    if ours.limit != gold.limit:
        return "limit"
    return _by_result(score)


def _by_result(score: Score) -> Fault:
    match score.reason:
        case "extra columns" | "missing columns":
            return score.reason
        case "wrong order":
            return "order"
        case _:
            return "other"


def _joins(condition: exp.Expr) -> bool:
    """Whether it compares columns of two relations."""
    left, right = condition.this, condition.args.get("expression")
    return isinstance(condition, exp.EQ) and isinstance(left, exp.Column) and isinstance(right, exp.Column)


def _joined(tree: exp.Expr) -> Iterator[str]:
    """Pairs of columns that are equal, wherever that is written; and outer joins."""
    for condition in tree.find_all(exp.EQ):
        if _joins(condition):
            yield " = ".join(sorted((_text(condition.this), _text(condition.expression))))
    for join in tree.find_all(exp.Join):
        if join.side:
            yield join.side.lower()
        yield from (f"using {column.name.casefold()}" for column in join.args.get("using") or ())


def _condition(condition: exp.Expr) -> str:
    """What is compared with which operator, without the values."""
    shape = condition.copy()
    for literal in list(shape.find_all(exp.Literal)):
        literal.replace(exp.Placeholder())
    return _text(shape)


def _text(node: exp.Expr) -> str:
    """The node as text that is the same for every alias and spelling of names."""
    copy = node.copy()
    for column in list(copy.find_all(exp.Column)):
        plain = exp.column(column.name.casefold())
        if column is copy:
            return plain.sql(comments=False)
        column.replace(plain)
    return copy.sql(comments=False, normalize_functions="upper")
