"""The grammar of rules: who may, if what holds. It finds every reading of a phrase, and chooses none.

INVARIANT: each production takes all words of its phrase, so that no word of a rule is ever passed over.
A comma binds looser than none, and a semicolon or `otherwise` looser than a comma: a joint holds together
only what is bound more tightly than itself. What that leaves open is open: both readings are returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from nlq.catalog import Relation
from nlq.catalog.words import stem
from nlq.errors import PolicyError
from nlq.policy.english.conditions import Conditions
from nlq.policy.english.formula import (
    EVERYONE,
    NOBODY,
    Everyone,
    Formula,
    every,
    meaning_of,
    opposite,
    some,
)
from nlq.policy.english.lex import Phrase
from nlq.policy.english.nouns import Nouns
from nlq.policy.english.people import People
from nlq.policy.rules import Action

MAX_READINGS = 40
"""A phrase of more readings than this is not worth listing: it is not understood."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One reading of a phrase.

    `strength` is that of its loosest joint. `split` is who and if what, where that is all it says.
    `inner` is the strength of the loosest condition within a list, `trailing` that of an `except` at its
    end: what follows more tightly belongs to those.
    """

    formula: Formula
    notes: tuple[str, ...] = ()
    strength: int = 0
    split: tuple[Formula, Formula] | None = None
    inner: int = 0
    trailing: int = 0
    joined: str = ""


_LISTS = {"or": "or", "and": "and", "as well as": "and", "plus": "and", "and also": "and", "or else": ""}
_IF = (
    "if", "when", "where", "while", "as long as", "so long as", "provided", "provided that", "only if",
    "only when", "but only if", "but only when", "only where", "only while", "and only if",
)  # fmt: skip
_UNLESS = ("unless", "except if", "except when", "except where", "but not if", "but not when", "not if")
_WHEN = ("within", "in the last")
_EXCEPT = ("except", "except for", "but not", "other than", "apart from", "excluding", "but")
_OTHERWISE = ("otherwise", "else", "or else")
_BARE, _COMMA, _LOOSE = 1, 2, 3


class Grammar:
    """The readings of phrases about one relation and action."""

    def __init__(self, relation: Relation, action: Action, nouns: Nouns, phrase: Phrase) -> None:
        self._people = People(relation, action, nouns)
        self._conditions = Conditions(relation, nouns, phrase.values, self._people)
        self._people.conditions = self._conditions
        self._phrase = phrase
        self._who: dict[str, tuple[Meaning, ...]] = {}
        self._if: dict[str, tuple[Meaning, ...]] = {}

    def readings(self) -> tuple[Meaning, ...]:
        """Every reading of the phrase; none where a word of it has no place in any."""
        # `nobody if it is a draft` says nothing of who else may: that is no rule yet.
        whole = (m for m in self.who(self._phrase.text) if m.formula != NOBODY or m.split is None)
        return _distinct(replace(m, strength=0, split=None, inner=0, trailing=0, joined="") for m in whole)

    def who(self, phrase: str) -> tuple[Meaning, ...]:
        """Those who may, and on which rows."""
        if phrase not in self._who:
            self._who[phrase] = ()  # a phrase is not part of itself
            self._who[phrase] = _distinct(self._each_who(phrase))
        return self._who[phrase]

    def _each_who(self, phrase: str) -> Iterator[Meaning]:
        if not phrase:
            return
        for formula, notes in self._people.subject(phrase):
            yield Meaning(formula, notes)
        for begin in ("either ", "both "):
            if phrase.startswith(begin):
                wanted = "or" if begin == "either " else "and"
                yield from (m for m in self.who(phrase.removeprefix(begin)) if m.joined == wanted)
        if phrase.startswith(("only ", "just ")):
            yield from (m for m in self.who(phrase.split(" ", 1)[1]) if m.split is not None)
        yield from self._lists(phrase)
        yield from self._conditional(phrase)
        yield from self._exceptions(phrase)
        yield from self._chains(phrase)

    def _lists(self, phrase: str) -> Iterator[Meaning]:
        for left, right, word, strength in _joints(phrase, tuple(_LISTS), commas=True):
            op = _LISTS.get(word, "")
            if word == "or else":
                continue
            for a in self.who(left):
                if a.strength > strength or a.trailing >= strength or a.formula == NOBODY:
                    continue
                for b in self.who(right):
                    if b.strength <= strength and b.formula != NOBODY:
                        if op == "and" and _is_bare(right):
                            # `an admin and author` is one person, if not two.
                            yield Meaning(every(a.formula, b.formula), _merge(a.notes, b.notes), strength)
                        note = (_AND,) if op == "and" else ()
                        yield Meaning(
                            some(a.formula, b.formula),
                            _merge(a.notes, b.notes, note),
                            max(strength, a.strength, b.strength),
                            inner=max(a.inner, b.inner),
                            trailing=b.trailing,
                            joined=op or b.joined,
                        )

    def _conditional(self, phrase: str) -> Iterator[Meaning]:
        for left, right, word, strength in _joints(phrase, (*_IF, *_UNLESS, *_WHEN)):
            negated = word in _UNLESS
            for a in self.who(left):
                if a.strength > strength or (a.inner >= strength and a.split is None):
                    continue
                if negated and a.formula == NOBODY:
                    continue  # `nobody unless it is published` means the opposite of what its parts do
                for c in self.conditions(f"{word} {right}" if word in _WHEN else right):
                    held = opposite(c.formula) if negated else c.formula
                    yield self._if_so(a, held, c, strength)
        for word in ("if", "when", "where"):
            if not phrase.startswith(f"{word} "):
                continue
            for left, right, _, _ in _joints(phrase.removeprefix(f"{word} "), ("then",), commas=True):
                for c in self.conditions(left):
                    for a in self.who(right):
                        if a.strength < _COMMA and c.strength < _COMMA:
                            yield self._if_so(a, c.formula, c, _COMMA)

    def _if_so(self, who: Meaning, held: Formula, condition: Meaning, strength: int) -> Meaning:
        loosest = max(strength, who.strength, condition.strength)
        notes = _merge(who.notes, condition.notes)
        return Meaning(every(who.formula, held), notes, loosest, split=(who.formula, held), inner=strength)

    def _exceptions(self, phrase: str) -> Iterator[Meaning]:
        for left, right, word, strength in _joints(phrase, _EXCEPT):
            for a in self.who(left):
                if (
                    a.strength > strength
                    or a.formula == NOBODY
                    or (word == "but" and a.formula != EVERYONE)
                ):
                    continue
                left_out = [b for b in self.who(right) if b.strength <= strength and b.split is None]
                rows = [c for c in self.conditions(right) if c.strength <= strength]
                for b in (*left_out, *rows):
                    without = opposite(b.formula)
                    yield Meaning(
                        every(a.formula, without),
                        _merge(a.notes, b.notes),
                        max(strength, a.strength, b.strength),
                        split=(a.formula, without),
                        inner=strength,
                        trailing=strength,
                    )

    def _chains(self, phrase: str) -> Iterator[Meaning]:
        """`anyone if published, otherwise the author`."""
        for left, right, _, _ in _joints(phrase, _OTHERWISE):
            for a in self.who(left):
                if a.split is None or a.strength >= _LOOSE:
                    continue
                for b in self.who(right):
                    if b.strength >= _LOOSE and b.joined != "otherwise":
                        continue
                    who, held = a.split
                    rest = b.formula if isinstance(who, Everyone) else every(opposite(held), b.formula)
                    yield Meaning(
                        some(a.formula, rest), _merge(a.notes, b.notes), _LOOSE, joined="otherwise"
                    )

    def conditions(self, phrase: str) -> tuple[Meaning, ...]:
        """What holds for rows."""
        if phrase not in self._if:
            self._if[phrase] = ()
            self._if[phrase] = _distinct(self._each_condition(phrase))
        return self._if[phrase]

    def _each_condition(self, phrase: str) -> Iterator[Meaning]:
        if not phrase:
            return
        for formula, notes in self._conditions.condition(phrase):
            yield Meaning(formula, notes)
        if found := re.fullmatch(r"(?:(?:it|they|this|that) (?:is|are) )?neither (.+) nor (.+)", phrase):
            for a in self.conditions(found[1]):
                for b in self.conditions(found[2]):
                    if not a.strength and not b.strength:
                        neither = every(opposite(a.formula), opposite(b.formula))
                        yield Meaning(neither, _merge(a.notes, b.notes))
        if found := re.fullmatch(r"(?:(?:it|they|this|that) (?:is|are) )?not (.+)", phrase):
            for c in self.conditions(found[1]):
                if c.joined == "or":
                    yield replace(c, formula=opposite(c.formula), joined="")
        for left, right, word, strength in _joints(
            phrase, ("or", "and", "and if", "or if", "but"), commas=True
        ):
            for a in self.conditions(left):
                for b in self.conditions(right):
                    op = {"": b.joined, "but": "and"}.get(word, word.split(" ")[0])
                    if not op or max(a.strength, b.strength) > strength:
                        continue
                    join: Callable[..., Formula] = some if op == "or" else every
                    yield Meaning(join(a.formula, b.formula), _merge(a.notes, b.notes), strength, joined=op)


_NO_ARTICLE = ("everyone", "everybody", "anyone", "anybody", "nobody", "themself", "all", "people", "staff")
_AND = "`and` between people means each of them, not those who are both"


def _joints(
    phrase: str, joining: Iterable[str], *, commas: bool = False
) -> Iterator[tuple[str, str, str, int]]:
    """Each way to part the phrase: left, right, the words between, and how loosely they join.

    >>> list(_joints("a , or b", ["or"]))
    [('a', 'b', 'or', 2)]
    """
    tokens = phrase.split(" ")
    for at in range(1, len(tokens) - 1):
        mark = tokens[at] if tokens[at] in (",", ";") else ""
        strength = {"": _BARE, ",": _COMMA, ";": _LOOSE}[mark]
        begin = at + bool(mark)
        rest = " ".join(tokens[begin:])
        left = " ".join(tokens[:at])
        for word in joining:
            if rest.startswith(f"{word} ") and not left.endswith((" ,", " ;")):
                yield left, rest.removeprefix(f"{word} "), word, strength
        if mark and commas:
            yield left, rest, "", strength


def _is_bare(phrase: str) -> bool:
    """True for one person without an article: `author`, but not `authors` or `the author`.

    >>> [_is_bare(p) for p in ("author", "authors", "the author", "everyone")]
    [True, False, False, False]
    """
    return " " not in phrase and stem(phrase) == phrase and phrase not in _NO_ARTICLE


def _merge(*notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for some_notes in notes for n in some_notes))


def _distinct(meanings: Iterable[Meaning]) -> tuple[Meaning, ...]:
    """Each meaning once; of those that differ in notes alone, the one with the fewest."""
    found: dict[object, Meaning] = {}
    for m in meanings:
        split = m.split and (meaning_of(m.split[0]), meaning_of(m.split[1]))
        key = (meaning_of(m.formula), m.strength, split, m.inner, m.trailing, m.joined)
        if key not in found or len(m.notes) < len(found[key].notes):
            found[key] = m
        if len(found) > MAX_READINGS:
            raise PolicyError(
                "policy.ambiguous",
                f"the rule has more than {MAX_READINGS} readings",
                "make several rules of it, each of one sentence",
            )
    return tuple(found.values())
