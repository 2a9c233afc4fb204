"""Relations that a question speaks of, where the draft reads others or forgets them: no model asked.

`customers who made a claim` are not all customers; `people of islands` are not those of towns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import NUMBERS, Catalog, Relation, RelationName, family
from nlq.compiler.join import Graph, Link
from nlq.compiler.mend.tree import (
    Rule,
    apply_in_turn,
    base_tables,
    join_relation,
    likeliest,
    new_column,
    new_join,
    new_table,
    one_of,
)
from nlq.compiler.words import HOW_MANY, are_alike, content_words, words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_CLAUSE = re.compile(r"\b(?:who|that|which|with|having|have|has|had)\b(?P<clause>[^.,;?]*)", re.IGNORECASE)
_NOT_ONE = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|without|neither|nor|except|other than|or|if any|whether)\b"
    r"|n[’']t\b",
    re.IGNORECASE,
)

_FAR = 4
"""Words between `titles of` and what they are of."""

Words = tuple[str, ...]


def mend_spoken(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select) or tree.args.get("with_") or tree.find(exp.Subquery):
        return ()
    rules: tuple[Rule, ...] = (
        _take_the_own,
        _take_of_whom,
        _require_the_spoken,
    )
    return apply_in_turn(rules, tree, catalog, question)


def _take_the_own(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`sum(town.population)`, for the people of islands, which have a population themselves."""
    said = set(words(question))
    tables = {t.alias_or_name: t for t in base_tables(select)}
    spoken = [t for t in tables.values() if set(words(t.meta[RELATION].name)) <= said]
    for measure in list(select.find_all(exp.Sum, exp.Avg, exp.Max, exp.Min)):
        column = measure.this
        bound: BoundColumn | None = column.meta.get(COLUMN) if isinstance(column, exp.Column) else None
        table = tables.get(column.table) if bound is not None else None
        if bound is None or table is None or family(bound.column.type, catalog.dialect) not in NUMBERS:
            continue
        if set(words(table.meta[RELATION].name)) & said:
            continue
        owner = one_of([t for t in spoken if _has_own(t.meta[RELATION], bound.column.name, catalog)])
        if owner is not None:
            measure.set("this", new_column(owner.alias_or_name, bound.column.name))
            yield f"took `{bound.column.name}` of `{owner.name}`, which is spoken of, not of `{table.name}`"


def _has_own(of: RelationName, name: str, catalog: Catalog) -> bool:
    """Whether the relation has a column of that name, which is no key."""
    relation = catalog.relation(of)
    if relation is None or relation.column(name) is None or name in relation.primary_key:
        return False
    return not any(name in key.columns for key in relation.foreign_keys)


def _take_of_whom(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT venue.title`, for the titles of the papers of a venue."""
    shown = [c for e in select.expressions if isinstance(c := e.unalias(), exp.Column)]
    tables = list(base_tables(select))
    for column in shown:
        bound: BoundColumn | None = column.meta.get(COLUMN)
        if bound is None or bound.relation is None or [c.name for c in shown].count(column.name) > 1:
            continue
        of = _said_of(words(column.name), words(question), catalog)
        owner = one_of(list(of))
        if owner is None or owner == bound.relation or not _has_own(owner, bound.column.name, catalog):
            continue
        there = [t.alias_or_name for t in tables if t.meta[RELATION] == owner]
        if there:
            alias = one_of(there)
        else:
            alias = join_relation(select, owner, Graph.of(catalog), frozenset(words(question)))
        if alias is not None:
            for same in _grouped_as(column, select):
                same.set("table", exp.to_identifier(alias, quoted=True))
            yield f"took `{column.name}` of `{owner.name}`, as is said, not of `{bound.relation.name}`"


def _grouped_as(column: exp.Column, select: exp.Select) -> list[exp.Column]:
    """The column, and where the query groups and orders by it."""
    clauses = [clause for key in ("group", "order") if (clause := select.args.get(key)) is not None]
    same = [c for clause in clauses for c in clause.find_all(exp.Column) if c == column]
    return [column, *same]


def _said_of(column: Words, said: Words, catalog: Catalog) -> set[RelationName]:
    """The relations that the question says the column is of: `titles of all new papers`, `paper titles`."""
    names = {words(r.name.name): r.name for r in catalog}
    found: set[RelationName] = set()
    for at in (i for i in range(len(said)) if said[i : i + len(column)] == column):
        before, behind = said[:at], said[at + len(column) :]
        if behind[:1] == ("of",):
            found.update(_noun_behind(behind[1:], names))
        else:
            before = before[:-1] if before[-1:] == ("s",) else before
            found.update(name for noun, name in names.items() if noun and before[-len(noun) :] == noun)
    return found


def _noun_behind(said: Words, names: dict[Words, RelationName]) -> Iterator[RelationName]:
    """The first relation that is named soon; of `pet owners`, where both are relations, the last."""
    for start in range(_FAR):
        at, last = start, None
        while noun := max((n for n in names if n and said[at : at + len(n)] == n), key=len, default=None):
            at, last = at + len(noun), names[noun]
        if last is not None:
            yield last
            return


def _require_the_spoken(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`customers who made a claim`, where the draft has all customers."""
    if _NOT_ONE.search(question):
        return
    clauses = [m["clause"] for m in _CLAUSE.finditer(question)]
    tables = list(base_tables(select))
    if not clauses or not tables or len(tables) != len(list(select.find_all(exp.Table))):
        return
    # What is counted is joined, and not only had.
    counted = {w for said in HOW_MANY.finditer(question) for w in words(said["what"])}
    taken = _taken(select, catalog) | counted
    graph = Graph.of(catalog)
    found = [
        (relation, table, path)
        for relation in catalog
        if relation.name not in [t.meta[RELATION] for t in tables]
        and any(_speaks_of(clause, relation, taken) for clause in clauses)
        for table, path in _nearest(relation, tables, graph, frozenset(words(question)))
    ]
    if len(found) != 1:
        return
    relation, table, path = found[0]
    alias, inner = relation.name.name, exp.Select(expressions=[])
    inner.set("from_", exp.From(this=new_table(relation.name)))
    for link in path[:-1]:
        inner.append("joins", new_join(alias, link, link.right.name))
        alias = link.right.name
    own, key = path[-1].pairs[0]
    inner.set("expressions", [new_column(alias, own)])
    had = exp.In(this=new_column(table.alias_or_name, key), query=exp.Subquery(this=inner))
    select.where(had, copy=False)
    yield f"took only what has any of `{relation.name.name}`"


def _taken(select: exp.Select, catalog: Catalog) -> set[str]:
    """The words that the draft accounts for: of its relations, all their columns, and its values."""
    found = {w for literal in select.find_all(exp.Literal) for w in words(literal.name)}
    for table in base_tables(select):
        found.update(words(table.meta[RELATION].name))
        relation = catalog.relation(table.meta[RELATION])
        found.update(w for c in (relation.columns if relation else ()) for w in words(c.name))
    return found


def _speaks_of(clause: str, relation: Relation, taken: set[str]) -> bool:
    """Whether the clause has the relation's name, which is no other's, nor a part of one: `car makers`."""
    own, said = content_words(relation.name.name), words(clause)
    if not own or any(are_alike(word, other) for word in own for other in taken):
        return False
    for at in range(len(said) - len(own) + 1):
        if all(map(are_alike, own, said[at:])) and not any(
            are_alike(word, other) for word in said[at + len(own) :][:1] for other in taken
        ):
            return True
    return False


def _nearest(
    relation: Relation, tables: list[exp.Table], graph: Graph, said: frozenset[str]
) -> Iterator[tuple[exp.Table, tuple[Link, ...]]]:
    """The relation of the draft that it refers to by the fewest steps, with the way there."""
    reached = graph.reach([relation.name])
    ways = [
        (t, path)
        for t in tables
        if (path := likeliest(reached.get(t.meta[RELATION], []), said)) is not None
        and all(link.declared and link.referred == link.right and len(link.pairs) == 1 for link in path)
    ]
    least = min((len(path) for _, path in ways), default=0)
    nearest = [(t, path) for t, path in ways if len(path) == least]
    if len(nearest) == 1:
        yield nearest[0]
