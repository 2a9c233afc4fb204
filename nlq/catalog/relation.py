"""Relations, their columns and keys. Equal however they were read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlq.catalog.types import Dialect, family


@dataclass(frozen=True, slots=True, order=True)
class RelationName:
    """A relation's schema (namespace) and name, spelled exactly as the database spells them."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `type` is canonical (`nlq.catalog.types`), `default` canonical SQL text.

    `sample` says that its values may be shown to a language model. `generated` means that the
    database makes the value (identity, serial, computed).

    The last two say how a query may use it, which a policy decides: `filterable` is False where it may
    only be shown; a `group` above 0 lets it be read only in aggregates over at least so many rows.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    generated: bool = False
    comment: str | None = None
    enum: tuple[str, ...] = ()
    sample: bool = False
    filterable: bool = True
    group: int = 0


def is_counted(column: Column, dialect: Dialect) -> bool:
    """Whether a generated column is a number from a sequence, rather than computed from others."""
    whole = family(column.type, dialect) == "integer"
    # DuckDB can't have a computed column that is not null, and Postgres no identity that may be.
    return whole or not column.nullable if dialect == "duckdb" else whole and not column.nullable


@dataclass(frozen=True, slots=True, order=True)
class ForeignKey:
    """`columns` of this relation refer to `referred_columns` of `referred`, pairwise."""

    columns: tuple[str, ...]
    referred: RelationName
    referred_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. `unique` and `foreign_keys` are sorted, so that equal relations compare equal."""

    name: RelationName
    columns: tuple[Column, ...]
    kind: Literal["table", "view"] = "table"
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name: exact spelling first, else the only one that matches without case."""
        return _match(name, self.columns)

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Every set of columns whose values are distinct: primary key first."""
        return (self.primary_key, *self.unique) if self.primary_key else self.unique


def _match(name: str, columns: tuple[Column, ...]) -> Column | None:
    folded = []
    for column in columns:
        if column.name == name:
            return column
        if column.name.casefold() == name.casefold():
            folded.append(column)
    return folded[0] if len(folded) == 1 else None
