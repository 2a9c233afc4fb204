"""The only thing that an engine accepts."""

from __future__ import annotations

from dataclasses import dataclass

from nlq.catalog import Dialect, RelationName
from nlq.plan.nested import Path
from nlq.policy import Decision


@dataclass(frozen=True, slots=True)
class Statement:
    """A plan rewritten for one set of roles: text in the engine's dialect with positional parameters.

    `arguments` names, in order of position, what is bound: a parameter of the plan (`p1`), a claim of
    the principal (`me.account_id`), or the row limit (`__limit`). Made by `nlq.guard.guard` alone.

    `reads` are the relations that it names, so that an engine can find out whether its own parser sees
    the same; None, of what no guard made, is not compared.

    Where the result is nested, `cells` say where the value of each column is put: `nlq.plan.nested.fold`.
    """

    sql: str
    dialect: Dialect
    arguments: tuple[str, ...]
    plan_id: str
    decisions: tuple[Decision, ...]
    reads: frozenset[RelationName] | None = None
    cells: tuple[tuple[Path, ...], ...] = ()
