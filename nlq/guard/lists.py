"""Claims that are lists: one form of them in rules, and each engine's way to say it.

A rule says `col IN (:me.teams)`, `col = ANY(:me.teams)` or `col <> ALL(:me.teams)`, and what it is then is
`col = ANY(:me.teams)`, negated for the last. INVARIANT: a list that the principal does not have makes it
NULL on every engine, negated or not. DuckDB takes `= ANY(NULL)` for false, and SQLite has no lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.errors import PlanError
from nlq.plan.syntax import parse
from nlq.policy import ClaimType, Principal
from nlq.policy.principal import Claim

CLAIM = "me."
"""Prefix of the argument names that are claims of the principal."""

AS_JSON = "json."
"""Prefix, before that one, of those that are sent as a JSON array."""


def read_lists(query: exp.Expr, claims: Mapping[str, ClaimType]) -> None:
    """Bring every comparison with a list of the principal's into its one form, in place.

    Raises `plan.parameter` where a list stands elsewhere, and a claim that is no list where a list does.
    """
    for node in list(query.find_all(exp.Placeholder)):
        declared = claims.get(node.name.removeprefix(CLAIM))
        comparison = list_compared(node)
        if declared is not None and declared.is_list and _is_only_item(node):
            _compare_any(node.parent, node.parent.this, node)  # type: ignore[union-attr]  # an IN
        elif comparison is None:
            if declared is not None and declared.is_list:
                raise PlanError(
                    "plan.parameter",
                    f"the claim `{node.name.removeprefix(CLAIM)}` is a list",
                    f"compare with it as in `id IN (:{node.name})`",
                )
        elif declared is not None and not declared.is_list:
            raise PlanError(
                "plan.parameter",
                f"the claim `{node.name.removeprefix(CLAIM)}` is not a list",
                f"compare with it as in `id = :{node.name}`, or declare a list under `[claims]`",
            )
        elif isinstance(comparison, exp.NEQ):
            _compare_any(comparison, comparison.left, node, negated=True)
        elif not isinstance(comparison, exp.EQ):
            raise PlanError(
                "plan.parameter",
                "a list can only be searched for a value",
                f"write `IN (:{node.name})`, `= ANY(:{node.name})` or `<> ALL(:{node.name})`",
            )


def is_in_list(node: exp.Expr) -> bool:
    """True for a column compared with a list of the principal's."""
    return (
        isinstance(node, exp.EQ)
        and isinstance(node.left, exp.Column)
        and isinstance(node.right, exp.Any)
        and isinstance(node.right.this.unnest(), exp.Placeholder)
    )


def write_list(node: exp.Expr, dialect: Dialect) -> tuple[exp.Expr, ...]:
    """Write a comparison with a list, in which the placeholder `node` stands, as the engine has it.

    The placeholders that stand for the list then; only `node` itself where nothing had to be written.
    """
    comparison = list_compared(node)
    if comparison is None or dialect == "postgres" or not node.name.startswith(CLAIM):
        return (node,)
    found = {"duckdb": "x = ANY(:list)", "sqlite": "x IN (SELECT value FROM json_each(:list))"}[dialect]
    known: exp.Expr = parse(f"SELECT CASE WHEN :list IS NOT NULL THEN {found} END", dialect).expressions[0]
    for column in list(known.find_all(exp.Column)):
        if column.name == "x":
            column.replace(comparison.this.copy())
    lists = tuple(known.find_all(exp.Placeholder))
    for written in lists:
        written.set("this", f"{AS_JSON}{node.name}" if dialect == "sqlite" else node.name)
    comparison.replace(known)
    return lists


def bind_claims(arguments: Iterable[str], principal: Principal) -> dict[str, Claim]:
    """A value for each argument that is a claim of the principal's."""
    bound: dict[str, Claim] = {}
    for name in arguments:
        if name.startswith(CLAIM):
            bound[name] = principal.claim(name.removeprefix(CLAIM))
        elif name.startswith(AS_JSON + CLAIM):
            value = principal.claim(name.removeprefix(AS_JSON + CLAIM))
            bound[name] = json.dumps(value) if isinstance(value, tuple) else None
    return bound


def list_compared(node: exp.Expr) -> exp.Expr | None:
    """What compares with the list that `node` is, if it is one: `x = ANY(…)`, `x <> ALL(…)`.

    Where a list is compared in another way, the ANY or ALL around it.
    """
    around: exp.Expr | None = node.parent
    while isinstance(around, exp.Paren):
        around = around.parent
    # The parser knows no ALL and SOME of a value, and takes them for functions.
    named = around.name.upper() if isinstance(around, exp.Anonymous) else ""
    if around is not None and (isinstance(around, exp.Any) or named in ("ALL", "SOME")):
        whole = around.parent
        wanted = exp.NEQ if named == "ALL" else exp.EQ
        return whole if isinstance(whole, wanted) and whole.right is around else around
    return None


def _is_only_item(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.In) and node.parent.expressions == [node]


def _compare_any(whole: exp.Expr | None, value: exp.Expr, node: exp.Expr, *, negated: bool = False) -> None:
    assert whole is not None
    claim = exp.Any(this=exp.Paren(this=node.copy()))
    compared: exp.Expr = exp.EQ(this=value.copy(), expression=claim)
    whole.replace(exp.Not(this=exp.Paren(this=compared)) if negated else compared)
