"""A mutation's draft to checked text: steps bound, completed from the schema, written anew.

What comes out is what `nlq.guard.change` takes apart again, as if it were a draft: a stored plan is
trusted no more than a new one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from nlq.catalog import Catalog, Column, Family, RelationName, family
from nlq.errors import PlanError, StoreError
from nlq.plan.bind_steps import Bound, bind_steps, placeholders_of
from nlq.plan.check import Checked, dependencies, stale
from nlq.plan.complete import complete, settle_values
from nlq.plan.dml import ME, NEW, NOW, Step, When, leaves, read_steps, write_steps
from nlq.plan.explain_steps import explain_steps
from nlq.plan.inputs import input_schema
from nlq.plan.lift import Slot, parameter_family
from nlq.plan.meta import COLUMN, RELATION
from nlq.plan.value import Parameter, Plan

Fill = Mapping[RelationName, Mapping[str, str]]
"""Columns of new rows that the rules decide, by relation: each with the claim that it has to be."""

_ROUNDS = 3
_ALL = re.compile(r"\b(all|every|everything|everyone|each|entire|whole|any)\b", re.IGNORECASE)
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class CheckedMutation:
    """As `Checked`, with what was added to the draft, in words."""

    checked: Checked
    added: tuple[str, ...] = ()


def check_mutation(
    text: str,
    catalog: Catalog,
    *,
    instruction: str | None = None,
    named: Collection[str] = (),
    slots: Iterable[Slot] = (),
    fill: Fill | None = None,
) -> CheckedMutation:
    """The draft, checked against what the principal may see.

    `named` are the parameters that the caller sent, all of which it has to use; others that it names are
    wanted too. What touches every row is refused unless the `instruction` says all; one that is not given,
    as of SQL by hand, says so. `slots` are literals of the instruction.

    Raises `plan.*`.
    """
    steps, reads = bind_steps(read_steps(text, catalog.dialect), catalog)
    if instruction is not None and not _ALL.search(instruction):
        _require_bounded(steps)
    _require_told_apart(steps)
    filled = [(b, (fill or {}).get(b.relation.name, {})) for b in steps]
    done = [
        complete(
            settle_values(b.step, b.relation, known, catalog.dialect, instruction, named),
            b.relation,
            catalog.dialect,
            known,
        )
        for b, known in filled
    ]
    written = tuple(step for step, _ in done)
    lifted = _lift(written, tuple(slots), catalog)
    sql, settled, reads = _settle(written, catalog)
    parameters = parameters_of(settled, catalog, {p.name: p for p in lifted})
    unused = set(named) - {p.name for p in parameters}
    for name in sorted(unused):
        raise PlanError("plan.parameter", f"the parameter `:{name}` is not used", f"use `:{name}`")
    checked = Checked(sql, parameters, dependencies(reads), explain_steps(settled, catalog.dialect))
    return CheckedMutation(checked, tuple(note for _, notes in done for note in notes))


def require_valid_mutation(plan: Plan, catalog: Catalog) -> tuple[Bound, ...]:
    """The steps of a stored plan, checked again against the catalog that is visible now.

    Raises `store.stale` where it says another thing there, `store.invalid` where it is not what a check
    makes.
    """
    try:
        steps, reads = bind_steps(read_steps(plan.sql, plan.dialect), catalog)
    except PlanError as error:
        raise stale(plan, error.message) from error
    if dependencies(reads) != plan.depends:
        raise stale(plan, "columns that it reads or writes changed")
    for bound in steps:
        completed, _ = complete(bound.step, bound.relation, catalog.dialect, {})
        if completed.columns != bound.step.columns:
            raise stale(plan, f"`{bound.relation.name.name}` needs other columns than it did")
    if write_steps(tuple(b.step for b in steps), plan.dialect) != plan.sql:
        raise _altered(plan, "its SQL is not in checked form")
    found = parameters_of(steps, catalog, {p.name: p for p in plan.parameters})
    if [(p.name, p.family) for p in found] != [(p.name, p.family) for p in plan.parameters]:
        raise _altered(plan, "its parameters do not match its SQL")
    if input_schema(found, assigned(steps), catalog) != plan.inputs:
        raise stale(plan, "what its parameters may be changed")
    return steps


def parameters_of(
    steps: tuple[Bound, ...], catalog: Catalog, known: Mapping[str, Parameter]
) -> tuple[Parameter, ...]:
    """What the steps have to be given, in order of use; families are those of what it is compared with.

    A parameter of `known` keeps its family where the place says nothing, and its example.
    """
    found: dict[str, Family | None] = {}
    places = {id(n): c for b in steps for n, c in _assigned(b)}
    for bound in steps:
        for node in placeholders_of(bound.step):
            if node.name.startswith((ME, NEW)) or node.name == NOW:
                continue
            if not _PARAMETER.fullmatch(node.name):
                hint = "begin with a letter, and use letters, digits and `_`"
                raise PlanError("plan.parameter", f"a parameter cannot be called `{node.name}`", hint)
            column = places.get(id(node))
            of = family(column.type, catalog.dialect) if column else parameter_family(node, catalog.dialect)
            found[node.name] = found.get(node.name) or of
    return tuple(
        replace(known[n], family=of or known[n].family) if n in known else Parameter(n, of or "other")
        for n, of in found.items()
    )


def assigned(steps: Iterable[Bound]) -> dict[str, tuple[Column, ...]]:
    """The columns that each parameter becomes the value of, by itself."""
    found: dict[str, tuple[Column, ...]] = {}
    for bound in steps:
        for node, column in _assigned(bound):
            found[node.name] = (*found.get(node.name, ()), column)
    return found


def _assigned(bound: Bound) -> Iterator[tuple[exp.Placeholder, Column]]:
    for leaf in leaves(bound.step.query):
        for value, column in zip(leaf.expressions, bound.columns, strict=False):
            bare = value.unalias()
            if isinstance(bare, exp.Placeholder):
                yield bare, column


def _require_bounded(steps: tuple[Bound, ...]) -> None:
    for bound in steps:
        if bound.step.action == "create":
            continue
        where = bound.step.query.args.get("where")
        columns = where.this.find_all(exp.Column) if where is not None else ()
        if not any(c.meta.get(COLUMN) for c in columns):
            raise PlanError(
                "plan.unbounded",
                f"this would {bound.step.action} every row of `{bound.relation.name.name}`",
                "say which rows; if you mean all of them, say `all`",
            )


def _require_told_apart(steps: tuple[Bound, ...]) -> None:
    """Refuse a step that asks for rows which an earlier one has taken away: that was meant to be an IF."""
    gone: set[RelationName] = set()
    for bound in steps:
        if bound.step.action == "create" and bound.step.when is None:
            for node in bound.step.query.find_all(exp.Exists):
                for table in node.find_all(exp.Table):
                    if table.meta.get(RELATION) in gone:
                        raise PlanError(
                            "plan.unsupported",
                            f"EXISTS looks for rows of `{table.name}` that are deleted before",
                            "write IF EXISTS (…) THEN … ELSE … END IF",
                        )
        if bound.step.action == "delete":
            gone.add(bound.relation.name)


def _settle(
    steps: tuple[Step, ...], catalog: Catalog
) -> tuple[str, tuple[Bound, ...], dict[RelationName, dict[str, Column]]]:
    """Text that means what it says: read again, it gives the same text; with its steps and reads."""
    text = write_steps(steps, catalog.dialect)
    for _ in range(_ROUNDS):
        again, reads = bind_steps(read_steps(text, catalog.dialect), catalog)
        written = write_steps(tuple(b.step for b in again), catalog.dialect)
        if written == text:
            return text, again, reads
        text = written
    raise PlanError(
        "plan.unsupported",
        "the SQL cannot be written down so that it reads the same",
        "say it more plainly",
    )


_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)


def _lift(steps: tuple[Step, ...], slots: tuple[Slot, ...], catalog: Catalog) -> tuple[Parameter, ...]:
    """Parameters for those literals of the instruction that the steps hold once, as a value by itself."""
    found = []
    for slot in slots:
        holding = [n for s in steps for t in _trees(s) for n in t.find_all(exp.Literal) if _is(n, slot)]
        if len(holding) != 1:
            continue
        node: exp.Expr = holding[0]
        alone = isinstance(node.parent, exp.Select) and node.arg_key == "expressions"
        if isinstance(node.parent, _COMPARED) or alone:
            of = None if alone else parameter_family(node, catalog.dialect)
            node.replace(exp.Placeholder(this=slot.name))
            example = slot.value if isinstance(slot.value, int | str) else float(slot.value)
            found.append(Parameter(slot.name, of or slot.family, example))
    return tuple(found)


def _trees(step: Step) -> tuple[exp.Expr, ...]:
    own: When | None = step.when
    return (step.query,) if own is None or own.negated else (own.query, step.query)


def _is(node: exp.Literal, slot: Slot) -> bool:
    if isinstance(slot.value, str):
        return bool(node.is_string) and node.name == slot.value
    return not node.is_string and node.name == str(slot.value)


def _altered(plan: Plan, what: str) -> StoreError:
    return StoreError(
        "store.invalid",
        f"the plan of `{plan.template}` cannot be trusted: {what}",
        "delete the file to compile it again",
    )
