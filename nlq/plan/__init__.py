"""Plans: a draft's SQL, checked against an allow-list and a visible catalog. No I/O, no clock."""

from nlq.plan.value import Dependency, Parameter, Plan, Provenance, ResultColumn, Value, lookup_key

__all__ = [
    "Dependency",
    "Parameter",
    "Plan",
    "Provenance",
    "ResultColumn",
    "Value",
    "lookup_key",
]
