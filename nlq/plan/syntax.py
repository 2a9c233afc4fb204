"""Text to tree and back, within bounds. The only place that parses or generates SQL that may run.

Parsers of several libraries recurse, so size and nesting are bounded before parsing as well as after.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

import sqlglot
from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from nlq.catalog import Dialect
from nlq.errors import PlanError, Span
from nlq.plan.growth import require_small_growth
from nlq.plan.rows import write_values

# What the parser logs of text that it cannot read is not for the terminal of whoever wrote the text.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

MAX_LENGTH = 20_000
MAX_DEPTH = 40
MAX_TYPE_DEPTH = 6
MAX_TREE_DEPTH = 200
MAX_NODES = 3_000
MAX_JOINS = 16
MAX_BRANCHES = 20
MAX_CTES = 20
MAX_IN_ITEMS = 500
MAX_STARS = 32
MAX_SUBSCRIPTS = 40

_ALLOWED_CONTROL = "\n\r\t"
# Letters and marks that show nothing, and so make two names look alike.
_INVISIBLE = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})
_PREFIXES = frozenset({TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE})
_TRIED_TWICE = frozenset({TokenType.LATERAL})
_ENDS = frozenset({TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH})
_JOINS = frozenset({TokenType.JOIN, TokenType.STRAIGHT_JOIN})
_QUOTED_OR_PARAMETER = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<!:):(\w+)")
_QUERIES = (exp.Select, exp.Union, exp.Intersect, exp.Except)
_SLIPS = (sqlglot.errors.SqlglotError, AttributeError, LookupError, TypeError, ValueError)
"""What the parser raises of its own over text that is no SQL, such as `-> -> ->`, and the generator over
trees that only look like SQL: it writes `initcap(a, b ORDER BY c)` as text that it reads, and cannot."""


def parse(text: str, dialect: Dialect) -> exp.Expr:
    """The one query in `text` as a tree.

    Raises `plan.too_complex`, `plan.syntax`, or `plan.unsupported` for several statements or
    anything that is not a query.
    """
    root = parse_statement(text, dialect)
    while isinstance(root, exp.Subquery) and not _has_modifiers(root):
        root = root.this
    if type(root) not in _QUERIES:
        raise PlanError(
            "plan.unsupported",
            f"only queries can be planned, not `{root.key.upper()}`",
            hint="write a single SELECT",
        )
    write_values(root, dialect)
    require_small_tree(root)
    require_small_growth(root)
    for node in root.walk():
        # Where in the text each was read, which every copy of the tree would copy with it.
        node.meta.clear()
    for fetch in list(root.find_all(exp.Fetch)):
        _read_as_limit(fetch)
    return root


def parse_statement(text: str, dialect: Dialect) -> exp.Expr:
    """The one statement in `text`, of whatever kind, as a tree whose size nobody has looked at.

    Raises `plan.too_complex`, `plan.syntax`, or `plan.unsupported` for several statements.
    """
    reader = sqlglot.Dialect.get_or_raise(dialect)
    with _readable(text):
        tokens = tokenize(text, dialect)
        statements = [s for s in reader.parser().parse(tokens, text) if s is not None]
    if len(statements) != 1:
        raise PlanError(
            "plan.unsupported",
            f"expected one statement, found {len(statements)}",
            hint="write a single SELECT",
        )
    return statements[0]


def tokenize(text: str, dialect: Dialect) -> list[Token]:
    """The tokens of text that is plain and within the limits, without comments.

    Raises `plan.too_complex` and `plan.syntax`.
    """
    require_plain_text(text)
    reader = sqlglot.Dialect.get_or_raise(dialect)
    with _readable(text):
        tokens = reader.tokenize(text)
        require_plain_tokens(tokens, text, reader.parser_class.TYPE_TOKENS)
    for token in tokens:
        # INVARIANT: a comment may set what we note on nodes (`/* sqlglot.meta relation=… */`).
        token.comments.clear()
    return _tell_parameters_apart(tokens) if dialect == "duckdb" else tokens


def _tell_parameters_apart(tokens: list[Token]) -> list[Token]:
    """`SELECT :a` as `SELECT ALL :a`: DuckDB's `name: value` would make it a value called SELECT."""
    told: list[Token] = []
    for token in tokens:
        if told and token.token_type is TokenType.COLON and told[-1].token_type is TokenType.SELECT:
            told.append(Token(TokenType.ALL, "ALL", token.line, token.col, token.start, token.start))
        told.append(token)
    return told


@contextmanager
def _readable(text: str) -> Iterator[None]:
    """Turns what the parser raises into errors of ours."""
    try:
        yield
    except sqlglot.errors.ParseError as error:
        raise _syntax_error(error, text) from None
    except sqlglot.errors.SqlglotError as error:
        # Its text quotes ours, values and all.
        what = "a text, a name or a comment does not end"
        unended = isinstance(error, sqlglot.errors.TokenError)
        raise PlanError("plan.syntax", "cannot read the SQL", what if unended else None) from None
    except RecursionError:
        raise _too_complex("levels of nesting", MAX_DEPTH) from None
    except _SLIPS:
        raise PlanError("plan.syntax", "cannot read the SQL") from None


def render(tree: exp.Expr, dialect: Dialect, *, pretty: bool = True) -> str:
    """The tree as SQL of `dialect`: identifiers quoted, comments dropped, parameters as `:name`.

    Raises `plan.unsupported` for what the dialect has no words for, rather than leave it out.
    """
    copy = tree.copy()
    # Dialects spell named parameters differently; plans spell them one way, which all dialects can read.
    for node in list(copy.find_all(exp.Placeholder)):
        node.replace(exp.Var(this=f":{node.name}"))
    if dialect == "duckdb":
        _call_clock(copy)
    try:
        return copy.sql(
            dialect=dialect,
            copy=False,
            identify=True,
            comments=False,
            pretty=pretty,
            unsupported_level=sqlglot.ErrorLevel.RAISE,
        )
    except sqlglot.errors.UnsupportedError:
        raise PlanError(
            "plan.unsupported",
            f"this cannot be said in the dialect `{dialect}`",
            hint="use functions that this database has",
        ) from None
    except RecursionError:
        raise _too_complex("levels of operators", MAX_TREE_DEPTH) from None
    except _SLIPS:
        raise PlanError(
            "plan.unsupported",
            f"this cannot be said in the dialect `{dialect}`",
            hint="use functions as this database has them",
        ) from None


def render_fragment(tree: exp.Expr, dialect: Dialect) -> str:
    """A part of a query on one line, for messages and explanations: nothing that will run."""
    try:
        return tree.sql(dialect=dialect, comments=False, unsupported_level=sqlglot.ErrorLevel.IGNORE)
    except (RecursionError, *_SLIPS):
        return tree.key


def require_plain_text(text: str) -> None:
    """Refuse text that is longer than the limit, or holds characters that nobody can see."""
    if len(text) > MAX_LENGTH:
        raise _too_complex("characters", MAX_LENGTH)
    for at, char in enumerate(text):
        if char in _ALLOWED_CONTROL or char.isprintable():
            continue
        raise PlanError(
            "plan.syntax", f"the character {_name(char)} is not allowed in SQL", span=Span(at, at + 1)
        )


def require_plain_tokens(tokens: list[Token], text: str, types: Collection[TokenType]) -> None:
    """Refuse what lexers read differently, and what is deeper or wider than the limits.

    `types` are the tokens that may begin a type: the parser tries them as a type and then as a
    function, which takes twice as long for each level. So does what is inside of LATERAL, behind a LIMIT,
    or in brackets that begin with FROM.
    """
    levels = [False]
    twice = {*types, *_TRIED_TWICE}
    joins = prefixes = subscripts = 0
    before: Token | None = None
    for token in tokens:
        kind = token.token_type
        _require_plain_token(token, before, text)
        if kind in _OPENING:
            levels.append(before is not None and before.token_type in twice)
        elif kind in _CLOSING and len(levels) > 1:
            levels.pop()
        elif kind in _ENDS or (
            kind is TokenType.FROM and before and before.token_type is TokenType.L_PAREN
        ):
            levels[-1] = True
        prefixes = prefixes + 1 if kind in _PREFIXES else 0
        joins += kind in _JOINS
        subscripts += kind is TokenType.L_BRACKET or (
            kind is TokenType.DOT and before is not None and before.token_type in _CLOSING
        )
        if max(len(levels) - 1, prefixes) > MAX_DEPTH:
            raise _too_complex("levels of nesting", MAX_DEPTH)
        if sum(levels) > MAX_TYPE_DEPTH:
            raise _too_complex("nested types, limits or lateral subqueries", MAX_TYPE_DEPTH)
        before = token
    if joins > MAX_JOINS:
        raise _too_complex("joins", MAX_JOINS)
    if subscripts > MAX_SUBSCRIPTS:
        # The parser infers the type of all that is before each.
        raise _too_complex("square brackets, or points after brackets", MAX_SUBSCRIPTS)


def _require_plain_token(token: Token, before: Token | None, text: str) -> None:
    source, span = text[token.start : token.end + 1], Span(token.start, token.end + 1)
    if source[:1] == "'":
        return
    if "`" in source and source[:1] != '"':
        raise PlanError(
            "plan.syntax",
            "backticks are not allowed in SQL",
            hint='quote names with double quotes: "name"',
            span=span,
        )
    # A number that runs into a word (`1or`) is split differently by different lexers.
    if token.token_type is TokenType.NUMBER and not _NUMBER.fullmatch(source):
        raise _run_together(span)
    if (
        before is not None
        and before.token_type is TokenType.NUMBER
        and before.end + 1 == token.start
        and (source[0].isalpha() or source[0] in "_$")
    ):
        raise _run_together(Span(before.start, token.end + 1))
    if found := _INVISIBLE.search(source):
        raise PlanError(
            "plan.syntax", f"the character {_name(found[0])} is not allowed in a name", span=span
        )


def _run_together(span: Span) -> PlanError:
    return PlanError(
        "plan.syntax",
        "a number runs into a word",
        hint="put a space between them, or quote the name",
        span=span,
    )


def require_small_tree(root: exp.Expr) -> None:
    """Refuse a tree that is wider or deeper than the limits."""
    joins = branches = ctes = stars = 0
    for count, node in enumerate(root.walk(), start=1):
        if count > MAX_NODES:
            raise _too_complex("syntax nodes", MAX_NODES)
        joins += isinstance(node, exp.Join)
        branches += isinstance(node, exp.SetOperation)
        ctes += isinstance(node, exp.CTE)
        # Each becomes all columns of its relations.
        stars += isinstance(node, exp.Star) and isinstance(node.parent, exp.Select | exp.Column)
        if isinstance(node, exp.In) and len(node.expressions) > MAX_IN_ITEMS:
            raise _too_complex("items of an IN list", MAX_IN_ITEMS)
    if joins > MAX_JOINS:
        raise _too_complex("joins", MAX_JOINS)
    if branches > MAX_BRANCHES:
        raise _too_complex("set operations", MAX_BRANCHES)
    if ctes > MAX_CTES:
        raise _too_complex("common table expressions", MAX_CTES)
    if stars > MAX_STARS:
        raise _too_complex("stars", MAX_STARS)
    if _depth(root) > MAX_TREE_DEPTH:
        raise _too_complex("levels of operators", MAX_TREE_DEPTH)


def _read_as_limit(fetch: exp.Fetch) -> None:
    """`FETCH FIRST 5 ROWS ONLY` as LIMIT; one with ties or a percentage stays what it is."""
    options = fetch.args.get("limit_options")
    special = options is not None and (options.args.get("percent") or options.args.get("with_ties"))
    if fetch.args.get("count") is not None and not special:
        fetch.replace(exp.Limit(expression=fetch.args["count"]))


def _depth(root: exp.Expr) -> int:
    level, depth = [root], 0
    while level:
        level, depth = [child for node in level for child in node.iter_expressions()], depth + 1
    return depth


def _call_clock(tree: exp.Expr) -> None:
    """`CURRENT_DATE` as a call: without brackets, DuckDB takes it for an alias of the same SELECT."""
    for node in list(tree.find_all(*_CLOCKS)):
        call = exp.Anonymous(this=_CLOCKS[type(node)])
        if node is not tree:
            node.replace(call)


_CLOCKS: Mapping[type[exp.Expr], str] = {
    exp.CurrentDate: "current_date",
    exp.CurrentTimestamp: "get_current_timestamp",
    exp.CurrentTime: "get_current_time",
    exp.Localtimestamp: "current_localtimestamp",
}


def _name(char: str) -> str:
    return unicodedata.name(char, f"U+{ord(char):04X}")


def _has_modifiers(node: exp.Subquery) -> bool:
    return any(value for key, value in node.args.items() if key != "this")


def _too_complex(what: str, limit: int) -> PlanError:
    return PlanError(
        "plan.too_complex", f"the SQL has more than {limit:,} {what}", hint="ask for less at once"
    )


def _syntax_error(error: sqlglot.errors.ParseError, text: str) -> PlanError:
    if not error.errors:
        return PlanError("plan.syntax", "cannot read the SQL")
    first = error.errors[0]
    highlight = str(first.get("highlight") or "")
    at = text.find(highlight) if highlight else -1
    # What is no word of SQL may be a value, even without quotes.
    near = f" near `{highlight}`" if highlight.upper() in sqlglot.Tokenizer.KEYWORDS else ""
    described = str(first.get("description") or "").rstrip(".").lower()
    return PlanError(
        "plan.syntax",
        f"cannot read the SQL{near}",
        # Some descriptions name classes of the parser, which tell a reader nothing.
        hint=described if described and "<class" not in described else None,
        span=Span(at, at + len(highlight)) if at >= 0 else None,
    )


def display(sql: str, values: Mapping[str, object]) -> str:
    """A plan's SQL with its arguments written in, for readers: nothing that will run.

    Works on the text, because it is on the path of every known question and a parse costs a millisecond.

    >>> display("SELECT ':p1' WHERE a > :p1 AND b = :p2", {"p1": 3, "p2": "it's"})
    "SELECT ':p1' WHERE a > 3 AND b = 'it''s'"
    """
    return _QUOTED_OR_PARAMETER.sub(
        lambda m: _literal(values[m[1]]) if m[1] is not None and m[1] in values else m[0], sql
    )


def display_parts(sql: str) -> tuple[str, ...]:
    """Text and names of parameters in turn: `display` in two steps, for SQL that is displayed often.

    >>> display_parts("SELECT ':p1' WHERE a > :p1")
    ("SELECT ':p1' WHERE a > ", 'p1', '')
    """
    parts, done = [], 0
    for found in _QUOTED_OR_PARAMETER.finditer(sql):
        if found[1] is not None:
            parts += [sql[done : found.start()], found[1]]
            done = found.end()
    return (*parts, sql[done:])


def display_value(value: object) -> str:
    """A value as `display` writes it in."""
    return _literal(value)


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).upper() if value is not None else "NULL"
    return (
        str(value)
        if isinstance(value, int | float | Decimal)
        else "'" + str(value).replace("'", "''") + "'"
    )
