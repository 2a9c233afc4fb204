"""What holds of a row, or how many others belong to it: either is enough, where a draft has both.

`live in Iowa or have given more than three` is no WHERE and HAVING, which hold at once. Mended without the
model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.tree import base_tables, new_column, one_of, parts
from nlq.compiler.words import COUNTING
from nlq.plan.meta import RELATION

_OR = re.compile(r"\bor\b", re.IGNORECASE)
_COMPARES = (exp.GT, exp.GTE, exp.EQ)


def mend_either(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select):
        return ()
    if changes := tuple(_take_either(tree, question)):
        return changes
    if any(tree.args.get(k) for k in ("limit", "distinct", "with_")):
        return ()
    where, having, group = (tree.args.get(k) for k in ("where", "having", "group"))
    joins = tree.args.get("joins") or []
    if where is None or having is None or group is None or len(joins) != 1:
        return ()
    said, counted = one_of(list(parts(where.this))), having.this
    if not isinstance(said, exp.EQ) or not isinstance(counted, _COMPARES):
        return ()
    count, column = counted.this, said.this
    if not isinstance(count, exp.Count) or not isinstance(count.this, exp.Star | exp.Column):
        return ()
    if not isinstance(column, exp.Column):
        return ()
    if not _are_either(question, said.expression, counted.expression):
        return ()
    about = one_of([t for t in base_tables(tree) if t.alias_or_name == column.table])
    other = one_of([t for t in base_tables(tree) if t is not about])
    relation = catalog.relation(about.meta[RELATION]) if about is not None else None
    if relation is None or other is None or len(relation.primary_key) != 1:
        return ()
    key = one_of([c for c in joins[0].find_all(exp.Column) if c.table == other.alias_or_name])
    if key is None or any(
        c.table != column.table for e in tree.expressions for c in e.find_all(exp.Column)
    ):
        return ()
    _allow_either(tree, said, counted, key)
    for name in (relation.primary_key[0], column.name):
        if not any(isinstance(g, exp.Column) and g.name == name for g in group.expressions):
            group.append("expressions", new_column(column.table, name))
    return (f"took what has `{said.expression.name}`, or so many of `{other.name}`, not only both",)


def _take_either(select: exp.Select, question: str) -> Iterator[str]:
    """`a = 'x' AND b = 'y'`, where the question has an `or` between the two, and nothing else."""
    where = select.args.get("where")
    both = list(parts(where.this)) if where is not None else []
    if where is None or len(both) != 2 or not all(isinstance(p, exp.EQ | exp.Like) for p in both):
        return
    values = [p.expression for p in both]
    columns = {p.this.name for p in both if isinstance(p.this, exp.Column)}
    if len(columns) != 2 or not all(isinstance(v, exp.Literal) and v.is_string for v in values):
        return
    told = question.casefold()
    places = sorted((told.find(v.name.strip("%").casefold()), v.name.strip("%")) for v in values)
    if places[0][0] < 0 or len(re.findall(r"\b(?:and|or)\b", told)) != 1:
        return
    if not _OR.search(told[places[0][0] + len(places[0][1]) : places[1][0]]):
        return
    where.set("this", exp.or_(*both))
    yield f"took what has `{places[0][1]}` or `{places[1][1]}`, not only both"


def _allow_either(select: exp.Select, said: exp.Expr, counted: exp.Expr, key: exp.Column) -> None:
    """Count those that have none, too, and let each of the two conditions be enough."""
    counted.this.set("this", key.copy())
    select.set("where", None)
    select.set("having", exp.Having(this=exp.Or(this=said.copy(), expression=counted.copy())))
    joins = select.args["joins"]
    # What is kept without a partner stands on the left.
    if joins[0].this.alias_or_name != key.table:
        first = select.args["from_"].this
        select.set("from_", exp.From(this=joins[0].this.copy()))
        joins[0].set("this", first.copy())
    joins[0].set("side", "LEFT")
    joins[0].set("kind", None)


def _are_either(question: str, value: exp.Expr, number: exp.Expr) -> bool:
    """Whether an `or` stands between the text and the number in the question."""
    if not isinstance(value, exp.Literal) or not isinstance(number, exp.Literal):
        return False
    told = question.casefold()
    spelled = [number.name]
    if number.name.isdecimal() and int(number.name) < len(COUNTING):
        spelled.append(COUNTING[int(number.name)])
    at = told.find(value.name.casefold())
    found = [m for n in spelled for m in re.finditer(rf"\b{re.escape(n)}\b", told)]
    if at < 0 or len(found) != 1:
        return False
    between = told[at + len(value.name) : found[0].start()] or told[found[0].end() : at]
    return len(_OR.findall(between)) == 1
