"""What is counted, summed and read, where the question says otherwise: mended without the model.

How many people live somewhere is not how many rows there are, where a column counts them already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import NUMBERS, Catalog, Column, Relation, family
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import (
    Rule,
    apply_in_turn,
    base_tables,
    join_relation,
    likeliest,
    new_column,
    new_join,
    new_table,
    number_of,
    one_of,
)
from nlq.compiler.words import HOW_MANY, words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_ASKS_HOW_MANY = re.compile(
    r"\W*(?:how many\b(?! times)|what (?:is|are|was|were) the (?:total )?number of (?P<what>\w+))",
    re.IGNORECASE,
)
_ONCE = re.compile(r"\b(?:different|distinct|unique|average|mean)\b", re.IGNORECASE)
_PEOPLE = frozenset(("person", "inhabitant", "resident", "citizen"))


def mend_measures(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select):
        return ()
    rules: tuple[Rule, ...] = (
        _sum_what_counts,
        _count_what_is_asked,
        _count_what_refers,
        _count_what_is_said,
        _count_those_asked_for,
        _count_what_has_it,
        _take_the_owner,
    )
    return apply_in_turn(rules, tree, catalog, question)


def _sum_what_counts(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`how many people live in Texas`: the population, not the number of rows that have one."""
    counts = list(select.find_all(exp.Count))
    said = HOW_MANY.search(question)
    if said is None or len(counts) != 1 or _ONCE.search(question):
        return
    count = counts[0]
    if not isinstance(count.this, exp.Star | exp.Column) or not any(
        count in e.walk() for e in select.expressions
    ):
        return
    what = words(said["what"])
    together = words(said["what"].replace("-", ""))  # a `checkin`, and check-ins
    named = [r.name for r in catalog if {*what, *together} & set(words(r.name.name))]
    found = []
    for table in base_tables(select):
        relation = catalog.relation(table.meta[RELATION])
        if relation is None or named not in ([], [relation.name]):
            continue
        # Of what is called so itself, only a column `count` counts it: a check-in may stand for several.
        meant = ("count",) if named else what
        found += [
            (table, column) for column in relation.columns if _counts(column, relation, meant, catalog)
        ]
    if len(found) != 1:
        return
    table, column = found[0]
    count.replace(exp.Sum(this=new_column(table.alias_or_name, column.name)))
    yield f"summed `{column.name}`, which counts them, instead of counting rows"


def _counts(column: Column, relation: Relation, what: tuple[str, ...], catalog: Catalog) -> bool:
    """Whether the column is a number of those."""
    keys = {name for key in relation.foreign_keys for name in key.columns} | set(relation.primary_key)
    own = tuple(w for w in words(column.name) if w not in words(relation.name.name)) or words(column.name)
    is_meant = what in (own, number_of(column.name)) or (own == ("population",) and set(what) <= _PEOPLE)
    return is_meant and column.name not in keys and family(column.type, catalog.dialect) in NUMBERS


def _count_what_refers(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT name, count(*) FROM clubs GROUP BY name`, for the members of each: a club is one row."""
    table = one_of(list(base_tables(select)))
    group = select.args.get("group")
    if (
        table is None
        or group is None
        or any(select.args.get(k) for k in ("where", "joins", "having", "with_"))
    ):
        return
    counted = {count.this for count in select.find_all(exp.Count)}
    said = HOW_MANY.search(question)
    relation = catalog.relation(table.meta[RELATION])
    if relation is None or said is None or len(counted) != 1:
        return
    if not all(isinstance(one, exp.Star | exp.Column) for one in counted):
        return
    keys = [e for e in group.expressions if isinstance(e, exp.Column)]
    names = {name for key in relation.keys for name in key} | set(relation.primary_key)
    if len(keys) != 1 or len(group.expressions) != 1:
        return
    key = keys[0].name
    own = words(relation.name.name)
    if key not in names and words(key) not in (("name",), ("title",), (*own, "name"), (*own, "title")):
        return
    what = set(words(said["what"]))
    if what & set(own) or any(what & set(words(c.name)) for c in relation.columns):
        return
    links = [
        k
        for k in Graph.of(catalog).links.get(relation.name, ())
        if k.declared and k.referred == relation.name
    ]
    named = [k for k in links if what & set(words(k.right.name))]
    meant = one_of([r.name for r in catalog if words(r.name.name) == words(said["what"])])
    link = one_of(named) or (one_of(links) if not named and meant is None else None)
    if link is not None:
        select.append("joins", new_join(table.alias_or_name, link, link.right.name))
        meant = link.right
    elif meant is None or not join_relation(select, meant, Graph.of(catalog), frozenset(words(question))):
        return
    yield f"counted `{meant.name}` of each, for each `{relation.name.name}` is one"


def _count_what_is_said(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`the number of letters of each kind`, where the forms of each kind are counted that letters use."""
    said, tables = HOW_MANY.search(question), list(base_tables(select))
    if said is None or not select.args.get("group") or not tables:
        return
    if any(select.args.get(k) for k in ("where", "having", "with_")) or select.find(exp.Subquery):
        return
    counted = {count.this for count in select.find_all(exp.Count)}
    if len(counted) != 1 or not all(isinstance(one, exp.Star | exp.Column) for one in counted):
        return
    what = words(said["what"])
    # `how many car makers`: of makers, not of cars.
    named = {word for r in catalog for word in words(r.name.name)}
    meant = one_of([r for r in catalog if words(r.name.name) == what])
    if said["of"] and set(words(said["of"])) & named:
        return
    read = [catalog.relation(t.meta[RELATION]) for t in tables]
    if meant is None or any(t.name == meant.name.name for t in select.find_all(exp.Table)):
        return
    if any(set(what) & set(words(c.name)) for r in read if r is not None for c in r.columns):
        return
    ways = Graph.of(catalog).reach([meant.name])
    if not any(all(k.referred == k.right for k in way) for r in read if r for way in ways.get(r.name, ())):
        return
    if join_relation(select, meant.name, Graph.of(catalog), frozenset(words(question))):
        yield f"counted `{meant.name.name}`, which are asked for"


def _count_what_has_it(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`count(*) FROM gender WHERE gender = 'F'` is 1: those are counted that have it."""
    table = one_of(list(base_tables(select)))
    relation = catalog.relation(table.meta[RELATION]) if table is not None else None
    if table is None or relation is None or len(relation.primary_key) != 1 or len(relation.columns) != 2:
        return
    if any(select.args.get(k) for k in ("joins", "group", "having", "with_")):
        return
    shown = [item.unalias() for item in select.expressions]
    if not shown or not all(item.find(exp.Count, exp.Sum) for item in shown):
        return
    text = one_of([c.name for c in relation.columns if c.name not in relation.primary_key])
    compared = [
        node.this.name
        for node in select.find_all(exp.EQ, exp.In)
        if isinstance(node.this, exp.Column) and node.find(exp.Literal)
    ]
    if not compared or any(name != text for name in compared):
        return
    links = [
        link
        for link in Graph.of(catalog).links.get(relation.name, ())
        if link.declared and link.referred == relation.name
    ]
    asked = set(words(question))
    link = one_of(links) or one_of([k for k in links if set(words(k.right.name)) <= asked])
    if link is None:
        return
    select.append("joins", new_join(table.alias_or_name, link, link.right.name))
    yield f"counted `{link.right.name}`, not the one row of `{relation.name.name}`"


def _count_those_asked_for(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`count(*) FROM ward WHERE floor = 2` for patients there: of the ward nobody speaks."""
    said = HOW_MANY.search(question)
    if said is None or any(select.args.get(k) for k in ("group", "having", "order", "limit", "with_")):
        return
    what = words(said["what"])
    meant = one_of([r for r in catalog if words(r.name.name) == what])
    present = [t.meta[RELATION] for t in base_tables(select)]
    if meant is None or not present or meant.name in present or not select.find(exp.Literal):
        return
    if any(set(words(name.name)) & set(words(question)) for name in present):
        return
    if not all(_counts_rows(item.unalias()) for item in select.expressions):
        return
    path = likeliest(Graph.of(catalog).reach(present).get(meant.name, []), frozenset(words(question)))
    # One way only, each step to what refers to the last: rows of what is meant, each once.
    if path is None or any(link.referred != link.left for link in path):
        return
    if join_relation(select, meant.name, Graph.of(catalog), frozenset(words(question))):
        yield f"counted `{meant.name.name}`, not `{present[0].name}`"


def _counts_rows(item: exp.Expr) -> bool:
    """Whether the item is made of counts of rows alone, all of them or some."""
    measures = list(item.find_all(exp.AggFunc))
    return bool(measures) and all(
        (isinstance(m, exp.Count) and isinstance(m.this, exp.Star))
        or (isinstance(m, exp.Sum) and isinstance(m.this, exp.Case | exp.EQ))
        for m in measures
    )


def _count_what_is_asked(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`how many reviews`, where the draft has the average of a rating that nobody speaks of."""
    said = _ASKS_HOW_MANY.match(question)
    if said is None or _ONCE.search(question) or len(list(select.find_all(exp.Select))) > 1:
        return
    shown = [a for item in select.expressions for a in item.find_all(exp.AggFunc)]
    kinds = (exp.Avg, exp.Min, exp.Max, exp.Sum) if said["what"] else (exp.Avg, exp.Min, exp.Max)
    wrong = one_of([a for a in shown if isinstance(a, kinds)])
    if wrong is None or not isinstance(wrong.this, exp.Column):
        return
    if len(shown) > 2 or set(words(wrong.this.name)) & {*words(question), "count", "number", "quantity"}:
        return
    present = [words(t.meta[RELATION].name) for t in base_tables(select)]
    if isinstance(wrong, exp.Sum) and (len(shown) > 1 or words(said["what"]) not in present):
        return
    item = wrong.parent if isinstance(wrong.parent, exp.Alias) else wrong
    old, count = wrong.this.name, exp.Count(this=exp.Star())
    ordered = [
        o for o in select.find_all(exp.Ordered) if o.this.name == item.alias_or_name or o.this == wrong
    ]
    if len(shown) == 2:
        if not isinstance(one_of([a for a in shown if a is not wrong]), exp.Count) or ordered:
            return
        select.set("expressions", [e for e in select.expressions if e is not item])
        yield f"left out what `{old}` is, for only how many there are is asked"
        return
    item.replace(count)
    for one in ordered:
        one.set("this", count.copy())
    yield f"counted, for how many there are is asked, not what `{old}` is"


def _take_the_owner(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT population FROM city WHERE state_name = 'texas'`, where nothing says that a city is meant."""
    table = one_of(list(base_tables(select)))
    columns = list(select.find_all(exp.Column))
    if table is None or select.find(exp.Subquery) or select.args.get("joins") or select.find(exp.Star):
        return
    here = catalog.relation(table.meta[RELATION])
    where = select.args.get("where")
    equal = where.this if where is not None else None
    if here is None or not isinstance(equal, exp.EQ) or not isinstance(equal.this, exp.Column):
        return
    bound: BoundColumn | None = equal.this.meta.get(COLUMN)
    if bound is None or not isinstance(equal.expression, exp.Literal) or not equal.expression.is_string:
        return
    asked = set(words(question)) - set(words(equal.expression.name))
    if set(words(here.name.name)) & asked:
        return
    owners = [
        k
        for k in Graph.of(catalog).links.get(here.name, ())
        if k.referred == k.right and [a for a, _ in k.pairs] == [bound.column.name]
    ]
    called = [k for k in owners if set(words(k.right.name)) <= set(words(bound.column.name))]
    owner = one_of(called) or one_of(owners)
    there = catalog.relation(owner.right) if owner else None
    if owner is None or there is None:
        return
    renamed = {bound.column.name: owner.pairs[0][1]}
    if not all(c.name in renamed or there.column(c.name) is not None for c in columns):
        return
    old = table.alias_or_name
    table.replace(new_table(there.name, old))
    for column in columns:
        if column.name in renamed:
            column.replace(new_column(old, renamed[column.name]))
    yield f"read `{there.name.name}`, which `{equal.expression.name}` is one of, not `{here.name.name}`"
