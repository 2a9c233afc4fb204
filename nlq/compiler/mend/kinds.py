"""Rows of a kind that the question names, `successful payments`, and the draft forgets: no model asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.tree import base_tables, new_column, one_of
from nlq.compiler.schema_text import Samples
from nlq.compiler.words import split_words, words
from nlq.plan.meta import RELATION

MOST_KINDS = 10
"""Values of a column that tells kinds apart."""
_ONLY = re.compile(r"\b(?:only|just|all)\s+(?:the\s+)?(?P<kind>\w{4,})\s+(?P<what>\w+)", re.IGNORECASE)


def mend_kinds(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select) or tree.args.get("with_"):
        return ()
    return tuple(_keep_the_kind(tree, catalog, question, values))


def _keep_the_kind(select: exp.Select, catalog: Catalog, question: str, values: Samples) -> Iterator[str]:
    told = {column.name for column in select.find_all(exp.Column)}
    for said in _ONLY.finditer(question):
        kind, what = words(said["kind"])[:1], words(said["what"])[:1]
        found = [
            (table.alias_or_name, column.name, value)
            for table in base_tables(select)
            if (relation := catalog.relation(table.meta[RELATION])) is not None
            if set(what) & set(words(relation.name.name)) and not set(kind) & set(words(relation.name.name))
            for column in relation.columns
            if len(held := column.enum or values.get((relation.name, column.name), ())) <= MOST_KINDS
            for value in held
            if _is_kind(kind, split_words(value))
        ]
        place = one_of(found)
        if place is None or place[1] in told:
            continue
        alias, name, value = place
        equal = exp.EQ(this=new_column(alias, name), expression=exp.Literal.string(value))
        select.where(equal, copy=False)
        yield f"kept only rows whose `{name}` is `{value}`, as is asked for"


def _is_kind(kind: tuple[str, ...], value: tuple[str, ...]) -> bool:
    """Whether the value is the word, or what it is made of: `success`, for `successful`."""
    if len(value) != 1 or not kind:
        return False
    return value == kind or (len(value[0]) > 4 and kind[0].startswith(value[0]))
