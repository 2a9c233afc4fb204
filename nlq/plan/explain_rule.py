"""Rules back in English, from the predicate that runs: what a reviewer compares with what was written."""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.plan.explain import _Explainer

_CLAIM = "me."


def explain_predicate(predicate: exp.Expr, dialect: Dialect) -> str:
    """The condition in words; `predicate` is bound, as a rule's."""
    return _RuleExplainer(dialect).condition(predicate)


class _RuleExplainer(_Explainer):
    def condition(self, node: exp.Expr) -> str:
        match node:
            case exp.And():
                return f"{self._side(node.left, exp.Or)} and {self._side(node.right, exp.Or)}"
            case exp.Or():
                return f"{self._side(node.left, exp.And)} or {self._side(node.right, exp.And)}"
            case exp.Column():
                return f"{self.value(node)} is true"
            case exp.In() if (found := self._elsewhere(node)) is not None:
                return found
            case exp.Is() if _is_id(node.this) and isinstance(node.expression, exp.Null):
                return f"the caller is {'' if node.args.get('negate') else 'not '}known"
            case exp.Coalesce() if _is_else_false(node):
                return self.condition(node.this)
            case _:
                return super().condition(node)

    def negated(self, node: exp.Expr) -> str:
        match node:
            case exp.Not():
                return self.condition(node.this.unnest())
            case exp.Is() if node.args.get("negate"):
                return self.condition(exp.Is(this=node.this, expression=node.expression))
            case exp.Is() if _is_id(node.this) and isinstance(node.expression, exp.Null):
                return "the caller is known"
            case exp.Column():
                return f"{self.value(node)} is false"
            case exp.Is(expression=exp.Boolean()):
                return super().negated(node)
            case exp.In() if self._elsewhere(node) is not None:
                return f"it is not so that {self._elsewhere(node)}"
            case exp.Paren():
                return self.negated(node.this)
            case exp.Coalesce() if _is_else_false(node):
                return f"it is not so that {self.condition(node.this)}"
            case _:
                return super().negated(node)

    def value(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Placeholder) and node.name.startswith(_CLAIM):
            return f"the caller's `{node.name.removeprefix(_CLAIM)}`"
        if isinstance(node, exp.Cast) and isinstance(node.this, exp.Placeholder):
            return self.value(node.this)
        return super().value(node)

    def _side(self, node: exp.Expr, other: type[exp.Expr]) -> str:
        inner = node.this if isinstance(node, exp.Paren) else node
        text = self.condition(inner)
        return f"({text})" if isinstance(inner, other) else text

    def _elsewhere(self, node: exp.In) -> str | None:
        """`author_id` is the `id` of a row of `users` where …: for a sub-select over one relation."""
        select = node.args.get("query")
        select = select.this if isinstance(select, exp.Subquery) else select
        if not isinstance(select, exp.Select) or len(select.expressions) != 1:
            return None
        given = {key for key, value in select.args.items() if value not in (None, False, [])}
        source = select.args["from_"].this if select.args.get("from_") else None
        if not isinstance(source, exp.Table) or given != {"expressions", "from_", "where"}:
            return None
        what = self.value(select.expressions[0].unalias())
        where = self.condition(select.args["where"].this)
        return f"{self.value(node.this)} is the {what} of a row of `{source.name}` where {where}"


def _is_id(node: exp.Expr) -> bool:
    bare = node.this if isinstance(node, exp.Cast) else node
    return isinstance(bare, exp.Placeholder) and bare.name == f"{_CLAIM}id"


def _is_else_false(node: exp.Coalesce) -> bool:
    others = node.expressions
    return len(others) == 1 and isinstance(others[0], exp.Boolean) and not others[0].this
