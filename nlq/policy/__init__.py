"""Who may see what, as values and pure decisions: no I/O, no clock."""

from nlq.policy.decide import Decision, Reading, decide_read, visible
from nlq.policy.principal import OWNER, Principal
from nlq.policy.rules import ColumnRule, Policy, ReadRule, RelationRules

__all__ = [
    "OWNER",
    "ColumnRule",
    "Decision",
    "Policy",
    "Principal",
    "ReadRule",
    "Reading",
    "RelationRules",
    "decide_read",
    "visible",
]
