"""What changed between two catalogs, one line a change, in a stable order.

A change is breaking when a query, a mutation or a typed client that worked before may now fail or mean
something else. A renamed relation or column is one removed and one added: nothing here guesses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nlq.catalog.relation import Column, ForeignKey, Relation, RelationName
from nlq.catalog.value import Catalog
from nlq.errors import CatalogError

Aspect = Literal[
    "relation", "column", "kind", "type", "nullability", "enum", "default", "generation", "sampling",
    "comment", "order", "primary key", "unique", "foreign key",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` is None for what was added, `after` for what was removed."""

    relation: RelationName
    column: str | None
    aspect: Aspect
    before: str | None
    after: str | None
    is_breaking: bool

    def __str__(self) -> str:
        where = f"`{self.relation}`" if self.column is None else f"`{self.relation}`.`{self.column}`"
        is_whole = self.aspect in ("relation", "column")
        what = where if is_whole else f"{where} {self.aspect}"
        mark = "+" if self.before is None else "-" if self.after is None else "~"
        breaking = " (breaking)" if self.is_breaking else ""
        return f"{mark} {what}: {' -> '.join(filter(None, (self.before, self.after)))}{breaking}"


@dataclass(frozen=True, slots=True)
class CatalogDiff:
    """Changes sorted by relation; false when there are none. Its text is one line a change."""

    changes: tuple[Change, ...]

    @property
    def is_breaking(self) -> bool:
        """Whether any change is."""
        return any(change.is_breaking for change in self.changes)

    @property
    def added(self) -> tuple[RelationName, ...]:
        """Relations that are new."""
        return tuple(c.relation for c in self.changes if c.aspect == "relation" and c.before is None)

    @property
    def removed(self) -> tuple[RelationName, ...]:
        """Relations that are gone."""
        return tuple(c.relation for c in self.changes if c.aspect == "relation" and c.after is None)

    @property
    def changed(self) -> tuple[RelationName, ...]:
        """Relations that are in both, and differ."""
        return tuple(dict.fromkeys(c.relation for c in self.changes if c.aspect != "relation"))

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(str(change) for change in self.changes)


def diff_catalogs(old: Catalog, new: Catalog) -> CatalogDiff:
    """What must be done to `old` to arrive at `new`.

    Raises `catalog.invalid` for catalogs of two dialects, whose types cannot be compared.
    """
    if old.dialect != new.dialect:
        raise CatalogError(
            "catalog.invalid",
            f"a `{old.dialect}` catalog cannot be compared with a `{new.dialect}` catalog",
            "compare catalogs of one database",
        )
    names = sorted({r.name for r in old} | {r.name for r in new})
    return CatalogDiff(
        tuple(c for name in names for c in _relation(old.relation(name), new.relation(name)))
    )


def _relation(old: Relation | None, new: Relation | None) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change(new.name, None, "relation", None, _described(new), False)
    elif new is None and old is not None:
        yield Change(old.name, None, "relation", _described(old), None, True)
    elif old is not None and new is not None:
        yield from _details(old, new)
        before, after = ({c.name: c for c in r.columns} for r in (old, new))
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _column(new.name, before.get(name), after.get(name))


def _details(old: Relation, new: Relation) -> Iterator[Change]:
    name = new.name
    if old.kind != new.kind:
        yield Change(name, None, "kind", old.kind, new.kind, True)
    if old.primary_key != new.primary_key:
        was, now = (_list(r.primary_key) if r.primary_key else None for r in (old, new))
        yield Change(name, None, "primary key", was, now, bool(old.primary_key))
    for key in sorted({*old.unique} ^ {*new.unique}):
        yield _added_or_removed(name, "unique", _list(key), was_there=key in old.unique, breaks=True)
    for foreign_key in sorted({*old.foreign_keys} ^ {*new.foreign_keys}):
        there = foreign_key in old.foreign_keys
        yield _added_or_removed(name, "foreign key", _arrow(foreign_key), was_there=there, breaks=False)
    if old.comment != new.comment:
        yield Change(name, None, "comment", _quoted(old.comment), _quoted(new.comment), False)
    kept = [c.name for c in old.columns if new.column(c.name)]
    if (now_order := [c.name for c in new.columns if c.name in kept]) != kept:
        yield Change(name, None, "order", ", ".join(kept), ", ".join(now_order), False)


def _column(relation: RelationName, old: Column | None, new: Column | None) -> Iterator[Change]:
    if old is None and new is not None:
        breaks = not new.nullable and new.default is None and not new.generated
        yield Change(relation, new.name, "column", None, _described_column(new), breaks)
    elif new is None and old is not None:
        yield Change(relation, old.name, "column", _described_column(old), None, True)
    elif old is not None and new is not None:
        differences: tuple[tuple[Aspect, str | None, str | None, bool], ...] = (
            ("type", old.type, new.type, True),
            ("nullability", _nullability(old), _nullability(new), True),
            ("enum", _values(old), _values(new), not set(old.enum) <= set(new.enum) or not old.enum),
            ("default", old.default, new.default, new.default is None and not new.nullable),
            ("generation", _generation(old), _generation(new), True),
            ("sampling", _sampling(old), _sampling(new), False),
            ("comment", _quoted(old.comment), _quoted(new.comment), False),
        )
        for aspect, before, after, breaks in differences:
            if before != after:
                yield Change(relation, new.name, aspect, before, after, breaks)


def _added_or_removed(
    relation: RelationName, aspect: Aspect, text: str, *, was_there: bool, breaks: bool
) -> Change:
    """A key that is new, or one that is gone, which may break what relied on it."""
    before, after = (text, None) if was_there else (None, text)
    return Change(relation, None, aspect, before, after, breaks and was_there)


def _described(relation: Relation) -> str:
    count = len(relation.columns)
    return f"{relation.kind} of {count} column{'' if count == 1 else 's'}"


def _described_column(column: Column) -> str:
    return f"{column.type} {_nullability(column)}"


def _nullability(column: Column) -> str:
    return "nullable" if column.nullable else "not null"


def _generation(column: Column) -> str:
    return "made by the database" if column.generated else "given"


def _sampling(column: Column) -> str:
    return "may be sampled" if column.sample else "not sampled"


def _values(column: Column) -> str | None:
    return ", ".join(f"`{value}`" for value in column.enum) or None


def _list(names: tuple[str, ...]) -> str:
    return f"({', '.join(names)})"


def _arrow(key: ForeignKey) -> str:
    return f"{_list(key.columns)} to `{key.referred}` {_list(key.referred_columns)}"


def _quoted(text: str | None) -> str | None:
    return None if text is None else f"'{' '.join(text.split())}'"
