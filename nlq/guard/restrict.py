"""Pass 2: every base relation becomes a subquery of the rows and columns that may be read.

The subquery ends in `OFFSET 0` unless its rule is a plain conjunction and the query cannot throw.
Without that barrier an engine may evaluate the caller's predicate before the rule, and a cast or a
division that fails would tell of rows that are hidden.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Relation, RelationName
from nlq.errors import PlanError, PolicyError
from nlq.guard.context import Context
from nlq.guard.predicate import ALIAS, parse_predicate
from nlq.plan.bind import RELATION
from nlq.plan.lift import expression_family
from nlq.policy import decide_read

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_OPERANDS = (exp.Column, exp.Literal, exp.Placeholder, exp.Boolean, exp.Null)
_NEVER_THROWS = (exp.Count, exp.Min, exp.Max, exp.Coalesce, exp.Lower, exp.Upper, exp.Nullif)
_CONNECTIVES = (exp.Connector, exp.Not, exp.Paren, exp.Exists, exp.Is, exp.In, exp.Between, *_COMPARISONS)


def restrict(tree: exp.Expr, context: Context) -> exp.Expr:
    """The tree with each base table replaced, and a decision noted for each relation.

    Raises `policy.denied` where a relation may not be read at all.
    """
    throwing = can_throw(tree, context)
    for table in list(tree.find_all(exp.Table)):
        name = table.meta.get(RELATION)
        if name is None:
            _require_cte(table)
            continue
        replacement = _replacement(name, table, context, throwing)
        if replacement is not None:
            table.replace(replacement)
    return tree


def can_throw(tree: exp.Expr, context: Context) -> bool:
    """True where a row may make the query fail: a cast, arithmetic, most functions, or mixed types."""
    for node in tree.walk():
        if isinstance(
            node, (exp.Cast, exp.TryCast, exp.Div, exp.IntDiv, exp.Mod, exp.Mul, exp.Add, exp.Sub)
        ):
            return True
        if isinstance(node, exp.Func) and not isinstance(node, (*_NEVER_THROWS, *_CONNECTIVES)):
            return True
        if isinstance(node, _COMPARISONS) and _mixes_types(node, context):
            return True
        # These compare several values at once; whether one must be converted is not worth finding out.
        if isinstance(node, (exp.In, exp.Between, exp.Like, exp.ILike, exp.RegexpLike)):
            return True
    return False


def is_plain(predicate: exp.Expr) -> bool:
    """True for a conjunction of comparisons between columns, literals and claims."""
    if isinstance(predicate, (exp.And, exp.Paren)):
        return all(is_plain(child) for child in predicate.iter_expressions())
    if isinstance(predicate, exp.Is):
        return isinstance(predicate.this, exp.Column)
    if isinstance(predicate, _COMPARISONS):
        return all(isinstance(child, _OPERANDS) for child in predicate.iter_expressions())
    return isinstance(predicate, (exp.Boolean, exp.Column))


def _replacement(name: RelationName, table: exp.Table, context: Context, throwing: bool) -> exp.Expr | None:
    reading = decide_read(context.policy, context.principal, name)
    context.decisions[name] = reading.decision
    relation, seen = context.catalog.relation(name), context.visible.relation(name)
    if reading.predicates == () or relation is None or seen is None:
        # The binder refuses these first; this is the second lock on the same door.
        raise PolicyError("policy.denied", f"you may not read `{name.name}`")
    if reading.predicates is None and len(seen.columns) == len(relation.columns):
        return None
    source = exp.Table(
        this=exp.to_identifier(name.name, quoted=True),
        db=exp.to_identifier(name.schema, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)),
    )
    select = exp.Select(expressions=[_column(c.name) for c in seen.columns]).from_(source, copy=False)
    if reading.predicates is not None:
        rules = [_rule(text, relation, context) for text in reading.predicates]
        select.where(exp.or_(*rules, copy=False), copy=False)
        if throwing or not all(is_plain(r) for r in rules) or len(rules) > 1:
            _add_barrier(select, context)
    return exp.Subquery(this=select, alias=table.args["alias"].copy())


def _rule(text: str, relation: Relation, context: Context) -> exp.Expr:
    try:
        return parse_predicate(text, relation, context.catalog)
    except PlanError as error:
        # INVARIANT: a rule that cannot be applied denies; it is never skipped.
        raise PolicyError(
            "policy.rule_failed",
            f"a rule of `{relation.name.name}` cannot be applied, and so nothing may be read",
            "ask whoever keeps the policy to run `nlq rules`",
        ) from error


def _add_barrier(select: exp.Select, context: Context) -> None:
    if context.catalog.dialect == "sqlite":
        # SQLite manual, "The SQLite Query Optimizer": a subquery with a LIMIT is not flattened.
        select.set("limit", exp.Limit(expression=exp.Literal.number(-1)))
    select.set("offset", exp.Offset(expression=exp.Literal.number(0)))


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(ALIAS, quoted=True))


def _mixes_types(node: exp.Expr, context: Context) -> bool:
    families = {
        expression_family(side, context.catalog.dialect)
        for side in (node.this, node.args["expression"])
        if not isinstance(side, exp.Literal | exp.Placeholder)
    }
    for side in (node.this, node.args["expression"]):
        if isinstance(side, exp.Literal):
            families.add("text" if side.is_string else "integer")
    families -= {None}
    numbers = {"integer", "decimal", "float"}
    texts = {"text", "enum"}
    return not (len(families) <= 1 or families <= numbers or families <= texts)


def _require_cte(table: exp.Table) -> None:
    # INVARIANT: only a reference to a WITH query may stay as it is; the binder has put a schema on
    # every base table, so an unqualified name can mean nothing else.
    if table.args.get("db") is not None:
        raise PlanError("plan.unsupported", f"`{table.name}` was not bound")
