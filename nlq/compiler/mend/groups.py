"""Groups that a question asks for, `of each year`, and by what they are told: mended without the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import Rule, base_tables, called_by, join_relation, new_column, one_of
from nlq.compiler.words import words
from nlq.plan.meta import RELATION

_EACH = re.compile(
    r"\b(?:each|every|per|(?:across|for|by) (?:the )?different)\s+(?P<what>\w+(?: \w+){0,2})", re.IGNORECASE
)
_BY = re.compile(
    r"(?<!ed )(?<!en )(?<!made )(?<!paid )(?<!sold )(?<!sent )(?<!held )(?<!won )\bby "
    r"(?P<what>(?!\w+s\b)\w+(?: \w+)?)",
    re.IGNORECASE,
)
"""`sales by country`, but not what was made by somebody, or by several."""


def mend_groups(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select):
        return ()
    rules: tuple[Rule, ...] = (
        _group_by_each,
        _show_the_groups,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _group_by_each(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`the average of each year`, where the draft has one of all years."""
    shown = [e.unalias() for e in select.expressions]
    if not shown or not all(e.find(exp.AggFunc) for e in shown):
        return
    if any(select.args.get(k) for k in ("group", "having", "order", "limit", "distinct", "with_")):
        return
    if any(not column.find_ancestor(exp.AggFunc) for e in shown for column in e.find_all(exp.Column)):
        return
    keys = _said_columns(select, catalog, question) or _called_each(select, catalog, question)
    where = select.args.get("where")
    told = [c for part in (*shown, where) if part is not None for c in part.find_all(exp.Column)]
    # What is already one, or measured itself, is no group.
    if not keys or any(column == key for key in keys for column in told):
        return
    shows = [key for key in keys if words(key.name)[-1:] != ("id",)] or keys
    select.set("expressions", [*shows, *select.expressions])
    select.set("group", exp.Group(expressions=[key.copy() for key in keys]))
    yield "told it for each " + ", ".join(f"`{key.name}`" for key in shows)


def _show_the_groups(select: exp.Select, _catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT count(*) … GROUP BY state`, for how many each state has: which is which is to be seen."""
    group = select.args.get("group")
    keys = [key for key in group.expressions if isinstance(key, exp.Column)] if group is not None else []
    if group is None or not keys or len(keys) != len(group.expressions) or not _EACH.search(question):
        return
    if any(select.args.get(k) for k in ("having", "limit", "distinct", "with_")):
        return
    if not all(e.find(exp.AggFunc) and not e.find(exp.Window) for e in select.expressions):
        return
    shows = [key for key in keys if words(key.name)[-1:] != ("id",)] or keys
    select.set("expressions", [*(key.copy() for key in shows), *select.expressions])
    yield "showed of which " + ", ".join(f"`{key.name}`" for key in shows) + " each is"


def _said_columns(select: exp.Select, catalog: Catalog, question: str) -> list[exp.Column]:
    """The column that is said behind `each`, or else behind `by`."""
    for pattern in (_EACH, _BY):
        found = {
            (table.alias_or_name, column.name)
            for said in pattern.finditer(question)
            for table in base_tables(select)
            if (relation := catalog.relation(table.meta[RELATION])) is not None
            for column in relation.columns
            if _is_said(words(column.name), words(said["what"]), words(relation.name.name))
            or (pattern is _BY and _is_called(words(column.name), words(said["what"])))
        }
        if found:
            return [new_column(*place) for place in found] if len(found) == 1 else []
    return []


def _is_said(own: tuple[str, ...], what: tuple[str, ...], about: tuple[str, ...]) -> bool:
    """Whether a column of `about` is what is said: its first words, `type of food`, `aircraft maker`."""
    if len(what) == 3 and what[1] == "of" and own == (what[2], what[0]):
        return True
    return own == what[: len(own)] or (what[:1] == about and own == what[1 : len(own) + 1])


def _is_called(own: tuple[str, ...], what: tuple[str, ...]) -> bool:
    """Whether the column says what those are called that are said: `country_name`, for `by country`."""
    return own == (*what[:1], "name")


def _called_each(select: exp.Select, catalog: Catalog, question: str) -> list[exp.Column]:
    """What those are called that are said behind `each`; they are joined where they are not yet."""
    said = list(_EACH.finditer(question))
    if len(said) != 1:
        return []
    what = words(said[0]["what"])[:2]
    named = [r for r in catalog if words(r.name.name) in (what, what[:1])]
    relation = one_of([r for r in named if words(r.name.name) == what]) or one_of(named)
    names = called_by(relation) if relation is not None else ()
    if relation is None or not names:
        return []
    tables = [t for t in base_tables(select) if t.meta[RELATION] == relation.name]
    alias = tables[0].alias_or_name if len(tables) == 1 else None
    if not tables:
        alias = join_relation(select, relation.name, Graph.of(catalog), frozenset(words(question)))
    if alias is None:
        return []
    return [new_column(alias, name) for name in dict.fromkeys((*relation.primary_key, *names))]
