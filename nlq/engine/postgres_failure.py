"""What a reader is told of a failure of Postgres: by its SQLSTATE or class, and nothing of its text."""

from __future__ import annotations

import psycopg

from nlq.engine import failure
from nlq.engine.cancellation import Cancellation, was_interrupted
from nlq.errors import EngineError, NlqError

FAILURES: dict[str, failure.Failure] = {
    **dict.fromkeys(
        ("02", "03", "09", "0B", "0F", "0L", "0P", "0Z", "10", "20", "24", "25", "26", "27", "2B", "2D",
         "34", "3B", "44", "72"),
        failure.FAILED,
    ),
    **dict.fromkeys(("2F", "38", "39", "P0"), ("engine.failed", "a function of the database failed", None)),
    **dict.fromkeys(("58", "F0", "XX"), failure.BROKEN),
    **dict.fromkeys(("3F", "42"), failure.UNFIT),
    **dict.fromkeys(("22007", "22P02"), failure.CONVERSION),
    **dict.fromkeys(("22003", "22008"), failure.OUT_OF_RANGE),
    **dict.fromkeys(("08", "25P03", "57"), failure.LOST),
    "0A": failure.UNSUPPORTED,
    "21": ("engine.failed", "a subquery gave more than one row where one was wanted", None),
    "22": failure.BAD_VALUE,
    "22012": failure.DIVISION,
    "23": failure.CONSTRAINT,
    "25006": failure.WOULD_WRITE,
    "28": ("engine.unreachable", "the database refused the user", "check user and password"),
    "3D": ("engine.unreachable", "there is no such database", None),
    "40": ("engine.failed", "the statement was in conflict with another", "try again"),
    "42501": ("engine.failed", "the user of the connection may not read what the statement reads", None),
    "53": ("engine.resources", "the statement needed more than the database can give", "ask for less"),
    "54": ("engine.resources", "the statement is beyond a limit of the database", "ask for less"),
    "55": ("engine.failed", "the database is in use", "try again"),
    "HV": ("engine.failed", "a foreign table could not be read", None),
}  # fmt: skip
"""What a reader is told, by SQLSTATE or its first two characters (PostgreSQL manual, appendix A)."""

WITHOUT_STATE: dict[type[Exception], failure.Failure] = {
    psycopg.Error: failure.FAILED,
    psycopg.InterfaceError: failure.FAILED,
    psycopg.DatabaseError: failure.FAILED,
    psycopg.DataError: failure.UNSENDABLE,
    psycopg.OperationalError: failure.LOST,
    psycopg.IntegrityError: failure.CONSTRAINT,
    psycopg.InternalError: failure.BROKEN,
    psycopg.ProgrammingError: failure.UNFIT,
    psycopg.NotSupportedError: failure.UNSUPPORTED,
}
"""What a reader is told of the errors that psycopg itself raises."""

_CANCELED = "57014"

NOT_DEFENDED = {
    "42P01": "it was made for another policy, or never",
    "3F000": "it was made for another policy, or never",
    "22023": "the role is missing",
    "42704": "the role is missing",
    "42501": "the user of the connection may not become the role",
}
"""Why a request cannot begin as the role, by SQLSTATE."""


NONE_FREE = "the server has no connection free: try again"
"""A hint of `why_no_connection`."""


def undefended(why: str) -> EngineError:
    """The database does not enforce the policy as it must."""
    return EngineError(
        "engine.undefended",
        f"the database does not enforce this policy: {why}",
        "run what `nlq policy sql` writes; `nlq policy check` says what differs",
    )


def failure_of(error: Exception, cancellation: Cancellation | None, timeout_s: float) -> NlqError:
    """The error to show, by its SQLSTATE or class; nothing of its text."""
    if not isinstance(error, psycopg.Error):
        return EngineError(*failure.NOT_TEXT)
    state = error.sqlstate
    if state == _CANCELED:
        return was_interrupted(cancellation, timeout_s)
    for known in (state, state[:2]) if state else ():
        if known in FAILURES:
            return EngineError(*FAILURES[known])
    for kind in type(error).__mro__:
        if kind in WITHOUT_STATE:
            return EngineError(*WITHOUT_STATE[kind])
    raise AssertionError("psycopg.Error is in WITHOUT_STATE")


def why_no_connection(text: str) -> str:
    """A hint from libpq's words, which are not shown: they name hosts and users of the server's side."""
    for words, hint in (
        ("Connection refused", "nothing listens there: is the server running?"),
        ("No such file or directory", "nothing listens there: is the server running?"),
        ("could not translate host name", "there is no host of that name"),
        ("failed to resolve host", "there is no host of that name"),
        ("timeout expired", "the server did not answer"),
        ("password", "the user or the password is wrong, or missing"),
        ("authentication failed", "the user or the password is wrong, or missing"),
        ("pg_hba.conf", "the server does not let this user in from here"),
        ("too many", NONE_FREE),
        ("starting up", "the server is starting or stopping: try again"),
        ("shutting down", "the server is starting or stopping: try again"),
        ("role", "the server does not know the user"),
        ("does not exist", "the server has no database of that name"),
    ):
        if words in text:
            return hint
    return "check the URL, and that the server is running"
