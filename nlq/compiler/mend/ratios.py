"""Ratios and percentages: divided as numbers, and told in what is asked for. Mended without the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Dialect, family
from nlq.compiler.mend.tree import parts
from nlq.plan.meta import COLUMN, BoundColumn

_PERCENT = re.compile(r"\bper ?cent(?:s|ages?)?\b|%", re.IGNORECASE)
_RATIO = re.compile(r"\b(?:ratios?|proportions?|fractions?)\b", re.IGNORECASE)
_HUNDRED = re.compile(r"\b100\b")
_WHOLE_ARGUMENT = (exp.Sum, exp.Min, exp.Max, exp.Paren, exp.Coalesce, exp.Abs, exp.Nullif, exp.Neg)


def mend_ratios(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    rules: tuple[Callable[[exp.Expr, Dialect, str], Iterator[str]], ...] = (
        _of_all,
        _divide_as_numbers,
        _tell_as_asked,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog.dialect, question))


def _of_all(tree: exp.Expr, _dialect: Dialect, _question: str) -> Iterator[str]:
    """`count(CASE WHEN sex = 'F' …) / count(*) … WHERE sex = 'F'` is 1: the share of all is meant."""
    where = tree.args.get("where") if isinstance(tree, exp.Select) else None
    if where is None or not any(item.find(exp.Div) for item in tree.expressions):
        return
    cases = [case for item in tree.expressions for case in item.find_all(exp.If)]
    told = [case.this for case in cases if case.find_ancestor(exp.AggFunc)]
    conditions = list(parts(where.this))
    left = [part for part in conditions if part not in told]
    if len(told) == 1 and len(left) == len(conditions) - 1:
        tree.set("where", exp.Where(this=exp.and_(*left)) if left else None)
        yield "took the share of all, not of those that it is a share of"


def _divide_as_numbers(tree: exp.Expr, dialect: Dialect, _question: str) -> Iterator[str]:
    """`count(a) / count(b)` is 0 of 2 and 3, but where the engine divides as people do."""
    if dialect == "duckdb":
        return
    changed = False
    for node in list(tree.find_all(exp.Div)):
        if isinstance(node.expression.unnest(), exp.Literal) or not node.expression.find(
            exp.Column, exp.Count
        ):
            continue
        if _is_whole(node.this, dialect) and _is_whole(node.expression, dialect):
            node.set("this", exp.cast(node.this.unnest().copy(), exp.DType.DOUBLE))
            changed = True
    if changed:
        yield "divided as numbers, not as whole numbers"


def _is_whole(node: exp.Expr, dialect: Dialect) -> bool:
    """Whether an engine may take it for a whole number."""
    match node:
        case exp.Count():
            return True
        case exp.Literal():
            return not node.is_string and node.name.isdecimal()
        case exp.Column():
            bound: BoundColumn | None = node.meta.get(COLUMN)
            of = family(bound.column.type, dialect) if bound is not None else None
            # SQLite manual, "Type Affinity": NUMERIC keeps 3.0 as 3.
            return of == "integer" or (of == "decimal" and dialect == "sqlite")
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            return _is_whole(node.this, dialect) and _is_whole(node.expression, dialect)
        case exp.Case():
            results = [i.args["true"] for i in node.args["ifs"]]
            results += [node.args["default"]] if node.args.get("default") else []
            return all(isinstance(r, exp.Null) or _is_whole(r, dialect) for r in results)
        case exp.Predicate():
            return True
        case _ if isinstance(node, _WHOLE_ARGUMENT):
            return _is_whole(node.this, dialect)
        case _:
            return False


def _tell_as_asked(tree: exp.Expr, _dialect: Dialect, question: str) -> Iterator[str]:
    """A percentage is of a hundred; a ratio is not."""
    if not isinstance(tree, exp.Select) or _HUNDRED.search(question):
        return
    percent, ratio = _PERCENT.search(question), _RATIO.search(question)
    shown = [item.unalias() for item in tree.expressions]
    divided = [item for item in shown if item.find(exp.Div)]
    if bool(percent) == bool(ratio) or len(divided) != 1:
        return
    hundreds = [n for n in divided[0].find_all(exp.Literal) if not n.is_string and float(n.name) == 100]
    if ratio and len(hundreds) == 1 and isinstance(hundreds[0].parent, exp.Mul):
        product = hundreds[0].parent
        product.replace(product.expression if product.this is hundreds[0] else product.this)
        yield "told the ratio itself, not in percent"
    if percent and not hundreds and isinstance(divided[0].unnest(), exp.Div):
        whole = divided[0]
        whole.replace(exp.Mul(this=exp.paren(whole.copy()), expression=exp.Literal.number(100)))
        yield "told in percent, as is asked for"
