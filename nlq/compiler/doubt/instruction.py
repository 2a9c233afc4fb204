"""An instruction taken apart: its words, numbers and quoted texts, in their order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from nlq.compiler.words import stem, words

Kind = Literal["word", "number", "text"]

_TOKEN = re.compile(
    r"""
      (?<!\w)'(?P<single>[^']*)'(?!\w) | "(?P<double>[^"]*)" | “(?P<curly>[^”]*)” | \{(?P<named>\w+)\}
    | (?<![\w.])(?P<number>\d{4}-\d\d-\d\d|\d[\d,]*(?:\.\d+)?)(?!\w)
    | (?P<word>[^\W_]+)(?:['’](?:s|t|ve|m|re|ll|d)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
FIRST_PERSON = frozenset("i me my mine myself we us our".split())
NEUTRAL = frozenset(
    """
    a an the this that these those it its their there they them he she his her one ones some i me my
    mine myself we us our you your of to in on at by for from with without within into onto off out
    up down about as and or but if then else when while where which who whose what whatever than so
    not no none never yet already just now also only still again too both all every each any
    everything everyone entire whole other same do does did done don doesn didn have has had haven
    hasn is are was were be been being isn aren will would shall should must can could may might
    please let make made making get got give given set put change update modify edit adjust correct
    fix replace move transfer turn switch mark flag note record register enter write take keep use
    add create insert new delete remove drop erase clear empty forget reset unset cancel call called
    name named titled number no nr value row entry record item thing instead until forever today
    here more less rename raise raised lower lowered increase increased decrease decreased reduce
    reduced double triple halve half twice percent plus minus times once copy duplicate swap assign
    unassign become say said want need like such per amount exactly
    """.split()
)
"""Words that are said of anything; some are judged by rules of their own (`nlq.compiler.doubt.amounts`)."""
_ENDINGS = ("ing", "ed", "er", "es", "e", "d")


@dataclass(frozen=True, slots=True)
class Token:
    """A stem, a number without its commas, or what stood between quotes."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """What was said. `tokens` are in order; parameters in braces are words."""

    tokens: tuple[Token, ...]

    @property
    def words(self) -> frozenset[str]:
        """The stems of the words that are not in quotes."""
        return frozenset(t.text for t in self.tokens if t.kind == "word")

    def says(self, texts: Iterable[str]) -> bool:
        """Whether any word of the texts is said, in any of its forms."""
        return any(alike(w, other) for text in texts for w in words(text) for other in self.words)

    def numbers_of(self, noun: str) -> Iterator[str]:
        """The numbers that stand directly behind the noun: 7 of “post 7”."""
        for token, following in itertools.pairwise(self.tokens):
            if token.kind == "word" and following.kind == "number" and alike(token.text, noun):
                yield following.text

    def before(self, value: str, most: int = 5) -> Iterator[tuple[str, ...]]:
        """For each place where the value is said, the words before it, the nearest first."""
        parts = [stem(w) for w in words(value)]
        folded = value.casefold()
        for at, token in enumerate(self.tokens):
            whole = token.text.casefold() == folded
            spelled = [t.text for t in self.tokens[at : at + len(parts)]] == parts
            if whole or (parts and spelled):
                near = (t.text for t in reversed(self.tokens[max(0, at - most) : at]) if t.kind == "word")
                yield tuple(near)


def take_apart(text: str) -> Instruction:
    """The instruction's tokens.

    >>> [t.text for t in take_apart("Rename post 7 to 'Ink, and oil'").tokens]
    ['rename', 'post', '7', 'to', 'Ink, and oil']
    """
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        quoted = next((q for q in match.group("single", "double", "curly") if q is not None), None)
        if quoted is not None:
            found.append(Token("text", quoted))
        elif match["number"]:
            found.append(Token("number", match["number"].replace(",", "")))
        else:
            found.extend(Token("word", w) for w in words(match["named"] or match["word"]))
    return Instruction(tuple(found))


def alike(one: str, other: str) -> bool:
    """Whether two stems are forms of one word.

    >>> alike("published", "publish"), alike("archived", "archive"), alike("billing", "billed")
    (True, True, True)
    >>> alike("paid", "page"), alike("post", "poster"), alike("unpaid", "paid")
    (False, True, True)
    """
    if one == other:
        return True
    one, other = (_bare(w) for w in (one, other))
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 2)


def _bare(word: str) -> str:
    """The word without what makes it a form of another."""
    word = word[2:] if word.startswith("un") and len(word) > 5 else word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word
