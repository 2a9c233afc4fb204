"""Who may see what, as values and pure decisions: no I/O, no clock."""

from nlq.policy.decide import Decision, Reach, column_rule, decide, decide_columns, decide_read, visible
from nlq.policy.mask import Mask
from nlq.policy.principal import ANONYMOUS, OWNER, Principal
from nlq.policy.rules import ACTIONS, Action, ClaimType, ColumnRule, Policy, RelationRules, Rule

__all__ = [
    "ACTIONS",
    "ANONYMOUS",
    "OWNER",
    "Action",
    "ClaimType",
    "ColumnRule",
    "Decision",
    "Mask",
    "Policy",
    "Principal",
    "Reach",
    "RelationRules",
    "Rule",
    "column_rule",
    "decide",
    "decide_columns",
    "decide_read",
    "visible",
]
