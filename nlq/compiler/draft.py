"""The SQL in a model's reply. A draft is untrusted text; nothing here decides what may run."""

from __future__ import annotations

import re

from nlq.errors import CompileError, PlanError

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_FENCE = re.compile(r"```(?:\w+)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL)

_WITH = r'WITH\s+(?:RECURSIVE\s+)?(?:"[^"]+"|\w+)\s*(?:\([^()]*\)\s*)?AS\b'
_STARTS = (
    # A sentence may hold the word: a statement begins its line, in one case, or at least shouts.
    re.compile(rf"^[ \t(]*(?:SELECT\b|select\b|(?i:{_WITH}))", re.MULTILINE),
    re.compile(rf"\bSELECT\b|(?i:\b{_WITH})"),
    re.compile(r"\bselect\b", re.IGNORECASE),
)
_PIECE = re.compile(
    r"""'(?:[^']|'')*+(?:'|\Z) | "(?:[^"]|"")*+(?:"|\Z) | --[^\n]* | /\*.*?(?:\*/|\Z)
    | (?P<end>;) | (?P<blank>\n[^\S\n]*\n)""",
    re.VERBOSE | re.DOTALL,
)
_GOES_ON = re.compile(
    r"""\s*(?: [^\w\s] | (?:SELECT|FROM|WHERE|GROUP|HAVING|WINDOW|QUALIFY|ORDER|LIMIT|OFFSET|UNION
    |INTERSECT|EXCEPT|JOIN|LEFT|RIGHT|FULL|INNER|CROSS|NATURAL|ON|AND|OR|WITH|AS|END|WHEN|ELSE)\b )""",
    re.VERBOSE,
)

_SAYS_CANNOT = re.compile(r"\W*CANNOT\b")
_SELECTS_CANNOT = re.compile(r"""SELECT\s+(['"]?)CANNOT\1(?:\s+(?:AS\s+)?"?\w+"?)?""", re.IGNORECASE)
_REGRETS = re.compile(
    r"\b(cannot|can['’]t|can not|unable|sorry|not possible|impossible"
    r"|(does|do)(n['’]t| not) (contain|have|hold|include|provide|exist)"
    r"|no (such )?(table|column|relation|data|information|way))\b",
    re.IGNORECASE,
)


def extract_draft(reply: str) -> str:
    """The statement in the reply: in the first fenced block that holds one, else where one begins.

    Raises `compile.refused` where the model says that it cannot answer, and `plan.syntax` where there
    is no SQL.
    """
    # What is left of thoughts began in the prompt.
    said = _THOUGHT_END.split(_THOUGHT.sub("", reply))[-1]
    if _SAYS_CANNOT.match(said):
        raise _refused()
    blocks = [block for block in _FENCE.findall(said) if _start(block) is not None]
    text = blocks[0] if blocks else said
    start = _start(text)
    if start is None:
        if _REGRETS.search(said):
            raise _refused()
        raise PlanError("plan.syntax", "the model wrote no SQL", "write one SELECT statement")
    statement = _first_statement(text[start:].strip())
    if _SELECTS_CANNOT.fullmatch(statement):
        raise _refused()
    return statement


def _start(text: str) -> int | None:
    for pattern in _STARTS:
        if found := pattern.search(text):
            return found.start()
    return None


def _first_statement(text: str) -> str:
    """Up to a semicolon, or a blank line with a sentence behind it: a model may go on talking."""
    for piece in _PIECE.finditer(text):
        if piece["end"]:
            return text[: piece.start()].strip()
        if piece["blank"] and not _GOES_ON.match(text, piece.end()):
            before = text[: piece.start()].rstrip()
            if not before.endswith((",", "(")):
                return before
    return text


def _refused() -> CompileError:
    return CompileError(
        "compile.refused",
        "the schema that you may see holds nothing that answers this question",
        "ask about its relations: `nlq schema` or `GET /schema` lists them",
    )
