"""What a reader is told instead of a vendor's own words, which can hold values of hidden rows."""

from __future__ import annotations

Failure = tuple[str, str, str | None]
"""Code, message and hint of what a reader is told instead of a vendor's own text."""

FAILED: Failure = ("engine.failed", "the database could not run the statement", None)
BROKEN: Failure = ("engine.failed", "the database failed internally", None)
UNFIT: Failure = ("engine.failed", "the statement does not fit the database", None)
UNSUPPORTED: Failure = ("engine.failed", "the database does not support the statement", None)
CONSTRAINT: Failure = ("engine.failed", "the statement breaks a constraint", None)
SWITCHED_OFF: Failure = ("engine.failed", "the statement uses what is switched off", None)
WOULD_WRITE: Failure = ("engine.failed", "the statement would change the database", None)
BAD_VALUE: Failure = ("engine.failed", "a value does not fit its type", None)
CONVERSION: Failure = ("engine.failed", "a value could not be converted to another type", None)
OUT_OF_RANGE: Failure = ("engine.failed", "a value is out of range", None)
DIVISION: Failure = ("engine.failed", "division by zero", None)
UNSENDABLE: Failure = ("engine.failed", "a value of this kind cannot be sent to the database", None)
NOT_TEXT: Failure = ("engine.failed", "a value is not valid text", None)
NOT_A_READ: Failure = ("engine.failed", "only one statement that reads can be run", None)
READS_OTHERWISE: Failure = (
    "engine.failed",
    "the database reads the statement otherwise than it was meant",
    "say it in other words; this is worth a report",
)
MACRO: Failure = (
    "engine.failed",
    "a macro of the database has the name of a function that the statement or a rule uses",
    "use another function, or give the macro another name",
)
MEMORY: Failure = (
    "engine.resources",
    "the statement needed more memory than its limit",
    "ask for less, or raise the setting `memory_limit_mb`",
)
CANCELLED: Failure = ("engine.cancelled", "the statement was cancelled", None)
LOST: Failure = ("engine.unreachable", "the connection to the database was lost", "try again")
UNREADABLE: Failure = ("engine.unreachable", "the database file cannot be read", None)
