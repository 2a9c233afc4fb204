"""Ways to join the relations of a catalog: declared foreign keys, and columns named like a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nlq.catalog import Catalog, RelationName, family
from nlq.compiler.words import words

MAX_HOPS = 3
MAX_PATHS = 8
"""Ways from one relation to another that are told apart."""

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

        `reviewer_id` is meant where a reviewer is spoken of; otherwise `user_id` leads to `users`.
        """
        referred = set(words(self.referred.name))
        own = {w for key in self.keys for w in words(key)} - {"id"}
        passed = set(words(self.right.name))
        return len((own - referred) & said) + 0.5 * (own == referred) + 0.5 * (passed <= said)


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
    """Declared foreign keys, then columns that have the name and the kind of another relation's key."""
    for relation in catalog:
        for key in relation.foreign_keys:
            if catalog.relation(key.referred) is not None:
                pairs = tuple(zip(key.columns, key.referred_columns, strict=True))
                yield Link(relation.name, key.referred, pairs, key.columns, key.referred)
    by_name = _keys_by_name(catalog)
    for relation in catalog:
        declared = {c for k in relation.foreign_keys for c in k.columns}
        for column in relation.columns:
            if column.name in declared:
                continue
            for other, key_name, kind in by_name.get(words(column.name), ()):
                if other != relation.name and family(column.type, catalog.dialect) == kind:
                    pairs = ((column.name, key_name),)
                    yield Link(relation.name, other, pairs, (column.name,), other, declared=False)


def _keys_by_name(catalog: Catalog) -> dict[tuple[str, ...], list[tuple[RelationName, str, str]]]:
    """By the words that a column referring to it would have: relation, key and the key's kind.

    `isbn` refers to the key `isbn`; but half of all relations have a `name` or an `id`, and only
    `country_name` refers to one of `countries`.
    """
    found: dict[tuple[str, ...], list[tuple[RelationName, str, str]]] = {}
    for relation in catalog:
        column = relation.column(relation.primary_key[0]) if len(relation.primary_key) == 1 else None
        if column is None:
            continue
        name = words(column.name)
        if len(name) == 1 and name[0] in _GENERIC:
            name = (*words(relation.name.name), *name)
        of = family(column.type, catalog.dialect)
        found.setdefault(name, []).append((relation.name, column.name, of))
    return found
