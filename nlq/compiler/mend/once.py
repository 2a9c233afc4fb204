"""Who has several rows is shown and counted once: mended without the model.

`vets who gave a care` are joined with their cares, and stand there once for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from nlq.catalog import Catalog, Relation
from nlq.compiler.join import Graph
from nlq.compiler.mend.tree import Rule, base_tables, has_several, new_column, one_of
from nlq.compiler.words import HOW_MANY, words
from nlq.plan.meta import COLUMN, RELATION, BoundColumn

_WHO = re.compile(
    r"\b(?P<what>\w+)\s+(?:who|that|which|whose|with|having|(?:for|in|of|to|on|at) (?:which|whom)|where)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\s*which\s+(?:of the\s+)?(?P<what>\w+)", re.IGNORECASE)
_AMONG = re.compile(
    r"\b(?:among|of) (?:all )?(?:the )?(?P<what>\w+)(?: (?P<of>\w+))?\b.*\bhow many (?:of them |of those )?"
    r"(?:have|has|had|are|is|were|was|do|did)\b",
    re.IGNORECASE | re.DOTALL,
)


def mend_once(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words."""
    if not isinstance(tree, exp.Select) or any(
        tree.args.get(k) for k in ("group", "having", "order", "limit", "distinct", "with_")
    ):
        return ()
    rules: tuple[Rule, ...] = (_show_once, _count_once)
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _show_once(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`SELECT v.name FROM vets v JOIN cares …`, for the vets who gave a care."""
    shown = [e.unalias() for e in select.expressions]
    columns = [c for c in shown if isinstance(c, exp.Column)]
    aliases = {c.table for c in columns}
    about = one_of([t for t in base_tables(select) if aliases == {t.alias_or_name}])
    if about is None or len(columns) != len(shown):
        return
    said = [words(m["what"]) for m in (*_WHO.finditer(question), _WHICH.match(question)) if m]
    is_meant = _shows_key(columns, about, catalog) or any(_names(what, about, select) for what in said)
    if not is_meant or not _repeats(select, about, catalog):
        return
    select.set("distinct", exp.Distinct())
    yield f"showed each of `{about.name}` once, however many rows belong to it"


def _shows_key(columns: list[exp.Column], about: exp.Table, catalog: Catalog) -> bool:
    """Whether it is told which rows there are: a key that comes twice tells no more."""
    relation = catalog.relation(about.meta[RELATION])
    key = relation.primary_key if relation is not None else ()
    return len(key) == 1 and key[0] in [column.name for column in columns]


def _names(what: tuple[str, ...], about: exp.Table, select: exp.Select) -> bool:
    """Whether a word names the relation, and no other of the query."""
    alike = [t for t in base_tables(select) if set(what) & set(words(t.meta[RELATION].name))]
    exact = [t for t in alike if words(t.meta[RELATION].name) == what]
    return one_of(exact or alike) is about


def _count_once(select: exp.Select, catalog: Catalog, question: str) -> Iterator[str]:
    """`how many horses had a treatment`: horses, not treatments."""
    shown = one_of(select.expressions)
    count = shown.unalias() if shown is not None else None
    said = _AMONG.search(question) or HOW_MANY.search(question)
    if (
        not isinstance(count, exp.Count)
        or said is None
        or not isinstance(count.this, exp.Star | exp.Column)
    ):
        return
    relation = _said_relation(" ".join(filter(None, said.group("what", "of"))), catalog)
    if relation is None or len(relation.primary_key) != 1:
        return
    tables = list(base_tables(select))
    about = one_of([t for t in tables if t.meta[RELATION] == relation.name])
    if about is not None:
        if not _repeats(select, about, catalog):
            return
        key = new_column(about.alias_or_name, relation.primary_key[0])
    else:
        found = [
            new_column(t.alias_or_name, link.pairs[0][0])
            for t in tables
            for link in Graph.of(catalog).links.get(t.meta[RELATION], ())
            if link.declared and link.right == link.referred == relation.name and len(link.pairs) == 1
        ]
        if len(found) != 1:
            return
        key = found[0]
    # What has no value is not counted, and nobody may have several of it.
    if isinstance(count.this, exp.Column) and count.this.name != key.name:
        bound: BoundColumn | None = count.this.meta.get(COLUMN)
        if bound is None or bound.column.nullable:
            return
    count.set("this", exp.Distinct(expressions=[key]))
    yield f"counted each of `{relation.name.name}` once, however many rows belong to it"


def _said_relation(what: str, catalog: Catalog) -> Relation | None:
    """The relation that is called so, by two words or the first; `car makers` are no cars."""
    both = words(what)
    if found := [r for r in catalog if words(r.name.name) == both]:
        return one_of(found)
    if any(words(r.name.name)[-1:] == both[1:] for r in catalog):
        return None
    return one_of([r for r in catalog if words(r.name.name) == both[:1]])


def _repeats(select: exp.Select, about: exp.Table, catalog: Catalog) -> bool:
    """Whether all others are joined by what is equal, and several of their rows may belong to one."""
    others = [t for t in base_tables(select) if t is not about]
    joins = select.args.get("joins") or []
    if len(others) != len(joins) or any(j.side or j.kind not in ("", "INNER") for j in joins):
        return False
    return any(has_several(about, other, catalog) for other in others)
