"""Reads what a CREATE TABLE or ALTER TABLE says of one table: columns, types, keys, checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from nlq.catalog.assemble import (
    canonical_comment,
    canonical_default,
    enum_of_check,
    is_generated_default,
    is_rowid_alias,
    name_key,
    spell_like,
)
from nlq.catalog.cursor import Cursor
from nlq.catalog.lex import Token
from nlq.catalog.relation import Column, ForeignKey, Relation, RelationName
from nlq.catalog.types import ENUM, Dialect
from nlq.catalog.user_types import UserTypes, require_one_type, spell_type
from nlq.catalog.views import CannotInfer, infer_columns

MAX_COLUMNS = 2000
"""More than any supported database allows by default (Postgres 1600, SQLite 2000)."""

_TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK")
_AFTER_TYPE = (
    *_TABLE_CONSTRAINTS, "NOT", "NULL", "DEFAULT", "REFERENCES", "GENERATED", "AS", "COLLATE",
    "COMPRESSION", "STORAGE", "USING", "AUTOINCREMENT", "OPTIONS", "COMMENT",
)  # fmt: skip
_LIKE_OPTIONS = ("COMMENTS", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY", "INDEXES")
_LONGEST_TYPE = 2_000
_SERIALS = re.compile(r"(?:small|big)?serial[248]?", re.IGNORECASE)


@dataclass(slots=True)
class Definition:
    """One table or view while its script is read."""

    name: RelationName
    dialect: Dialect
    types: UserTypes
    kind: Literal["table", "view"] = "table"
    columns: list[Column] = field(default_factory=list)
    primary_key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    comment: str | None = None
    has_rowid: bool = True
    line_comments: bool = False
    _checks: list[str] = field(default_factory=list)
    _declared: dict[str, str] = field(default_factory=dict)
    _inherited: set[str] = field(default_factory=set)
    _computed: dict[str, str] = field(default_factory=dict)

    def relation(self) -> Relation:
        """What the script has said so far."""
        columns = [self._finished(column) for column in self.columns]
        enums = [found for check in self._checks if (found := enum_of_check(check, self.dialect))]
        for name, values in enums:
            position = self.position(name)
            if position is not None and not columns[position].enum:
                columns[position] = replace(columns[position], enum=values)
        return Relation(
            self.name,
            tuple(columns),
            self.kind,
            self.primary_key,
            tuple(self.unique),
            tuple(self.foreign_keys),
            self.comment,
        )

    def position(self, name: str) -> int | None:
        """Where the column of that name stands, or None."""
        spelled = spell_like(name, (c.name for c in self.columns), self.dialect)
        return next((i for i, c in enumerate(self.columns) if c.name == spelled), None)

    def read_body(self, cursor: Cursor, like: Callable[[Cursor], Definition]) -> None:
        """The columns and constraints of the `(…)` that follows; `like` finds the relation of a LIKE.

        Raises `catalog.invalid`.
        """
        body = cursor.parenthesised()
        opening = cursor.tokens[cursor.position - len(body.tokens) - 2]
        if self.line_comments:
            self.comment = canonical_comment(cursor.script.comment_at(opening.end))
        while body:
            before = body.tokens[body.position - 1] if body.position else opening
            element = body.until_mark(",")
            if not element:
                raise element.invalid("expected a column or a constraint")
            if element.accept("LIKE"):
                self.copy_like(like(element), element)
                continue
            self.read_element(element)
            if self.line_comments:
                self._read_line_comment(before, element, body.tokens[body.position - 1])

        if self._computed:
            self._infer_computed()

    def read_element(self, element: Cursor) -> None:
        """One column, or one constraint of the table."""
        follows = element.peek(1)
        excludes = element.sees("EXCLUDE") and follows is not None and (
            follows.is_word("USING") or follows.is_mark("(")
        )  # fmt: skip
        if excludes or element.sees(*_TABLE_CONSTRAINTS):
            self.read_constraint(element)
        else:
            self.read_column(element)

    def read_constraint(self, element: Cursor) -> None:
        """A constraint that stands for itself."""
        if element.accept("CONSTRAINT"):
            element.name("constraint's name")
        if element.accept("PRIMARY", "KEY"):
            self.primary_key = _key(element)
        elif element.accept("UNIQUE"):
            _skip_nulls_clause(element)
            self.unique.append(_key(element))
        elif element.accept("FOREIGN", "KEY"):
            columns = element.column_names()
            if not element.accept("REFERENCES"):
                raise element.invalid("expected REFERENCES")
            self._read_reference(columns, element)
        elif element.accept("CHECK"):
            self._checks.append(element.parenthesised().text)
        elif element.accept("NOT", "NULL"):
            position = self.position(element.name("column's name"))
            if position is not None:
                self.set_nullable(position, nullable=False)
        elif not element.sees("EXCLUDE"):
            raise element.invalid("expected a constraint")

    def read_column(self, element: Cursor) -> None:
        """A column with its type and constraints; one that was inherited is merged with it."""
        name = element.name("column's name")
        folded = self._fold(name)
        if folded in self._declared and folded not in self._inherited:
            raise element.invalid_before(f"column `{name}` is defined twice")
        if len(self.columns) == MAX_COLUMNS:
            raise element.invalid_before(f"more than {MAX_COLUMNS} columns")
        position = self.position(name) if folded in self._inherited else None
        self._inherited.discard(folded)
        if position is None:
            position = len(self.columns)
        type_text = element.until_word(*_AFTER_TYPE)
        if not type_text and self.dialect == "postgres":
            raise element.invalid(f"column `{name}` has no type")
        self._set_type(position, name, type_text)
        while element:
            self._read_column_constraint(position, element)

    def read_domain(self, cursor: Cursor) -> Column:
        """What a domain gives to each column of its type, as a column."""
        self._set_type(0, "value", cursor.until_word(*_AFTER_TYPE))
        while cursor:
            self._read_column_constraint(0, cursor)
        return self.columns[0]

    def set_type(self, position: int, type_text: Cursor) -> None:
        """The type of that column is now another."""
        self._set_type(position, self.columns[position].name, type_text)

    def set_default(self, position: int, text: str | None) -> None:
        """The default of that column is now this SQL text."""
        column = self.columns[position]
        generated = column.generated or is_generated_default(text, self.dialect)
        self.columns[position] = replace(
            column, default=canonical_default(text, self.dialect, column.type), generated=generated
        )

    def set_nullable(self, position: int, *, nullable: bool) -> None:
        """Whether that column may be null."""
        self.columns[position] = replace(self.columns[position], nullable=nullable)

    def rename_column(self, old: str, new: str) -> None:
        """That column, and each key that uses it, under another name."""

        def renamed(names: Iterable[str]) -> tuple[str, ...]:
            return tuple(new if name == old else name for name in names)

        self._declared[self._fold(new)] = self._declared.pop(self._fold(old), "")
        self.columns = [replace(c, name=new) if c.name == old else c for c in self.columns]
        self.primary_key = renamed(self.primary_key)
        self.unique = [renamed(key) for key in self.unique]
        self.foreign_keys = [replace(key, columns=renamed(key.columns)) for key in self.foreign_keys]

    def rename_referred(self, relation: RelationName, old: str, new: str) -> None:
        """Foreign keys to that relation's column, under its new name."""
        self.foreign_keys = [
            replace(
                key, referred_columns=tuple(new if name == old else name for name in key.referred_columns)
            )
            if name_key(key.referred, self.dialect) == name_key(relation, self.dialect)
            else key
            for key in self.foreign_keys
        ]

    def move_referred(self, old: RelationName, new: RelationName) -> None:
        """Foreign keys to a relation, under its new name."""
        self.foreign_keys = [
            replace(key, referred=new)
            if name_key(key.referred, self.dialect) == name_key(old, self.dialect)
            else key
            for key in self.foreign_keys
        ]

    def drop_column(self, name: str) -> None:
        """Everything but that column and the keys that use it."""
        self._declared.pop(self._fold(name), None)
        self.columns = [c for c in self.columns if c.name != name]
        self.primary_key = () if name in self.primary_key else self.primary_key
        self.unique = [key for key in self.unique if name not in key]
        self.foreign_keys = [key for key in self.foreign_keys if name not in key.columns]

    def inherit(self, parent: Definition) -> None:
        """The columns of a table that this one inherits from; its keys stay behind."""
        for column in parent.relation().columns:
            if self._fold(column.name) not in self._declared:
                not_null = column.name in parent.primary_key
                self.columns.append(replace(column, nullable=column.nullable and not not_null))
                self._declared[self._fold(column.name)] = ""
                self._inherited.add(self._fold(column.name))

    def copy_like(self, other: Definition, options: Cursor) -> None:
        """What LIKE copies: columns, and what the options include (PostgreSQL manual, CREATE TABLE)."""
        included: set[str] = set()
        while options.accept_one("INCLUDING", "EXCLUDING"):
            including = options.tokens[options.position - 1].is_word("INCLUDING")
            word = options.take().value.upper()
            words = set(_LIKE_OPTIONS) if word == "ALL" else {word}
            included = included | words if including else included - words
        start = len(self.columns)
        self.inherit(other)
        self._inherited.clear()
        for position, column in enumerate(self.columns[start:], start):
            generated = column.generated and bool(included & {"GENERATED", "IDENTITY"})
            self.columns[position] = replace(
                column,
                default=column.default if "DEFAULTS" in included else None,
                generated=generated,
                comment=column.comment if "COMMENTS" in included else None,
                enum=column.enum if "CONSTRAINTS" in included or column.type == ENUM else (),
            )
        if "INDEXES" in included:
            self.primary_key = self.primary_key or other.primary_key
            self.unique += other.unique

    def _set_type(self, position: int, name: str, type_text: Cursor) -> None:
        if len(type_text.tokens) > _LONGEST_TYPE and not type_text.sees("ENUM"):
            raise type_text.invalid(f"the type of column `{name}` is too long")
        if self.dialect != "sqlite":  # where any words are a type
            require_one_type(type_text.copy(), name)
        spelled = spell_type(type_text)
        user_type = self.types.read(type_text)
        serial = self.dialect == "postgres" and _SERIALS.fullmatch(spelled) is not None
        column = Column(name, user_type.type, nullable=user_type.nullable and not serial, generated=serial,
                        default=user_type.default, enum=user_type.enum)  # fmt: skip
        if position < len(self.columns):
            old = self.columns[position]
            column = replace(old, type=user_type.type, enum=user_type.enum)
        self.columns[position : position + 1] = [column]
        self._declared[self._fold(name)] = spelled

    def _read_column_constraint(self, position: int, element: Cursor) -> None:
        column = self.columns[position]
        match element.take().value.upper():
            case "CONSTRAINT":
                element.name("constraint's name")
            case "NOT" if element.accept("NULL"):
                self.columns[position] = replace(column, nullable=False)
            case "NOT" if element.accept_one("DEFERRABLE", "VALID", "ENFORCED"):
                pass
            case "NULL" | "AUTOINCREMENT" | "DEFERRABLE" | "ENFORCED":
                pass
            case "DEFAULT":
                self.set_default(position, _default(element))
            case "PRIMARY" if element.accept("KEY"):
                self.primary_key = (column.name,)
                element.accept_one("ASC", "DESC")
                _skip_conflict_clause(element)
            case "UNIQUE":
                _skip_nulls_clause(element)
                self.unique.append((column.name,))
                _skip_conflict_clause(element)
            case "CHECK":
                self._checks.append(element.parenthesised().text)
                element.accept("NO", "INHERIT")
                _skip_conflict_clause(element)
            case "REFERENCES":
                self._read_reference((column.name,), element)
            case "GENERATED" | "AS" as word:
                self._read_generated(position, element, named=word == "GENERATED")
            case "COLLATE":
                element.dotted_name("collation's name")
            case "INITIALLY" | "STORAGE" | "COMPRESSION" | "COMMENT" | "OPTIONS":
                element.skip_item()
            case "USING" if element.accept("COMPRESSION"):
                element.skip_item()
            case _:
                element.position -= 1
                raise element.invalid(f"cannot read the definition of column `{column.name}`")

    def _read_generated(self, position: int, element: Cursor, *, named: bool) -> None:
        column = self.columns[position]
        if named:
            if not (element.accept("ALWAYS") or element.accept("BY", "DEFAULT")) or not element.accept(
                "AS"
            ):
                raise element.invalid("expected ALWAYS AS or BY DEFAULT AS")
            if element.accept("IDENTITY"):
                self.columns[position] = replace(column, generated=True, default=None, nullable=False)
                if element.sees_mark("("):
                    element.skip_item()
                return
        if column.type == "UNKNOWN":
            self._computed[column.name] = element.copy().parenthesised().text
        element.parenthesised()
        element.accept_one("STORED", "VIRTUAL")
        self.columns[position] = replace(column, generated=True, default=None)

    def _read_reference(self, columns: tuple[str, ...], element: Cursor) -> None:
        referred = element.relation_name()
        if self.dialect == "sqlite":  # a key never leaves its schema
            referred = RelationName(self.name.schema, referred.name)
        names = element.column_names() if element.sees_mark("(") else ()
        self.foreign_keys.append(ForeignKey(columns, referred, names))
        while element:
            if element.accept("MATCH"):
                element.skip_item()
            elif element.accept("ON", "DELETE") or element.accept("ON", "UPDATE"):
                element.accept_one("NO", "SET")
                element.skip_item()  # ACTION, NULL, DEFAULT, CASCADE, RESTRICT
                if element.sees_mark("("):
                    element.skip_item()
            else:
                break

    def _infer_computed(self) -> None:
        """The types of computed columns that were given none, as DuckDB allows."""
        relation = self.relation()
        for name, expression in self._computed.items():
            position = self.position(name)
            with suppress(CannotInfer):
                query = f"SELECT {expression} FROM it"  # noqa: S608 -- it is parsed, never run
                found = infer_columns(query, self.dialect, "", lambda _: relation)
                if position is not None:
                    self.columns[position] = replace(self.columns[position], type=found[0].type)
        self._computed.clear()

    def _fold(self, name: str) -> str:
        return name if self.dialect == "postgres" else name.casefold()

    def _finished(self, column: Column) -> Column:
        declared = self._declared.get(self._fold(column.name), "")
        rowid = self.dialect == "sqlite" and self.kind == "table" and self.has_rowid
        key = tuple(self._fold(name) for name in self.primary_key)
        if rowid and is_rowid_alias(declared, key, self._fold(column.name)):
            return replace(column, generated=True)
        return column

    def _read_line_comment(self, before: Token, element: Cursor, last: Token) -> None:
        """`-- text` after a column is its comment, if no other column stands on its line."""
        text = canonical_comment(element.script.comment_at(last.end))
        first = element.tokens[0]
        alone = before.is_mark("(") or "\n" in element.script.text[before.end : first.start]
        if text and alone and self.columns and not first.is_word(*_TABLE_CONSTRAINTS):
            self.columns[-1] = replace(self.columns[-1], comment=text)


def _key(element: Cursor) -> tuple[str, ...]:
    """The columns of `(a, b DESC)`."""
    return tuple(part.name("column's name") for part in element.items())


def _default(element: Cursor) -> str:
    """The text of a default; its first token may be NULL, which would otherwise end it."""
    start = element.position
    element.skip_item()
    element.until_word(*_AFTER_TYPE)
    return Cursor(element.script, element.tokens[start : element.position], element.schema).text


def _skip_nulls_clause(element: Cursor) -> None:
    if element.accept("NULLS"):
        element.accept("NOT")
        element.accept("DISTINCT")


def _skip_conflict_clause(element: Cursor) -> None:
    if element.accept("ON", "CONFLICT"):
        element.take()
