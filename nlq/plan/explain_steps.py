"""A mutation in English, from its syntax trees."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.plan.bind_steps import Bound
from nlq.plan.explain_rule import _RuleExplainer

_NAMES = {"now": "the time of the change"}


def explain_steps(steps: Sequence[Bound], dialect: Dialect) -> str:
    """What the steps do, a sentence each."""
    return " ".join(_sentence(bound, dialect) for bound in steps)


class _StepExplainer(_RuleExplainer):
    def condition(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Exists) and (found := self._row(node.this)):
            return f"there is {found}"
        return super().condition(node)

    def negated(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Exists) and (found := self._row(node.this)):
            return f"there is not {found}"
        return super().negated(node)

    def _row(self, query: exp.Expr) -> str:
        """A row of a relation where …, for a query that looks for one."""
        given = {key for key, value in query.args.items() if value not in (None, False, [])}
        if not isinstance(query, exp.Select) or given != {"expressions", "from_", "where"}:
            return ""
        within = _StepExplainer(self.dialect)
        within.select(query)
        where = within.condition(query.args["where"].this)
        return f"a row of {within.source(query.args['from_'].this)} where {where}"

    def value(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Placeholder):
            if node.name in _NAMES:
                return _NAMES[node.name]
            if node.name.startswith("new."):
                _, relation, column = node.name.split(".")
                return f"the `{column}` of the new row of `{relation}`"
        return super().value(node)


def _sentence(bound: Bound, dialect: Dialect) -> str:
    step, name = bound.step, f"`{bound.relation.name.name}`"
    explainer = _StepExplainer(dialect)
    query = step.query
    if isinstance(query, exp.Select):
        explainer.select(query)  # learns what the sources are called
    plain = isinstance(query, exp.Select)
    where = query.args.get("where")
    rows = f"rows of {name} where {explainer.condition(where.this)}" if where else f"every row of {name}"
    pairs = zip(step.columns, query.expressions if plain else [], strict=False)
    values = [f"`{column}` is {explainer.value(value.unalias())}" for column, value in pairs]
    match step.action:
        case "delete":
            text = f"deletes {rows}"
        case "update":
            text = f"in {rows}, sets: {', '.join(values)}"
        case _ if plain and query.args.get("from_") is None:
            only = f", if {explainer.condition(where.this)}" if where else ""
            text = f"adds a row to {name}: {', '.join(values)}{only}"
        case _:
            text = f"adds to {name} ({', '.join(step.columns)}): {explainer.nested(query)}"
    if step.when is not None:
        condition = _StepExplainer(dialect).condition(step.when.query.args["where"].this)
        text = f"otherwise, {text}" if step.when.negated else f"if {condition}, {text}"
    return f"{text[:1].upper()}{text[1:]}."
