"""A catalog from Python classes: fields, relations, enumerations, defaults, descriptions, access rules.

A model declares a relation; it is never instantiated. Names and types:

- The relation is the class name in snake case (`OrderLine` -> `order_line`), or `table=`; `schema=` counts
  where the database has schemas (not SQLite).
- `T | None` is nullable, everything else is not.
- A field whose type is another model is a foreign key: `author: Team` makes the column `author_id`, that is
  the field's name and the name of Team's key. `list[Post]` is the other side of one, and makes no column.
- `Literal["a", "b"]` is text limited to these values; an `Enum` of strings is a type of its own where the
  database has such types (DuckDB, Postgres).
- `int` is INTEGER, `str` TEXT, `datetime` TIMESTAMP, `dict` JSON; `field(type="BIGINT")` says otherwise.

    >>> class Team(Model):
    ...     '''People who work together.'''
    ...     id: int = field(primary_key=True)
    ...     name: str = field(unique=True, description="display name", sample=True)
    >>> [f"{c.name} {c.type}" for r in catalog_from_models([Team], "duckdb") for c in r.columns]
    ['id INT', 'name TEXT']
"""

from __future__ import annotations

import enum
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlglot import exp

from nlq.catalog.assemble import assemble, canonical_comment, canonical_default
from nlq.catalog.relation import Column, ForeignKey, Relation, RelationName
from nlq.catalog.types import ENUM, Dialect, canonical_type
from nlq.catalog.value import DEFAULT_SCHEMA, Catalog
from nlq.errors import CatalogError, did_you_mean

_MISSING: Any = object()
_TYPES: dict[Any, tuple[str, str, str]] = {  # DuckDB, Postgres, SQLite
    bool: ("BOOLEAN", "BOOLEAN", "BOOLEAN"),
    int: ("INTEGER", "INTEGER", "INTEGER"),
    float: ("DOUBLE", "DOUBLE PRECISION", "REAL"),
    str: ("TEXT", "TEXT", "TEXT"),
    bytes: ("BLOB", "BYTEA", "BLOB"),
    Decimal: ("DECIMAL", "DECIMAL", "DECIMAL"),
    date: ("DATE", "DATE", "DATE"),
    datetime: ("TIMESTAMP", "TIMESTAMP", "TIMESTAMP"),
    time: ("TIME", "TIME", "TIME"),
    timedelta: ("INTERVAL", "INTERVAL", "TEXT"),
    UUID: ("UUID", "UUID", "UUID"),
    dict: ("JSON", "JSONB", "JSON"),
    Any: ("JSON", "JSONB", "JSON"),
}
_DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite")


@dataclass(frozen=True, slots=True)
class Field:
    """What `field()` says of a column beyond its type."""

    default: Any = _MISSING
    default_sql: str | None = None
    primary_key: bool = False
    unique: bool = False
    generated: bool = False
    description: str | None = None
    sample: bool = False
    column: str | None = None
    type: str | None = None
    max_length: int | None = None
    precision: int | None = None
    scale: int = 0
    timezone: bool = False
    references: str | None = None


def field(
    *,
    default: Any = _MISSING,
    default_sql: str | None = None,
    primary_key: bool = False,
    unique: bool = False,
    generated: bool = False,
    description: str | None = None,
    sample: bool = False,
    column: str | None = None,
    type: str | None = None,
    max_length: int | None = None,
    precision: int | None = None,
    scale: int = 0,
    timezone: bool = False,
    references: str | None = None,
) -> Any:
    """A `Field`, typed as any value so that it can stand behind every annotation.

    `default_sql` is SQL (`now()`). `generated`: the database makes the value. `sample`: values may be shown
    to a language model. `column` and `type` override name and SQL type. `timezone` makes a TIMESTAMPTZ.
    `references` is `[schema.]relation.column`, for a key to a relation without a model.
    """
    return Field(
        default, default_sql, primary_key, unique, generated, description, sample, column, type,
        max_length, precision, scale, timezone, references,
    )  # fmt: skip


class Model:
    """The base of models: `class Post(Model, table="posts", unique=[("author", "slug")])`.

    The first line of the docstring is the relation's comment. `access` maps actions to rules; they are
    kept word for word for the policy (`access_rules`).
    """

    access: ClassVar[Mapping[str, object]]
    _nlq_table: ClassVar[str | None] = None
    _nlq_schema: ClassVar[str | None] = None
    _nlq_unique: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def __init_subclass__(
        cls, *, table: str | None = None, schema: str | None = None, unique: Iterable[Sequence[str]] = ()
    ) -> None:
        super().__init_subclass__()
        cls._nlq_table = table
        cls._nlq_schema = schema or cls._nlq_schema
        cls._nlq_unique = tuple(tuple(names) for names in unique)

    def __init__(self) -> None:
        raise TypeError(f"`{type(self).__name__}` declares a relation; it has no instances")


def catalog_from_models(models: Iterable[type[Model]], dialect: Dialect) -> Catalog:
    """The catalog of the database that these models declare.

    Raises `catalog.invalid` for a model that no table can hold.
    """
    reader = _Reader(tuple(models), dialect)
    names = [reader.name(model) for model in reader.models]
    for name in names:
        if names.count(name) > 1:
            raise _invalid(f"two models declare the relation `{name}`", "give one of them a `table=`")
    return assemble(dialect, (reader.relation(model) for model in reader.models))


def access_rules(
    models: Iterable[type[Model]], dialect: Dialect
) -> Mapping[RelationName, Mapping[str, object]]:
    """What each model that has an `access` says there, word for word, for the policy to read."""
    reader = _Reader(tuple(models), dialect)
    rules: dict[RelationName, Mapping[str, object]] = {}
    for model in reader.models:
        declared = getattr(model, "access", None)
        if isinstance(declared, Mapping):
            rules[reader.name(model)] = types.MappingProxyType({str(k): v for k, v in declared.items()})
    return types.MappingProxyType(rules)


@dataclass(frozen=True, slots=True)
class _Annotated:
    """A field of a model as its class declares it; `kind` is its type without `| None`."""

    model: type[Model]
    name: str
    kind: Any
    nullable: bool
    field: Field

    @property
    def where(self) -> str:
        return f"{self.model.__name__}.{self.name}"


@dataclass(frozen=True, slots=True)
class _Reader:
    models: tuple[type[Model], ...]
    dialect: Dialect

    def name(self, model: type[Model]) -> RelationName:
        """The relation that the model declares."""
        table = model._nlq_table or _snake_case(model.__name__)
        # A schema of SQLite is another file, which no model can make.
        schema = None if self.dialect == "sqlite" else model._nlq_schema
        return RelationName(schema or DEFAULT_SCHEMA[self.dialect], table)

    def relation(self, model: type[Model]) -> Relation:
        """The relation that the model declares, with all its columns and keys."""
        fields = list(self.fields(model))
        columns = {f.name: self.column(f) for f in fields}
        primary_key = tuple(columns[f.name].name for f in fields if f.field.primary_key)
        if not columns:
            raise _invalid(f"model `{model.__name__}` has no fields", "annotate them: `id: int`")
        return Relation(
            self.name(model),
            tuple(self._generated(column, primary_key) for column in columns.values()),
            primary_key=primary_key,
            unique=(
                *((columns[f.name].name,) for f in fields if f.field.unique),
                *(self._unique(model, names, columns) for names in model._nlq_unique),
            ),
            foreign_keys=tuple(key for f in fields if (key := self.foreign_key(f, columns[f.name].name))),
            comment=canonical_comment((model.__dict__.get("__doc__") or "").strip().partition("\n")[0]),
        )

    def fields(self, model: type[Model]) -> Iterator[_Annotated]:
        """The fields that are columns, those of base classes first."""
        for name, hint in self._hints(model).items():
            if name.startswith("_") or typing.get_origin(hint) is ClassVar or hint is ClassVar:
                continue
            declared = getattr(model, name, _MISSING)
            details = declared if isinstance(declared, Field) else Field(default=declared)
            kind, nullable = _without_none(hint)
            if not (typing.get_origin(kind) in (list, set, tuple) and _model_in(kind)):
                yield _Annotated(model, name, kind, nullable, details)

    def column(self, f: _Annotated) -> Column:
        """The column that a field makes."""
        key = self._referred_key(f)
        type_text, values = self._type(f) if key is None else (self.column(key).type, ())
        name = f.field.column or (f"{f.name}_{self.column(key).name}" if key else f.name)
        type_name = canonical_type(f.field.type or type_text, self.dialect)
        return Column(
            name,
            type_name,
            f.nullable and not f.field.primary_key,
            None if f.field.generated else self._default(f, type_name),
            f.field.generated,
            canonical_comment(f.field.description),
            values,
            f.field.sample,
        )

    def foreign_key(self, f: _Annotated, column: str) -> ForeignKey | None:
        """The key that a field is, or None."""
        if (key := self._referred_key(f)) is not None:
            return ForeignKey((column,), self.name(key.model), (self.column(key).name,))
        if f.field.references is None:
            return None
        *schema, table, referred = f.field.references.split(".")
        if not table:
            raise _invalid(f"`{f.where}` refers to `{f.field.references}`", "write `relation.column`")
        to = RelationName(schema[0] if schema else self.name(f.model).schema, table)
        return ForeignKey((column,), to, (referred,))

    def _hints(self, model: type[Model]) -> dict[str, Any]:
        known = {m.__name__: m for m in self.models}
        try:
            return typing.get_type_hints(model, localns=known)
        except NameError as error:
            raise _invalid(
                f"model `{model.__name__}` has a field of the unknown type `{error.name}`",
                did_you_mean(error.name or "", known) or "import it, or give its model along with this one",
            ) from None
        except (TypeError, SyntaxError, AttributeError) as error:
            raise _invalid(
                f"model `{model.__name__}`: {error}", "write each type as an annotation"
            ) from None

    def _referred_key(self, f: _Annotated) -> _Annotated | None:
        """The key field of the model that a field refers to; None for a plain field."""
        if not _is_model(f.kind):
            return None
        key = end = self._key(f)
        seen = {end.where}
        while _is_model(end.kind):  # a key that is itself a reference
            end = self._key(end)
            if end.where in seen:
                raise _invalid(
                    f"the key `{end.where}` refers to itself", "give one of the models a plain key"
                )
            seen.add(end.where)
        return key

    def _key(self, f: _Annotated) -> _Annotated:
        model: type[Model] = f.kind
        if model not in self.models:
            raise _invalid(
                f"`{f.where}` refers to `{model.__name__}`, which is not given",
                "give it along with this one",
            )
        keys = [key for key in self.fields(model) if key.field.primary_key]
        if len(keys) != 1:
            raise _invalid(
                f"`{f.where}` refers to `{model.__name__}`, which has {len(keys)} key fields",
                "a field can refer to a model with one `field(primary_key=True)`",
            )
        return keys[0]

    def _type(self, f: _Annotated) -> tuple[str, tuple[str, ...]]:
        """The SQL type of a plain field, and its values if they are limited."""
        kind = getattr(f.kind, "__supertype__", f.kind)  # NewType
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is Literal:
            return self._limited(f, arguments, "TEXT")
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return self._limited(
                f, [member.value for member in kind], "TEXT" if self.dialect == "sqlite" else ENUM
            )
        if origin in (list, set, tuple, Sequence) and arguments and self.dialect != "sqlite":
            item, _ = _without_none(arguments[0])
            inner = _Annotated(f.model, f.name, item, False, f.field)
            return f"{self._type(inner)[0].replace(ENUM, 'TEXT')}[]", ()
        if origin in (list, set, tuple, Sequence, dict, Mapping) or kind in (list, Mapping):
            kind = dict
        sql_types = _TYPES.get(kind)
        if sql_types is None:
            if f.field.type is not None:
                return f.field.type, ()
            shown = getattr(kind, "__name__", str(kind))
            raise _invalid(
                f"`{f.where}` has the type `{shown}`, which no column holds", "use `field(type=…)`"
            )
        return self._sized(f.field, sql_types[_DIALECTS.index(self.dialect)]), ()

    def _limited(self, f: _Annotated, values: Sequence[Any], sql_type: str) -> tuple[str, tuple[str, ...]]:
        if all(isinstance(value, str) for value in values):
            return sql_type, tuple(dict.fromkeys(str(value) for value in values))
        if all(isinstance(value, int) for value in values):
            return _TYPES[int][0], ()
        raise _invalid(f"`{f.where}` is limited to values that are neither all text nor all integers", None)

    def _sized(self, details: Field, sql_type: str) -> str:
        if sql_type == "DECIMAL" and details.precision is not None:
            return f"DECIMAL({details.precision}, {details.scale})"
        if sql_type == "TEXT" and details.max_length is not None:
            return f"VARCHAR({details.max_length})"
        return "TIMESTAMPTZ" if sql_type == "TIMESTAMP" and details.timezone else sql_type

    def _default(self, f: _Annotated, type_name: str) -> str | None:
        if f.field.default_sql is not None:
            return canonical_default(f.field.default_sql, self.dialect, type_name)
        value = f.field.default
        if value is _MISSING or value is None:
            return None
        literal = self._array(f, value) if isinstance(value, list | tuple | set) else _literal(f, value)
        return canonical_default(literal.sql(dialect=self.dialect), self.dialect, type_name)

    def _array(self, f: _Annotated, values: Iterable[Any]) -> exp.Expr:
        items = list(values)
        if self.dialect == "sqlite":
            return exp.Literal.string(json.dumps(items, ensure_ascii=False))
        if self.dialect == "postgres" and not items:
            return exp.Literal.string("{}")
        return exp.Array(expressions=[_literal(f, item) for item in items])

    def _generated(self, column: Column, primary_key: tuple[str, ...]) -> Column:
        """The column; in SQLite, the only key column of type INTEGER is made by the database."""
        rowid = self.dialect == "sqlite" and primary_key == (column.name,) and column.type == "INTEGER"
        return replace(column, generated=True, default=None) if rowid else column

    def _unique(
        self, model: type[Model], names: tuple[str, ...], columns: dict[str, Column]
    ) -> tuple[str, ...]:
        for name in names:
            if name not in columns:
                raise _invalid(
                    f"`unique=` of model `{model.__name__}` names `{name}`, which is not a field",
                    did_you_mean(name, columns),
                )
        return tuple(columns[name].name for name in names)


def _literal(f: _Annotated, value: Any) -> exp.Expr:
    """The default as a literal of SQL."""
    match value:
        case enum.Enum():
            return _literal(f, value.value)
        case bool():
            return exp.Boolean(this=value)
        case int() | float() | Decimal():
            return exp.Literal.number(str(value))
        case str() | UUID():
            return exp.Literal.string(str(value))
        case datetime():
            return exp.Literal.string(value.isoformat(" "))
        case date() | time():
            return exp.Literal.string(value.isoformat())
        case dict():
            return exp.Literal.string(json.dumps(value, ensure_ascii=False))
    raise _invalid(f"`{f.where}` has a default that cannot be written in SQL", "use `field(default_sql=…)`")


def _without_none(hint: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it was there."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint, False
    others = [part for part in typing.get_args(hint) if part is not types.NoneType]
    nullable = len(others) < len(typing.get_args(hint))
    return (others[0] if len(others) == 1 else hint), nullable


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _model_in(kind: Any) -> bool:
    return any(_is_model(argument) for argument in typing.get_args(kind))


def _snake_case(name: str) -> str:
    """`HTTPServer` -> `http_server`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _invalid(message: str, hint: str | None) -> CatalogError:
    return CatalogError("catalog.invalid", message, hint)
