"""Whether a mutation can be shown to do what its instruction says. What cannot is asked of a person first.

Nothing here makes a change right: it looks for signs of one that is not, in the words of the instruction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.doubt.amounts import factors, find_misjudged
from nlq.compiler.doubt.instruction import alike, take_apart
from nlq.compiler.doubt.reasons import find_unfounded
from nlq.compiler.doubt.unanswered import find_unanswered
from nlq.compiler.doubt.uses import Said, trees, uses_of
from nlq.compiler.words import stem, words
from nlq.plan import Plan
from nlq.plan.bind_steps import Bound, written_relations
from nlq.plan.dml import leaves

DOUBT = "to confirm: "
"""How an assumption begins that somebody has to confirm."""

_VERBS = {
    "create": """add create new insert make write post publish like comment register open place order record
        start submit give follow bookmark tag assign enter save put join toggle duplicate copy invite
        issue reply answer upsert set ensure log book""",
    "delete": """delete remove drop unlike unfollow cancel clear discard erase purge withdraw toggle leave
        unassign revoke untag dislike undo empty wipe""",
}
_SMALL = frozenset({"0", "1", "", "true", "false"})


def doubts_of(plan: Plan) -> tuple[str, ...]:
    """What somebody has to confirm of a plan."""
    return tuple(a.removeprefix(DOUBT) for a in plan.assumptions if a.startswith(DOUBT))


def find_doubts(
    instruction: str,
    named: Iterable[str],
    steps: Sequence[Bound],
    catalog: Catalog,
    lifted: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """What a person should look at before the change is made, in words; nothing where all has a reason.

    `named` are parameters that the caller sends, `lifted` the values of those that were literals.
    """
    said = {stem(w) for w in words(instruction)}
    named = frozenset(named)
    whole = Said(take_apart(instruction), catalog, lifted or {}, named, bool(factors(instruction)))
    uses = [use for bound in steps for use in uses_of(bound, catalog)]
    found = [
        *_verbs(said, steps),
        *_relations(said, {stem(w) for n in named for w in words(n)}, steps),
        *_labels(said, steps),
        *_literals(instruction, said, steps),
        *find_unfounded(whole, steps, uses),
        *find_unanswered(whole, steps, uses),
        *find_misjudged(whole, instruction, steps),
    ]
    return tuple(dict.fromkeys(found))


def _verbs(said: set[str], steps: Sequence[Bound]) -> Iterator[str]:
    for action, verbs in _VERBS.items():
        doing = [b for b in steps if b.step.action == action]
        if doing and not said & {stem(v) for v in verbs.split()}:
            what = "adds rows to" if action == "create" else "deletes rows of"
            for name in written_relations(doing):
                yield f"it {what} `{name.name}`, which the instruction does not say"


def _relations(said: set[str], named: set[str], steps: Sequence[Bound]) -> Iterator[str]:
    for bound in steps:
        own = {stem(w) for w in words(bound.relation.name.name)}
        labels = {label for c in bound.relation.columns for label in c.enum}
        if any(_is_said(label, said) for label in labels):
            continue  # "publish my drafts"
        columns = {stem(w) for c in bound.step.columns for w in words(c)} - {"id"}
        if not (own & (said | named) or columns & said):
            yield f"the instruction does not speak of `{bound.relation.name.name}`"


def _labels(said: set[str], steps: Sequence[Bound]) -> Iterator[str]:
    """A value of an enumerated column that the instruction names, and no step uses."""
    texts = {n.name for b in steps for t in trees(b) for n in t.find_all(exp.Literal) if n.is_string}
    for bound in steps:
        if bound.step.action == "create":
            continue
        for column in bound.relation.columns:
            for label in column.enum:
                parts = words(label)
                if parts and all(any(alike(p, w) for w in said) for p in parts) and label not in texts:
                    yield f"the instruction says `{label}`, and the change does not look at it"


def _literals(instruction: str, said: set[str], steps: Sequence[Bound]) -> Iterator[str]:
    """A value that the change uses, and the instruction gives no reason for."""
    folded = instruction.casefold()
    reckoned = factors(instruction)
    numbers = set(re.findall(r"\w+", folded))
    for bound in steps:
        keys = set(_keys(bound))
        for tree in trees(bound):
            for node in tree.find_all(exp.Literal):
                text = node.name.casefold()
                if id(node) in keys:
                    # Who or what a row belongs to is never a small matter: `user_id = 1` is somebody.
                    if text not in numbers:
                        yield f"it uses the value `{node.name[:60]}`, which the instruction does not say"
                    continue
                if text in _SMALL or isinstance(node.parent, exp.Interval) or text in folded:
                    continue
                if node.is_string and _is_said(node.name, said):
                    continue
                if not node.is_string and _number(node) in reckoned:
                    continue
                if isinstance(node.parent, exp.Select | exp.Exists) and not node.is_string:
                    continue
                yield f"it uses the value `{node.name[:60]}`, which the instruction does not say"


def _keys(bound: Bound) -> Iterator[int]:
    """The numbers that are given to columns which name rows, or compared with them, by their ids."""
    own = {*bound.relation.primary_key, *(c for k in bound.relation.foreign_keys for c in k.columns)}
    for leaf in leaves(bound.step.query):
        for value, column in zip(leaf.expressions, bound.step.columns, strict=False):
            bare = value.unalias()
            if column in own and isinstance(bare, exp.Literal) and not bare.is_string:
                yield id(bare)
    for tree in trees(bound):
        for equal in tree.find_all(exp.EQ):
            for one, other in ((equal.left, equal.right), (equal.right, equal.left)):
                number = isinstance(other, exp.Literal) and not other.is_string
                if number and isinstance(one, exp.Column) and one.name in own:
                    yield id(other)


def _number(node: exp.Literal) -> Decimal | None:
    try:
        return Decimal(node.name).normalize()
    except InvalidOperation:
        return None


def _is_said(text: str, said: set[str]) -> bool:
    """Whether a word of the text is said in any of its forms: `archive` for `archived`."""
    return any(_alike(stem(w), other) for w in words(text) for other in said)


def _alike(one: str, other: str) -> bool:
    """Whether two words begin alike, but for an ending.

    >>> _alike("published", "publish"), _alike("archived", "archive"), _alike("paid", "page")
    (True, True, False)
    """
    same = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one == other or (same >= 4 and same >= min(len(one), len(other)) - 1)
