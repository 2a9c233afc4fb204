"""What has both of two values: they stand in two rows, and a draft looks for them in one, or for either.

`a = 'x' AND a = 'y'` and `n < 30 AND n > 60` hold for no row. Mended without the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.tree import Rule, base_tables, new_column, one_of, parts
from nlq.plan.meta import RELATION

_BOTH = re.compile(
    r"\bboth\b|\b(?:that|who|which|where|with|having|have|has|had)\b[^?.,;]*\bas well as\b", re.IGNORECASE
)
_ONE_AND_ONE = re.compile(r"\ban? [^?.,;]*\band (?:also )?(?:one|an?|another)\b", re.IGNORECASE)
"""`has a cat and a dog`, `a song above 40 and one below 30`: each may be another row."""
_OR = re.compile(r"\bor\b|\beither\b", re.IGNORECASE)
_SIGNS = ((exp.LT, "< "), (exp.LTE, "<= "), (exp.GT, "> "), (exp.GTE, ">= "))
_BELOW, _ABOVE = (exp.LT, exp.LTE), (exp.GT, exp.GTE)


def mend_both(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select):
        return ()
    rules: tuple[Rule, ...] = (_never_at_once, _not_either)
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _never_at_once(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`a = 'x' AND a = 'y'`: those that have both are meant, by two rows."""
    where = select.args.get("where")
    if where is None or _is_cut(select) or not _shows_columns(select):
        return
    conditions = list(parts(where.this))
    pair = one_of(
        [
            (one, other)
            for at, one in enumerate(conditions)
            for other in conditions[at + 1 :]
            if _exclude_each_other(one, other)
        ]
    )
    if pair is None:
        return
    one, other = pair
    rest = [p for p in conditions if p not in pair]
    if _OR.search(question):
        select.set("where", exp.Where(this=exp.and_(*rest, _either_of(one, other))))
        yield f"took rows of either {_told(one)} or {_told(other)}"
    elif (item := _told_by(select, one, catalog)) is not None:
        _require_both(select, item, rest, one, other)
        yield f"took what has both {_told(one)} and {_told(other)}, in two rows"


def _not_either(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`in both 2021 and 2022`: what has a row of each, not what has one of either."""
    where = select.args.get("where")
    if where is None or not (_BOTH.search(question) or _ONE_AND_ONE.search(question)):
        return
    if _OR.search(question):
        return
    if _is_cut(select) or not _shows_columns(select):
        return
    conditions = list(parts(where.this))
    found = one_of([(p, pair) for p in conditions if (pair := _alternatives(p)) is not None])
    if found is None:
        return
    part, (one, other) = found
    item = _told_by(select, one, catalog)
    if item is None:
        return
    if any(c.table == one.this.table for c in _shown(select)) and not _is_shared(
        item, one, select, catalog
    ):
        return
    _require_both(select, item, [p for p in conditions if p is not part], one, other)
    yield f"took what has both {_told(one)} and {_told(other)}, not either"


def _require_both(
    select: exp.Select, item: exp.Column, rest: list[exp.Expr], one: exp.Expr, other: exp.Expr
) -> None:
    second = select.copy()
    second.set("expressions", [item.copy()])
    second.set("distinct", None)
    second.set("where", exp.Where(this=exp.and_(*(p.copy() for p in (*rest, other)))))
    both = exp.In(this=item.copy(), query=exp.Subquery(this=second))
    select.set("where", exp.Where(this=exp.and_(*(p.copy() for p in (*rest, one)), both)))
    select.set("distinct", exp.Distinct())


def _told_by(select: exp.Select, condition: exp.Expr, catalog: Catalog) -> exp.Column | None:
    """The column that is the same in both rows: the one that is shown, or of several the key of those."""
    shown = _shown(select)
    if len(shown) == 1:
        return shown[0].copy()
    aliases = {c.table for c in shown}
    tables = [t for t in base_tables(select) if t.alias_or_name in aliases]
    relation = catalog.relation(tables[0].meta[RELATION]) if len(tables) == 1 else None
    if relation is None or len(aliases) != 1 or len(relation.primary_key) != 1:
        return None
    if condition.this.table in aliases:
        return None
    return new_column(aliases.pop(), relation.primary_key[0])


def _is_shared(item: exp.Column, condition: exp.Expr, select: exp.Select, catalog: Catalog) -> bool:
    """Whether several rows of the relation may have what is shown, a town, so that two can meet both."""
    table = one_of([t for t in base_tables(select) if t.alias_or_name == item.table])
    relation = catalog.relation(table.meta[RELATION]) if table is not None else None
    # Of two values the rows may be meant: `the weights of a dog and a cat`.
    if relation is None or isinstance(condition, exp.EQ) or item.name == condition.this.name:
        return False
    return not any(item.name in key for key in (*relation.keys, relation.primary_key))


def _exclude_each_other(one: exp.Expr, other: exp.Expr) -> bool:
    """Whether no row can meet both conditions: two values of a column, or below one and above another."""
    if not all(
        isinstance(p, exp.EQ | exp.LT | exp.LTE | exp.GT | exp.GTE)
        and isinstance(p.this, exp.Column)
        and isinstance(p.expression, exp.Literal)
        for p in (one, other)
    ):
        return False
    if one.this != other.this:
        return False
    if isinstance(one, exp.EQ) and isinstance(other, exp.EQ):
        return bool(one.expression != other.expression)
    low, high = (one, other) if isinstance(one, _BELOW) else (other, one)
    if not isinstance(low, _BELOW) or not isinstance(high, _ABOVE):
        return False
    if low.expression.is_string or high.expression.is_string:
        return False
    return float(low.expression.name) < float(high.expression.name)


def _alternatives(part: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    """Two values that a column may have, or two ranges of them."""
    inner = part.this if isinstance(part, exp.Paren) else part
    if isinstance(inner, exp.In) and isinstance(inner.this, exp.Column):
        values = inner.expressions
        if len(values) == 2 and all(isinstance(v, exp.Literal) for v in values):
            one, other = (exp.EQ(this=inner.this.copy(), expression=v.copy()) for v in values)
            return one, other
    if isinstance(inner, exp.Or):
        left, right = inner.this, inner.expression
        if _exclude_each_other(left, right):
            return left, right
    return None


def _either_of(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    if isinstance(one, exp.EQ):
        return exp.In(this=one.this.copy(), expressions=[one.expression.copy(), other.expression.copy()])
    return exp.Paren(this=exp.Or(this=one.copy(), expression=other.copy()))


def _told(condition: exp.Expr) -> str:
    sign = next((text for kind, text in _SIGNS if type(condition) is kind), "")
    return f"`{sign}{condition.expression.name}`"


def _shown(select: exp.Select) -> list[exp.Column]:
    return [c for e in select.expressions if isinstance(c := e.unalias(), exp.Column)]


def _shows_columns(select: exp.Select) -> bool:
    return len(_shown(select)) == len(select.expressions) > 0


def _is_cut(select: exp.Select) -> bool:
    return any(select.args.get(key) for key in ("group", "having", "order", "limit", "with_"))
