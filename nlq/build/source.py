"""Query files: named blocks of English, in the manner of sqlc, with what is declared of each.

    -- name: trending_posts :many
    -- roles: analyst
    -- note: shown on the front page
    published posts with more than {min_likes: int = 100} likes

A line that begins with `--` is a comment unless it has the form `-- key: value`. Nothing here knows a
database or a model.
"""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from nlq.build.parameter import PlaceAt, QueryParameter, read_parameters
from nlq.build.place import BuildError, Place
from nlq.catalog.fingerprint import digest
from nlq.compiler.intake import normalise
from nlq.errors import did_you_mean

Cardinality = Literal["one", "many", "exec"]

SUFFIX = ".nlq"
MAX_BYTES = 1_000_000
"""A file larger than this is not read."""

_KEYS = ("name", "roles", "note", "nested")
_HEADER = re.compile(r"--[ \t]*(?P<key>[A-Za-z][A-Za-z_-]*)[ \t]*:(?P<value>.*)")
_NAMED = re.compile(r"(?P<name>\S+)(?:\s+:(?P<cardinality>\S+))?")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_TAKEN = frozenset(
    "abstract any arguments as boolean bytes catch char const constructor debugger declare default"
    " delete do double enum eval export extends false final float function goto implements instanceof"
    " int interface let long namespace native new null number object of package private protected"
    " public require set get short static string super switch symbol synchronized this throw throws"
    " transient true type typeof undefined var void volatile".split()
)
"""Words of JavaScript and TypeScript; those of Python it knows itself. Clients are generated for both."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question that an application asks, as its source declares it.

    `question` is in the one spelling of `normalise`, with its parameters as `{name}`. `roles` are those it
    is for: none are named where it is for everyone who may read what it reads. `nested` is what its rows
    hold as objects and lists: None where its English says that.
    """

    name: str
    kind: Literal["query", "mutation"]
    cardinality: Cardinality
    question: str
    parameters: tuple[QueryParameter, ...]
    notes: tuple[str, ...]
    roles: tuple[str, ...]
    place: Place
    nested: tuple[str, ...] | None = None

    @property
    def fingerprint(self) -> str:
        """16 hex digits over all that a plan of it depends on: not its name, notes or place."""
        return digest(
            [
                self.kind,
                self.cardinality,
                self.question,
                [[p.name, p.family, str(p.default), p.optional] for p in self.parameters],
                list(self.roles),
            ]
        )[:16]


@dataclass(frozen=True, slots=True)
class Sources:
    """All queries of a project, sorted by name, and what could not be read."""

    queries: tuple[Query, ...]
    errors: tuple[BuildError, ...] = ()


def read_queries(directory: Path) -> tuple[Query, ...]:
    """The queries of every `*.nlq` below the directory, sorted by name.

    Raises the first of `build.*`; `read_sources` gives all of them.
    """
    sources = read_sources(directory)
    if sources.errors:
        raise sources.errors[0]
    return sources.queries


def read_sources(directory: Path) -> Sources:
    """The queries of every `*.nlq` below the directory, and the errors of those that are none."""
    queries: list[Query] = []
    errors: list[BuildError] = []
    here = Path.cwd()
    for path in find_files(directory, (SUFFIX,)):
        file = shown(path, here)
        try:
            text = read_text(path, file)
        except BuildError as error:
            errors.append(error)
            continue
        for found in read_blocks(text, file):
            (errors if isinstance(found, BuildError) else queries).append(found)  # type: ignore[arg-type]  # each to its own list
    return require_distinct(queries, errors)


def require_distinct(queries: Iterable[Query], errors: Iterable[BuildError] = ()) -> Sources:
    """The queries sorted by name, with an error more for each name that is given twice."""
    first: dict[str, Query] = {}
    found = list(errors)
    for query in sorted(queries, key=lambda q: (q.name, q.place)):
        known = first.setdefault(query.name, query)
        if known is not query:
            found.append(
                BuildError(
                    "build.duplicate_name",
                    f"there are two queries called `{query.name}`",
                    f"the other is at {known.place}",
                    query.place,
                )
            )
    return Sources(tuple(first.values()), tuple(sorted(found, key=lambda e: e.place or Place("", 0, 0))))


def find_files(directory: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """The files below the directory with one of these suffixes, sorted; hidden ones are left out."""
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(suffixes) and not name.startswith("."):
                yield Path(folder, name)


def shown(path: Path, here: Path | None = None) -> str:
    """The path as a person would type it here, with `/` between folders."""
    if path.is_absolute() and path.is_relative_to(here or Path.cwd()):
        path = path.relative_to(here or Path.cwd())
    return path.as_posix()


def read_text(path: Path, file: str) -> str:
    """What the file holds, which a person calls `file`.

    Raises `build.unreadable`.
    """
    here = Place(file, 1, 1)
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise BuildError("build.unreadable", f"the file is larger than {MAX_BYTES:,} bytes", None, here)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise BuildError("build.unreadable", f"cannot be read: {error.strerror}", None, here) from error
    except UnicodeDecodeError as error:
        raise BuildError("build.unreadable", "the file is not UTF-8", None, here) from error


def read_blocks(text: str, file: str) -> Iterator[Query | BuildError]:
    """The queries of a file in its order; in place of one that cannot be read, why."""
    block: _Block | None = None
    lost = False
    for number, line in enumerate(text.split("\n"), start=1):
        place = Place(file, number, len(line) - len(line.lstrip()) + 1)
        stripped = line.strip()
        header = _HEADER.fullmatch(stripped) if stripped.startswith("--") else None
        if header and header["key"].lower() == "name":
            if block is not None:
                yield block.read()
            block, lost = _Block(place, header["value"].strip(), [], []), False
        elif stripped.startswith("--"):
            if header and block is not None:
                block.header.append((header["key"].lower(), header["value"].strip(), place))
        elif block is not None:
            block.lines.append((number, line))
        elif stripped and not lost:
            lost = True
            yield BuildError(
                "build.syntax",
                "there is text before the first query",
                "begin it with `-- name: my_query :many`",
                place,
            )
    if block is not None:
        yield block.read()


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines between one `-- name:` and the next."""

    place: Place
    named: str
    header: list[tuple[str, str, Place]]
    lines: list[tuple[int, str]]

    def read(self) -> Query | BuildError:
        try:
            return self._read()
        except BuildError as error:
            return error

    def _read(self) -> Query:
        name, cardinality = read_name(self.named, self.place)
        roles: tuple[str, ...] = ()
        nested: tuple[str, ...] | None = None
        notes = []
        for key, value, place in self.header:
            match key:
                case "roles":
                    roles = _read_roles(value, place)
                case "nested":
                    nested = _read_nested(value, place)
                case "note":
                    notes.append(value)
                case _:
                    raise BuildError(
                        "build.syntax",
                        f"unknown key `{key}`",
                        did_you_mean(key, _KEYS) or "use `-- note:` for what is for the reader",
                        place,
                    )
        text, place_at = self._english()
        if not any(c.isalnum() for c in text):
            raise BuildError(
                "build.syntax",
                f"the query `{name}` has no question",
                "write it in English below the header",
                self.place,
            )
        question = read_parameters(text, place_at)
        return Query(
            name=name,
            kind="mutation" if cardinality == "exec" else "query",
            cardinality=cardinality,
            question=normalise(question.text),
            parameters=question.parameters,
            notes=tuple(notes),
            roles=roles,
            place=self.place,
            nested=nested,
        )

    def _english(self) -> tuple[str, PlaceAt]:
        """The lines as one text, and where each of its characters is written."""
        lines = self.lines

        def place_at(offset: int) -> Place:
            for number, line in lines:
                if offset <= len(line):
                    return Place(self.place.file, number, offset + 1)
                offset -= len(line) + 1
            return self.place

        return "\n".join(line for _, line in lines), place_at


def read_name(text: str, place: Place) -> tuple[str, Cardinality]:
    """A name and a cardinality, as in `trending_posts :many`.

    Raises `build.name`, `build.syntax`.
    """
    match = _NAMED.fullmatch(text)
    if match is None or match["cardinality"] not in get_args(Cardinality):
        raise BuildError(
            "build.syntax",
            "a query needs a name and how many rows it gives",
            "write `-- name: my_query :many`; `:one` gives one row or none, `:exec` changes rows",
            place,
        )
    cardinality: Cardinality = match["cardinality"]  # type: ignore[assignment]  # one of them, as was asked
    return require_name(match["name"], place), cardinality


def require_name(name: str, place: Place) -> str:
    """The name itself, where it may become the name of a function in every language.

    Raises `build.name`.
    """
    if not _NAME.fullmatch(name) or len(name) > 63:
        raise BuildError(
            "build.name",
            f"a query cannot be called `{name[:80]}`",
            "use small letters, digits and single `_` between them, and begin with a letter",
            place,
        )
    if keyword.iskeyword(name) or name in _TAKEN:
        raise BuildError(
            "build.name",
            f"`{name}` is a word of Python or TypeScript",
            f"call it `{name}_rows`, say: it becomes the name of a function",
            place,
        )
    return name


def _read_nested(text: str, place: Place) -> tuple[str, ...]:
    """The names; none where the line says `no`."""
    names = [name.strip() for name in text.split(",")]
    if names == ["no"]:
        return ()
    if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) != len(names):
        raise BuildError(
            "build.syntax",
            "this is no list of what is in each row",
            "write `-- nested: author, comments`, or `-- nested: no`",
            place,
        )
    return tuple(names)


def _read_roles(text: str, place: Place) -> tuple[str, ...]:
    roles = [role.strip() for role in text.split(",")]
    if not all(roles) or len(set(roles)) != len(roles):
        raise BuildError(
            "build.syntax",
            "the roles are not a list of names",
            "write `-- roles: analyst, support`",
            place,
        )
    return tuple(sorted(roles))
