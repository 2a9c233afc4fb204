"""What is to happen outside of the database because of a change: `… and send an email to the author`.

A grammar reads it, and foreign keys say who is meant; no model decides who gets a message. What a message
holds is what the caller may see of the changed row, and the key of whom it is for, found as the caller may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, ForeignKey, Relation, RelationName
from nlq.catalog.words import stem, words
from nlq.engine.outbox import KEY, Send
from nlq.errors import ChangeError
from nlq.guard.statement import Statement
from nlq.plan.allow import TYPES
from nlq.plan.syntax import render

_SEND = re.compile(
    r"^(?P<change>.+?),?\s+and\s+(?:then\s+|also\s+)*send\s+(?:an?|the)\s+(?P<effect>\w+)\s+to\s+(?P<who>.+)$",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"^(?P<change>.+?),?\s+and\s+(?:then\s+|also\s+)*(?P<effect>\w+)\s+(?P<who>(?:the|its|their)\s+.+)$",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"""["“”]|(?<!\w)'|'(?!\w)""")
_VERBS = {"notify": "notification", "mail": "email"}
_WHO = re.compile(
    r"^(?:the\s+|its\s+|their\s+)?(?P<noun>[\w ]+?)(?:\s+of\s+(?:the\s+|that\s+|this\s+)?(?P<of>[\w ]+))?$"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An effect, and whom it is for: `author`, or with `of`, the author of the `post`."""

    effect: str
    noun: str
    of: str = ""


def split_effect(instruction: str, effects: Collection[str], catalog: Catalog) -> tuple[str, Wanted | None]:
    """The instruction without what is to be sent, and that.

    Raises `change.effect` where something is to be sent and cannot be.
    """
    text = instruction.strip().rstrip(".")
    for pattern in (_SEND, _VERB):
        found = pattern.match(text)
        if found is None or _is_open(found["change"]):
            continue
        name = found["effect"].lower()
        name = name if name in effects else _VERBS.get(name, name)
        if name not in effects:
            if pattern is _VERB or any(_same(name, r.name.name) for r in catalog):
                continue  # a verb of the change, or a row: `send a reply to …`
            raise ChangeError(
                "change.effect",
                f"nothing here sends `{name}`",
                f"there is {', '.join(f'`{e}`' for e in sorted(effects)) or 'none'}: the setting `effects`",
            )
        who = _WHO.match(found["who"].strip())
        if who is None:
            raise ChangeError("change.effect", f"who is `{found['who'][:60]}`?", "say `the author`")
        return found["change"], Wanted(name, who["noun"], who["of"] or "")
    return instruction, None


def _is_open(text: str) -> bool:
    """Whether a quoted text has begun and not ended: what follows is a value, and no effect."""
    return len(_QUOTE.findall(text)) % 2 == 1


def find_sends(
    wanted: Wanted,
    changed: Sequence[RelationName],
    visible: Catalog,
    guard: Callable[[str], Statement],
) -> tuple[Send, ...]:
    """How a changed row leads to whom the effect is for. `guard` makes a query of SQL, as the caller.

    Raises `change.effect` where that is nobody, or could be two.
    """
    relations = [r for name in dict.fromkeys(changed) if (r := visible.relation(name)) is not None]
    # What a column is called says more than what it refers to: a like has a user, and a post with one.
    ways: list[tuple[Relation, _Way]] = []
    for means in (_is_called, _refers_to):
        ways = ways or [(r, way) for r in relations for way in _ways(wanted, r, visible, means)]
    if not ways:
        raise ChangeError(
            "change.effect",
            f"it is not known who the {wanted.noun} is",
            "name what a foreign key of the changed rows refers to: `the author`",
        )
    if len(ways) > 1:
        readings = ", ".join(f"`the {wanted.noun} of the {way.of}`" for _, way in ways)
        raise ChangeError("change.effect", f"the {wanted.noun} could be two", f"say which: {readings}")
    relation, way = ways[0]
    through = guard(_sql(way, visible)) if way.second is not None else None
    last = way.second or way.first
    to, key = (last.referred, last.referred_columns[0])
    return (Send(wanted.effect, relation.name, way.first.columns[0], to, key, through),)


@dataclass(frozen=True, slots=True)
class _Way:
    """From a changed row to another: by one foreign key, or a second one of the row that it leads to."""

    of: str
    first: ForeignKey
    second: ForeignKey | None = None


def _ways(
    wanted: Wanted, relation: Relation, visible: Catalog, means: Callable[[ForeignKey, str], bool]
) -> Iterator[_Way]:
    if _is_of(wanted, relation):
        yield from (_Way(relation.name.name, key) for key in _keys(relation) if means(key, wanted.noun))
        if _same(wanted.noun, relation.name.name) and len(relation.primary_key) == 1:
            yield _Way(
                relation.name.name, ForeignKey(relation.primary_key, relation.name, relation.primary_key)
            )
    for first in _keys(relation):
        between = visible.relation(first.referred)
        if between is not None and between.name != relation.name and _is_of(wanted, between):
            for second in _keys(between):
                if means(second, wanted.noun):
                    yield _Way(between.name.name, first, second)


def _keys(relation: Relation) -> Iterator[ForeignKey]:
    return (key for key in relation.foreign_keys if len(key.columns) == 1)


def _is_of(wanted: Wanted, relation: Relation) -> bool:
    return not wanted.of or _same(wanted.of, relation.name.name)


def _is_called(key: ForeignKey, noun: str) -> bool:
    return _same(noun, re.sub(r"_?id$", "", key.columns[0], flags=re.IGNORECASE))


def _refers_to(key: ForeignKey, noun: str) -> bool:
    return _same(noun, key.referred.name)


def _same(noun: str, name: str) -> bool:
    return [stem(w) for w in words(noun)] == [stem(w) for w in words(name)]


def _sql(way: _Way, visible: Catalog) -> str:
    """Asks for the key of whom it is for, by the value that the changed row has."""
    assert way.second is not None
    between = visible.relation(way.first.referred)
    assert between is not None
    name = way.first.referred_columns[0]
    column = between.column(name)
    given: exp.Expr = exp.Placeholder(this=KEY)
    compared: exp.Expr = exp.column(exp.to_identifier(name, quoted=True))
    if column is not None and exp.DataType.build(column.type, dialect=visible.dialect).this in TYPES:
        given = exp.cast(given, column.type, dialect=visible.dialect)
    else:
        compared = exp.cast(compared, "TEXT")
    shown = exp.cast(exp.column(exp.to_identifier(way.second.columns[0], quoted=True)), "TEXT")
    table = exp.Table(
        this=exp.to_identifier(between.name.name, quoted=True),
        db=exp.to_identifier(between.name.schema, quoted=True),
    )
    query = exp.Select(expressions=[shown]).from_(table).where(exp.EQ(this=compared, expression=given))
    return render(query, visible.dialect, pretty=False)


def explain_send(send: Send) -> str:
    """What is sent, in English."""
    return (
        f"For each row of `{send.relation.name}` an `{send.effect}` goes to the row of `{send.to.name}`"
        f" that its `{send.column}` leads to."
    )
