"""Joins that were forgotten: of the relation that a qualifier names, or that has the column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.compiler.join import Link
from nlq.compiler.mend.place import is_fixed, other_side, own_sources
from nlq.compiler.mend.relations import Known
from nlq.compiler.mend.tree import (
    add_path,
    base_tables,
    free_name,
    likeliest,
    new_join,
    one_of,
    parts,
)
from nlq.compiler.words import words
from nlq.plan.meta import RELATION
from nlq.plan.scope import Finding


def named_by(node: exp.Column, catalog: Catalog) -> list[Relation]:
    """Relations that the qualifier names, exactly or in the other number, if they have the column."""
    wanted = words(node.table)
    found = catalog.find(node.table) or [r for r in catalog if words(r.name.name) == wanted]
    return [r for r in found if r.column(node.name) is not None]


def join_qualifier(
    node: exp.Column, finding: Finding, meant: Sequence[Relation], known: Known
) -> str | None:
    """`orders.total` where `orders` exists but was never joined."""
    relation = one_of(meant)
    if relation is None:
        return None
    # It may be in FROM under an alias: then the alias is meant.
    aliased = [s for s in finding.sources if s.relation is not None and s.relation.name == relation.name]
    if not aliased:
        return _add_joins(node, relation, known)
    source = one_of(aliased)
    if source is None:
        return None
    old = node.table
    node.set("table", exp.to_identifier(source.alias, quoted=True))
    return f"read `{old}` as `{source.alias}`"


def join_owner(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """The column belongs to a relation that was never joined: the one asked for, or the nearest."""
    select = node.find_ancestor(exp.Select)
    nearer = [s for s in own_sources(node, finding) if node.name.casefold() in s.columns]
    if select is None or not all(is_fixed(node, s) for s in nearer):
        return None
    reach = known.graph.reach(t.meta[RELATION] for t in _tables_before(node, select))
    owners = [r for r in known.catalog if r.name in reach and r.column(node.name) is not None]
    owners = [r for r in owners if known.is_asked(r.name)] or ([] if nearer else owners)
    nearest = min((len(reach[r.name][0]) for r in owners), default=0)
    owner = one_of([r for r in owners if len(reach[r.name][0]) == nearest])
    if owner is None:
        return None
    old = node.table
    done = _add_joins(node, owner, known)
    if done is not None:
        _take_along(node, old, owner, finding, select, known)
    return done


def _take_along(
    node: exp.Column, old: str, owner: Relation, finding: Finding, select: exp.Select, known: Known
) -> None:
    """`c.name, c.birth_year` of climbers, not of the clubs that `c` stands for: what is shown beside it."""
    source = next((s for s in finding.sources if s.alias.casefold() == old.casefold()), None)
    if source is None or source.relation is None:
        return
    if known.place(owner.name) >= known.place(source.relation.name):
        return
    if not any(node in e.walk() for e in select.expressions):
        return
    for item in select.expressions:
        column = item.unalias()
        if not isinstance(column, exp.Column) or column.table.casefold() != old.casefold():
            continue
        if owner.column(column.name) is not None:
            column.set("table", node.args["table"].copy())


def join_through(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """`customer JOIN country ON customer.country_id = country.country_id`: others stand between the two."""
    other, join = other_side(node), node.find_ancestor(exp.Join)
    select = node.find_ancestor(exp.Select)
    if other is None or join is None or select is None or join.args.get("on") is not node.parent:
        return None
    target = join.this.meta.get(RELATION) if isinstance(join.this, exp.Table) else None
    present = list(_tables_before(node, select))
    sides = (node.table.casefold(), other.table.casefold())
    start = one_of([t for t in present if t.alias_or_name.casefold() in sides])
    if target is None or start is None:
        return None
    paths = known.graph.reach([start.meta[RELATION]]).get(target, [])
    path = likeliest(paths, known.asked)
    if path is None:
        return None
    add_path(select, join, start, path)
    through = " and ".join(f"`{link.right.name}`" for link in path[:-1]) or "its key"
    return f"joined `{target.name}` to `{start.meta[RELATION].name}` through {through}"


def _add_joins(node: exp.Column, target: Relation, known: Known) -> str | None:
    select = node.find_ancestor(exp.Select)
    if select is None or any(t.meta[RELATION] == target.name for t in base_tables(select)):
        return None
    present = list(_tables_before(node, select))
    paths = known.graph.reach(t.meta[RELATION] for t in present).get(target.name, [])
    path = likeliest(paths, known.asked | set(words(node.table))) or _equal_way(paths, select)
    if path is None:
        return None
    start = one_of([t.alias_or_name for t in present if t.meta[RELATION] == path[0].left])
    if start is None:
        return None
    taken = {t.alias_or_name.casefold() for t in select.find_all(exp.Table)}
    joins, alias = [], start
    for link in path:
        before, alias = alias, free_name(link.right.name, taken)
        joins.append(new_join(before, link, alias))
    at = _position(node, select)
    old = select.args.get("joins") or []
    select.set("joins", [*old[:at], *joins, *old[at:]])
    node.set("table", exp.to_identifier(alias, quoted=True))
    joined = ", ".join(f"`{link.right.name}`" for link in path)
    keys = " and ".join(f"`{name}`" for link in path for name in link.keys)
    return f"joined {joined} by {keys} for `{node.name}`"


def _equal_way(paths: Sequence[tuple[Link, ...]], select: exp.Select) -> tuple[Link, ...] | None:
    """The first of several keys to one relation that the joins make equal: none leads elsewhere."""
    tables = {t.meta[RELATION]: t.alias_or_name for t in base_tables(select)}
    starts = [(tables.get(path[0].left), path[0].pairs) for path in paths if len(path) == 1]
    if len(starts) < 2 or len(starts) != len(paths) or any(len(pairs) != 1 for _, pairs in starts):
        return None
    keys = [(alias, pairs[0][0]) for alias, pairs in starts]
    joins = [join for join in select.args.get("joins") or () if not join.side and join.args.get("on")]
    pairs = [
        {(side.table, side.name) for side in (part.left, part.right) if isinstance(side, exp.Column)}
        for join in joins
        for part in parts(join.args["on"])
        if isinstance(part, exp.EQ)
    ]
    equal = set(keys[:1])
    for _ in keys:
        equal.update(*(pair for pair in pairs if pair & equal))
    return paths[0] if equal.issuperset(keys) else None


def _tables_before(node: exp.Expr, select: exp.Select) -> Iterator[exp.Table]:
    """Base tables that a join added for the node may start from."""
    return base_tables(select, _position(node, select))


def _position(node: exp.Expr, select: exp.Select) -> int:
    """Where in the list of joins one must be for the node to see it: before that whose ON holds it."""
    joins = select.args.get("joins") or []
    child: exp.Expr | None = node
    while child is not None and child.parent is not select:
        child = child.parent
    return next((at for at, join in enumerate(joins) if join is child), len(joins))
