"""Pass 3: every base relation becomes a subquery of the rows and columns that may be read.

The subquery ends in `OFFSET 0` unless its rule is plain and the query cannot throw (`throw.py`).
Without that barrier an engine may evaluate the caller's predicate before the rule, and a cast or a
division that fails would tell of rows that are hidden.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Relation, RelationName
from nlq.errors import PlanError, PolicyError
from nlq.guard.context import Context
from nlq.guard.defended import read_view, require_shown
from nlq.guard.lists import is_in_list
from nlq.guard.mask import masked
from nlq.guard.predicate import ALIAS, parse_predicate
from nlq.guard.throw import can_throw
from nlq.plan.meta import RELATION
from nlq.policy import Action, Reach, column_rule, decide, decide_read


def restrict(tree: exp.Expr, context: Context) -> exp.Expr:
    """The tree with each base table replaced, and a decision noted for each relation.

    Raises `policy.denied` where a relation may not be read at all.
    """
    if context.db_role:
        require_shown(tree)
    throwing = can_throw(tree, context.catalog.dialect)
    for table in list(tree.find_all(exp.Table)):
        name = table.meta.get(RELATION)
        if name is None:
            _require_cte(table)
            continue
        replacement = _replacement(name, table, context, throwing)
        if replacement is not None:
            table.replace(replacement)
    return tree


def is_plain(predicate: exp.Expr) -> bool:
    """True for comparisons of columns with literals and claims, and what AND, OR and NOT make of them.

    These are evaluated where rows are read, and cost nothing that could be measured from outside.
    """
    match predicate:
        case exp.And() | exp.Or() | exp.Not() | exp.Paren():
            return all(is_plain(child) for child in predicate.iter_expressions())
        case exp.Is():
            return isinstance(predicate.this, exp.Column)
        case exp.In():
            items = predicate.expressions
            return isinstance(predicate.this, exp.Column) and bool(items) and all(map(_is_fixed, items))
        case exp.Boolean() | exp.Column():
            return True
        case exp.EQ() | exp.NEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            return is_in_list(predicate) or (
                any(map(_is_fixed, (predicate.left, predicate.right)))
                and all(
                    isinstance(side, exp.Column) or _is_fixed(side)
                    for side in (predicate.left, predicate.right)
                )
            )
        case _:
            return False


def _is_fixed(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal | exp.Placeholder | exp.Boolean)


def _replacement(name: RelationName, table: exp.Table, context: Context, throwing: bool) -> exp.Expr | None:
    reading = decide_read(context.policy, context.principal, name)
    context.decisions[name] = reading.decision
    relation, seen = context.catalog.relation(name), context.visible.relation(name)
    if reading.predicates == () or relation is None or seen is None:
        # The binder refuses these first; this is the second lock on the same door.
        raise PolicyError("policy.denied", f"you may not read `{name.name}`")
    acting = _acting(name, table, context)
    if context.db_role:
        rules = [rule_of(text, relation, context) for text in reading.predicates or ()]
        own = [rule_of(text, relation, context) for text in acting or ()]
        select = read_view(relation, seen, rules, context, own if table is context.target else None)
        return exp.Subquery(this=select, alias=table.args["alias"].copy())
    columns = [_shown(relation, c.name, context) for c in seen.columns]
    whole = reading.predicates is None and acting is None
    if whole and len(columns) == len(relation.columns) and all(map(_is_bare, columns)):
        return None
    select = exp.Select(expressions=columns).from_(source_of(name), copy=False)
    for predicates in (reading.predicates, acting):
        if predicates is None:
            continue
        rules = [rule_of(text, relation, context) for text in predicates]
        select.where(exp.or_(*rules, copy=False), copy=False)
        throwing = throwing or not all(is_plain(r) for r in rules)
    if throwing and not whole:
        _add_barrier(select, context)
    return exp.Subquery(this=select, alias=table.args["alias"].copy())


def _acting(name: RelationName, table: exp.Table, context: Context) -> tuple[str, ...] | None:
    """The rules of which one has to hold for rows that are about to be changed; None where all may be."""
    if context.acting is None or table is not context.target:
        return None
    reach = require_action(context, name, context.acting)
    return reach.predicates


def require_action(context: Context, name: RelationName, action: Action) -> Reach:
    """Which rows of a relation the principal may do something to.

    Raises `policy.denied` where it is none.
    """
    reach = decide(context.policy, context.principal, name, action)
    context.acts.append(reach.decision)
    if reach.predicates == ():
        raise PolicyError("policy.denied", f"you may not {action} rows of `{name.name}`")
    return reach


def source_of(name: RelationName) -> exp.Table:
    """The base table under the reserved name."""
    return exp.Table(
        this=exp.to_identifier(name.name, quoted=True),
        db=exp.to_identifier(name.schema, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)),
    )


def permitted_rows(relation: Relation, context: Context) -> exp.Select:
    """The rows and columns of a relation that the principal may read, without a barrier.

    For queries of our own alone: no expression of a caller's may be added to it.
    """
    reading = decide_read(context.policy, context.principal, relation.name)
    seen = context.visible.relation(relation.name)
    if reading.predicates == () or seen is None:
        raise PolicyError("policy.denied", f"you may not read `{relation.name.name}`")
    if context.db_role:
        own = [rule_of(text, relation, context) for text in reading.predicates or ()]
        return read_view(relation, seen, own, context)
    columns = [_shown(relation, c.name, context) for c in seen.columns if not c.group]
    select = exp.Select(expressions=columns).from_(source_of(relation.name), copy=False)
    if reading.predicates is not None:
        rules = [rule_of(text, relation, context) for text in reading.predicates]
        select.where(exp.or_(*rules, copy=False), copy=False)
    return select


def rule_of(text: str, relation: Relation, context: Context) -> exp.Expr:
    """The rule as a bound tree; raises `policy.rule_failed` where it cannot be applied."""
    try:
        return parse_predicate(text, relation, context.catalog, context.policy.claims)
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


def _shown(relation: Relation, name: str, context: Context) -> exp.Expr:
    """The column as the subquery shows it: itself, or its mask under its name."""
    column = _column(name)
    whole = relation.column(name)
    if whole is None or whole.name != name:
        # The binder knows only columns of the whole catalog; this is the second lock on the same door.
        raise PolicyError("policy.denied", f"you may not read `{name}` of `{relation.name.name}`")
    rule = column_rule(context.policy, context.principal, relation, whole)
    match rule.kind:
        case "visible" | "aggregate":
            return column
        case "masked" if rule.mask is not None:
            shown = masked(column, whole, rule.mask, context.catalog.dialect)
            return exp.alias_(shown, exp.to_identifier(name, quoted=True), copy=False)
        case _:
            raise PolicyError("policy.denied", f"you may not read `{name}` of `{relation.name.name}`")


def _is_bare(shown: exp.Expr) -> bool:
    return isinstance(shown, exp.Column)


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(ALIAS, quoted=True))


def _require_cte(table: exp.Table) -> None:
    # INVARIANT: only a reference to a WITH query may stay as it is; the binder has put a schema on
    # every base table, so an unqualified name can mean nothing else.
    if table.args.get("db") is not None:
        raise PlanError("plan.unsupported", f"`{table.name}` was not bound")
