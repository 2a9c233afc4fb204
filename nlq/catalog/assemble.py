"""What every source of a catalog needs to arrive at the same value: canonical defaults, enums and keys.

Databases print a default or a CHECK in another form than the one it was written in. Introspection, DDL
and models all pass their text through here, so that equal databases make equal catalogs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import sqlglot
from sqlglot import exp

from nlq.catalog.relation import ForeignKey, Relation, RelationName
from nlq.catalog.types import Dialect, family
from nlq.catalog.value import Catalog

_NOW = frozenset({"NOW", "GET_CURRENT_TIMESTAMP", "TRANSACTION_TIMESTAMP"})
_DUCKDB_INTERVALS = {
    f"TO_{unit}S": unit for unit in ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
}
_TRUE, _FALSE = frozenset({"t", "true", "yes", "on", "1"}), frozenset({"f", "false", "no", "off", "0"})
_CHECK = re.compile(r"\s*CHECK\s*\((?P<condition>.*)\)[^)]*\Z", re.IGNORECASE | re.DOTALL)
_LONGEST_DEFAULT, _LONGEST_CHECK, _MOST_NODES = 4_000, 100_000, 200
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_POSTGRES_NAME_BYTES = 63


def assemble(dialect: Dialect, relations: Iterable[Relation]) -> Catalog:
    """The catalog of these relations, with its keys completed.

    Keys are sorted and take the spelling of the columns that they name; a foreign key without referred
    columns means the primary key; one to a relation that is not here is dropped; columns of a primary
    key are not nullable.
    """
    by_name = {name_key(relation.name, dialect): relation for relation in relations}
    return Catalog.of(dialect, (_with_complete_keys(r, by_name, dialect) for r in by_name.values()))


@lru_cache(maxsize=4096)
def canonical_default(text: str | None, dialect: Dialect, column_type: str = "") -> str | None:
    """The one spelling of a column's default; None for no default, `NULL`, and a sequence's next value.

    `column_type` (canonical) says how a quoted number or boolean is meant; without it, it stays quoted.

    >>> canonical_default("'draft'::character varying", "postgres"), canonical_default("now()", "duckdb")
    ("'draft'", 'CURRENT_TIMESTAMP')
    """
    if text is None or not text.strip() or is_generated_default(text, dialect):
        return None
    try:
        return _canonical_expression(text, dialect, column_type)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return text.strip()


def is_generated_default(text: str | None, dialect: Dialect) -> bool:
    """Whether the default takes the next value of a sequence, so that the column is `generated`.

    >>> is_generated_default("nextval('teams_id_seq'::regclass)", "postgres")
    True
    """
    return dialect != "sqlite" and re.match(r"[\s(]*nextval\s*\(", text or "", re.IGNORECASE) is not None


def is_rowid_alias(declared_type: str, primary_key: tuple[str, ...], name: str) -> bool:
    """Whether this SQLite column is the rowid, and so `generated`: the only key column, of type INTEGER.

    `INT` is not enough (SQLite manual, "ROWIDs and the INTEGER PRIMARY KEY").

    >>> is_rowid_alias("INTEGER", ("id",), "id"), is_rowid_alias("INT", ("id",), "id")
    (True, False)
    """
    return primary_key == (name,) and declared_type.strip().upper() == "INTEGER"


@lru_cache(maxsize=4096)
def enum_of_check(expression: str, dialect: Dialect) -> tuple[str, tuple[str, ...]] | None:
    """The column that a CHECK limits to a list of strings, and the strings; None for any other CHECK.

    `expression` is the condition, or the whole constraint as a database prints it.

    >>> enum_of_check("CHECK (((s)::text = ANY ((ARRAY['a'::varchar, 'b'::varchar])::text[])))", "postgres")
    ('s', ('a', 'b'))
    """
    if len(expression) > _LONGEST_CHECK:
        return None
    whole = _CHECK.match(expression)
    try:
        tree = sqlglot.parse_one(whole["condition"] if whole else expression, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None
    columns: set[str] = set()
    values: list[str] = []
    for branch in _branches(tree):
        found = _choices(branch, dialect)
        if found is None:
            return None
        columns.add(found[0])
        values += found[1]
    return (columns.pop(), tuple(dict.fromkeys(values))) if len(columns) == 1 and values else None


def canonical_comment(text: str | None) -> str | None:
    """The comment without surrounding white space; None for an empty one."""
    return (text or "").strip() or None


def fold_name(name: str, dialect: Dialect, *, quoted: bool) -> str:
    """The name as the database stores it: Postgres lower-cases what is not quoted, and keeps 63 bytes.

    >>> fold_name("Orders", "postgres", quoted=False), fold_name("Orders", "duckdb", quoted=False)
    ('orders', 'Orders')
    """
    if dialect != "postgres":
        return name
    # Only ASCII: Postgres leaves other letters alone in a multi-byte encoding (`downcase_identifier`).
    folded = name if quoted else name.translate(_ASCII_LOWER)
    return folded.encode("utf-8", "surrogatepass")[:_POSTGRES_NAME_BYTES].decode("utf-8", "ignore")


def name_key(name: RelationName, dialect: Dialect) -> RelationName:
    """What all spellings of a relation's name have in common: case counts only in Postgres."""
    return name if dialect == "postgres" else RelationName(name.schema.casefold(), name.name.casefold())


def spell_like(name: str, spellings: Iterable[str], dialect: Dialect) -> str | None:
    """The declared spelling that `name` means: the same, or in DuckDB and SQLite the same but for case."""
    folded = None
    for spelling in spellings:
        if spelling == name:
            return spelling
        if dialect != "postgres" and spelling.casefold() == name.casefold():
            folded = spelling
    return folded


def _with_complete_keys(
    relation: Relation, by_name: Mapping[RelationName, Relation], dialect: Dialect
) -> Relation:
    primary_key = _spell_key(relation.primary_key, relation, dialect)
    unique = {_spell_key(key, relation, dialect) for key in relation.unique} - {primary_key, ()}
    keys = (_complete_foreign_key(key, relation, by_name, dialect) for key in relation.foreign_keys)
    return replace(
        relation,
        columns=tuple(
            replace(c, nullable=c.nullable and c.name not in primary_key) for c in relation.columns
        ),
        primary_key=primary_key,
        unique=tuple(sorted(unique)),
        foreign_keys=tuple(sorted({key for key in keys if key is not None})),
    )


def _complete_foreign_key(
    key: ForeignKey, relation: Relation, by_name: Mapping[RelationName, Relation], dialect: Dialect
) -> ForeignKey | None:
    to = by_name.get(name_key(key.referred, dialect))
    if to is None:
        return None
    columns = _spell_key(key.columns, relation, dialect)
    referred = _spell_key(key.referred_columns or to.primary_key, to, dialect)
    return ForeignKey(columns, to.name, referred) if columns and len(columns) == len(referred) else None


def _spell_key(names: tuple[str, ...], relation: Relation, dialect: Dialect) -> tuple[str, ...]:
    """The columns that `names` mean; nothing where one does not exist."""
    spelled = [spell_like(name, (c.name for c in relation.columns), dialect) for name in names]
    return () if None in spelled else tuple(name for name in spelled if name is not None)


def _canonical_expression(text: str, dialect: Dialect, column_type: str) -> str | None:
    if len(text) > _LONGEST_DEFAULT:
        return text.strip()
    tree = sqlglot.parse_one(text, dialect=dialect)
    if sum(1 for _ in tree.walk()) > _MOST_NODES:
        return text.strip()
    tree = _rewrite(_rewrite(tree, _simplify), _parenthesise)
    if dialect == "sqlite" and isinstance(tree, exp.Column) and tree.this.args.get("quoted"):
        tree = exp.Literal.string(tree.name)  # SQLite manual, "Quirks": a double-quoted string
    constant = _as_typed(tree, dialect, column_type)
    return None if isinstance(constant, exp.Null) else constant.sql(dialect=dialect, comments=False)


def _simplify(node: exp.Expr) -> exp.Expr:
    """`node` in the one form of what databases print variously: casts of text, intervals, the time."""
    match node:
        case exp.Paren(this=exp.Expr() as inner):
            return inner
        case exp.Cast(this=exp.Literal(is_string=True)) if node.to.this in exp.DataType.TEXT_TYPES:
            return exp.Literal.string(node.name)
        case exp.ByteString():  # Postgres: E'…', which sqlglot has already unescaped
            return exp.Literal.string(node.name)
        case exp.CurrentTimestamp():
            return exp.CurrentTimestamp()
        case exp.Anonymous() if node.name.upper() in _NOW:
            return exp.CurrentTimestamp()
        case exp.Anonymous(expressions=[amount]) if node.name.upper() in _DUCKDB_INTERVALS:
            return _interval(amount, _DUCKDB_INTERVALS[node.name.upper()])
        case exp.ToDays():
            return _interval(node.this, "DAY")
        case exp.Interval(unit=exp.Var() as unit):
            return _interval(node.this, unit.name.upper().removesuffix("S"))
        case exp.Literal(is_string=False):
            return exp.Literal.number(_plain_number(node.name) or node.name)
    return node


def _interval(amount: exp.Expr, unit: str) -> exp.Expr:
    # DuckDB prints INTERVAL 1 DAY as to_days(CAST(trunc(CAST(1 AS DOUBLE)) AS INTEGER)).
    while isinstance(amount, exp.Cast | exp.Trunc | exp.Paren):
        amount = amount.this
    plural = "" if amount.name == "1" else "s"
    text = exp.Literal.string(f"{amount.sql()} {unit.lower()}{plural}".replace("'", ""))
    return exp.Cast(this=text, to=exp.DataType.build("INTERVAL"))


def _parenthesise(node: exp.Expr) -> exp.Expr:
    """`node` in parentheses if it is an operation inside another, as Postgres and DuckDB print it."""
    operation = isinstance(node, exp.Binary | exp.Not | exp.Neg) and not isinstance(node, exp.Dot)
    negative_number = isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal)
    inside = isinstance(node.parent, exp.Binary | exp.Unary | exp.Cast)
    return exp.Paren(this=node.copy()) if operation and inside and not negative_number else node


def _rewrite(tree: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """`tree` with `change` made to every node, children first (`Expr.transform` starts at the root)."""
    root: exp.Expr = exp.Paren(this=tree)
    for node in reversed(list(tree.walk())):
        changed = change(node)
        if changed is not node:
            node.replace(changed)
    inner: exp.Expr = root.this
    return inner.pop()


def _as_typed(tree: exp.Expr, dialect: Dialect, column_type: str) -> exp.Expr:
    """`tree` as the constant that a column of this type stores, without the cast that says so."""
    of_cast = ""
    while isinstance(tree, exp.Cast) and _is_constant(tree.this):
        of_cast = of_cast or tree.to.sql(dialect=dialect)
        tree = tree.this
    if not (isinstance(tree, exp.Literal) and tree.is_string):
        return tree
    match family(column_type or of_cast or "TEXT", dialect):
        case "integer" | "decimal" | "float":
            number = _plain_number(tree.name)
            return sqlglot.parse_one(number) if number else tree
        case "boolean" if tree.name.strip().lower() in _TRUE | _FALSE:
            return exp.Boolean(this=tree.name.strip().lower() in _TRUE)
    return tree


def _is_constant(node: exp.Expr) -> bool:
    while isinstance(node, exp.Neg | exp.Cast):
        node = node.this
    return isinstance(node, exp.Literal | exp.Boolean | exp.Null) or (
        isinstance(node, exp.Array) and bool(node.expressions)
    )


def _plain_number(text: str) -> str | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    small = number.is_finite() and -30 < number.adjusted() < 30
    return f"{number:f}" if small else None


def _branches(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The alternatives of `a OR b OR c`, left to right, but for `column IS NULL`."""
    pending = [tree]
    while pending:
        node = pending.pop()
        match node:
            case exp.Paren():
                pending.append(node.this)
            case exp.Or():
                pending += [node.expression, node.this]
            case exp.Is(this=exp.Column() | exp.Cast() | exp.Paren(), expression=exp.Null()) if (
                not node.args.get("negate")
            ):
                pass
            case _:
                yield node


def _choices(node: exp.Expr, dialect: Dialect) -> tuple[str, list[str]] | None:
    """The column and the strings of `column = 'a'`, `column IN (…)` or `column = ANY (ARRAY[…])`."""
    match node:
        case exp.In(expressions=[*items]) if items:
            pass
        case exp.EQ(expression=exp.Any(this=choices)):
            array = _bare(choices)
            items = array.expressions if isinstance(array, exp.Array) else []
        case exp.EQ():
            items = [node.expression]
        case _:
            return None
    column, literals = _bare(node.this), [_bare(item) for item in items]
    if not isinstance(column, exp.Column) or not literals:
        return None
    if not all(isinstance(literal, exp.Literal) and literal.is_string for literal in literals):
        return None
    return (
        fold_name(column.name, dialect, quoted=bool(column.this.args.get("quoted"))),
        [literal.name for literal in literals],
    )


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node
