"""Decisions: pure functions from policy and roles to what may be read, with reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from nlq.catalog import Catalog, Column, Relation, RelationName
from nlq.policy.principal import Principal
from nlq.policy.rules import ColumnRule, Policy

_VISIBLE = ColumnRule()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one relation, in words for the reader."""

    relation: RelationName
    effect: Literal["allowed", "filtered", "denied"]
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows that a principal may read: those for which any of `predicates` holds.

    `predicates` is None for every row, and empty for no row.
    """

    predicates: tuple[str, ...] | None
    decision: Decision


def decide_read(policy: Policy, principal: Principal, relation: RelationName) -> Reading:
    """Which rows of `relation` the principal may read. Deny by default: no rule, no rows."""
    if policy.open_to_owner and principal.is_owner:
        return Reading(None, Decision(relation, "allowed", "the owner reads everything"))
    roles = policy.effective_roles(principal)
    rules = policy.relations.get(relation)
    granted = [r for r in (rules.read if rules else ()) if not r.roles or r.roles & roles]
    if not granted:
        return Reading((), Decision(relation, "denied", "no rule lets this principal read it"))
    if any(rule.sql is None for rule in granted):
        return Reading(None, Decision(relation, "allowed", "a rule lets this principal read every row"))
    predicates = tuple(dict.fromkeys(rule.sql for rule in granted if rule.sql is not None))
    return Reading(predicates, Decision(relation, "filtered", "only rows that a rule lets be read"))


def column_rule(policy: Policy, relation: Relation, column: Column) -> ColumnRule:
    """The rule for one column; visible where the policy says nothing of it."""
    rules = policy.relations.get(relation.name)
    return rules.columns.get(column.name, _VISIBLE) if rules else _VISIBLE


def visible(policy: Policy, principal: Principal, catalog: Catalog) -> Catalog:
    """The part of the catalog that the principal may know of: all that a prompt may be built from."""
    seen = catalog.restrict(
        keep=lambda r: decide_read(policy, principal, r.name).predicates != (),
        keep_column=lambda r, c: column_rule(policy, r, c).kind == "visible",
    )
    return Catalog(seen.dialect, tuple(_with_samples(policy, r) for r in seen))


def _with_samples(policy: Policy, relation: Relation) -> Relation:
    """The relation with the columns marked that the policy declares safe to sample."""
    rules = policy.relations.get(relation.name)
    if rules is None or not any(rule.sample for rule in rules.columns.values()):
        return relation
    columns = (
        replace(c, sample=c.sample or column_rule(policy, relation, c).sample) for c in relation.columns
    )
    return replace(relation, columns=tuple(columns))
