"""Where a column stands: what is in FROM beside it, and what it is compared with."""

from __future__ import annotations

from sqlglot import exp

from nlq.compiler.mend.tree import clauses, parts
from nlq.plan.scope import Finding, Source


def own_sources(node: exp.Expr, finding: Finding) -> list[Source]:
    """Of what is in scope, what is in FROM of the node's own SELECT; it comes first."""
    select = node.find_ancestor(exp.Select)
    if select is None:
        return []
    own = [clause.this.alias_or_name.casefold() for clause in clauses(select)]
    found: list[Source] = []
    for source in finding.sources[: len(own)]:
        if source.alias.casefold() in own:
            found.append(source)
    return found


def other_side(node: exp.Column) -> exp.Column | None:
    """The column that the node is said to equal."""
    equal = node.parent
    if not isinstance(equal, exp.EQ):
        return None
    other = equal.expression if equal.this is node else equal.this
    return other if isinstance(other, exp.Column) else None


def is_fixed(node: exp.Column, source: Source) -> bool:
    """True where the column, shown from `source`, is said to equal a text: who says it does not ask."""
    select = node.find_ancestor(exp.Select)
    where = select.args.get("where") if select is not None else None
    if select is None or where is None or not any(node in e.walk() for e in select.expressions):
        return False
    return any(
        isinstance(part, exp.EQ)
        and isinstance(part.this, exp.Column)
        and isinstance(part.expression, exp.Literal)
        and part.this.name.casefold() == node.name.casefold()
        and part.this.table.casefold() == source.alias.casefold()
        for part in parts(where.this)
    )
