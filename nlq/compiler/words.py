"""Words that say something of a question's subject."""

from __future__ import annotations

import re

from nlq.catalog.words import split_words, stem, words

__all__ = [
    "COUNTING",
    "HOW_MANY",
    "STOPWORDS",
    "are_alike",
    "content_words",
    "notes_of",
    "split_words",
    "stem",
    "without_notes",
    "words",
]

STOPWORDS = frozenset(
    """
    a all also an and any are as at average be been by can count did do does each every find for from get
    give had has have how i in is it its list many me more most much my name names number of on or our out
    per please return select show sum tell than that the their them then there these they this those to
    total us was we were what when where which who whose will with you your
    """.split()
)

COUNTING = tuple(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty
    """.split()
)
"""How whole numbers are spelled, each at its own place."""

HOW_MANY = re.compile(
    r"\b(?:how many|(?:total )?number of|count(?: of)?)\s+(?:the\s+)?"
    r"(?P<what>\w+(?:-\w+)*)(?:\s+(?P<of>\w+))?",
    re.IGNORECASE,
)
"""What is counted, by the word behind `how many` and the one behind that: `car makers` are makers."""


def content_words(text: str) -> tuple[str, ...]:
    """As `words`, without those that say nothing of the subject."""
    return tuple(w for w in words(text) if w not in STOPWORDS and len(w) > 1)


def are_alike(one: str, other: str) -> bool:
    """True for `rental` and `rented`, which are of one stem."""
    most = max(4, min(len(one), len(other)) - 2)
    return one == other or (min(len(one), len(other)) >= most and one[:most] == other[:most])


_ENDS = re.compile(r"[.?!]\s*\Z")
_SAYS = re.compile(r"\brefers? to\b|\bstands? for\b|=|\bmeans\b|: ")


def without_notes(question: str) -> str:
    """The question, without what stands in brackets behind it: that says what words mean, and asks nothing.

    >>> without_notes("How many women are there? (women: gender = 'F')")
    'How many women are there?'
    >>> without_notes("The seats of trams (seats refers to `Seat Count (Lower)`)")
    'The seats of trams'
    >>> without_notes("plants that have a colour (other than green)")
    'plants that have a colour (other than green)'
    """
    return question[: _notes_at(question)].rstrip()


def notes_of(question: str) -> str:
    """What stands in brackets behind a question, and says what its words mean.

    >>> notes_of("How many women are there? (women: gender = 'F')")
    "women: gender = 'F'"
    """
    return question[_notes_at(question) :].strip()[1:-1]


def _notes_at(question: str) -> int:
    """Where the notes begin, in brackets that close at the end of the question; its length without any."""
    text = question.rstrip()
    if not text.endswith(")"):
        return len(question)
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            break
    else:
        # What is not balanced is notes from the first sentence on.
        found = re.search(r"[.?!]\s*\(", text)
        at = found.end() - 1 if found else len(question)
    return at if _ENDS.search(text[:at]) or _SAYS.search(text[at:]) else len(question)
