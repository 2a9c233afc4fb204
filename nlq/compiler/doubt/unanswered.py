"""What of an instruction no part of its change answers: words, numbers, and that something is not so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from nlq.compiler.doubt.instruction import NEUTRAL, alike
from nlq.compiler.doubt.reasons import TIMES
from nlq.compiler.doubt.uses import Said, Use, trees
from nlq.compiler.words import words
from nlq.plan.bind_steps import Bound
from nlq.plan.meta import COLUMN, RELATION

_DENYING = frozenset(
    "not none never without missing unless except haven hasn don doesn didn isn aren unset".split()
)
_COMPARED = frozenset(
    """more less fewer over under above below longer shorter greater higher larger smaller older younger
    newer least most than up down cheaper""".split()
)


def find_unanswered(said: Said, steps: Sequence[Bound], uses: Sequence[Use]) -> Iterator[str]:
    """Doubts about words of the instruction."""
    yield from _negations(said, steps)
    if unread := list(dict.fromkeys(_unread(said, steps, uses))):
        yield f"nothing in it answers {' and '.join(f'`{w}`' for w in unread[:3])} of the instruction"


def _negations(said: Said, steps: Sequence[Bound]) -> Iterator[str]:
    denied = any(b.step.when is not None and b.step.when.negated for b in steps) or any(
        tree.find(exp.Not, exp.NEQ, exp.Is, exp.Null, exp.Boolean) for b in steps for tree in trees(b)
    )
    if (word := next(iter(sorted(said.instruction.words & _DENYING)), None)) and not denied:
        yield f"the instruction says `{word}`, and nothing in it does"


def _unread(said: Said, steps: Sequence[Bound], uses: Sequence[Use]) -> Iterator[str]:
    known = {w for text in _texts_of(steps, uses, said) for w in words(text)}
    for token in said.instruction.tokens:
        if token.kind == "word" and token.text not in NEUTRAL | TIMES | _COMPARED:
            if not any(alike(token.text, w) for w in known):
                yield token.text
        elif token.kind == "text" and not set(words(token.text)) <= known:
            yield token.text[:40]
        elif token.kind == "number" and not set(words(token.text)) <= known and not said.reckoned:
            yield token.text


def _texts_of(steps: Sequence[Bound], uses: Sequence[Use], said: Said) -> Iterator[str]:
    for use in uses:
        yield use.column.name
        yield use.column.comment or ""
        if use.key is not None:
            yield use.key.referred.name
    for bound in steps:
        yield bound.relation.comment or ""
        yield bound.relation.name.name
        when = bound.step.when
        # The 1 of `SELECT 1 … WHERE` was not said.
        roots = ([bound.step.query] if bound.step.action == "delete" else []) + (
            [when.query] if when else []
        )
        for tree in trees(bound):
            for node in tree.walk():
                if isinstance(node, exp.Literal) and not (
                    _is_mere(node) or any(node.parent is r for r in roots)
                ):
                    yield node.name
                elif isinstance(node, exp.Placeholder):
                    yield said.values.get(node.name, node.name)
                elif RELATION in node.meta or COLUMN in node.meta:
                    yield node.name


def _is_mere(node: exp.Literal) -> bool:
    return isinstance(node.parent, exp.Select) and isinstance(node.parent.parent, exp.Exists)
