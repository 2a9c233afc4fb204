"""Draft to checked SQL: parsed, allow-listed, bound, lifted, named and generated anew.

What comes out is not yet a plan: the engine has to describe its result first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Column, RelationName
from nlq.catalog.fingerprint import fingerprint_column
from nlq.errors import PlanError, StoreError
from nlq.plan.allow import require_allowed
from nlq.plan.bind import bind, require_bound
from nlq.plan.compare import find_mismatches
from nlq.plan.explain import explain
from nlq.plan.lift import Slot, lift, parameter_family
from nlq.plan.scope import Binding
from nlq.plan.syntax import parse, render
from nlq.plan.value import Dependency, Parameter, Plan

_ROUNDS = 3
"""How often text is written anew before we give up on it."""

_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Checked:
    """SQL that may become a plan, with what it takes, what it reads and what it says."""

    sql: str
    parameters: tuple[Parameter, ...]
    depends: tuple[Dependency, ...]
    explanation: str


def check(
    sql: str,
    catalog: Catalog,
    *,
    slots: Iterable[Slot] = (),
    named: Iterable[str] = (),
) -> Checked:
    """The draft, checked against what the principal may see.

    `slots` are literals of the question, lifted where they can be; `named` are the parameters that
    the question declares, which the draft may use as `:name`.

    Raises `plan.*`.
    """
    tree = parse(sql, catalog.dialect)
    require_allowed(tree, catalog.dialect)
    return check_tree(tree, catalog, slots=slots, named=named)


def check_tree(
    tree: exp.Expr, catalog: Catalog, *, slots: Iterable[Slot] = (), named: Iterable[str] = ()
) -> Checked:
    """As `check`, for a tree that is parsed and allow-listed; the tree is changed."""
    require_bound(tree, catalog, named=True)
    for finding in find_mismatches(tree, catalog):
        raise finding
    explicit = _named_parameters(tree, catalog, tuple(named))
    lifted = lift(tree, slots, catalog.dialect)
    sql, settled, binding = _settle(tree, catalog)
    return Checked(
        sql=sql,
        parameters=(*explicit, *lifted),
        depends=dependencies(binding.reads),
        explanation=explain(settled, catalog.dialect),
    )


def _settle(tree: exp.Expr, catalog: Catalog) -> tuple[str, exp.Expr, Binding]:
    """Text that means what it says: read again, it gives the same text. Its tree, and what that reads.

    Some syntax is written in other words than it was read in, and only the words will run: so they are
    what is checked and explained. Raises `plan.unsupported` where they do not settle.
    """
    text = render(tree, catalog.dialect)
    for _ in range(_ROUNDS):
        again = parse(text, catalog.dialect)
        require_allowed(again, catalog.dialect)
        binding = require_bound(again, catalog)
        written = render(again, catalog.dialect)
        if written == text:
            return text, again, binding
        text = written
    raise PlanError(
        "plan.unsupported",
        "the SQL cannot be written down so that it reads the same",
        "say it more plainly",
    )


def require_valid(plan: Plan, catalog: Catalog) -> exp.Expr:
    """The tree of a stored plan, checked again as if it were a draft, against what is visible now.

    Raises `store.stale` where something it depends on changed, `store.invalid` where its SQL is not
    what a check makes.
    """
    for dependency in plan.depends:
        relation = catalog.relation(dependency.relation)
        have = {c.name: fingerprint_column(c) for c in relation.columns} if relation else {}
        for column, fingerprint in dependency.columns:
            if have.get(column) != fingerprint:
                raise stale(plan, f"column `{column}` of `{dependency.relation.name}` changed")
        if relation is None:
            raise stale(plan, f"relation `{dependency.relation.name}` changed")
    try:
        tree = parse(plan.sql, plan.dialect)
        require_allowed(tree, plan.dialect)
        binding = bind(tree, catalog)
    except PlanError as error:
        raise _altered(plan, error.message) from error
    for finding in binding.findings:
        raise stale(plan, finding.error.message)
    if dependencies(binding.reads) != plan.depends:
        raise _altered(plan, "it reads other columns than it declares")
    if render(tree, plan.dialect) != plan.sql:
        raise _altered(plan, "its SQL is not in checked form")
    if {n.name for n in tree.find_all(exp.Placeholder)} != {p.name for p in plan.parameters}:
        raise _altered(plan, "its parameters do not match its SQL")
    return tree


def dependencies(reads: dict[RelationName, dict[str, Column]]) -> tuple[Dependency, ...]:
    """What was read, sorted, with fingerprints."""
    return tuple(
        Dependency(name, tuple(sorted((c.name, fingerprint_column(c)) for c in columns.values())))
        for name, columns in sorted(reads.items())
    )


def stale(plan: Plan, what: str) -> StoreError:
    """The finding that a plan must be compiled again, saying what changed."""
    return StoreError(
        "store.stale", f"the plan of `{plan.template}` is out of date: {what}", "compile it again"
    )


def _altered(plan: Plan, what: str) -> StoreError:
    return StoreError(
        "store.invalid",
        f"the plan of `{plan.template}` cannot be trusted: {what}",
        "delete the file to compile it again",
    )


def _named_parameters(tree: exp.Expr, catalog: Catalog, named: tuple[str, ...]) -> tuple[Parameter, ...]:
    found: dict[str, Parameter] = {}
    for name in named:
        if not _PARAMETER.fullmatch(name):
            hint = "begin with a letter, and use letters, digits and `_`"
            raise PlanError("plan.parameter", f"a parameter cannot be called `{name}`", hint)
    for node in tree.find_all(exp.Placeholder):
        if node.name not in named:
            hint = "declared are " + ", ".join(f"`{n}`" for n in named) if named else "write the value"
            raise PlanError("plan.parameter", f"unknown parameter `:{node.name}`", hint)
        of = parameter_family(node, catalog.dialect)
        if node.name not in found or (found[node.name].family == "other" and of):
            found[node.name] = Parameter(node.name, of or "other")
    for name in named:
        if name not in found:
            raise PlanError("plan.parameter", f"the parameter `:{name}` is not used", f"use `:{name}`")
    return tuple(found[name] for name in named)
