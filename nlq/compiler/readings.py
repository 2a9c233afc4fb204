"""What else a question may mean: readings that are as likely as the one that a draft took.

Only where the words leave the choice open, and both find something, but not the same. Each is a plan under
a question that says which one is meant: asked again, it needs no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Column, Relation, family
from nlq.catalog.words import spoken
from nlq.compiler.mend.tree import new_column
from nlq.compiler.schema_text import Samples
from nlq.compiler.vote import Try, name_rows
from nlq.compiler.words import STOPWORDS, words
from nlq.errors import CompileError, PlanError, Reading
from nlq.plan import Plan
from nlq.plan.bind import bind
from nlq.plan.meta import COLUMN, BoundColumn
from nlq.plan.syntax import parse, render

MOST = 4
"""Readings that are offered."""

_TOLD_OTHERWISE = frozenset(
    """
    first last full middle given family short long
    from to source origin departure destination arrival start end begin
    """.split()
)
"""Words of columns that a question says by its grammar, or that together say one thing."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """Another reading: the question that says so, and its SQL; `taken` says what the draft took."""

    taken: str
    question: str
    other: exp.Expr


class AmbiguousError(CompileError):
    """`compile.ambiguous`, with the plan of each reading."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        super().__init__(
            "compile.ambiguous",
            f"this question may mean {len(plans)} things",
            "ask one of " + ", ".join(f"`{plan.template}`" for plan in plans),
        )
        self.plans = tuple(plans)
        self.readings = tuple(Reading(p.template, p.sql, p.explanation) for p in plans)


def find_readings(
    sql: str,
    question: str,
    catalog: Catalog,
    values: Samples,
    make: Callable[[str, str], Plan],
    find: Try,
) -> tuple[Plan, ...]:
    """The plans of a question that may mean several things, that of `sql` first; none where it may not.

    `make` makes a plan of SQL and the question that it answers.
    """
    tree = parse(sql, catalog.dialect)
    bind(tree, catalog)
    choices = list(find_choices(tree, catalog, question, values))
    if not choices:
        return ()
    # One thing at a time: who has chosen is asked again where there is more to choose.
    taken = choices[0].taken
    others = [(render(c.other, catalog.dialect), c.question) for c in choices if c.taken == taken]
    found: dict[str, Plan] = {}
    for text, said in [(sql, taken), *others][:MOST]:
        try:
            plan = make(text, said)
        except PlanError:
            continue
        rows = find(plan)
        if rows is not None and any(value is not None for row in rows for value in row):
            found.setdefault(name_rows(rows), plan)
        elif text is sql:
            return ()
    return tuple(found.values()) if len(found) > 1 else ()


def find_choices(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> Iterator[Choice]:
    """What the bound `tree` took without a reason, and what it might have taken as well."""
    yield from _values_elsewhere(tree, catalog, question, values)
    yield from _nouns_elsewhere(tree, catalog, question)


def _values_elsewhere(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> Iterator[Choice]:
    """`players of Rome`, which is in the city of birth and in that of the team."""
    for equal in tree.find_all(exp.EQ):
        column, literal = equal.this, equal.expression
        if not (isinstance(column, exp.Column) and isinstance(literal, exp.Literal) and literal.is_string):
            continue
        place = re.search(rf"(?<!\w){re.escape(literal.name)}(?!\w)", question, re.IGNORECASE)
        if place is None:
            continue
        asked = set(words(question)) - set(words(literal.name))
        for own, other, relation in _siblings(column, catalog):
            if (_apart(own, other) | _apart(other, own)) & asked:
                continue
            if literal.name in (other.enum or values.get((relation.name, other.name), ())):
                yield Choice(
                    f"{question[: place.start()]}{spoken(own.name)} {question[place.start() :]}",
                    f"{question[: place.start()]}{spoken(other.name)} {question[place.start() :]}",
                    _with_column(tree, column, other, everywhere=False),
                )


def _nouns_elsewhere(tree: exp.Expr, catalog: Catalog, question: str) -> Iterator[Choice]:
    """`the fee`, where there are one of each month and one for closing."""
    asked = set(words(question))
    seen: set[tuple[str, str]] = set()
    for column in _shown(tree):
        if (column.table, column.name) in seen:
            continue
        seen.add((column.table, column.name))
        for own, other, _ in _siblings(column, catalog):
            head = words(own.name)[-1]
            place = next((m for m in _WORD.finditer(question) if words(m[0]) == (head,)), None)
            if place is None or (_apart(own, other) | _apart(other, own)) & asked:
                continue
            if family(own.type, catalog.dialect) != family(other.type, catalog.dialect):
                continue
            if _is_used(tree, column, other):
                continue
            yield Choice(
                f"{question[: place.start()]}{spoken(own.name)}{question[place.end() :]}",
                f"{question[: place.start()]}{spoken(other.name)}{question[place.end() :]}",
                _with_column(tree, column, other, everywhere=True),
            )


def _shown(tree: exp.Expr) -> Iterator[exp.Column]:
    """Columns in the SELECT list, and in the order."""
    if isinstance(tree, exp.Select):
        for part in (*tree.expressions, *(o for o in [tree.args.get("order")] if o is not None)):
            yield from part.find_all(exp.Column)


def _siblings(column: exp.Column, catalog: Catalog) -> Iterator[tuple[Column, Column, Relation]]:
    """The column and each beside it whose name ends in the same word and differs in another."""
    bound: BoundColumn | None = column.meta.get(COLUMN)
    relation = catalog.relation(bound.relation) if bound and bound.relation else None
    if bound is None or relation is None or not _is_choosable(bound.column, relation):
        return
    own = bound.column
    for other in relation.columns:
        if other.name == own.name or not _is_choosable(other, relation):
            continue
        one, two = _apart(own, other), _apart(other, own)
        if not one or not two or (one | two) & _TOLD_OTHERWISE or words(own.name)[-1] in STOPWORDS:
            continue
        if words(own.name)[-1:] == words(other.name)[-1:] and not any(
            c.isdigit() for w in one | two for c in w
        ):
            yield own, other, relation


def _apart(one: Column, other: Column) -> set[str]:
    """Words of the one that the other has not."""
    return set(words(one.name)) - set(words(other.name))


def _is_choosable(column: Column, relation: Relation) -> bool:
    """True for what is shown and compared: not for keys, nor for what a rule restricts."""
    keys = {name for key in relation.foreign_keys for name in key.columns} | set(relation.primary_key)
    return (
        column.name not in keys
        and column.filterable
        and not column.group
        and bool(words(column.name))
        and words(column.name)[-1] not in ("id", "code", "key")
    )


def _is_used(tree: exp.Expr, column: exp.Column, other: Column) -> bool:
    return any(
        c.table.casefold() == column.table.casefold() and c.name.casefold() == other.name.casefold()
        for c in tree.find_all(exp.Column)
    )


def _with_column(tree: exp.Expr, column: exp.Column, other: Column, *, everywhere: bool) -> exp.Expr:
    """The tree with the other column, in this place or wherever it stands."""
    same = [
        c is column or (everywhere and (c.table, c.name) == (column.table, column.name))
        for c in tree.find_all(exp.Column)
    ]
    changed = tree.copy()
    for node, is_same in zip(list(changed.find_all(exp.Column)), same, strict=True):
        if is_same:
            node.replace(new_column(column.table, other.name))
    return changed
