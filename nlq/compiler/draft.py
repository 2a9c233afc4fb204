"""The SQL in a model's reply. A draft is untrusted text; nothing here decides what may run."""

from __future__ import annotations

import re

from nlq.errors import CompileError, PlanError

_FENCE = re.compile(r"```(?:\w+)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_START = re.compile(r"\b(SELECT|WITH)\b", re.IGNORECASE)
_REFUSAL = re.compile(r"\bCANNOT\b")


def extract_draft(reply: str) -> str:
    """The statement in the reply: the first fenced block, else from the first SELECT or WITH.

    Raises `compile.refused` where the model says that it cannot answer, and `plan.syntax` where there
    is no SQL.
    """
    fenced = _FENCE.search(reply)
    text = fenced[1] if fenced else reply
    start = _START.search(text)
    if start is None:
        if _REFUSAL.search(reply):
            raise CompileError(
                "compile.refused",
                "the schema that you may see holds nothing that answers this question",
                "ask about its relations: `nlq schema` or `GET /schema` lists them",
            )
        raise PlanError("plan.syntax", "the model wrote no SQL", "write one SELECT statement")
    statement = text[start.start() :].strip()
    # A model may go on after its statement; a semicolon outside quotes ends it.
    return _until_semicolon(statement)


def _until_semicolon(text: str) -> str:
    quote = ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == ";":
            return text[:at].strip()
    return text
