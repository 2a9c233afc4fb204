"""Mutation plan + policy + principal -> Change: what an engine may write, and nothing else can make one.

Each step becomes a query, restricted like any other, that names the rows by key and computes what they get;
and a check of the rules on the rows as they are afterwards. The draft's text reaches no statement that
writes (docs/decisions/0020-mutations.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from nlq.catalog import Catalog, Dialect, Relation, RelationName
from nlq.errors import PlanError, PolicyError
from nlq.guard.aggregate import aggregate
from nlq.guard.bound import bound
from nlq.guard.context import Context
from nlq.guard.defended import look_up_rows, require_granted, require_named
from nlq.guard.limit import limit
from nlq.guard.number import number
from nlq.guard.predicate import ALIAS
from nlq.guard.restrict import permitted_rows, require_action, restrict, rule_of, source_of
from nlq.guard.rows import Field, Keyed, Target, field_of, target_of
from nlq.guard.statement import Statement
from nlq.plan import Plan
from nlq.plan.bind_steps import Bound, key_of
from nlq.plan.complete import makes_key
from nlq.plan.dml import ME, NOW, WriteAction, leaves
from nlq.plan.mutation import require_valid_mutation
from nlq.policy import Action, Decision, Policy, Principal, column_rule

Visible = tuple[tuple[RelationName, frozenset[str]], ...]
"""The columns that somebody may know of, by relation."""


@dataclass(frozen=True, slots=True)
class GuardedStep:
    """One step as this principal may take it.

    `query` gives the key of each row that is touched, but for new rows, then the values of `written`,
    all as
    text. `check` counts rows that break a rule afterwards; without one there is none. `shown` are the
    columns
    of `show`, which gives rows as the principal may see them, behind their keys. It is taken only if the
    condition of that number came out so.
    """

    action: WriteAction
    target: Target
    written: tuple[Field, ...]
    query: Statement
    check: Keyed | None
    show: Keyed
    shown: tuple[str, ...]
    condition: int | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A mutation plan rewritten for one set of roles. Claims are arguments, as those of a `Statement`.

    `visible` are the columns that errors may name, by relation.
    """

    steps: tuple[GuardedStep, ...]
    conditions: tuple[Statement, ...]
    dialect: Dialect
    plan_id: str
    decisions: tuple[Decision, ...]
    visible: Visible

    @property
    def arguments(self) -> frozenset[str]:
        """All that has to be bound, but for keys of rows that it makes and limits."""
        statements = [s.arguments for s in (*self.conditions, *(s.query for s in self.steps))]
        keyed = [k.arguments for s in self.steps for k in (s.check, s.show) if k is not None]
        return frozenset(a for arguments in (*statements, *keyed) for a in arguments)


def guard_change(
    plan: Plan,
    policy: Policy,
    principal: Principal,
    catalog: Catalog,
    visible: Catalog,
    *,
    db_role: str = "",
) -> Change:
    """The plan as this principal may run it; with a `db_role` it reads what that role of the database may.

    Raises `store.*` where it does not pass its check against `visible`, and `policy.*` where something
    in it is not for this principal at all.
    """
    steps = require_valid_mutation(plan, visible)
    context = Context(policy, principal, catalog, visible, db_role)
    conditions: dict[int, Statement] = {}
    guarded = []
    for one in steps:
        when = one.step.when
        if when is not None and when.number not in conditions:
            conditions[when.number] = _statement(when.query.copy(), context, plan)
        step = _guard_step(one, context, plan)
        if when is not None:
            step = replace(step, condition=list(conditions).index(when.number), negated=when.negated)
        guarded.append(step)
    return Change(
        tuple(guarded), tuple(conditions.values()), plan.dialect, plan.id,
        tuple(dict.fromkeys((*context.decisions.values(), *context.acts))),
        tuple((r.name, frozenset(c.name for c in r.columns)) for r in visible),
    )  # fmt: skip


def _guard_step(one: Bound, context: Context, plan: Plan) -> GuardedStep:
    step, name = one.step, one.relation.name
    relation, dialect = context.catalog.relation(name), plan.dialect
    if relation is None:
        raise PolicyError("policy.denied", f"you may not {step.action} rows of `{name.name}`")
    key = one.key if step.action != "create" else key_of(relation)
    if not key:
        raise PlanError("plan.unsupported", f"`{name.name}` has no key", "declare a primary key")
    _require_writable(one, context)
    if context.db_role:
        require_named(relation, key, context)
    target = target_of(relation, key, makes_key(relation, dialect), dialect, context.db_role)
    action: Action = step.action
    reach = require_action(context, name, action)
    own = replace_context(context, action if action != "create" else None)
    # Of the whole catalog: what is shown of a masked column may be of another type than the column.
    written = [c for name in step.columns if (c := relation.column(name)) is not None]
    fields = tuple(field_of(c, dialect) for c in written)
    query = _statement(_computing(one, target, fields), own, plan)
    context.decisions |= own.decisions
    # What must hold of the rows afterwards: of those that are gone, nothing.
    after = [] if action == "delete" else [reach.predicates]
    if action == "update":
        after.append(require_action(context, name, "read").predicates)
    rules = [
        exp.or_(*(_rule_after(text, relation, context) for text in predicates), copy=False)
        for predicates in after
        if predicates is not None
    ]
    seen = context.visible.relation(name)
    return GuardedStep(
        step.action, target, fields, query,
        _check(rules, target, context) if rules else None,
        _show(one, target, context),
        tuple(c.name for c in seen.columns if not c.group) if seen else (),
    )  # fmt: skip


def _rule_after(text: str, relation: Relation, context: Context) -> exp.Expr:
    """The rule as it is asked of a row afterwards: by whoever writes, who sees what rules look up."""
    rule = rule_of(text, relation, context)
    return look_up_rows(rule, context.db_role) if context.db_role else rule


def replace_context(context: Context, acting: Action | None) -> Context:
    """A context of its own for one statement."""
    return Context(
        context.policy, context.principal, context.catalog, context.visible, context.db_role, acting=acting
    )


def _require_writable(one: Bound, context: Context) -> None:
    relation = context.catalog.relation(one.relation.name)
    for at, column in enumerate(one.columns):
        whole = relation.column(column.name) if relation else None
        if whole is None or relation is None:
            raise PolicyError("policy.denied", f"you may not write `{column.name}`")
        rule = column_rule(context.policy, context.principal, relation, whole)
        values = [leaf.expressions[at].unalias() for leaf in leaves(one.step.query)]
        # What every new row needs, and only we know, is not the caller's choice.
        ours = not whole.nullable and whole.default is None and all(map(_is_known, values))
        if rule.kind == "hidden" or not (rule.writable or (one.step.action == "create" and ours)):
            raise PolicyError(
                "policy.denied",
                f"you may not write `{column.name}` of `{relation.name.name}`",
                "leave it out",
            )
        if context.db_role and not ours:
            require_granted(relation, whole, context)
        if whole.generated and one.step.action == "update":
            raise PlanError("plan.unsupported", f"the database makes `{column.name}`", "leave it out")


def _is_known(value: exp.Expr) -> bool:
    return isinstance(value, exp.Placeholder) and (value.name.startswith(ME) or value.name == NOW)


def _computing(one: Bound, target: Target, fields: tuple[Field, ...]) -> exp.Expr:
    """The step's query as one that gives keys and values as text."""
    query, step = one.step.query.copy(), one.step
    if step.action == "create":
        return _wrapped(query, fields, target.dialect)
    source = query.args["from_"].this.alias_or_name
    keys = [
        exp.cast(
            exp.column(exp.to_identifier(f.name, quoted=True), exp.to_identifier(source, quoted=True)),
            "TEXT",
        )
        for f in target.key
    ]
    values = query.expressions if step.action == "update" else []
    query.set(
        "expressions",
        [*keys, *(_as_text(v.unalias(), f, target.dialect) for v, f in zip(values, fields, strict=False))],
    )
    return query


def _wrapped(query: exp.Expr, fields: tuple[Field, ...], dialect: Dialect) -> exp.Expr:
    """The rows of a query of any shape, each value as text."""
    if isinstance(query, exp.Select) and not any(
        query.args.get(k)
        for k in ("distinct", "group", "having", "order", "limit", "offset", "qualify", "windows")
    ):
        items = [_as_text(e.unalias(), f, dialect) for e, f in zip(query.expressions, fields, strict=True)]
        query.set("expressions", items)
        return query
    names = [exp.to_identifier(f"nlq {i}", quoted=True) for i in range(1, len(fields) + 1)]
    alias = exp.TableAlias(this=exp.to_identifier("nlq rows", quoted=True), columns=names)
    columns = [exp.column(n.copy(), exp.to_identifier("nlq rows", quoted=True)) for n in names]
    select = exp.Select(expressions=[_as_text(c, f, dialect) for c, f in zip(columns, fields, strict=True)])
    return select.from_(exp.Subquery(this=query, alias=alias), copy=False)


def _as_text(value: exp.Expr, field: Field, dialect: Dialect) -> exp.Expr:
    if field.cast:
        value = exp.cast(value, field.cast, dialect=dialect)
    return exp.cast(value, "TEXT", dialect=dialect)


def _statement(tree: exp.Expr, context: Context, plan: Plan) -> Statement:
    """The tree through the passes of every query."""
    own = replace_context(context, context.acting)
    tree = bound(tree, own)
    if own.acting is not None:
        own.target = tree.args["from_"].this
    for apply in (aggregate, restrict, limit, number):
        tree = apply(tree, own)
    context.decisions |= own.decisions
    reads = frozenset(RelationName(t.db, t.name) for t in tree.find_all(exp.Table) if t.db)
    return Statement(own.text, plan.dialect, tuple(own.arguments), plan.id, (), reads)


def _check(rules: Sequence[exp.Expr], target: Target, context: Context) -> Keyed:
    """Counts rows of which the rules are not true: NULL and an error deny, too."""
    holds = exp.and_(*rules, copy=False)
    broken = exp.Not(this=exp.Is(this=exp.Paren(this=holds), expression=exp.true()))
    select = exp.Select(expressions=[exp.cast(exp.Count(this=exp.Star()), "TEXT")])
    select = select.from_(source_of(target.name), copy=False).where(broken, copy=False)
    return _keyed(select, target, context)


def _show(one: Bound, target: Target, context: Context) -> Keyed:
    relation = context.catalog.relation(one.relation.name)
    assert relation is not None
    select = permitted_rows(relation, context)
    keys = [
        exp.alias_(
            exp.cast(
                exp.column(exp.to_identifier(f.name, quoted=True), exp.to_identifier(ALIAS, quoted=True)),
                "TEXT",
            ),
            exp.to_identifier(f"__key {i}", quoted=True),
        )
        for i, f in enumerate(target.key, 1)
    ]
    # As text, like all values; each under its name, so that it is told which is which.
    shown = [
        exp.alias_(exp.cast(e.unalias(), "TEXT"), exp.to_identifier(e.alias_or_name, quoted=True))
        for e in select.expressions
    ]
    select.set("expressions", [*keys, *shown])
    return _keyed(select, target, context)


def _keyed(select: exp.Select, target: Target, context: Context) -> Keyed:
    own = replace_context(context, None)
    where = select.args.get("where")
    if where is not None:
        # INVARIANT: in brackets, or the condition on keys that follows would become part of an OR.
        select.set("where", exp.Where(this=exp.Paren(this=where.this)))
    number(select, own)
    return Keyed(f"{own.text} {'AND' if where is not None else 'WHERE'}", tuple(own.arguments), target)
