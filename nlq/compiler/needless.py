"""Relations that a draft joins for nothing: mended without the model.

Small models begin at the wrong relation and join their way to the one that is meant. What lies on that way
repeats rows, and so sums and counts them more than once, or loses those that have no partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.tree import clauses, parts
from nlq.compiler.words import content_words, words
from nlq.plan.meta import RELATION


@dataclass(frozen=True, slots=True)
class _From:
    """What a SELECT reads: its relations by alias, in their order, and the columns that join them."""

    tables: dict[str, exp.Table]
    equals: tuple[tuple[frozenset[str], exp.Expr], ...]

    def neighbours(self, alias: str, left: set[str]) -> set[str]:
        """Those of `left` that it is joined with."""
        return {other for pair, _ in self.equals if alias in pair for other in pair & left} - {alias}


def drop_needless(select: exp.Select, _catalog: Catalog, question: str) -> Iterator[str]:
    """`sum(tags.funny) FROM comment JOIN record JOIN course JOIN tags`: of the tags, once."""
    found = _read_from(select)
    if found is None:
        return
    if any(not isinstance(star.parent, exp.Count) for star in select.find_all(exp.Star)):
        return
    used = _used(select)
    counts = select.find(exp.Star) is not None and bool(select.args.get("group"))
    said = frozenset(words(question))
    left = set(found.tables)
    dropped: list[str] = []
    while True:
        needless = next(
            (
                alias
                for alias in reversed(found.tables)
                if alias in left - used.keys()
                and len(found.neighbours(alias, left)) == 1
                and not _is_asked(alias, found, left, used, said, counts=counts, adds=_adds(select))
            ),
            None,
        )
        if needless is None:
            break
        left.remove(needless)
        dropped.append(needless)
    if dropped and _join_again(select, found, left):
        names = ", ".join(f"`{found.tables[alias].name}`" for alias in dropped)
        yield f"left out {names}, of which nothing is used"


def _read_from(select: exp.Select) -> _From | None:
    """None where anything but equal columns of relations joins them."""
    tables: dict[str, exp.Table] = {}
    equals: list[tuple[frozenset[str], exp.Expr]] = []
    for clause in clauses(select):
        table = clause.this
        if not isinstance(table, exp.Table) or RELATION not in table.meta:
            return None
        tables[table.alias_or_name.casefold()] = table
        if not isinstance(clause, exp.Join):
            continue
        on = clause.args.get("on")
        if clause.side or clause.kind not in ("", "INNER") or clause.args.get("using") or on is None:
            return None
        for part in parts(on):
            sides = {part.left, part.right} if isinstance(part, exp.EQ) else set()
            if len(sides) != 2 or not all(isinstance(side, exp.Column) and side.table for side in sides):
                return None
            pair = frozenset(side.table.casefold() for side in sides if isinstance(side, exp.Column))
            if len(pair) != 2:
                return None
            equals.append((pair, part))
    return _From(tables, tuple(equals)) if len(tables) > 1 and len(equals) >= len(tables) - 1 else None


def _used(select: exp.Select) -> dict[str, set[str]]:
    """The words of the columns that are taken from each alias, apart from those that join."""
    joining = {id(c) for join in select.args.get("joins") or () for c in join.find_all(exp.Column)}
    used: dict[str, set[str]] = {}
    for column in select.find_all(exp.Column):
        # In ORDER BY, what is shown may go by its alias.
        if id(column) not in joining and column.table:
            used.setdefault(column.table.casefold(), set()).update(words(column.name))
    return used


def _adds(select: exp.Select) -> bool:
    """Whether all that is told of a group is columns added up: rows that come twice count twice."""
    shown = [a for item in select.expressions for a in item.find_all(exp.AggFunc)]
    return bool(shown) and all(isinstance(a, exp.Sum | exp.Avg) for a in shown)


def _is_asked(
    alias: str,
    found: _From,
    left: set[str],
    used: dict[str, set[str]],
    said: frozenset[str],
    *,
    counts: bool,
    adds: bool,
) -> bool:
    """Whether the question speaks of the relation, in words that are of no other and of no column."""
    own = set(content_words(found.tables[alias].meta[RELATION].name))
    columns = {w for taken in used.values() for w in taken}
    others = {w for other in left - {alias} for w in words(found.tables[other].meta[RELATION].name)}
    if counts:
        # Rows are counted of what is joined, whatever it is called.
        return True
    if adds:
        return own <= said - others - columns
    return bool(own & (said - others - columns))


def _join_again(select: exp.Select, found: _From, left: set[str]) -> bool:
    """Join what is left, each with one before it; False, and nothing done, where that cannot be."""
    order = [alias for alias in found.tables if alias in left]
    equals = [(pair, part) for pair, part in found.equals if pair <= left]
    placed, joins, waiting = {order[0]}, [], order[1:]
    while waiting:
        alias = next((a for a in waiting if any(a in pair and pair & placed for pair, _ in equals)), None)
        if alias is None:
            return False
        waiting.remove(alias)
        placed.add(alias)
        own = [part for pair, part in equals if alias in pair and pair <= placed]
        equals = [(pair, part) for pair, part in equals if not any(part is one for one in own)]
        joins.append(exp.Join(this=found.tables[alias], on=exp.and_(*(part.copy() for part in own))))
    select.set("from_", exp.From(this=found.tables[order[0]]))
    select.set("joins", joins)
    return True
