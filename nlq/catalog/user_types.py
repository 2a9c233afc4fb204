"""Reads how a script spells a type, with the types that the script itself defines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nlq.catalog.assemble import name_key
from nlq.catalog.cursor import Cursor
from nlq.catalog.relation import RelationName
from nlq.catalog.types import ENUM, Dialect, canonical_type
from nlq.catalog.value import DEFAULT_SCHEMA

_UNNAMED = RelationName("", "")
_TYPE_WORDS = (
    "VARYING", "PRECISION", "WITH", "WITHOUT", "LOCAL", "TIME", "ZONE", "ARRAY", "TO", "YEAR", "MONTH",
    "DAY", "HOUR", "MINUTE", "SECOND", "CHAR", "CHARACTER", "VARCHAR", "LARGE", "OBJECT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UserType:
    """An enumeration (values in `enum`), or another name for `type` with what it adds to a column."""

    name: RelationName
    type: str
    enum: tuple[str, ...] = ()
    nullable: bool = True
    default: str | None = None


@dataclass(slots=True)
class UserTypes:
    """The types that a script defines, found as the dialect finds names."""

    dialect: Dialect
    _by_name: dict[RelationName, UserType] = field(default_factory=dict)

    def add(self, user_type: UserType) -> None:
        """Define the type, or define it anew."""
        self._by_name[name_key(user_type.name, self.dialect)] = user_type

    def find(self, parts: list[str], schema: str) -> UserType | None:
        """The type that `[schema.]name` means, or None for one of the database's own."""
        schemas = parts[-2:-1] or [schema, DEFAULT_SCHEMA[self.dialect]]
        names = (name_key(RelationName(s, parts[-1]), self.dialect) for s in schemas)
        return next((self._by_name[name] for name in names if name in self._by_name), None)

    def read(self, cursor: Cursor) -> UserType:
        """The type that the whole of `cursor` spells, with its values if it is an enumeration."""
        if cursor.sees("ENUM") and canonical_type(spell_type(cursor), self.dialect) == ENUM:
            return UserType(_UNNAMED, ENUM, _labels(cursor))
        first = cursor.peek()
        if first is not None and first.kind in ("word", "quoted"):
            named = Cursor(cursor.script, cursor.tokens, cursor.schema)
            found = self.find(named.dotted_name(), cursor.schema)
            if found is not None and not named:
                return found
            if found is not None and self.dialect == "postgres":  # Postgres names an array by what it holds
                return UserType(found.name, canonical_type(f"{_postgres_name(found.name)}[]", "postgres"))
        return UserType(_UNNAMED, canonical_type(self._spell_nested(cursor), self.dialect))

    def _spell_nested(self, cursor: Cursor) -> str:
        if self.dialect == "postgres":
            return re.sub(r"^public\.", "", spell_type(cursor))
        if self.dialect == "sqlite":
            return spell_type(cursor).replace('"', "")
        spelled = spell_type(cursor)
        for name in {t.value for t in cursor.tokens if t.kind in ("word", "quoted")}:
            if (found := self.find([name], cursor.schema)) is not None:
                # In STRUCT(mood mood) only the second is a type: nothing but a bracket or comma follows it.
                is_type = rf'(?<!\w)"?{re.escape(name)}"?(?=\s*(?:[\[,)]|\Z))'
                spelled = found.type.join(re.split(is_type, spelled))
        return spelled


def require_one_type(type_text: Cursor, name: str) -> None:
    """Refuse what follows a type, such as the next column after a forgotten comma."""
    if type_text:
        type_text.dotted_name("type")
    while type_text:
        if type_text.sees_mark("(") or type_text.sees_mark("["):
            type_text.skip_item()
        elif not type_text.accept_one(*_TYPE_WORDS):
            raise type_text.invalid(f"cannot read the definition of column `{name}`", "is a comma missing?")


def spell_type(cursor: Cursor) -> str:
    """The type that is left to read, with one space between words and none elsewhere."""
    text, previous = "", None
    for token in cursor.tokens[cursor.position :]:
        source = cursor.script.text[token.start : token.end]
        wordy = token.kind != "other" and previous is not None and previous.kind != "other"
        after_bracket = token.kind != "other" and previous is not None and previous.is_mark(")")
        text += f" {source}" if wordy or after_bracket else source
        previous = token
    return text


def _labels(cursor: Cursor) -> tuple[str, ...]:
    cursor.take()
    return tuple(label.take().value for label in cursor.items())


def _postgres_name(name: RelationName) -> str:
    quoted = [
        part if re.fullmatch(r"[a-z_][a-z0-9_]*", part) else f'"{part}"'
        for part in (name.schema, name.name)
    ]
    return quoted[1] if name.schema == DEFAULT_SCHEMA["postgres"] else ".".join(quoted)
