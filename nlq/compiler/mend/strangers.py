"""A relation that nobody speaks of, joined by a key that is not there: left out, without the model."""

from __future__ import annotations

from sqlglot import exp

from nlq.compiler.mend.relations import Known
from nlq.compiler.mend.tree import base_tables, one_of
from nlq.compiler.words import words
from nlq.plan.meta import RELATION
from nlq.plan.scope import Finding


def leave_out_stranger(node: exp.Column, finding: Finding, known: Known) -> str | None:
    """`vets JOIN owners ON vets.owner_id = owners.id` where vets are asked for, who have a city themselves.

    The change that was made; None where the relation is spoken of, or has what the other has not.
    """
    join, select = node.find_ancestor(exp.Join), node.find_ancestor(exp.Select)
    tables = list(base_tables(select)) if select is not None else []
    if join is None or select is None or len(tables) != 2 or len(select.args["joins"]) != 1:
        return None
    if select.find(exp.Star) or join.side:
        return None
    kept = one_of([t for t in tables if _is_spoken_of(t, known)])
    stranger = one_of([t for t in tables if t is not kept])
    if kept is None or stranger is None:
        return None
    relation = known.catalog.relation(kept.meta[RELATION])
    joining = {id(c) for c in join.find_all(exp.Column)}
    taken = [c for c in select.find_all(exp.Column) if id(c) not in joining]
    if relation is None or not taken or any(relation.column(c.name) is None for c in taken):
        return None
    alias = kept.alias_or_name
    for column in taken:
        column.set("table", exp.to_identifier(alias, quoted=True))
    select.set("from_", exp.From(this=kept.copy()))
    select.set("joins", [])
    return f"left out `{stranger.name}`, which no key joins, and took all from `{kept.name}`"


def _is_spoken_of(table: exp.Table, known: Known) -> bool:
    return bool(set(words(table.meta[RELATION].name)) & known.asked)
