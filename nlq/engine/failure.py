"""What a reader is told instead of a vendor's own words, which can hold values of hidden rows."""

from __future__ import annotations

import re

from nlq.errors import EngineError, PlanError

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


def unreachable(name: str, hint: str) -> EngineError:
    """The database `name` cannot be reached; `hint` says why, as far as we know."""
    return EngineError("engine.unreachable", f"the database `{name}` cannot be reached", hint)


def refused(text: str, sql: str) -> PlanError:
    """`plan.invalid`, with what may be shown of the vendor's reason: one line, no suggestions, no values.

    Suggestions go, for they name what exists, and the reader may not be allowed to know. `sql` is what was
    refused: the values that the reason can hold are its literals.

    >>> refused('Binder Error: column "x" not found!\\nCandidate bindings: "y"', 'SELECT "x"').message
    'the database refuses the SQL: column "x" not found'
    >>> refused("Could not convert string 'plugh' to INT32", "SELECT CAST('plugh' AS INT)").message
    "the database refuses the SQL: Could not convert string '…' to INT32"
    """
    line = text.strip().partition("\n")[0]
    for suggestion in ("Did you mean", "Candidate ", "Perhaps you", "LINE 1:"):
        line = line.partition(suggestion)[0]
    kind, colon, rest = line.partition(" Error: ")
    if colon and kind.replace(" ", "").isalpha():
        line = rest
    shown = _without_literals(line.strip().rstrip(".!"), sql)
    return PlanError("plan.invalid", f"the database refuses the SQL: {shown[:300]}")


_TEXT = re.compile(r"'((?:[^']|'')*)'")
_NAME = re.compile(r'"((?:[^"]|"")*)"')
_NUMBER = re.compile(r"(?<![\w.])\d[\d.]*")


def _without_literals(line: str, sql: str) -> str:
    """The line with `…` for literals of the SQL, and for longer words of them that are no names in it."""
    texts = [found[1].replace("''", "'") for found in _TEXT.finditer(sql)]
    names = {found[1].casefold() for found in _NAME.finditer(_TEXT.sub("", sql))}
    words = {word for text in texts for word in re.findall(r"\w{3,}", text) if word.casefold() not in names}
    numbers = set(_NUMBER.findall(_TEXT.sub("", sql)))
    for literal in sorted({*texts, *words, *numbers} - {""}, key=len, reverse=True):
        line = re.sub(rf"(?<!\w){re.escape(literal)}(?!\w)", "…", line)
    return _TEXT.sub("'…'", line)
