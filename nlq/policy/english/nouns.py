"""The nouns of rules, which the catalog supplies: authors, teams, states, and the ways to them.

Nothing here reads English: it answers what a noun, already brought to its stems, may mean for a relation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot.dialects.dialect import Dialect as Grammar

from nlq.catalog import Catalog, Column, Relation, RelationName, family
from nlq.catalog.words import words
from nlq.policy.rules import ClaimType

Noun = tuple[str, ...]
"""The stems of a noun: `("account", "manager")`."""

MAX_HOPS = 3
"""Foreign keys on the way to what a noun names, at most."""

PEOPLE = (
    "user", "app_user", "person", "employee", "member", "staff", "profile", "login", "account", "customer",
)  # fmt: skip
"""Names that relations of principals have, the likeliest first."""

_IDENTITIES = frozenset({"id", "uuid", "guid", "key", "fk", "pk"})
_PERSON_NOUNS = frozenset(
    "owner author creator editor assignee reviewer manager user approver sender recipient uploader".split()
)
_DOERS: Mapping[Noun, tuple[str, ...]] = {
    ("created", "by"): ("creator",),
    ("owned", "by"): ("owner",),
    ("written", "by"): ("writer", "author"),
    ("authored", "by"): ("author",),
    ("uploaded", "by"): ("uploader",),
    ("invited", "by"): ("inviter",),
    ("approved", "by"): ("approver",),
    ("submitted", "by"): ("submitter",),
    ("reviewed", "by"): ("reviewer",),
    ("requested", "by"): ("requester",),
    ("reported", "by"): ("reporter",),
    ("managed", "by"): ("manager",),
    ("edited", "by"): ("editor",),
    ("opened", "by"): ("opener",),
    ("posted", "by"): ("poster",),
    ("sent", "by"): ("sender",),
    ("assigned", "to"): ("assignee",),
    ("report", "to"): ("manager", "supervisor", "boss"),
}
"""Who did what a column such as `created_by` says."""
_DEEDS: Mapping[str, tuple[str, ...]] = {
    "wrote": ("author", "writer"), "written": ("author", "writer"), "authored": ("author",),
    "created": ("creator",), "made": ("creator",), "own": ("owner",), "owned": ("owner",),
    "uploaded": ("uploader",), "posted": ("poster",), "submitted": ("submitter",), "sent": ("sender",),
    "approved": ("approver",), "reviewed": ("reviewer",), "invited": ("inviter",),
    "requested": ("requester",), "reported": ("reporter",), "edited": ("editor",), "opened": ("opener",),
}  # fmt: skip
"""Whom a verb makes of the one who did it."""

_MEMBERS = frozenset(
    "member membership participant participation collaborator collaboration enrollment enrolment".split()
)
_TIMES = ("at", "on", "date", "time")


@dataclass(frozen=True, slots=True)
class Words:
    """What a rule may speak of beside the catalog: who the principals are, their roles and claims.

    `guessed` says that nobody declared the relation of the principals.
    """

    principals: RelationName | None = None
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, ClaimType] = field(default_factory=dict)
    guessed: bool = False


class Key(NamedTuple):
    """A column that refers to another relation; `implied` where only its name says so."""

    column: Column
    to: Relation
    referred: str
    implied: bool

    @property
    def nouns(self) -> frozenset[Noun]:
        """What the thing that it refers to is called: `author` for `author_id`."""
        return nouns_of(self.column.name)


class Way(NamedTuple):
    """From a row, over keys, to a relation."""

    hops: tuple[Key, ...]
    to: Relation


class Spot(NamedTuple):
    """A column of the relation at the end of a way, and the relation that it refers to, if any."""

    hops: tuple[Key, ...]
    column: Column
    refers: Relation | None


def guess_principals(catalog: Catalog) -> RelationName | None:
    """The relation whose rows are people who ask, judged by its name; None where none or several may be."""
    for person in PEOPLE:
        found = [r.name for r in catalog if words(r.name.name) == words(person) and len(r.primary_key) == 1]
        if found:
            home = [n for n in found if n.schema == catalog.default_schema] or found
            return home[0] if len(home) == 1 else None
    return None


def noun_of(phrase: str) -> Noun:
    """The stems of a noun as somebody wrote it; what is not all words is the noun of nothing.

    INVARIANT: stems alone would lose what is no word, and with it something that was said.

    >>> noun_of("account managers"), noun_of("( team"), noun_of("§0")
    (('account', 'manager'), ('',), ('',))
    """
    return words(phrase) if re.fullmatch(r"[^\W_]\w*(?: [^\W_]\w*)*", phrase) else ("",)


def doers(deed: str, to: str) -> tuple[str, ...]:
    """What those are called who did it, or to whom it was done.

    >>> doers("wrote", "by"), doers("assigned", "to")
    (('author', 'writer'), ('assignee',))
    """
    return (*(_DEEDS.get(deed, ()) if to == "by" else ()), *_DOERS.get((deed, to), ()))


def nouns_of(column: str) -> frozenset[Noun]:
    """What people call that which a column of this name refers to.

    >>> sorted(nouns_of("account_manager_id")), sorted(nouns_of("created_by"))
    ([('account', 'manager')], [('created', 'by'), ('creator',)])
    """
    stems = words(column)
    while len(stems) > 1 and stems[-1] in _IDENTITIES:
        stems = stems[:-1]
    return frozenset({stems, *((doer,) for doer in _DOERS.get(stems, ()))})


class Nouns:
    """The nouns of one catalog and its principals. Pure: it only remembers what it found."""

    def __init__(self, catalog: Catalog, known: Words) -> None:
        self.catalog = catalog
        self.known = known
        self.people = catalog.relation(known.principals) if known.principals else None
        self._keys: dict[RelationName, tuple[Key, ...]] = {}

    # names in SQL

    def name(self, name: str) -> str:
        """The name as SQL of this dialect writes it."""
        reserved = name.upper() in Grammar.get_or_raise(self.catalog.dialect).tokenizer_class.KEYWORDS
        if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and not reserved:
            return name
        return '"' + name.replace('"', '""') + '"'

    def relation_name(self, relation: Relation) -> str:
        """The relation as a sub-select names it."""
        bare = self.name(relation.name.name)
        home = relation.name.schema == self.catalog.default_schema
        return bare if home else f"{self.name(relation.name.schema)}.{bare}"

    # keys and ways

    def keys(self, relation: Relation) -> tuple[Key, ...]:
        """The columns that refer to a row elsewhere: by a foreign key, else by a name that says so."""
        if relation.name not in self._keys:
            declared = {key.column.name: key for key in self._declared(relation)}
            rest = [c for c in relation.columns if c.name not in declared]
            implied = [key for c in rest if (key := self._implied(relation, c)) is not None]
            self._keys[relation.name] = (*declared.values(), *implied)
        return self._keys[relation.name]

    def _declared(self, relation: Relation) -> Iterator[Key]:
        for key in relation.foreign_keys:
            to = self.catalog.relation(key.referred)
            if to is not None and len(key.columns) == 1:
                column = next(c for c in relation.columns if c.name == key.columns[0])
                yield Key(column, to, key.referred_columns[0], implied=False)

    def _implied(self, relation: Relation, column: Column) -> Key | None:
        stems = words(column.name)
        if (len(stems) < 2 or stems[-1] != "id") and stems not in _DOERS:
            return None
        if (column.name,) == relation.primary_key:
            return None
        for noun in nouns_of(column.name):
            named = [r for r in self.catalog if words(r.name.name) == noun and len(r.primary_key) == 1]
            if len(named) == 1:
                return Key(column, named[0], named[0].primary_key[0], implied=True)
        doer = any(len(n) == 1 and n[0] in _PERSON_NOUNS for n in nouns_of(column.name))
        if doer and self.people is not None and len(self.people.primary_key) == 1:
            return Key(column, self.people, self.people.primary_key[0], implied=True)
        return None

    def is_called(self, relation: Relation, noun: Noun) -> bool:
        """True where the noun names the relation: `post` for `posts`, `line` for `order_lines`."""
        stems = words(relation.name.name)
        return noun == stems or (len(stems) > 1 and noun == stems[-1:])

    def ways(self, start: Relation, noun: Noun) -> list[Way]:
        """The shortest ways over keys to what the noun names, seen from a row of `start`."""
        for level in self._levels(start):
            found = [Way((*hops, key), key.to) for hops, at in level for key in self._named(at, noun)]
            if found:
                return found
        return []

    def _named(self, at: Relation, noun: Noun) -> list[Key]:
        exact = [k for k in self.keys(at) if noun in k.nouns]
        return exact or [k for k in self.keys(at) if self.is_called(k.to, noun)]

    def spots(self, start: Relation, noun: Noun) -> list[Spot]:
        """The nearest columns that say which `noun` (team, account) a row of `start` is of."""
        if self.is_called(start, noun) and len(start.primary_key) == 1:
            key = next(c for c in start.columns if c.name == start.primary_key[0])
            return [Spot((), key, start)]
        for level in self._levels(start):
            found = [Spot(hops, *spot) for hops, at in level for spot in self._spots_here(at, noun)]
            if found:
                return found
        return []

    def _spots_here(self, at: Relation, noun: Noun) -> list[tuple[Column, Relation | None]]:
        referred = {k.column.name: k.to for k in self.keys(at)}
        exact = [(c, referred.get(c.name)) for c in at.columns if self._is_spot(at, c, noun, referred)]
        return exact or [(k.column, k.to) for k in self.keys(at) if self.is_called(k.to, noun)]

    def _is_spot(self, at: Relation, column: Column, noun: Noun, referred: Mapping[str, Relation]) -> bool:
        if (column.name,) == at.primary_key or noun not in nouns_of(column.name):
            return False
        named = words(column.name) == (*noun, "id") or column.name in self.known.claims
        return named or column.name in referred

    def _levels(self, start: Relation) -> Iterator[list[tuple[tuple[Key, ...], Relation]]]:
        """Relations in reach, nearest first, each with the ways to it; no way visits a relation twice."""
        level: list[tuple[tuple[Key, ...], Relation]] = [((), start)]
        for _ in range(MAX_HOPS):
            yield level
            level = [
                ((*hops, key), key.to)
                for hops, at in level
                for key in self.keys(at)
                if key.to.name not in {start.name, *(k.to.name for k in hops)}
            ]

    # people

    def owners(self, relation: Relation) -> list[Key]:
        """The keys to principals of whoever the row is of: those called owner, else all of them."""
        people = [k for k in self.keys(relation) if self.people is not None and k.to == self.people]
        return [k for k in people if ("owner",) in k.nouns] or people

    def is_people(self, relation: Relation) -> bool:
        """True for the relation of the principals."""
        return self.people is not None and relation.name == self.people.name

    def key_column(self, relation: Relation) -> Column | None:
        """The only column of the primary key."""
        keys = [c for c in relation.columns if (c.name,) == relation.primary_key]
        return keys[0] if keys else None

    # sets of what the caller has

    def callers(self, noun: Noun, target: Relation | None, near: Relation) -> list[tuple[str, str]]:
        """Which `noun` the caller is of: SQL for each way to say so, after `column`, and what it rests on.

        A claim that the policy declares comes before everything that the database could tell.
        """
        claims = [c for c in self.known.claims if self._is_claim(c, noun)]
        if claims:
            return [(self._claimed(c), "") for c in claims]
        if self.people is None:
            return []
        found = [(f"IN ({self.of_caller(spot)})", "") for spot in self.spots(self.people, noun)]
        if target is not None and not self.is_people(target):
            found += self.memberships(target, (), near)
            found += [
                (f"IN ({self._select(self.key_column(target), target, self.is_caller(k))})", "")
                for k in self.owners(target)
                if k.nouns
                & {("user",), ("person",), ("account",), ("login",), words(self.people.name.name)}
                and self.key_column(target) is not None
            ]
        return found

    def _is_claim(self, claim: str, noun: Noun) -> bool:
        return noun in nouns_of(claim)

    def _claimed(self, claim: str) -> str:
        declared = self.known.claims[claim]
        return f"IN (:me.{claim})" if declared.is_list else f"= :me.{claim}"

    def memberships(self, target: Relation, called: Noun, near: Relation) -> list[tuple[str, str]]:
        """SQL for "the caller belongs to it" through relations that join principals and `target`."""
        return [
            (f"IN ({self._select(key.column, joint, self.is_caller(person))})", _ignored(joint))
            for joint, key, person in self._joints(target, called, near)
        ]

    def owned(self, target: Relation) -> list[str]:
        """SQL for "the caller is its owner", of rows that are of a `target`."""
        key = self.key_column(target)
        owners = [k for k in self.owners(target) if ("owner",) in k.nouns]
        return [f"IN ({self._select(key, target, self.is_caller(k))})" for k in owners if key is not None]

    def fellows(self, noun: Noun, near: Relation) -> list[tuple[str, str]]:
        """SQL for "that person is of the caller's team", where a relation says who is of which team."""
        return [
            (f"IN ({self._select(person.column, joint, f'{self.name(key.column.name)} {sql}')})", note)
            for target in self.catalog
            if self.is_called(target, noun)
            for joint, key, person in self._joints(target, (), near)
            for sql, note in self.callers(noun, target, near)
        ]

    def _joints(
        self, target: Relation, called: Noun, near: Relation
    ) -> Iterator[tuple[Relation, Key, Key]]:
        """Relations that say which person belongs to which `target`, with the keys to both."""
        for joint in self.catalog:
            if joint.name in (target.name, near.name) or self.is_people(joint):
                continue
            if not self._joins_members(joint, target, called):
                continue
            own = [k for k in self.keys(joint) if k.to == target]
            people = self.owners(joint)
            member = [k for k in people if k.nouns & {("user",), ("member",), words(joint.name.name)}]
            for key in own:
                for person in member or people:
                    yield joint, key, person

    def _joins_members(self, joint: Relation, target: Relation, called: Noun) -> bool:
        own = any(k.to == target for k in self.keys(joint))
        if not own or not self.owners(joint) or self.people is None:
            return False
        stems = set(words(joint.name.name))
        if called and not set(called) & _MEMBERS:
            return set(called) <= stems
        ends = {*words(target.name.name), *words(self.people.name.name)}
        return bool(stems & _MEMBERS) or stems == ends

    def is_caller(self, key: Key) -> str:
        """The predicate that the key refers to the caller."""
        if self.people is not None and key.referred not in self.people.primary_key:
            referred = next(c for c in self.people.columns if c.name == key.referred)
            own = self._select(referred, self.people, self._self())
            return f"{self.name(key.column.name)} IN ({own})"
        return f"{self.name(key.column.name)} = :me.id"

    def of_caller(self, spot: Spot) -> str:
        """A sub-select: the values of a column that the caller's own row, or what it refers to, has."""
        assert self.people is not None
        test, at = self._self(), self.people
        for hop in spot.hops:
            test = f"{self.name(hop.referred)} IN ({self._select(hop.column, at, test)})"
            at = hop.to
        return self._select(spot.column, at, test)

    def _self(self) -> str:
        key = self.key_column(self.people) if self.people is not None else None
        return f"{self.name(key.name if key else 'id')} = :me.id"

    def _select(self, column: Column | None, relation: Relation, test: str) -> str:
        what = self.name(column.name) if column is not None else "NULL"
        return f"SELECT {what} FROM {self.relation_name(relation)} WHERE {test}"  # noqa: S608  # a rule, checked

    def within(self, hops: Iterable[Key], test: str) -> str:
        """The test, of a row that is some keys away."""
        for hop in reversed(tuple(hops)):
            referred = next(c for c in hop.to.columns if c.name == hop.referred)
            test = f"{self.name(hop.column.name)} IN ({self._select(referred, hop.to, test)})"
        return test


def _ignored(joint: Relation) -> str:
    """A note where a membership may have ended, which nobody asked about."""
    ends = [c.name for c in joint.columns if set(words(c.name)) & _ENDS]
    if not ends:
        return ""
    return f"every row of `{joint.name.name}` counts, whatever its `{ends[0]}` is"


_ENDS = frozenset(
    "left ended removed deleted revoked accepted status state active until expire end".split()
)


def states(relation: Relation, stems: Noun, nouns: Nouns) -> list[tuple[str, str, str]]:
    """What a word such as `published` may say of a row: predicate, its opposite, and a note.

    A value of a column or a yes-or-no column comes before a date at which it happened.
    """
    dialect = nouns.catalog.dialect
    strong: list[tuple[str, str, str]] = []
    weak: list[tuple[str, str, str]] = []
    for column in relation.columns:
        name, of = nouns.name(column.name), words(column.name)
        for label in column.enum:
            if words(label) == stems:
                strong.append((*equal(name, label, column.nullable), ""))
        flag = of in (stems, ("is", *stems), ("has", *stems), ("was", *stems), (*stems, "flag"))
        kind = family(column.type, dialect)
        if flag and kind == "boolean":
            strong.append((name, f"{name} IS NOT TRUE" if column.nullable else f"NOT {name}", ""))
        elif flag and kind == "integer" and of != stems:
            other = f"{name} <> 1"
            strong.append((f"{name} = 1", f"({name} IS NULL OR {other})" if column.nullable else other, ""))
        elif column.nullable and kind in ("date", "timestamp") and of in {(*stems, t) for t in _TIMES}:
            weak.append((f"{name} IS NOT NULL", f"{name} IS NULL", ""))
    if strong and weak:
        known = f"`{' '.join(stems)}` is taken from `{strong[0][0]}`, not from `{weak[0][0].split()[0]}`"
        return [(sql, unless, known) for sql, unless, _ in strong]
    return strong or weak


def equal(name: str, value: str, nullable: bool) -> tuple[str, str]:
    """The predicate that a column has this text, and its opposite."""
    literal = "'" + value.replace("'", "''") + "'"
    other = f"{name} <> {literal}"
    return f"{name} = {literal}", f"({name} IS NULL OR {other})" if nullable else other
