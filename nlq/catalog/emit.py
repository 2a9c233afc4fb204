"""Writes a catalog as the DDL that makes it: for databases that models declare, and to read again.

What a catalog does not hold cannot be written: the query of a view becomes one without rows, a computed
column's expression becomes NULL. Arrays of an enumeration have no values here, and cannot be made. DuckDB
makes no foreign key to another schema, so such a key is left out of its DDL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog.relation import Column, ForeignKey, Relation, RelationName, is_counted
from nlq.catalog.types import ENUM, Dialect
from nlq.catalog.value import Catalog


def ddl_from_catalog(catalog: Catalog) -> str:
    """CREATE and COMMENT statements in the catalog's dialect, one after another.

    >>> from nlq.catalog import Catalog, Column, Relation, RelationName
    >>> team = Relation(RelationName("main", "team"), (Column("id", "INT", comment="number"),))
    >>> print(ddl_from_catalog(Catalog.of("duckdb", [team])))
    CREATE TABLE "main"."team" (
      "id" INT
    );
    COMMENT ON COLUMN "main"."team"."id" IS 'number';
    """
    writer = _Writer(catalog)
    return "\n".join(f"{statement};" for statement in writer.statements())


class _Writer:
    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.dialect: Dialect = catalog.dialect

    def statements(self) -> Iterator[str]:
        yield from self._schemas()
        yield from self._types()
        tables = [r for r in _after_what_they_refer_to(self.catalog) if r.kind == "table"]
        for table in tables:
            yield self._table(table)
        if self.dialect == "postgres":  # others cannot add a key later; here keys may form a circle
            for table in tables:
                for key in table.foreign_keys:
                    yield f"ALTER TABLE {self._name(table.name)} ADD {self._foreign_key(key)}"
        for view in self.catalog:
            if view.kind == "view":
                yield self._view(view)
        if self.dialect != "sqlite":
            yield from self._comments()

    def _schemas(self) -> Iterator[str]:
        if self.dialect != "sqlite":
            for schema in sorted({r.name.schema for r in self.catalog} - {self.catalog.default_schema}):
                yield f"CREATE SCHEMA {self._quote(schema)}"

    def _types(self) -> Iterator[str]:
        """Types of Postgres, which knows no type of values without a name; sequences of DuckDB."""
        for relation in self.catalog:
            for column in relation.columns:
                if self.dialect == "postgres" and column.type == ENUM:
                    values = ", ".join(self._text(value) for value in column.enum)
                    yield f"CREATE TYPE {self._part_name(relation, column)} AS ENUM ({values})"
                elif self.dialect == "duckdb" and self._is_counted(relation, column):
                    yield f"CREATE SEQUENCE {self._part_name(relation, column)}"

    def _table(self, relation: Relation) -> str:
        parts = [(self._column(relation, column), column.comment) for column in relation.columns]
        if relation.primary_key and not self._rowid(relation):
            parts.append((f"PRIMARY KEY ({self._list(relation.primary_key)})", None))
        parts += [(f"UNIQUE ({self._list(key)})", None) for key in relation.unique]
        if self.dialect != "postgres":
            inside = (key for key in relation.foreign_keys if key.referred.schema == relation.name.schema)
            parts += [(self._foreign_key(key), None) for key in inside]
        lines = []
        for position, (text, comment) in enumerate(parts):
            comma = "," if position < len(parts) - 1 else ""
            lines.append(f"  {text}{comma}{self._line_comment(comment)}")
        opening = f"CREATE TABLE {self._name(relation.name)} ({self._line_comment(relation.comment)}"
        return "\n".join([opening, *lines, ")"])

    def _column(self, relation: Relation, column: Column) -> str:
        name, sql_type = self._quote(column.name), self._type(relation, column)
        if self._rowid(relation) == column.name:
            return f"{name} INTEGER PRIMARY KEY{self._check(column)}"
        parts = [name, sql_type]
        if column.generated:
            parts.append(self._generation(relation, column))
        elif column.default is not None:
            # A default in parentheses is an expression to every dialect, whatever it holds.
            plain = column.default.startswith("'") or column.default.isalnum() or self.dialect == "postgres"
            parts.append(f"DEFAULT {column.default}" if plain else f"DEFAULT ({column.default})")
        if not column.nullable:
            parts.append("NOT NULL")
        return " ".join(parts) + self._check(column)

    def _check(self, column: Column) -> str:
        if not column.enum or column.type == ENUM:
            return ""
        values = ", ".join(self._text(value) for value in column.enum)
        return f" CHECK ({self._quote(column.name)} IN ({values}))"

    def _generation(self, relation: Relation, column: Column) -> str:
        if not self._is_counted(relation, column):
            stored = " STORED" if self.dialect == "postgres" else ""
            return f"GENERATED ALWAYS AS (NULL){stored}"
        if self.dialect == "postgres":
            return "GENERATED BY DEFAULT AS IDENTITY"
        return f"DEFAULT nextval({self._text(self._part_name(relation, column))})"

    def _is_counted(self, relation: Relation, column: Column) -> bool:
        """Whether a generated column is a number from a sequence, rather than computed."""
        if relation.kind == "view" or not column.generated or self.dialect == "sqlite":
            return False
        return is_counted(column, self.dialect)

    def _rowid(self, relation: Relation) -> str | None:
        """The column that SQLite numbers rows by, or None."""
        if self.dialect != "sqlite" or len(relation.primary_key) != 1:
            return None
        column = relation.column(relation.primary_key[0])
        return column.name if column and column.generated else None

    def _type(self, relation: Relation, column: Column) -> str:
        if column.type == ENUM and self.dialect == "postgres":
            return self._part_name(relation, column)
        if column.type == ENUM:
            return f"ENUM({', '.join(self._text(value) for value in column.enum)})"
        if column.type == "UNKNOWN":
            return ""
        if self.dialect == "sqlite" and column.type == "INTEGER" and relation.primary_key == (column.name,):
            return "INT"  # INTEGER would make it the row's number
        return column.type

    def _view(self, relation: Relation) -> str:
        columns = ", ".join(
            f"CAST(NULL AS {self._type(relation, c)}) AS {self._quote(c.name)}"
            if c.type != "UNKNOWN"
            else f"NULL AS {self._quote(c.name)}"
            for c in relation.columns
        )
        return f"CREATE VIEW {self._name(relation.name)} AS SELECT {columns} WHERE 1 = 0"

    def _comments(self) -> Iterator[str]:
        for relation in self.catalog:
            kind, name = relation.kind.upper(), self._name(relation.name)
            if relation.comment is not None:
                yield f"COMMENT ON {kind} {name} IS {self._text(relation.comment)}"
            for column in relation.columns:
                if column.comment is not None:
                    quoted = self._quote(column.name)
                    yield f"COMMENT ON COLUMN {name}.{quoted} IS {self._text(column.comment)}"

    def _foreign_key(self, key: ForeignKey) -> str:
        # SQLite knows no schema here: a key never leaves its own.
        sqlite = self.dialect == "sqlite"
        referred = self._quote(key.referred.name) if sqlite else self._name(key.referred)
        columns, referred_columns = self._list(key.columns), self._list(key.referred_columns)
        return f"FOREIGN KEY ({columns}) REFERENCES {referred} ({referred_columns})"

    def _line_comment(self, comment: str | None) -> str:
        if comment is None or self.dialect != "sqlite":
            return ""
        return f" -- {' '.join(comment.split())}"

    def _part_name(self, relation: Relation, column: Column) -> str:
        """The name of what belongs to one column: no relation's, and short enough to be kept whole."""
        name = f"{relation.name.name}_{column.name}"
        digest = hashlib.sha256(f"{relation.name}.{column.name}".encode("utf-8", "replace")).hexdigest()[:8]
        short = name.encode("utf-8", "ignore")[:50].decode("utf-8", "ignore")
        return self._name(RelationName(relation.name.schema, f"{short}_{digest}"))

    def _name(self, name: RelationName) -> str:
        return f"{self._quote(name.schema)}.{self._quote(name.name)}"

    def _list(self, names: tuple[str, ...]) -> str:
        return ", ".join(self._quote(name) for name in names)

    def _quote(self, name: str) -> str:
        return exp.to_identifier(name, quoted=True).sql(dialect=self.dialect)

    def _text(self, value: str) -> str:
        return exp.Literal.string(value).sql(dialect=self.dialect)


def _after_what_they_refer_to(catalog: Catalog) -> list[Relation]:
    """The relations, each after those that its keys refer to, where no circle prevents it."""
    ordered: dict[RelationName, Relation] = {}
    seen: set[RelationName] = set()
    pending = [(relation, False) for relation in reversed(catalog.relations)]
    while pending:
        relation, is_ready = pending.pop()
        if is_ready:
            ordered.setdefault(relation.name, relation)
        elif relation.name not in seen:
            seen.add(relation.name)
            pending.append((relation, True))
            referred = (catalog.relation(key.referred) for key in relation.foreign_keys)
            pending += [(r, False) for r in referred if r is not None]
    return list(ordered.values())
