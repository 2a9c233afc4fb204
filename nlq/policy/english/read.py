"""A rule in English to its readings: one is what we want, several are for a person to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from nlq.catalog import Catalog, Relation
from nlq.errors import PolicyError
from nlq.policy.english.formula import Grant, Unsaid, grants_of
from nlq.policy.english.grammar import Grammar
from nlq.policy.english.lex import read_words
from nlq.policy.english.nouns import Nouns, Words
from nlq.policy.rules import Action


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a rule may mean: `grants` together let through what it does; none for nobody."""

    grants: tuple[Grant, ...]
    assumptions: tuple[str, ...]


def read_rule(
    english: str, relation: Relation, action: Action, catalog: Catalog, known: Words
) -> tuple[Reading, ...]:
    """Every reading of the rule; none where a word of it means nothing to the grammar.

    Raises `policy.unsupported` where it is understood and no rule can say it, `policy.invalid` where it is
    too long.
    """
    grammar = Grammar(relation, action, Nouns(catalog, known), read_words(english))
    readings: dict[tuple[Grant, ...], Reading] = {}
    for meaning in grammar.readings():
        grants = grants_of(meaning.formula)
        if isinstance(grants, Unsaid):
            # Another reading may be sayable, but nobody asked for the other one.
            raise PolicyError("policy.unsupported", grants.why, grants.hint)
        readings.setdefault(grants, Reading(grants, meaning.notes))
    return tuple(readings.values())
