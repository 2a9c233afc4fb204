"""Ways to join the relations of a catalog: declared foreign keys, and columns named like a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nlq.catalog import Catalog, Family, RelationName, family
from nlq.compiler.ends import end_named, end_said
from nlq.compiler.words import words

MAX_HOPS = 3
MAX_PATHS = 8
"""Ways from one relation to another that are told apart."""

MAX_SHARED = 12
"""Relations that may share a column before it tells nothing any more."""

_GENERIC = frozenset(
    "code date id key label name no nr number slug status title type uuid value year".split()
)


@dataclass(frozen=True, slots=True)
class Link:
    """A way to join two relations: pairs of columns that are equal.

    `keys` are the columns that refer, on whichever side, and `referred` the relation that they refer to.
    """

    left: RelationName
    right: RelationName
    pairs: tuple[tuple[str, str], ...]
    keys: tuple[str, ...]
    referred: RelationName
    declared: bool = True

    def reversed(self) -> Link:
        """The same link seen from the other side."""
        pairs = tuple((b, a) for a, b in self.pairs)
        return Link(self.right, self.left, pairs, self.keys, self.referred, self.declared)

    def likelihood(self, said: frozenset[str] | set[str]) -> float:
        """How much the words that were said speak for this link, and not another between the two.

        `reviewer_id` is meant where a reviewer is spoken of, `to_port` where something arrives; otherwise
        `user_id` leads to `users`.
        """
        referred = set(words(self.referred.name))
        own = {w for key in self.keys for w in words(key)} - {"id"}
        passed = set(words(self.right.name))
        ends = end_said(said) is not None and end_said(said) == end_named(own)
        return len((own - referred) & said) + ends + 0.5 * (own == referred) + 0.5 * (passed <= said)


@dataclass(frozen=True, slots=True)
class Graph:
    """Links by the relation that they start from."""

    links: dict[RelationName, list[Link]]

    @classmethod
    def of(cls, catalog: Catalog) -> Graph:
        """Every link of the catalog, in both directions."""
        found: dict[RelationName, list[Link]] = {}
        for link in find_links(catalog):
            # One that refers to its own relation leads nowhere new.
            if link.left != link.right:
                found.setdefault(link.left, []).append(link)
                found.setdefault(link.right, []).append(link.reversed())
        return cls(found)

    def reach(self, starts: Iterable[RelationName]) -> dict[RelationName, list[tuple[Link, ...]]]:
        """The shortest ways to each relation that can be reached from any of `starts`, without those."""
        frontier: dict[RelationName, list[tuple[Link, ...]]] = {name: [()] for name in starts}
        seen = set(frontier)
        found: dict[RelationName, list[tuple[Link, ...]]] = {}
        for _ in range(MAX_HOPS):
            reached: dict[RelationName, list[tuple[Link, ...]]] = {}
            for at, paths in frontier.items():
                for link in self.links.get(at, ()):
                    if link.right not in seen:
                        ways = reached.setdefault(link.right, [])
                        ways.extend((*path, link) for path in paths[: MAX_PATHS - len(ways)])
            seen |= reached.keys()
            found |= reached
            frontier = reached
        return found


def find_links(catalog: Catalog) -> Iterator[Link]:
    """Declared foreign keys, then columns that look as if they referred to one another."""
    for relation in catalog:
        for key in relation.foreign_keys:
            if catalog.relation(key.referred) is not None:
                pairs = tuple(zip(key.columns, key.referred_columns, strict=True))
                yield Link(relation.name, key.referred, pairs, key.columns, key.referred)
    for group in implied_keys(catalog):
        for at, (referred, key_name) in enumerate(group):
            # Where one of them is the key, the others refer to it; else each may be joined with each.
            if at and _is_key(group[0], catalog):
                break
            for name, column in group[at + 1 :]:
                if name != referred:
                    pairs = ((column, key_name),)
                    yield Link(name, referred, pairs, (column,), referred, declared=False)


Place = tuple[RelationName, str]
"""A column, by its relation and its name."""


def implied_keys(catalog: Catalog) -> list[tuple[Place, ...]]:
    """Groups of columns that hold the same keys by their names and kinds, though nobody declared it.

    In each, the key comes first, or what is most likely one: `author.aid`, then `writes.aid`.
    """
    declared = {(r.name, c) for r in catalog for k in r.foreign_keys for c in k.columns}
    keys = _keys_by_name(catalog)
    groups: dict[Place, list[Place]] = {}
    shared: dict[tuple[str, Family], list[Place]] = {}
    for relation in catalog:
        for column in relation.columns:
            place, kind = (relation.name, column.name), family(column.type, catalog.dialect)
            if place in declared:
                continue
            found = [k for k in _named_by(column.name, keys) if k[0] != relation.name and k[2] == kind]
            for other, key_name, _ in found:
                groups.setdefault((other, key_name), [(other, key_name)]).append(place)
            if not found and not _is_key(place, catalog) and _names_a_key(column.name, catalog):
                shared.setdefault((column.name.casefold(), kind), []).append(place)
    alike = [sorted(g, key=lambda place: not _begins_with(place)) for g in shared.values() if len(g) > 1]
    return [tuple(g) for g in (*groups.values(), *alike) if len(g) <= MAX_SHARED]


def _is_key(place: Place, catalog: Catalog) -> bool:
    relation = catalog.relation(place[0])
    return relation is not None and relation.primary_key == (place[1],)


def _named_by(
    column: str, keys: dict[tuple[str, ...], list[tuple[RelationName, str, str]]]
) -> list[tuple[RelationName, str, str]]:
    """The keys that have the column's name, or the end of it: `tx_cust_id` ends as `cust_id` does."""
    said = words(column)
    if len(said) == 1 and said[0] != column.casefold() and not column.casefold().endswith("ie"):
        # A plural: how many there are, unless the key itself is called so.
        return [k for k in keys.get(said, []) if words(k[1]) == said]
    for start in range(len(said) - 1):
        if found := keys.get(said[start:]):
            return found
    return keys.get(said, [])


def _names_a_key(name: str, catalog: Catalog) -> bool:
    """`aid`, `paper_id`, `state_name` where there are states; not `id`, which each relation has its own."""
    said = words(name)
    if len(said) == 1:
        return len(name) > 2 and name.casefold().endswith("id")
    if not said or said[-1] not in _GENERIC:
        return False
    return said[-1] == "id" or any(words(r.name.name) == said[:-1] for r in catalog)


def _begins_with(place: Place) -> bool:
    """True where the column is named after its own relation."""
    own, column = words(place[0].name), words(place[1])
    return column[: len(own)] == own or (len(own) == 1 and own[0].startswith(column[0].removesuffix("id")))


def _keys_by_name(catalog: Catalog) -> dict[tuple[str, ...], list[tuple[RelationName, str, str]]]:
    """By the words that a column referring to it would have: relation, key and the key's kind.

    `isbn` refers to the key `isbn`; but half of all relations have a `name` or an `id`, and only
    `country_name` refers to one of `countries`. A number called `country` does, too, while `countries` may
    count them. What all names begin with, `sb` in `sbCustId`, is left out.
    """
    found: dict[tuple[str, ...], list[tuple[RelationName, str, str]]] = {}
    prefix = _prefix(catalog)
    for relation in catalog:
        column = relation.column(relation.primary_key[0]) if len(relation.primary_key) == 1 else None
        if column is None:
            continue
        name = words(column.name)
        if len(name) == 1 and name[0] in _GENERIC:
            name = (*words(relation.name.name), *name)
        elif len(name) > 2 and name[0] == prefix:
            name = name[1:]
        of = family(column.type, catalog.dialect)
        own = words(relation.name.name)
        for called in {name, (*own, "id"), own} if of == "integer" else {name, (*own, "id")}:
            found.setdefault(called, []).append((relation.name, column.name, of))
    return found


def _prefix(catalog: Catalog) -> str:
    """The word that nearly all columns begin with; empty where there is none."""
    first = Counter(words(c.name)[0] for r in catalog for c in r.columns if words(c.name))
    word, times = first.most_common(1)[0] if first else ("", 0)
    return word if times > 0.8 * first.total() else ""
