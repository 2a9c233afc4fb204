"""Where a way starts and where it ends, in the words of questions and of columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

End = Literal["start", "end"]

_START = frozenset(
    "depart departed departing departure leave leaving origin outgoing source start starting".split()
)
_END = frozenset("arrival arrive arrived arriving destination end ending incoming".split())


def end_said(said: Collection[str]) -> End | None:
    """The one end that the words of a question speak of.

    >>> end_said(("run", "that", "arrive", "in", "osk")), end_said(("run", "from", "osk"))
    ('end', None)
    """
    start, end = not _START.isdisjoint(said), not _END.isdisjoint(said)
    # `from` and `to` are said of much else, and of the other end.
    if start == end or ("to" if start else "from") in said:
        return None
    return "start" if start else "end"


def end_named(name: Collection[str]) -> End | None:
    """The end that the words of a column name.

    >>> end_named(("dest", "airport")), end_named(("from", "town")), end_named(("town",))
    ('end', 'start', None)
    """
    start = not (_START | {"dep", "from", "src"}).isdisjoint(name)
    end = not (_END | {"arr", "dest", "to"}).isdisjoint(name)
    if start == end:
        return None
    return "start" if start else "end"
