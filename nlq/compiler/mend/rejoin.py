"""Joins on columns that do not belong together, put on the keys that do, without the model.

`posts.id = users.id` binds, runs, and joins what has nothing to do with each other. Where a foreign key
leads from one relation to the other, that is meant; else the way through others, which are joined too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Family, RelationName, family
from nlq.compiler.join import Graph, Link
from nlq.compiler.mend.tree import add_path, base_tables, free_name, likeliest, new_column, new_join, one_of
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn


def mend_joins(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    graph = Graph.of(catalog)
    said = frozenset(words(question))
    changes: list[str] = []
    for select in list(tree.find_all(exp.Select)):
        for join in list(select.args.get("joins") or ()):
            changes.extend(_rejoin(select, join, graph, catalog, said))
            changes.extend(_join_by_role(select, join, graph, words(question)))
        changes.extend(_reach_inside(select, graph, said))
    changes.extend(_compare_keys(tree, graph, catalog))
    changes.extend(_compare_alike(tree, graph, catalog, said))
    return tuple(changes)


def _reach_inside(select: exp.Select, graph: Graph, said: frozenset[str]) -> Iterator[str]:
    """`id NOT IN (SELECT id FROM orders)`, where orders have no such column: it is the row's own, outside.

    SQL finds the column of the outer query there and compares each row with itself. What leads from the
    relation inside to that outside is joined, and what refers to it shown.
    """
    condition = select.parent.parent if isinstance(select.parent, exp.Subquery) else select.parent
    item = select.expressions[0].unalias() if len(select.expressions) == 1 else None
    if not isinstance(condition, exp.In | exp.EQ | exp.NEQ) or not isinstance(item, exp.Column):
        return
    if any(select.args.get(key) for key in ("group", "having", "order", "limit", "offset")):
        return
    inside = list(base_tables(select))
    if item != condition.this or COLUMN not in item.meta or any(_is_of(item, t) for t in inside):
        return
    owner = item.meta[COLUMN].relation
    path = likeliest(graph.reach(t.meta[RELATION] for t in inside).get(owner, []), said)
    if path is None or [b.casefold() for _, b in path[-1].pairs] != [item.name.casefold()]:
        return
    start = one_of([t for t in inside if t.meta[RELATION] == path[0].left])
    if start is None:
        return
    alias = start.alias_or_name
    taken = {t.alias_or_name.casefold() for t in select.root().find_all(exp.Table)}
    for link in path[:-1]:
        before, alias = alias, free_name(link.right.name, taken)
        select.append("joins", new_join(before, link, alias))
    old, column = item.name, path[-1].pairs[0][0]
    item.replace(new_column(alias, column))
    yield f"compared `{old}` with `{alias}.{column}`, not with itself"


def _rejoin(
    select: exp.Select, join: exp.Join, graph: Graph, catalog: Catalog, said: frozenset[str]
) -> Iterator[str]:
    on = join.args.get("on")
    target = join.this
    if not isinstance(on, exp.EQ) or not isinstance(target, exp.Table) or RELATION not in target.meta:
        return
    left, right = on.this, on.expression
    if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return
    own, other = (left, right) if _is_of(left, target) else (right, left)
    start = one_of([t for t in base_tables(select) if t is not target and _is_of(other, t)])
    if start is None or not _is_of(own, target) or COLUMN not in own.meta or COLUMN not in other.meta:
        return
    here, there = target.meta[RELATION], start.meta[RELATION]
    keys = [end for end in (own, other) if _is_key(end.meta[COLUMN], catalog, graph)]
    # A key that is a number equals no text, whatever that is.
    if here == there or not (len(keys) == 2 or (keys and _never_equal(own, other, catalog))):
        return
    direct = [link for link in graph.links.get(there, ()) if link.right == here]
    if any(pair == (other.name, own.name) for link in direct for pair in _folded(link, other, own)):
        return
    if _speaks_of(other, here) or _speaks_of(own, there):
        return
    path = likeliest(graph.reach([there]).get(here, []), said)
    if path is None:
        return
    add_path(select, join, start, path)
    through = " and ".join(f"`{link.right.name}`" for link in path[:-1])
    by = f"through {through}" if through else f"by `{path[0].keys[0]}`"
    yield f"joined `{here.name}` to `{there.name}` {by}, not where `{other.name}` equals `{own.name}`"


def _join_by_role(select: exp.Select, join: exp.Join, graph: Graph, said: tuple[str, ...]) -> Iterator[str]:
    """`staff.division_id = divisions.id`, for the heads of the divisions: by `head_id` they are joined."""
    on, target = join.args.get("on"), join.this
    if not isinstance(on, exp.EQ) or not isinstance(target, exp.Table) or RELATION not in target.meta:
        return
    ends = (on.this, on.expression)
    if not all(isinstance(end, exp.Column) and COLUMN in end.meta for end in ends):
        return
    own, other = ends if _is_of(on.this, target) else (on.expression, on.this)
    start = one_of([t for t in base_tables(select) if t is not target and _is_of(other, t)])
    if start is None or start.meta[RELATION] == target.meta[RELATION]:
        return
    links = [k for k in graph.links.get(start.meta[RELATION], ()) if k.right == target.meta[RELATION]]
    now = one_of([k for k in links if k.pairs == ((other.name, own.name),)])
    meant = one_of([k for k in links if k is not now and k.declared and _is_role(k, said)])
    # Of two keys that lead the same way each may be meant: the mentors of Ana are found by whom they teach.
    if now is None or meant is None or meant.referred == now.referred:
        return
    if not _is_role(now, said):
        join.set("on", new_join(start.alias_or_name, meant, target.alias_or_name).args["on"])
        yield f"joined `{target.name}` to `{start.name}` by `{meant.keys[0]}`, not by `{now.keys[0]}`"


def _is_role(link: Link, said: tuple[str, ...]) -> bool:
    """Whether the question speaks of who the key refers to by its name: `the head of`, `heads of`."""
    role = tuple(w for key in link.keys for w in words(key) if w != "id")
    return any(said[at : at + len(role) + 1] == (*role, "of") for at in range(len(said))) if role else False


def _compare_keys(tree: exp.Expr, graph: Graph, catalog: Catalog) -> Iterator[str]:
    """`operators.name = runs.operator`, a number: what it refers to is the key beside the name."""
    for node in tree.find_all(exp.EQ, exp.In):
        query = node.args.get("query") if isinstance(node, exp.In) else None
        inner = query.this if isinstance(query, exp.Subquery) else None
        other = inner.selects[0].unalias() if isinstance(inner, exp.Select) else node.args.get("expression")
        one = node.this
        if not isinstance(one, exp.Column) or not isinstance(other, exp.Column):
            continue
        for key, name in ((one, other), (other, one)):
            link = _referring(key, name, graph)
            if link is None or _family(key, catalog) == _family(name, catalog):
                continue
            old, referred = name.name, link.pairs[0][1]
            name.set("this", exp.to_identifier(referred, quoted=True))
            yield f"compared `{key.name}` with the key `{referred}`, not with `{old}`"
            break


def _compare_alike(tree: exp.Expr, graph: Graph, catalog: Catalog, said: frozenset[str]) -> Iterator[str]:
    """`customer_id NOT IN (SELECT staff_id FROM staff)`, for first names that no staff has.

    Keys that nothing links have equals by chance; what is shown, and is called so on either side, is meant.
    """
    shown = one_of(tree.expressions) if isinstance(tree, exp.Select) else None
    column = shown.unalias() if shown is not None else None
    if not isinstance(column, exp.Column) or not set(words(column.name)) <= said:
        return
    for node in tree.find_all(exp.In):
        query = node.args.get("query")
        inner = query.this if isinstance(query, exp.Subquery) else None
        only = one_of(inner.selects) if isinstance(inner, exp.Select) else None
        item = only.unalias() if only is not None else None
        one = node.this
        if not isinstance(one, exp.Column) or not isinstance(item, exp.Column) or one.table != column.table:
            continue
        if COLUMN not in one.meta or COLUMN not in item.meta or node.find_ancestor(exp.Select) is not tree:
            continue
        here, there = one.meta[COLUMN].relation, item.meta[COLUMN].relation
        other = catalog.relation(there) if there is not None else None
        if here == there or other is None or other.column(column.name) is None or one.name == item.name:
            continue
        ways = [link for link in graph.links.get(here, ()) if link.right == there]
        if any((one.name, item.name) in link.pairs for link in ways):
            continue
        old = item.name
        one.set("this", exp.to_identifier(column.name, quoted=True))
        item.set("this", exp.to_identifier(column.name, quoted=True))
        if not any(tree.args.get(key) for key in ("group", "order", "limit")):
            tree.set("distinct", exp.Distinct())
        yield f"compared `{column.name}` with those of `{there.name}`, not a key with `{old}`"


def _referring(key: exp.Column, name: exp.Column, graph: Graph) -> Link | None:
    """The link by which the one column refers to the relation of the other, but not to that column."""
    if COLUMN not in key.meta or COLUMN not in name.meta:
        return None
    here, there = key.meta[COLUMN].relation, name.meta[COLUMN].relation
    return one_of(
        [
            link
            for link in graph.links.get(here, ())
            if link.right == there == link.referred
            and len(link.pairs) == 1
            and link.pairs[0][0].casefold() == key.name.casefold()
            and link.pairs[0][1].casefold() != name.name.casefold()
        ]
    )


def _never_equal(one: exp.Column, other: exp.Column, catalog: Catalog) -> bool:
    return {_family(one, catalog), _family(other, catalog)} == {"integer", "text"}


def _family(column: exp.Column, catalog: Catalog) -> Family:
    return family(column.meta[COLUMN].column.type, catalog.dialect)


def _folded(link: Link, other: exp.Column, own: exp.Column) -> Iterator[tuple[str, str]]:
    """The pairs of the link, spelled as the columns are where they are the same but for case."""
    for a, b in link.pairs:
        yield (
            other.name if a.casefold() == other.name.casefold() else a,
            own.name if b.casefold() == own.name.casefold() else b,
        )


def _speaks_of(column: exp.Column, relation: RelationName) -> bool:
    """True for `user_id` and `users`: a key that nobody declared."""
    name = words(relation.name)
    return words(column.name)[: len(name)] == name


def _is_of(column: exp.Column, table: exp.Table) -> bool:
    return column.table.casefold() == table.alias_or_name.casefold()


def _is_key(bound: BoundColumn, catalog: Catalog, graph: Graph) -> bool:
    """True for a column that identifies something: what else is compared may well be equal by intent."""
    name: RelationName | None = bound.relation
    relation = catalog.relation(name) if name is not None else None
    if relation is None or name is None:
        return False
    if (bound.column.name,) in relation.keys or relation.primary_key == (bound.column.name,):
        return True
    return any(bound.column.name == pair[0] for link in graph.links.get(name, ()) for pair in link.pairs)
