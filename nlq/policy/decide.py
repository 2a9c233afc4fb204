"""Decisions: pure functions from policy and roles to what may be read, with reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from nlq.catalog import Catalog, Column, Dialect, Relation, RelationName
from nlq.policy.mask import masked_column
from nlq.policy.principal import Principal
from nlq.policy.rules import Action, ColumnRule, Policy

_VISIBLE = ColumnRule()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one relation, or one column of it, in words for the reader."""

    relation: RelationName
    effect: Literal["allowed", "filtered", "masked", "aggregated", "denied"]
    reason: str
    column: str | None = None

    def to_json(self) -> dict[str, str]:
        """As an answer shows it."""
        of = {"relation": str(self.relation)} | ({"column": self.column} if self.column else {})
        return of | {"effect": self.effect, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Reach:
    """The rows that a principal may do something to: those for which any of `predicates` holds.

    `predicates` is None for every row, and empty for no row.
    """

    predicates: tuple[str, ...] | None
    decision: Decision


def decide_read(policy: Policy, principal: Principal, relation: RelationName) -> Reach:
    """Which rows of `relation` the principal may read."""
    return decide(policy, principal, relation, "read")


def decide(policy: Policy, principal: Principal, relation: RelationName, action: Action) -> Reach:
    """Which rows of `relation` the principal may do `action` to. Deny by default: no rule, no rows."""
    if policy.open_to_owner and principal.is_owner:
        return Reach(None, Decision(relation, "allowed", f"the owner may {action} everything"))
    roles = policy.effective_roles(principal)
    rules = policy.relations.get(relation)
    granted = [
        r for r in (rules.rules(action) if rules else ()) if r.reviewed and (not r.roles or r.roles & roles)
    ]
    if not granted:
        return Reach((), Decision(relation, "denied", f"no rule lets this principal {action} it"))
    if any(rule.sql is None for rule in granted):
        return Reach(None, Decision(relation, "allowed", f"a rule lets this principal {action} every row"))
    predicates = tuple(dict.fromkeys(rule.sql for rule in granted if rule.sql is not None))
    said = [rule.english for rule in granted if rule.english]
    reason = (
        "; ".join(said) if len(said) == len(granted) else f"only rows that a rule lets be {_DONE[action]}"
    )
    return Reach(predicates, Decision(relation, "filtered", reason))


_DONE: dict[Action, str] = {"read": "read", "create": "created", "update": "updated", "delete": "deleted"}


def column_rule(policy: Policy, principal: Principal, relation: Relation, column: Column) -> ColumnRule:
    """The rule for one column and principal; visible where the policy says nothing of it.

    Who is exempt from hiding and masking may still not write a column that nobody writes.
    """
    if policy.open_to_owner and principal.is_owner:
        return _VISIBLE
    rules = policy.relations.get(relation.name)
    rule = rules.columns.get(column.name, _VISIBLE) if rules else _VISIBLE
    if rule.exempt & policy.effective_roles(principal):
        return replace(_VISIBLE, writable=rule.writable, sample=rule.sample)
    return rule


def visible(policy: Policy, principal: Principal, catalog: Catalog) -> Catalog:
    """The part of the catalog that the principal may know of: all that a prompt may be built from.

    Masked columns have the type of what is shown of them, and are no part of keys.
    """
    rules = {
        (r.name, c.name): column_rule(policy, principal, r, c)
        for r in catalog
        if r.name in policy.relations
        for c in r.columns
    }
    seen = catalog.restrict(
        keep=lambda r: decide_read(policy, principal, r.name).predicates != (),
        keep_column=lambda r, c: rules.get((r.name, c.name), _VISIBLE).kind != "hidden",
        keep_keys=lambda r, c: rules.get((r.name, c.name), _VISIBLE).kind == "visible",
    )
    return Catalog(
        seen.dialect,
        tuple(
            replace(
                r,
                columns=tuple(
                    _seen_column(c, rules.get((r.name, c.name), _VISIBLE), seen.dialect) for c in r.columns
                ),
            )
            if r.name in policy.relations
            else r
            for r in seen
        ),
    )


def decide_columns(policy: Policy, principal: Principal, relation: Relation) -> tuple[Decision, ...]:
    """A decision for each column of `relation` of which the principal sees less than all."""
    decisions = []
    for column in relation.columns:
        rule = column_rule(policy, principal, relation, column)
        if rule.kind == "masked":
            decisions.append(
                Decision(relation.name, "masked", f"`{column.name}` is masked for you", column.name)
            )
        elif rule.kind == "aggregate":
            reason = f"`{column.name}` is given for {rule.group} rows or more together"
            decisions.append(Decision(relation.name, "aggregated", reason, column.name))
    return tuple(decisions)


def _seen_column(column: Column, rule: ColumnRule, dialect: Dialect) -> Column:
    if rule.kind == "masked" and rule.mask is not None:
        column = masked_column(column, rule.mask, dialect)
    sample = rule.kind == "visible" and (column.sample or rule.sample)
    group = rule.group if rule.kind == "aggregate" else 0
    return replace(column, sample=sample, filterable=rule.filterable and not group, group=group)
