"""Who: everyone, roles, the author, members of the same team, the rows of the caller's account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from nlq.catalog import Column, Relation
from nlq.catalog.words import words
from nlq.policy.english.formula import EVERYONE, NOBODY, Formula, HasRole, Holds, every, opposite
from nlq.policy.english.nouns import Key, Noun, Nouns, Spot, Way, doers, noun_of, nouns_of
from nlq.policy.rules import Action

Readings = Iterator[tuple[Formula, tuple[str, ...]]]
"""What a phrase may mean, each with notes on what was assumed."""


class _Conditions(Protocol):
    def condition(self, phrase: str) -> Iterable[tuple[Formula, tuple[str, ...]]]: ...

    def state(self, relation: Relation, phrase: str) -> Iterable[tuple[Formula, tuple[str, ...]]]: ...


_ADMIN = "admin"
_EVERYONE = re.compile(
    r"everyone|everybody|anyone|anybody|all|(?:the )?(?:general )?public|(?:the )?(?:whole )?world"
    r"|all people|any person|anyone at all|(?:all|any|every) callers?|all the world"
)
_NOBODY = re.compile(r"nobody|no one|noone|none|no body|nobody at all|no caller|never")
_SIGNED_IN = r"(?:signed in|logged in|authenticated|identified)"
_PERSON = r"(?:users?|people|persons?|callers?|visitors?)"
_USERS = re.compile(rf"(?:(?:all|any|every) )?{_PERSON}|the (?:users|people|callers|visitors)")
_SIGNED = re.compile(
    rf"(?:(?:all|any|every|the|an?) )?{_SIGNED_IN} {_PERSON}"
    rf"|(?:everyone|everybody|anyone|anybody|those|all|{_PERSON}) (?:who (?:is|are|has|have) )?{_SIGNED_IN}"
)
_HEAD = (
    r"(?:(?:all|any|the|fellow|every|an?) )*"
    r"(?:members?|people|persons?|users?|callers?|everyone|everybody|anyone|anybody|someone|those"
    r"|colleagues?)(?: (?:who|that) (?:is|are|works?|belongs?))?"
)
_OF = r"(?:of|in|on|from|at|to|within)"
_CALLER = r"(?:the |this )?(?:caller|requester|principal|current user|signed in user|logged in user)"
_OWN = rf"(?:{_CALLER} 's|their|his|her|my|your|one 's)(?: own)?"
_SELF = r"(?:themself|themselves|himself|herself|itself|oneself|self)"
_ROW = ("row", "record", "entry", "item")
_VERBS: dict[Action, str] = {
    "read": "read|see|view|access|look at|list|query|find",
    "create": "create|add|insert|make|write",
    "update": "update|edit|change|modify|write",
    "delete": "delete|remove",
}


class People:
    """The people that phrases about one relation and action may mean."""

    conditions: _Conditions

    def __init__(self, relation: Relation, action: Action, nouns: Nouns) -> None:
        self.relation = relation
        self.nouns = nouns
        self._subjects: dict[str, tuple[tuple[Formula, tuple[str, ...]], ...]] = {}
        self._things: dict[str, list[Way]] = {}
        own = "|".join(re.escape(n) for n in self._row_nouns())
        self._thing = rf"(?:the |this |that |these |those |all |any |every )?(?:{own})"
        mine = "|profile|account|data" if nouns.is_people(relation) else ""
        self._mine = f"{self._thing}{mine}"
        every_thing = rf"(?:all |any |every )(?:{own})"
        self._every_thing = rf"{every_thing}|{'|'.join(n for n in self._row_nouns() if n.endswith('s'))}"
        self._may = re.compile(
            rf"(?P<who>.+?) (?:can|may|is allowed to|are allowed to) (?:{_VERBS[action]})"
            rf"(?: (?:it|them|{self._thing}))?"
        )

    def _row_nouns(self) -> list[str]:
        """What the rows are called: `rows`, and the name of the relation in both numbers."""
        spelled = [self.relation.name.name.lower().replace("_", " ")]
        spelled.append(spelled[0].split(" ")[-1])
        singular = [" ".join(words(s)) for s in spelled]
        plain = [n + s for n in ("row", "record", "item", "one") for s in ("s", "")]
        return sorted({*spelled, *singular, *plain, "entry", "entries"}, key=lambda n: -len(n))

    # who

    def subject(self, phrase: str) -> tuple[tuple[Formula, tuple[str, ...]], ...]:
        """Each reading of the phrase as somebody who may."""
        if phrase not in self._subjects:
            self._subjects[phrase] = ()  # a phrase is not part of itself
            self._subjects[phrase] = tuple(self._each_subject(phrase))
        return self._subjects[phrase]

    def _each_subject(self, phrase: str) -> Readings:
        if found := self._may.fullmatch(phrase):
            yield from self.subject(found["who"])
        if found := re.fullmatch(
            r"(?:only|just|solely|exclusively|nobody but|no one but|nobody except|no one except"
            r"|nobody other than|no one other than) (.+)",
            phrase,
        ):
            yield from self.subject(found[1])
        if found := re.fullmatch(r"(.+) (?:only|alone)", phrase):
            yield from self.subject(found[1])
        if _EVERYONE.fullmatch(phrase):
            yield EVERYONE, ()
        if _NOBODY.fullmatch(phrase):
            yield NOBODY, ()
        if _SIGNED.fullmatch(phrase):
            yield self._signed_in(), ()
        if _USERS.fullmatch(phrase) and not self._is_thing(phrase):
            yield EVERYONE, ()
            yield self._signed_in(), ()
        yield from self._role(phrase)
        yield from self._somebody(phrase)
        yield from self._members(phrase)
        yield from self._rows(phrase)
        yield from self._qualified(phrase)

    def _qualified(self, phrase: str) -> Readings:
        """`admins of the same team`, `members of the same team who are editors`."""
        for left, right in _parted(phrase, r"(?:who|that) (?:is|are)(?: also)?"):
            for a, some_notes in self.subject(left):
                for b, more in self.subject(right):
                    yield every(a, b), (*some_notes, *more)
                if right.startswith("not "):
                    for b, more in self.subject(right.removeprefix("not ")):
                        yield every(a, opposite(b)), (*some_notes, *more)
        for left, right in _parted(phrase, _OF):
            for role, notes in self._role(left):
                for group, more in self._group(right):
                    yield every(role, group), (*notes, *more)

    def _signed_in(self) -> Holds:
        me = self._typed(":me.id", None)
        return Holds(f"{me} IS NOT NULL", f"{me} IS NULL")

    def _is_thing(self, phrase: str) -> bool:
        return bool(re.fullmatch(self._thing, phrase))

    # roles

    def _role(self, phrase: str) -> Readings:
        named = re.fullmatch(
            r"(?:everyone|anyone|those|users?|people|callers?|members?|staff)"
            r" (?:with|having|in|who have|who has|of) (?:the |an? )?(?:role (?P<a>.+)|(?P<b>.+) role)",
            phrase,
        ) or re.fullmatch(r"(?:the |an? |all |any |every )?(?:role (?P<a>.+)|(?P<b>.+) roles?)", phrase)
        if named:
            name = named["a"] or named["b"]
            if role := self._known_role(name):
                yield HasRole(role), ()
            elif re.fullmatch(r"[^\W_]\w*(?: \w+)?", name):
                role = name.replace(" ", "_")
                yield HasRole(role), (f"`{role}` is a role that nothing else in the policy names",)
            return
        found = re.fullmatch(
            r"(?P<the>the |an? |all |any |every )?(?P<name>\w+(?: \w+){0,2}?)(?: (?:users?|people|staff))?",
            phrase,
        )
        if found is None or ((found["the"] or "") == "the " and self._owns(found["name"])):
            return
        if role := self._known_role(found["name"]):
            yield HasRole(role), ()
        elif noun_of(found["name"]) in ((_ADMIN,), ("administrator",)):
            yield HasRole(_ADMIN), ("`admin` is a role that nothing else in the policy names",)

    def _known_role(self, name: str) -> str | None:
        for role in sorted(self.nouns.known.roles):
            if words(role) == noun_of(name):
                return role
            if words(role) == (_ADMIN,) and noun_of(name) == ("administrator",):
                return role
        return None

    def _owns(self, name: str) -> bool:
        return any(noun_of(name) in key.nouns for key in self.nouns.keys(self.relation))

    # somebody: a key that leads to the caller

    def _somebody(self, phrase: str) -> Readings:
        """The author, the owner of the project, their manager, the customer themself."""
        if re.fullmatch(rf"(?:the )?(?:owner|caller|user|person)?(?: ?{_SELF})?", phrase) and (
            self.nouns.is_people(self.relation) and phrase
        ):
            yield from self._caller_is(Way((), self.relation))
            return
        bare = re.sub(rf" {_SELF}\Z", "", phrase)
        emphatic = bare != phrase
        for way in self.thing(bare):
            if self.nouns.is_people(way.to):
                yield from self._caller_is(way)
            elif way.hops and (emphatic or not re.search(_SELF, phrase)):
                yield from self._of(way, noun_of(bare.removeprefix("the ")))
        if found := re.fullmatch(
            r"(?:whoever|who|anyone who|the (?:one|person|user) who) "
            rf"(?P<did>\w+) (?:it|them|{self._thing})",
            phrase,
        ):
            yield from self._doer(found["did"])
        if found := re.fullmatch(
            rf"(?:whoever|whomever|the (?:one|person|user)(?: that)?) (?:it|{self._thing}) (?:is|was) "
            rf"(?P<did>\w+) (?P<to>to|by)",
            phrase,
        ):
            yield from self._doer(found["did"], found["to"])

    def _doer(self, did: str, to: str = "by") -> Readings:
        """Whoever wrote it, or has it assigned to them."""
        stems = noun_of(did)
        if not stems:
            return
        nouns = {(stems[0], to), *((d,) for d in doers(stems[0], to))}
        for key in self.nouns.keys(self.relation):
            if self.nouns.is_people(key.to) and key.nouns & nouns:
                yield from self._caller_is(Way((key,), key.to))

    def thing(self, phrase: str) -> list[Way]:
        """The ways to what the phrase names, seen from a row: itself, its project, its project's owner."""
        if phrase not in self._things:
            self._things[phrase] = []
            self._things[phrase] = self._each_thing(phrase)
        return self._things[phrase]

    def _each_thing(self, phrase: str) -> list[Way]:
        if self._is_thing(phrase) or phrase in ("it", "this", "that"):
            return [Way((), self.relation)]
        ways: list[Way] = []
        if found := re.fullmatch(
            r"(?:(?:the|an?|its|their|his|her|this|that) )?(?P<noun>\w+(?: \w+){0,2})", phrase
        ):
            possessive = re.match(r"(?:their|his|her) ", phrase)
            here = Way((), self.relation)
            near = self._direct(here, noun_of(found["noun"]))
            # Somebody further away is named with the way: `the author of the post`.
            ways += [w for w in self._named(here, noun_of(found["noun"])) if not self._is_far(w, near)]
            if possessive and not self.nouns.is_people(self.relation):
                # `their manager`, said of a post, is its author's.
                for key in self.nouns.owners(self.relation):
                    ways += self._direct(Way((key,), key.to), noun_of(found["noun"]))
        for left, right in _parted(phrase, "'s"):
            for way in self.thing(left):
                ways += self._named(way, noun_of(right)) if re.fullmatch(r"\w+(?: \w+){0,2}", right) else []
        for left, right in _parted(phrase, "of|on"):
            noun = re.fullmatch(r"(?:the |an? )?(\w+(?: \w+){0,2})", left)
            for way in self.thing(right) if noun else ():
                ways += self._named(way, noun_of(noun[1])) if noun else []
        return list(dict.fromkeys(ways))

    def _is_far(self, way: Way, near: list[Way]) -> bool:
        return len(way.hops) > 1 and self.nouns.is_people(way.to) and way not in near

    def _named(self, start: Way, noun: Noun) -> list[Way]:
        if noun == ("owner",) and not self._direct(start, noun):
            if self.nouns.is_people(start.to):
                return []
            return [Way((*start.hops, k), k.to) for k in self.nouns.owners(start.to)]
        if len(noun) == 1 and noun[0] in _ROW:
            return []
        direct = self._direct(start, noun)
        return direct or [Way((*start.hops, *w.hops), w.to) for w in self.nouns.ways(start.to, noun)]

    def _direct(self, start: Way, noun: Noun) -> list[Way]:
        return [Way((*start.hops, k), k.to) for k in self.nouns.keys(start.to) if noun in k.nouns]

    def _caller_is(self, way: Way) -> Readings:
        """The predicate that the person at the end of the way is the caller."""
        if not way.hops:
            key = self.nouns.key_column(way.to)
            if key is not None:
                yield self._equals(key, "= :me.id"), self._notes(())
            return
        *hops, last = way.hops
        test = self.nouns.is_caller(last)
        sql = self.nouns.within(hops, test)
        if not hops and test.endswith("= :me.id"):
            yield self._equals(last.column, "= :me.id"), self._notes(way.hops)
        else:
            yield self._nested(sql), self._notes(way.hops)

    def _of(self, way: Way, noun: Noun) -> Readings:
        """The predicate that the caller is of that team, customer or account."""
        *hops, last = way.hops
        yield from self._among(Spot(tuple(hops), last.column, way.to), noun)

    # groups

    def _members(self, phrase: str) -> Readings:
        for left, right in _parted(phrase, _OF):
            if re.fullmatch(_HEAD, left):
                yield from self._group(right, noun_of(left)[-1:])
            elif called := re.fullmatch(r"(?:the |all |any )?(\w+)", left):
                yield from self._joined(right, noun_of(called[1]))
        if found := re.fullmatch(
            r"(?:the |their |fellow |its |an? |all |any )?(?:same )?(\w+) ?(?:members?|mates?)", phrase
        ):
            yield from self._same(noun_of(found[1]))
        if phrase.startswith("the same "):
            yield from self._group(phrase)
        if found := re.fullmatch(r"(?:the |its |any |all )?(members|participants|collaborators)", phrase):
            yield from self._joined("it", noun_of(found[1]))

    def _joined(self, phrase: str, called: Noun) -> Readings:
        """`collaborators of the document`, by a relation that joins the two."""
        for way in self.thing(phrase):
            key = self.nouns.key_column(way.to)
            spot = Spot(way.hops[:-1], way.hops[-1].column, way.to) if way.hops else None
            if spot is None and key is not None:
                spot = Spot((), key, way.to)
            for sql, note in self.nouns.memberships(way.to, called, self.relation) if spot else ():
                yield from self._at(spot, sql, note) if spot else ()

    def _group(self, phrase: str, called: Noun = ()) -> Readings:
        """`the same team`, `the caller's account`, `the author's team`, `the project`."""
        if found := re.fullmatch(
            rf"(?:(?:the|that|this|a) )?same (.+)|{_OWN} (\w+(?: \w+){{0,2}})", phrase
        ):
            yield from self._same(noun_of(found[1] or found[2]), owned=bool(found[2]))
            return
        for left, right in _parted(phrase, "'s"):
            for way in self.thing(left):
                for hops, column, refers in self.nouns.spots(way.to, noun_of(right)) if way.hops else ():
                    yield from self._among(Spot((*way.hops, *hops), column, refers), noun_of(right))
        for way in self.thing(phrase):
            if way.hops and not self.nouns.is_people(way.to):
                yield from self._of(way, noun_of(phrase.rsplit(" ", maxsplit=1)[-1]))
            elif not way.hops and self.nouns.key_column(way.to) is not None:
                key = self.nouns.key_column(way.to)
                if key is not None:
                    yield from self._among(Spot((), key, way.to), words(way.to.name.name))

    def _same(self, noun: Noun, *, owned: bool = False) -> Readings:
        """The row is of the same team, account or department as the caller; or of one that they own."""
        spots = self.nouns.spots(self.relation, noun)
        for spot in spots:
            yield from self._among(spot, noun)
        claimed = any(noun in nouns_of(claim) for claim in self.nouns.known.claims)
        for spot in spots if owned and not claimed else ():
            # Of `their projects`, some they are in and some are their own.
            for sql in self.nouns.owned(spot.refers) if spot.refers is not None else ():
                yield from self._at(spot, sql, "")
        if not spots:
            # The row says nothing of a team; whoever it is of may be a member of one.
            key = self.nouns.key_column(self.relation) if self.nouns.is_people(self.relation) else None
            people = [key] if key else [k.column for k in self.nouns.owners(self.relation)]
            for column in people:
                for sql, note in self.nouns.fellows(noun, self.relation):
                    yield from self._at(Spot((), column, None), sql, note)

    def _among(self, spot: Spot, noun: Noun) -> Readings:
        for sql, note in self.nouns.callers(noun, spot.refers, self.relation):
            yield from self._at(spot, sql, note)

    def _at(self, spot: Spot, sql: str, note: str) -> Readings:
        notes = (*self._notes(spot.hops), *((note,) if note else ()))
        if not spot.hops:
            yield self._equals(spot.column, sql), notes
        else:
            test = f"{self.nouns.name(spot.column.name)} {sql}"
            yield self._nested(self.nouns.within(spot.hops, test), spot.column), notes

    # rows

    def _rows(self, phrase: str) -> Readings:
        """`rows of the caller's account`, `published posts`, `their own posts`."""
        if phrase == "everything":
            yield EVERYONE, ()
        own = re.fullmatch(rf"(?:all )?(?:{_OWN}|own)(?: (?P<thing>{self._mine}))?", phrase)
        if own and (own["thing"] or phrase.endswith("own")):
            yield from self._own()
        shown = rf"(?P<state>.+? )??(?P<thing>{self._thing})(?P<rest> .+)?"
        if (found := re.fullmatch(shown, phrase)) and not (
            found["state"] is None and found["rest"] is None
        ):
            every_state = (
                [(EVERYONE, ())] if found["state"] is None else self._state(found["state"].strip())
            )
            every_rest = [(EVERYONE, ())] if found["rest"] is None else self._tail(found["rest"].strip())
            rest = list(every_rest)
            for a, some_notes in every_state:
                for b, more in rest:
                    yield every(a, b), (*some_notes, *more)
        elif re.fullmatch(self._every_thing, phrase) and not self.nouns.is_people(self.relation):
            yield EVERYONE, ()

    def _state(self, phrase: str) -> list[tuple[Formula, tuple[str, ...]]]:
        phrase = re.sub(r"\A(?:all|any|every|the|an?) ", "", phrase)
        return list(self.conditions.state(self.relation, phrase))

    def _tail(self, phrase: str) -> Readings:
        """What is said of rows behind them."""
        if found := re.fullmatch(r"(?:that|which) ((?:is|are|was|were|has been|have been) .+)", phrase):
            yield from self.conditions.condition(found[1])
        if re.match(r"(?:\w+ )?(?:within|in|from|of|during|over) the (?:last|past) |older|newer", phrase):
            yield from self.conditions.condition(phrase)
        if found := re.fullmatch(
            rf"(?:of|in|from|within|for|on|at|belonging to|by) (?:{_OWN} |(?:the )?same )(.+)", phrase
        ):
            yield from self._same(noun_of(found[1]), owned=" same " not in f" {phrase} ")
        if re.fullmatch(rf"(?:of|by|from|belonging to|owned by) (?:{_CALLER}|them|me|you)", phrase):
            yield from self._own()
        if found := re.fullmatch(rf"(?:(?:that|which) )?(?:they|i|you|{_CALLER}) (\w+)", phrase):
            yield from self._doer(found[1])
        if found := re.fullmatch(rf"(\w+) (by|to) (?:{_CALLER}|them|me|you)", phrase):
            yield from self._doer(found[1], found[2])
        if found := re.fullmatch(r"(?:of|on|in|for|from) (?:all |any |an? |the )?(.+)", phrase):
            yield from self._rows_of(found[1])
        if (found := re.fullmatch(r"(?:of|in) (.+ 's .+)", phrase)) and not re.match(_OWN, found[1]):
            yield from self._group(found[1])

    def _rows_of(self, phrase: str) -> Readings:
        """`comments of published posts`."""
        tokens = phrase.split(" ")
        for at in range(1, len(tokens)):
            noun = noun_of(" ".join(tokens[at:]))
            for way in self.nouns.ways(self.relation, noun):
                for formula, notes in self.conditions.state(way.to, " ".join(tokens[:at])):
                    yield from self.nested(way, formula, notes)

    def nested(self, way: Way, formula: Formula, notes: tuple[str, ...]) -> Readings:
        """What holds of a row that is some keys away."""
        if isinstance(formula, Holds):
            sql = self.nouns.within(way.hops, formula.sql)
            yield Holds(sql, f"NOT COALESCE({sql}, FALSE)"), (*self._notes(way.hops), *notes)

    def _own(self) -> Readings:
        if self.nouns.is_people(self.relation):
            yield from self._caller_is(Way((), self.relation))
            return
        for key in self.nouns.owners(self.relation):
            yield from self._caller_is(Way((key,), key.to))

    # predicates

    def _equals(self, column: Column, sql: str) -> Holds:
        name = self.nouns.name(column.name)
        if sql.startswith("= :me."):
            claim, other = sql.removeprefix("= "), f"{name} <> {sql.removeprefix('= ')}"
            if not column.nullable:
                return Holds(f"{name} {sql}", other)
            me = self._typed(claim, column)
            return Holds(f"{name} {sql}", f"({other} OR ({name} IS NULL AND {me} IS NOT NULL))")
        return self._nested(f"{name} {sql}", column)

    def _typed(self, claim: str, compared: Column | None) -> str:
        """The claim, where it stands alone: Postgres refuses a parameter whose type it cannot tell.

        INVARIANT: a parameter has one type, so it is that of what it is compared with elsewhere.
        """
        if self.nouns.catalog.dialect != "postgres":
            return claim
        if claim == ":me.id" and self.nouns.people is not None:
            compared = self.nouns.key_column(self.nouns.people) or compared
        kind = compared.type if compared is not None and not compared.enum else "TEXT"
        return f"CAST({claim} AS {kind})"

    def _nested(self, sql: str, compared: Column | None = None) -> Holds:
        """A predicate on the caller; who is not known to be left out by its opposite is not let in."""
        claims = dict.fromkeys(re.findall(r":me\.\w+", sql))
        lists = [f":me.{name}" for name, claim in self.nouns.known.claims.items() if claim.is_list]
        if set(claims) & set(lists):
            # A list cannot be asked whether it is there; without one, `<> ALL` is NULL and lets nobody in.
            return Holds(sql, re.sub(r"\bIN \((:me\.\w+)\)", r"<> ALL (\1)", sql))
        known = [f"{self._typed(c, compared)} IS NOT NULL" for c in claims]
        return Holds(sql, f"({' AND '.join([*known, f'NOT COALESCE({sql}, FALSE)'])})")

    def _notes(self, hops: Iterable[Key]) -> tuple[str, ...]:
        notes = [
            f"`{k.column.name}` is taken to refer to `{k.to.name.name}`; the database does not say so"
            for k in hops
            if k.implied
        ]
        if self.nouns.known.guessed and self.nouns.people is not None:
            notes.append(f"callers are rows of `{self.nouns.people.name.name}`, as its name suggests")
        return tuple(notes)


def _parted(phrase: str, by: str) -> Iterator[tuple[str, str]]:
    """Each way to part the phrase at words that match."""
    for found in re.finditer(rf" (?:{by}) ", phrase):
        yield phrase[: found.start()], phrase[found.end() :]
