"""A catalog from the text of a DDL file or a dump. Nothing is executed, and no database is needed.

What defines no relation (data, functions, grants, triggers, settings) is stepped over. What would change a
relation in a way that cannot be followed is an error, for a wrong catalog is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nlq.catalog.assemble import assemble, canonical_comment, name_key
from nlq.catalog.cursor import Cursor
from nlq.catalog.definition import MAX_COLUMNS, Definition
from nlq.catalog.lex import Script, Token
from nlq.catalog.relation import Column, Relation, RelationName
from nlq.catalog.types import ENUM, Dialect
from nlq.catalog.user_types import UserType, UserTypes
from nlq.catalog.value import DEFAULT_SCHEMA, Catalog
from nlq.catalog.views import CannotInfer, infer_columns
from nlq.errors import CatalogError, did_you_mean

MAX_BYTES = 5_000_000

_TEMPORARY = ("TEMP", "TEMPORARY")
_HARMLESS_CHANGES = (
    "OWNER", "ENABLE", "DISABLE", "FORCE", "NO", "SET", "RESET", "CLUSTER", "REPLICA", "DETACH", "VALIDATE",
)  # fmt: skip
MAX_INFERRED = 20_000
"""Columns of all views together: to infer one takes some 100 µs."""

_HINT_VIEWS = "leave views out, or read the database itself"
_HINT_ALONE = "create the relations in statements of their own"
_HINT_WHOLE = "give the schema as it is now, such as a dump without data"


def catalog_from_ddl(text: str, dialect: Dialect, *, line_comments: bool | None = None) -> Catalog:
    """The catalog of the database that the script makes.

    `-- text` after a column on its own line is the column's comment, and after the opening parenthesis the
    relation's, where `line_comments` is true. By default only in SQLite, which has no COMMENT ON and keeps
    this text; elsewhere the database would not know of it.

    Raises `catalog.invalid` with a line number.

    >>> [str(r.name) for r in catalog_from_ddl("CREATE TABLE Orders (id INT PRIMARY KEY)", "postgres")]
    ['public.orders']
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise CatalogError(
            "catalog.invalid",
            f"the DDL is larger than {MAX_BYTES:,} bytes",
            "leave out the data: `INSERT`, `COPY`",
        )
    script = Script(text.removeprefix("\ufeff"), dialect)
    reader = _Reader(script, dialect == "sqlite" if line_comments is None else line_comments)
    for read in (reader.read_type, reader.read_statement):  # types first: a column needs all their values
        reader.schema = DEFAULT_SCHEMA[dialect]
        for tokens in script.statements():
            read(Cursor(script, tokens, reader.schema))
    return reader.catalog()


@dataclass(slots=True)
class _Reader:
    """What the statements read so far have defined."""

    script: Script
    line_comments: bool
    schema: str = ""
    types: UserTypes = field(init=False)
    definitions: dict[RelationName, Definition] = field(default_factory=dict)
    schemas: set[str] = field(default_factory=set)
    inferred: int = 0
    stepped_over: set[RelationName] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.types = UserTypes(self.dialect)

    @property
    def dialect(self) -> Dialect:
        return self.script.dialect

    def catalog(self) -> Catalog:
        """Everything that was defined; each foreign key must refer to something that was."""
        relations = [d.relation() for d in self.definitions.values()]
        for relation in relations:
            if self.dialect != "sqlite":  # SQLite lets a key refer to nothing
                self._require_referred(relation)
        return assemble(self.dialect, relations)

    # --- types

    def read_type(self, cursor: Cursor) -> None:
        """CREATE TYPE, CREATE DOMAIN and ALTER TYPE; any other statement is left for `read_statement`."""
        if self._read_setting(cursor):
            return
        if cursor.accept("ALTER", "TYPE"):
            self._change_type(cursor)
        elif cursor.accept("CREATE"):
            cursor.accept("OR", "REPLACE")
            cursor.accept_one(*_TEMPORARY)
            if cursor.accept("TYPE"):
                cursor.accept("IF", "NOT", "EXISTS")
                self._create_type(cursor)
            elif cursor.accept("DOMAIN"):
                self._create_domain(cursor)

    def _create_type(self, cursor: Cursor) -> None:
        name = cursor.relation_name()
        if not cursor.accept("AS"):
            return
        if cursor.accept("ENUM"):
            items = list(cursor.items())
            if any(item.peek() is None or item.take().kind != "string" for item in items):
                raise cursor.invalid(
                    f"the values of type `{name}` must be strings", "write them out as 'value'"
                )
            self.types.add(UserType(name, ENUM, tuple(item.tokens[0].value for item in items)))
        elif self.dialect == "duckdb":
            self.types.add(replace(self.types.read(cursor), name=name))

    def _create_domain(self, cursor: Cursor) -> None:
        name = cursor.relation_name()
        cursor.accept("AS")
        domain = Definition(name, self.dialect, self.types).read_domain(cursor)
        enum = domain.enum if domain.type == ENUM else ()
        self.types.add(UserType(name, domain.type, enum, domain.nullable, domain.default))

    def _change_type(self, cursor: Cursor) -> None:
        parts = cursor.dotted_name()
        known = self.types.find(parts, cursor.schema)
        if known is None or not known.enum:
            return
        values = list(known.enum)
        if cursor.accept("ADD", "VALUE"):
            cursor.accept("IF", "NOT", "EXISTS")
            value = cursor.take().value
            index = len(values)
            if cursor.sees("BEFORE", "AFTER"):
                after = cursor.take().is_word("AFTER")
                index = _index(values, cursor) + after
            if value not in values:
                values.insert(index, value)
        elif cursor.accept("RENAME", "VALUE"):
            index = _index(values, cursor)
            cursor.accept("TO")
            values[index] = cursor.take().value
        self.types.add(replace(known, enum=tuple(values)))

    # --- relations

    def read_statement(self, cursor: Cursor) -> None:
        """Any statement but those of `read_type`."""
        if self._read_setting(cursor):
            return
        if cursor.accept("CREATE"):
            self._create(cursor)
        elif cursor.accept("ALTER"):
            self._alter(cursor)
        elif cursor.accept("DROP"):
            self._drop(cursor)
        elif cursor.accept("COMMENT", "ON"):
            self._comment(cursor)

    def _read_setting(self, cursor: Cursor) -> bool:
        """Whether the statement is a setting; one that says what an unqualified name means is followed."""
        if cursor.accept("SET"):
            cursor.accept_one("LOCAL", "SESSION", "GLOBAL")
            if cursor.accept_one("SEARCH_PATH", "SCHEMA"):
                cursor.accept_mark("=") or cursor.accept("TO")
                self.schema = _first_schema(cursor) or self.schema
            return True
        if cursor.accept("USE"):
            name = cursor.dotted_name()[-1]
            self.schema = name if name in self.schemas else self.schema
            return True
        if cursor.accept("CREATE", "SCHEMA"):
            self._create_schema(cursor)
            return True
        return False

    def _create_schema(self, cursor: Cursor) -> None:
        cursor.accept("IF", "NOT", "EXISTS")
        if not cursor.accept("AUTHORIZATION"):
            self.schemas.add(cursor.dotted_name()[-1])
        if any(token.is_word("CREATE") for token in cursor.tokens[cursor.position :]):
            raise cursor.invalid("cannot follow a schema that is made with its relations", _HINT_ALONE)

    def _create(self, cursor: Cursor) -> None:
        replaces = cursor.accept("OR", "REPLACE")
        cursor.accept_one("GLOBAL", "LOCAL")
        temporary = cursor.accept_one(*_TEMPORARY)
        cursor.accept_one("UNLOGGED", "FOREIGN", "RECURSIVE", "PERSISTENT")
        if cursor.accept("VIRTUAL", "TABLE"):
            self._step_over(cursor)
        elif cursor.accept("TABLE"):
            if temporary:
                self._step_over(cursor)
            else:
                self._create_table(cursor, replaces=replaces)
        elif cursor.accept("VIEW") or cursor.accept("MATERIALIZED", "VIEW"):
            if temporary:
                self._step_over(cursor)
            else:
                self._create_view(cursor, replaces=replaces)
        elif cursor.accept("UNIQUE", "INDEX"):
            self._create_index(cursor)

    def _step_over(self, cursor: Cursor) -> None:
        cursor.accept("IF", "NOT", "EXISTS")
        self.stepped_over.add(name_key(cursor.relation_name(), self.dialect))

    def _create_table(self, cursor: Cursor, *, replaces: bool) -> None:
        definition = self._start(cursor, "table", replaces=replaces)
        if definition is None:
            return
        if cursor.accept("PARTITION", "OF"):  # its rows are those of the whole, which is what one asks for
            self.stepped_over.add(name_key(definition.name, self.dialect))
            return
        query = cursor.until_word("AS")
        if cursor.accept("AS"):
            names = query.column_names() if query.sees_mark("(") else ()
            definition.columns = list(self._infer(definition.name, names, cursor))
        else:
            self._read_table(definition, query)
        if not definition.columns:
            raise cursor.invalid_before(f"`{definition.name}` has no columns")
        self._define(definition)

    def _read_table(self, definition: Definition, cursor: Cursor) -> None:
        if not cursor.sees_mark("("):
            raise cursor.invalid(f"expected the columns of `{definition.name}`", _HINT_WHOLE)
        after = cursor.copy()
        after.parenthesised()
        options = after.tokens[after.position :]
        definition.has_rowid = not any(token.is_word("ROWID") for token in options)
        if after.accept("INHERITS"):
            for parent in after.items():
                definition.inherit(self._require(parent))
        definition.read_body(cursor, self._require)

    def _create_view(self, cursor: Cursor, *, replaces: bool) -> None:
        definition = self._start(cursor, "view", replaces=replaces)
        if definition is None:
            return
        names = cursor.column_names() if cursor.sees_mark("(") else ()
        cursor.until_word("AS")
        cursor.accept("AS")
        try:
            definition.columns = list(self._infer(definition.name, names, cursor))
        except CatalogError:
            if self.dialect != "sqlite":
                raise
            self.stepped_over.add(name_key(definition.name, self.dialect))  # kept, but cannot be read
            return
        if self.dialect == "postgres":
            self._keep_comments(definition)
        self._define(definition)

    def _keep_comments(self, definition: Definition) -> None:
        """Postgres keeps the comments of a view that is replaced, and a dump relies on it."""
        replaced = self.definitions.get(definition.name)
        if replaced is not None:
            definition.comment = replaced.comment
            kept = {c.name: c.comment for c in replaced.columns}
            definition.columns = [replace(c, comment=kept.get(c.name)) for c in definition.columns]

    def _infer(self, name: RelationName, names: tuple[str, ...], query: Cursor) -> tuple[Column, ...]:
        """The columns of a query; where they cannot be told, `names` with unknown types."""
        start, tokens = query.position, _without_options(query)
        text = Cursor(query.script, tokens, query.schema, start).text
        try:
            columns = infer_columns(
                text, self.dialect, query.schema, self._find_relation, self._read_type_text
            )
        except CannotInfer as reason:
            if names:
                return tuple(Column(n, "UNKNOWN") for n in names)
            raise self.script.invalid(
                f"cannot tell the columns of `{name}`: {reason}",
                tokens[min(start, len(tokens) - 1)],
                "give it a list of columns, or define what it reads before it",
            ) from None
        self.inferred += len(columns)
        if len(columns) > MAX_COLUMNS or self.inferred > MAX_INFERRED:
            raise query.invalid_before(f"up to `{name}`, views have too many columns to infer", _HINT_VIEWS)
        renamed = (replace(c, name=n) for c, n in zip(columns, names, strict=False))
        return (*renamed, *columns[len(names) :])

    def _find_relation(self, name: RelationName) -> Relation | None:
        found = self.definitions.get(name_key(name, self.dialect))
        return found.relation() if found else None

    def _read_type_text(self, text: str) -> tuple[str, tuple[str, ...]]:
        script = Script(f"CREATE {text}", self.dialect)  # a statement, as only those are cut into tokens
        tokens = next(script.statements())[1:]
        found = self.types.read(Cursor(script, tokens, self.schema))
        return found.type, found.enum

    def _create_index(self, cursor: Cursor) -> None:
        cursor.accept("CONCURRENTLY")
        cursor.accept("IF", "NOT", "EXISTS")
        if not cursor.sees("ON"):
            cursor.dotted_name("index's name")
        if not cursor.accept("ON"):
            raise cursor.invalid("expected ON")
        cursor.accept("ONLY")
        definition = self._require_or_skip(cursor)
        if definition is None:
            return
        if cursor.accept("USING"):
            cursor.name("access method")
        items = list(cursor.items())
        partial = any(token.is_word("WHERE") for token in cursor.tokens[cursor.position :])
        if not partial and all(_is_column(item) for item in items):
            definition.unique.append(tuple(item.name("column's name") for item in items))

    # --- changes

    def _alter(self, cursor: Cursor) -> None:
        cursor.accept_one("FOREIGN", "MATERIALIZED")
        if not cursor.accept_one("TABLE", "VIEW"):
            return
        optional = cursor.accept("IF", "EXISTS")
        cursor.accept("ONLY")
        definition = self._require_or_skip(cursor, optional=optional)
        if definition is None:
            return
        cursor.accept_mark("*")
        while cursor:
            self._change(definition, cursor.until_mark(","))

    def _change(self, definition: Definition, change: Cursor) -> None:
        if change.accept("ADD"):
            change.accept("COLUMN")
            if change.accept("IF", "NOT", "EXISTS"):
                known = change.copy()
                if definition.position(known.name()) is not None:
                    return
            definition.read_element(change)
        elif change.accept("RENAME"):
            self._rename(definition, change)
        elif change.accept("DROP"):
            self._drop_part(definition, change)
        elif change.accept("ATTACH", "PARTITION"):
            part = name_key(change.relation_name(), self.dialect)
            self.definitions.pop(part, None)
            self.stepped_over.add(part)
        elif change.accept("SET", "SCHEMA"):
            self._move(definition, RelationName(change.name("schema's name"), definition.name.name))
        elif change.accept("ALTER"):
            self._change_column(definition, change)
        elif not change.accept_one(*_HARMLESS_CHANGES) and not change.accept("INHERIT"):
            raise change.invalid("cannot follow this change", _HINT_WHOLE)

    def _change_column(self, definition: Definition, change: Cursor) -> None:
        change.accept("COLUMN")
        position = self._require_column(definition, change)
        if change.accept("SET", "DEFAULT"):
            definition.set_default(position, change.text)
        elif change.accept("DROP", "DEFAULT"):
            definition.set_default(position, None)
        elif change.accept("SET", "NOT", "NULL"):
            definition.set_nullable(position, nullable=False)
        elif change.accept("DROP", "NOT", "NULL"):
            definition.set_nullable(position, nullable=True)
        elif change.accept("TYPE") or change.accept("SET", "DATA", "TYPE"):
            definition.set_type(position, change.until_word("USING", "COLLATE"))
        elif change.accept("ADD", "GENERATED"):
            column = replace(definition.columns[position], generated=True, nullable=False, default=None)
            definition.columns[position] = column
        elif change.accept("DROP", "IDENTITY") or change.accept("DROP", "EXPRESSION"):
            definition.columns[position] = replace(definition.columns[position], generated=False)

    def _rename(self, definition: Definition, change: Cursor) -> None:
        if change.accept("CONSTRAINT"):
            return
        if change.accept("TO"):
            self._move(definition, RelationName(definition.name.schema, change.name()))
            return
        change.accept("COLUMN")
        old = definition.columns[self._require_column(definition, change)].name
        if not change.accept("TO"):
            raise change.invalid("expected TO")
        new = change.name("column's name")
        definition.rename_column(old, new)
        for other in self.definitions.values():
            other.rename_referred(definition.name, old, new)

    def _move(self, definition: Definition, name: RelationName) -> None:
        del self.definitions[name_key(definition.name, self.dialect)]
        for other in self.definitions.values():
            other.move_referred(definition.name, name)
        definition.move_referred(definition.name, name)
        definition.name = name
        self._define(definition)

    def _drop_part(self, definition: Definition, change: Cursor) -> None:
        if change.sees("CONSTRAINT") or change.sees("PRIMARY"):
            raise change.invalid("cannot follow the removal of a constraint", _HINT_WHOLE)
        change.accept("COLUMN")
        if change.accept("IF", "EXISTS"):
            known = change.copy()
            if definition.position(known.name()) is None:
                return
        definition.drop_column(definition.columns[self._require_column(definition, change)].name)

    def _drop(self, cursor: Cursor) -> None:
        cursor.accept_one("MATERIALIZED", "FOREIGN")
        if not cursor.accept_one("TABLE", "VIEW"):
            return
        cursor.accept("IF", "EXISTS")
        while cursor:
            name = cursor.until_mark(",").relation_name()
            self.definitions.pop(name_key(name, self.dialect), None)

    def _comment(self, cursor: Cursor) -> None:
        cursor.accept_one("MATERIALIZED", "FOREIGN")
        if cursor.accept_one("TABLE", "VIEW"):
            definition = self._require_or_skip(cursor)
            if definition is not None:
                definition.comment = _comment_text(cursor)
        elif cursor.accept("COLUMN"):
            *relation, column = cursor.dotted_name()
            if not relation:
                raise cursor.invalid(f"`{column}` does not say of which relation it is")
            name = RelationName(relation[-2] if len(relation) > 1 else cursor.schema, relation[-1])
            definition = self._find_or_skip(name, cursor)
            if definition is not None:
                position = _column_position(definition, column, cursor)
                changed = replace(definition.columns[position], comment=_comment_text(cursor))
                definition.columns[position] = changed

    # --- names

    def _start(self, cursor: Cursor, kind: str, *, replaces: bool) -> Definition | None:
        """An empty definition under the name that follows; None if it exists and may."""
        optional = cursor.accept("IF", "NOT", "EXISTS")
        name = cursor.relation_name()
        if name_key(name, self.dialect) in self.definitions and not replaces:
            if optional:
                return None
            raise cursor.invalid_before(f"relation `{name}` is defined twice")
        return Definition(
            name,
            self.dialect,
            self.types,
            "view" if kind == "view" else "table",
            line_comments=self.line_comments,
        )

    def _define(self, definition: Definition) -> None:
        self.definitions[name_key(definition.name, self.dialect)] = definition

    def _require(self, cursor: Cursor) -> Definition:
        return self._require_named(cursor.relation_name(), cursor)

    def _require_named(self, name: RelationName, cursor: Cursor) -> Definition:
        found = self.definitions.get(name_key(name, self.dialect))
        if found is None:
            hint = did_you_mean(name.name, (d.name.name for d in self.definitions.values()))
            raise cursor.invalid_before(f"unknown relation `{name}`", hint or "define it before it is used")
        return found

    def _require_or_skip(self, cursor: Cursor, *, optional: bool = False) -> Definition | None:
        """The relation that follows; None for one that was stepped over, or is missing and may be."""
        return self._find_or_skip(cursor.relation_name(), cursor, optional=optional)

    def _find_or_skip(
        self, name: RelationName, cursor: Cursor, *, optional: bool = False
    ) -> Definition | None:
        key = name_key(name, self.dialect)
        if key in self.stepped_over or (optional and key not in self.definitions):
            return None
        return self._require_named(name, cursor)

    def _require_column(self, definition: Definition, cursor: Cursor) -> int:
        return _column_position(definition, cursor.name("column's name"), cursor)

    def _require_referred(self, relation: Relation) -> None:
        for key in relation.foreign_keys:
            found = self.definitions.get(name_key(key.referred, self.dialect))
            if found is None or (found.kind == "table" and not _has_columns(found, key.referred_columns)):
                what = "relation" if found is None else f"columns {', '.join(key.referred_columns)} of"
                raise CatalogError(
                    "catalog.invalid",
                    f"a foreign key of `{relation.name}` refers to unknown {what} `{key.referred}`",
                    did_you_mean(key.referred.name, (d.name.name for d in self.definitions.values()))
                    or "define it in the same text",
                )


def _has_columns(definition: Definition, names: tuple[str, ...]) -> bool:
    return all(definition.position(name) is not None for name in names)


def _column_position(definition: Definition, name: str, cursor: Cursor) -> int:
    position = definition.position(name)
    if position is None:
        raise cursor.invalid_before(
            f"unknown column `{name}` in relation `{definition.name}`",
            did_you_mean(name, (c.name for c in definition.columns)),
        )
    return position


def _is_column(item: Cursor) -> bool:
    """Whether an item of an index is a column, perhaps with an order, and not an expression."""
    follows = item.peek(1)
    return not item.sees_mark("(") and (follows is None or follows.kind == "word")


def _without_options(query: Cursor) -> Sequence[Token]:
    """The tokens up to `WITH [NO] DATA` or `WITH [LOCAL | CASCADED] CHECK OPTION` at the end of a view."""
    if query.tokens[-1].is_word("DATA", "OPTION"):
        last = max((i for i, t in enumerate(query.tokens) if t.is_word("WITH")), default=0)
        if len(query.tokens) - last <= 4:
            return query.tokens[:last]
    return query.tokens


def _comment_text(cursor: Cursor) -> str | None:
    if not cursor.accept("IS"):
        raise cursor.invalid("expected IS")
    token = cursor.take()
    return canonical_comment(token.value) if token.kind == "string" else None


def _first_schema(cursor: Cursor) -> str | None:
    """The first schema of a search path that is not the user's own."""
    while cursor:
        item = cursor.until_mark(",")
        token = item.peek()
        name = token.value if token is not None and token.kind == "string" else item.name("schema's name")
        if name and name.lower() not in ("$user", "default"):
            return name
    return None


def _index(values: list[str], cursor: Cursor) -> int:
    token = cursor.take()
    if token.value not in values:
        raise cursor.invalid_before(f"unknown value `{token.value}`", did_you_mean(token.value, values))
    return values.index(token.value)
