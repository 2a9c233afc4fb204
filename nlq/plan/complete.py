"""What the schema and the rules know of a new row, so that no model decides it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlglot import exp

from nlq.catalog import Column, Dialect, Family, Relation, family
from nlq.errors import PlanError
from nlq.plan.dml import ME, NOW, Step, leaves

_MADE_NOW = re.compile(
    r"(creat|add|insert|post|plac|record|join|order|issu|register|open|updat|modif|chang|log|sign|start|receiv"
    r"|submit|sent|written|made|liked|follow)\w*_?(at|on|time|date|day|ts)"
    r"|timestamp|ts|(creation|order|entry|start)_?(date|time)",
    re.IGNORECASE,
)
"""Names of columns that say when the row came to be."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def complete(
    step: Step, relation: Relation, dialect: Dialect, fill: Mapping[str, str]
) -> tuple[Step, tuple[str, ...]]:
    """The step with each column that a new row needs, and what was added, in words.

    Keys that the database or we can make are left out whatever the draft says, unless somebody sends them.
    `fill` are columns that the rules decide. What nobody knows becomes a parameter of the column's name.
    """
    if step.action != "create":
        return step, ()
    step = _without_made_keys(step, relation, dialect)
    notes: list[str] = []
    for column in relation.columns:
        if column.name in step.columns or column.generated:
            continue
        value = _value(column, relation, dialect, fill)
        if value is None:
            continue
        for leaf in leaves(step.query):
            leaf.append("expressions", exp.Placeholder(this=value))
        step = replace(step, columns=(*step.columns, column.name))
        if value.startswith(ME) or value == NOW:
            what = "the time of the change" if value == NOW else f"the caller's `{value.removeprefix(ME)}`"
            notes.append(f"`{column.name}` of `{relation.name.name}` is {what}")
    return step, tuple(notes)


def settle_values(
    step: Step,
    relation: Relation,
    fill: Mapping[str, str],
    dialect: Dialect,
    instruction: str | None,
    named: Collection[str],
) -> Step:
    """The step whose values are those of one moment and of who asks, whatever the draft made of both.

    `now()` is the time of the change, which stays the same until a preview is approved. A number that the
    draft gives for the caller, and that the `instruction` does not say, is nobody's: the column is left
    out, for `fill` to say who it is; likewise a parameter that is not among those `named`.
    """
    for leaf in leaves(step.query):
        for value, name in zip(list(leaf.expressions), step.columns, strict=False):
            _tell_time(value, relation.column(name), dialect)
    if step.action != "create" or instruction is None:
        return step
    said = set(re.findall(r"\w+", instruction))
    for name in [n for n in step.columns if n in fill and len(step.columns) > 1]:
        at = step.columns.index(name)
        values = [leaf.expressions[at].unalias() for leaf in leaves(step.query)]
        if all(_is_invented(v, said, named) for v in values):
            step = _without(step, at)
    return step


def _is_invented(value: exp.Expr, said: Collection[str], named: Collection[str]) -> bool:
    if isinstance(value, exp.Placeholder):
        return "." not in value.name and value.name not in named
    return isinstance(value, exp.Literal) and not value.is_string and value.name not in said


def _tell_time(value: exp.Expr, column: Column | None, dialect: Dialect) -> None:
    bare = value.unalias()
    moments = [n for n in bare.find_all(exp.CurrentTimestamp, exp.Anonymous) if _is_now(n)]
    for node in moments:
        now: exp.Expr = exp.Placeholder(this=NOW)
        whole = node is bare and column is not None and family(column.type, dialect) == "timestamp"
        node.replace(now if whole else exp.cast(now, "TIMESTAMPTZ"))


def _is_now(node: exp.Expr) -> bool:
    return isinstance(node, exp.CurrentTimestamp) or (not node.expressions and node.name.lower() == "now")


def makes_key(relation: Relation, dialect: Dialect) -> Family | None:
    """The family of a key that we make where the database does not: a whole number, or a UUID.

    None where there is no such key, or the database makes it.
    """
    if len(relation.primary_key) != 1 or _refers(relation, relation.primary_key[0]):
        return None
    column = relation.column(relation.primary_key[0])
    if column is None or column.generated or column.default is not None:
        return None
    of = family(column.type, dialect)
    return of if of in ("integer", "uuid") else None


def _without_made_keys(step: Step, relation: Relation, dialect: Dialect) -> Step:
    made = {c.name for c in relation.columns if c.generated}
    if makes_key(relation, dialect):
        made.add(relation.primary_key[0])
    for name in [n for n in step.columns if n in made]:
        at = step.columns.index(name)
        values = [leaf.expressions[at] for leaf in leaves(step.query)]
        if any(v.find(exp.Placeholder) for v in values):
            continue  # somebody sends it
        if len(step.columns) == 1:
            raise PlanError("plan.unsupported", f"INSERT gives `{relation.name.name}` nothing but a key")
        step = _without(step, at)
    return step


def _without(step: Step, at: int) -> Step:
    """The step without one of its columns."""
    for leaf in leaves(step.query):
        leaf.set("expressions", [e for i, e in enumerate(leaf.expressions) if i != at])
    return replace(step, columns=tuple(c for i, c in enumerate(step.columns) if i != at))


def _value(column: Column, relation: Relation, dialect: Dialect, fill: Mapping[str, str]) -> str | None:
    """The name of the parameter that the column gets, if it needs one."""
    if column.name in fill:
        return fill[column.name]
    if column.nullable or column.default is not None:
        return None
    if relation.primary_key == (column.name,) and makes_key(relation, dialect):
        return None
    of = family(column.type, dialect)
    if of in ("date", "timestamp") and _MADE_NOW.fullmatch(column.name):
        return NOW
    if not _NAME.fullmatch(column.name) or column.name == NOW:
        raise PlanError(
            "plan.unsupported",
            f"`{relation.name.name}` needs a value for `{column.name}`",
            "give it in INSERT",
        )
    return column.name


def _refers(relation: Relation, name: str) -> bool:
    return any(name in key.columns for key in relation.foreign_keys)
