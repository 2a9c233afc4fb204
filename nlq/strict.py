"""JSON that can be read in one way only: hooks for `json`."""

from __future__ import annotations

from typing import Any, NoReturn


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; raises ValueError where a key comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        # Readers differ in which of the two they take: one that checked may not be the one that acts.
        raise ValueError("an object has the same key twice")
    return found


def refuse_constant(name: str) -> NoReturn:
    """Raises ValueError: `NaN` and `Infinity` are Python's, not JSON's."""
    raise ValueError(f"`{name}` is not JSON")
