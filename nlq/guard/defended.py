"""Reading from the database's own restricted views, where it enforces the policy as well.

A role of the database that may see a mask's result but not the value beneath it cannot compute the mask:
so a layer that hides columns in the database must also be the one that masks them. There, a relation is
read from the view that the migration of `nlq.defence` made of it. The rule for its rows is repeated
wherever the view shows all that the rule needs, so that rows have two locks and not one.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Column, Relation, RelationName
from nlq.catalog.fingerprint import digest
from nlq.errors import PolicyError
from nlq.guard.context import Context
from nlq.guard.predicate import ALIAS
from nlq.plan.meta import COLUMN, RELATION
from nlq.policy import Action, ColumnRule, column_rule
from nlq.policy.mask import masked_column

MOST_BYTES = 63
"""Of a name in Postgres."""


def view_of(role: str, relation: RelationName) -> RelationName:
    """The view that shows `relation` to the database role `role`.

    >>> str(view_of("nlq_reader", RelationName("public", "orders")))
    'nlq_reader_public.orders'
    """
    return RelationName(f"{role}_{relation.schema}", relation.name)


def whole_column(name: str) -> str:
    """The view's name for a column that it also shows masked as another type: its value, to the exempt.

    >>> whole_column("card")
    '__whole card'
    """
    return f"__whole {name}"


def looked_up_of(role: str, relation: RelationName) -> RelationName:
    """The view through which rules, and what keeps keys apart, look at every row of a relation."""
    name = f"rules read {relation}"
    if len(name.encode()) > MOST_BYTES:
        name = f"rules read {digest(str(relation))[:16]}"
    return RelationName(role, name)


def may_column(action: Action) -> str:
    """The view's column that says whether the caller may do that to the row.

    >>> may_column("update")
    '__may update'
    """
    return f"__may {action}"


def is_writable(rule: ColumnRule) -> bool:
    """True where a column may be given a value by everyone who may write rows of its relation.

    The database's grants know columns and no roles: what is hidden from some is written by nobody.
    """
    return rule.kind in ("visible", "masked") and rule.filterable and rule.writable


def changes_type(relation: Relation, name: str, rule: ColumnRule) -> bool:
    """True where the mask of a column has another type than the column, so that no view can hold both."""
    column = relation.column(name)
    if rule.mask is None or column is None:
        return False
    return masked_column(column, rule.mask, "postgres").type != column.type


def read_view(
    relation: Relation,
    seen: Relation,
    rules: list[exp.Expr],
    context: Context,
    acting: list[exp.Expr] | None = None,
) -> exp.Select:
    """The rows and columns of the view that the principal may read: any of `rules`, or all without one.

    With `acting`, only rows that they may do to what the context is about: the view says which those are.
    """
    view = view_of(context.db_role, relation.name)
    source = exp.Table(
        this=exp.to_identifier(view.name, quoted=True),
        db=exp.to_identifier(view.schema, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)),
    )
    shown = [_shown(relation, c.name, context) for c in seen.columns if not c.group]
    select = exp.Select(expressions=shown).from_(source, copy=False)
    if rules and all(_can_repeat(rule, relation, context) for rule in rules):
        select.where(exp.or_(*rules, copy=False), copy=False)
    if acting is not None and context.acting is not None:
        select.where(_column(may_column(context.acting)), copy=False)
        if acting and all(_can_repeat(rule, relation, context) for rule in acting):
            select.where(exp.or_(*acting, copy=False), copy=False)
    return select


def require_named(relation: Relation, key: tuple[str, ...], context: Context) -> None:
    """Refuse rows whose keys the view does not show as they are: nobody could say which they are.

    Raises `policy.unsupported`.
    """
    for name in key:
        if not _is_as_in_table(relation, name, context):
            raise PolicyError(
                "policy.unsupported",
                f"`{name}` is a key of `{relation.name.name}`, and not shown to everyone",
                "run without the setting `db_role`",
            )


def require_granted(relation: Relation, column: Column, context: Context) -> None:
    """Refuse to write what the database lets nobody write.

    Raises `policy.unsupported`.
    """
    if not is_writable(_rule_before_exceptions(relation, column.name, context)):
        raise PolicyError(
            "policy.unsupported",
            f"`{column.name}` is hidden from some, and so the database lets nobody write it",
            "leave it out, or run without the setting `db_role`",
        )


def look_up_rows(rule: exp.Expr, role: str) -> exp.Expr:
    """The rule with each relation that it looks into as the migration's view of all its rows."""
    for table in rule.find_all(exp.Table):
        name = table.meta.get(RELATION)
        if name is not None:
            view = looked_up_of(role, name)
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.alias_or_name, quoted=True)))
            table.set("this", exp.to_identifier(view.name, quoted=True))
            table.set("db", exp.to_identifier(view.schema, quoted=True))
    return rule


def require_shown(tree: exp.Expr) -> None:
    """Refuse a bound query over a column that is given in aggregates only: the views do not have it.

    Raises `policy.unsupported`.
    """
    for node in tree.find_all(exp.Column):
        bound = node.meta.get(COLUMN)
        if bound is not None and bound.column.group:
            raise PolicyError(
                "policy.unsupported",
                f"`{bound.column.name}` is given in aggregates only, which the database's own rules cannot",
                "leave it out, or run without the setting `db_role`",
            )


def _shown(relation: Relation, name: str, context: Context) -> exp.Expr:
    rule = _rule_before_exceptions(relation, name, context)
    if _is_exempt(relation, name, context) and changes_type(relation, name, rule):
        whole = _column(whole_column(name))
        return exp.alias_(whole, exp.to_identifier(name, quoted=True), copy=False)
    return _column(name)


def _can_repeat(rule: exp.Expr, relation: Relation, context: Context) -> bool:
    """True where the view shows everything that the rule reads as it is in the table."""
    if rule.find(exp.Query) is not None:
        return False  # what a sub-select reads is restricted here too, and not only by this rule
    return all(_is_as_in_table(relation, c.name, context) for c in rule.find_all(exp.Column))


def _is_as_in_table(relation: Relation, name: str, context: Context) -> bool:
    rule = _rule_before_exceptions(relation, name, context)
    if rule.kind == "visible":
        return True
    return _is_exempt(relation, name, context) and not changes_type(relation, name, rule)


def _is_exempt(relation: Relation, name: str, context: Context) -> bool:
    column = relation.column(name)
    return (
        column is not None
        and column_rule(context.policy, context.principal, relation, column).kind == "visible"
    )


def _rule_before_exceptions(relation: Relation, name: str, context: Context) -> ColumnRule:
    rules = context.policy.relations.get(relation.name)
    return rules.columns.get(name, ColumnRule()) if rules else ColumnRule()


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(ALIAS, quoted=True))
