"""Words that say something of a question's subject."""

from __future__ import annotations

import re

from nlq.catalog.words import split_words, stem, words

__all__ = ["STOPWORDS", "content_words", "split_words", "stem", "without_notes", "words"]

STOPWORDS = frozenset(
    """
    a all also an and any are as at average be been by can count did do does each every find for from get
    give had has have how i in is it its list many me more most much my name names number of on or our out
    per please return select show sum tell than that the their them then there these they this those to
    total us was we were what when where which who whose will with you your
    """.split()
)


def content_words(text: str) -> tuple[str, ...]:
    """As `words`, without those that say nothing of the subject."""
    return tuple(w for w in words(text) if w not in STOPWORDS and len(w) > 1)


_NOTES = re.compile(r"(?P<asked>.*[.?!])\s*\((?P<notes>.*)\)\s*", re.DOTALL)


def without_notes(question: str) -> str:
    """The question, without what stands in brackets behind it: that says what words mean, and asks nothing.

    >>> without_notes("How many women are there? (women: gender = 'F')")
    'How many women are there?'
    """
    found = _NOTES.fullmatch(question)
    return found["asked"] if found else question
