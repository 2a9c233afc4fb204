"""A rule in English to its words, every one of which the grammar has to account for."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from nlq.errors import PolicyError

MAX_LENGTH = 400
"""A rule longer than this is not read."""

VALUE = "§"
"""Marks a quoted value in a phrase: `§0` is the first. A `§` that somebody writes stands alone."""

_PIECE = re.compile(
    r"""(?P<quoted> (?<!\w) (?: '[^'"]*' | "[^"]*" | “[^”]*” | ‘[^’]*’ | `[^`]*` ) (?!\w) )
    | (?P<apart> \w+n['’]t\b )
    | (?P<is> ['’]re\b | (?<=\bit)['’]s\b | (?<=\bthat)['’]s\b | (?<=\bwho)['’]s\b )
    | (?P<of> ['’]s\b | (?<=s)['’](?!\w) )
    | (?P<number> \d+(?:\.\d+)?(?!\w) )
    | (?P<word> [^\W]+ )
    | (?P<hyphen> (?<=\w)[-‐‑](?=\w) )
    | (?P<end> [.!]\s*\Z )
    | (?P<mark> \S )""",
    re.VERBOSE,
)
_NOT = {"can't": "can", "won't": "will"}


class Phrase(NamedTuple):
    """The words of a rule, in lower case with one space between, and the values that were quoted."""

    text: str
    values: tuple[str, ...]


def read_words(english: str) -> Phrase:
    """The words of the rule; what is no word stands there as itself, and no rule of grammar takes it.

    >>> read_words("Signed-in users, if it isn't 'In Review'.")
    Phrase(text='signed in users , if it is not §0', values=('In Review',))

    Raises `policy.invalid` for a rule that is too long.
    """
    if len(english) > MAX_LENGTH:
        raise PolicyError(
            "policy.invalid",
            f"a rule in English has {len(english)} characters, and may have {MAX_LENGTH}",
            "make several rules of it, or write it in SQL",
        )
    words: list[str] = []
    values: list[str] = []
    for piece in _PIECE.finditer(unicodedata.normalize("NFC", english)):
        text = piece[0].lower().replace("’", "'")
        match piece.lastgroup:
            case "quoted":
                words.append(f"{VALUE}{len(values)}")
                values.append(piece[0][1:-1])
            case "apart":
                words += [_NOT.get(text, text.removesuffix("n't")), "not"]
            case "is":
                words.append("are" if text.endswith("re") else "is")
            case "of":
                words.append("'s")
            case "hyphen" | "end":
                pass
            case _:
                words.append(text)
    return Phrase(" ".join(words), tuple(values))
