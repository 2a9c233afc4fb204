"""What `the most` is measured by, where the draft orders by something else: mended without the model.

Small models count rows where a column has the number, and take the largest row where all of them together
are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import DAYS, NUMBERS, Catalog, family
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import Rule, base_tables, has_several, new_column, new_table, number_of, one_of
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_MOST_OF = re.compile(
    r"\b(?:most|fewest|(?:largest|highest|greatest|smallest|lowest) number of)\s+(?P<what>\w+)",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"\b(?:in total|altogether|all together|in all|overall)\b", re.IGNORECASE)
_TOTAL = re.compile(
    r"\b(?:largest|highest|greatest|biggest|smallest|lowest) total(?! number)\b", re.IGNORECASE
)
"""The sum of each, unless a column is called so: `the highest total amount`."""
_LATEST = re.compile(
    r"\b(?:(?P<late>most recent|latest|newest|last)|earliest|oldest|first)\s+(?P<what>\w+)", re.IGNORECASE
)
_EXTREME = re.compile(
    r"\b(?:most|least|highest|largest|greatest|biggest|lowest|smallest|max(?:imum)?|min(?:imum)?|cheapest|dearest)\b",
    re.IGNORECASE,
)
_HOW_COMMON = re.compile(
    r"\b(?P<how>(?P<few>rarest|least (?:common|popular|frequent|used))|commonest"
    r"|most (?:common|popular|frequent|used))\s+(?P<what>\w+(?: \w+)?)",
    re.IGNORECASE,
)
_MOST = re.compile(r"\b(?:most|fewest|least|top|largest|highest|greatest)\b", re.IGNORECASE)
_RECENT = re.compile(
    r"\b(?:recent(?:ly)?|latest|newest|(?:first|last)(?! names?\b)|earliest|oldest|new|ids?)\b",
    re.IGNORECASE,
)
"""What a key may stand for: later rows have larger ones."""


def mend_superlative(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select):
        return ()
    rules: tuple[Rule, ...] = (
        _of_each,
        _by_the_number,
        _by_the_sum,
        _by_how_many,
        _of_the_latest,
        _of_the_rarest,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _of_each(select: exp.Select, catalog: Catalog, _question: str) -> Iterator[str]:
    """`SELECT name … ORDER BY sum(cost) LIMIT 1`: the sum of each, not of all, which engines refuse."""
    shown = [e.unalias() for e in select.expressions]
    measures = [a for order in _ordered(select) for a in order.find_all(exp.AggFunc)]
    if not any(a.find_ancestor(exp.Select, exp.Window) is select for a in measures) or not shown:
        return
    if any(select.args.get(k) for k in ("group", "having", "distinct", "with_")):
        return
    columns = [c for c in shown if isinstance(c, exp.Column)]
    if len(columns) != len(shown):
        return
    aliases = {c.table for c in columns}
    about = one_of([t for t in base_tables(select) if aliases == {t.alias_or_name}])
    relation = catalog.relation(about.meta[RELATION]) if about is not None else None
    keys = relation.primary_key if relation is not None else ()
    names = dict.fromkeys((*keys, *(c.name for c in columns)))
    grouped = [new_column(about.alias_or_name, name) for name in names] if about is not None else columns
    select.set("group", exp.Group(expressions=[c.copy() for c in grouped]))
    yield "ordered by the measure of each " + ", ".join(f"`{c.name}`" for c in columns)


def _by_the_number(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`who has the most tours`, where `tours` is a number and the draft counts rows."""
    order, limit = one_of(_ordered(select)), select.args.get("limit")
    said = list(_MOST_OF.finditer(question))
    if limit is None or limit.expression.name != "1":
        return
    if order is None or len(said) != 1 or not isinstance(order.this, exp.Count):
        return
    if select.find(exp.Subquery) or any(select.args.get(k) for k in ("having", "with_")):
        return
    if not isinstance(order.this.this, exp.Star | exp.Column):
        return
    if any(item.find(exp.AggFunc) for item in select.expressions):
        return
    what = words(said[0]["what"])
    if any(set(what) & set(words(r.name.name)) for r in catalog):
        return
    found = []
    for table in base_tables(select):
        relation = catalog.relation(table.meta[RELATION])
        for column in relation.columns if relation is not None else ():
            called = (words(column.name), number_of(column.name))
            if what in called and family(column.type, catalog.dialect) in NUMBERS:
                found.append((table.alias_or_name, column.name))
    if len(found) != 1:
        return
    order.set("this", new_column(*found[0]))
    select.set("group", None)
    yield f"ordered by `{found[0][1]}`, which is their number, instead of counting rows"


def _by_the_sum(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`who paid the most in total`, where the draft has the largest of all that was paid at once."""
    order = one_of(_ordered(select)) if select.args.get("limit") is not None else None
    if order is None or not isinstance(order.this, exp.Column):
        return
    if not _TOGETHER.search(question) and not _TOTAL.search(question):
        return
    if any(select.args.get(k) for k in ("group", "having", "distinct", "with_")) or select.find(
        exp.AggFunc
    ):
        return
    shown = [e.unalias() for e in select.expressions]
    aliases = {c.table for c in shown if isinstance(c, exp.Column)}
    tables = list(base_tables(select))
    about = one_of([t for t in tables if aliases == {t.alias_or_name}])
    paid = one_of([t for t in tables if t.alias_or_name == order.this.table])
    bound: BoundColumn | None = order.this.meta.get(COLUMN)
    if about is None or paid is None or paid is about or bound is None:
        return
    if not _TOGETHER.search(question) and "total" in words(bound.column.name):
        return
    relation = catalog.relation(about.meta[RELATION])
    if relation is None or not relation.primary_key or not all(isinstance(c, exp.Column) for c in shown):
        return
    if family(bound.column.type, catalog.dialect) not in NUMBERS or not has_several(about, paid, catalog):
        return
    keys = [new_column(about.alias_or_name, key) for key in relation.primary_key]
    rest = [c.copy() for c in shown if c.name not in relation.primary_key]
    select.set("group", exp.Group(expressions=[*keys, *rest]))
    order.set("this", exp.Sum(this=order.this.copy()))
    yield f"ordered by `{bound.column.name}` of each `{relation.name.name}` in total"


def _by_how_many(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`ORDER BY goals.id DESC LIMIT 1`, for who scored the most goals: a key measures nothing."""
    order, limit = one_of(_ordered(select)), select.args.get("limit")
    if limit is None or order is None or not isinstance(order.this, exp.Column) or _RECENT.search(question):
        return
    if not _MOST.search(question) or any(
        select.args.get(k) for k in ("group", "having", "distinct", "with_")
    ):
        return
    shown = [e.unalias() for e in select.expressions]
    aliases = {c.table for c in shown if isinstance(c, exp.Column)}
    tables = list(base_tables(select))
    about = one_of([t for t in tables if aliases == {t.alias_or_name}])
    counted = one_of([t for t in tables if t.alias_or_name == order.this.table])
    if about is None or counted is None or counted is about or not has_several(about, counted, catalog):
        return
    relation, rows = catalog.relation(about.meta[RELATION]), catalog.relation(counted.meta[RELATION])
    if relation is None or rows is None or rows.primary_key != (order.this.name,):
        return
    if not relation.primary_key or not all(isinstance(c, exp.Column) for c in shown):
        return
    names = dict.fromkeys((*relation.primary_key, *(c.name for c in shown)))
    keys = [new_column(about.alias_or_name, name) for name in names]
    select.set("group", exp.Group(expressions=keys))
    order.set("this", exp.Count(this=exp.Star()))
    yield f"ordered by how many `{counted.name}` each `{about.name}` has, not by a key"


def _of_the_latest(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`the cost of the most recent treatment`, where the draft has the highest of all."""
    said, table = _LATEST.search(question), one_of(list(base_tables(select)))
    shown = one_of(select.expressions)
    extreme = shown.unalias() if shown is not None else None
    if said is None or table is None or _EXTREME.search(_LATEST.sub(" ", question)):
        return
    if not isinstance(extreme, exp.Max | exp.Min) or not isinstance(extreme.this, exp.Column):
        return
    if any(select.args.get(k) for k in ("group", "having", "order", "limit", "joins", "with_")):
        return
    relation = catalog.relation(table.meta[RELATION])
    if relation is None or not set(words(said["what"])) & set(words(relation.name.name)):
        return
    dates = [
        c.name
        for c in relation.columns
        if family(c.type, catalog.dialect) in DAYS or "date" in words(c.name)
    ]
    when = one_of(dates)
    if when is None or extreme.this.name == when:
        return
    extreme.replace(extreme.this.copy())
    by = exp.Ordered(this=new_column(table.alias_or_name, when), desc=bool(said["late"]))
    select.set("order", exp.Order(expressions=[by]))
    select.set("limit", exp.Limit(expression=exp.Literal.number(1)))
    yield f"showed it of the one that comes {'last' if said['late'] else 'first'} by `{when}`"


def _of_the_rarest(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`the horses of the rarest breed`, where the draft has one horse, of the first breed by its name."""
    said, order, limit = _HOW_COMMON.search(question), one_of(_ordered(select)), select.args.get("limit")
    if said is None or order is None or limit is None or limit.expression.name != "1":
        return
    if select.find(exp.Subquery) or any(select.args.get(k) for k in ("having", "with_", "distinct")):
        return
    tables = list(base_tables(select))
    shown = [e.unalias() for e in select.expressions]
    if not all(isinstance(c, exp.Column) for c in shown):
        return
    found = [
        (table, own, kind.name)
        for kind in tables
        if set(words(said["what"])) & set(words(kind.meta[RELATION].name))
        for table in tables
        if any(c.table == table.alias_or_name for c in shown)
        and not any(c.table == kind.alias_or_name for c in shown)
        for own in _keys_to(table, kind, catalog)
    ]
    bound: BoundColumn | None = order.this.meta.get(COLUMN)
    is_measured = bound is not None and family(bound.column.type, catalog.dialect) in NUMBERS
    if len(found) != 1 or is_measured or not isinstance(order.this, exp.Column | exp.Count):
        return
    about, key, of = found[0]
    counted = exp.Ordered(this=exp.Count(this=exp.Star()), desc=not said["few"])
    own = new_column(about.name, key)
    least = exp.Select(expressions=[own]).from_(new_table(about.meta[RELATION])).group_by(own.copy())
    relation = catalog.relation(about.meta[RELATION])
    known = relation.column(key) if relation is not None else None
    if known is None or known.nullable:
        # Those of no kind are no kind, however few.
        least = least.where(exp.Not(this=exp.Is(this=own.copy(), expression=exp.Null())))
    least.set("order", exp.Order(expressions=[counted]))
    least.set("limit", exp.Limit(expression=exp.Literal.number(1)))
    for clause in ("order", "limit", "group"):
        select.set(clause, None)
    column = new_column(about.alias_or_name, key)
    select.where(exp.EQ(this=column, expression=exp.Subquery(this=least)), copy=False)
    how = said["how"].casefold()
    yield f"took all of the {how} of `{of}`, by how many `{about.name}` have each `{key}`"


def _keys_to(table: exp.Table, kind: exp.Table, catalog: Catalog) -> list[str]:
    """The columns of the relation that refer to the other, where one does alone."""
    links = Graph.of(catalog).links.get(table.meta[RELATION], ())
    target = kind.meta[RELATION]
    return [
        link.pairs[0][0]
        for link in links
        if link.declared and link.right == link.referred == target and len(link.pairs) == 1
    ]


def _ordered(select: exp.Select) -> list[exp.Ordered]:
    order = select.args.get("order")
    return list(order.expressions) if order is not None else []
