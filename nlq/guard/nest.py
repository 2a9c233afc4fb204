"""Pass 4: a flat SELECT becomes one whose rows hold lists, where the result is to be nested.

It comes after the relations were restricted: what a list is made of are the same subqueries of permitted
rows. Drafts cannot do this themselves, for what builds lists is on no allow-list.

DuckDB and Postgres give a list as an array for each of its columns, in the types that they have; SQLite,
which has no arrays, as the text of a JSON array. `nlq.plan.nested.fold` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from nlq.catalog import Dialect, family
from nlq.guard.context import Context
from nlq.plan.divide import Part, divide
from nlq.plan.nested import Path

_NUMBER = "__n"
_ARRAYS = frozenset(
    "integer decimal float text boolean date timestamp time uuid bytes interval json".split()
)
"""Families whose arrays Postgres gives in their types; what else there is, it gives as text."""


def nest(tree: exp.Expr, context: Context) -> exp.Expr:
    """The tree with lists in its rows; itself where the result is flat.

    Notes in `context.cells` what each column of it is. Raises `plan.not_nestable`.
    """
    if not context.paths:
        return tree
    divided = divide(tree, context.paths)
    dialect = context.catalog.dialect
    types = {path: column.type for path, column in zip(context.paths, context.columns, strict=True)}
    select = _select(divided.outer)
    if (clause := tree.args.get("with_")) is not None:
        select.set("with_", clause.copy())
    context.cells = [(path,) for path, _ in divided.outer.shown]
    for at, part in enumerate(divided.lists.values()):
        if dialect == "sqlite":
            context.cells.append(tuple(path for path, _ in part.shown))
            select.append("expressions", exp.Subquery(this=_texts(part)))
            if part.needs:
                some = _rows(part)
                some.set("expressions", [exp.Literal.number(1)])
                select.where(exp.Exists(this=some), copy=False)
        else:
            context.cells += ((path,) for path, _ in part.shown)
            _join_arrays(select, part, f"__list{at}", types, dialect)
    _name(select)
    return select


def _select(part: Part) -> exp.Select:
    """The rows of a part."""
    select = exp.Select(expressions=[expression for _, expression in part.shown])
    first, *others = part.sources
    select.set("from_", exp.From(this=first))
    select.set("joins", [*(exp.Join(this=o, on=exp.true()) for o in others), *part.left])
    if part.conditions:
        select.set("where", exp.Where(this=_all(part.conditions)))
    if part.order:
        select.set("order", exp.Order(expressions=part.order))
    if part.limit is not None:
        select.set("limit", exp.Limit(expression=part.limit))
    if part.offset is not None:
        select.set("offset", exp.Offset(expression=part.offset))
    return select


def _rows(part: Part) -> exp.Select:
    """The items of a list by `c0`, `c1`…, and by `__n` their number in its order."""
    rows = _select(part)
    for key in ("order", "limit"):
        rows.set(key, None)
    order = exp.Order(expressions=part.order) if part.order else None
    number = exp.Window(this=exp.RowNumber(), order=order)
    named = [*(e for _, e in part.shown), number]
    names = [*(f"c{at}" for at in range(len(part.shown))), _NUMBER]
    rows.set("expressions", [_alias(e.copy(), n) for e, n in zip(named, names, strict=True)])
    return rows.copy()


def _items(part: Part, alias: str, shown: Iterable[exp.Expr]) -> exp.Select:
    items = exp.Select(expressions=list(shown)).from_(
        exp.Subquery(this=_rows(part), alias=exp.TableAlias(this=_identifier(alias))), copy=False
    )
    if part.limit is not None:
        items.where(exp.LTE(this=_column(alias, _NUMBER), expression=part.limit.copy()), copy=False)
    return items


def _join_arrays(
    select: exp.Select, part: Part, name: str, types: dict[Path, str], dialect: Dialect
) -> None:
    """Join an array for each column of the list, and show it."""
    arrays = []
    for at, (path, _) in enumerate(part.shown):
        value: exp.Expr = _column(name, f"c{at}")
        if dialect == "postgres" and path in types and family(types[path], dialect) not in _ARRAYS:
            value = exp.cast(value, "TEXT", dialect=dialect)
        ordered = exp.Order(this=value, expressions=[exp.Ordered(this=_column(name, _NUMBER))])
        arrays.append(_alias(exp.ArrayAgg(this=ordered), f"c{at}"))
        select.append("expressions", _column(name, f"c{at}"))
    items = _items(part, name, arrays)
    if part.needs:
        some = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(0))
        items.set("having", exp.Having(this=some))
    lateral = exp.Lateral(this=exp.Subquery(this=items), alias=exp.TableAlias(this=_identifier(name)))
    side = None if part.needs else "LEFT"
    select.append("joins", exp.Join(this=lateral, side=side, on=exp.true()))


def _texts(part: Part) -> exp.Select:
    """One JSON array of an array for each column of the list."""
    name = "__list"
    values = [
        exp.Anonymous(this="json_group_array", expressions=[_column(name, f"c{at}")])
        for at in range(len(part.shown))
    ]
    items = _items(part, name, [exp.Anonymous(this="json_array", expressions=values)])
    # Aggregates of SQLite before 3.44 take rows as they come, and so a query in FROM has to sort them.
    rows = items.args["from_"].this.this
    rows.set("order", exp.Order(expressions=[exp.Ordered(this=_identifier(_NUMBER), nulls_first=True)]))
    return items


def _name(select: exp.Select) -> None:
    """Give each column a name of its own; whose value it is, `context.cells` says."""
    shown = [_alias(e, f"__{at}") for at, e in enumerate(select.expressions)]
    select.set("expressions", shown)


def _all(conditions: Iterable[exp.Expr]) -> exp.Expr:
    return exp.and_(*(c.copy() for c in conditions), copy=False)


def _alias(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, _identifier(name), copy=False)


def _column(table: str, name: str) -> exp.Column:
    return exp.column(_identifier(name), table=_identifier(table))


def _identifier(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)
