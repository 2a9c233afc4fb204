"""SQL in English, made from the syntax tree: what a reader can trust, because no model wrote it.

Every node that the allow-list admits has words; one without is shown as SQL, never left out.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.plan.explain_time import explain_time
from nlq.plan.meta import RELATION
from nlq.plan.rows import is_series
from nlq.plan.syntax import render_fragment

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "is",
    exp.NEQ: "is not",
    exp.GT: "is more than",
    exp.GTE: "is at least",
    exp.LT: "is less than",
    exp.LTE: "is at most",
    exp.NullSafeEQ: "is the same as",
    exp.NullSafeNEQ: "is not the same as",
    exp.Like: "is like",
    exp.ILike: "is like, in any case,",
    exp.SimilarTo: "is similar to",
    exp.RegexpLike: "matches the pattern",
    exp.Glob: "matches",
}
_ARITHMETIC: dict[type[exp.Expr], str] = {
    exp.Add: "plus",
    exp.Sub: "minus",
    exp.Mul: "times",
    exp.Div: "divided by",
    exp.IntDiv: "divided in whole numbers by",
    exp.Mod: "modulo",
    exp.DPipe: "followed by",
}
_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "the sum of",
    exp.Avg: "the average",
    exp.Min: "the smallest",
    exp.Max: "the largest",
    exp.Median: "the median of",
    exp.Stddev: "the standard deviation of",
    exp.Variance: "the variance of",
    exp.GroupConcat: "the joined texts of",
    exp.AnyValue: "any",
    exp.First: "the first",
    exp.Last: "the last",
    exp.Mode: "the most common",
    exp.ApproxDistinct: "the approximate number of different values of",
}
_SET_OPERATIONS: dict[type[exp.Expr], str] = {
    exp.Union: "together with",
    exp.Intersect: "kept only if also in",
    exp.Except: "without those in",
}


def explain(tree: exp.Expr, dialect: Dialect) -> str:
    """The query in a few sentences, in the order in which a reader would say them."""
    return _Explainer(dialect).query(tree)


class _Explainer:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.names: dict[str, str] = {}
        self.single = True
        self.outputs: list[str] = []

    def query(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Subquery):
            return self.query(node.this)
        parts = []
        if clause := node.args.get("with_"):
            parts += [f"First, `{c.alias}`: {self.nested(c.this)}." for c in clause.expressions]
        if isinstance(node, exp.SetOperation):
            word = _SET_OPERATIONS[type(node)]
            left, right = self.nested(node.this), self.nested(node.expression)
            every = ", keeping duplicates" if node.args.get("distinct") is False else ""
            parts.append(f"{_capital(left)}; {word}: {right}{every}.")
        elif isinstance(node, exp.Select):
            parts += self.select(node)
        parts += self.tail(node)
        return " ".join(parts)

    def nested(self, node: exp.Expr) -> str:
        """A query inside another, as one phrase."""
        kept = self.names, self.single, self.outputs
        self.names = dict(self.names)
        text = self.query(node).rstrip(".")
        self.names, self.single, self.outputs = kept
        return text[:1].lower() + text[1:]

    def select(self, node: exp.Select) -> list[str]:
        sources = [f.this for f in [node.args.get("from_")] if f]
        joins = node.args.get("joins") or []
        self.single = not joins and not self.names
        self.outputs = [i.alias_or_name for i in node.expressions]
        for source in [*sources, *(j.this for j in joins)]:
            relation = source.meta.get(RELATION)
            self.names[source.alias_or_name] = relation.name if relation else source.alias_or_name
        doubled = {n for n in self.names.values() if list(self.names.values()).count(n) > 1}
        for alias, name in self.names.items():
            if name in doubled:
                self.names[alias] = alias
        parts = [self.output(node) + (f", from {self.source(sources[0])}" if sources else "") + "."]
        parts += [self.join(j) for j in joins]
        if where := node.args.get("where"):
            parts.append(f"Only rows where {self.condition(where.this)}.")
        group = node.args.get("group")
        if group and group.expressions:
            keys = [self.group_key(k, node).removeprefix("the ") for k in group.expressions]
            parts.append(f"One row for each {_and(keys)}.")
        elif group:
            parts.append("One row for each combination of the columns that are not totals.")
        if having := node.args.get("having"):
            parts.append(f"Only groups where {self.condition(having.this)}.")
        if qualify := node.args.get("qualify"):
            parts.append(f"Then only rows where {self.condition(qualify.this)}.")
        return parts

    def output(self, node: exp.Select) -> str:
        items = []
        for item in node.expressions:
            text = self.value(item.unalias())
            plain = isinstance(item, exp.Alias) and isinstance(item.this, exp.Column)
            if isinstance(item, exp.Alias) and not (plain and item.alias == item.this.name):
                text = f"{text} (as `{item.alias}`)"
            items.append(text)
        distinct = node.args.get("distinct")
        if distinct and distinct.args.get("on"):
            return f"Shows {_and(items)}, the first row for each {_and([self.value(e) for e in distinct.args['on'].expressions])}"  # noqa: E501  # one sentence
        return f"Shows {'each different ' if distinct else ''}{_and(items)}"

    def source(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Subquery | exp.Lateral):
            return f"`{node.alias}` ({self.nested(node.this)})"
        if is_series(node.this):
            start, end, step = (node.this.args.get(key) for key in ("start", "end", "step"))
            by = f" by {self.value(step)}" if step is not None else ""
            to = "to before" if node.this.args.get("is_end_exclusive") else "to"
            return f"`{node.alias}` (a series from {self.value(start)} {to} {self.value(end)}{by})"
        relation = node.meta.get(RELATION)
        if relation is None or relation.name == node.alias_or_name:
            return f"`{node.alias_or_name}`"
        name = self.names.get(node.alias_or_name)
        return f"`{relation.name}`" + (f" (called `{name}`)" if name != relation.name else "")

    def join(self, node: exp.Join) -> str:
        side, kind = (node.side or "").upper(), (node.kind or "").upper()
        what = self.source(node.this)
        if side == "LEFT":
            text = f"With {what} where there are any"
        elif side == "RIGHT":
            text = f"With every row of {what}"
        elif side == "FULL":
            text = f"With {what}, keeping rows without a match on either side"
        elif kind in ("SEMI", "ANTI"):
            text = f"Only rows {'with' if kind == 'SEMI' else 'without'} a match in {what}"
        else:
            text = f"With {what}"
        if using := node.args.get("using"):
            return f"{text}, matched by {_and([f'`{u.name}`' for u in using])}."
        if on := node.args.get("on"):
            return f"{text}, where {self.condition(on)}."
        return (
            f"{text}, every row with every row." if not node.method else f"{text}, matched by equal names."
        )

    def group_key(self, key: exp.Expr, node: exp.Select) -> str:
        if key.is_int and isinstance(key, exp.Literal):
            at = int(key.name) - 1
            if 0 <= at < len(node.expressions):
                return self.value(node.expressions[at].unalias())
        return self.value(key)

    def tail(self, node: exp.Expr) -> list[str]:
        parts = []
        if order := node.args.get("order"):
            parts.append(f"Sorted by {', then by '.join(self.ordered(o) for o in order.expressions)}.")
        limit, offset = node.args.get("limit"), node.args.get("offset")
        if offset:
            parts.append(f"Leaves out the first {self.value(offset.expression)}.")
        if limit:
            most = self.value(limit.expression)
            parts.append(f"At most {most} {'row' if most == '1' else 'rows'}.")
        return parts

    def ordered(self, node: exp.Expr) -> str:
        what = node.this
        text = self.value(what)
        if isinstance(what, exp.Literal) and what.is_int:
            at = int(what.name) - 1
            text = f"`{self.outputs[at]}`" if 0 <= at < len(self.outputs) else f"column {what.name}"
        return f"{text}, {'highest' if node.args.get('desc') else 'lowest'} first"

    # conditions

    def condition(self, node: exp.Expr) -> str:
        if isinstance(node, exp.And):
            return f"{self.condition(node.left)} and {self.condition(node.right)}"
        if isinstance(node, exp.Or):
            return f"{self.condition(node.left)} or {self.condition(node.right)}"
        if isinstance(node, exp.Paren):
            return f"({self.condition(node.this)})"
        if isinstance(node, exp.Not):
            return self.negated(node.this)
        if isinstance(node, exp.Is):
            word = "is not" if node.args.get("negate") else "is"
            return f"{self.value(node.this)} {word} {self.value(node.expression)}"
        if isinstance(node, exp.Between):
            low, high = self.value(node.args["low"]), self.value(node.args["high"])
            return f"{self.value(node.this)} is between {low} and {high}"
        if isinstance(node, exp.In):
            return f"{self.value(node.this)} is one of {self.members(node)}"
        if isinstance(node, exp.Exists):
            return f"there is a row {self.which(node.this)}"
        if type(node) in _COMPARISONS:
            words = _COMPARISONS[type(node)]
            if node.args.get("negate"):
                words = words.replace("is like", "is not like", 1)
            return f"{self.value(node.this)} {words} {self.value(node.args['expression'])}"
        return self.value(node)

    def negated(self, node: exp.Expr) -> str:
        if node.args.get("negate"):  # `NOT a NOT LIKE 'x'`
            return f"it is not so that {self.condition(node)}"
        if isinstance(node, exp.Is):
            return f"{self.value(node.this)} is not {self.value(node.expression)}"
        if isinstance(node, exp.In):
            return f"{self.value(node.this)} is none of {self.members(node)}"
        if isinstance(node, exp.Exists):
            return f"there is no row {self.which(node.this)}"
        if isinstance(node, exp.Like | exp.ILike):
            return self.condition(node).replace("is like", "is not like", 1)
        if isinstance(node, exp.Between):
            return self.condition(node).replace("is between", "is not between", 1)
        return f"it is not so that {self.condition(node)}"

    def which(self, query: exp.Expr) -> str:
        """Which rows a sub-select finds; what it shows of them is nothing to EXISTS."""
        given = {key for key, value in query.args.items() if value not in (None, False, [])}
        source = query.args["from_"].this if query.args.get("from_") else None
        plain = given <= {"expressions", "from_", "where"} and isinstance(source, exp.Table)
        if not isinstance(query, exp.Select) or source is None or not plain:
            return f"for which: {self.nested(query)}"
        kept = self.names, self.single, self.outputs
        self.names = dict(self.names)
        self.select(query)  # which names its sources
        text = f"of {self.source(source)}"
        if where := query.args.get("where"):
            text += f" where {self.condition(where.this)}"
        self.names, self.single, self.outputs = kept
        return text

    def members(self, node: exp.In) -> str:
        if query := node.args.get("query"):
            return f"({self.nested(query)})"
        return ", ".join(self.value(e) for e in node.expressions)

    # values

    def value(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Literal):
            return f"'{node.name}'" if node.is_string else node.name
        if isinstance(node, exp.Placeholder):
            return f"`:{node.name}`"
        if isinstance(node, exp.Null):
            return "missing"
        if isinstance(node, exp.Boolean):
            return "true" if node.this else "false"
        if isinstance(node, exp.Paren):
            return f"({self.value(node.this)})"
        if isinstance(node, exp.Neg):
            return f"-{self.value(node.this)}"
        if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
            return f"({self.nested(node)})"
        if isinstance(node, exp.Count):
            return self.count(node)
        if isinstance(node, exp.CountIf):
            return f"the number of rows where {self.condition(node.this)}"
        if isinstance(node, exp.Filter):
            return f"{self.value(node.this)} (only rows where {self.condition(node.expression.this)})"
        if isinstance(node, exp.Distinct):
            return f"different {_and([self.value(e) for e in node.expressions])}"
        if type(node) in _AGGREGATES and node.this is not None:
            return f"{_AGGREGATES[type(node)]} {self.value(node.this)}"
        if isinstance(node, exp.Mul) and (unit := _unit_of_one(node.expression)):
            # A lifted `30 days` is 30 times the interval of one.
            return f"{self.value(node.this)} {unit.removesuffix('s')}s"
        if type(node) in _ARITHMETIC:
            return (
                f"{self.value(node.this)} {_ARITHMETIC[type(node)]} {self.value(node.args['expression'])}"
            )
        if isinstance(node, exp.Case):
            return self.case(node)
        if isinstance(node, exp.Cast):
            return f"{self.value(node.this)} as {node.to.sql(dialect=self.dialect).lower()}"
        if isinstance(node, exp.Any):
            return f"one of {self.value(node.this.unnest())}"
        if isinstance(node, exp.JSONExtract | exp.JSONExtractScalar) and (key := _key(node)):
            return f"`{key}` of {self.value(node.this)}"
        if isinstance(node, exp.Round):
            decimals = node.args.get("decimals")
            return f"{self.value(node.this)}, rounded" + (
                f" to {self.value(decimals)} decimals" if decimals else ""
            )
        if isinstance(node, exp.Coalesce):
            others = [self.value(e) for e in node.expressions]
            return f"{self.value(node.this)} (or {', or '.join(others)} where missing)"
        if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
            return f"the {node.text('unit').lower()} of {self.value(node.this)}"
        if isinstance(node, exp.Extract):
            return f"the {node.name.lower()} of {self.value(node.expression)}"
        if isinstance(node, exp.Year | exp.Month | exp.Day | exp.Quarter | exp.Week):
            return f"the {node.key} of {self.value(node.this)}"
        if (time := explain_time(node, self.value)) is not None:
            return time
        if isinstance(node, exp.CurrentDate):
            return "today"
        if isinstance(node, exp.CurrentTimestamp) or _is_called(node, "now", "get_current_timestamp"):
            return "now"
        if isinstance(node, exp.Interval):
            return f"{node.this.name if node.this else ''} {node.text('unit').lower()}".strip()
        if isinstance(node, exp.Window):
            return self.window(node)
        if isinstance(node, exp.Condition) and type(node) in (
            *_COMPARISONS,
            exp.And,
            exp.Or,
            exp.Not,
            exp.In,
        ):
            return f"whether {self.condition(node)}"
        if isinstance(node, exp.Exists | exp.Between | exp.Is):
            return f"whether {self.condition(node)}"
        if isinstance(node, exp.Star):
            return "rows"
        if isinstance(node, exp.Func):
            return self.function(node)
        return f"`{render_fragment(node, self.dialect)}`"

    def column(self, node: exp.Column) -> str:
        owner = self.names.get(node.table)
        return f"`{node.name}`" if self.single or owner is None else f"`{owner}.{node.name}`"

    def count(self, node: exp.Count) -> str:
        inner = node.this
        if inner is None or isinstance(inner, exp.Star | exp.Literal):
            return "the number of rows"
        if isinstance(inner, exp.Distinct):
            return f"the number of {self.value(inner)}"
        return f"the number of rows with {self.value(inner)}"

    def case(self, node: exp.Case) -> str:
        subject = node.args.get("this")
        arms = []
        for arm in node.args["ifs"]:
            test = (
                f"{self.value(subject)} is {self.value(arm.this)}" if subject else self.condition(arm.this)
            )
            arms.append(f"{self.value(arm.args['true'])} if {test}")
        default = node.args.get("default")
        return "; ".join(arms) + (f"; otherwise {self.value(default)}" if default else "")

    def window(self, node: exp.Window) -> str:
        text = self.value(node.this)
        if keys := node.args.get("partition_by"):
            text += f" within each {_and([self.value(k).removeprefix('the ') for k in keys])}"
        if order := node.args.get("order"):
            text += f" by {', then '.join(self.ordered(o) for o in order.expressions)}"
        return text

    def function(self, node: exp.Func) -> str:
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        arguments = [self.value(a) for a in node.iter_expressions()]
        words = name.lower().replace("_", " ")
        return f"the {words} of {', '.join(arguments)}" if arguments else f"the {words}"


def _unit_of_one(node: exp.Expr) -> str:
    """The unit of an interval of one, else nothing."""
    return node.text("unit").lower() if isinstance(node, exp.Interval) and node.name == "1" else ""


def _key(node: exp.JSONExtract | exp.JSONExtractScalar) -> str:
    """The path of a value in JSON as people write it, else nothing."""
    path = node.expression
    if isinstance(path, exp.Literal):
        return path.name
    if not isinstance(path, exp.JSONPath):
        return ""
    return ".".join(str(part.this) for part in path.expressions if not isinstance(part, exp.JSONPathRoot))


def _is_called(node: exp.Expr, *names: str) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in names


def _and(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
