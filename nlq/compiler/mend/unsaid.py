"""Texts that a draft filters by and nobody said: left out without the model.

Small models copy the examples of the prompt. Where the question says nothing like the text, nor of its
column or relation, nothing is meant by it; a flag or a code may be (`female`, and `F`).
"""

from __future__ import annotations

import re

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.tree import parts, set_where
from nlq.compiler.words import STOPWORDS, are_alike, words
from nlq.plan.meta import COLUMN, BoundColumn

_LETTERS = re.compile(r"[^\W\d_]+")
_COMPARES = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like)
_CODE = 4
"""Letters of what may be short for a word."""


def mend_unsaid(tree: exp.Expr, _catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words; after one, its names are to be bound again."""
    where = tree.args.get("where") if isinstance(tree, exp.Select) else None
    if not isinstance(tree, exp.Select) or where is None:
        return ()
    # What is shown is spoken of by its name: `first names` says nothing of `First Aid`.
    shown = {w for e in tree.expressions for c in e.find_all(exp.Column) for w in words(c.name)}
    said = set(words(question))
    conditions = list(parts(where.this))
    unsaid = [p for p in conditions if _is_unsaid(p, question, said, said - shown)]
    if not unsaid:
        return ()
    kept = [p for p in conditions if p not in unsaid]
    set_where(tree, kept)
    return tuple(f"left out `{p.expression.name}`, of which the question says nothing" for p in unsaid)


def _is_unsaid(part: exp.Expr, question: str, said: set[str], meant: set[str]) -> bool:
    column, value = part.this, part.args.get("expression")
    if not isinstance(part, _COMPARES) or not isinstance(column, exp.Column):
        return False
    if not isinstance(value, exp.Literal) or not value.is_string or not value.name:
        return False
    bound: BoundColumn | None = column.meta.get(COLUMN)
    if bound is None or bound.relation is None:
        return False
    if {*words(bound.relation.name), *words(bound.column.name)} & said:
        return False
    own = words(value.name)
    if any(are_alike(one, other) or one[:3] == other[:3] for one in own for other in meant):
        return False
    return not _may_be_short(value.name, question) and not _may_be_long(value.name, question)


def _may_be_short(value: str, question: str) -> bool:
    """Whether the text may stand for words of the question: `MGR` for managers, `FT` for full time."""
    code = value.casefold()
    spoken = [w.casefold() for w in _LETTERS.findall(question)]
    if len(code) > _CODE:
        return False
    initials = "".join(word[0] for word in spoken)
    return code in initials or any(_begins(code, word) for word in spoken)


def _begins(code: str, word: str) -> bool:
    """Whether the word begins as the code does, and has its letters in their order."""
    rest = iter(word)
    return word[:1] == code[:1] and all(letter in rest for letter in code)


def _may_be_long(value: str, question: str) -> bool:
    """Whether the question is short for the text: `NY` or `CA`, for New York and California."""
    initials = "".join(word[0] for word in _LETTERS.findall(value)).casefold()
    short = {w.casefold() for w in _LETTERS.findall(question) if 1 < len(w) <= _CODE}
    return initials in short or any(_begins(word, value.casefold()) for word in short - STOPWORDS)
