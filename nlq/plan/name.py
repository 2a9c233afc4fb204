"""Names for the columns of a query: each its own, so that rows can be objects and stars mean one thing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlglot import exp


def names_of_outputs(
    select: exp.Select, reserved: Collection[str] = (), *, tells_case: bool = False
) -> list[str]:
    """A name of its own for each column of the result; given names stay where they can.

    `reserved` are folded names that no name of ours may be: a bare name of ORDER BY or GROUP BY may mean
    a column, and must not come to mean our name. With `tells_case`, names that differ in case alone are
    two names.
    """
    names: dict[str, None] = {}
    taken = set(reserved)
    folded: set[str] = set()
    for position, item in enumerate(select.expressions, start=1):
        name = output_name(item) if isinstance(item, (exp.Alias, exp.Column)) else ""
        if not name or (name in names if tells_case else name.casefold() in folded):
            wanted = name or _describe(item) or f"column_{position}"
            if name and isinstance(item, exp.Column) and item.table:
                wanted = f"{item.table}_{name}"
            name = _unique(wanted, taken)
        names[name] = None
        folded.add(name.casefold())
        taken.add(name.casefold())
    return list(names)


def name_outputs(select: exp.Select, names: Iterable[str]) -> None:
    """Call the columns of the result by `names`, in place."""
    items: list[exp.Expr] = []
    for item, name in zip(list(select.expressions), names, strict=True):
        if output_name(item) == name and isinstance(item, (exp.Alias, exp.Column)):
            items.append(item)
        else:
            items.append(exp.alias_(item.unalias(), exp.to_identifier(name, quoted=True), copy=False))
    select.set("expressions", items)


def output_name(item: exp.Expr) -> str:
    """What the column of the result is called that this item of a SELECT list makes; empty if unknown."""
    return item.alias_or_name or item.output_name


def _unique(wanted: str, taken: Collection[str]) -> str:
    name, count = wanted, 2
    while name.casefold() in taken:
        name, count = f"{wanted}_{count}", count + 1
    return name


def _describe(item: exp.Expr) -> str:
    """A name for an expression without one: `count`, `sum_total`, `month`."""
    if isinstance(item, (exp.Round, exp.Window, exp.Filter, exp.Coalesce, exp.Paren)):
        return item.this.name if isinstance(item.this, exp.Column) else _describe(item.this)
    if isinstance(item, (exp.TimestampTrunc, exp.DateTrunc)):
        return item.text("unit").lower()
    if isinstance(item, exp.Extract):
        return item.name.lower()
    if not isinstance(item, exp.Func) or isinstance(item, (exp.Case, exp.Cast)):
        return ""
    function = (item.name if isinstance(item, exp.Anonymous) else item.sql_name()).lower()
    inner = item.this if isinstance(item.this, exp.Expr) else None
    column = inner if isinstance(inner, exp.Column) else (inner.find(exp.Column) if inner else None)
    return f"{function}_{column.name}" if column is not None and function != "count" else function
