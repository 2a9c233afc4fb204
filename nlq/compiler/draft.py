"""The SQL in a model's reply. A draft is untrusted text; nothing here decides what may run."""

from __future__ import annotations

import re

from nlq.catalog import Catalog
from nlq.errors import CompileError, PlanError

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
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
    said = reject_refusal(reply)
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


def reject_refusal(reply: str) -> str:
    """The reply without thoughts.

    Raises `compile.refused` where the model says that it cannot answer.
    """
    # What is left of thoughts began in the prompt.
    said = _THOUGHT_END.split(_THOUGHT.sub("", reply))[-1]
    if _SAYS_CANNOT.match(said):
        raise _refused()
    return said


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


def quote_names(draft: str, catalog: Catalog) -> str:
    """The draft with names such as `Total €` or `都市` in double quotes, where a model forgot them.

    Names of plain ASCII letters need none, and those already in quotes are left as they are; what MySQL
    quotes, in backticks, is quoted as SQL has it. `Total_Price (net)` is `Total Price (net)`, too.
    """
    names = {c.name for r in catalog for c in r.columns} | {r.name.name for r in catalog}
    plain = {_letters(n) for n in names if _PLAIN_NAME.fullmatch(n)}
    odd = sorted((n for n in names if not _PLAIN_NAME.fullmatch(n)), key=len, reverse=True)
    said = _letters(draft)
    odd = [n for n in odd if n.casefold() in draft.casefold() or (_letters(n) and _letters(n) in said)]
    # A letter of the other kind may touch the name (`JOIN都市`); one of its own makes it another name.
    alternatives = "|".join(f"{_edge(n[0], '<!')}{_spelled(n, plain)}{_edge(n[-1], '!')}" for n in odd)
    pattern = re.compile(
        rf"{_QUOTED.pattern}|`(?P<mysql>[^`\"]+)`" + (f"|(?P<odd>{alternatives})" if odd else ""),
        re.IGNORECASE,
    )
    exact = {n.casefold(): n for n in odd}
    by_letters = {_letters(n): n for n in reversed(odd)}

    def quote(found: re.Match[str]) -> str:
        if found["mysql"] is not None:
            return f'"{found["mysql"]}"'
        name = found["odd"] if odd else None
        if name is None:
            return found[0]
        inner = (exact.get(name.casefold()) or by_letters[_letters(name)]).replace('"', '""')
        return f' "{inner}"' if found.start() and draft[found.start() - 1].isalnum() else f'"{inner}"'

    return pattern.sub(quote, draft)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _spelled(name: str, plain: set[str]) -> str:
    """A pattern of the ways to write the name: with other blanks or none, where that is no other name."""
    if not name.isascii() or _letters(name) in plain:
        return re.escape(name)
    pieces = re.split(r"(\s*\(|[ _]+)", name)
    return "".join(
        re.escape(piece) if not at % 2 else r"\s*\(" if "(" in piece else "[ _]*"
        for at, piece in enumerate(pieces)
    )


def _edge(char: str, kind: str) -> str:
    """A look-around that keeps a match from beginning or ending inside a longer word of its own kind."""
    if not char.isalnum() and char != "_":
        return ""
    return f"(?{kind}[A-Za-z0-9_])" if char.isascii() else f"(?{kind}[^\\W\\x00-\\x7f])"
