"""Words that say something of a question's subject."""

from __future__ import annotations

from nlq.catalog.words import split_words, stem, words

__all__ = ["STOPWORDS", "content_words", "split_words", "stem", "words"]

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
