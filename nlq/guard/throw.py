"""Which queries can fail on one row and not on another: those must not see a row before the rule has.

An engine evaluates the conditions of a scan in the order that suits it. Where a condition of the caller
may fail on a row that the rule would have left out, the failure tells of that row. What is listed here
never fails; everything else is taken to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlglot import exp

from nlq.catalog import Column, Dialect, Family, family
from nlq.plan.meta import COLUMN

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_STRUCTURE = (
    exp.Select, exp.Subquery, exp.From, exp.Join, exp.Lateral, exp.Table, exp.TableAlias, exp.With, exp.CTE,
    exp.Where, exp.Having, exp.Qualify, exp.Group, exp.Rollup, exp.Cube, exp.GroupingSets, exp.Order,
    exp.Ordered, exp.Distinct, exp.Alias, exp.Identifier, exp.Var, exp.Paren, exp.Tuple, exp.Star,
    exp.Filter,
)  # fmt: skip
_VALUES = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Placeholder, exp.CurrentDate,
           exp.CurrentTimestamp)  # fmt: skip
_AGGREGATES = (exp.Count, exp.Min, exp.Max)
_DIGITS = 9
"""A literal of so many digits fits every type of number that it may be compared with."""


def can_throw(tree: exp.Expr, dialect: Dialect) -> bool:
    """True where a condition of the query, or what one may be made of, can fail on some row.

    What the outermost SELECT shows, groups and sorts by is left out: it is computed for rows that have
    passed every condition, and so the rule.
    """
    return any(_throws(node, dialect) for part in _conditions(tree) for node in part.walk())


def _conditions(tree: exp.Expr) -> Iterator[exp.Expr]:
    clause = tree.args.get("with_")
    if clause is not None:
        yield clause
    if isinstance(tree, exp.SetOperation):
        yield from _conditions(tree.left)
        yield from _conditions(tree.right)
    elif isinstance(tree, exp.Subquery):
        yield from _conditions(tree.this)
    else:
        parts = [tree.args.get(key) for key in ("from_", "where", "having", "qualify")]
        yield from (part for part in [*parts, *(tree.args.get("joins") or ())] if part is not None)
        # A query among what is shown has conditions of its own.
        shown = (tree.args.get(key) for key in ("order", "group", "distinct", "limit", "offset"))
        for part in [*tree.expressions, *(tree.args.get("windows") or ()), *(s for s in shown if s)]:
            yield from _outermost_queries(part)


def _outermost_queries(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Query):
        yield node
    else:
        for child in node.iter_expressions():
            yield from _outermost_queries(child)


def _throws(node: exp.Expr, dialect: Dialect) -> bool:
    match node:
        case exp.With():
            # What a recursive query gives is converted to the types of its first part.
            return bool(node.args.get("recursive"))
        case exp.Join():
            on = node.args.get("on")
            merged = node.args.get("using") or (node.method or "").upper() == "NATURAL"
            return bool(merged) or (on is not None and not _is_condition(on, dialect))
        case exp.Where() | exp.Having() | exp.Qualify():
            return not _is_condition(node.this, dialect)
        case exp.Limit() | exp.Offset():
            return not isinstance(node.expression, exp.Literal | exp.Placeholder)
        case exp.Cast():
            return not _is_date(node.this) or node.to.this not in (exp.DType.DATE, exp.DType.TIMESTAMP)
        case exp.DataType():
            return False
        case exp.Literal() | exp.And() | exp.Or() | exp.Not() | exp.Is():
            return not isinstance(node, exp.Literal) and not _is_condition(node, dialect)
        case exp.In() | exp.Between() | exp.Like() | exp.ILike() | exp.Exists():
            return not _is_condition(node, dialect)
        case exp.Any() | exp.All():
            return True
        case _:
            if isinstance(node, _COMPARISONS):
                return not _is_condition(node, dialect)
            return not isinstance(node, (*_STRUCTURE, *_VALUES, *_AGGREGATES))


def _is_condition(node: exp.Expr, dialect: Dialect) -> bool:
    """True for what is true or false by itself: anything else would be converted, which can fail."""
    match node:
        case exp.Paren() | exp.Not():
            return _is_condition(node.this, dialect)
        case exp.And() | exp.Or():
            # Their parts are looked at by themselves: a long chain would be looked at once for each link.
            return all(_is_condition_or_chain(side, dialect) for side in (node.left, node.right))
        case exp.Is():
            return isinstance(node.expression, exp.Null) or _is_condition(node.this, dialect)
        case exp.Exists() | exp.Boolean() | exp.Null():
            return True
        case exp.In():
            query = node.args.get("query")
            others = [query] if query is not None else node.expressions
            return all(_comparable(node.this, other, dialect) for other in others)
        case exp.Between():
            return all(_comparable(node.this, node.args[key], dialect) for key in ("low", "high"))
        case exp.Like() | exp.ILike():
            pattern = node.expression
            plain = isinstance(pattern, exp.Literal) and pattern.is_string and "\\" not in pattern.name
            return plain and _family(node.this, dialect) == "text"
        case exp.Column():
            return _family(node, dialect) == "boolean"
        case _:
            return isinstance(node, _COMPARISONS) and _comparable(node.left, node.right, dialect)


def _is_condition_or_chain(node: exp.Expr, dialect: Dialect) -> bool:
    return isinstance(node, exp.And | exp.Or) or _is_condition(node, dialect)


def _comparable(one: exp.Expr, other: exp.Expr, dialect: Dialect) -> bool:
    """True where the engine compares the two without a conversion that could fail."""
    if dialect == "sqlite":
        return True  # SQLite manual, "Datatypes In SQLite", 4: any two values compare
    one, other = _bare(one), _bare(other)
    if isinstance(one, exp.Null) or isinstance(other, exp.Null):
        return True
    column, fixed = (other, one) if _is_fixed(one) else (one, other)
    left = _column(column)
    if not _is_fixed(fixed):
        right = _column(fixed)
        if left is None or right is None:
            return False
        kinds = {family(left.type, dialect), family(right.type, dialect)}
        return left.type == right.type or kinds in ({"integer"}, {"text"})
    of = _family(column, dialect)
    return of is not None and _fits(fixed, of, left.enum if left is not None else ())


def _fits(value: exp.Expr, of: Family, labels: tuple[str, ...]) -> bool:
    if isinstance(value, exp.Placeholder):
        return of in ("integer", "text", "date", "timestamp", "boolean")  # these are sent in that type
    if isinstance(value, exp.Boolean):
        return of == "boolean"
    if isinstance(value, exp.Literal) and value.is_string:
        return of == "text" or (of in ("date", "timestamp") and _is_date(value)) or value.name in labels
    if isinstance(value, exp.Literal):
        digits = value.name.replace(".", "", 1)
        return of in ("integer", "decimal", "float") and digits.isdigit() and len(digits) <= _DIGITS
    return of in ("date", "timestamp")


def _is_fixed(node: exp.Expr) -> bool:
    dated = isinstance(node, exp.Cast) and _is_date(node.this)
    fixed = (exp.Literal, exp.Placeholder, exp.Boolean, exp.CurrentDate, exp.CurrentTimestamp)
    return dated or isinstance(node, fixed)


def _is_date(node: exp.Expr) -> bool:
    if not isinstance(node, exp.Literal) or not node.is_string:
        return False
    try:
        return datetime.fromisoformat(node.name).tzinfo is None and node.name[4:5] == "-"
    except ValueError:
        return False


def _family(node: exp.Expr, dialect: Dialect) -> Family | None:
    column = _column(node)
    if column is not None:
        return family(column.type, dialect)
    return "integer" if isinstance(_bare(node), exp.Count) else None


def _column(node: exp.Expr) -> Column | None:
    """The column whose values these are, or whose least or greatest one this is."""
    node = _bare(node)
    if isinstance(node, exp.Min | exp.Max) and not node.expressions:
        return _column(node.this)
    bound = node.meta.get(COLUMN) if isinstance(node, exp.Column) else None
    return bound[1] if bound else None


def _bare(node: exp.Expr) -> exp.Expr:
    """Without brackets; of a query that shows one value, the value."""
    while True:
        if isinstance(node, exp.Paren | exp.Subquery):
            node = node.this
        elif isinstance(node, exp.Select) and len(node.expressions) == 1:
            node = node.expressions[0].unalias()
        else:
            return node
