"""Rules in SQL: text to a bound predicate over the row (`__pol`) and the principal (`:me.<claim>`).

Columns are qualified with a reserved alias, so that no alias of a caller's query can capture them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from sqlglot import exp

from nlq.catalog import Catalog, Relation, RelationName, family
from nlq.errors import NlqError, PlanError, PolicyError, did_you_mean
from nlq.guard.lists import CLAIM, read_lists
from nlq.plan.allow import require_allowed
from nlq.plan.bind import require_bound
from nlq.plan.syntax import parse
from nlq.policy import ClaimType, ColumnRule, Policy
from nlq.policy.mask import fits

ALIAS = "__pol"

KEPT = 1024
"""How many rules are kept in parsed form."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Itself(Generic[T]):
    """Something that equals itself alone, so that a key need not be made of all that is in it."""

    thing: T

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.thing is self.thing

    def __hash__(self) -> int:
        return id(self.thing)


def parse_predicate(
    text: str, relation: Relation, catalog: Catalog, claims: Mapping[str, ClaimType]
) -> exp.Expr:
    """The rule as a tree whose columns are bound: those of the row to `__pol`, others to its sub-selects.

    In a sub-select, a column of the row is written with the relation's name: `users.id`. The whole
    catalog may be used: a rule is written by whoever keeps the policy, not by a caller. `claims` are the
    types that the policy declares.

    Raises `plan.*`, as for any SQL.
    """
    # Each plan that reads a relation needs its rules, in a tree of its own.
    return _parsed(text, relation.name, _Itself(catalog), _Itself(claims)).copy()


@lru_cache(maxsize=KEPT)
def _parsed(
    text: str, name: RelationName, of: _Itself[Catalog], typed: _Itself[Mapping[str, ClaimType]]
) -> exp.Expr:
    catalog, claims = of.thing, typed.thing
    query = parse(f"SELECT 1 WHERE {text}", catalog.dialect)
    if set(_given(query)) != {"expressions", "where"}:
        raise PlanError("plan.syntax", f"`{text}` is not a predicate", "write a condition, as after WHERE")
    for dot in list(query.find_all(exp.Dot)):
        if isinstance(dot.this, exp.Placeholder) and dot.this.name == "me":
            dot.replace(exp.Placeholder(this=f"{CLAIM}{dot.expression.name}"))
    for node in query.find_all(exp.Placeholder):
        if not node.name.startswith(CLAIM):
            raise PlanError(
                "plan.parameter", f"unknown parameter `:{node.name}`", "claims are `:me.<name>`"
            )
    read_lists(query, claims)
    require_allowed(query, catalog.dialect)
    for column in query.find_all(exp.Column):
        if column.table == name.name and not _is_shadowed(column, name.name):
            column.set("table", exp.to_identifier(ALIAS, quoted=True))
    source = exp.Table(
        this=exp.to_identifier(name.name, quoted=True),
        db=exp.to_identifier(name.schema, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier(ALIAS, quoted=True)),
    )
    query.set("from_", exp.From(this=source))
    require_bound(query, catalog, trusted=True)
    predicate: exp.Expr = query.args["where"].this
    return predicate


def require_applicable(policy: Policy, catalog: Catalog) -> None:
    """Refuse a policy that names what the catalog does not have, or holds a rule that cannot be bound.

    Raises `policy.invalid`, saying which rule.
    """
    for name, rules in policy.relations.items():
        relation = catalog.relation(name)
        if relation is None:
            raise PolicyError(
                "policy.invalid",
                f"the policy names a relation `{name}` that the database does not have",
                did_you_mean(name.name, (r.name.name for r in catalog)),
            )
        for name_of_column, rule in rules.columns.items():
            _require_column_rule(relation, name_of_column, rule, catalog)
    for name, action, row_rule in policy.each_rule():
        relation = catalog.relation(name)
        if row_rule.sql is None or relation is None:
            continue
        try:
            parse_predicate(row_rule.sql, relation, catalog, policy.claims)
        except NlqError as error:
            raise PolicyError(
                "policy.invalid",
                f"the {action} rule `{row_rule.sql}` of `{name.name}` cannot be applied: {error.message}",
                error.hint,
            ) from error


def _require_column_rule(relation: Relation, name: str, rule: ColumnRule, catalog: Catalog) -> None:
    columns = {c.name: c for c in relation.columns}
    if name not in columns:
        raise PolicyError(
            "policy.invalid",
            f"the policy names a column `{name}` that `{relation.name.name}` does not have",
            did_you_mean(name, columns),
        )
    kind = columns[name].type
    if rule.mask is not None and not fits(rule.mask, columns[name], catalog.dialect):
        raise PolicyError(
            "policy.invalid",
            f"`{name}` of `{relation.name.name}` is `{kind}`, and cannot be rounded to that",
            "numbers are rounded to a multiple, dates and times to a unit of time",
        )
    if rule.group and family(kind, catalog.dialect) not in ("integer", "decimal", "float", "interval"):
        raise PolicyError(
            "policy.invalid",
            f"`{name}` of `{relation.name.name}` is `{kind}`, and cannot be added up",
            "hide or mask it",
        )


def _is_shadowed(column: exp.Column, name: str) -> bool:
    """True where a sub-select of the rule has a source of that name, which the column then means."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        sources = [select.args.get("from_"), *(select.args.get("joins") or ())]
        if any(s is not None and s.this.alias_or_name == name for s in sources):
            return True
        select = select.find_ancestor(exp.Select)
    return False


def _given(node: exp.Expr) -> Iterator[str]:
    return (key for key, value in node.args.items() if value not in (None, False, []))
