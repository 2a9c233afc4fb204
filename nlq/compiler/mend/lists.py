"""A list that is referred to twice, `blue eyes and blond hair`, where the draft joins it once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, RelationName
from nlq.compiler.join import Graph, Link
from nlq.compiler.mend.tree import base_tables, clauses, free_name, new_column, new_join, one_of, parts
from nlq.compiler.notes import Note, conditions, is_said, owners
from nlq.compiler.words import without_notes
from nlq.plan.meta import RELATION


@dataclass(frozen=True, slots=True)
class _Role:
    """What a note says of one key: the way along it, and what holds of where it leads."""

    link: Link
    holds: exp.Expr


def mend_lists(tree: exp.Expr, catalog: Catalog, question: str, notes: Sequence[Note]) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    asked = without_notes(question)
    roles = [role for note in notes if is_said(note, asked) for role in _roles(note, catalog)]
    ways = {(role.link.left, role.link.right) for role in roles}
    if not isinstance(tree, exp.Select) or len(ways) != 1 or len({r.link.keys for r in roles}) < 2:
        return ()
    left, right = ways.pop()
    who = one_of([t for t in base_tables(tree) if t.meta[RELATION] == left])
    lists = {t.alias_or_name for t in base_tables(tree) if t.meta[RELATION] == right}
    # Where each is joined already, by a name of its own, nothing is missing.
    if who is None or len(lists) >= len(roles) or not _are_joined_only(tree, lists):
        return ()
    joins = [j for j in tree.args.get("joins") or () if j.this.alias_or_name not in lists]
    taken = {t.alias_or_name.casefold() for t in tree.find_all(exp.Table)} - {a.casefold() for a in lists}
    where = tree.args.get("where")
    held = [p for p in parts(where.this) if not _aliases(p) & lists] if where is not None else []
    for role in roles:
        alias = free_name(role.link.right.name, taken)
        joins.append(new_join(who.alias_or_name, role.link, alias))
        condition = role.holds.copy()
        for column in list(condition.find_all(exp.Column)):
            column.replace(new_column(alias, column.name))
        held.append(condition)
    tree.set("joins", joins)
    tree.set("where", exp.Where(this=exp.and_(*held)))
    keys = " and ".join(f"`{key}`" for role in roles for key in role.link.keys)
    return (f"looked `{right.name}` up by {keys}, each for itself",)


def _roles(note: Note, catalog: Catalog) -> Iterator[_Role]:
    """`shade = 'Blue' AND mask_shade_id = shade.id`: the key, and the value there."""
    told = list(conditions(note))
    ways = [(way, part) for part in told for way in _ways(part, catalog)]
    if len(ways) != 1 or len(told) != 2:
        return
    link, part = ways[0]
    other = next(p for p in told if p is not part)
    columns = list(other.find_all(exp.Column))
    if columns and all(link.right in [r.name for r, _ in owners(c, catalog)] for c in columns):
        yield _Role(link, other)


def _ways(part: exp.Expr, catalog: Catalog) -> list[Link]:
    """The key that the part follows, from what refers to what is referred to."""
    if not isinstance(part, exp.EQ):
        return []
    places: list[set[tuple[RelationName, str]]] = [
        {(r.name, name) for r, name in owners(side, catalog)} if isinstance(side, exp.Column) else set()
        for side in (part.this, part.expression)
    ]
    return [
        link
        for links in Graph.of(catalog).links.values()
        for link in links
        if link.referred == link.right and len(link.pairs) == 1
        for here, there in (places, places[::-1])
        if (link.left, link.pairs[0][0]) in here and (link.right, link.pairs[0][1]) in there
    ]


def _are_joined_only(select: exp.Select, aliases: set[str]) -> bool:
    """Whether what is called so stands in joins and conditions, and nothing else depends on it."""
    first = next(clauses(select)).this.alias_or_name
    if first in aliases or not aliases:
        return False
    others = [j for j in select.args.get("joins") or () if j.this.alias_or_name not in aliases]
    places = [*select.expressions, *others]
    places += [node for key in ("group", "having", "order") if (node := select.args.get(key)) is not None]
    return not any(_aliases(place) & aliases for place in places)


def _aliases(node: exp.Expr) -> set[str]:
    return {column.table for column in node.find_all(exp.Column)}
