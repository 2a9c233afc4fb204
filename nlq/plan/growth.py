"""How much a query can make of little: what doubles at each step is refused before anything runs it.

Engines write an alias out wherever it is used (DuckDB within a SELECT; Postgres and SQLite a derived
table), and compute what is constant while they plan: no limit of time or memory holds there, and texts
of scalar functions are outside of DuckDB's limit altogether.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.errors import PlanError

MAX_GROWTH = 30_000
"""Ten times as many names and literals as a query may have."""

STEPS = 24
"""Of a recursion: a text that grows by a factor is too large by then, if only by that of Fibonacci."""

_JOINED = (exp.DPipe, exp.Concat, exp.ConcatWs, exp.Format)
_WORD = 16
"""A text of so many characters more counts as one literal more."""
_UNKNOWN = 1_000
"""How often `replace` is taken to put in what is not written down."""
_CLAUSES = ("where", "group", "having", "qualify", "order", "windows", "distinct", "limit", "offset")


def require_small_growth(root: exp.Expr) -> None:
    """Refuse a query whose names, written out as often as they are used, make it huge.

    A name stands for the largest thing that anything of that name has been so far, whatever its scope:
    too much rather than too little.

    Raises `plan.too_complex`.
    """
    _query(root, {})


def _query(node: exp.Expr, sizes: dict[str, int]) -> list[int]:
    """The size of each column of a query; `sizes` learns them by name."""
    clause = node.args.get("with_")
    for cte in clause.expressions if clause is not None else ():
        _renamed(cte.args.get("alias"), _query(cte.this, sizes), sizes)
        if clause is not None and clause.recursive and isinstance(cte.this, exp.SetOperation):
            _require_slow_recursion(cte)
    if isinstance(node, exp.Subquery):
        inner = _query(node.this, sizes)
        _renamed(node.args.get("alias"), inner, sizes)
        return inner
    if isinstance(node, exp.SetOperation):
        left, right = _query(node.this, sizes), _query(node.expression, sizes)
        both = [max(pair) for pair in zip(left, right, strict=False)]
        first = node.this.unnest()
        while isinstance(first, exp.SetOperation):
            first = first.this.unnest()
        for item, size in zip(first.expressions, both, strict=False):
            _learn(item, size, sizes)
        return both
    if not isinstance(node, exp.Select):
        return []
    for part in _parts(node, ("from_", "joins")):
        _size(part, sizes)
    own = dict(sizes)
    columns: list[int] = []
    for item in node.expressions:
        columns.append(_size(item, own))
        _learn(item, columns[-1], own)
    for part in _parts(node, _CLAUSES):
        _size(part, own)
    sizes.update(own)
    return columns


def _parts(node: exp.Expr, keys: tuple[str, ...]) -> Iterator[exp.Expr]:
    for key in keys:
        value = node.args.get(key)
        yield from value if isinstance(value, list) else [value] if value is not None else []


def _size(node: exp.Expr, sizes: dict[str, int]) -> int:
    """How many names and literals an expression holds, written out."""
    if isinstance(node, exp.Query):
        return max(_query(node, sizes), default=1)
    if isinstance(node, exp.Column):
        return sizes.get(node.name.casefold(), 1)
    if isinstance(node, exp.Literal):
        return 1 + len(node.name) // _WORD
    if isinstance(node, exp.Lateral):
        inner = _query(node.this, sizes) if isinstance(node.this, exp.Query) else []
        _renamed(node.args.get("alias"), inner, sizes)
        return 1
    size = sum(_size(child, sizes) for child in node.iter_expressions()) or 1
    if isinstance(node, exp.Replace | exp.RegexpReplace):
        size *= _times(node)
    if size > MAX_GROWTH:
        raise _too_large()
    return size


def _times(node: exp.Expr) -> int:
    """How many times as long as its text what a `replace` gives can be."""
    by, found = node.args.get("replacement"), node.expression
    if by is None:
        return 1
    if not isinstance(by, exp.Literal):
        return _UNKNOWN
    # A pattern may match nothing at all, between any two characters.
    least = len(found.name) if isinstance(node, exp.Replace) and isinstance(found, exp.Literal) else 1
    return max(1, -(-len(by.name) // max(1, least))) + isinstance(node, exp.RegexpReplace) * bool(by.name)


def _require_slow_recursion(cte: exp.CTE) -> None:
    """Refuse texts that each step of a recursion makes longer by a factor: forty steps fill any memory."""
    alias = cte.args.get("alias")
    names = [i.name for i in (alias.args.get("columns") if alias is not None else None) or ()]
    names = names or [item.alias_or_name for s in _selects(cte.this.this)[:1] for item in s.expressions]
    sizes: dict[str, int] = {}
    for _ in range(STEPS):
        lengths = _lengths(cte.this.expression, dict(sizes))
        sizes.update(zip((n.casefold() for n in names), lengths, strict=False))
        if max(lengths, default=0) > MAX_GROWTH:
            raise _too_large()


def _lengths(node: exp.Expr, sizes: dict[str, int]) -> list[int]:
    """How long the texts in each column of a query may be, in words; `sizes` are those of what it reads."""
    found = [_lengths_of_select(s, sizes) for s in _selects(node)]
    return [max(column) for column in zip(*found, strict=False)]


def _lengths_of_select(select: exp.Select, sizes: dict[str, int]) -> list[int]:
    clause = select.args.get("with_")
    within = [*(clause.expressions if clause is not None else ())]
    within += (part.this for part in _parts(select, ("from_", "joins")))
    for query in within:
        if isinstance(query, exp.Subquery | exp.Lateral | exp.CTE):
            for inner in _selects(query):
                lengths = _lengths_of_select(inner, sizes)
                for item, length in zip(inner.expressions, lengths, strict=True):
                    _learn(item, length, sizes)
                _renamed(query.args.get("alias"), lengths, sizes)
    return [_length(item.unalias(), sizes) for item in select.expressions]


def _length(node: exp.Expr, sizes: dict[str, int]) -> int:
    """Only what joins or replaces texts gives longer ones than it was given."""
    if isinstance(node, exp.Column):
        return sizes.get(node.name.casefold(), 1)
    if isinstance(node, exp.Literal):
        return 1 + len(node.name) // _WORD
    parts = [_length(child, sizes) for child in node.iter_expressions()] or [1]
    if isinstance(node, exp.Replace | exp.RegexpReplace):
        return max(parts) * _times(node)
    return sum(parts) if isinstance(node, _JOINED) else max(parts)


def _selects(node: exp.Expr) -> list[exp.Select]:
    """The parts of a set operation, within brackets or not."""
    while isinstance(node, exp.Subquery | exp.Lateral | exp.CTE):
        node = node.this
    if isinstance(node, exp.SetOperation):
        return [*_selects(node.this), *_selects(node.expression)]
    return [node] if isinstance(node, exp.Select) else []


def _too_large() -> PlanError:
    return PlanError(
        "plan.too_complex", "the SQL grows too large when it is written out", "ask for less at once"
    )


def _learn(item: exp.Expr, size: int, sizes: dict[str, int]) -> None:
    name = item.alias_or_name.casefold()
    if name:
        sizes[name] = max(size, sizes.get(name, 1))


def _renamed(alias: exp.Expr | None, columns: list[int], sizes: dict[str, int]) -> None:
    """Names that an alias gives to columns by position; a star may stand for any of them."""
    for identifier in alias.args.get("columns") or () if alias is not None else ():
        sizes[identifier.name.casefold()] = max([*columns, *sizes.values(), 1])
