"""A catalog from the text of a DDL file or a dump. Nothing is executed, and no database is needed.

What defines no relation (data, functions, grants, triggers, settings) is stepped over. What would change a
relation in a way that cannot be followed is an error, for a wrong catalog is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nlq.catalog.assemble import assemble, canonical_comment
from nlq.catalog.cursor import Cursor
from nlq.catalog.ddl_change import HINT_WHOLE, change_relation
from nlq.catalog.ddl_types import read_type
from nlq.catalog.defined import Defined, column_position
from nlq.catalog.definition import MAX_COLUMNS, Definition
from nlq.catalog.lex import Script, Token
from nlq.catalog.relation import Column, Relation, RelationName
from nlq.catalog.types import Dialect
from nlq.catalog.user_types import UserTypes
from nlq.catalog.value import DEFAULT_SCHEMA, Catalog
from nlq.catalog.views import CannotInfer, infer_columns
from nlq.errors import CatalogError

MAX_BYTES = 5_000_000

_TEMPORARY = ("TEMP", "TEMPORARY")
MAX_INFERRED = 20_000
"""Columns of all views together: to infer one takes some 100 µs."""

_HINT_VIEWS = "leave views out, or read the database itself"
_HINT_ALONE = "create the relations in statements of their own"


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
    defined: Defined = field(init=False)
    schemas: set[str] = field(default_factory=set)
    inferred: int = 0

    def __post_init__(self) -> None:
        self.types = UserTypes(self.dialect)
        self.defined = Defined(self.dialect)

    @property
    def dialect(self) -> Dialect:
        return self.script.dialect

    def catalog(self) -> Catalog:
        """Everything that was defined; each foreign key must refer to something that was."""
        relations = [d.relation() for d in self.defined]
        for relation in relations:
            if self.dialect != "sqlite":  # SQLite lets a key refer to nothing
                self.defined.require_referred(relation)
        return assemble(self.dialect, relations)

    # --- types

    def read_type(self, cursor: Cursor) -> None:
        """CREATE TYPE, CREATE DOMAIN and ALTER TYPE; any other statement is left for `read_statement`."""
        if self._read_setting(cursor):
            return
        read_type(cursor, self.types)

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
        self.defined.step_over(cursor.relation_name())

    def _create_table(self, cursor: Cursor, *, replaces: bool) -> None:
        definition = self._start(cursor, "table", replaces=replaces)
        if definition is None:
            return
        if cursor.accept("PARTITION", "OF"):  # its rows are those of the whole, which is what one asks for
            self.defined.step_over(definition.name)
            return
        query = cursor.until_word("AS")
        if cursor.accept("AS"):
            names = query.column_names() if query.sees_mark("(") else ()
            definition.columns = list(self._infer(definition.name, names, cursor))
        else:
            self._read_table(definition, query)
        if not definition.columns:
            raise cursor.invalid_before(f"`{definition.name}` has no columns")
        self.defined.add(definition)

    def _read_table(self, definition: Definition, cursor: Cursor) -> None:
        if not cursor.sees_mark("("):
            raise cursor.invalid(f"expected the columns of `{definition.name}`", HINT_WHOLE)
        after = cursor.copy()
        after.parenthesised()
        options = after.tokens[after.position :]
        definition.has_rowid = not any(token.is_word("ROWID") for token in options)
        if after.accept("INHERITS"):
            for parent in after.items():
                definition.inherit(self.defined.require(parent))
        definition.read_body(cursor, self.defined.require)

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
            self.defined.step_over(definition.name)  # kept, but cannot be read
            return
        if self.dialect == "postgres":
            self._keep_comments(definition)
        self.defined.add(definition)

    def _keep_comments(self, definition: Definition) -> None:
        """Postgres keeps the comments of a view that is replaced, and a dump relies on it."""
        replaced = self.defined.find(definition.name)
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
        found = self.defined.find(name)
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
        definition = self.defined.require_or_skip(cursor)
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
        definition = self.defined.require_or_skip(cursor, optional=optional)
        if definition is None:
            return
        cursor.accept_mark("*")
        while cursor:
            change_relation(definition, cursor.until_mark(","), self.defined)

    def _drop(self, cursor: Cursor) -> None:
        cursor.accept_one("MATERIALIZED", "FOREIGN")
        if not cursor.accept_one("TABLE", "VIEW"):
            return
        cursor.accept("IF", "EXISTS")
        while cursor:
            self.defined.remove(cursor.until_mark(",").relation_name())

    def _comment(self, cursor: Cursor) -> None:
        cursor.accept_one("MATERIALIZED", "FOREIGN")
        if cursor.accept_one("TABLE", "VIEW"):
            definition = self.defined.require_or_skip(cursor)
            if definition is not None:
                definition.comment = _comment_text(cursor)
        elif cursor.accept("COLUMN"):
            *relation, column = cursor.dotted_name()
            if not relation:
                raise cursor.invalid(f"`{column}` does not say of which relation it is")
            name = RelationName(relation[-2] if len(relation) > 1 else cursor.schema, relation[-1])
            definition = self.defined.find_or_skip(name, cursor)
            if definition is not None:
                position = column_position(definition, column, cursor)
                changed = replace(definition.columns[position], comment=_comment_text(cursor))
                definition.columns[position] = changed

    # --- names

    def _start(self, cursor: Cursor, kind: str, *, replaces: bool) -> Definition | None:
        """An empty definition under the name that follows; None if it exists and may."""
        optional = cursor.accept("IF", "NOT", "EXISTS")
        name = cursor.relation_name()
        if self.defined.find(name) is not None and not replaces:
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
