"""SQL as people write it in notes, `DIVIDE(COUNT(id where sex = 'F'), COUNT(id))`, made SQL that runs.

Models copy it from the notes of a question, so that drafts are read like the notes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

_AGGREGATE = re.compile(r"\b(?:COUNT|SUM|AVG|MIN|MAX)\s*\(", re.IGNORECASE)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"|`[^`]*`""")
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_DISTINCT = re.compile(r"\s*DISTINCT\b", re.IGNORECASE)
_QUERY = re.compile(r"\b(?:SELECT|FROM)\b", re.IGNORECASE)
_ARITHMETIC: dict[str, type[exp.Binary]] = {
    "DIVIDE": exp.Div,
    "MULTIPLY": exp.Mul,
    "SUBTRACT": exp.Sub,
    "ADD": exp.Add,
}
MOST_AGGREGATES = 40
"""That are looked into: what is behind each is read to its end."""


def blank_out(text: str) -> str:
    """The text with what is quoted or in brackets made underscores, of the same length.

    >>> blank_out("a; f(b; c) = ';'")
    'a; f(____) = ___'
    """
    plain = _QUOTED.sub(lambda found: "_" * len(found[0]), text)
    shown, depth = [], 0
    for char in plain:
        depth -= char == ")" and depth > 0
        shown.append("_" if depth else char)
        depth += char == "("
    return "".join(shown)


def spell_out_where(text: str) -> str:
    """The text with `COUNT(x where y)` as `COUNT(CASE WHEN y THEN x END)`.

    >>> spell_out_where("SUM(fee WHERE YEAR(day) = 2020) - SUM(fee)")
    'SUM(CASE WHEN YEAR(day) = 2020 THEN fee END) - SUM(fee)'
    >>> spell_out_where("COUNT(DISTINCT id where a = ')')")
    "COUNT(DISTINCT CASE WHEN a = ')' THEN id END)"
    """
    at = 0
    for _ in range(MOST_AGGREGATES):
        if (found := _AGGREGATE.search(text, at)) is None:
            break
        at = found.end()
        hidden = blank_out(text[at:])
        end = _closing(hidden)
        where = _WHERE.search(hidden[:end])
        if where is None or _QUERY.search(hidden[:end]):
            continue
        measured, condition = text[at : at + where.start()], text[at + where.end() : at + end]
        distinct = "DISTINCT " if (once := _DISTINCT.match(measured)) else ""
        measured = measured[once.end() if once else 0 :].strip() or "1"
        inside = f"{distinct}CASE WHEN {condition.strip()} THEN {measured} END"
        text = text[:at] + inside + text[at + end :]
    return text


def _closing(hidden: str) -> int:
    """Where the bracket closes that is open at the beginning; 0 where it does not."""
    depth = 0
    for at, char in enumerate(hidden):
        if char == ")" and not depth:
            return at
        depth += (char == "(") - (char == ")")
    return 0


def write_out(tree: exp.Expr) -> bool:
    """Whether `DIVIDE(a, b)` and its like were in the tree: they are `a / b` now, in place."""
    changed = False
    for node in reversed(list(tree.find_all(exp.Func))):
        meant = _binary(node)
        if meant is not None and node.parent is not None:
            node.replace(meant)
            changed = True
    return changed


def _binary(node: exp.Expr) -> exp.Expr | None:
    if not isinstance(node, exp.Anonymous) or node.name.upper() not in _ARITHMETIC:
        return None
    make: Callable[..., exp.Expr] = _ARITHMETIC[node.name.upper()]
    arguments = [_bracketed(argument) for argument in node.expressions]
    if len(arguments) == 1 and isinstance(node.expressions[0], exp.Binary):
        # `DIVIDE(a / b)` says it twice.
        return exp.paren(node.expressions[0].copy())
    return exp.paren(make(this=arguments[0], expression=arguments[1])) if len(arguments) == 2 else None


def _bracketed(node: exp.Expr) -> exp.Expr:
    copy = node.copy()
    return exp.paren(copy) if isinstance(copy, exp.Binary) else copy
