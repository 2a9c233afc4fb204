"""Values of the database that the question mentions, so that the model writes them as they are stored.

Only values of columns that may be sampled come here, fetched through the guard as the principal.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from nlq.catalog import Catalog, Relation, RelationName, family
from nlq.compiler.schema_text import Samples, name_text, quote, quote_value
from nlq.compiler.words import STOPWORDS, split_words, words

MAX_MATCHES = 6
MOST_VALUES = 1_000
"""Values of a column that are fetched; where there are fewer, they are all of them."""
MAX_WORDS = 5
MAX_LENGTH = 100
MAX_COMPARED = 2000
"""Pairs of a value and a phrase whose letters are compared one by one: 0.1 s at most."""
MIN_NEAR = 5
NEAR = 0.88
"""Part of the letters that must agree, of two texts of at least `MIN_NEAR` letters."""
SHORTER = NEAR / (2 - NEAR)
"""What is left of a text's length where everything that is left agrees."""

_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A stored value that the question seems to mention."""

    relation: RelationName
    column: str
    value: str


def sampled_columns(catalog: Catalog, *, every_text: bool) -> list[tuple[Relation, str]]:
    """Columns whose values may be fetched: those declared safe, or all text where `every_text` allows."""
    found = []
    for relation in catalog:
        keys = {c for k in relation.foreign_keys for c in k.columns}
        for column in relation.columns:
            of = family(column.type, catalog.dialect)
            # In SQLite, a column without a type is one of bytes, and may hold text.
            textual = of in ("text", "enum", "other") or (of == "bytes" and catalog.dialect == "sqlite")
            if column.enum or not textual or column.name in keys:
                continue
            if column.sample or every_text:
                found.append((relation, column.name))
    return found


def match_values(question: str, samples: Samples, catalog: Catalog) -> tuple[Match, ...]:
    """Stored values that occur in the question, longest first: equal words, or nearly equal letters."""
    tokens = words(question)
    phrases = {
        " ".join(tokens[start : start + size])
        for size in range(1, MAX_WORDS + 1)
        for start in range(len(tokens) - size + 1)
    }
    every = [
        (relation, column, value, key)
        for (relation, column), values in _all_values(samples, catalog).items()
        for value, key in zip(values, _keys(values), strict=True)
    ]
    spelled = {*question.split(), *_WORD.findall(question)}
    folded = {word.casefold() for word in spelled}
    found: dict[str, tuple[float, int, list[Match]]] = {}
    for relation, column, value, key in every:
        text = key.text
        # What is short or in every question must be spelled out: the country US, but not "show us".
        if text not in phrases or (len(text) < 3 and value.casefold() not in folded):
            continue
        if text in STOPWORDS and not (value.isupper() and value in spelled):
            continue
        found.setdefault(text, (1.0, len(text), []))[2].append(Match(relation, column, value))
    spelled_out = _initials(question)
    for relation, column, value, key in every:
        if phrase := spelled_out.get(value):
            found.setdefault(key.text, (1.0, len(phrase), []))[2].append(Match(relation, column, value))
    # A phrase that is a value is not a misspelling of another one.
    near = _Near(phrases - found.keys())
    for relation, column, value, key in every:
        if len(key.text) >= MIN_NEAR and key.text not in phrases and (phrase := near.find(key)) is not None:
            found.setdefault(key.text, (0.9, len(phrase), []))[2].append(Match(relation, column, value))
    asked = set(tokens)
    # Shown every place of a value, a model filters on all of them: name only the likeliest.
    best = [
        (-length, -score, max(sorted(group), key=lambda m: _likelihood(m, catalog, asked)))
        for score, length, group in found.values()
    ]
    return tuple(_without_parts([match for _, _, match in sorted(best)]))[:MAX_MATCHES]


def _initials(question: str) -> dict[str, str]:
    """Abbreviations that the question may spell out: `PWR` for `pressurized water reactor`."""
    said = [word for word in _WORD.findall(question) if not word.isdigit()]
    return {
        "".join(word[0] for word in said[start : start + size]).upper(): " ".join(
            said[start : start + size]
        )
        for size in range(3, MAX_WORDS + 1)
        for start in range(len(said) - size + 1)
        if not any(word.casefold() in STOPWORDS for word in said[start : start + size])
    }


class _Key(NamedTuple):
    """What a value or a phrase is compared by: its stems, which letters they have, how they begin."""

    text: str
    letters: int
    group: tuple[str, int]


class _Near:
    """Phrases, to find the one by which a value was probably meant.

    Comparing letters in order is slow, and thousands of values are compared with hundreds of phrases:
    nearly all pairs already differ in the first letter, the length, the set of letters, or both ends.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self._left = MAX_COMPARED
        self._groups: dict[tuple[str, int], list[tuple[int, float, str]]] = {}
        for key in map(_key, sorted(phrases)):
            first, length = key.group
            for other in range(math.ceil(length * SHORTER), int(length / SHORTER) + 1):
                # INVARIANT: letters that only one side has are among those that do not agree.
                most = (1 - NEAR) * (length + other)
                self._groups.setdefault((first, other), []).append((key.letters, most, key.text))

    def find(self, key: _Key) -> str | None:
        """The phrase nearest to `key`, if it is near enough and has the same numbers."""
        best: tuple[float, str] | None = None
        # The first letter is hardly ever wrong, and `un` before a word is no misspelling.
        for letters, most, phrase in self._groups.get(key.group, ()):
            if (letters ^ key.letters).bit_count() > most:
                continue
            if phrase[:3] != key.text[:3] and phrase[-3:] != key.text[-3:]:
                continue
            self._left -= 1
            if self._left < 0:
                break
            ratio = difflib.SequenceMatcher(None, phrase, key.text).ratio()
            # 2024 is not a misspelling of 2025.
            if ratio >= NEAR and _DIGITS.findall(phrase) == _DIGITS.findall(key.text):
                best = max(best or (0.0, ""), (ratio, phrase))
        return best[1] if best else None


@lru_cache(maxsize=512)
def _keys(values: tuple[str, ...]) -> tuple[_Key, ...]:
    """What each value is compared by; empty for one that is too long for a question."""
    return tuple(_key(" ".join(split_words(v)) if len(v) <= MAX_LENGTH else "") for v in values)


def _key(text: str) -> _Key:
    letters = 0
    for letter in text:
        letters |= 1 << (ord(letter) & 63)
    return _Key(text, letters, (text[:1], len(text)))


def _likelihood(match: Match, catalog: Catalog, asked: set[str]) -> float:
    """How likely it is that the question means the value in this column."""
    relation = catalog.relation(match.relation)
    if relation is None:
        return 0.0
    own, column = set(words(relation.name.name)), set(words(match.column))
    value = set(words(match.value))
    unique = any(key == (match.column,) for key in relation.keys)
    # What is asked is of the relation, or beside it: a capital is of the state Colorado, not of the river.
    beside = {w for c in relation.columns if c.name != match.column for w in words(c.name)}
    return (
        2.0 * bool((column - own - value) & asked)
        + 2.0 * bool((own - value) & asked)
        + 1.0 * bool(((own | beside - column - STOPWORDS) - value) & asked)
        + 1.0 * unique
        + 1.0 * bool(own & column)
        - 0.5 * len(own - column)
    )


def hints_text(matches: tuple[Match, ...], catalog: Catalog) -> str:
    """The matches as lines for the prompt, for relations that the prompt shows."""
    lines = [
        f"{quote_value(m.value, MAX_LENGTH)} is a value of "
        f"{name_text(m.relation, catalog)}.{quote(m.column)}"
        for m in matches
        if catalog.relation(m.relation) is not None
    ]
    return "".join(f"-- {line}\n" for line in lines)


def _all_values(samples: Samples, catalog: Catalog) -> dict[tuple[RelationName, str], tuple[str, ...]]:
    """Values by column, of the columns that the catalog has."""
    return {
        (relation.name, column.name): column.enum or samples.get((relation.name, column.name), ())
        for relation in catalog
        for column in relation.columns
    }


def _without_parts(ranked: list[Match]) -> Iterable[Match]:
    """Drops a value whose words are all in a longer one."""
    kept: list[Match] = []
    for match in ranked:
        mine = set(words(match.value))
        if not any(mine < set(words(k.value)) for k in kept):
            kept.append(match)
    return kept
