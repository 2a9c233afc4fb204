"""Nested results: rows as objects that hold objects and lists, and the paths that say so. Pure.

A path says where a value is put in an object of the result: `("title",)`, `("author", "name")`, and
`("posts[]", "title")` in a list. What is flat has no paths.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

Path = tuple[str, ...]

LIST = "[]"
"""Ends the part of a path that is a list."""
IS_THERE = "?"
"""Ends the path of what tells whether an object is there, or null."""


def list_of(path: Path) -> Path:
    """The path of the list that a value is in; empty outside of lists.

    >>> list_of(("posts[]", "author", "name")), list_of(("author", "name"))
    (('posts[]',), ())
    """
    for at, part in enumerate(path[:-1]):
        if part.endswith(LIST):
            return path[: at + 1]
    return ()


def fold(
    paths: Sequence[tuple[Path, ...]], rows: Iterable[Sequence[Any]]
) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """The rows as objects hold them: the names at the top, and for each row their values.

    `paths` says of each column where its value is put, or its values, one in each item of a list. A column
    with several paths is the text of a JSON array with a list for each.

    >>> fold([(("name",),), (("posts[]", "title"),), (("posts[]", "likes"),)], [("Ana", ["a"], [1])])
    (('name', 'posts'), (('Ana', [{'title': 'a', 'likes': 1}]),))
    """
    names = tuple(dict.fromkeys(p[0].removesuffix(LIST) for column in paths for p in column))
    folded = []
    for row in rows:
        whole: dict[str, Any] = {}
        lists: dict[Path, list[tuple[Path, Sequence[Any]]]] = {}
        for column, value in zip(paths, row, strict=True):
            for at, path in enumerate(column):
                if of := list_of(path):
                    # SQLite has no lists: there it is the text of one for each path.
                    values = json.loads(value)[at] if isinstance(value, str) else value
                    lists.setdefault(of, []).append((path[len(of) :], values or ()))
        for of, columns in lists.items():
            items = []
            for values in zip(*(v for _, v in columns), strict=True):
                item: dict[str, Any] = {}
                _put_all(item, zip((p for p, _ in columns), values, strict=True))
                items.append(item)
            _put(whole, (*of[:-1], of[-1].removesuffix(LIST)), items)
        # An object that is absent is so with the lists in it.
        _put_all(whole, [(c[0], v) for c, v in zip(paths, row, strict=True) if not list_of(c[0])])
        folded.append(tuple(whole[name] for name in names))
    return names, tuple(folded)


def _put_all(whole: dict[str, Any], values: Iterable[tuple[Path, Any]]) -> None:
    absent = []
    for path, value in values:
        if path[-1] != IS_THERE:
            _put(whole, path, value)
        elif not value:
            absent.append(path[:-1])
    for path in sorted(absent, key=len, reverse=True):  # what is in an absent object, before that
        _put(whole, path, None)


def _put(whole: dict[str, Any], path: Path, value: Any) -> None:
    for part in path[:-1]:
        whole = whole.setdefault(part, {})
    whole[path[-1]] = value
