"""A place in the tokens of one statement of DDL, moved forward by what is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlq.catalog.assemble import fold_name
from nlq.catalog.lex import Script, Token
from nlq.catalog.relation import RelationName
from nlq.errors import CatalogError

_NAMES = ("word", "quoted")
MAX_DEPTH = 40
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(slots=True)
class Cursor:
    """What is left to read of `tokens`. `schema` is what an unqualified relation's name means."""

    script: Script
    tokens: Sequence[Token]
    schema: str
    position: int = 0

    def __bool__(self) -> bool:
        return self.position < len(self.tokens)

    def copy(self) -> Cursor:
        """The same place, to look ahead from."""
        return Cursor(self.script, self.tokens, self.schema, self.position)

    def peek(self, ahead: int = 0) -> Token | None:
        """The next token, or the one that many further on; None past the end."""
        index = self.position + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def sees(self, *words: str) -> bool:
        """Whether the next token is one of these words."""
        token = self.peek()
        return token is not None and token.is_word(*words)

    def sees_mark(self, mark: str) -> bool:
        """Whether the next token is that mark."""
        token = self.peek()
        return token is not None and token.is_mark(mark)

    def accept(self, *words: str) -> bool:
        """Whether exactly these words follow; if so, they are read."""
        found = (self.peek(ahead) for ahead in range(len(words)))
        if not all(
            token is not None and token.is_word(word) for token, word in zip(found, words, strict=True)
        ):
            return False
        self.position += len(words)
        return True

    def accept_one(self, *words: str) -> bool:
        """Whether one of these words follows; if so, it is read."""
        return self.sees(*words) and self.take() is not None

    def accept_mark(self, mark: str) -> bool:
        """Whether the mark follows; if so, it is read."""
        return self.sees_mark(mark) and self.take() is not None

    def take(self) -> Token:
        """The next token, which is read.

        Raises `catalog.invalid` at the end of the statement.
        """
        token = self.peek()
        if token is None:
            raise self.invalid("the statement ends too early")
        self.position += 1
        return token

    def name(self, what: str = "name") -> str:
        """The name that follows, as the database stores it.

        Raises `catalog.invalid` for anything else.
        """
        token = self.peek()
        dialect = self.script.dialect
        # SQLite manual, "Quirks": a string is accepted where only a name can stand.
        if token is None or not (token.kind in _NAMES or (dialect == "sqlite" and token.kind == "string")):
            raise self.invalid(f"expected a {what}")
        self.position += 1
        return fold_name(token.value, dialect, quoted=token.kind != "word")

    def dotted_name(self, what: str = "name") -> list[str]:
        """The parts of `a.b.c`."""
        parts = [self.name(what)]
        while self.accept_mark("."):
            parts.append(self.name(what))
        return parts

    def relation_name(self) -> RelationName:
        """The relation that `[schema.]name` means; a database's name before them is dropped."""
        *qualifiers, name = self.dotted_name("relation's name")
        return RelationName(qualifiers[-1] if qualifiers else self.schema, name)

    def column_names(self) -> tuple[str, ...]:
        """The names in the parentheses that follow."""
        return tuple(part.name("column's name") for part in self.items())

    def items(self) -> Iterator[Cursor]:
        """What the parentheses that follow hold, cut at its own commas."""
        inner = self.parenthesised()
        while inner:
            yield inner.until_mark(",")

    def parenthesised(self) -> Cursor:
        """What the parentheses that follow hold.

        Raises `catalog.invalid` where they are missing or not closed.
        """
        if not self.sees_mark("("):
            raise self.invalid("expected `(`")
        start = self.position + 1
        self.skip_item()
        return Cursor(self.script, self.tokens[start : self.position - 1], self.schema)

    def until_mark(self, mark: str) -> Cursor:
        """What comes before the mark outside all brackets, or the end; the mark is read too."""
        start = self.position
        while self and not self.sees_mark(mark):
            self.skip_item()
        found = Cursor(self.script, self.tokens[start : self.position], self.schema)
        self.accept_mark(mark)
        return found

    def until_word(self, *words: str) -> Cursor:
        """What comes before the first of these words outside all brackets, or the end."""
        start = self.position
        while self and not self.sees(*words):
            self.skip_item()
        return Cursor(self.script, self.tokens[start : self.position], self.schema)

    def skip_item(self) -> None:
        """Read one token, with all that it encloses if it opens a bracket."""
        opened = self.take()
        depth = 1 if opened.kind == "other" and opened.value in _OPENING else 0
        while depth:
            if not self:
                raise self.script.invalid(f"`{opened.value}` is not closed", opened)
            token = self.take()
            if depth > MAX_DEPTH:
                raise self.script.invalid(f"brackets nested more than {MAX_DEPTH} deep", opened)
            if token.kind == "other":
                depth += (token.value in _OPENING) - (token.value in _CLOSING)

    @property
    def text(self) -> str:
        """What is left, as it is written."""
        left = self.tokens[self.position :]
        return self.script.text[left[0].start : left[-1].end] if left else ""

    def invalid(self, message: str, hint: str | None = None) -> CatalogError:
        """`catalog.invalid` at the next token, which the message is completed with."""
        token = self.peek()
        if token is None:
            last = self.tokens[-1].end - 1 if self.tokens else 0
            return self.script.invalid(message, last, hint)
        found = self.script.text[token.start : token.end]
        return self.script.invalid(f"{message}, found `{found[:40]}`", token, hint)

    def invalid_before(self, message: str, hint: str | None = None) -> CatalogError:
        """`catalog.invalid` at the token that was read last."""
        return self.script.invalid(message, self.tokens[max(self.position - 1, 0)], hint)
