"""Questions of which the catalog does not speak at all: refused before a model makes something up."""

from __future__ import annotations

from collections.abc import Iterator

from nlq.catalog import Catalog
from nlq.compiler.schema_text import Samples
from nlq.compiler.values import MAX_LENGTH, MOST_VALUES, sampled_columns
from nlq.compiler.vote import are_linked
from nlq.compiler.words import content_words, split_words, stem, words

_ENGLISH = frozenset(
    """
    what which who whose how where when why the is are was were does do did has have of for from with
    and or that list show give find many there this these
    """.split()
)
_STEMS = frozenset(map(stem, _ENGLISH))
LEAST_ENGLISH = 2
"""Words of English by which a question is taken for English: what is asked in another language, a model may
understand."""
LEAST_WORDS = 3
"""Of fewer words that are unknown, one may be another name for something."""
MOST_UNKNOWN = 0.9
"""The share of words of which nothing speaks, from which on the question is about something else."""


def find_missing(question: str, catalog: Catalog, values: Samples) -> tuple[str, ...]:
    """The words of a question that is about something else, as it has them; none where it may be answered.

    Without `values` nothing is known of names that the question may hold.
    """
    asked = tuple(dict.fromkeys(w for w in content_words(question) if w not in _STEMS))
    said = question.casefold().split()
    if len(asked) < LEAST_WORDS or not values or sum(w in _ENGLISH for w in said) < LEAST_ENGLISH:
        return ()
    names = set(_names(catalog))
    unknown = [w for w in asked if not any(are_linked(w, name) for name in names)]
    if len(unknown) < MOST_UNKNOWN * len(asked):
        return ()
    stored = {w for found in values.values() for v in found if len(v) <= MAX_LENGTH for w in split_words(v)}
    spelled = {w: text for text in question.split() for w in words(text)}
    if not _are_all_known(catalog, values):
        # What may be a name may be among the values that were not looked at.
        first = question.split(maxsplit=1)[0]
        stored |= {w for w, text in spelled.items() if text != first and not text.islower()}
    unknown = [w for w in unknown if w not in stored]
    if len(unknown) < MOST_UNKNOWN * len(asked):
        return ()
    return tuple(spelled[w].strip("?!.,;:\"'()") for w in unknown if w in spelled)


def _names(catalog: Catalog) -> Iterator[str]:
    """Words of all that has a name, and of what is said about it."""
    for relation in catalog:
        yield from words(relation.name.name)
        yield from words(relation.comment or "")
        for column in relation.columns:
            yield from words(column.name)
            yield from words(column.comment or "")
            for label in column.enum:
                yield from words(label)


def _are_all_known(catalog: Catalog, values: Samples) -> bool:
    """Whether `values` are all texts that there are."""
    return all(
        len(values.get((relation.name, column), ())) < MOST_VALUES and (relation.name, column) in values
        for relation, column in sampled_columns(catalog, every_text=True)
    )
