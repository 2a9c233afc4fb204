"""Drafts whose names do not bind, mended without the model.

Small models swap aliases and forget joins more than anything else, and shown the error they repeat
themselves. Each change is noted: a mended plan is right less often than one that bound at first. What
is mended is checked as any draft is; a join that is added is subject to the same policy.
"""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.compiler.words import words
from nlq.plan.bind import COLUMN, RELATION, Binding, Finding, Source, bind

MAX_CHANGES = 8
MAX_HOPS = 3


@dataclass(frozen=True, slots=True)
class Link:
    """A way to join two relations: pairs of columns that are equal."""

    left: RelationName
    right: RelationName
    pairs: tuple[tuple[str, str], ...]

    def reversed(self) -> Link:
        """The same link seen from the other side."""
        return Link(self.right, self.left, tuple((b, a) for a, b in self.pairs))


def mend(tree: exp.Expr, catalog: Catalog) -> tuple[str, ...]:
    """Changes made to `tree` (in place) so that its names bind, in words; empty if none were needed.

    Stops at the first finding that cannot be mended, which the check then reports.
    """
    changes: list[str] = []
    while len(changes) < MAX_CHANGES:
        binding: Binding = bind(tree, catalog)
        done = next((c for c in (_mend_one(f, tree, catalog) for f in binding.findings) if c), None)
        if done is None:
            break
        changes.append(done)
    return (*changes, *_skip_missing_in_not_in(tree))


def _skip_missing_in_not_in(tree: exp.Expr) -> Iterator[str]:
    """`x NOT IN (SELECT y …)` is never true once a `y` is missing, which nobody means in English."""
    for condition in tree.find_all(exp.In):
        query = condition.args.get("query")
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(condition.parent, exp.Not) or not isinstance(select, exp.Select):
            continue
        item = select.expressions[0].unalias() if len(select.expressions) == 1 else None
        if not isinstance(item, exp.Column) or COLUMN not in item.meta:
            continue
        column = item.meta[COLUMN][1]
        if not column.nullable or select.args.get("group"):
            continue
        select.where(exp.Not(this=exp.Is(this=item.copy(), expression=exp.Null())), copy=False)
        yield f"left out rows where `{column.name}` is missing, which NOT IN could not compare"


def _mend_one(finding: Finding, tree: exp.Expr, catalog: Catalog) -> str | None:
    node = finding.node
    match finding.error.code:
        case "plan.unknown_relation" if isinstance(node, exp.Table):
            return _rename_relation(node, catalog)
        case "plan.unknown_relation" if isinstance(node, exp.Column):
            return _join_qualifier(node, finding, catalog) or _rebind(node, finding)
        case "plan.unknown_column" if isinstance(node, exp.Column):
            return (
                _quote_text(node)
                or _own_key(node, finding)
                or _rebind(node, finding)
                or _join_owner(node, catalog)
                or _rename_column(node, finding)
            )
        case "plan.ambiguous_column" if isinstance(node, exp.Column):
            return _choose_owner(node, finding)
        case "plan.reserved_name" if isinstance(node, exp.TableAlias):
            return _rename_cte(node, tree)
        case _:
            return None


def _rename_relation(node: exp.Table, catalog: Catalog) -> str | None:
    """`user` for `users`, `order_item` for `order_items`: the same words, or nearly the same letters."""
    wanted = words(node.name)
    same = [r.name for r in catalog if words(r.name.name) == wanted]
    if len(same) != 1:
        names = {r.name.name.casefold(): r.name for r in catalog}
        near = difflib.get_close_matches(node.name.casefold(), names, n=2, cutoff=0.85)
        same = [names[n] for n in near]
    if len(same) != 1:
        return None
    old = node.name
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(old, quoted=True)))
    node.set("this", exp.to_identifier(same[0].name, quoted=True))
    node.set("db", exp.to_identifier(same[0].schema, quoted=True))
    return f"read `{old}` as the relation `{same[0].name}`"


def _quote_text(node: exp.Column) -> str | None:
    """`status = "paid"`: text in double quotes, as MySQL has it, is a name to everyone else."""
    if node.table or not node.this.args.get("quoted"):
        return None
    if not isinstance(node.parent, exp.EQ | exp.NEQ | exp.In | exp.Like | exp.ILike | exp.GTE | exp.LTE):
        return None
    if isinstance(node.parent, exp.In) and node.arg_key == "this":
        return None
    text = node.name
    node.replace(exp.Literal.string(text))
    return f"read `{text}` as text, not as a name"


def _own_key(node: exp.Column, finding: Finding) -> str | None:
    """`posts.post_id` for the key of `posts` itself: what refers to it elsewhere is called so."""
    source = next((s for s in finding.sources if s.alias.casefold() == node.table.casefold()), None)
    if source is None or source.relation is None or len(source.relation.primary_key) != 1:
        return None
    key = source.relation.primary_key[0]
    if words(node.name) != (*words(source.relation.name.name), *words(key)):
        return None
    old = node.name
    node.set("this", exp.to_identifier(key, quoted=True))
    return f"read `{old}` as `{source.alias}.{key}`"


def _rebind(node: exp.Column, finding: Finding) -> str | None:
    """The column exists in another relation that is in FROM."""
    owners = [s for s in finding.sources if node.name.casefold() in s.columns]
    if not owners or not node.table:
        return None
    owner = _nearest(owners, node)
    old = node.table
    node.set("table", exp.to_identifier(owner.alias, quoted=True))
    return f"took `{node.name}` from `{owner.alias}`, not from `{old}`"


def _nearest(owners: list[Source], node: exp.Column) -> Source:
    """Of several owners, one of the same SELECT, and one whose name the wrong qualifier resembles."""
    if len(owners) == 1:
        return owners[0]
    asked = node.table.casefold()
    return max(
        owners,
        key=lambda s: difflib.SequenceMatcher(
            None, asked, (s.relation.name.name if s.relation else s.alias).casefold()
        ).ratio(),
    )


def _join_qualifier(node: exp.Column, finding: Finding, catalog: Catalog) -> str | None:
    """`orders.total` where `orders` exists but was never joined."""
    for relation in catalog.find(node.table):
        if relation.column(node.name) is None:
            continue
        # It may be in FROM under an alias: then the alias is meant.
        aliased = [
            s for s in finding.sources if s.relation is not None and s.relation.name == relation.name
        ]
        if len(aliased) == 1:
            old = node.table
            node.set("table", exp.to_identifier(aliased[0].alias, quoted=True))
            return f"read `{old}` as `{aliased[0].alias}`"
        return _add_joins(node, relation, catalog)
    return None


def _join_owner(node: exp.Column, catalog: Catalog) -> str | None:
    """The column belongs to a relation that was never joined: the nearest along foreign keys."""
    owners = [r for r in catalog if r.column(node.name) is not None]
    select = node.find_ancestor(exp.Select)
    if not owners or select is None:
        return None
    present = list(_tables(select))
    reach = [(len(path), r.name, r) for r in owners if (path := _path(present, r.name, catalog))]
    if not reach:
        return None
    return _add_joins(node, min(reach, key=lambda x: (x[0], x[1]))[2], catalog)


def _add_joins(node: exp.Column, target: Relation, catalog: Catalog) -> str | None:
    select = node.find_ancestor(exp.Select)
    if select is None:
        return None
    present = list(_tables(select))
    path = _path(present, target.name, catalog)
    if not path:
        return None
    aliases = {t.meta[RELATION]: t.alias_or_name for t in reversed(present)}
    for link in path:
        right = link.right
        alias = right.name
        taken = {t.alias_or_name for t in present}
        while alias in taken:
            alias += "_2"
        condition = exp.and_(
            *(
                exp.EQ(this=_column(aliases[link.left], a), expression=_column(alias, b))
                for a, b in link.pairs
            )
        )
        table = exp.Table(
            this=exp.to_identifier(right.name, quoted=True),
            db=exp.to_identifier(right.schema, quoted=True),
            alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)),
        )
        table.meta[RELATION] = right
        select.append("joins", exp.Join(this=table, on=condition))
        aliases[right] = alias
        present.append(table)
    node.set("table", exp.to_identifier(aliases[target.name], quoted=True))
    joined = ", ".join(f"`{link.right.name}`" for link in path)
    return f"joined {joined} for `{node.name}`"


def _rename_column(node: exp.Column, finding: Finding) -> str | None:
    """`name` for `customer_name`, `totl` for `total`: the one column with these words, or letters."""
    candidates = [
        (source, name)
        for source in finding.sources
        if not node.table or source.alias.casefold() == node.table.casefold()
        for name, _ in source.columns.values()
    ]
    wanted = set(words(node.name))
    owner_words = {
        s.alias: set(words(s.relation.name.name)) if s.relation else set() for s, _ in candidates
    }
    same = [
        (s, n)
        for s, n in candidates
        if set(words(n)) - owner_words[s.alias] == wanted - owner_words[s.alias] != set()
    ]
    if len(same) != 1:
        same = [
            (s, n)
            for s, n in candidates
            if difflib.SequenceMatcher(None, n.casefold(), node.name.casefold()).ratio() >= 0.85
        ]
    if len(same) != 1:
        return None
    source, name = same[0]
    old = node.name
    node.set("this", exp.to_identifier(name, quoted=True))
    node.set("table", exp.to_identifier(source.alias, quoted=True))
    return f"read `{old}` as `{source.alias}.{name}`"


def _choose_owner(node: exp.Column, finding: Finding) -> str | None:
    """Of columns of one name, that of the relation that comes first: what the query is about."""
    select = node.find_ancestor(exp.Select)
    owners = [s for s in finding.sources if node.name.casefold() in s.columns]
    if not owners or select is None or node.table:
        return None
    node.set("table", exp.to_identifier(owners[0].alias, quoted=True))
    return f"took `{node.name}` from `{owners[0].alias}`"


def _rename_cte(alias: exp.TableAlias, tree: exp.Expr) -> str | None:
    cte = alias.parent
    if not isinstance(cte, exp.CTE):
        return None
    old, new = alias.name, f"{alias.name}_part"
    inside = {id(t) for t in cte.this.find_all(exp.Table)}
    alias.set("this", exp.to_identifier(new, quoted=True))
    for table in tree.find_all(exp.Table):
        if table.name.casefold() == old.casefold() and not table.db and id(table) not in inside:
            table.set("this", exp.to_identifier(new, quoted=True))
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(old, quoted=True)))
    return f"renamed the WITH query `{old}`, which hid a relation"


def links(catalog: Catalog) -> Iterator[Link]:
    """Ways to join: declared foreign keys, and columns named like another relation's key."""
    by_key: dict[str, list[tuple[RelationName, str]]] = {}
    for relation in catalog:
        if len(relation.primary_key) == 1:
            key = relation.primary_key[0]
            own = words(relation.name.name)
            names = {words(key), (*own, *words(key))} if words(key) == ("id",) else {words(key)}
            for name in names:
                by_key.setdefault(" ".join(name), []).append((relation.name, key))
    for relation in catalog:
        declared = {c for k in relation.foreign_keys for c in k.columns}
        for key_ in relation.foreign_keys:
            pairs = tuple(zip(key_.columns, key_.referred_columns, strict=True))
            yield Link(relation.name, key_.referred, pairs)
        for column in relation.columns:
            named = by_key.get(" ".join(words(column.name)), [])
            if column.name not in declared and words(column.name) != ("id",):
                for other, key in named:
                    if other != relation.name:
                        yield Link(relation.name, other, ((column.name, key),))


def _path(present: list[exp.Table], goal: RelationName, catalog: Catalog) -> list[Link]:
    """The shortest chain of links from any relation that is present to `goal`; empty if there is none."""
    graph: dict[RelationName, list[Link]] = {}
    for link in links(catalog):
        graph.setdefault(link.left, []).append(link)
        graph.setdefault(link.right, []).append(link.reversed())
    starts = [t.meta[RELATION] for t in present]
    queue: deque[list[Link]] = deque([link] for s in starts for link in graph.get(s, []))
    seen = set(starts)
    while queue:
        path = queue.popleft()
        at = path[-1].right
        if at == goal:
            return path
        if at not in seen and len(path) < MAX_HOPS:
            seen.add(at)
            queue.extend([*path, link] for link in graph.get(at, []))
    return []


def _tables(select: exp.Select) -> Iterator[exp.Table]:
    for clause in [select.args.get("from_"), *(select.args.get("joins") or [])]:
        if clause is not None and isinstance(clause.this, exp.Table) and RELATION in clause.this.meta:
            yield clause.this


def _column(table: str, name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True))
