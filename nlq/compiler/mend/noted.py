"""What the notes of a question say of rows and of their order, where the draft does otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlglot import exp

from nlq.catalog import Catalog, RelationName
from nlq.compiler.mend.formulas import plain, resolve
from nlq.compiler.mend.needless import drop_needless
from nlq.compiler.mend.tree import base_tables, one_of
from nlq.compiler.notes import Note, conditions, is_said, owners
from nlq.compiler.words import without_notes, words
from nlq.plan.bind import bind
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_COMPARES = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.ILike)
_MOST = frozenset("best biggest greatest highest largest longest most tallest top".split())
_LEAST = frozenset("fewest least lowest shortest smallest worst".split())

Sides = dict[RelationName, str]
"""What a join equates: a column of each relation."""


def mend_noted(tree: exp.Expr, catalog: Catalog, question: str, notes: Sequence[Note]) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    if not isinstance(tree, exp.Select) or tree.args.get("with_") or tree.args.get("from_") is None:
        return ()
    rules: tuple[Callable[[exp.Select, Catalog, str, Sequence[Note]], Iterator[str]], ...] = (
        _join_as_noted,
        _add_conditions,
        _order_as_noted,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog, question, notes))


def _join_as_noted(
    select: exp.Select, catalog: Catalog, _question: str, notes: Sequence[Note]
) -> Iterator[str]:
    """`eye_colour_id = colour.id`, where the draft joins the colour of something else."""
    links = [_sides_noted(c, catalog) for note in notes for c in conditions(note)]
    noted = [sides for sides in links if len(sides) == 2]
    present = [table.meta[RELATION] for table in base_tables(select)]
    for join in select.args.get("joins") or ():
        columns = _bound_sides(join.args.get("on"))
        here = {bound.relation: bound.column.name for _, bound in columns if bound.relation is not None}
        meant = one_of([sides for sides in noted if sides.keys() == here.keys()])
        if (
            len(here) != 2
            or meant is None
            or meant == here
            or any(present.count(name) > 1 for name in here)
        ):
            continue
        for column, bound in columns:
            if bound.relation is not None:
                column.set("this", exp.to_identifier(meant[bound.relation], quoted=True))
        old, new = (
            next(c for n, c in s.items() if c != o.get(n)) for s, o in ((here, meant), (meant, here))
        )
        yield f"joined by `{new}`, as the notes say, not by `{old}`"


def _sides_noted(condition: exp.Expr, catalog: Catalog) -> Sides:
    """The two columns that the notes equate, of two relations; empty where that is unclear."""
    if not isinstance(condition, exp.EQ):
        return {}
    sides = [condition.this, condition.expression]
    if not all(isinstance(side, exp.Column) for side in sides):
        return {}
    places = [one_of(owners(side, catalog)) for side in sides]
    return {place[0].name: place[1] for place in places if place is not None}


def _bound_sides(on: exp.Expr | None) -> list[tuple[exp.Column, BoundColumn]]:
    sides = [on.this, on.expression] if isinstance(on, exp.EQ) else []
    return [(s, s.meta[COLUMN]) for s in sides if isinstance(s, exp.Column) and COLUMN in s.meta]


def _add_conditions(
    select: exp.Select, catalog: Catalog, question: str, notes: Sequence[Note]
) -> Iterator[str]:
    """`low floor refers to is_low = 1`, of which the draft says nothing, or something else."""
    said = list(_said_of_rows(notes, without_notes(question), catalog))
    compares, told = list(select.find_all(*_COMPARES)), _told(select)
    for condition in said:
        names = _names(condition)
        compared = [node for node in compares if _names(node) & names]
        if not compared and not names & told:
            resolved = resolve(condition, select, catalog, question)
            if resolved is not None:
                bracketed = exp.paren(resolved) if isinstance(resolved, exp.Or) else resolved
                select.where(bracketed, copy=False)
                yield f"kept only rows with `{plain(condition)}`, as the notes say"
        elif (node := one_of(compared)) is not None and _differs(node, condition):
            node.replace(type(condition)(this=node.this.copy(), expression=condition.expression.copy()))
            yield f"compared with `{condition.expression.name}` as the notes say"


def _said_of_rows(notes: Sequence[Note], asked: str, catalog: Catalog) -> Iterator[exp.Expr]:
    """Conditions that the question has in words, and that no formula tells apart."""
    formulas = " ".join(plain(one) for note in notes for one in note.means if one.find(exp.AggFunc))
    for note in notes:
        for condition in conditions(note) if is_said(note, asked) else ():
            if condition.find(exp.AggFunc) or len(_sides_noted(condition, catalog)) == 2:
                continue
            # What two notes say of a column is about different rows, or either.
            others = [c for other in notes if other is not note for c in conditions(other)]
            differs = any(_names(c) & _names(condition) and plain(c) != plain(condition) for c in others)
            if not differs and plain(condition) not in formulas:
                yield condition


def _names(node: exp.Expr) -> set[str]:
    return {column.name.casefold() for column in node.find_all(exp.Column)}


def _told(select: exp.Select) -> set[str]:
    """The columns of which something is said, not only shown or joined by."""
    places = list(select.find_all(exp.Predicate, exp.Is, exp.Between, exp.In))
    return {name for place in places if not _is_of_join(place) for name in _names(place)}


def _is_of_join(node: exp.Expr) -> bool:
    sides = (node.args.get("this"), node.args.get("expression"))
    return isinstance(node, exp.EQ) and all(isinstance(side, exp.Column) for side in sides)


def _differs(node: exp.Expr, condition: exp.Expr) -> bool:
    """Whether both compare the column itself with a value, but not alike."""
    return (
        isinstance(condition, _COMPARES)
        and all(
            isinstance(n.this, exp.Column) and isinstance(n.expression, exp.Literal)
            for n in (node, condition)
        )
        and plain(node) != plain(condition)
    )


def _order_as_noted(
    select: exp.Select, catalog: Catalog, question: str, notes: Sequence[Note]
) -> Iterator[str]:
    """`most recently refers to MAX(day)`, where the draft looks at another column, or at none."""
    found = one_of(list(_most_by_notes(notes, without_notes(question))))
    if found is None:
        return
    column, is_most = found
    of = "largest" if is_most else "smallest"
    measured = _ordered_by(select)
    if measured is not None and column.name.casefold() in _names(measured):
        if isinstance(measured, exp.Sum | exp.Avg) and isinstance(measured.this, exp.Column):
            measured.replace((exp.Max if is_most else exp.Min)(this=measured.this.copy()))
            yield f"took the {of} `{column.name}` of each, as the notes say"
        return
    if not _is_free(select, column, measured):
        return
    resolved = resolve(column, select, catalog, question)
    if resolved is None:
        return
    select.set("group", None)
    ordered = exp.Ordered(this=resolved, desc=is_most, nulls_first=False)
    select.set("order", exp.Order(expressions=[ordered]))
    if measured is None:
        select.limit(1, copy=False)
    yield f"took the {of} `{column.name}`, as the notes say"
    # What was joined to be counted is of no use now.
    bind(select, catalog)
    yield from drop_needless(select, catalog, question)


def _ordered_by(select: exp.Select) -> exp.Expr | None:
    """By what the first few of the rows are taken."""
    order = select.args.get("order")
    key = one_of(order.expressions) if order is not None and select.args.get("limit") is not None else None
    return key.this if key is not None else None


def _is_free(select: exp.Select, column: exp.Column, measured: exp.Expr | None) -> bool:
    """Whether the draft does nothing yet with the column that some superlative is about."""
    if any(item.find(exp.AggFunc) for item in select.expressions):
        return False
    if measured is not None:
        return column.name.casefold() not in _names(select) or measured.find(exp.Count) is not None
    has_shape = any(select.args.get(key) for key in ("order", "limit", "group", "distinct"))
    return not has_shape and column.name.casefold() not in _told(select)


def _most_by_notes(notes: Sequence[Note], asked: str) -> Iterator[tuple[exp.Column, bool]]:
    """The columns by which something is the most, and whether that is the largest."""
    for note in notes:
        for one in note.means:
            if (
                isinstance(one, exp.Max | exp.Min)
                and isinstance(one.this, exp.Column)
                and is_said(note, asked)
            ):
                yield one.this, isinstance(one, exp.Max)
            elif isinstance(one, exp.Column) and len(note.means) == 1:
                is_most = _superlative(note, asked)
                if is_most is not None:
                    yield one, is_most


def _superlative(note: Note, asked: str) -> bool | None:
    """Whether the most or the least of what the note explains is asked for."""
    said, heard = words(note.said), words(asked)
    for at in range(1, len(heard)):
        if heard[at : at + len(said)] == said and said:
            before = heard[at - 1]
            return True if before in _MOST else False if before in _LEAST else None
    return None
