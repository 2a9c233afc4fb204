"""Findings about names that cannot be bound, with a hint at what was probably meant.

Where a relation was not found, that is the finding: what hangs on it is not worth one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.errors import PlanError, did_you_mean
from nlq.plan.scope import Finding, Scope, Source, in_reach


def unknown_relation(
    node: exp.Table, name: str, schema: str | None, found: tuple[Relation, ...], catalog: Catalog
) -> Finding:
    """None of that name, or several: `found`."""
    spelled = f"{schema}.{name}" if schema else name
    if found:
        names = ", ".join(f"`{r.name}`" for r in found)
        error = PlanError(
            "plan.unknown_relation", f"`{spelled}` may mean several relations", f"say which: {names}"
        )
    else:
        hint = did_you_mean(name, (r.name.name for r in catalog))
        error = PlanError("plan.unknown_relation", f"unknown relation `{spelled}`", hint)
    return Finding(error, node)


def unknown_qualifier(node: exp.Expr, table: str, scope: Scope) -> Iterator[Finding]:
    """Nothing in FROM is called `table`."""
    sources = tuple(in_reach(scope))
    if all(s.columns for s in sources):
        names = ", ".join(f"`{s.alias}`" for s in sources) or "nothing"
        hint = did_you_mean(table, (s.alias for s in sources)) or f"in FROM there is {names}"
        error = PlanError("plan.unknown_relation", f"`{table}` is not in FROM", hint)
        yield Finding(error, node, sources)


def unknown_column(
    node: exp.Expr, name: str, scope: Scope, source: Source | None = None
) -> Iterator[Finding]:
    """No source, or not this `source`, has such a column."""
    sources = tuple(in_reach(scope))
    if all(s.columns for s in sources):
        where = f" in `{source.alias}`" if source else ""
        elsewhere = [s.alias for s in sources if name.casefold() in s.columns]
        candidates = [n for s in ([source] if source else sources) for n, _ in s.columns.values()]
        hint = f"`{elsewhere[0]}` has it" if elsewhere else did_you_mean(name, candidates)
        error = PlanError("plan.unknown_column", f"unknown column `{name}`{where}", hint)
        yield Finding(error, node, sources)


def ambiguous_column(node: exp.Column, name: str, owners: list[Source], scope: Scope) -> Finding:
    """Several sources have such a column."""
    names = " or ".join(f"`{s.alias}.{name}`" for s in owners)
    error = PlanError("plan.ambiguous_column", f"`{name}` may mean several columns", f"write {names}")
    return Finding(error, node, tuple(in_reach(scope)))


def ambiguous_join(name: str) -> PlanError:
    """What USING or NATURAL would merge may be several columns, or none that anybody called so."""
    return PlanError(
        "plan.ambiguous_column",
        f"the join by `{name}` may mean several columns",
        "write `JOIN … ON` instead",
    )
