"""The text that reads and writes single rows by their keys. No word of a draft is in it.

Values go there and back as text: what the database itself gives for a value, and takes for one. That is
the one form that keeps every type as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Column, Dialect, Family, Relation, RelationName, family, is_counted
from nlq.guard.defended import looked_up_of
from nlq.guard.predicate import ALIAS
from nlq.plan.allow import TYPES

_CAST: frozenset[Family] = frozenset(
    {"integer", "decimal", "float", "boolean", "date", "timestamp", "time", "interval"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """A column; `cast` is the type by which a value gets the form of the column's own, where that is
    needed."""

    name: str
    cast: str = ""

    @property
    def quoted(self) -> str:
        """The name as SQL has it."""
        return '"' + self.name.replace('"', '""') + '"'


def field_of(column: Column, dialect: Dialect) -> Field:
    """The column as a field."""
    if family(column.type, dialect) not in _CAST:
        return Field(column.name)
    known = exp.DataType.build(column.type, dialect=dialect).this in TYPES
    return Field(column.name, column.type if known else "")


@dataclass(frozen=True, slots=True)
class Target:
    """A relation whose rows are written. `makes` is the family of a key that we have to make.

    `computed` are columns that nobody can write. `all_rows` is the view of every row and key, where whoever
    writes does not see them.
    """

    name: RelationName
    dialect: Dialect
    key: tuple[Field, ...]
    columns: tuple[Field, ...]
    makes: Family | None = None
    computed: frozenset[str] = frozenset()
    all_rows: RelationName | None = None

    @property
    def quoted(self) -> str:
        """Its name as SQL has it."""
        return _quoted(self.name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in the order of `images`."""
        return tuple(c.name for c in self.columns)

    def images(self, count: int) -> str:
        """Reads every column of `count` rows, as text, behind their keys."""
        texts = ", ".join(_text(f) for f in (*self.key, *self.columns))
        return f'SELECT {texts} FROM {self.quoted} AS "{ALIAS}" WHERE {self.keyed(count)}'  # noqa: S608

    def insert(self, fields: tuple[Field, ...], *, overriding: bool = False) -> str:
        """Makes one row, and gives its key."""
        names = ", ".join(f.quoted for f in fields)
        values = ", ".join(f"${i}" for i in range(1, len(fields) + 1))
        keys = ", ".join(f"CAST({f.quoted} AS TEXT)" for f in self.key)
        over = "OVERRIDING SYSTEM VALUE " if overriding and self.dialect == "postgres" else ""
        return f"INSERT INTO {self.quoted} ({names}) {over}VALUES ({values}) RETURNING {keys}"

    def update(self, fields: tuple[Field, ...], count: int) -> str:
        """Gives the same values to `count` rows; their keys are bound behind the values."""
        sets = ", ".join(f"{f.quoted} = ${i}" for i, f in enumerate(fields, 1))
        where = self.keyed(count, after=len(fields))
        return f'UPDATE {self.quoted} AS "{ALIAS}" SET {sets} WHERE {where}'  # noqa: S608

    def delete(self, count: int) -> str:
        """Removes `count` rows."""
        return f'DELETE FROM {self.quoted} AS "{ALIAS}" WHERE {self.keyed(count)}'  # noqa: S608

    def last_key(self) -> str:
        """Reads the largest key there is, as text."""
        rows = _quoted(self.all_rows or self.name)
        return f"SELECT CAST(max({self.key[0].quoted}) AS TEXT) FROM {rows}"  # noqa: S608

    def keyed(self, count: int, after: int = 0) -> str:
        """The condition that a row has one of `count` keys, bound behind `after` other values."""
        size = len(self.key)
        if size == 1:
            items = ", ".join(self._given(self.key[0], after + i) for i in range(1, count + 1))
            return f"{self._compared(self.key[0])} IN ({items})"
        rows = (
            " AND ".join(
                f"{self._compared(f)} = {self._given(f, after + n * size + i)}"
                for i, f in enumerate(self.key, 1)
            )
            for n in range(count)
        )
        return "(" + " OR ".join(f"({row})" for row in rows) + ")"

    def _compared(self, field: Field) -> str:
        # DuckDB would compare the two as numbers or fail; Postgres takes the text for what the column is.
        whole = field.cast or self.dialect == "postgres"
        return f'"{ALIAS}".{field.quoted}' if whole else _text(field)

    def _given(self, field: Field, position: int) -> str:
        cast = field.cast and self.dialect == "duckdb"
        return f"CAST(${position} AS {field.cast})" if cast else f"${position}"


@dataclass(frozen=True, slots=True)
class Keyed:
    """A query over rows of a target with given keys: `sql` ends where their condition is to follow.

    `arguments` are bound first.
    """

    sql: str
    arguments: tuple[str, ...]
    target: Target

    def text(self, count: int) -> str:
        """The query for `count` keys."""
        return f"{self.sql} {self.target.keyed(count, after=len(self.arguments))}"


def target_of(
    relation: Relation, key: tuple[str, ...], makes: Family | None, dialect: Dialect, db_role: str = ""
) -> Target:
    """The relation as a target."""
    fields = {c.name: field_of(c, dialect) for c in relation.columns}
    computed = (c.name for c in relation.columns if c.generated and not is_counted(c, dialect))
    return Target(
        relation.name, dialect, tuple(fields[k] for k in key), tuple(fields.values()), makes,
        computed=frozenset(computed),
        all_rows=looked_up_of(db_role, relation.name) if db_role else None,
    )  # fmt: skip


def _quoted(name: RelationName) -> str:
    return f"{Field(name.schema).quoted}.{Field(name.name).quoted}"


def _text(field: Field) -> str:
    return f'CAST("{ALIAS}".{field.quoted} AS TEXT)'
