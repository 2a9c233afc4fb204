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


@dataclass(frozen=True, slots=True)
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
    ranked = sorted(found, key=lambda m: (-found[m][1], -found[m][0], m.relation, m.column, m.value))
    return tuple(_without_parts(ranked))[:MAX_MATCHES]


def hints_text(matches: tuple[Match, ...], catalog: Catalog) -> str:
    """The matches as lines for the prompt, for relations that the prompt shows."""
    lines = [
        f"{name_text(m.relation, catalog)}.{quote(m.column)} has the value '{m.value}'"
        for m in matches
        if catalog.relation(m.relation) is not None
    ]
    return "".join(f"-- {line}\n" for line in lines)


def _all_values(samples: Samples, catalog: Catalog) -> Mapping[tuple[RelationName, str], Iterable[str]]:
    values: dict[tuple[RelationName, str], Iterable[str]] = dict(samples)
    for relation in catalog:
        for column in relation.columns:
            if column.enum:
                values[relation.name, column.name] = column.enum
    return values


def _without_parts(ranked: list[Match]) -> Iterable[Match]:
    """Drops a value whose words are all in a longer one of the same column."""
    kept: list[Match] = []
    for match in ranked:
        mine = set(words(match.value))
        if not any(
            mine < set(words(k.value)) and (k.relation, k.column) == (match.relation, match.column)
            for k in kept
        ):
            kept.append(match)
    return kept
