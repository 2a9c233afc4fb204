"""Cuts a script into its statements of DDL and those into tokens, in the dialect's own quoting.

Own work rather than a SQL parser's: a dump holds much that defines nothing (data, functions, grants) and
that no parser reads whole. Here it need only be stepped over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nlq.catalog.types import Dialect
from nlq.errors import CatalogError, Span

VERBS = ("CREATE", "ALTER", "DROP", "COMMENT", "SET", "USE")
"""How a statement begins that may define a relation."""

MAX_TOKENS = 200_000

Kind = Literal["word", "quoted", "string", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted name, a string or one other mark; `value` is without quotes and escapes."""

    kind: Kind
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these words (capitals), not quoted."""
        return self.kind == "word" and self.value.upper() in words

    def is_mark(self, mark: str) -> bool:
        """Whether this is that punctuation mark."""
        return self.kind == "other" and self.value == mark


@dataclass(frozen=True, slots=True)
class Script:
    """The text of a DDL file. Errors name a line of it."""

    text: str
    dialect: Dialect

    def statements(self) -> Iterator[tuple[Token, ...]]:
        """The tokens, without its semicolon, of each statement that begins with one of `VERBS`.

        Raises `catalog.invalid` where a quotation does not end, or a statement does not seem to.
        """
        position, size = 0, len(self.text)
        lexer = _LEXERS[self.dialect]
        tokens: list[Token] = []
        first: Token | None = None
        while position < size:
            if first is None and (command := _PSQL_COMMAND.match(self.text, position)):
                position = command.end()
                continue
            found = lexer.match(self.text, position)
            if found is None:  # only an opener whose end is missing matches nothing
                raise self._unclosed(position, self.text[position : position + 10])
            kind, start, position = found.lastgroup, position, self._end(found)
            if kind in ("space", "comment"):
                continue
            if found[0] == ";":
                if first is not None and first.is_word(*VERBS):
                    yield tuple(tokens)
                elif first is not None and first.is_word("COPY"):
                    position = self._skip_copied_rows(first.start, position)
                tokens, first = [], None
            elif first is None or first.is_word(*VERBS):
                tokens.append(self._token(found, start, position))
                first = first or tokens[0]
                if len(tokens) > MAX_TOKENS:
                    raise self.invalid(f"a statement of more than {MAX_TOKENS:,} words and marks", first)
        if first is not None and first.is_word(*VERBS):
            yield tuple(tokens)

    def invalid(self, message: str, at: Token | int, hint: str | None = None) -> CatalogError:
        """`catalog.invalid` with the line where the token (or offset) stands."""
        start, end = (at.start, at.end) if isinstance(at, Token) else (at, at + 1)
        line = self.text.count("\n", 0, start) + 1
        return CatalogError("catalog.invalid", f"line {line}: {message}", hint, Span(start, end))

    def comment_at(self, position: int) -> str | None:
        """The text of a `-- comment` that begins at `position`, but for spaces, on the same line."""
        found = _LINE_COMMENT.match(self.text, position)
        return found["comment"] if found else None

    def _end(self, found: re.Match[str]) -> int:
        match found.lastgroup:
            case "comment":
                return self._comment_end(found.end())
            case "dollar":
                end = self.text.find(found[0], found.end())
                if end < 0:
                    raise self._unclosed(found.start(), found[0])
                return end + len(found[0])
        return found.end()

    def _comment_end(self, position: int) -> int:
        depth = 1
        for mark in _COMMENT_MARK.finditer(self.text, position):
            # SQLite's block comments don't nest; those of Postgres and DuckDB do.
            depth += 1 if mark[0] == "/*" and self.dialect != "sqlite" else 0
            depth -= 1 if mark[0] == "*/" else 0
            if depth == 0:
                return mark.end()
        return len(self.text)

    def _token(self, found: re.Match[str], start: int, end: int) -> Token:
        text = found[0]
        match found.lastgroup:
            case "string":
                return Token("string", text[1:-1].replace("''", "'"), start, end)
            case "escaped":
                return Token("string", _unescape(text[2:-1].replace("''", "'")), start, end)
            case "dollar":
                return Token("string", self.text[found.end() : end - len(text)], start, end)
            case "quoted":
                return Token("quoted", text[1:-1].replace(2 * text[-1], text[-1]), start, end)
            case "word":
                return Token("word", text, start, end)
        return Token("other", text, start, end)

    def _skip_copied_rows(self, start: int, position: int) -> int:
        """The end of the rows that follow `COPY … FROM stdin;` in a dump of Postgres."""
        if "stdin" not in self.text[start:position].lower():
            return position
        end = _COPY_END.search(self.text, position)
        return end.end() if end else len(self.text)

    def _unclosed(self, position: int, opener: str) -> CatalogError:
        return self.invalid(f"the quotation `{opener}` does not end", position, "close it")


def _unescape(text: str) -> str:
    """The value of the inside of an `E'…'` string (PostgreSQL manual, 4.1.2.2)."""

    def value(found: re.Match[str]) -> str:
        code = found["hex"] or found["unicode"]
        return chr(int(code, 16)) if code else _ESCAPES.get(found["mark"], found["mark"])

    return _ESCAPE.sub(value, text)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:x(?P<hex>[0-9a-f]{1,2})|u(?P<unicode>[0-9a-f]{4})|(?P<mark>.))", re.DOTALL)
_COMMON = (
    r"(?P<space>\s+|--[^\n]*)",
    r"(?P<comment>/\*)",
    r"(?P<string>'(?:[^']++|'')*+')",
    r"(?P<word>[^\W\d][\w$]*)",
    r"(?P<other>\d[\w.]*|::|[^\s\w'\"])",
)
_SERVER = (
    r"(?P<escaped>[eE]'(?:[^'\\]++|\\.|'')*+')",
    r"(?P<dollar>\$(?:[^\W\d]\w*)?\$)",
    r'(?P<quoted>"(?:[^"]++|"")*+")',
)
_SQLITE = (r'(?P<quoted>"(?:[^"]++|"")*+"|`(?:[^`]++|``)*+`|\[[^\]]*+\])',)
_LEXERS = {
    "duckdb": re.compile("|".join((*_SERVER, *_COMMON)), re.DOTALL),
    "postgres": re.compile("|".join((*_SERVER, *_COMMON)), re.DOTALL),
    "sqlite": re.compile("|".join((*_SQLITE, *_COMMON)), re.DOTALL),
}
_LINE_COMMENT = re.compile(r"[ \t]*--(?P<comment>[^\n]*)")
_COMMENT_MARK = re.compile(r"/\*|\*/")
_COPY_END = re.compile(r"^\\\.\s*$", re.MULTILINE)
_PSQL_COMMAND = re.compile(r"\\[^\n]*")
