"""What a rule in English means: roles and predicates, joined by and and or; and what it grants.

Every predicate carries its opposite, because SQL's NOT is none where a value is missing: whoever is not
known to be left out by `except` or `unless` is not let in by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What was understood and no rule can say; it makes everything that it is part of unsaid."""

    why: str
    hint: str


@dataclass(frozen=True, slots=True)
class Everyone:
    """Holds for every row and every caller."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """Holds for no row."""


@dataclass(frozen=True, slots=True)
class HasRole:
    """Holds where the caller has the role."""

    role: str


@dataclass(frozen=True, slots=True)
class Holds:
    """Holds where the predicate `sql` does; `unless` is the predicate for where it does not."""

    sql: str
    unless: str


@dataclass(frozen=True, slots=True)
class Every:
    """Holds where all parts do. Made by `every`."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Holds where any part does. Made by `some`."""

    parts: tuple[Formula, ...]


Formula = Unsaid | Everyone | Nobody | HasRole | Holds | Every | Some

EVERYONE, NOBODY = Everyone(), Nobody()


@dataclass(frozen=True, slots=True)
class Grant:
    """Lets those with any of `roles` (everyone, if empty) reach the rows where `sql` holds; None is all."""

    roles: frozenset[str]
    sql: str | None


def every(*parts: Formula) -> Formula:
    """All of them, flat and without repetitions."""
    flat = _flat(parts, Every)
    if (unsaid := _unsaid(flat)) is not None:
        return unsaid
    if any(isinstance(p, Nobody) for p in flat):
        return NOBODY
    left = [p for p in flat if not isinstance(p, Everyone)]
    return Every(tuple(left)) if len(left) > 1 else left[0] if left else EVERYONE


def some(*parts: Formula) -> Formula:
    """Any of them, flat and without repetitions.

    >>> some(NOBODY, HasRole("admin"), HasRole("admin"))
    HasRole(role='admin')
    """
    flat = _flat(parts, Some)
    if (unsaid := _unsaid(flat)) is not None:
        return unsaid
    if any(isinstance(p, Everyone) for p in flat):
        return EVERYONE
    left = [p for p in flat if not isinstance(p, Nobody)]
    return Some(tuple(left)) if len(left) > 1 else left[0] if left else NOBODY


def opposite(formula: Formula) -> Formula:
    """What holds where the formula does not, for a caller of whom that is known.

    Of roles it is unsaid: a rule gives to roles, and takes from none.
    """
    match formula:
        case Unsaid():
            return formula
        case Everyone():
            return NOBODY
        case Nobody():
            return EVERYONE
        case Holds(sql, unless):
            return Holds(unless, sql)
        case Every(parts):
            return some(*map(opposite, parts))
        case Some(parts):
            return every(*map(opposite, parts))
        case HasRole(role):
            return Unsaid(
                f"a rule cannot leave out those with the role `{role}`",
                "say who may, instead of who may not: rules give to roles and take from none",
            )


def meaning_of(formula: Formula) -> object:
    """What is equal for formulas that differ in nothing but the order of their parts."""
    match formula:
        case Every(parts):
            return ("every", frozenset(map(meaning_of, parts)))
        case Some(parts):
            return ("some", frozenset(map(meaning_of, parts)))
        case _:
            return formula


def has_roles(formula: Formula) -> bool:
    """True where it depends on the roles of the caller."""
    if isinstance(formula, Every | Some):
        return any(map(has_roles, formula.parts))
    return isinstance(formula, HasRole)


def grants_of(formula: Formula) -> tuple[Grant, ...] | Unsaid:
    """The grants that together let through exactly what the formula does; none for nobody.

    No rule can ask for two roles at once.
    """
    if isinstance(formula, Unsaid):
        return formula
    if not _has_one_role(formula):
        return Unsaid(
            "a rule cannot ask for two roles at once", "make a role that has both, under `[roles]`"
        )
    anyway = _given(formula, None)
    grants = [] if isinstance(anyway, Nobody) else [(frozenset[str](), _text(anyway))]
    for role in dict.fromkeys(_roles(formula)):
        added = _given(formula, role)
        if meaning_of(added) == meaning_of(anyway):
            continue
        if isinstance(added, Some):
            # What everyone may see anyway need not be said again.
            known = set(anyway.parts) if isinstance(anyway, Some) else {anyway}
            added = some(*(p for p in added.parts if p not in known))
        grants.append((frozenset({role}), _text(added)))
    together: dict[str | None, frozenset[str]] = {}
    public = [sql for roles, sql in grants if not roles]
    for roles, sql in grants:
        if roles:
            together[sql] = together.get(sql, frozenset()) | roles
    return (*(Grant(frozenset(), sql) for sql in public), *(Grant(r, sql) for sql, r in together.items()))


def _given(formula: Formula, role: str | None) -> Formula:
    """The formula for a caller who has that role and no other."""
    match formula:
        case HasRole(name):
            return EVERYONE if name == role else NOBODY
        case Every(parts):
            return every(*(_given(p, role) for p in parts))
        case Some(parts):
            return some(*(_given(p, role) for p in parts))
        case _:
            return formula


def _roles(formula: Formula) -> Iterable[str]:
    if isinstance(formula, HasRole):
        yield formula.role
    elif isinstance(formula, Every | Some):
        for part in formula.parts:
            yield from _roles(part)


def _has_one_role(formula: Formula) -> bool:
    """True where no part asks for two roles at once."""
    if not isinstance(formula, Every | Some):
        return True
    at_once = isinstance(formula, Every) and sum(map(has_roles, formula.parts)) > 1
    return not at_once and all(map(_has_one_role, formula.parts))


def _text(formula: Formula) -> str | None:
    match formula:
        case Everyone():
            return None
        case Nobody():
            return "FALSE"
        case Holds(sql):
            return sql
        case Every(parts):
            return " AND ".join(f"({_text(p)})" if isinstance(p, Some) else str(_text(p)) for p in parts)
        case Some(parts):
            return " OR ".join(str(_text(p)) for p in parts)
        case HasRole() | Unsaid():
            raise AssertionError(f"{formula} is no predicate")


def _unsaid(parts: Iterable[Formula]) -> Unsaid | None:
    return next((p for p in parts if isinstance(p, Unsaid)), None)


def _flat(parts: Iterable[Formula], kind: type[Every] | type[Some]) -> list[Formula]:
    flat: dict[object, Formula] = {}
    for part in parts:
        for inner in part.parts if isinstance(part, kind) else (part,):
            flat.setdefault(meaning_of(inner), inner)
    return list(flat.values())
