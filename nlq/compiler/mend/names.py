"""Drafts whose names do not bind, mended without the model.

Small models swap aliases and forget joins more than anything else, and shown the error they repeat
themselves. Each change is noted: a mended plan is right less often than one that bound at first. What
is mended is checked as any draft is; a join that is added is subject to the same policy.

Where several changes would bind and neither names nor the question tell which is meant, nothing is
changed: the finding goes back to the model, for a guess would answer another question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from sqlglot import exp

from nlq.catalog import Catalog, Column, Family, Relation
from nlq.compiler.mend.relations import Known, find_relation, is_near, rename_cte
from nlq.compiler.mend.roles import take_from_named
from nlq.compiler.mend.strangers import leave_out_stranger
from nlq.compiler.mend.tree import (
    add_path,
    base_tables,
    clauses,
    free_name,
    likeliest,
    new_column,
    new_join,
    one_of,
    parts,
)
from nlq.compiler.words import words
from nlq.plan.bind import bind
from nlq.plan.lift import expression_family
from nlq.plan.meta import COLUMN, RELATION
from nlq.plan.scope import Binding, Finding, Source

MAX_CHANGES = 8

_QUOTABLE: frozenset[Family | None] = frozenset({"text", "enum", "date", "timestamp", "time", "uuid"})
_NUMBERS: frozenset[Family | None] = frozenset({"integer", "decimal", "float"})

T = TypeVar("T")


def mend_names(tree: exp.Expr, catalog: Catalog, question: str = "") -> tuple[str, ...]:
    """Changes made to `tree` (in place) so that its names bind, in words; empty if none were needed.

    Of several that could be made, the words of `question` choose. Stops at the first finding that
    cannot be mended, which the check then reports.
    """
    known = Known(catalog, question)
    changes: list[str] = []
    while len(changes) < MAX_CHANGES:
        binding: Binding = bind(tree, catalog)
        done = next((c for c in (_mend_one(f, tree, known) for f in binding.findings) if c), None)
        if done is None:
            break
        changes.append(done)
    return (*changes, *_skip_missing_in_not_in(tree))


def _mend_one(finding: Finding, tree: exp.Expr, known: Known) -> str | None:
    node = finding.node
    match finding.error.code:
        case "plan.unknown_relation" if isinstance(node, exp.Table):
            return find_relation(node, tree, known)
        case "plan.unknown_relation" if isinstance(node, exp.Column):
            if meant := _named(node, known.catalog):
                return _join_qualifier(node, finding, meant, known)
            return _rebind(node, finding, known) or _join_owner(node, finding, known)
        case "plan.unknown_column" if isinstance(node, exp.Column):
            return (
                _quote_text(node, known.catalog)
                or _own_key(node, finding)
                or leave_out_stranger(node, finding, known)
                or _join_through(node, finding, known)
                or _rebind(node, finding, known)
                or take_from_named(node, finding, known)
                or _rename_own(node, finding)
                or _join_owner(node, finding, known)
                or _rename_column(node, finding)
            )
        case "plan.ambiguous_column" if isinstance(node, exp.Column):
            return _choose_owner(node, finding, known)
        case "plan.reserved_name" if isinstance(node, exp.TableAlias):
            return rename_cte(node, known.catalog)
        case _:
            return None


# columns of what is in FROM


def _quote_text(node: exp.Column, catalog: Catalog) -> str | None:
    """`status = "paid"`: text in double quotes, as MySQL has it, is a name to everyone else."""
    parent = node.parent
    if node.table or not node.this.args.get("quoted"):
        return None
    if not isinstance(parent, exp.EQ | exp.NEQ | exp.In | exp.Like | exp.ILike | exp.GTE | exp.LTE):
        return None
    # On the left stands a column: one that does not exist is not a text that is always the same.
    if parent.this is node:
        return None
    of = expression_family(parent.this, catalog.dialect)
    if of not in _QUOTABLE and not (of in _NUMBERS and node.name.isdecimal()):
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


def _rebind(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """The column exists in another relation that is in FROM of the same SELECT.

    Not of an enclosing one: `IN (SELECT t.name …)` would compare a row with itself.
    """
    owners = [s for s in _own_sources(node, finding) if node.name.casefold() in s.columns]
    if not owners or not node.table:
        return None
    everywhere = [s for s in finding.sources if node.name.casefold() in s.columns]
    is_alias = any(s.alias.casefold() == node.table.casefold() for s in finding.sources)
    owner = (
        # What is no alias at all may be meant for one outside as well.
        one_of(owners if is_alias else everywhere)
        or (None if is_alias else one_of([s for s in everywhere if _columns_of(node) <= s.columns.keys()]))
        or one_of([s for s in owners if is_near(node.table, s.alias) or is_near(node.table, _name(s))])
        or one_of([s for s in owners if s.relation is not None and known.is_asked(s.relation.name)])
    )
    if owner is None or owner not in owners or _is_compared_with(node, owner) or _is_fixed(node, owner):
        return None
    old = node.table
    node.set("table", exp.to_identifier(owner.alias, quoted=True))
    return f"took `{node.name}` from `{owner.alias}`, not from `{old}`"


def _is_compared_with(node: exp.Column, source: Source) -> bool:
    """True where the column, taken from `source`, would be compared with itself."""
    other = _other_side(node)
    return (
        other is not None
        and other.table.casefold() == source.alias.casefold()
        and other.name.casefold() == node.name.casefold()
    )


def _is_fixed(node: exp.Column, source: Source) -> bool:
    """True where the column, shown from `source`, is said to equal a text: who says it does not ask."""
    select = node.find_ancestor(exp.Select)
    where = select.args.get("where") if select is not None else None
    if select is None or where is None or not any(node in e.walk() for e in select.expressions):
        return False
    return any(
        isinstance(part, exp.EQ)
        and isinstance(part.this, exp.Column)
        and isinstance(part.expression, exp.Literal)
        and part.this.name.casefold() == node.name.casefold()
        and part.this.table.casefold() == source.alias.casefold()
        for part in parts(where.this)
    )


def _other_side(node: exp.Column) -> exp.Column | None:
    """The column that the node is said to equal."""
    equal = node.parent
    if not isinstance(equal, exp.EQ):
        return None
    other = equal.expression if equal.this is node else equal.this
    return other if isinstance(other, exp.Column) else None


def _columns_of(node: exp.Column) -> set[str]:
    """All that the SELECT takes from what the node's wrong alias stands for."""
    select = node.find_ancestor(exp.Select)
    found = select.find_all(exp.Column) if select is not None else ()
    return {c.name.casefold() for c in found if c.table.casefold() == node.table.casefold()}


def _rename_own(node: exp.Column, finding: Finding) -> str | None:
    """`age` of the pets themselves, `pet_age`, before that of somebody who is not joined."""
    sources = [
        s
        for s in _own_sources(node, finding)
        if s.relation is not None and node.table.casefold() in ("", s.alias.casefold())
    ]
    wanted = words(node.name)
    found = one_of(
        [
            (s, name)
            for s in sources
            for name, _ in s.columns.values()
            if s.relation is not None and _without_owner(words(name), words(s.relation.name.name)) == wanted
        ]
    )
    if found is None:
        return None
    return _read_as(node, *found)


def _read_as(node: exp.Column, source: Source, name: str) -> str:
    """Make it that column of the source; the result says so."""
    old = node.name
    node.set("this", exp.to_identifier(name, quoted=True))
    node.set("table", exp.to_identifier(source.alias, quoted=True))
    return f"read `{old}` as `{source.alias}.{name}`"


def _without_owner(name: tuple[str, ...], owner: tuple[str, ...]) -> tuple[str, ...]:
    """What is left of a column's words behind those that its relation is called by, too.

    >>> _without_owner(("pet", "age"), ("pet", "aboard")), _without_owner(("home", "port"), ("port",))
    (('age',), ('home', 'port'))
    >>> _without_owner(("comp", "name"), ("company",))
    ('name',)
    """
    at = next((i for i, word in enumerate(name) if not _is_short_for(word, owner)), len(name))
    return name[at:] or name


def _is_short_for(word: str, owner: tuple[str, ...]) -> bool:
    return word in owner or (len(word) > 2 and any(other.startswith(word) for other in owner))


def _rename_column(node: exp.Column, finding: Finding) -> str | None:
    """`name` for `customer_name`, `totl` for `total`: the one column with these words, or letters."""
    candidates = [
        (source, name)
        for source in (finding.sources if node.table else _own_sources(node, finding))
        if not node.table or source.alias.casefold() == node.table.casefold()
        for name, _ in source.columns.values()
    ]
    wanted = set(words(node.name))
    found = (
        one_of([c for c in candidates if _same_but_owner(wanted, c[1], c[0])])
        or one_of([c for c in candidates if is_near(c[1], node.name)])
        # `Low Floor (Y/N)`: what stands in brackets says in what it is told.
        or one_of([c for c in candidates if "(" in c[1] and words(c[1].split("(")[0]) == words(node.name)])
    )
    if found is None:
        described = [(s, n) for s, n in candidates if _is_described(node.name, s.columns[n.casefold()][1])]
        found = one_of(described)
    if found is None:
        return None
    return _read_as(node, *found)


def _is_described(name: str, column: Column | None) -> bool:
    """Whether the column is called so in its comment: `A3` with `region`."""
    if column is None or not column.comment:
        return False
    return words(name) in [words(part) for part in column.comment.split(";")]


def _same_but_owner(wanted: set[str], name: str, source: Source) -> bool:
    owner = set(words(source.relation.name.name)) if source.relation else set()
    return set(words(name)) - owner == wanted - owner != set()


def _choose_owner(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """Of columns of one name: any, where a join makes them equal, else that of the relation asked for."""
    owners = [s for s in _own_sources(node, finding) if node.name.casefold() in s.columns]
    if not owners or node.table:
        return None
    asked = [s for s in owners if s.relation is not None and known.is_asked(s.relation.name)]
    if len(asked) > 1 and _show_of_each(node, asked, known):
        return f"showed `{node.name}` of " + " and ".join(f"`{s.alias}`" for s in asked)
    owner = owners[0] if _are_equal(owners, node) else one_of(asked)
    if owner is None:
        return None
    node.set("table", exp.to_identifier(owner.alias, quoted=True))
    return f"took `{node.name}` from `{owner.alias}`"


def _show_of_each(node: exp.Column, sources: Sequence[Source], known: Known) -> bool:
    """Show the column of each, in the order that they are spoken of, where it is asked for as often."""
    item = node.parent if isinstance(node.parent, exp.Alias) else node
    select = item.parent
    if not isinstance(select, exp.Select) or item.arg_key != "expressions":
        return False
    if known.said.count(words(node.name)[-1]) < len(sources):
        return False
    inside = [s for s in sources if s.relation is not None]
    ordered = sorted(inside, key=lambda s: known.place(s.relation.name) if s.relation else 0)
    shown = [new_column(s.alias, node.name) for s in ordered]
    at = next(i for i, e in enumerate(select.expressions) if e is item)
    select.set("expressions", [*select.expressions[:at], *shown, *select.expressions[at + 1 :]])
    return True


def _are_equal(owners: Sequence[Source], node: exp.Column) -> bool:
    """True where the SELECT compares the column of the first owner with that of each other."""
    select = node.find_ancestor(exp.Select)
    if select is None:
        return False
    # An outer join leaves one of the two empty where nothing is equal.
    conditions = [j.args.get("on") for j in select.args.get("joins") or () if not j.side]
    conditions.append(where.this if (where := select.args.get("where")) else None)
    equal = {owners[0].alias.casefold()}
    for part in (p for c in conditions if c is not None for p in parts(c)):
        sides = [part.this, part.expression] if isinstance(part, exp.EQ) else []
        names = {
            side.table.casefold()
            for side in sides
            if isinstance(side, exp.Column) and side.name.casefold() == node.name.casefold()
        }
        if len(names) == 2 and names & equal:
            equal |= names
    return {s.alias.casefold() for s in owners} <= equal


# joins that were forgotten


def _named(node: exp.Column, catalog: Catalog) -> list[Relation]:
    """Relations that the qualifier names, exactly or in the other number, if they have the column."""
    wanted = words(node.table)
    found = catalog.find(node.table) or [r for r in catalog if words(r.name.name) == wanted]
    return [r for r in found if r.column(node.name) is not None]


def _join_qualifier(
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


def _join_owner(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """The column belongs to a relation that was never joined: the one asked for, or the nearest."""
    select = node.find_ancestor(exp.Select)
    nearer = [s for s in _own_sources(node, finding) if node.name.casefold() in s.columns]
    if select is None or not all(_is_fixed(node, s) for s in nearer):
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


def _join_through(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """`customer JOIN country ON customer.country_id = country.country_id`: others stand between the two."""
    other, join = _other_side(node), node.find_ancestor(exp.Join)
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
    path = likeliest(paths, known.asked | set(words(node.table)))
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


# a trap of SQL


def _skip_missing_in_not_in(tree: exp.Expr) -> Iterator[str]:
    """`x NOT IN (SELECT y …)` is never true once a `y` is missing, which nobody means in English."""
    for condition in list(tree.find_all(exp.In)):
        query = condition.args.get("query")
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(condition.parent, exp.Not) or not isinstance(select, exp.Select):
            continue
        item = select.expressions[0].unalias() if len(select.expressions) == 1 else None
        if not isinstance(item, exp.Column) or COLUMN not in item.meta:
            continue
        column = item.meta[COLUMN][1]
        # A condition less would change what is grouped, or which rows a limit leaves.
        if not column.nullable or any(select.args.get(key) for key in ("group", "limit", "offset")):
            continue
        missing = exp.Is(this=item.copy(), expression=exp.Null())
        where = select.args.get("where")
        if where is not None and any(part == missing for part in where.find_all(exp.Is)):
            continue
        select.where(exp.Not(this=missing), copy=False)
        yield f"left out rows where `{column.name}` is missing, which NOT IN could not compare"


# where a node stands


def _own_sources(node: exp.Expr, finding: Finding) -> list[Source]:
    """Of what is in scope, what is in FROM of the node's own SELECT; it comes first."""
    select = node.find_ancestor(exp.Select)
    if select is None:
        return []
    own = [clause.this.alias_or_name.casefold() for clause in clauses(select)]
    found: list[Source] = []
    for source in finding.sources[: len(own)]:
        if source.alias.casefold() in own:
            found.append(source)
    return found


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


def _name(source: Source) -> str:
    return source.relation.name.name if source.relation is not None else source.alias
