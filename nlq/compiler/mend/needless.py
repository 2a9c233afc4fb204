"""Relations that a draft joins for nothing: mended without the model.

Small models begin at the wrong relation and join their way to the one that is meant. What lies on that way
repeats rows, and so sums and counts them more than once, or loses those that have no partner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import clauses, new_join, one_of, parts
from nlq.compiler.words import HOW_MANY, are_alike, content_words, words
from nlq.plan.meta import RELATION


@dataclass(frozen=True, slots=True)
class _From:
    """What a SELECT reads: its relations by alias, in their order, and the columns that join them."""

    tables: dict[str, exp.Table]
    equals: tuple[tuple[frozenset[str], exp.EQ], ...]

    def neighbours(self, alias: str, left: set[str]) -> set[str]:
        """Those of `left` that it is joined with."""
        return {other for pair, _ in self.equals if alias in pair for other in pair & left} - {alias}


def drop_needless(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`sum(tags.funny) FROM comment JOIN record JOIN course JOIN tags`: of the tags, once."""
    found = _read_from(select)
    if found is None:
        return
    if any(not isinstance(star.parent, exp.Count) for star in select.find_all(exp.Star)):
        return
    # What is looked for in another query is there because of all that is joined: films that were rented.
    if select.find_ancestor(exp.In, exp.Exists, exp.EQ, exp.NEQ, exp.Except, exp.Intersect):
        return
    # Rows that are counted may be those of what nobody calls by its name: the likes of a pupil.
    order = select.args.get("order")
    counts = _counts_rows(select) and (
        bool(select.args.get("group"))
        or (order is not None and order.find(exp.Count) is not None)
        or not _names_what_counts(found, question)
    )
    counted = {a for a in found.tables if counts and not _only_repeats(a, found, catalog, question)}
    said = frozenset(words(question))
    if not counts:
        _take_what_equals(select, found, said)
    used = _used(select)
    left = set(found.tables)
    dropped: list[str] = []
    while True:
        needless = next(
            (
                alias
                for alias in reversed(found.tables)
                if alias in left - used.keys()
                and len(found.neighbours(alias, left)) == 1
                and not _is_asked(
                    alias, found, left, used, said, counts=alias in counted, adds=_adds(select)
                )
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
    yield from _join_what_equals(select, said)
    yield from _join_directly(select, catalog, said)


def _take_what_equals(select: exp.Select, found: _From, said: frozenset[str]) -> None:
    """Take `tags.course_id` for the `record.course_id` that it equals, of records that nobody asks for."""
    joining = {id(c) for join in select.args.get("joins") or () for c in join.find_all(exp.Column)}
    for alias in found.tables:
        taken = [
            c for c in select.find_all(exp.Column) if c.table.casefold() == alias and id(c) not in joining
        ]
        equal = {
            own.name.casefold(): other
            for pair, part in found.equals
            if alias in pair
            for own, other in ((part.left, part.right), (part.right, part.left))
            if isinstance(own, exp.Column) and own.table.casefold() == alias
        }
        if not taken or any(c.name.casefold() not in equal or c.find_ancestor(exp.AggFunc) for c in taken):
            continue
        used = {name: said_of for name, said_of in _used(select).items() if name != alias}
        left = set(found.tables)
        if len(found.neighbours(alias, left)) == 1 and not _is_asked(
            alias, found, left, used, said, counts=False, adds=_adds(select)
        ):
            for column in taken:
                other = equal[column.name.casefold()].copy()
                # What is shown keeps its name: a query around it asks for that.
                shown = isinstance(column.parent, exp.Select)
                column.replace(exp.alias_(other, column.name, quoted=True) if shown else other)
            return


def _join_what_equals(select: exp.Select, said: frozenset[str]) -> Iterator[str]:
    """`orders JOIN cards ON o.user_id = c.user_id JOIN users ON c.user_id = u.id`, of no card a word."""
    found = _read_from(select)
    if found is None:
        return
    used = _used(select)
    for alias, table in found.tables.items():
        around = found.neighbours(alias, set(found.tables))
        equals = [_sides(part, alias) for pair, part in found.equals if alias in pair]
        if (
            alias in used
            or len(around) != 2
            or len(equals) != 2
            or any(around == p for p, _ in found.equals)
        ):
            continue
        own = set(content_words(table.meta[RELATION].name))
        if (own - {w for a in around for w in words(found.tables[a].meta[RELATION].name)}) & said:
            continue
        (mine, one), (same, other) = equals
        if mine != same or own <= said:
            continue
        kept = tuple((pair, part) for pair, part in found.equals if alias not in pair)
        direct = (frozenset(around), exp.EQ(this=one.copy(), expression=other.copy()))
        if _join_again(select, _From(found.tables, (*kept, direct)), set(found.tables) - {alias}):
            yield f"left out `{table.name}`, whose `{mine.name}` both sides have"
            return


def _sides(part: exp.EQ, alias: str) -> tuple[exp.Expr, exp.Expr]:
    """What the relation called `alias` has, and what equals it."""
    is_left = isinstance(part.left, exp.Column) and part.left.table.casefold() == alias
    return (part.left, part.right) if is_left else (part.right, part.left)


def _join_directly(select: exp.Select, catalog: Catalog, said: frozenset[str]) -> Iterator[str]:
    """`users JOIN sessions JOIN notifications`, where a notification says whose it is."""
    found = _read_from(select)
    if found is None or select.find(exp.Star):
        return
    graph, used = Graph.of(catalog), _used(select)
    for alias, table in found.tables.items():
        around = found.neighbours(alias, set(found.tables))
        own = set(content_words(table.meta[RELATION].name))
        if alias in used or len(around) != 2 or own & said:
            continue
        one, other = (found.tables[name] for name in found.tables if name in around)
        direct = one_of(
            [k for k in graph.links.get(one.meta[RELATION], ()) if k.right == other.meta[RELATION]]
        )
        if direct is None or any(around == pair for pair, _ in found.equals):
            continue
        on = new_join(one.alias_or_name, direct, other.alias_or_name).args["on"]
        equals = [(pair, part) for pair, part in found.equals if alias not in pair]
        shorter = _From(
            found.tables, (*equals, *((frozenset(around), part) for part in on.find_all(exp.EQ)))
        )
        if _join_again(select, shorter, set(found.tables) - {alias}):
            by = " and ".join(f"`{key}`" for key in direct.keys)
            yield f"joined `{other.name}` to `{one.name}` by {by}, not through `{table.name}`"
            return


def _read_from(select: exp.Select) -> _From | None:
    """None where anything but equal columns of relations joins them."""
    tables: dict[str, exp.Table] = {}
    equals: list[tuple[frozenset[str], exp.EQ]] = []
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
            if not isinstance(part, exp.EQ):
                return None
            sides = (part.left, part.right)
            if not all(isinstance(side, exp.Column) and side.table for side in sides):
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


def _only_repeats(alias: str, found: _From, catalog: Catalog, question: str) -> bool:
    """Whether its rows are surely not those that are counted: others are said to be, or no key joins it."""
    what = HOW_MANY.search(question)
    others = [words(t.meta[RELATION].name) for a, t in found.tables.items() if a != alias]
    both = words(" ".join(filter(None, what.group("what", "of")))) if what is not None else ()
    if both and any(name in (both[:1], both) for name in others):
        return True
    return all(not _by_key(part, found, catalog) for pair, part in found.equals if alias in pair)


def _names_what_counts(found: _From, question: str) -> bool:
    """Whether what is counted is called as a relation that is read, or the question counts nothing."""
    what = HOW_MANY.search(question)
    if what is None:
        return True
    return any(set(words(what["what"])) & set(words(t.meta[RELATION].name)) for t in found.tables.values())


def _by_key(part: exp.EQ, found: _From, catalog: Catalog) -> bool:
    """Whether one side is the key of its relation, or keys are not known."""
    for side in (part.left, part.right):
        table = found.tables[side.table.casefold()] if isinstance(side, exp.Column) else None
        relation = catalog.relation(table.meta[RELATION]) if table is not None else None
        keys = (*relation.keys, relation.primary_key) if relation is not None else ()
        if not any(keys) or any(side.name in key for key in keys):
            return True
    return False


def _counts_rows(select: exp.Select) -> bool:
    return any(not isinstance(count.this, exp.Distinct) for count in select.find_all(exp.Count))


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
    """Whether the question speaks of the relation, in words of no other and no column."""
    if counts:
        # Rows are counted of what is joined, whatever it is called.
        return True
    own = set(content_words(found.tables[alias].meta[RELATION].name))
    others = {w for other in left - {alias} for w in words(found.tables[other].meta[RELATION].name)}
    others.update(*used.values())
    spoken = {word for word in own if any(are_alike(word, other) for other in said - others)}
    # Where columns are added up, half a name is not enough to add them more than once.
    return spoken == own if adds else bool(spoken)


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
