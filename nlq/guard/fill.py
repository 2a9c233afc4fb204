"""What the rules for new rows say of their columns: `author_id = :me.id` leaves nothing to decide."""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName
from nlq.errors import NlqError
from nlq.guard.lists import CLAIM
from nlq.guard.predicate import parse_predicate
from nlq.policy import Policy, Principal, decide


def fill_of(
    policy: Policy, principal: Principal, catalog: Catalog, principals: RelationName | None
) -> dict[RelationName, dict[str, str]]:
    """The claim that each such column has to be, by relation.

    Where no rule says so, a column that every new row needs is the caller, if it is the only such one that
    refers to `principals`, the relation of those who ask.
    """
    found: dict[RelationName, dict[str, str]] = {}
    for relation in catalog:
        columns = _by_rules(policy, principal, relation, catalog)
        if not columns and principals is not None and principal.id is not None:
            columns = _by_reference(relation, principals)
        if columns:
            found[relation.name] = columns
    return found


def _by_rules(policy: Policy, principal: Principal, relation: Relation, catalog: Catalog) -> dict[str, str]:
    reach = decide(policy, principal, relation.name, "create")
    sets = []
    for text in reach.predicates or ():
        try:
            predicate = parse_predicate(text, relation, catalog, policy.claims)
        except NlqError:
            return {}
        sets.append(dict(_equalities(predicate)))
    if not sets:
        return {}
    return {name: claim for name, claim in sets[0].items() if all(s.get(name) == claim for s in sets)}


def _equalities(predicate: exp.Expr) -> list[tuple[str, str]]:
    found = []
    for part in predicate.flatten() if isinstance(predicate, exp.And) else (predicate,):
        bare = part.unnest()
        if isinstance(bare, exp.EQ):
            for one, other in ((bare.left, bare.right), (bare.right, bare.left)):
                if isinstance(one, exp.Column) and isinstance(other, exp.Placeholder):
                    found.append((one.name, other.name))
    return [(name, claim) for name, claim in found if claim.startswith(CLAIM)]


def _by_reference(relation: Relation, principals: RelationName) -> dict[str, str]:
    needed = {c.name for c in relation.columns if not c.nullable and c.default is None}
    to = [k.columns[0] for k in relation.foreign_keys if k.referred == principals and len(k.columns) == 1]
    mine = [name for name in to if name in needed]
    return {mine[0]: f"{CLAIM}id"} if len(mine) == 1 else {}
