"""Plans: a draft's SQL, checked against an allow-list and a visible catalog. No I/O, no clock."""

from nlq.plan.check import Checked, check, check_tree, require_valid
from nlq.plan.lift import Slot
from nlq.plan.value import HAND, Dependency, Parameter, Plan, Provenance, ResultColumn, Value, lookup_key

__all__ = [
    "HAND",
    "Checked",
    "Dependency",
    "Parameter",
    "Plan",
    "Provenance",
    "ResultColumn",
    "Slot",
    "Value",
    "check",
    "check_tree",
    "lookup_key",
    "require_valid",
]
