"""Drafts whose names bind and whose shape no one means, put right without the model.

Small models join a relation with itself for no reason, and put conditions on groups into WHERE. Each change
is noted; what the question may mean by it ("in the same city as") is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.needless import drop_needless
from nlq.compiler.mend.tree import Rule, base_tables, new_column, set_where
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, RELATION

_PAIRS = re.compile(
    r"\b(same|other|others|another|each other|pairs?|both|also|between|different|together|than|as well)\b",
    re.IGNORECASE,
)
_CALLS = (("name",), ("title",), ("surname",), ("lastname",), ("nickname",))
"""Last words of columns that say what somebody or something is called, not what it is one of."""
_BY_NAME = re.compile(
    r"\b(?:each|every|per|by|same|distinct|different|unique)\s+(?:\w+\s+){0,2}(?:name|title)s?\b",
    re.IGNORECASE,
)


def mend_shape(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to `tree` (in place, bound) in words; after one, its names are to be bound again."""
    rules: tuple[Rule, ...] = (
        _merge_self_join,
        drop_needless,
        _bracket_either,
        _move_to_having,
        _group_by_the_rest,
        _tell_apart,
        _show_the_row,
    )
    return tuple(
        change
        for rule in rules
        for select in list(tree.find_all(exp.Select))
        for change in rule(select, catalog, question)
    )


def _merge_self_join(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`t JOIN t AS u ON t.a = u.a`: pairs of rows that nobody asked for, counted more than once."""
    if _PAIRS.search(question):
        return
    clause = select.args.get("from_")
    joins = list(select.args.get("joins") or ())
    if clause is None or not joins:
        return
    for join in joins:
        others = [c.this for c in (clause, *select.args.get("joins", ())) if c is not join]
        mine = join.this
        if (
            not isinstance(mine, exp.Table)
            or RELATION not in mine.meta
            or join.side
            or join.args.get("using")
        ):
            continue
        twin = next(
            (t for t in others if isinstance(t, exp.Table) and t.meta.get(RELATION) == mine.meta[RELATION]),
            None,
        )
        if twin is None or not _joins_same(join, mine.alias_or_name, twin.alias_or_name):
            continue
        old, new = mine.alias_or_name, twin.alias_or_name
        select.set("joins", [j for j in select.args["joins"] if j is not join])
        for column in select.find_all(exp.Column):
            if column.table.casefold() == old.casefold():
                column.set("table", exp.to_identifier(new, quoted=True))
        yield f"read `{mine.name}` once, not joined with itself"


def _joins_same(join: exp.Join, one: str, other: str) -> bool:
    """True where all that the join says is that a column equals itself."""
    on = join.args.get("on")
    if not isinstance(on, exp.EQ):
        return False
    left, right = on.this, on.expression
    return (
        isinstance(left, exp.Column)
        and isinstance(right, exp.Column)
        and left.name.casefold() == right.name.casefold()
        and {left.table.casefold(), right.table.casefold()} == {one.casefold(), other.casefold()}
    )


def _bracket_either(select: exp.Select, _catalog: Catalog, _question: str) -> Iterator[str]:
    """`a = 1 AND b = 2 OR b = 3`: either of two for `b`, and `a` for both, whatever SQL reads."""
    where = select.args.get("where")
    either = where.this if where is not None else None
    if where is None or not isinstance(either, exp.Or) or not isinstance(either.this, exp.And):
        return
    first, second = either.this.expression, either.expression
    columns = [{c.sql() for c in part.find_all(exp.Column)} for part in (either.this.this, first, second)]
    if len(columns[1]) != 1 or columns[1] != columns[2] or columns[0] & columns[1]:
        return
    if type(first) is not type(second) or not isinstance(first, exp.EQ | exp.Like | exp.ILike):
        return
    both = exp.Or(this=first.copy(), expression=second.copy())
    where.set("this", exp.And(this=either.this.this.copy(), expression=exp.paren(both)))
    yield f"read either of two for `{first.this.name}`, with all else that is said"


def _move_to_having(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`WHERE count(*) > 3`: a condition on groups, which stands in HAVING."""
    where = select.args.get("where")
    if where is None or not select.args.get("group"):
        return
    parts = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    grouped = [p for p in parts if _aggregates(p, select)]
    if not grouped:
        return
    left = [p for p in parts if p not in grouped]
    set_where(select, left)
    having = select.args.get("having")
    select.set("having", exp.Having(this=exp.and_(*([having.this] if having else []), *grouped)))
    yield "moved a condition on groups from WHERE to HAVING"


def _aggregates(part: exp.Expr, select: exp.Select) -> bool:
    return any(a.find_ancestor(exp.Select) is select for a in part.find_all(exp.AggFunc))


def _group_by_the_rest(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT kind, count(*) FROM t`: a count of each kind, not one of all beside some kind."""
    if any(select.args.get(key) for key in ("group", "distinct")):
        return
    items = [e.unalias() for e in select.expressions]
    columns = [i for i in items if isinstance(i, exp.Column)]
    counts = [i for i in items if isinstance(i, exp.Count | exp.Sum | exp.Avg)]
    # SQLite gives the row of a MAX or MIN beside it, which may be meant.
    if not columns or not counts or len(columns) + len(counts) != len(items):
        return
    select.set("group", exp.Group(expressions=[c.copy() for c in columns]))
    yield "counted for each " + ", ".join(f"`{c.name}`" for c in columns)


def _tell_apart(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`count(*) … GROUP BY users.name`: two people of one name are two, and not added up."""
    group = select.args.get("group")
    if group is None or {k for k, v in group.args.items() if v} != {"expressions"}:
        return
    bound = [item.meta.get(COLUMN) for item in group.expressions if isinstance(item, exp.Column)]
    aliases = {item.table for item in group.find_all(exp.Column)}
    if len(bound) != len(group.expressions) or None in bound or len(aliases) != 1:
        return
    alias = aliases.pop()
    table = next((t for t in base_tables(select) if t.alias_or_name == alias), None)
    relation = catalog.relation(table.meta[RELATION]) if table is not None else None
    if relation is None or len(relation.primary_key) != 1 or _BY_NAME.search(question):
        return
    grouped, key = {b.column.name for b in bound if b is not None}, relation.primary_key[0]
    if any(grouped >= set(unique) for unique in relation.keys) or not _is_joined_by(select, alias, key):
        return
    if not all(words(name)[-1:] in _CALLS for name in grouped):
        return
    group.append("expressions", new_column(alias, key))
    yield f"told `{relation.name.name}` of the same name apart, by `{key}`"


def _is_joined_by(select: exp.Select, alias: str, key: str) -> bool:
    return any(
        (side.table, side.name) == (alias, key)
        for join in select.args.get("joins") or ()
        for equal in join.find_all(exp.EQ)
        if isinstance(equal.left, exp.Column) and isinstance(equal.right, exp.Column)
        for side in (equal.left, equal.right)
    )


def _show_the_row(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT max(cost) … ORDER BY day DESC LIMIT 1`: the cost of the last day, not the highest of all."""
    order, limit = select.args.get("order"), select.args.get("limit")
    if order is None or limit is None or limit.expression.name != "1" or select.args.get("group"):
        return
    shown = [e.unalias() for e in select.expressions]
    extremes = [e for e in shown if isinstance(e, exp.Max | exp.Min)]
    by = [o.this for o in order.expressions]
    if not extremes or not all(isinstance(e.this, exp.Column) for e in extremes):
        return
    if any(e not in extremes and not isinstance(e, exp.Column) for e in shown):
        return
    if not all(isinstance(column, exp.Column) and column.table for column in by):
        return
    if any(e.this in by for e in extremes):
        return
    for extreme in extremes:
        extreme.replace(extreme.this.copy())
    told = " and ".join(f"`{e.this.name}`" for e in extremes)
    yield f"showed {told} of the row that comes first, not of all"
