"""Words of identifiers and of English, brought to a form in which they can be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# `userId`, `XMLFile`; but `IDs` is one word.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?:[a-rt-z]|s[a-z]))")
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=16_384)
def words(text: str) -> tuple[str, ...]:
    """The stems of the words in an identifier or a sentence, in order.

    >>> words("InvoiceLine"), words("customers' orders_total")
    (('invoice', 'line'), ('customer', 'order', 'total'))
    """
    return split_words(text)


def split_words(text: str) -> tuple[str, ...]:
    """As `words`, but not remembered: for texts that are many and seen once, such as stored values."""
    plain = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    return tuple(stem(w) for w in _WORD.findall(plain.casefold()))


def spoken(name: str) -> str:
    """An identifier as a person says it.

    >>> spoken("launch_year"), spoken("FlightNo"), spoken("GDP")
    ('launch year', 'flight no', 'GDP')
    """
    found: list[str] = _WORD.findall(_CAMEL.sub(" ", name))
    return " ".join(w if w.isupper() and len(w) > 1 else w.lower() for w in found) or name


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The word without the ending of a plural: the same for both numbers, not always a word itself.

    >>> [stem(w) for w in ("categories", "boxes", "status", "statuses", "movie", "movies", "class")]
    ['category', 'box', 'status', 'status', 'movy', 'movy', 'class']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ie"):
        return word[:-2] + "y"
    if _ADDS_ES.search(word):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "indices": "index", "matrices": "matrix", "analyses": "analysis", "criteria": "criterion",
    "feet": "foot", "quizzes": "quiz", "caches": "cache", "buses": "bus", "gases": "gas", "lenses": "lens",
    "ids": "id",
}  # fmt: skip
# `boxes`, `branches`, `statuses`, `heroes`, but not `houses`, `clauses` and `shoes`.
_ADDS_ES = re.compile(r"(?:ch|sh|x|ss|..[^oa]us|..[^o]o)es\Z")
