# Made by `nlq build` from the queries of this project. Do not edit it: it is written anew.
# ruff: noqa
# fmt: off
"""The queries of this project, as typed methods.

    queries = Queries(over_http("http://localhost:8000"))
    queries = Queries(in_process(nlq.open("duckdb:///app.duckdb")))

`AsyncQueries` has the same methods, to be awaited. What is refused or fails raises `QueryError`.
"""

from __future__ import annotations

import asyncio as _asyncio
import base64 as _base64
import dataclasses as _dataclasses
import datetime as _datetime
import decimal as _decimal
import json as _json
import urllib.error as _error
import urllib.parse as _parse
import urllib.request as _request
import uuid as _uuid
from collections.abc import Callable as _Callable
from collections.abc import Mapping as _Mapping
from typing import Any as _Any
from typing import Generic as _Generic
from typing import Protocol as _Protocol
from typing import TypeVar as _TypeVar
from typing import cast as _cast

_Row = _TypeVar("_Row")


class QueryError(Exception):
    """Why a query was not answered: `code` is stable, `hint` says how to mend it."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message
        self.hint = hint


class Rows(list[_Row]):
    """The rows of a query. `truncated` says that there were more than the server gives at once."""

    truncated: bool = False


@_dataclasses.dataclass(frozen=True)
class Options:
    """How rows are changed. `preview` shows what would be, and `approval`, of a preview, makes just that.

    No more than `limit` rows are changed. What is sent again with the same `idempotency_key` is done once.
    """

    preview: bool = False
    approval: str | None = None
    limit: int | None = None
    idempotency_key: str | None = None


@_dataclasses.dataclass(frozen=True)
class RelationChange:
    """What became of rows of one relation: `action` is `create`, `update` or `delete`.

    `before` and `after` hold the rows that the caller may see, as JSON has their values.
    """

    relation: str
    action: str
    count: int
    before: list[dict[str, _Any]]
    after: list[dict[str, _Any]]


@_dataclasses.dataclass(frozen=True)
class Changed:
    """What was changed, or would be, where it is not `committed`. `undo` names it for `POST /undo`.

    `repeated` says that it had been done before, with the same `idempotency_key`.
    """

    committed: bool
    changes: list[RelationChange]
    approval: str | None
    undo: str | None
    repeated: bool


class Transport(_Protocol):
    """Runs a query by name: gives the reply as `POST /queries/{name}` does, or raises `QueryError`.

    `options` are given for those that change rows.
    """

    def __call__(
        self, name: str, params: _Mapping[str, object], options: Options | None = None, /
    ) -> _Mapping[str, _Any]: ...


class _Database(_Protocol):
    def query(self, name: str, params: _Mapping[str, _Any] | None = None, /) -> _Any: ...

    def change(
        self,
        name: str,
        params: _Mapping[str, _Any] | None = None,
        /,
        *,
        preview: bool = False,
        approval: str | None = None,
        limit: int | None = None,
        key: str | None = None,
    ) -> _Any: ...


def over_http(
    url: str,
    *,
    token: str | None = None,
    headers: _Mapping[str, str] | None = None,
    timeout_s: float = 30.0,
) -> Transport:
    """A server of nlq. `token` is a JWT or an API key."""
    sent = {"content-type": "application/json", "accept": "application/json", **(headers or {})}
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    if not url.startswith(("http://", "https://")):
        raise ValueError("the URL of a server begins with http:// or https://")

    def call(
        name: str, params: _Mapping[str, object], options: Options | None = None, /
    ) -> _Mapping[str, _Any]:
        body = _json.dumps({k: _plain(v) for k, v in params.items()}).encode()
        headers, how = dict(sent), options or Options()
        if how.idempotency_key is not None:
            headers["idempotency-key"] = how.idempotency_key
        said = {"preview": "true" if how.preview else None, "approval": how.approval, "limit": how.limit}
        query = _parse.urlencode({k: v for k, v in said.items() if v is not None})
        address = f"{url.rstrip('/')}/queries/{name}" + (f"?{query}" if query else "")
        request = _request.Request(address, body, headers)
        try:
            with _request.urlopen(request, timeout=timeout_s) as reply:
                return _object(reply.read())
        except _error.HTTPError as error:
            with error:
                problem = _object(error.read())
            code = str(problem.get("code", "internal.error"))
            detail = str(problem.get("detail", f"the server replied with status {error.code}"))
            raise QueryError(code, detail, problem.get("hint")) from None
        except OSError as error:
            raise QueryError("engine.unreachable", f"the server cannot be reached: {error}") from error

    return call


def in_process(database: _Database) -> Transport:
    """A database that `nlq.open` opened: queries run here, as its principal."""

    def call(
        name: str, params: _Mapping[str, object], options: Options | None = None, /
    ) -> _Mapping[str, _Any]:
        try:
            found = (
                database.query(name, params)
                if options is None
                else database.change(
                    name,
                    params,
                    preview=options.preview,
                    approval=options.approval,
                    limit=options.limit,
                    key=options.idempotency_key,
                )
            )
            reply: _Mapping[str, _Any] = found.to_json()
        except Exception as error:
            code = getattr(error, "code", None)
            if not isinstance(code, str):
                raise
            raise QueryError(
                code, str(getattr(error, "message", error)), getattr(error, "hint", None)
            ) from error
        return reply

    return call


def _object(content: bytes) -> dict[str, _Any]:
    try:
        found: object = _json.loads(content)
    except ValueError:
        return {}
    return _cast("dict[str, _Any]", found) if isinstance(found, dict) else {}


def _plain(value: object) -> object:
    """A parameter as JSON has it."""
    if isinstance(value, _decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, _datetime.date | _datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, _uuid.UUID) else value


def _number(value: _Any) -> _decimal.Decimal:
    return _decimal.Decimal(str(value))


def _duration(value: _Any) -> _datetime.timedelta:
    return _datetime.timedelta(seconds=float(value))


def _json_value(value: _Any) -> _Any:
    return value


def _list(read: _Callable[[_Any], _Any]) -> _Callable[[_Any], list[_Any]]:
    return lambda value: [None if one is None else read(one) for one in value]


def _object_of(
    row: type[_Row], columns: tuple[tuple[str, _Callable[[_Any], _Any]], ...]
) -> _Callable[[_Any], _Row]:
    return lambda value: row(
        *(None if value[name] is None else read(value[name]) for name, read in columns)
    )


@_dataclasses.dataclass(frozen=True)
class _Shape(_Generic[_Row]):
    """The name of a query, the class of its rows, and how each column is read."""

    name: str
    row: type[_Row]
    columns: tuple[tuple[str, _Callable[[_Any], _Any]], ...]

    def many(self, transport: Transport, params: _Mapping[str, object]) -> Rows[_Row]:
        reply = transport(self.name, params)
        rows = Rows(self._read(row) for row in reply["rows"])
        rows.truncated = bool(reply["truncated"])
        return rows

    def one(self, transport: Transport, params: _Mapping[str, object]) -> _Row | None:
        row = transport(self.name, params)["row"]
        return None if row is None else self._read(row)

    def _read(self, row: _Mapping[str, _Any]) -> _Row:
        return _object_of(self.row, self.columns)(row)


def _change(
    transport: Transport, name: str, params: _Mapping[str, object], options: Options | None
) -> Changed:
    reply = transport(name, params, options or Options())
    names = [field.name for field in _dataclasses.fields(RelationChange)]
    return Changed(
        committed=reply["committed"],
        changes=[RelationChange(**{n: change[n] for n in names}) for change in reply["changes"]],
        approval=reply["approval"],
        undo=reply["undo"],
        repeated=reply["repeated"],
    )


@_dataclasses.dataclass(frozen=True)
class AuthorsRow:
    """A row of `authors`."""

    @_dataclasses.dataclass(frozen=True)
    class Books:
        """One of `books`."""

        title: str
        year: int

    name: str
    books: list[Books]


@_dataclasses.dataclass(frozen=True)
class BookRow:
    """A row of `book`."""

    title: str
    year: int
    name: str


@_dataclasses.dataclass(frozen=True)
class BooksFromRow:
    """A row of `books_from`."""

    title: str
    year: int
    name: str


@_dataclasses.dataclass(frozen=True)
class MostLentRow:
    """A row of `most_lent`."""

    title: str
    loan_count: int


@_dataclasses.dataclass(frozen=True)
class OpenLoansRow:
    """A row of `open_loans`."""

    title: str | None
    name: str | None
    taken: _datetime.date


_AUTHORS = _Shape(
    "authors",
    AuthorsRow,
    (
        ("name", str),
        ("books", _list(_object_of(AuthorsRow.Books, (("title", str), ("year", int),)))),
    ),
)
_BOOK = _Shape(
    "book",
    BookRow,
    (
        ("title", str),
        ("year", int),
        ("name", str),
    ),
)
_BOOKS_FROM = _Shape(
    "books_from",
    BooksFromRow,
    (
        ("title", str),
        ("year", int),
        ("name", str),
    ),
)
_MOST_LENT = _Shape(
    "most_lent",
    MostLentRow,
    (
        ("title", str),
        ("loan_count", int),
    ),
)
_OPEN_LOANS = _Shape(
    "open_loans",
    OpenLoansRow,
    (
        ("title", str),
        ("name", str),
        ("taken", _datetime.date.fromisoformat),
    ),
)


class Queries:
    """The queries."""

    def __init__(self, transport: Transport) -> None:
        self.__transport = transport

    def authors(self) -> Rows[AuthorsRow]:
        """the names of the authors with their books, title and year, sorted by name and year"""
        return _AUTHORS.many(self.__transport, {})

    def book(self, *, id: int) -> BookRow | None:
        """title, year and author's name of the book with the id {id}"""
        return _BOOK.one(self.__transport, {"id": id})

    def books_from(self, *, country: str | None = None) -> Rows[BooksFromRow]:
        """title, year and author's name of all books by authors from {country}, sorted by title

        the list that the page begins with
        """
        return _BOOKS_FROM.many(self.__transport, {"country": country})

    def most_lent(self, *, most: int = 3) -> Rows[MostLentRow]:
        """the titles of the {most} books with the most loans, with the number of their loans"""
        return _MOST_LENT.many(self.__transport, {"most": most})

    def open_loans(self) -> Rows[OpenLoansRow]:
        """title of the book, name of the reader and day taken of the loans without a day of return, sorted by day taken

        a reader sees their own
        """
        return _OPEN_LOANS.many(self.__transport, {})


class AsyncQueries:
    """The queries, each to be awaited."""

    def __init__(self, transport: Transport) -> None:
        self.__transport = transport

    async def authors(self) -> Rows[AuthorsRow]:
        """the names of the authors with their books, title and year, sorted by name and year"""
        return await _asyncio.to_thread(_AUTHORS.many, self.__transport, {})

    async def book(self, *, id: int) -> BookRow | None:
        """title, year and author's name of the book with the id {id}"""
        return await _asyncio.to_thread(_BOOK.one, self.__transport, {"id": id})

    async def books_from(self, *, country: str | None = None) -> Rows[BooksFromRow]:
        """title, year and author's name of all books by authors from {country}, sorted by title

        the list that the page begins with
        """
        return await _asyncio.to_thread(_BOOKS_FROM.many, self.__transport, {"country": country})

    async def most_lent(self, *, most: int = 3) -> Rows[MostLentRow]:
        """the titles of the {most} books with the most loans, with the number of their loans"""
        return await _asyncio.to_thread(_MOST_LENT.many, self.__transport, {"most": most})

    async def open_loans(self) -> Rows[OpenLoansRow]:
        """title of the book, name of the reader and day taken of the loans without a day of return, sorted by day taken

        a reader sees their own
        """
        return await _asyncio.to_thread(_OPEN_LOANS.many, self.__transport, {})
