"""Values of the database that the question mentions, so that the model writes them as they are stored.

Only values of columns that may be sampled come here, fetched through the guard as the principal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nlq.catalog import Catalog, Relation, RelationName, family
from nlq.compiler.schema_text import Samples, name_text, quote
from nlq.compiler.words import STOPWORDS, words

MAX_MATCHES = 6
MAX_WORDS = 5


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
            textual = family(column.type, catalog.dialect) in ("text", "enum", "other")
            if column.enum or not textual or column.name in keys:
                continue
            if column.sample or every_text:
                found.append((relation, column.name))
    return found


def match_values(question: str, samples: Samples, catalog: Catalog) -> tuple[Match, ...]:
    """Stored values that occur in the question, longest first: equal words, or nearly equal letters."""
    tokens = words(question)
    phrases = {
        " ".join(tokens[start : start + size]): size
        for size in range(1, MAX_WORDS + 1)
        for start in range(len(tokens) - size + 1)
    }
    exact = question.casefold()
    found: dict[Match, tuple[float, int]] = {}
    for (relation, column), values in _all_values(samples, catalog).items():
        for value in values:
            key = " ".join(words(value))
            if not key or (len(key) < 3 and value.casefold() not in exact.split()) or key in STOPWORDS:
                continue
            if key in phrases:
                found[Match(relation, column, value)] = (1.0, len(key))
            elif len(key) >= 5 and (near := difflib.get_close_matches(key, phrases, n=1, cutoff=0.88)):
                found[Match(relation, column, value)] = (0.9, len(near[0]))
    asked = set(tokens)
    by_phrase: dict[str, list[Match]] = {}
    for match in found:
        by_phrase.setdefault(" ".join(words(match.value)), []).append(match)
    # Shown every place of a value, a model filters on all of them: name only the likeliest.
    best = [
        max(sorted(group), key=lambda m: _likelihood(m, catalog, asked)) for group in by_phrase.values()
    ]
    ranked = sorted(best, key=lambda m: (-found[m][1], -found[m][0], m))
    return tuple(_without_parts(ranked))[:MAX_MATCHES]


def _likelihood(match: Match, catalog: Catalog, asked: set[str]) -> float:
    """How likely it is that the question means the value in this column."""
    relation = catalog.relation(match.relation)
    if relation is None:
        return 0.0
    own, column = set(words(relation.name.name)), set(words(match.column))
    value = set(words(match.value))
    unique = any(key == (match.column,) for key in relation.keys)
    return (
        2.0 * bool((column - own - value) & asked)
        + 2.0 * bool((own - value) & asked)
        + 1.0 * unique
        + 1.0 * bool(own & column)
        - 0.5 * len(own - column)
    )


def hints_text(matches: tuple[Match, ...], catalog: Catalog) -> str:
    """The matches as lines for the prompt, for relations that the prompt shows."""
    lines = [
        f"'{_escape(m.value)}' is a value of {name_text(m.relation, catalog)}.{quote(m.column)}"
        for m in matches
        if catalog.relation(m.relation) is not None
    ]
    return "".join(f"-- {line}\n" for line in lines)


def _escape(value: str) -> str:
    return " ".join(value.replace("'", "''").split())


def _all_values(samples: Samples, catalog: Catalog) -> Mapping[tuple[RelationName, str], Iterable[str]]:
    values: dict[tuple[RelationName, str], Iterable[str]] = dict(samples)
    for relation in catalog:
        for column in relation.columns:
            if column.enum:
                values[relation.name, column.name] = column.enum
    return values


def _without_parts(ranked: list[Match]) -> Iterable[Match]:
    """Drops a value whose words are all in a longer one."""
    kept: list[Match] = []
    for match in ranked:
        mine = set(words(match.value))
        if not any(mine < set(words(k.value)) for k in kept):
            kept.append(match)
    return kept
