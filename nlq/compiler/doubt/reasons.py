"""Reasons: why a change sets or looks at each of its columns, by what its instruction says.

A column needs a word, a value or a row that was said. What has none is a doubt: it may be right, but it is
not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from nlq.catalog import Catalog, Column, RelationName, family
from nlq.compiler.doubt.instruction import FIRST_PERSON, NEUTRAL, alike
from nlq.compiler.doubt.uses import Said, Use, column_of, is_key, told, trees
from nlq.compiler.words import words
from nlq.plan.bind_steps import Bound
from nlq.plan.dml import ME, NEW, NOW

_NAMING = frozenset("rename call called name named titled retitle entitled title".split())
_NAMES = frozenset("name title label heading headline subject caption".split())
_PLACES = frozenset("city town country place location state region address".split())
TIMES = frozenset(
    """before after since until older newer earlier later ago last past recent recently old new today
    yesterday day week month year hour minute during between""".split()
)
_MADE = tuple("creat made added inserted join order post open start writ sign issu".split())
_GOALS = frozenset("to into by with as onto is now under be".split())


def find_unfounded(said: Said, steps: Sequence[Bound], uses: Sequence[Use]) -> Iterator[str]:
    """Doubts about columns that are set or looked at for no reason, or for one that fits another."""
    for use in uses:
        if not _is_reasoned(use, said):
            does = "sets" if use.sets else "looks at"
            yield f"it {does} `{use.column.name}`, which the instruction does not speak of"
    yield from _swapped(said, uses)
    yield from _strangers(said.catalog, steps)


# why a column is there


def _is_reasoned(use: Use, said: Said) -> bool:
    if use.names_rows and use.values and all(map(_is_row, use.values)):
        return all(_row_is_said(v, use, said) for v in use.values)
    values = [v for v in use.values if not _is_ours(v)]
    if use.sets and not values:
        return _is_made_now(use.column) or _is_called(use, said)
    if use.creates:
        copied = all(isinstance(v, exp.Column) and v.name == use.column.name for v in values)
        if copied or all(_is_asked(v, said) or _is_nothing(v) for v in values):
            return True  # what is asked for is given by whoever knows that it is
    numbers = [v for v in values if isinstance(v, exp.Literal | exp.Placeholder) and _is_number(v, said)]
    if not all(_number_is_said(v, use, said) for v in numbers) or _is_elsewhere(use, values, said):
        return False
    return _is_called(use, said) or _is_valued(use, values, said)


def _is_called(use: Use, said: Said) -> bool:
    """Its name is said, or what the catalog tells of it and of no other relation."""
    others = {w for c in use.relation.columns if c.name != use.column.name for w in told(c.name)}
    own = [w for w in told(use.column.name) if w not in others] or told(use.column.name)
    nouns = {n for r in said.catalog for n in words(r.name.name)}
    comment = [w for w in words(use.column.comment or "") if w not in nouns and w not in NEUTRAL]
    spoken = said.instruction.words | {w for n in said.named for w in words(n)}
    return any(alike(w, other) for w in (*own, *comment) for other in spoken)


def _is_valued(use: Use, values: Sequence[exp.Expr], said: Said) -> bool:
    """What it gets, or is held against, says which column is meant."""
    instruction, column, dialect = said.instruction, use.column, said.catalog.dialect
    if any(instruction.says([label]) for label in column.enum):
        return True
    kind, called = family(column.type, dialect), set(told(column.name))
    texts = [t for v in values if (t := said.text_of(v)) is not None]
    if kind in ("date", "timestamp") and not use.sets:
        dates = [c for c in use.relation.columns if family(c.type, dialect) in ("date", "timestamp")]
        return bool(instruction.words & TIMES) and (
            len(dates) == 1 or column.name.lower().startswith(_MADE)
        )
    if kind != "text" or not texts:
        return False
    if called & _NAMES and (
        (use.sets and instruction.words & _NAMING) or all(_stands_behind(t, use.nouns, said) for t in texts)
    ):
        return True
    alone = [c for c in use.relation.columns if set(told(c.name)) & _PLACES] == [column]
    if (
        alone
        and called & _PLACES
        and all(_stands_behind(t, ("in", "to", "from", "at"), said) for t in texts)
    ):
        return True
    return use.creates and _is_only_text(use, said)


def _is_elsewhere(use: Use, values: Sequence[exp.Expr], said: Said) -> bool:
    """“In Ghent” is said of a place, and the column is none though there are some."""
    if use.sets or set(told(use.column.name)) & _PLACES:
        return False
    places = any(set(told(c.name)) & _PLACES for c in use.relation.columns)
    texts = [t for v in values if (t := said.text_of(v)) is not None]
    return places and any(_stands_behind(t, ("in", "from"), said) for t in texts)


def _is_only_text(use: Use, said: Said) -> bool:
    """The one text that a new row has to have, and that nothing else could be meant by."""
    texts = [c for c in use.relation.columns if family(c.type, said.catalog.dialect) == "text"]
    return texts == [use.column]


def _stands_behind(text: str, nouns: Iterable[str], said: Said) -> bool:
    return any(near[:1] and any(alike(near[0], n) for n in nouns) for near in said.instruction.before(text))


def _is_row(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal | exp.Placeholder)


def _is_number(value: exp.Expr, said: Said) -> bool:
    text = said.text_of(value)
    return text is not None and text.replace(".", "", 1).isdigit()


def _row_is_said(value: exp.Expr, use: Use, said: Said) -> bool:
    """The number stands behind what its row is called: 40 is of `user_id` in “user 40”, and of no post."""
    if isinstance(value, exp.Placeholder) and value.name.startswith(NEW):
        return True
    if isinstance(value, exp.Placeholder) and value.name.startswith(ME):
        return use.creates or bool(said.instruction.words & FIRST_PERSON)
    text = said.text_of(value)
    if use.key is not None and use.own and _is_one_of_several(use):
        # Who invited whom: the name of the relation does not tell which of the two is meant.
        spoken = (
            said.named if text is None else (w for near in said.instruction.before(text, 4) for w in near)
        )
        near_by = [other for name in spoken for other in words(name)]
        return any(alike(w, other) for w in use.own for other in near_by)
    if text is None:
        # Who calls gives it by its name.
        return any(alike(w, n) for w in words(value.name) for n in (*use.nouns, *words(use.column.name)))
    places = [_called(near) for near in said.instruction.before(text)]
    # That a value is not said at all is another doubt.
    return not places or any(called and any(alike(called, n) for n in use.nouns) for called in places)


def _is_one_of_several(use: Use) -> bool:
    assert use.key is not None
    keys = [k for k in use.relation.foreign_keys if k.referred == use.key.referred]
    return len(keys) > 1 or use.key.referred == use.relation.name


def _called(near: Sequence[str]) -> str | None:
    """What stands before a number, apart from what numbers are introduced by."""
    return next(
        (w for w in near if w not in ("number", "no", "nr", "id", "with", "the", "and", "or")), None
    )


def _number_is_said(value: exp.Expr, use: Use, said: Said) -> bool:
    """The number is not that of a row, and where something is set, not the one that is looked for."""
    text = said.text_of(value) or ""
    nouns = {w for r in said.catalog for w in words(r.name.name)[-1:]} - set(told(use.column.name))
    for near in said.instruction.before(text):
        called = _called(near)
        if called is None or not any(alike(called, n) for n in nouns):
            return use.sets or not set(near[:1]) & {"to", "by"}
    return not any(True for _ in said.instruction.before(text))  # that it is not said is another doubt


def _is_asked(value: exp.Expr, said: Said) -> bool:
    return isinstance(value, exp.Placeholder) and value.name not in said.values and not _is_ours(value)


def _is_nothing(value: exp.Expr) -> bool:
    """What a new row begins with."""
    return isinstance(value, exp.Null) or (isinstance(value, exp.Literal) and value.name in ("0", ""))


def _is_ours(value: exp.Expr) -> bool:
    """What nobody has to say."""
    ours = isinstance(value, exp.Placeholder) and (value.name.startswith((ME, NEW)) or value.name == NOW)
    return ours or isinstance(value, exp.CurrentTimestamp)


def _is_made_now(column: Column) -> bool:
    return column.name.lower().startswith((*_MADE, "updat", "modif", "chang"))


# values that may have changed places


def _swapped(said: Said, uses: Sequence[Use]) -> Iterator[str]:
    """Of two rows, or two values of one column, of which one is found and the other is given."""
    for given in (u for u in uses if u.sets):
        for found in (u for u in uses if not u.sets and u.values):
            same = (found.relation.name, found.column) == (given.relation.name, given.column)
            both = given.names_rows and found.names_rows and _referred(given) == _referred(found)
            if not (same or both):
                continue
            one, other = (_texts(u, said) for u in (given, found))
            if not one or not other or set(one) & set(other):
                continue
            if not all(_is_goal(t, said) for t in one) or any(_is_goal(t, said) for t in other):
                yield f"it looks for `{other[0]}` and sets `{one[0]}`: it may be meant the other way round"


def _referred(use: Use) -> RelationName:
    return use.key.referred if use.key is not None else use.relation.name


def _texts(use: Use, said: Said) -> list[str]:
    return [t for v in use.values if (t := said.text_of(v)) is not None]


def _is_goal(text: str, said: Said) -> bool:
    """“… to 7”, “into playlist 5”, “archive …”."""
    first = next(iter(said.instruction.tokens), None)
    if first is not None and any(alike(first.text, w) for w in words(text)):
        return True
    return any(bool(set(near[:2]) & _GOALS) for near in said.instruction.before(text, 3))


def _strangers(catalog: Catalog, steps: Sequence[Bound]) -> Iterator[str]:
    """Keys that are held against those of rows of another relation."""
    for bound in steps:
        for tree in trees(bound):
            for node in tree.find_all(exp.EQ, exp.In):
                other = node.args.get("query" if isinstance(node, exp.In) else "expression")
                given = next((q for q in (other.find_all(exp.Select) if other else ())), None)
                shown = given.expressions[0].unalias() if given is not None and given.expressions else None
                if not (isinstance(node.this, exp.Column) and isinstance(shown, exp.Column)):
                    continue
                one, two = (column_of(c, catalog) for c in (node.this, shown))
                if (
                    one
                    and two
                    and is_key(*one)
                    and _referred(Use(*one, (), False)) != _referred(Use(*two, (), False))
                ):
                    yield f"it holds `{one[1].name}` against `{two[1].name}`, which is of other rows"
