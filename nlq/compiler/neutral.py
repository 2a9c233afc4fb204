"""What may be written in two ways without a change of meaning, as a list of rules that can be read.

A rule says where it holds: "over" is "more than" between "with" and a number, and not in "sales over 5
days". A rule whose own words name something in the catalog is left out: "list prices" is no command where
there is a `list_price`. Nothing here drops "not", "all", "only" or a tense, or exchanges names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from nlq.catalog import Catalog
from nlq.catalog.words import stem, words

# Of the private use area: intake leaves none of these in a question.
NUMBER, YEAR, DATE, TEXT, NAMED = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
"""What stands for a literal while the words around it are rewritten, one letter for each kind."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Stems of the words of a visible catalog: all of them, those that name a relation, or a column."""

    all: frozenset[str]
    relations: frozenset[str]
    columns: frozenset[str]

    @classmethod
    def of(cls, catalog: Catalog) -> Vocabulary:
        """The vocabulary of names and of the values of enums."""
        relations = [words(r.name.name) for r in catalog]
        columns = [words(c.name) for r in catalog for c in r.columns]
        values = [words(v) for r in catalog for c in r.columns for v in c.enum]
        every = frozenset(w for named in (*relations, *columns, *values) for w in named)
        named = frozenset(name[-1] for name in relations if name)
        return cls(every, named, frozenset(name[-1] for name in columns if name) - named)

    def has_rows(self, word: str) -> bool:
        """Whether the word names rows of a relation, in the plural: `users`, not `user`."""
        return word != stem(word) and stem(word) in self.relations


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` is written as `into`. Its groups `rows…`, `column` and `word` have to name such.

    The rule does not hold where one of the stems `unless` is a word of the catalog.
    """

    pattern: re.Pattern[str]
    into: str
    unless: tuple[str, ...] = ()

    def apply(self, text: str, vocabulary: Vocabulary) -> str:
        """The text with the rule applied wherever it holds."""

        def written(found: re.Match[str]) -> str:
            named = found.groupdict()
            for name, word in named.items():
                if name.startswith("rows") and not vocabulary.has_rows(word):
                    return found[0]
                if name == "word" and word is not None and stem(word) not in vocabulary.all:
                    return found[0]
                if name == "column" and stem(word) not in vocabulary.columns:
                    return found[0]
            return found.expand(self.into)

        return self.pattern.sub(written, text)


def _rule(pattern: str, into: str, unless: str = "") -> Rule:
    for name, meant in _PATTERNS.items():
        pattern = pattern.replace(name, meant)
    return Rule(re.compile(pattern), into, tuple(map(stem, unless.split())))


_PATTERNS = {
    "<n>": rf"(?:[{NUMBER}{YEAR}]|\d[\d.,]*(?!\w))",
    "<alone>": r"(?<!\S)(?<![<>=] )"
    + "".join(rf"(?<!\b{w} )" for w in ("and", "or", "to", "top", "last", "first", "next")),
    "<rows>": r"(?P<rows>[a-z_]+)(?![\w'])",
    "<column>": r"(?P<column>[a-z_]+)",
    "<unit>": r"(?:second|minute|hour|day|week|month|quarter|year)s?(?!\w)",
    "<have>": r"(?:have|are|were|had|do not|did not|never)(?!\w)",
    "<subject>": rf"(?:[{NUMBER}{YEAR}]|top |average |number of |(?P<word>[a-z_]+))",
    "<det>": r"(?:the|all|every|each|how many|which|what)(?!\w)",
}

_FORMS = (
    _rule(r"(?i:\b(do|does|did|is|are|was|were|has|have|had|would|could|should)n't\b)", r"\1 not"),
    _rule(r"\b(?:can't|cannot)\b", "can not"),
    _rule(r"\bwon't\b", "will not"),
    _rule(r"^what's the ", "what is the "),
    _rule(r"\bI'd like\b", "I would like"),
    _rule(r"≥ ?", ">= "),
    _rule(r"≤ ?", "<= "),
    _rule(r"(?<![<>=!]) ?([<>]=?) ?(?=<n>)", r" \1 "),
)
"""Contractions and symbols."""

_ASKING = (
    _rule(r"^please,? ", ""),
    _rule(r"^(?:can|could|would|will) you (?:please |kindly )?(?=(?:show|list|give|tell|find|get)\b)", ""),
    _rule(r"^I (?:want|need|would like) to (?:see|know|get|have) (?=<det>)", ""),
    _rule(r"^I (?:want|need|would like) (?=(?:the|all|every|each)\b)", ""),
    _rule(r"^(?:show|give|get|find|fetch|tell) me ", ""),
    _rule(r"^(?:show|list|give|display|get|find|fetch) (?=<det>)", ""),
    _rule(r"^show (?=<subject>)", "", unless="show"),
    _rule(r"^list (?!(?:prices?|values?)\b)(?=<subject>)", "", unless="list"),
    _rule(r"^display (?!(?:sizes?|names?|orders?)\b)(?=<subject>)", "", unless="display"),
    _rule(r"^(?:get|find|fetch) (?=<subject>)", "", unless="get find fetch"),
    _rule(r"^(?:what|which) are the |^what is the ", "the "),
    _rule(rf"^the (?=[a-z{NUMBER}{YEAR}])", ""),
    _rule(r"^(?:a )?list of (?=<subject>)", "", unless="list"),
)  # fmt: skip
"""How one asks, at the head of a question; each is tried again after the others."""

_WORDS = (
    # not before no: `no more than` is no comparison by `more than`
    _rule(r"\b(?:no|not) (?:more|greater) than (?=<n>)", "<= "),
    _rule(r"\b(?:no|not) (?:less|fewer) than (?=<n>)", ">= "),
    _rule(r"\b(?:more|greater) than or equal to (?=<n>)", ">= "),
    _rule(r"\b(?:less|fewer) than or equal to (?=<n>)", "<= "),
    _rule(r"\bat least (?=<n>)", ">= "),
    _rule(r"\bat most (?=<n>)", "<= "),
    _rule(r"\b(?:more|greater) than (?=<n>)", "> "),
    _rule(r"\b(?:less|fewer) than (?=<n>)", "< "),
    _rule(r"\b(with|have|has|is) over (?=<n>)", r"\1 > ", unless="over"),
    _rule(r"\b(with|have|has|is) under (?=<n>)", r"\1 < ", unless="under"),
    _rule(r"\b<column> above (?=\$?<n>)", r"\g<column> > ", unless="above"),
    _rule(r"\b<column> below (?=\$?<n>)", r"\g<column> < ", unless="below"),
    _rule(r"\b<column> over (?=\$?<n>$)", r"\g<column> > ", unless="over"),
    _rule(r"\b<column> under (?=\$?<n>$)", r"\g<column> < ", unless="under"),
    _rule(rf"\b<rows> above (?=\$?(?:{NUMBER}|\d+)$)", r"\g<rows> over ", unless="over above"),
    _rule(rf"\b<rows> below (?=\$?(?:{NUMBER}|\d+)$)", r"\g<rows> under ", unless="under below"),
    _rule(r"<alone>(<n>) or more (?=<rows>)", r">= \1 "),
    _rule(r"<alone>(<n>) or (?:fewer|less) (?=<rows>)", r"<= \1 "),
    _rule(r"\b(in|within|during|from|for|of|over) the past (?=<n> <unit>)", r"\1 the last "),
    _rule(r"\b(for|of) every (?P<word>[a-z_]+)", r"\1 each \g<word>"),
    _rule(r"(?<!out )\bof the <rows>", r"of \g<rows>"),
    _rule(r"\ball (?:of )?the <rows>", r"all \g<rows>"),
    _rule(r"\ball of <rows>", r"all \g<rows>"),
    _rule(r"\bwithout (?:any )?<rows>(?! and\b| or\b|,)", r"with no \g<rows>"),
    _rule(r"\b(?:sorted|ordered) by ([a-z_ ]+?) (?:in )?descending(?: order)?$", r"sorted by \1 descending",
          unless="descending"),
    _rule(r"\b(?:sorted|ordered) by ([a-z_ ]+?) (?:in )?ascending(?: order)?$", r"sorted by \1 ascending",
          unless="ascending"),
)  # fmt: skip
"""Words that may stand for each other, anywhere in the question but only where the pattern says."""

_HEAD = (
    _rule(r"^(?:number|count) of <rows>", r"how many \g<rows>", unless="number count"),
    _rule(r"^count (?:the )?<rows>", r"how many \g<rows>", unless="count"),
    _rule(r"^how many <rows> are there(?= |$)", r"how many \g<rows>"),
    _rule(r"^how many <rows> are (?=(?:in|from)\b)", r"how many \g<rows> "),
    _rule(r"^which <rows> (?=<have>)", r"\g<rows> that "),
    _rule(r"^what <rows> (?=have (?:[<>]|no\b))", r"\g<rows> that "),
    _rule(r"^(all |how many |)<rows> (?:who|which) (?=<have>)", r"\1\g<rows> that "),
    _rule(r"^how many <rows> have (?=[<>]|no\b)", r"how many \g<rows> with "),
    _rule(r"^(all |how many |)<rows> having (?=[<>]|no\b)", r"\1\g<rows> with "),
    _rule(r"^(all |how many |)<rows> that have (?=[<>]|no\b)", r"\1\g<rows> with "),
    _rule(r"^(all |how many |)(?P<rows_1>[a-z_]+) that do not have (?:any )?<rows>(?! and\b| or\b|,)",
          r"\1\g<rows_1> with no \g<rows>"),
)  # fmt: skip
"""What a question is about, once it begins with that."""

HEADS = frozenset(
    """
    please can could would show list give get find fetch tell display return the which what how number
    count all every each for top average total
    """.split()
)
"""Words of which a capital at the beginning of a question says nothing."""

_SPOKEN = {
    word: n
    for n, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty".split(),
        start=2,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50}  # fmt: skip
_SPOKEN_NUMBER = re.compile(
    r"(?<![\w'-])(?:[Tt]op|bottom|first|last|past|than|at least|at most|over|under"
    r"|(?:with|have|has|having)(?= \w+ or (?:more|fewer|less)\b)) "
    rf"({'|'.join(_SPOKEN)})(?![\w'-])"
    r"(?! (?:hundred|thousand|million|billion|dozen|score|point|thirds?|quarters?|halves|half|and a)\b)"
    r"(?! or (?!(?:more|fewer|less)\b))"
)
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(m.capitalize() for m in _MONTHS) + "|" + "|".join(m[:3].capitalize() for m in _MONTHS)
_SPOKEN_DATE = re.compile(
    rf"(?<![\w'-])(?:(?P<m1>{_MONTH}) (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?, ?(?P<y1>\d{{4}})"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?P<m2>{_MONTH}) (?P<y2>\d{{4}}))(?![\w-])"
)
_DOUBTFUL = re.compile(r"[\u2018-\u201f\u00ab\u00bb`\"]|(?<!\w)'|(?<!s)'(?!\w)")
"""Quotation marks around nothing that is known for a literal: rules might act in a quotation."""

_CURLY = re.compile(r"(?<=\w)\u2019(?=\w)")
_PERIOD = re.compile(r"(?<=[a-z]{3})(?<!inc)(?<!ltd)(?<!corp)(?<!etc)\.$")


def rewrite(text: str, vocabulary: Vocabulary) -> str | None:
    """The canonical form of a text with marks for literals; None where it cannot be read surely."""
    text = _CURLY.sub("'", text)
    if _DOUBTFUL.search(text):
        return None
    text = re.sub(r"(?:, (?:please|thanks|thank you))?[ ?]*$", "", text)
    text = _PERIOD.sub("", text)
    text = _lower_first(text, vocabulary)
    asking, rest = _rules(vocabulary)
    for rule in _FORMS:
        text = rule.apply(text, vocabulary)
    before = ""
    while before != text:
        before = text
        for rule in asking:
            text = rule.apply(text, vocabulary)
    if text != before or not text:
        return None
    text = _lower_first(text, vocabulary, relations=True)
    for rule in rest:
        text = rule.apply(text, vocabulary)
    return text


def spoken(text: str) -> Iterator[tuple[tuple[int, int], int | date]]:
    """Numbers and days that a text spells out where they can be nothing else, with their places.

    >>> list(spoken("the top five since 31 January 2026")), list(spoken("the seven samurai"))
    ([((8, 12), 5), ((19, 34), datetime.date(2026, 1, 31))], [])
    """
    for found in _SPOKEN_NUMBER.finditer(text):
        yield found.span(1), _SPOKEN[found[1]]
    for found in _SPOKEN_DATE.finditer(text):
        month = [m[:3] for m in _MONTHS].index((found["m1"] or found["m2"])[:3].lower()) + 1
        with suppress(ValueError):
            yield (
                found.span(),
                date(int(found["y1"] or found["y2"]), month, int(found["d1"] or found["d2"])),
            )


@lru_cache(maxsize=64)
def _rules(vocabulary: Vocabulary) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules that hold with this vocabulary: how one asks, and all that comes after."""

    def held(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(rule for rule in rules if not vocabulary.all & set(rule.unless))

    return held(_ASKING), held(_WORDS) + held(_HEAD)


def _lower_first(text: str, vocabulary: Vocabulary, *, relations: bool = False) -> str:
    """The text without the capital of its first word, where that is no name that somebody gave."""
    first = re.match(r"[A-Z][a-z]+(?![\w'])|A(?= list of )", text)
    if first is None:
        return text
    low = first[0].lower()
    known = vocabulary.has_rows(low) if relations else low in HEADS or stem(low) in vocabulary.all
    return low + text[first.end() :] if known or low == "a" else text
