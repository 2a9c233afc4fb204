"""Draft to checked SQL: parsed, allow-listed, bound, lifted, named and generated anew.

What comes out is not yet a plan: the engine has to describe its result first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from nlq.catalog import Catalog, Column, RelationName
from nlq.catalog.fingerprint import fingerprint_column
from nlq.errors import PlanError, StoreError
from nlq.plan.allow import require_allowed
from nlq.plan.bind import bind, require_bound
from nlq.plan.explain import explain
from nlq.plan.lift import Slot, lift, parameter_family
from nlq.plan.syntax import parse, render
from nlq.plan.value import Dependency, Parameter, Plan


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
    reads = require_bound(tree, catalog).reads
    name_outputs(tree)
    explicit = _named_parameters(tree, catalog, tuple(named))
    lifted = lift(tree, slots, catalog.dialect)
    return Checked(
        sql=render(tree, catalog.dialect),
        parameters=(*explicit, *lifted),
        depends=dependencies(reads),
        explanation=explain(tree, catalog.dialect),
    )


def require_valid(plan: Plan, catalog: Catalog) -> None:
    """Check a stored plan again, as if it were a draft, against the catalog that is visible now.

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


def dependencies(reads: dict[RelationName, dict[str, Column]]) -> tuple[Dependency, ...]:
    """What was read, sorted, with fingerprints."""
    return tuple(
        Dependency(name, tuple(sorted((c.name, fingerprint_column(c)) for c in columns.values())))
        for name, columns in sorted(reads.items())
    )


def name_outputs(tree: exp.Expr) -> None:
    """Give each column of the result a name of its own, so that rows can be objects and types stay put."""
    select = tree
    while isinstance(select, exp.SetOperation):
        select = select.this
    while isinstance(select, exp.Subquery):
        select = select.this
    taken: set[str] = set()
    items: list[exp.Expr] = []
    for position, item in enumerate(select.expressions, start=1):
        name = _given_name(item) or _describe(item) or f"column_{position}"
        unique = name
        if unique.casefold() in taken and isinstance(item, exp.Column) and item.table:
            unique = f"{item.table}_{name}"
        count = 2
        while unique.casefold() in taken:
            unique, count = f"{name}_{count}", count + 1
        taken.add(unique.casefold())
        if isinstance(item, exp.Column) and unique == item.name:
            items.append(item)
        else:
            bare = item.unalias()
            items.append(exp.alias_(bare, exp.to_identifier(unique, quoted=True), copy=False))
    select.set("expressions", items)


def _given_name(item: exp.Expr) -> str:
    return item.alias_or_name if isinstance(item, (exp.Alias, exp.Column)) else ""


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


def _describe(item: exp.Expr) -> str:
    """A name for an expression without one: `count`, `sum_total`, `month`."""
    if isinstance(item, (exp.Round, exp.Window, exp.Filter, exp.Coalesce, exp.Paren)):
        return item.this.name if isinstance(item.this, exp.Column) else _describe(item.this)
    if isinstance(item, (exp.TimestampTrunc, exp.DateTrunc)):
        return item.text("unit").lower()
    if isinstance(item, exp.Extract):
        return item.name.lower()
    if not isinstance(item, exp.Func) or isinstance(item, (exp.Case, exp.Cast)):
        return ""
    function = (item.name if isinstance(item, exp.Anonymous) else item.sql_name()).lower()
    inner = item.this if isinstance(item.this, exp.Expr) else None
    column = inner if isinstance(inner, exp.Column) else (inner.find(exp.Column) if inner else None)
    return f"{function}_{column.name}" if column is not None and function != "count" else function
