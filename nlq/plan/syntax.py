"""Text to tree and back, within bounds. The only place that parses or generates SQL that may run.

Parsers of several libraries recurse, so size and nesting are bounded before parsing as well as after.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

import sqlglot
from sqlglot import exp

from nlq.catalog import Dialect
from nlq.errors import PlanError, Span

MAX_LENGTH = 20_000
MAX_DEPTH = 40
MAX_NODES = 3_000
MAX_JOINS = 16
MAX_BRANCHES = 20
MAX_CTES = 20
MAX_IN_ITEMS = 500

_ALLOWED_CONTROL = "\n\r\t"
# A number that runs into a word (`1or`) is split differently by different lexers.
_NUMBER_THEN_WORD = re.compile(r"(?<![\w.$])\d+(?:\.\d+)?(?![eE][+-]?\d)[A-Za-z_]")
_QUOTED_OR_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<!:):(\w+)")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def parse(text: str, dialect: Dialect) -> exp.Expr:
    """The one query in `text` as a tree.

    Raises `plan.too_complex`, `plan.syntax`, or `plan.unsupported` for several statements or
    anything that is not a query.
    """
    require_plain_text(text)
    try:
        statements = [s for s in sqlglot.parse(text, read=dialect) if s is not None]
    except sqlglot.errors.ParseError as error:
        raise _syntax_error(error, text) from None
    except sqlglot.errors.SqlglotError as error:
        raise PlanError("plan.syntax", f"cannot read the SQL: {_first_line(error)}") from None
    except RecursionError:
        raise _too_complex("nesting", MAX_DEPTH) from None
    if len(statements) != 1:
        raise PlanError(
            "plan.unsupported",
            f"expected one statement, found {len(statements)}",
            hint="write a single SELECT",
        )
    root = statements[0]
    while isinstance(root, exp.Subquery) and not _has_modifiers(root):
        root = root.this
    if type(root) not in (exp.Select, exp.Union, exp.Intersect, exp.Except):
        raise PlanError(
            "plan.unsupported",
            f"only queries can be planned, not `{root.key.upper()}`",
            hint="write a single SELECT",
        )
    require_small_tree(root)
    return root


def render(tree: exp.Expr, dialect: Dialect, *, pretty: bool = True) -> str:
    """The tree as SQL of `dialect`: identifiers quoted, comments dropped, parameters as `:name`."""
    copy = tree.copy()
    # Dialects spell named parameters differently; plans spell them one way, which all dialects can read.
    for node in list(copy.find_all(exp.Placeholder)):
        node.replace(exp.Var(this=f":{node.name}"))
    return copy.sql(dialect=dialect, identify=True, comments=False, pretty=pretty)


def render_fragment(tree: exp.Expr, dialect: Dialect) -> str:
    """A part of a query on one line, for messages and explanations: nothing that will run."""
    return tree.sql(dialect=dialect, comments=False)


def require_plain_text(text: str) -> None:
    """Refuse text whose reading depends on the lexer, or that is larger or deeper than the limits."""
    if len(text) > MAX_LENGTH:
        raise _too_complex("characters", MAX_LENGTH)
    for at, char in enumerate(text):
        if char in _ALLOWED_CONTROL or char.isprintable():
            continue
        kind = unicodedata.name(char, f"U+{ord(char):04X}")
        raise PlanError("plan.syntax", f"the character {kind} is not allowed in SQL", span=Span(at, at + 1))
    bare = _QUOTED.sub(lambda m: "·" * len(m[0]), text)
    if "`" in bare:
        at = bare.index("`")
        raise PlanError(
            "plan.syntax",
            "backticks are not allowed in SQL",
            hint='quote names with double quotes: "name"',
            span=Span(at, at + 1),
        )
    if found := _NUMBER_THEN_WORD.search(bare):
        raise PlanError(
            "plan.syntax",
            f"a number runs into a word: `{found[0]}`",
            hint="put a space between them, or quote the name",
            span=Span(found.start(), found.end()),
        )
    depth = deepest = 0
    for char in bare:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise _too_complex("levels of brackets", MAX_DEPTH)


def require_small_tree(root: exp.Expr) -> None:
    """Refuse a tree that is wider or deeper than the limits."""
    joins = branches = ctes = 0
    for count, node in enumerate(root.walk(), start=1):
        if count > MAX_NODES:
            raise _too_complex("syntax nodes", MAX_NODES)
        joins += isinstance(node, exp.Join)
        branches += isinstance(node, exp.SetOperation)
        ctes += isinstance(node, exp.CTE)
        if isinstance(node, exp.In) and len(node.expressions) > MAX_IN_ITEMS:
            raise _too_complex("items of an IN list", MAX_IN_ITEMS)
    if joins > MAX_JOINS:
        raise _too_complex("joins", MAX_JOINS)
    if branches > MAX_BRANCHES:
        raise _too_complex("set operations", MAX_BRANCHES)
    if ctes > MAX_CTES:
        raise _too_complex("common table expressions", MAX_CTES)


def _has_modifiers(node: exp.Subquery) -> bool:
    return any(value for key, value in node.args.items() if key != "this")


def _too_complex(what: str, limit: int) -> PlanError:
    return PlanError(
        "plan.too_complex", f"the SQL has more than {limit:,} {what}", hint="ask for less at once"
    )


def _syntax_error(error: sqlglot.errors.ParseError, text: str) -> PlanError:
    if not error.errors:
        return PlanError("plan.syntax", f"cannot read the SQL: {_first_line(error)}")
    first = error.errors[0]
    highlight = str(first.get("highlight") or "")
    at = text.find(highlight) if highlight else -1
    near = f" near `{highlight}`" if highlight else ""
    return PlanError(
        "plan.syntax",
        f"cannot read the SQL{near}",
        hint=str(first.get("description") or "").rstrip(".").lower() or None,
        span=Span(at, at + len(highlight)) if at >= 0 else None,
    )


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines()[0].rstrip(".") if str(error) else "error"


def display(sql: str, values: Mapping[str, object]) -> str:
    """A plan's SQL with its arguments written in, for readers: nothing that will run.

    Works on the text, because it is on the path of every known question and a parse costs a millisecond.

    >>> display("SELECT ':p1' WHERE a > :p1 AND b = :p2", {"p1": 3, "p2": "it's"})
    "SELECT ':p1' WHERE a > 3 AND b = 'it''s'"
    """
    return _QUOTED_OR_PARAMETER.sub(
        lambda m: _literal(values[m[1]]) if m[1] is not None and m[1] in values else m[0], sql
    )


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).upper() if value is not None else "NULL"
    return (
        str(value)
        if isinstance(value, int | float | Decimal)
        else "'" + str(value).replace("'", "''") + "'"
    )
