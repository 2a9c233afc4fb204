"""`the number and the name of the acts`, where a column is that number: mended without the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.compiler.mend.tree import base_tables, new_column, one_of
from nlq.compiler.words import words
from nlq.plan.meta import RELATION

_NUMBER = re.compile(r"\bnumbers?\b(?!\s+of\b)", re.IGNORECASE)
_NUMBERS_OF = re.compile(
    r"\b(?:the|all) numbers of (?:all |the )*(?P<what>\w+)(?!.*\b(?:each|every|per)\b)", re.IGNORECASE
)
_COUNTED = re.compile(r"\b(?:how many|number of|count|total)\b", re.IGNORECASE)
_CALLED = frozenset({"number", "no", "num", "nr"})


def mend_numbers(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    return tuple(_show_the_number(tree, catalog, question)) if isinstance(tree, exp.Select) else ()


def _show_the_number(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT count(*), act_name FROM acts` counts what has a number."""
    several = _NUMBERS_OF.search(question)
    if not (several or _NUMBER.search(question)) or _COUNTED.search(question):
        return
    if any(select.args.get(k) for k in ("group", "having", "distinct", "with_")):
        return
    shown = [e.unalias() for e in select.expressions]
    count = one_of([e for e in shown if isinstance(e, exp.Count)])
    rest = [e for e in shown if e is not count]
    columns = [e for e in rest if isinstance(e, exp.Column)]
    if count is None or len(columns) != len(rest) or not (columns or several):
        return
    about = {c.table for c in columns} or {
        t.alias_or_name
        for t in base_tables(select)
        if several and set(words(several["what"])) & set(words(t.meta[RELATION].name))
    }
    found = [
        (table.alias_or_name, column)
        for table in base_tables(select)
        if table.alias_or_name in about and (relation := catalog.relation(table.meta[RELATION])) is not None
        for column in _numbers(relation)
    ]
    if len(found) != 1:
        return
    item = count.parent if isinstance(count.parent, exp.Alias) else count
    item.replace(new_column(*found[0]))
    yield f"showed `{found[0][1]}`, which is the number that is asked for, instead of a count"


def _numbers(relation: Relation) -> Iterator[str]:
    """The columns that are called the number of the relation's own rows."""
    own = set(words(relation.name.name))
    for column in relation.columns:
        *before, last = words(column.name) or ("",)
        if last in _CALLED and set(before) <= own:
            yield column.name
