"""What notes spell out, `ratio = DIVIDE(SUM(sex = 'F'), SUM(sex = 'M'))`, is what is told.

Small models count both and forget to divide, or filter by what only one side is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import (
    base_tables,
    join_relation,
    likeliest,
    new_column,
    one_of,
    parts,
    set_where,
)
from nlq.compiler.notes import Note, conditions, is_said, owners
from nlq.compiler.words import without_notes, words
from nlq.plan.meta import RELATION

_ARITHMETIC = (exp.Div, exp.Sub, exp.Add, exp.Mul)
_MEASURES = frozenset(
    """
    average change difference exceed fraction gap growth higher increase lower mean more much part percent
    percentage proportion rate ratio share slower sum total
    """.split()
)
"""Words of questions that may be answered by one figure."""


def mend_formulas(
    tree: exp.Expr, catalog: Catalog, question: str, notes: Sequence[Note]
) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    formula = one_of([note for note in notes if _is_formula(note)])
    if formula is None or not isinstance(tree, exp.Select) or tree.args.get("with_"):
        return ()
    asked = without_notes(question)
    if not is_said(formula, asked) and not _MEASURES & set(words(asked)):
        return ()
    item = _measure(tree)
    meant = formula.means[0]
    if item is None:
        return ()
    if plain(item.unalias()) == plain(meant):
        return _drop_numbers(tree, meant, notes)
    resolved = resolve(meant, tree, catalog, question, repeats=False)
    if resolved is None:
        return ()
    names = [e for e in tree.expressions if isinstance(e.unalias(), exp.Column)] if _groups(tree) else []
    tree.set("expressions", [*names, resolved])
    if not _groups(tree):
        for key in ("order", "limit", "group"):
            tree.set(key, None)
    _drop_told(tree, meant)
    _drop_numbers(tree, meant, notes)
    return (f"told `{formula.said}` as the notes of the question spell it out",)


def _is_formula(note: Note) -> bool:
    one = one_of(note.means)
    return (
        one is not None
        and not isinstance(one.unnest(), exp.Predicate | exp.And | exp.Or | exp.Not)
        and one.find(*_ARITHMETIC) is not None
        and one.find(exp.AggFunc) is not None
    )


def _groups(select: exp.Select) -> bool:
    """Whether the figure is told for each of something that is shown beside it."""
    shown = [e for e in select.expressions if isinstance(e.unalias(), exp.Column)]
    return bool(select.args.get("group")) and bool(shown)


def _measure(select: exp.Select) -> exp.Expr | None:
    """The item in whose place the formula stands: the only one, or all where all are figures."""
    items = [e for e in select.expressions if not isinstance(e.unalias(), exp.Column)]
    if not items or select.args.get("from_") is None or select.args.get("having"):
        return None
    if any(item.find(exp.Select) for item in items) or not all(item.find(exp.AggFunc) for item in items):
        return None
    if _groups(select):
        return one_of(items)
    if select.args.get("distinct") or (select.args.get("group") and not select.args.get("limit")):
        return None
    return items[0] if len(items) == len(select.expressions) else None


def plain(node: exp.Expr) -> str:
    """The expression without what makes no difference: tables, quotes, casts, brackets."""
    holder = exp.Paren(this=node.copy())
    for part in reversed(list(holder.this.find_all(exp.Paren, exp.Cast))):
        part.replace(part.this)
    for division in holder.this.find_all(exp.Div):
        division.set("typed", None)
    for column in list(holder.this.find_all(exp.Column)):
        column.replace(exp.column(exp.to_identifier(column.name.casefold())))
    return str(holder.this.sql(dialect="sqlite")).casefold()


def resolve(
    meant: exp.Expr, select: exp.Select, catalog: Catalog, question: str, *, repeats: bool = True
) -> exp.Expr | None:
    """The expression over what is in FROM, to which what it needs is joined; None where that is unclear.

    Without `repeats`, nothing is joined that rows of FROM may have several of.
    """
    holder = exp.Paren(this=meant.copy())
    before = list(select.args.get("joins") or ())
    joined: dict[RelationName, str] = {}
    for column in list(holder.this.find_all(exp.Column)):
        places = owners(column, catalog)
        place = _place(places, select, joined)
        if place is None and isinstance(column.parent, exp.Count) and _is_key(column, places):
            column.replace(exp.Star())
            continue
        if place is None and not _is_here(places, select) and (owner := one_of(places)) is not None:
            alias = _join(owner[0].name, select, catalog, question, repeats=repeats)
            if alias is not None:
                joined[owner[0].name] = alias
                place = (alias, owner[1])
        if place is None:
            select.set("joins", before)
            return None
        column.replace(new_column(*place))
    found: exp.Expr = holder.this
    return found


def _join(
    target: RelationName, select: exp.Select, catalog: Catalog, question: str, *, repeats: bool
) -> str | None:
    graph, said = Graph.of(catalog), frozenset(words(question))
    present = [table.meta[RELATION] for table in base_tables(select)]
    path = likeliest(graph.reach(present).get(target, []), said)
    if path is None or not (repeats or all(link.referred == link.right for link in path)):
        return None
    return join_relation(select, target, graph, said)


def _place(
    places: Sequence[tuple[Relation, str]], select: exp.Select, joined: Mapping[RelationName, str]
) -> tuple[str, str] | None:
    """Where in FROM the column is: its one place, or that where it is the key of its own relation."""
    here = [
        (table.alias_or_name, name, relation.primary_key == (name,))
        for table in base_tables(select)
        for relation, name in places
        if table.meta[RELATION] == relation.name
    ]
    here += [(joined[r.name], name, r.primary_key == (name,)) for r, name in places if r.name in joined]
    only = one_of(here) or one_of([place for place in here if place[2]])
    return (only[0], only[1]) if only is not None else None


def _is_here(places: Sequence[tuple[Relation, str]], select: exp.Select) -> bool:
    present = {table.meta[RELATION] for table in base_tables(select)}
    return any(relation.name in present for relation, _ in places)


def _is_key(column: exp.Column, places: Sequence[tuple[Relation, str]]) -> bool:
    return all(name in relation.primary_key for relation, name in places)


def _drop_told(select: exp.Select, meant: exp.Expr) -> None:
    """Leave out of WHERE what the formula itself tells apart: its share would be all."""
    where = select.args.get("where")
    if where is None:
        return
    told = {plain(part) for case in meant.find_all(exp.If) for part in parts(case.this.unnest())}
    if not told:
        return
    left = [part for part in parts(where.this) if plain(part) not in told]
    set_where(select, left)


def _drop_numbers(select: exp.Select, meant: exp.Expr, notes: Sequence[Note]) -> tuple[str, ...]:
    """Leave out `year = 2000` where the formula has the 2000 and no note says it of rows."""
    where = select.args.get("where")
    told = {n.name for n in meant.find_all(exp.Literal) if len(n.name) > 1 and n.name != "100"}
    said = {plain(part) for note in notes for part in conditions(note)}
    if where is None or not told or any(told & _values(case.this) for case in meant.find_all(exp.If)):
        return ()
    every = list(parts(where.this))
    left = [part for part in every if plain(part) in said or not _values(part) & told]
    if len(left) == len(every):
        return ()
    set_where(select, left)
    return ("left out a condition on a number that the notes say in a formula",)


def _values(node: exp.Expr) -> set[str]:
    return {literal.name for literal in node.find_all(exp.Literal)}
