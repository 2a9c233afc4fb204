"""What the passes know, and what they note on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from nlq.catalog import Catalog, RelationName
from nlq.plan import ResultColumn
from nlq.plan.nested import Path
from nlq.policy import Action, Decision, Policy, Principal


@dataclass(slots=True)
class Context:
    """Inputs of one run of the passes, and its notes: decisions, argument names, the final text.

    `target` is the relation in the tree whose rows are about to be updated or deleted, if they are.

    With `paths`, one for each of `columns`, the result is to be nested by them; `cells` are then what its
    columns hold, as `Statement.cells` says.

    With a `db_role` the database enforces the policy too, and relations are read from its views.
    """

    policy: Policy
    principal: Principal
    catalog: Catalog
    visible: Catalog
    db_role: str = ""
    acting: Action | None = None
    target: exp.Expr | None = None
    decisions: dict[RelationName, Decision] = field(default_factory=dict)
    acts: list[Decision] = field(default_factory=list)
    paths: tuple[Path, ...] = ()
    columns: tuple[ResultColumn, ...] = ()
    cells: list[tuple[Path, ...]] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    text: str = ""
