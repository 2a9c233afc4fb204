"""Columns that tell which row is which, as the question names them: mended without the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.tree import Rule, base_tables, called_by, new_column, one_of
from nlq.compiler.words import words
from nlq.plan.meta import RELATION

_EACH = re.compile(r"\b(?:for each|for every|of each|of every)\s+(?P<what>\w+(?: \w+){0,2})", re.IGNORECASE)
_RANKED = re.compile(
    r"\W*(?:what|which) (?:are|were) the (?:top )?(?:\d+ )?(?:highest|lowest|largest|smallest|biggest"
    r"|longest|shortest|tallest|oldest|newest|deepest|heaviest|fastest|slowest) (?P<what>\w+)",
    re.IGNORECASE,
)
_ID_OF = re.compile(r"\b(?P<what>\w+)(?:['’]s?)?[ _-](?:ids?|identifiers?)\b", re.IGNORECASE)


def mend_labels(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select) or tree.args.get("with_"):
        return ()
    rules: tuple[Rule, ...] = (
        _take_the_key,
        _show_each,
        _show_what_is_ranked,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _take_the_key(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`the seller IDs`, where the draft shows the `id` of the payments that are joined with sellers."""
    tables = list(base_tables(select))
    said = {words(m["what"]) for m in _ID_OF.finditer(question)}
    shown = [item.unalias() for item in select.expressions]
    keys = [column for column in shown if isinstance(column, exp.Column) and words(column.name) == ("id",)]
    key, meant = one_of(keys), one_of([t for t in tables if words(t.meta[RELATION].name) in said])
    if key is None or meant is None or len(said) != 1 or key.table == meant.alias_or_name:
        return
    here = one_of([t for t in tables if t.alias_or_name == key.table])
    relation = catalog.relation(meant.meta[RELATION])
    group = select.args.get("group")
    if here is None or here.meta[RELATION] == meant.meta[RELATION]:
        return
    if relation is None or relation.primary_key != (key.name,) or (group and key in group.expressions):
        return
    old = here.meta[RELATION].name
    key.replace(new_column(meant.alias_or_name, key.name))
    yield f"showed the `{key.name}` of `{relation.name.name}`, not of `{old}`"


def _show_each(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT seats / rows` for each room number: which room each of them is, is to be seen."""
    shown = [item.unalias() for item in select.expressions]
    if any(isinstance(item, exp.Column | exp.Star) or item.find(exp.AggFunc, exp.Star) for item in shown):
        return
    if any(select.args.get(k) for k in ("group", "having", "limit", "distinct")):
        return
    said = one_of(list(_EACH.finditer(question)))
    what = words(said["what"]) if said is not None else ()
    found = [
        new_column(table.alias_or_name, column.name)
        for table in base_tables(select)
        if (relation := catalog.relation(table.meta[RELATION])) is not None
        for column in relation.columns
        if what and words(column.name) == what[: len(words(column.name))]
    ]
    label = one_of(found)
    if label is None or any(label == column for item in shown for column in item.find_all(exp.Column)):
        return
    select.set("expressions", [label, *select.expressions])
    yield f"showed of which `{label.name}` each is"


def _show_what_is_ranked(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT altitude … ORDER BY altitude` for `the highest mountains`: mountains, beside how high."""
    said, table = _RANKED.match(question), one_of(list(base_tables(select)))
    order, only = select.args.get("order"), one_of(select.expressions)
    relation = catalog.relation(table.meta[RELATION]) if table is not None else None
    if said is None or table is None or relation is None or order is None or only is None:
        return
    if any(select.args.get(k) for k in ("group", "distinct", "joins")):
        return
    by, shown = order.expressions[0].this, only.unalias()
    names = called_by(relation)
    if words(said["what"]) != words(relation.name.name) or by.name not in (shown.name, only.alias_or_name):
        return
    if not isinstance(shown, exp.Column) or not names or shown.name in names:
        return
    select.set("expressions", [*(new_column(table.alias_or_name, name) for name in names), only])
    yield f"showed which `{relation.name.name}` they are, beside `{shown.name}`"
