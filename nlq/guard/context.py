"""What the passes know, and what they note on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from nlq.catalog import Catalog, RelationName
from nlq.policy import Decision, Policy, Principal


@dataclass(slots=True)
class Context:
    """Inputs of one run of the passes, and its notes: decisions, argument names, the final text.

    With a `db_role` the database enforces the policy too, and relations are read from its views.
    """

    policy: Policy
    principal: Principal
    catalog: Catalog
    visible: Catalog
    db_role: str = ""
    decisions: dict[RelationName, Decision] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    text: str = ""
