"""What `*` shows: which columns, in which order, and what stands for those that a join made one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.plan.scope import Merged, Scope, Source, column_of, spellings


def star_columns(
    sources: list[Source], scope: Scope, *, merge: bool, outermost: bool, dialect: Dialect
) -> list[exp.Expr]:
    """The columns of `sources`; with `merge`, those that USING or NATURAL made one come once.

    Postgres shows them before the others of their item of FROM (PostgreSQL manual, 7.2.1.1); elsewhere
    each stays where its first owner has it.
    """
    named = [(source, spelled) for source in sources for spelled in spellings(source, outermost=outermost)]
    if not merge:
        coalesced = dialect == "sqlite"
        return [_bare(n) if coalesced and _is_coalesced(s, n, scope) else column_of(s, n) for s, n in named]
    shown = [(source, spelled, scope.merged.get(spelled.casefold())) for source, spelled in named]
    if dialect == "postgres":
        starts = [*scope.items, len(scope.sources)]
        spans = enumerate(pairwise(starts))
        item = {id(s): n for n, (start, end) in spans for s in scope.sources[start:end]}
        last = len(scope.merged_first)
        place = {name: n for n, name in enumerate(scope.merged_first)}
        shown.sort(key=lambda s: (item[id(s[0])], place[s[1].casefold()] if _is_one(s[0], s[2]) else last))
    return list(_once(shown, scope))


def _is_coalesced(source: Source, name: str, scope: Scope) -> bool:
    """True where SQLite takes `id` of `t.*` for the merged one: later joins merge it and are outer."""
    merged = scope.merged.get(name.casefold())
    if merged is None:
        return False
    place = {id(s): n for n, s in enumerate(scope.sources)}
    here = place[id(source)]
    return here < scope.right_joined and any(place.get(id(s), -1) > here for s in merged.sources[1:])


def _bare(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _is_one(source: Source, merged: Merged | None) -> bool:
    return merged is not None and source in merged.sources


def _once(shown: list[tuple[Source, str, Merged | None]], scope: Scope) -> Iterator[exp.Expr]:
    done: set[str] = set()
    for source, spelled, merged in shown:
        if merged is None or source not in merged.sources:
            yield column_of(source, spelled)
        elif spelled.casefold() not in done:
            done.add(spelled.casefold())
            yield _merged_column(merged, scope)


def _merged_column(merged: Merged, scope: Scope) -> exp.Expr:
    """The one value of a merged column; spelled out where the bare name would be ambiguous."""
    folded = merged.name.casefold()
    if all(s in merged.sources for s in scope.sources if folded in s.columns):
        return _bare(merged.name)
    columns = [column_of(s, s.columns[folded][0]) for s in merged.sources]
    if merged.sides <= {"", "LEFT"}:
        return columns[0]
    value = exp.Coalesce(this=columns[0], expressions=columns[1:])
    return exp.alias_(value, exp.to_identifier(merged.name, quoted=True))
