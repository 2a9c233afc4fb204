"""What a question says in SQL: `(women: gender = 'F')`. Where the draft does otherwise, it is wrong.

People write down what codes mean: `Lakeland refers to A3 = 'Lakeland'`. Small models keep the value and
take another column for it, or guess its key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import base_tables, free_name, join_relation, new_column, new_join, one_of
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_SAID = re.compile(
    r"""(?:(?P<relation>\w+)\.)?(?P<quote>["`])?(?P<column>(?(quote)[^"`]+|\w+))(?(quote)["`])
    \s*(?:=|!=|<>|<=|>=|<|>|\bLIKE\b)\s*
    (?:'(?P<text>[^']+)'|(?P<number>\d+(?:\.\d+)?)(?![\w/:-]))""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPARES = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike)


@dataclass(frozen=True, slots=True)
class _Said:
    """A column, perhaps of a relation that is named, which is compared with a value."""

    relation: str
    column: str
    value: str


def mend_evidence(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    said = list(_said(question))
    if not said:
        return ()
    return (*_compare_as_said(tree, catalog, question, said), *_read_key(tree, catalog, question, said))


def _said(question: str) -> Iterator[_Said]:
    for found in _SAID.finditer(question):
        number = found["number"]
        # `1` may be the number of something else, too.
        if number and len(re.findall(rf"(?<![\w.]){re.escape(number)}(?![\w.])", question)) > 1:
            continue
        yield _Said(found["relation"] or "", found["column"], found["text"] or number)


def _compare_as_said(tree: exp.Expr, catalog: Catalog, question: str, said: list[_Said]) -> Iterator[str]:
    graph = Graph.of(catalog)
    compared = list(_compared(tree))
    for node, bound, value in compared:
        meant = [one for one in said if one.value == value.name]
        if len({(one.relation, one.column.casefold()) for one in meant}) != 1:
            continue
        owners = list(_owners(meant[0], catalog))
        places = {(relation.name, name) for relation, name in owners}
        if any((b.relation, b.column.name) in places and v == value for _, b, v in compared):
            continue
        select = node.find_ancestor(exp.Select)
        if select is None:
            continue
        here = [
            (table.alias_or_name, name)
            for table in base_tables(select)
            for r, name in owners
            if table.meta[RELATION] == r.name
        ]
        place = one_of(here)
        if not here and (owner := one_of(owners)) is not None:
            alias = join_relation(select, owner[0].name, graph, frozenset(words(question)))
            place = (alias, owner[1]) if alias is not None else None
        if place is not None:
            node.set("this", new_column(*place))
            old = bound.column.name
            yield f"compared `{value.name}` with `{place[1]}`, as the question says, not with `{old}`"


def _read_key(tree: exp.Expr, catalog: Catalog, question: str, said: list[_Said]) -> Iterator[str]:
    """`status_id = 1`, for a status that is said by its name: the number is a guess."""
    graph = Graph.of(catalog)
    written = {literal.name for literal in tree.find_all(exp.Literal)}
    missing = [one for one in said if one.value not in written and not one.value.isdecimal()]
    for node, bound, value in list(_compared(tree)):
        select = node.find_ancestor(exp.Select)
        if value.is_string or select is None or re.search(rf"\b{re.escape(value.name)}\b", question):
            continue
        found = [
            (link, name, one.value)
            for one in missing
            for relation, name in _owners(one, catalog)
            for link in graph.links.get(bound.relation or relation.name, ())
            if link.right == link.referred == relation.name and link.keys == (bound.column.name,)
        ]
        if len(found) != 1 or not isinstance(node, exp.EQ):
            continue
        link, name, text = found[0]
        alias = free_name(link.right.name, {t.alias_or_name.casefold() for t in select.find_all(exp.Table)})
        select.append("joins", new_join(node.this.table, link, alias))
        node.replace(exp.EQ(this=new_column(alias, name), expression=exp.Literal.string(text)))
        yield f"compared `{text}` with `{alias}.{name}`, not `{bound.column.name}` with a number"


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Expr, BoundColumn, exp.Literal]]:
    """What compares a column with a value, with both."""
    for node in list(tree.find_all(*_COMPARES)):
        column, value = node.this, node.expression
        bound: BoundColumn | None = column.meta.get(COLUMN) if isinstance(column, exp.Column) else None
        if bound is not None and isinstance(value, exp.Literal):
            yield node, bound, value


def _owners(said: _Said, catalog: Catalog) -> Iterator[tuple[Relation, str]]:
    """The relations that have the column, and how they write it."""
    for relation in catalog:
        for column in relation.columns:
            is_of = said.relation.casefold() in ("", relation.name.name.casefold())
            if is_of and column.name.casefold() == said.column.casefold():
                yield relation, column.name
