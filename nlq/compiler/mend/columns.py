"""A column that is in none of the relations it is taken from: another name, or another relation in FROM."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from nlq.catalog import NUMBERS, Catalog, Column, Family
from nlq.compiler.mend.place import is_fixed, other_side, own_sources
from nlq.compiler.mend.relations import Known, is_near
from nlq.compiler.mend.tree import new_column, one_of, parts
from nlq.compiler.words import words
from nlq.plan.lift import expression_family
from nlq.plan.scope import Finding, Source

_QUOTABLE: frozenset[Family | None] = frozenset({"text", "enum", "date", "timestamp", "time", "uuid"})


def quote_text(node: exp.Column, catalog: Catalog) -> str | None:
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
    if of not in _QUOTABLE and not (of in NUMBERS and node.name.isdecimal()):
        return None
    text = node.name
    node.replace(exp.Literal.string(text))
    return f"read `{text}` as text, not as a name"


def own_key(node: exp.Column, finding: Finding) -> str | None:
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


def rebind(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """The column exists in another relation that is in FROM of the same SELECT.

    Not of an enclosing one: `IN (SELECT t.name …)` would compare a row with itself.
    """
    owners = [s for s in own_sources(node, finding) if node.name.casefold() in s.columns]
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
        or (owners[0] if len(owners) > 1 and _are_equal(owners, node) else None)
    )
    if owner is None or owner not in owners or _is_compared_with(node, owner) or is_fixed(node, owner):
        return None
    old = node.table
    node.set("table", exp.to_identifier(owner.alias, quoted=True))
    return f"took `{node.name}` from `{owner.alias}`, not from `{old}`"


def _is_compared_with(node: exp.Column, source: Source) -> bool:
    """True where the column, taken from `source`, would be compared with itself."""
    other = other_side(node)
    return (
        other is not None
        and other.table.casefold() == source.alias.casefold()
        and other.name.casefold() == node.name.casefold()
    )


def _columns_of(node: exp.Column) -> set[str]:
    """All that the SELECT takes from what the node's wrong alias stands for."""
    select = node.find_ancestor(exp.Select)
    found = select.find_all(exp.Column) if select is not None else ()
    return {c.name.casefold() for c in found if c.table.casefold() == node.table.casefold()}


def rename_own(node: exp.Column, finding: Finding) -> str | None:
    """`age` of the pets themselves, `pet_age`, before that of somebody who is not joined."""
    sources = [
        s
        for s in own_sources(node, finding)
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


def rename_column(node: exp.Column, finding: Finding) -> str | None:
    """`name` for `customer_name`, `totl` for `total`: the one column with these words, or letters."""
    candidates = [
        (source, name)
        for source in (finding.sources if node.table else own_sources(node, finding))
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


def choose_owner(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """Of columns of one name: any, where a join makes them equal, else that of the relation asked for."""
    owners = [s for s in own_sources(node, finding) if node.name.casefold() in s.columns]
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


def _name(source: Source) -> str:
    return source.relation.name.name if source.relation is not None else source.alias
