"""What columns a view has, from its query and the relations that it reads.

A database knows this exactly and introspection reports it. Here it is inferred, for DDL that no
database has seen: names and types of plain columns are exact, types of expressions as near as their
operands tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlDialect
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from nlq.catalog.assemble import fold_name
from nlq.catalog.relation import Column, Relation, RelationName
from nlq.catalog.types import ENUM, Dialect, canonical_type

_LONGEST, _MOST_NODES, _MOST_STAR_COLUMNS, _MOST_ALIASES = 50_000, 5_000, 20_000, 12
_UNKNOWN = "UNKNOWN"
_T = exp.DType


class CannotInfer(Exception):  # noqa: N818 -- not an error: the caller decides what it means
    """The columns of a query cannot be told; the message says why."""


def infer_columns(
    query: str,
    dialect: Dialect,
    schema: str,
    find: Callable[[RelationName], Relation | None],
    read_type: Callable[[str], tuple[str, tuple[str, ...]]] | None = None,
) -> tuple[Column, ...]:
    """The columns of the view `query`, all nullable.

    `find` gives the relation of a name, `schema` is that of a name without one, and `read_type` a type and
    its values from the text of one that the database does not have by itself. Raises `CannotInfer`.
    """
    try:
        tree = _parse(query, dialect)
        own_names = tuple(_own_name(select, dialect) for select in tree.selects)
        relations = _bind_relations(tree, dialect, schema, find)
        spellings = _Spellings(own_names, _spellings(tree, relations))
        tree = _qualify(tree, dialect, relations)
        scope = build_scope(tree)
        if scope is None:
            raise CannotInfer("it is not a SELECT")
        if any(select.is_star for select in _selects(scope)):
            raise CannotInfer("its stars cannot be resolved")
        found = tuple(_columns(scope, dialect, relations, spellings, read_type))
        return tuple(_with_distinct_names(found, dialect))
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise CannotInfer(
            str(error).splitlines()[0] if str(error) else "it is nested too deeply"
        ) from error


@dataclass(frozen=True, slots=True)
class _Spellings:
    """How names are really spelled: qualifying lower-cases those of DuckDB and SQLite."""

    outputs: tuple[str | None, ...]
    by_folded: dict[str, str]

    def spell(self, name: str, position: int, count: int) -> str:
        """The name of the output column at `position`, of as many as `count`."""
        own = self.outputs[position] if len(self.outputs) == count else None
        return own or self.by_folded.get(name.lower(), name)


def _spellings(tree: exp.Query, relations: dict[str, Relation]) -> dict[str, str]:
    names = {c.name.lower(): c.name for r in relations.values() for c in r.columns}
    for alias in tree.find_all(exp.Alias, exp.TableAlias):
        given = [alias.args.get("alias"), *(alias.args.get("columns") or ())]
        names |= {i.name.lower(): i.name for i in given if isinstance(i, exp.Identifier)}
    return names


def _parse(query: str, dialect: Dialect) -> exp.Query:
    if len(query) > _LONGEST:
        raise CannotInfer(f"it is longer than {_LONGEST} characters")
    trees = sqlglot.parse(query, dialect=dialect)
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Query):
        raise CannotInfer("it is not a SELECT")
    if sum(1 for _ in tree.walk()) > _MOST_NODES:
        raise CannotInfer("it is too complex")
    for now in list(tree.find_all(exp.Anonymous)):
        if now.name.lower() == "now":  # a function that sqlglot does not know in DuckDB
            now.replace(exp.CurrentTimestamp())
    return tree


def _bind_relations(
    tree: exp.Query, dialect: Dialect, schema: str, find: Callable[[RelationName], Relation | None]
) -> dict[str, Relation]:
    """The relations that the query reads, by the key that now stands in their place in `tree`."""
    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    bound: dict[str, Relation] = {}
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            raise CannotInfer("it reads a function")
        if not table.db and table.name.lower() in ctes:
            continue
        parts = (table.args.get("db"), table.this)
        folded = [p and fold_name(p.name, dialect, quoted=bool(p.args.get("quoted"))) for p in parts]
        relation = find(RelationName(folded[0] or schema, str(folded[1])))
        if relation is None:
            raise CannotInfer(
                f"it reads `{table.sql(dialect=dialect, comments=False)}`, which is not defined"
            )
        # A short key in place of schema and name, which may hold dots and capitals.
        key = next((k for k, r in bound.items() if r is relation), f"relation_{len(bound)}")
        bound[key] = relation
        if not table.alias:
            table.set("alias", exp.TableAlias(this=table.this.copy()))
        for part in ("db", "catalog"):
            table.set(part, None)
        table.set("this", exp.to_identifier(key))
    for column in tree.find_all(exp.Column):  # schema.relation.column
        column.set("db", None)
        column.set("catalog", None)
    stars = sum(1 for _ in tree.find_all(exp.Star))
    if stars * sum(len(r.columns) for r in bound.values()) > _MOST_STAR_COLUMNS:
        raise CannotInfer("its stars stand for too many columns")
    return bound


def _qualify(tree: exp.Query, dialect: Dialect, relations: dict[str, Relation]) -> exp.Query:
    folds = dialect != "postgres"
    columns: dict[str, object] = {
        key: {
            (c.name.lower() if folds else c.name): _parsed_type(c.type, dialect) for c in relation.columns
        }
        for key, relation in relations.items()
    }
    schema = MappingSchema(columns, dialect=dialect, normalize=False)
    # To expand references to aliases takes exponential time.
    few = sum(1 for _ in tree.find_all(exp.Alias)) <= _MOST_ALIASES
    qualified = qualify(tree, dialect=dialect, schema=schema, expand_alias_refs=few)
    metadata = {**SqlDialect.get_or_raise(dialect).EXPRESSION_METADATA, **_TYPING.get(dialect, {})}
    annotated: exp.Query = annotate_types(qualified, schema, metadata, dialect=dialect)
    return annotated


def _parsed_type(text: str, dialect: Dialect) -> exp.DataType:
    try:
        return exp.DataType.build(text, dialect=dialect, udt=True)
    except sqlglot.errors.SqlglotError:
        return exp.DataType.build(_T.UNKNOWN)


def _columns(
    scope: Scope,
    dialect: Dialect,
    relations: dict[str, Relation],
    spellings: _Spellings,
    read_type: Callable[[str], tuple[str, tuple[str, ...]]] | None,
) -> Iterator[Column]:
    selects = _selects(scope)
    for position, select in enumerate(selects):
        name = spellings.spell(select.alias_or_name, position, len(selects))
        expression = select.unalias()
        source = _source(scope, position, relations)
        if source is not None:
            yield Column(name, source.type, enum=source.enum if source.type == ENUM else ())
        elif isinstance(expression, exp.Cast) and _is_users(expression.to) and read_type is not None:
            type_name, values = read_type(expression.to.sql(dialect=dialect))
            yield Column(name, type_name, enum=values)
        else:
            yield Column(name, _inferred_type(select, dialect))


def _with_distinct_names(columns: tuple[Column, ...], dialect: Dialect) -> Iterator[Column]:
    """The columns, numbered as the database does where one is named as another before it."""
    mark = ":" if dialect == "sqlite" else "_"
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for column in columns:
        name, folded = column.name, column.name.casefold()
        while dialect != "postgres" and name.casefold() in taken:
            numbers[folded] = numbers.get(folded, 0) + 1
            name = f"{column.name}{mark}{numbers[folded]}"
        taken.add(name.casefold())
        yield replace(column, name=name)


def _is_users(kind: exp.DataType) -> bool:
    return kind.this in (_T.USERDEFINED, _T.ENUM)


def _selects(scope: Scope) -> list[exp.Expr]:
    return scope.expression.selects if isinstance(scope.expression, exp.Query) else []


def _source(scope: Scope, position: int, relations: dict[str, Relation]) -> Column | None:
    """The column of a relation that the output column at `position` is a copy of, or None."""
    while scope.set_operation_scopes:
        scope = scope.set_operation_scopes[0]
    selects = _selects(scope)
    select = selects[position].unalias() if position < len(selects) else None
    if not isinstance(select, exp.Column):
        return None
    source: Any = scope.sources.get(select.table)
    if isinstance(source, exp.Table):
        relation = relations.get(source.name)
        return relation.column(select.name) if relation else None
    if not isinstance(source, Scope):
        return None
    outputs = [s.alias_or_name for s in _selects(source)]
    return _source(source, outputs.index(select.name), relations) if select.name in outputs else None


def _inferred_type(select: exp.Expr, dialect: Dialect) -> str:
    kind = select.type
    if dialect == "sqlite" or kind is None or kind.is_type(_T.UNKNOWN, _T.NULL):
        return _UNKNOWN  # SQLite itself knows no type of an expression
    text = canonical_type(kind.sql(dialect=dialect), dialect)
    if dialect == "postgres" and not isinstance(select.unalias(), exp.Cast):
        # What a function or operator of Postgres gives has neither length nor precision.
        text = "TEXT" if text.startswith("VARCHAR") else text.partition("(")[0]
    return text


def _own_name(select: exp.Expr, dialect: Dialect) -> str | None:
    """The name that an output column has from the query, or None where a relation's column gives it."""
    if isinstance(select, exp.Alias):
        return fold_name(select.alias, dialect, quoted=bool(select.args["alias"].args.get("quoted")))
    if isinstance(select, exp.Column | exp.Star):
        return None
    if dialect == "postgres":
        return _postgres_name(select)
    text = select.sql(dialect=dialect, normalize_functions="lower", comments=False)
    if dialect == "duckdb":
        text = text.replace("count(*)", "count_star()")
        return f"({text})" if isinstance(select, exp.Binary) and not isinstance(select, exp.Dot) else text
    return text


def _postgres_name(select: exp.Expr) -> str:
    """What Postgres calls an expression without an alias (`FigureColname` in its source)."""
    while isinstance(select, exp.Paren | exp.Window | exp.Filter | exp.Cast | exp.Subquery):
        inner = select.this
        if isinstance(select, exp.Cast) and not isinstance(
            inner, exp.Column | exp.Func | exp.Cast | exp.Paren
        ):
            return select.to.sql(dialect="postgres").lower()
        select = inner.selects[0] if isinstance(inner, exp.Query) and inner.selects else inner
    if isinstance(select, exp.Alias | exp.Column):
        return select.alias_or_name
    if isinstance(select, exp.Case):
        return "case"
    function = _FUNCTION.match(select.sql(dialect="postgres")) if isinstance(select, exp.Func) else None
    return function[1].lower() if function else "?column?"


_FUNCTION = re.compile(r"(\w+)(?:\(|\Z)")


# --- types of expressions, where they differ from what sqlglot assumes for every database

_INTEGERS = (_T.TINYINT, _T.SMALLINT, _T.INT, _T.BIGINT)


def _typed(choose: Callable[[exp.Expr], exp.DataType | exp.DType | None]) -> dict[str, Any]:
    """Metadata for sqlglot's annotator: `choose` sees the expression with its operands typed."""

    def annotate(annotator: Any, expression: exp.Expr) -> exp.Expr:
        result: exp.Expr = annotator._set_type(expression, choose(expression) or _T.UNKNOWN)
        return result

    return {"annotator": annotate}


def _operand(expression: exp.Expr) -> exp.DataType:
    operand = expression.this
    if isinstance(operand, exp.Distinct):
        operand = operand.expressions[0]
    return operand.type or exp.DataType.build(_T.UNKNOWN)


def _postgres_sum(e: exp.Expr) -> exp.DataType | exp.DType | None:
    kind = _operand(e)
    if kind.is_type(_T.TINYINT, _T.SMALLINT, _T.INT):
        return _T.BIGINT
    return _T.DECIMAL if kind.is_type(_T.BIGINT, _T.DECIMAL) else kind


def _postgres_mean(e: exp.Expr) -> exp.DataType | exp.DType | None:
    kind = _operand(e)
    if kind.is_type(_T.FLOAT, _T.DOUBLE):
        return _T.DOUBLE
    return _T.DECIMAL if kind.is_type(_T.DECIMAL, *_INTEGERS) else kind


def _postgres_round(e: exp.Expr) -> exp.DType:
    return _T.DECIMAL if _operand(e).is_type(_T.DECIMAL) else _T.DOUBLE


def _postgres_trunc(e: exp.Expr) -> exp.DataType | exp.DType:
    return _T.TIMESTAMPTZ if _operand(e).is_type(_T.DATE) else _operand(e)


def _duckdb_sum(e: exp.Expr) -> exp.DataType | exp.DType | None:
    kind = _operand(e)
    if kind.is_type(_T.DECIMAL) and len(kind.expressions) == 2:
        return exp.DataType.build(f"DECIMAL(38, {kind.expressions[1].name})")
    if kind.is_type(*_INTEGERS, _T.INT128, _T.BOOLEAN):
        return _T.INT128
    return _T.DOUBLE if kind.is_type(_T.FLOAT, _T.DOUBLE) else kind


def _literal(dialect: Dialect) -> Callable[[exp.Expr], exp.DataType | exp.DType]:
    def choose(e: exp.Expr) -> exp.DataType | exp.DType:
        text = e.name
        if e.args.get("is_string"):
            return _T.VARCHAR
        if text.isdigit():
            return _T.INT if int(text) < 2**31 else _T.BIGINT
        if "e" in text.lower():
            return _T.DECIMAL if dialect == "postgres" else _T.DOUBLE
        whole, _, fraction = text.partition(".")
        sized = f"DECIMAL({max(len(whole) + len(fraction), 1)}, {len(fraction)})"
        return _T.DECIMAL if dialect == "postgres" else exp.DataType.build(sized)

    return choose


def _difference(of_dates: exp.DType) -> Callable[[exp.Expr], exp.DataType | exp.DType | None]:
    def choose(e: exp.Expr) -> exp.DataType | exp.DType | None:
        left, right = e.this.type, e.expression.type
        if left is None or right is None:
            return None
        if left.is_type(_T.DATE) and right.is_type(_T.DATE):
            return of_dates
        both_times = left.is_type(*exp.DataType.TEMPORAL_TYPES) and right.is_type(
            *exp.DataType.TEMPORAL_TYPES
        )
        return _T.INTERVAL if both_times else _wider(left, right)

    return choose


_RANKS = (*_INTEGERS, _T.INT128, _T.DECIMAL, _T.FLOAT, _T.DOUBLE)


def _wider(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type of an arithmetic operation: that of the operand which holds more."""
    if left.this in _RANKS and right.this in _RANKS:
        return max(left, right, key=lambda kind: _RANKS.index(kind.this))
    return left if left.this not in (_T.UNKNOWN, *_RANKS) else right if left.this in _RANKS else left


def _arithmetic(e: exp.Expr) -> exp.DataType | None:
    left, right = e.this.type, e.expression.type
    return _wider(left, right) if left is not None and right is not None else None


_TYPING: dict[Dialect, dict[type[exp.Expr], dict[str, Any]]] = {
    "postgres": {
        exp.Sum: _typed(_postgres_sum),
        **dict.fromkeys((exp.Avg, exp.Stddev, exp.StddevSamp, exp.Variance), _typed(_postgres_mean)),
        **dict.fromkeys((exp.Round, exp.Floor, exp.Ceil, exp.Sqrt), _typed(_postgres_round)),
        **dict.fromkeys((exp.TimestampTrunc, exp.DateTrunc), _typed(_postgres_trunc)),
        exp.Extract: {"returns": _T.DECIMAL},
        exp.CurrentTimestamp: {"returns": _T.TIMESTAMPTZ},
        exp.Literal: _typed(_literal("postgres")),
        exp.Sub: _typed(_difference(_T.INT)),
        exp.Div: _typed(_arithmetic),
    },
    "duckdb": {
        exp.Sum: _typed(_duckdb_sum),
        exp.CurrentTimestamp: {"returns": _T.TIMESTAMPTZ},
        exp.Literal: _typed(_literal("duckdb")),
        exp.Replace: {"returns": _T.VARCHAR},
        exp.Extract: {"returns": _T.BIGINT},
        exp.Sub: _typed(_difference(_T.BIGINT)),
        exp.Div: {"returns": _T.DOUBLE},
    },
}
