"""Conditions on groups that a draft puts on rows: mended without the model.

`rules whose average life span is above 72` are no rows of more than 72.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.said import said_amounts
from nlq.compiler.mend.tree import base_tables, has_several, new_column, one_of, parts, set_where
from nlq.compiler.words import words
from nlq.plan.meta import RELATION

_TOLD = re.compile(
    r"\b(?P<how>average|mean|total|combined|summed)\s+(?P<what>\w+(?: \w+){0,2}?)"
    r"(?:\s+(?:is|are|was|were|be|of|that is|which is))?\s*$",
    re.IGNORECASE,
)
_COMPARES = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ)


def mend_conditions(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    where = tree.args.get("where") if isinstance(tree, exp.Select) else None
    if not isinstance(tree, exp.Select) or where is None or tree.args.get("with_"):
        return ()
    return tuple(_compare_groups(tree, where, catalog, question))


def _compare_groups(select: exp.Select, where: exp.Where, catalog: Catalog, question: str) -> Iterator[str]:
    conditions = list(parts(where.this))
    for _, said in said_amounts(question):
        told = _TOLD.search(question[: said.start()])
        number = float(said["number"].replace(",", ""))
        part = one_of([p for p in conditions if told and _is_compared(p, told["what"], number)])
        if told is None or part is None:
            continue
        keys = _grouped(select, part.this, catalog)
        if not keys:
            continue
        measure = exp.Avg if told["how"].casefold() in ("average", "mean") else exp.Sum
        compared = part.copy()
        compared.set("this", measure(this=part.this.copy()))
        rest = [p for p in conditions if p is not part]
        set_where(select, rest)
        having = select.args.get("having")
        both = [having.this, compared] if having is not None else [compared]
        select.set("having", exp.Having(this=exp.and_(*both)))
        select.set("group", exp.Group(expressions=keys))
        yield f"compared the {told['how'].casefold()} of `{part.this.name}`, not each"
        return


def _is_compared(part: exp.Expr, what: str, number: float) -> bool:
    """Whether it compares a column that is called so with the number."""
    value = part.args.get("expression")
    if not isinstance(part, _COMPARES) or not isinstance(part.this, exp.Column):
        return False
    if not isinstance(value, exp.Literal) or value.is_string or float(value.name) != number:
        return False
    own = words(part.this.name)
    return bool(own) and set(own) <= set(words(what))


def _grouped(select: exp.Select, column: exp.Column, catalog: Catalog) -> list[exp.Expr]:
    """What the query groups by, or might, for those that are shown have several of the column each."""
    group = select.args.get("group")
    if group is not None:
        return [key for key in group.expressions if key != column and key.name != column.name]
    shown = [e.unalias() for e in select.expressions]
    aliases = {c.table for c in shown if isinstance(c, exp.Column)}
    tables = list(base_tables(select))
    about = one_of([t for t in tables if aliases == {t.alias_or_name}])
    other = one_of([t for t in tables if t.alias_or_name == column.table])
    if about is None or other is None or not all(isinstance(c, exp.Column) for c in shown):
        return []
    relation = catalog.relation(about.meta[RELATION])
    if relation is None or not has_several(about, other, catalog):
        return []
    names = dict.fromkeys((*relation.primary_key, *(c.name for c in shown)))
    return [new_column(about.alias_or_name, name) for name in names]
