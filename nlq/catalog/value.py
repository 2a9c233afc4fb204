"""The catalog: relations of one database in one dialect, findable by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from nlq.catalog.relation import Column, Relation, RelationName
from nlq.catalog.types import Dialect

DEFAULT_SCHEMA: dict[Dialect, str] = {"duckdb": "main", "postgres": "public", "sqlite": "main"}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Relations sorted by name. Build it with `Catalog.of`, which sorts."""

    dialect: Dialect
    relations: tuple[Relation, ...]
    _by_name: dict[RelationName, Relation] = field(init=False, repr=False, compare=False)
    _by_folded: dict[str, tuple[Relation, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {r.name: r for r in self.relations})
        folded: dict[str, tuple[Relation, ...]] = {}
        for r in self.relations:
            key = r.name.name.casefold()
            folded[key] = (*folded.get(key, ()), r)
        object.__setattr__(self, "_by_folded", folded)

    @classmethod
    def of(cls, dialect: Dialect, relations: Iterable[Relation]) -> Catalog:
        """A catalog of these relations in any order."""
        return cls(dialect, tuple(sorted(relations, key=lambda r: r.name)))

    @property
    def default_schema(self) -> str:
        """The schema that an unqualified name means."""
        return DEFAULT_SCHEMA[self.dialect]

    def __iter__(self) -> Iterator[Relation]:
        return iter(self.relations)

    def relation(self, name: RelationName) -> Relation | None:
        """The relation of exactly that name."""
        return self._by_name.get(name)

    def find(self, name: str, schema: str | None = None) -> tuple[Relation, ...]:
        """Relations that a person may mean by `[schema.]name`: none, one, or several candidates.

        Exact spelling wins over a match without case; without a schema, the default schema wins.
        """
        found = self._by_folded.get(name.casefold(), ())
        if schema is not None:
            found = tuple(r for r in found if r.name.schema.casefold() == schema.casefold())
        own_schema = schema or self.default_schema
        preferred = (
            [r for r in found if r.name == RelationName(own_schema, name)],
            [r for r in found if r.name.schema == own_schema],
            [r for r in found if r.name.name == name],
        )
        return tuple(next(filter(None, preferred), found))

    def restrict(
        self,
        keep: Callable[[Relation], bool],
        keep_column: Callable[[Relation, Column], bool],
        keep_keys: Callable[[Relation, Column], bool] = lambda _relation, _column: True,
    ) -> Catalog:
        """The part of this catalog that the predicates keep, with every mention of the rest removed.

        Keys that use a removed column go with it, so that nothing hidden is named; so do those that use
        one of which `keep_keys` says that what is left of it is no key.
        """
        kept = []
        for r in self.relations:
            if not keep(r):
                continue
            columns = tuple(c for c in r.columns if keep_column(r, c))
            if columns:
                in_keys = {c.name for c in columns if keep_keys(r, c)}
                kept.append(_with_keys_of(replace(r, columns=columns), in_keys))
        names = {r.name: {c.name for c in r.columns if keep_keys(r, c)} for r in kept}
        return Catalog(
            self.dialect,
            tuple(
                replace(
                    r,
                    foreign_keys=tuple(
                        k
                        for k in r.foreign_keys
                        if k.referred in names and set(k.referred_columns) <= names[k.referred]
                    ),
                )
                for r in kept
            ),
        )


def _with_keys_of(r: Relation, have: set[str]) -> Relation:
    return replace(
        r,
        primary_key=r.primary_key if set(r.primary_key) <= have else (),
        unique=tuple(u for u in r.unique if set(u) <= have),
        foreign_keys=tuple(k for k in r.foreign_keys if set(k.columns) <= have),
    )
