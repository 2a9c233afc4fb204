"""Ratios and percentages: divided as numbers, and told in what is asked for. Mended without the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Dialect, family
from nlq.compiler.mend.said import said_amounts
from nlq.compiler.mend.tree import one_of, parts, set_where
from nlq.compiler.words import content_words, notes_of, words
from nlq.plan.meta import COLUMN, BoundColumn

_PERCENT = re.compile(r"\bper ?cent(?:s|ages?)?\b|%", re.IGNORECASE)
_RATIO = re.compile(r"\b(?:ratios?|proportions?|fractions?)\b", re.IGNORECASE)
_TO = re.compile(
    r"\b(?:ratio|proportion) of (?P<those>(?:[^.?!;]|\.\d)*?) (?:to|versus|vs\.?) "
    r"(?:the (?:number of )?)?(?P<others>(?:[^.?!;,]|\.\d)*)",
    re.IGNORECASE,
)
_TWO = re.compile(r"\bto\b", re.IGNORECASE)
_NONE_OF = re.compile(r"\b(?:non|not|without|no|in(?:active|valid|complete))\b", re.IGNORECASE)
_TRUTHS = frozenset(("0", "1", "true", "false"))
_FORMULA = re.compile(r"=[^=;.]*\w[) ]*/[ (]*[^\W\d]")
_HUNDRED = re.compile(r"\b100\b")
_WHOLE_ARGUMENT = (exp.Sum, exp.Min, exp.Max, exp.Paren, exp.Coalesce, exp.Abs, exp.Nullif, exp.Neg)


def mend_ratios(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    rules: tuple[Callable[[exp.Expr, Dialect, str], Iterator[str]], ...] = (
        _either_by_the_other,
        _to_the_others,
        _of_all,
        _divide_as_numbers,
        _tell_as_asked,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog.dialect, question))


def _to_the_others(tree: exp.Expr, _dialect: Dialect, question: str) -> Iterator[str]:
    """`the ratio of hits with a rating over 4 to those under 4`, where the draft divides by all."""
    if not isinstance(tree, exp.Select):
        return
    said = one_of(list(_TO.finditer(question)))
    divided = one_of([d for item in tree.expressions for d in item.find_all(exp.Div)])
    # Of two `to` only one divides: `those who are easy to understand to those who are not`.
    if said is None or divided is None or _TWO.search(said["others"]):
        return
    case, all_of_them = one_of(list(divided.this.find_all(exp.Case))), _counted(divided.expression)
    if case is None or all_of_them is None or len(case.args["ifs"]) != 1:
        return
    condition = case.args["ifs"][0].this
    other = _compared_otherwise(condition, said["others"])
    if other is None and _are_the_rest(condition, said["those"], said["others"]):
        other = exp.Not(this=exp.paren(condition.copy()))
    if other is None:
        return
    case = exp.Case().when(other, "1").else_("0")
    all_of_them.replace(exp.Sum(this=case))
    yield f"divided by {said['others'].strip()}, not by all"


def _either_by_the_other(tree: exp.Expr, _dialect: Dialect, question: str) -> Iterator[str]:
    """`height / height … WHERE name = 'Ana' OR name = 'Bo'` is 1: that of the one by that of the other."""
    where = tree.args.get("where") if isinstance(tree, exp.Select) else None
    if where is None or len(tree.expressions) != 1:
        return
    if any(tree.args.get(k) for k in ("group", "having", "order", "limit", "distinct", "with_")):
        return
    divided = one_of(list(tree.expressions[0].find_all(exp.Div)))
    both = _either(where.this.unnest(), question)
    if divided is None or len(both) != 2:
        return
    sides = [
        one_of(list(side.find_all(exp.Count)) or list(side.find_all(exp.Column)))
        for side in (divided.this, divided.expression)
    ]
    if sides[0] is None or sides[0] != sides[1] or isinstance(sides[0].this, exp.Distinct):
        return
    if isinstance(sides[0], exp.Column) and divided.find(exp.AggFunc):
        return
    for side, condition in zip(sides, both, strict=True):
        if isinstance(side, exp.Count):
            side.replace(exp.Sum(this=exp.Case().when(condition.copy(), "1").else_("0")))
        elif side is not None:
            side.replace(exp.Max(this=exp.Case().when(condition.copy(), side.copy())))
    tree.set("where", None)
    yield "divided that of the one by that of the other, not all by all"


def _either(condition: exp.Expr, question: str) -> list[exp.Expr]:
    """The conditions of which either is enough; two texts in the order in which they are spoken of."""
    if isinstance(condition, exp.In) and len(condition.expressions) == 2:
        both: list[exp.Expr] = [
            exp.EQ(this=condition.this.copy(), expression=value.copy()) for value in condition.expressions
        ]
    else:
        both = [one.unnest() for one in condition.flatten()] if isinstance(condition, exp.Or) else []
    told = question.casefold()
    texts = [
        one.expression.name.strip("%").casefold() if isinstance(one, exp.Binary) else "" for one in both
    ]
    if all(text and text in told for text in texts):
        both = [
            one for _, one in sorted(zip(texts, both, strict=True), key=lambda pair: told.index(pair[0]))
        ]
    return both


def _are_the_rest(condition: exp.Expr, those: str, others: str) -> bool:
    """Whether the others are what the condition is not true of: `non-vegan`, or `closed` for `is_open`."""
    if _NONE_OF.search(others) and not _NONE_OF.search(those):
        return True
    if not isinstance(condition, exp.EQ) or not isinstance(condition.this, exp.Column):
        return False
    flag = words(condition.this.name)
    if flag[:1] not in (("is",), ("has",)) or condition.expression.name.casefold() not in _TRUTHS:
        return False
    one, other = content_words(those), content_words(others)
    # `open shops to closed shops`: of the same, and with a word before it that is not the flag's.
    return (
        len(one) > 1 and len(other) > 1 and one[1] == other[1] and one[0] in flag and other[0] not in flag
    )


def _counted(divisor: exp.Expr) -> exp.Count | None:
    """The count of all rows that is divided by."""
    count = one_of(list(divisor.find_all(exp.AggFunc)))
    is_all = isinstance(count, exp.Count) and isinstance(count.this, exp.Star | exp.Column)
    return (
        count
        if is_all and isinstance(count, exp.Count) and not divisor.find(exp.Case, exp.Select)
        else None
    )


def _compared_otherwise(condition: exp.Expr, others: str) -> exp.Expr | None:
    """The comparison of the same column that is said of the others."""
    said = one_of(list(said_amounts(others)))
    if said is None or not isinstance(condition, exp.GT | exp.GTE | exp.LT | exp.LTE):
        return None
    meant, found = said
    if type(condition) is meant or not isinstance(condition.expression, exp.Literal):
        return None
    return meant(
        this=condition.this.copy(), expression=exp.Literal.number(found["number"].replace(",", ""))
    )


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
        set_where(tree, left)
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
        case exp.Subquery(this=exp.Select(expressions=[only])):
            return _is_whole(only.unalias(), dialect)
        case _ if isinstance(node, _WHOLE_ARGUMENT):
            return _is_whole(node.this, dialect)
        case _:
            return False


def _tell_as_asked(tree: exp.Expr, _dialect: Dialect, question: str) -> Iterator[str]:
    """A percentage is of a hundred; a ratio is not."""
    if not isinstance(tree, exp.Select) or _HUNDRED.search(question):
        return
    formula = _FORMULA.search(notes_of(question))
    percent, ratio = _PERCENT.search(question), _RATIO.search(question) or formula
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
