"""Where in a file something is written, and the errors that say so."""

from __future__ import annotations

from dataclasses import dataclass

from nlq.errors import NlqError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, its path as a person would type it, with a line and a column, both from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class BuildError(NlqError):
    """build.*"""

    def __init__(
        self, code: str, message: str, hint: str | None = None, place: Place | None = None
    ) -> None:
        super().__init__(code, f"{place}: {message}" if place else message, hint)
        self.place = place
        self.what = message
