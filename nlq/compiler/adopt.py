"""A plan's SQL, checked anew, as a plan of another scope or another moment. Pure."""

from __future__ import annotations

from dataclasses import replace

from nlq.catalog import Dialect
from nlq.compiler.declared import Declared, declare_types
from nlq.plan import Checked, Plan


def adopt(plan: Plan, checked: Checked, scope: str, dialect: Dialect) -> Plan:
    """The plan as `checked` has it, its result not yet described. What a caller may send stays as it was.

    Raises `plan.parameter` where the SQL now compares a parameter with something else.
    """
    declared = [Declared(p.name, p.family) for p in plan.parameters]
    examples = {p.name: p.example for p in plan.parameters}
    return replace(
        plan,
        dialect=dialect,
        scope=scope,
        sql=checked.sql,
        parameters=tuple(
            replace(p, example=examples[p.name])
            for p in declare_types(checked.parameters, declared, dialect)
        ),
        columns=(),
        depends=checked.depends,
        explanation=checked.explanation,
    )
