"""Texts in a draft that the database does not hold where they are compared, mended without the model.

`Status = 'Shut down'` finds nothing where the status is written `Shutdown`: what is stored tells what was
meant. Only values that the prompt may show are looked at; without them, nothing is changed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from nlq.catalog import Catalog, Dialect, family
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import base_tables, free_name, new_column, new_join, parts, set_where
from nlq.compiler.schema_text import Samples
from nlq.compiler.values import MIN_NEAR, MOST_VALUES
from nlq.compiler.words import split_words, words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

NEAR = 0.85
MAX_CONTAINING = 20
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_NON = re.compile(r"(?:non|not)[- ]", re.IGNORECASE)
_WILD = re.compile(r"[%_]")


def leave_out_all(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place): `kind IN (…)` with all kinds, of which none is said."""
    known, said = _Known(catalog, values), set(words(question))
    changes = []
    for node in list(tree.find_all(exp.In)):
        bound = node.this.meta.get(COLUMN) if isinstance(node.this, exp.Column) else None
        listed = {v.name for v in node.expressions if isinstance(v, exp.Literal) and v.is_string}
        stored = set(known.of(bound)) if bound is not None else set()
        clause = node.parent
        while isinstance(clause, exp.And):
            clause = clause.parent
        if len(stored) < 2 or len(stored) == MOST_VALUES or not stored <= listed:
            continue
        # What is said is meant, also once there are other values.
        if any(set(split_words(value)) & said for value in listed):
            continue
        if not isinstance(clause, exp.Where) or not isinstance(clause.parent, exp.Select):
            continue
        rest = [part for part in parts(clause.this) if part is not node]
        clause.parent.set("where", exp.Where(this=exp.and_(*rest, copy=False)) if rest else None)
        changes.append(f"left out that `{node.this.name}` is one of all that there are")
    return tuple(changes)


def mend_literals(tree: exp.Expr, catalog: Catalog, values: Samples) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place) so that its filters find something, in words."""
    if not values:
        return ()
    known = _Known(catalog, values)
    return tuple(change for literal in list(_compared(tree)) if (change := _mend_one(*literal, known)))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored, as far as it may be shown."""

    catalog: Catalog
    values: Samples
    _graph: list[Graph] = field(default_factory=list, init=False)

    @property
    def graph(self) -> Graph:
        """Ways to join; made only once one is missing."""
        if not self._graph:
            self._graph.append(Graph.of(self.catalog))
        return self._graph[0]

    def of(self, bound: BoundColumn) -> tuple[str, ...]:
        """Values of the column; none where they are not known."""
        if bound.relation is None:
            return ()
        return bound.column.enum or self.values.get((bound.relation, bound.column.name), ())


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Column, exp.Literal]]:
    """Each text with the column of a relation that it is said to equal, or not to."""
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.In, exp.Like, exp.ILike):
        column = node.this
        literals = node.expressions if isinstance(node, exp.In) else [node.expression]
        if not isinstance(node, exp.In) and isinstance(node.expression, exp.Column):
            column, literals = node.expression, [node.this]
        if not isinstance(column, exp.Column) or COLUMN not in column.meta:
            continue
        for literal in literals:
            if isinstance(literal, exp.Literal) and literal.is_string and literal.name:
                yield column, literal


def _mend_one(column: exp.Column, literal: exp.Literal, known: _Known) -> str | None:
    bound: BoundColumn = column.meta[COLUMN]
    stored = known.of(bound)
    text = literal.name
    pattern = isinstance(literal.parent, exp.Like | exp.ILike)
    if not stored and not pattern:
        return _through_key(column, literal, known)
    if not stored or text in stored or (pattern and _WILD.search(text)):
        return None
    if pattern and known.catalog.dialect == "sqlite" and text.casefold() in map(str.casefold, stored):
        return None  # SQLite manual, "The LIKE operator": it ignores case
    meant = _same(text, stored)
    if (
        meant is None
        and (denied := _denied(text, stored)) is not None
        and isinstance(literal.parent, exp.EQ)
    ):
        literal.parent.replace(exp.NEQ(this=column.copy(), expression=exp.Literal.string(denied)))
        return f"read `{text}` as what is not `{denied}`"
    if meant is None and len(stored) < MOST_VALUES:
        # Now it is certain that the filter finds nothing.
        elsewhere = _other_column(column, text, known)
        if elsewhere is not None:
            return _take_from(column, literal, *elsewhere)
        containing = _containing(text, stored)
        if containing and (pattern or (len(containing) > 1 and isinstance(literal.parent, exp.EQ))):
            return _search(column, literal, known.catalog.dialect)
        meant = containing[0] if containing else _near(text, stored)
        if meant is None and _is_its_own_kind(literal, bound):
            return _leave_out(literal, column)
    if meant is None:
        return None
    literal.replace(exp.Literal.string(meant))
    return f"read `{text}` as `{meant}`, which `{column.name}` holds"


def _is_its_own_kind(literal: exp.Literal, bound: BoundColumn) -> bool:
    """`kind = 'plant'`, of plants: no kind of them."""
    said = set(split_words(literal.name))
    return bound.relation is not None and bool(said) and said <= set(words(bound.relation.name))


def _leave_out(literal: exp.Literal, column: exp.Column) -> str | None:
    equal = literal.parent
    clause = equal.parent if equal is not None else None
    while isinstance(clause, exp.And):
        clause = clause.parent
    if not isinstance(equal, exp.EQ) or not isinstance(clause, exp.Where):
        return None
    select, rest = clause.parent, [p for p in parts(clause.this) if p is not equal]
    if select is None:
        return None
    set_where(select, rest)
    return f"left out that `{column.name}` is `{literal.name}`, which all of them are"


def _same(text: str, stored: Sequence[str]) -> str | None:
    """The one value that differs in case, punctuation, number or spelling out alone."""
    rules: tuple[Callable[[str], object], ...] = (
        str.casefold,
        _letters,
        split_words,
    )
    for rule in rules:
        wanted = rule(text)
        if wanted and (found := [v for v in stored if rule(v) == wanted]):
            return found[0] if len(found) == 1 else None
    initials = _initials(text)
    found = [
        v for v in stored if (initials and v.casefold() == initials) or _initials(v) == text.casefold()
    ]
    return found[0] if len(found) == 1 else None


def _denied(text: str, stored: Sequence[str]) -> str | None:
    """The value without which `non-vegan` is."""
    found = _NON.match(text)
    return _same(text[found.end() :], stored) if found else None


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _initials(text: str) -> str:
    said = text.split()
    return "".join(w[0] for w in said).casefold() if len(said) > 2 else ""


def _containing(text: str, stored: Sequence[str]) -> list[str]:
    """The values that have all words of the text."""
    wanted = set(split_words(text))
    if not wanted or len(text) < 3:
        return []
    found = [v for v in stored if wanted <= set(split_words(v))] or [
        v for v in stored if all(_is_like_any(word, split_words(v)) for word in wanted)
    ]
    return found if len(found) <= MAX_CONTAINING else []


def _is_like_any(word: str, others: Sequence[str]) -> bool:
    return any(
        word == other or (min(len(word), len(other)) >= MIN_NEAR and _likeness(word, other) >= NEAR)
        for other in others
    )


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _near(text: str, stored: Sequence[str]) -> str | None:
    digits = re.findall(r"\d+", text)
    scored = sorted(
        ((_likeness(text.casefold(), v.casefold()), v) for v in stored if re.findall(r"\d+", v) == digits),
        reverse=True,
    )[:2]
    if not scored or scored[0][0] < NEAR or (len(scored) > 1 and scored[1][0] == scored[0][0]):
        return None
    return scored[0][1]


def _other_column(column: exp.Column, text: str, known: _Known) -> tuple[str, str, str] | None:
    """The one column beside it, by alias and name, that holds the text, and how it is written there."""
    select = column.find_ancestor(exp.Select)
    if select is None:
        return None
    found = []
    for table in base_tables(select):
        relation = known.catalog.relation(table.meta[RELATION])
        for other in relation.columns if relation is not None else ():
            stored = known.of(BoundColumn(relation.name, other)) if relation is not None else ()
            value = text if text in stored else _same(text, stored)
            if value is not None and not other.group and other.filterable:
                found.append((table.alias_or_name, other.name, value))
    return found[0] if len(found) == 1 else None


def _through_key(column: exp.Column, literal: exp.Literal, known: _Known) -> str | None:
    """`gender_id = 'Female'`: what the key refers to is joined, and its text compared."""
    bound: BoundColumn = column.meta[COLUMN]
    select, text = column.find_ancestor(exp.Select), literal.name
    if bound.relation is None or select is None or _NUMBER.fullmatch(text):
        return None
    links = [
        link
        for link in known.graph.links.get(bound.relation, ())
        if (link.declared or family(bound.column.type, known.catalog.dialect) == "integer")
        and link.keys == (bound.column.name,)
        and link.pairs[0][0] == bound.column.name
    ]
    tables = [t for t in base_tables(select) if t.alias_or_name.casefold() == column.table.casefold()]
    if len(links) != 1 or len(tables) != 1:
        return None
    referred = known.catalog.relation(links[0].right)
    found = [
        (other, value)
        for other in (referred.columns if referred is not None else ())
        if other.filterable and not other.group
        for stored in [known.of(BoundColumn(links[0].right, other))]
        if (value := text if text in stored else _same(text, stored)) is not None
    ]
    if len(found) != 1:
        return None
    (other, value), old = found[0], column.name
    alias = free_name(links[0].right.name, {t.alias_or_name.casefold() for t in select.find_all(exp.Table)})
    select.append("joins", new_join(column.table, links[0], alias))
    literal.replace(exp.Literal.string(value))
    column.replace(new_column(alias, other.name))
    return f"compared `{value}` with `{alias}.{other.name}`, to which `{old}` refers"


def _take_from(column: exp.Column, literal: exp.Literal, alias: str, name: str, value: str) -> str | None:
    if isinstance(literal.parent, exp.In) and len(literal.parent.expressions) > 1:
        return None
    old = column.name
    literal.replace(exp.Literal.string(value))
    column.replace(new_column(alias, name))
    return f"compared `{value}` with `{alias}.{name}`, which holds it, not with `{old}`"


def _search(column: exp.Column, literal: exp.Literal, dialect: Dialect) -> str:
    text = literal.name
    kind = exp.Like if dialect == "sqlite" else exp.ILike
    equal = literal.parent
    assert equal is not None
    equal.replace(kind(this=column.copy(), expression=exp.Literal.string(f"%{text}%")))
    return f"looked for `{text}` anywhere in `{column.name}`, which holds it only within longer texts"
