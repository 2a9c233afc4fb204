"""What a question leaves out, and the draft forgot, or left out of the wrong rows: mended, no model asked.

`sailors who do not have a cat` are not the sailors of pets that are no cats. What lacks something is told
by NOT IN over the rows that refer to it, whether a join says `<> 'cat'` or the draft says nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.compiler.join import Graph, Link
from nlq.compiler.mend.said import denied_comparison
from nlq.compiler.mend.tree import base_tables, new_column, new_table, one_of, parts, set_where
from nlq.compiler.schema_text import Samples
from nlq.compiler.words import STOPWORDS, words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_NOT = re.compile(r"\b(?:not|no|never|none|without|neither|nor|except|excluding)\b|n[’']t\b", re.IGNORECASE)
_NO = re.compile(
    r"\b(?:no|without(?: (?:any|an?))?|(?:not|never|n[’']t)(?: \w+){0,2}? any)\s+"
    r"(?P<what>\w+(?: \w+){0,2})",
    re.IGNORECASE,
)
_SAYS_NO = frozenset({"no", "n", "none", "0", "f", "false", "null", ""})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of which catalog, as far as values are known."""

    catalog: Catalog
    question: str
    values: Samples
    graph: Graph


def mend_without(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select) or not _NOT.search(question):
        return ()
    asked = _Asked(catalog, question, values, Graph.of(catalog))
    _join_what_is_compared(tree)
    rules: tuple[Callable[[exp.Select, _Asked], Iterator[str]], ...] = (
        _outer_where_missing,
        _none_of_those,
        _but_no_value,
        _none_at_all,
    )
    for rule in rules:
        if changes := tuple(rule(tree, asked)):
            return changes
    return ()


def _join_what_is_compared(select: exp.Select) -> None:
    """`LEFT JOIN … WHERE p.kind <> 'cat'` is any join: what has no pet compares with nothing."""
    for join in select.args.get("joins") or ():
        if join.side == "LEFT" and any(
            isinstance(p, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.In | exp.Like)
            and _is_of(p.this, join.this)
            for p in _conditions(select)
        ):
            join.set("side", None)
            join.set("kind", None)


def _outer_where_missing(select: exp.Select, asked: _Asked) -> Iterator[str]:
    """`JOIN pets … WHERE pets.id IS NULL` finds nothing: only a left join keeps rows without."""
    for join in select.args.get("joins") or ():
        table = join.this
        if (
            not isinstance(table, exp.Table)
            or RELATION not in table.meta
            or join.side
            or join.kind == "CROSS"
        ):
            continue
        relation = asked.catalog.relation(table.meta[RELATION])
        for part in _conditions(select):
            absent = isinstance(part, exp.Is) and isinstance(part.expression, exp.Null)
            column = part.this if absent and not part.args.get("negate") else None
            if not isinstance(column, exp.Column) or relation is None or not _is_of(column, table):
                continue
            joined = {c.name for c in join.find_all(exp.Column) if _is_of(c, table)}
            if column.name in joined or column.name in relation.primary_key:
                join.set("side", "LEFT")
                join.set("kind", None)
                yield f"kept rows without `{table.name}`, of which those are asked for"
                return


def _none_of_those(select: exp.Select, asked: _Asked) -> Iterator[str]:
    """`JOIN pets … WHERE kind <> 'cat'`: those that have another, not those that have none."""
    about = _about(select)
    others = [t for t in base_tables(select) if t is not about]
    if about is None or not others or select.args.get("having"):
        return
    conditions = _conditions(select)
    denied = [p for p in conditions if _denies(p, asked) and not _is_about(p, about)]
    if not denied and not any(True for _ in _negations(select)):
        # The draft forgot to deny what the question does.
        conditions = [p for p in conditions if _is_about(p, about) or not _says_no(p)]
        denied = [p for p in conditions if not _is_about(p, about) and _is_denied(p, asked.question)]
    rest = [p for p in conditions if p not in denied]
    beside = [p for p in rest if not _is_about(p, about)]
    if len(denied) != 1 or not all(_is_had(p, denied[0], asked) for p in beside):
        return
    found = _inner_query(select, about, others, asked, _affirmed(denied[0], asked))
    if found is None:
        return
    what = " or ".join(f"`{n.name}`" for n in denied[0].find_all(exp.Literal))
    if not beside:
        _reduce(select, about, rest)
    else:
        # `kind = 'dog' AND kind <> 'cat'`: a dog in one row, and a cat in none.
        select.set("where", exp.Where(this=exp.and_(*rest)))
        _once(select)
    _exclude(select, about, *found)
    yield f"left out what has {what}, whatever else it has"


def _is_had(part: exp.Expr, denied: exp.Expr, asked: _Asked) -> bool:
    """Whether it asks for another value of the column that is denied one."""
    return isinstance(part, exp.EQ) and part.this == _affirmed(denied, asked).this


def _once(select: exp.Select) -> None:
    """Who has several of what is asked for is shown once."""
    if not any(select.args.get(k) for k in ("group", "order", "limit")) and all(
        isinstance(e.unalias(), exp.Column) for e in select.expressions
    ):
        select.set("distinct", exp.Distinct())


def _is_denied(part: exp.Expr, question: str) -> bool:
    """Whether the question denies the value of the condition: `no cat`, `do not have a cat`."""
    value = part.args.get("expression")
    return (
        isinstance(part, exp.EQ)
        and isinstance(part.this, exp.Column)
        and isinstance(value, exp.Literal)
        and _denial(value.name).search(question) is not None
    )


def _denial(value: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:\b(?:no|not|never|without)|n[’']t)(?: \w+){{0,2}}? {re.escape(value)}s?\b", re.IGNORECASE
    )


def _but_no_value(select: exp.Select, asked: _Asked) -> Iterator[str]:
    """`who have a dog but no cat`, where only the dog is looked for."""
    about = _about(select)
    others = [t for t in base_tables(select) if t is not about]
    if about is None or not others or any(True for _ in _negations(select)):
        return
    for part in _conditions(select):
        column = part.this
        if not isinstance(part, exp.EQ) or not isinstance(column, exp.Column) or _is_of(column, about):
            continue
        bound: BoundColumn | None = column.meta.get(COLUMN)
        if bound is None or bound.relation is None or not isinstance(part.expression, exp.Literal):
            continue
        stored = bound.column.enum or asked.values.get((bound.relation, bound.column.name), ())
        denied = [
            v
            for v in stored
            if v.casefold() != part.expression.name.casefold() and _denial(v).search(asked.question)
        ]
        value = one_of(denied)
        affirmed = exp.EQ(this=column.copy(), expression=exp.Literal.string(value or ""))
        found = _inner_query(select, about, others, asked, affirmed) if value else None
        if found is None:
            continue
        _drop_nos(select, about, asked)
        _exclude(select, about, *found)
        _once(select)
        yield f"left out what has `{value}`, too"
        return


def _none_at_all(select: exp.Select, asked: _Asked) -> Iterator[str]:
    """`sailors who have no pets`, of whose pets the draft says nothing, or that they have one."""
    about = _about(select)
    if about is None or any(True for _ in _negations(select)):
        return
    relation = asked.catalog.relation(about.meta[RELATION])
    link = relation and _denied_link(relation, asked)
    if relation is None or not link:
        return
    joined = [t for t in base_tables(select) if t is not about]
    if any(t.meta[RELATION] != link.right for t in joined) or len(joined) > 1:
        return
    if joined and (
        any(_is_of(c, joined[0]) for p in _conditions(select) for c in p.find_all(exp.Column))
        or any(select.args.get(k) for k in ("group", "having", "order"))
    ):
        return
    inner = exp.Select(expressions=[new_column(link.right.name, link.pairs[0][1])]).from_(
        new_table(link.right)
    )
    _reduce(select, about, _conditions(select))
    _drop_nos(select, about, asked)
    _exclude(select, about, link.pairs[0][0], inner)
    yield f"left out what has any of `{link.right.name}`"


def _denied_link(relation: Relation, asked: _Asked) -> Link | None:
    """The way to the one relation, of those that refer to this one, of which the question says `no`."""
    links = [
        link
        for link in asked.graph.links.get(relation.name, ())
        if link.declared and link.referred == relation.name and len(link.pairs) == 1
    ]
    for said in _NO.finditer(asked.question):
        what = [w for w in words(said["what"]) if w not in STOPWORDS]
        found = [k for k in links if set(what) & set(words(k.right.name)) - set(words(relation.name.name))]
        if (link := one_of(found)) is not None:
            return link
    return None


def _negations(tree: exp.Expr) -> Iterator[exp.Expr]:
    """What already leaves something out."""
    yield from tree.find_all(exp.Not, exp.NEQ, exp.Except, exp.Is)
    yield from (
        e
        for e in tree.find_all(exp.EQ)
        if isinstance(e.expression, exp.Literal) and e.expression.name == "0"
    )


def _about(select: exp.Select) -> exp.Table | None:
    """The one relation from which all is taken that is shown, counted, grouped and ordered by."""
    tables = list(base_tables(select))
    if len(tables) != len(list(select.find_all(exp.Table))) or any(
        j.side or j.args.get("using") for j in select.args.get("joins") or ()
    ):
        return None
    shown = [*select.expressions, *(a for k in ("group", "order") if (a := select.args.get(k)) is not None)]
    columns = [c for part in shown for c in part.find_all(exp.Column)]
    if any(COLUMN not in c.meta and c.table for c in columns):
        return None
    aliases = {c.table.casefold() for c in columns if c.table}
    if not aliases and len(tables) >= 1 and any(part.find(exp.Star) for part in shown):
        return tables[0]
    return (
        one_of([t for t in tables if t.alias_or_name.casefold() in aliases]) if len(aliases) == 1 else None
    )


def _inner_query(
    select: exp.Select, about: exp.Table, others: list[exp.Table], asked: _Asked, condition: exp.Expr
) -> tuple[str, exp.Select] | None:
    """The key of `about`, and a query of the keys that what refers to it has under the condition."""
    on = [j.args.get("on") for j in select.args.get("joins") or ()]
    edges = [e for condition in on if condition is not None for e in parts(condition)]
    between = [e for e in edges if any(_is_of(c, about) for c in e.find_all(exp.Column))]
    edge = one_of(between)
    if not isinstance(edge, exp.EQ):
        return None
    sides = [edge.this, edge.expression]
    if not all(isinstance(s, exp.Column) for s in sides):
        return None
    own = one_of([s for s in sides if _is_of(s, about)])
    other = one_of([s for s in sides if not _is_of(s, about)])
    first = other and one_of([t for t in others if _is_of(other, t)])
    if (
        own is None
        or other is None
        or not first
        or not _refers(first, other.name, about, own.name, asked.graph)
    ):
        return None
    inner = exp.Select(expressions=[other.copy()]).from_(first.copy())
    placed, left = {first.alias_or_name.casefold()}, [t for t in others if t is not first]
    rest = [e for e in edges if e is not edge]
    while left:
        ready = [
            (t, e)
            for t in left
            for e in rest
            if {c.table.casefold() for c in e.find_all(exp.Column)} - placed == {t.alias_or_name.casefold()}
        ]
        if not ready:
            return None
        table, by = ready[0]
        inner = inner.join(table.copy(), on=by.copy(), copy=False)
        placed.add(table.alias_or_name.casefold())
        left.remove(table)
        rest.remove(by)
    return own.name, inner.where(condition.copy(), copy=False) if not rest else inner


def _refers(first: exp.Table, column: str, about: exp.Table, key: str, graph: Graph) -> bool:
    """Whether several rows of `first` may belong to one of `about`."""
    name, target = first.meta[RELATION], about.meta[RELATION]
    return name != target and any(
        link.right == target
        and link.referred == target
        and [(a.casefold(), b.casefold()) for a, b in link.pairs] == [(column.casefold(), key.casefold())]
        for link in graph.links.get(name, ())
    )


def _reduce(select: exp.Select, about: exp.Table, conditions: list[exp.Expr]) -> None:
    """Leave of FROM only `about`, and of WHERE only these conditions."""
    clause = select.args["from_"]
    clause.set("this", about.copy() if clause.this is not about else about)
    select.set("joins", [])
    set_where(select, conditions)


def _exclude(select: exp.Select, about: exp.Table, key: str, inner: exp.Select) -> None:
    column = new_column(about.alias_or_name, key)
    select.where(exp.Not(this=exp.In(this=column, query=exp.Subquery(this=inner))), copy=False)


def _drop_nos(select: exp.Select, about: exp.Table, asked: _Asked) -> None:
    """`is_cook = 'no'`, made of the `no` of something else."""
    said = set(words(asked.question)) - STOPWORDS
    kept = [
        p
        for p in _conditions(select)
        if not (_says_no(p) and _is_about(p, about) and not _is_said(p, said))
    ]
    set_where(select, kept)


def _says_no(part: exp.Expr) -> bool:
    return (
        isinstance(part, exp.EQ)
        and isinstance(part.expression, exp.Literal)
        and part.expression.name.casefold() in _SAYS_NO
    )


def _is_said(part: exp.Expr, said: set[str]) -> bool:
    return any(set(words(c.name)) & said for c in part.find_all(exp.Column))


def _conditions(select: exp.Select) -> list[exp.Expr]:
    where = select.args.get("where")
    return list(parts(where.this)) if where is not None else []


def _denies(part: exp.Expr, asked: _Asked) -> bool:
    """`kind <> 'cat'`, `NOT kind = 'cat'`, `kind NOT IN ('cat', 'dog')`, `kind NOT LIKE '%cat%'`.

    And `cost <= 500` for what never cost more than 500.
    """
    if denied_comparison(part, asked.question) is not None:
        return True
    inner = part.this if isinstance(part, exp.Not) else part
    if isinstance(inner, exp.Paren):
        inner = inner.this
    literal = isinstance(inner.args.get("expression"), exp.Literal) or (
        isinstance(inner, exp.In)
        and inner.expressions
        and all(isinstance(e, exp.Literal) for e in inner.expressions)
    )
    wanted = (exp.EQ, exp.In, exp.Like, exp.ILike) if isinstance(part, exp.Not) else exp.NEQ
    return isinstance(inner, wanted) and bool(literal) and isinstance(inner.this, exp.Column)


def _affirmed(part: exp.Expr, asked: _Asked) -> exp.Expr:
    if (compared := denied_comparison(part, asked.question)) is not None:
        return compared
    if isinstance(part, exp.Not):
        inner: exp.Expr = part.this
        return inner.copy()
    return exp.EQ(this=part.this.copy(), expression=part.expression.copy())


def _is_about(part: exp.Expr, about: exp.Table) -> bool:
    return all(_is_of(c, about) for c in part.find_all(exp.Column))


def _is_of(column: exp.Expr, table: exp.Table) -> bool:
    return isinstance(column, exp.Column) and column.table.casefold() == table.alias_or_name.casefold()
