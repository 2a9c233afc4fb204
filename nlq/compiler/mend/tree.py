"""Parts of a draft's tree that a mend looks at and adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.compiler.join import Graph, Link
from nlq.compiler.words import words
from nlq.plan.bind import bind
from nlq.plan.meta import RELATION

T = TypeVar("T")

Rule = Callable[[exp.Select, Catalog, str], Iterator[str]]
"""Mends a bound SELECT in place by a question, and says what it did."""


def apply_in_turn(
    rules: Sequence[Rule], select: exp.Select, catalog: Catalog, question: str
) -> tuple[str, ...]:
    """What the rules did, in words; after each that did something, names are bound again for the next."""
    changes: tuple[str, ...] = ()
    for rule in rules:
        if done := tuple(rule(select, catalog, question)):
            changes += done
            bind(select, catalog)
    return changes


def set_where(select: exp.Expr, conditions: Sequence[exp.Expr]) -> None:
    """Have it keep the rows for which all of the conditions hold, which are copied; all rows for none."""
    select.set("where", exp.Where(this=exp.and_(*conditions)) if conditions else None)


def clauses(select: exp.Select) -> Iterator[exp.Expr]:
    """FROM and the joins."""
    if (clause := select.args.get("from_")) is not None:
        yield clause
    yield from select.args.get("joins") or ()


def base_tables(select: exp.Select, joins: int | None = None) -> Iterator[exp.Table]:
    """The relations in FROM and the first so many joins; of all of them without a number."""
    for clause in list(clauses(select))[: None if joins is None else joins + 1]:
        if isinstance(clause.this, exp.Table) and RELATION in clause.this.meta:
            yield clause.this


def new_column(table: str, name: str) -> exp.Column:
    """`table.name`, both quoted."""
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))


def new_table(name: RelationName, alias: str = "") -> exp.Table:
    """The relation, under that alias or its own name."""
    return exp.Table(
        this=exp.to_identifier(name.name, quoted=True),
        db=exp.to_identifier(name.schema, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(alias or name.name, quoted=True)),
    )


def new_join(left: str, link: Link, right: str) -> exp.Join:
    """A join of the link's right side under the alias `right` with what is called `left`."""
    condition = exp.and_(
        *(exp.EQ(this=new_column(left, a), expression=new_column(right, b)) for a, b in link.pairs)
    )
    return exp.Join(this=new_table(link.right, right), on=condition)


def add_path(select: exp.Select, join: exp.Join, start: exp.Table, path: Sequence[Link]) -> None:
    """Joins what `join` joins along `path` from `start`; what stands between is joined before it."""
    alias, joins = start.alias_or_name, []
    taken = {t.alias_or_name.casefold() for t in select.find_all(exp.Table)}
    for link in path[:-1]:
        before, alias = alias, free_name(link.right.name, taken)
        joins.append(new_join(before, link, alias))
    join.set("on", new_join(alias, path[-1], join.this.alias_or_name).args["on"])
    old = select.args.get("joins") or []
    at = next(i for i, other in enumerate(old) if other is join)
    select.set("joins", [*old[:at], *joins, *old[at:]])


def join_relation(
    select: exp.Select, target: RelationName, graph: Graph, said: frozenset[str]
) -> str | None:
    """The alias under which `target` is now joined to the rest; None where no one way leads there."""
    present = list(base_tables(select))
    path = likeliest(graph.reach(t.meta[RELATION] for t in present).get(target, []), said)
    start = one_of([t.alias_or_name for t in present if path and t.meta[RELATION] == path[0].left])
    if path is None or start is None:
        return None
    taken = {t.alias_or_name.casefold() for t in select.find_all(exp.Table)}
    alias = start
    for link in path:
        before, alias = alias, free_name(link.right.name, taken)
        select.append("joins", new_join(before, link, alias))
    return alias


def has_several(one: exp.Table, many: exp.Table, catalog: Catalog) -> bool:
    """Whether several rows of `many` may belong to one of `one`: keys lead there, and none back."""
    ways = Graph.of(catalog).reach([many.meta[RELATION]]).get(one.meta[RELATION], [])
    return any(
        all(link.referred == link.right for link in way) and not all(_is_key(k, catalog) for k in way)
        for way in ways
    )


def _is_key(link: Link, catalog: Catalog) -> bool:
    """Whether what refers is a key itself, so that only one row does."""
    relation = catalog.relation(link.left)
    own = {a for a, _ in link.pairs}
    return relation is not None and any(own == set(k) for k in (*relation.keys, relation.primary_key) if k)


def called_by(relation: Relation) -> tuple[str, ...]:
    """The columns that say what a row is called: a name or title, or both names of a person.

    Empty where there is no such, or more than one.
    """
    own = words(relation.name.name)
    names = {words(c.name): c.name for c in relation.columns}
    for wanted in (("name",), ("title",), (*own, "name"), (*own, "title")):
        if wanted in names:
            return (names[wanted],)
    for first, last in _OF_PERSONS:
        if first in names and last in names:
            return (names[first], names[last])
    return ()


def number_of(column: str) -> tuple[str, ...]:
    """The words for what a column counts, by its name; empty where it counts nothing.

    >>> [number_of(name) for name in ("num_of_tickets", "total_visits", "ticket_count", "ticket_no")]
    [('ticket',), ('visit',), ('ticket',), ()]
    """
    said = words(column)
    if said[:1] and said[0] in ("number", "num", "no", "count", "total"):
        return said[2:] if said[1:2] == ("of",) else said[1:]
    return said[:-1] if said[-1:] == ("count",) else ()


_OF_PERSONS = (
    (("first", "name"), ("last", "name")),
    (("firstname",), ("lastname",)),
    (("forename",), ("surname",)),
)


def free_name(name: str, taken: set[str]) -> str:
    """The name, made different from all that are taken, and taken itself."""
    while name.casefold() in taken:
        name += "_2"
    taken.add(name.casefold())
    return name


def likeliest(
    paths: Sequence[tuple[Link, ...]], said: frozenset[str] | set[str]
) -> tuple[Link, ...] | None:
    """The one way to join, or of several the one whose keys and relations are spoken of."""
    declared = [p for p in paths if all(link.declared for link in p)] or list(paths)
    scores = [sum(link.likelihood(said) for link in p) for p in declared]
    return one_of([p for p, score in zip(declared, scores, strict=True) if score == max(scores)])


def one_of(found: Sequence[T]) -> T | None:
    """The only one; None of several or none."""
    return found[0] if len(found) == 1 else None


def parts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """What must hold at once."""
    yield from condition.flatten() if isinstance(condition, exp.And) else [condition]
