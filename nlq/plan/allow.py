"""The allow-list: every node type, argument, function and type that a plan may hold.

What nobody foresaw is refused with `plan.unsupported`. Arguments matter as much as node types:
`SELECT … INTO`, `FOR UPDATE`, samples and time travel are only arguments of nodes that are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from nlq.catalog import Dialect
from nlq.errors import PlanError
from nlq.plan.formats import is_short_format
from nlq.plan.rows import is_series, is_short_series
from nlq.plan.syntax import render_fragment

_QUERY = {"with_", "order", "limit", "offset"}

NODES: Mapping[str, frozenset[str]] = {
    name: frozenset(arguments)
    for name, arguments in {
        # queries
        "Select": {
            *_QUERY, "expressions", "distinct", "from_", "joins", "where", "group", "having",
            "qualify", "windows",
        },
        "Union": {*_QUERY, "this", "expression", "distinct"},
        "Intersect": {*_QUERY, "this", "expression", "distinct"},
        "Except": {*_QUERY, "this", "expression", "distinct"},
        "Subquery": {"this", "alias"},
        "With": {"expressions", "recursive"},
        "CTE": {"this", "alias", "materialized"},
        "From": {"this"},
        "Join": {"this", "on", "side", "kind", "using", "method"},
        "Lateral": {"this", "alias"},
        "Table": {"this", "alias", "db"},
        "TableAlias": {"this", "columns"},
        "Where": {"this"},
        "Group": {"expressions", "all", "rollup", "cube", "grouping_sets"},
        "Rollup": {"expressions"},
        "Cube": {"expressions"},
        "GroupingSets": {"expressions"},
        "Having": {"this"},
        "Qualify": {"this"},
        "Order": {"this", "expressions"},
        "Ordered": {"this", "desc", "nulls_first"},
        "Limit": {"expression"},
        "Offset": {"expression"},
        "Distinct": {"expressions", "on"},
        # names and values
        "Alias": {"this", "alias"},
        "Column": {"this", "table", "db"},
        "Identifier": {"this", "quoted"},
        "Star": {"except_"},
        "Literal": {"this", "is_string"},
        "Boolean": {"this"},
        "Null": set(),
        "Placeholder": {"this"},
        "Interval": {"this", "unit"},
        "Tuple": {"expressions"},
        "DataType": {"this", "expressions", "nested"},
        "DataTypeParam": {"this"},
        "Var": {"this"},
        # operators
        **{
            name: {"this", "expression"}
            for name in (
                "Add", "Sub", "Mul", "Mod", "IntDiv", "And", "Or", "Xor", "EQ", "NEQ", "GT", "GTE", "LT",
                "LTE", "NullSafeEQ", "NullSafeNEQ", "SimilarTo", "RegexpLike", "RegexpILike",
                "Escape", "Filter", "Glob", "Overlaps", "BitwiseAnd", "BitwiseOr",
            )
        },
        "Div": {"this", "expression", "typed", "safe"},
        "DPipe": {"this", "expression", "safe"},
        "Is": {"this", "expression", "negate"},
        "Like": {"this", "expression", "negate"},
        "ILike": {"this", "expression", "negate"},
        "Not": {"this"},
        "Neg": {"this"},
        "Paren": {"this"},
        "Between": {"this", "low", "high"},
        "In": {"this", "expressions", "query"},
        "Exists": {"this"},
        "Any": {"this"},
        "Array": {"expressions"},
        "Bracket": {"this", "expressions"},
        "Collate": {"this", "expression"},
        "Kwarg": {"this", "expression"},
        "All": {"this"},
        "Case": {"this", "ifs", "default"},
        "If": {"this", "true", "false"},
        "Cast": {"this", "to"},
        "TryCast": {"this", "to", "safe"},
        "AtTimeZone": {"this", "zone"},
        "Window": {"this", "partition_by", "order", "spec", "alias", "over"},
        "WindowSpec": {"kind", "start", "start_side", "end", "end_side", "exclude"},
        "WithinGroup": {"this", "expression"},
        "Format": {"this", "expressions"},
        "GenerateSeries": {"start", "end", "step", "is_end_exclusive"},
        "ExplodingGenerateSeries": {"start", "end", "step"},
        "Pad": {"this", "expression", "fill_pattern", "is_left"},
        "IgnoreNulls": {"this"},
        "RespectNulls": {"this"},
    }.items()
}  # fmt: skip

# Functions that the parser knows by a class of their own. Left out on purpose, because they ignore
# time and memory limits or reach outside the query: repeat, range, generate_series, levenshtein,
# list and array builders but for array_agg, json builders, set_config, nextval, typeof.
FUNCTIONS = frozenset(
    """
    Count CountIf Sum Avg Min Max Median Mode Stddev StddevPop StddevSamp Variance VariancePop
    PercentileCont PercentileDisc Quantile ApproxQuantile ApproxDistinct ArrayAgg ArgMax ArgMin AnyValue
    First Last LogicalAnd LogicalOr GroupConcat
    Corr CovarPop CovarSamp RegrSlope RegrIntercept RegrR2 RegrCount Skewness Kurtosis Grouping GroupingId
    RowNumber Rank DenseRank PercentRank CumeDist Ntile Lag Lead FirstValue LastValue NthValue
    Coalesce Nullif Greatest Least Abs Ceil Floor Round Trunc Sign Sqrt Cbrt Exp Ln Log Pow Mod
    Pi Degrees Radians Sin Cos Tan Asin Acos Atan Atan2 WidthBucket
    Lower Upper Initcap Length Trim Left Right Substring Replace Reverse Concat ConcatWs StrPosition
    Contains StartsWith EndsWith SplitPart Ascii Chr Translate Unicode RegexpReplace RegexpExtract
    RegexpFullMatch RegexpCount Typeof MD5
    CurrentDate CurrentTimestamp CurrentTime Localtimestamp
    Extract DateBin Date DateAdd DateSub DateDiff DateTrunc
    TimestampTrunc TimestampAdd TimestampSub TimestampDiff DatetimeAdd DatetimeSub DatetimeDiff Datetime
    TimeToStr StrToDate StrToTime ToChar DateFromParts TimestampFromParts MakeInterval LastDay Dayname
    Monthname Year Month Quarter Week
    WeekOfYear Day DayOfMonth DayOfWeek DayOfWeekIso DayOfYear Hour Minute Second TimeToUnix UnixToTime
    TsOrDsToDate TsOrDsToTimestamp TsOrDsAdd TsOrDsDiff Timestamp Time
    JustifyDays JustifyHours JustifyInterval ToDays
    JSONExtract JSONExtractScalar JSONBExtract JSONBExtractScalar
    """.split()
)

_ANY_ENGINE = frozenset({"now", "coalesce", "round", "date_part", "date_trunc", "age", "isodow", "weekday"})

ANONYMOUS: Mapping[Dialect, frozenset[str]] = {
    "duckdb": _ANY_ENGINE
    | frozenset(
        """
        today julian century decade era date_sub datesub date_add week weekofyear yearweek quantile_cont
        quantile_disc quantile mad kurtosis skewness fsum favg product bool_and bool_or geomean
        strip_accents jaro_winkler_similarity jaccard make_timestamp isfinite isnan isinf prefix suffix
        round_even to_weeks to_months to_years to_hours to_minutes to_seconds
        current_date get_current_timestamp get_current_time current_localtimestamp
        """.split()
    ),
    "postgres": _ANY_ENGINE
    | frozenset(
        """
        date_bin make_date make_timestamp to_date to_timestamp width_bucket btrim every
        octet_length isfinite
        """.split()
    ),
    "sqlite": _ANY_ENGINE - {"now", "age", "date_part", "date_trunc"}
    | frozenset(
        "date datetime time julianday strftime unixepoch total group_concat iif instr ifnull substr".split()
    ),
}  # fmt: skip

JSON_PATH = frozenset({"JSONPath", "JSONPathRoot", "JSONPathKey", "JSONPathSubscript"})

_T = exp.DataType.Type
TYPES = (
    frozenset(exp.DataType.INTEGER_TYPES)
    | {_T.DECIMAL, _T.FLOAT, _T.DOUBLE, _T.TEXT, _T.VARCHAR, _T.CHAR, _T.BOOLEAN, _T.DATE, _T.TIME}
    | {_T.TIMESTAMP, _T.TIMESTAMPTZ, _T.TIMESTAMPNTZ, _T.DATETIME, _T.INTERVAL, _T.UUID}
)

MAX_PADDING = 200
"""How long `lpad` and `rpad` may make a text; engines would fill the memory."""

_TAKES_ARRAYS = (exp.Any, exp.PercentileCont, exp.PercentileDisc, exp.Quantile)
_JOIN_METHODS = frozenset({"", "NATURAL"})
_COLLATIONS = frozenset({"nocase", "binary", "rtrim", "noaccent", "c", "posix", "ucs_basic"})

_UNITS = frozenset(
    """
    MICROSECOND US MILLISECOND MS SECOND SEC S MINUTE MIN HOUR HR H DAY D WEEK W MONTH MON QUARTER YEAR Y
    DECADE CENTURY CENTURIE MILLENNIUM
    """.split()
)

# Arguments that are text are written down as they are, so nothing but a word may stand in them.
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?: [A-Za-z_]+)*")
_PARAMETER = re.compile(r"\w+", re.ASCII)
_QUOTED_WHEN_WRITTEN = (exp.Literal, exp.Identifier, exp.Anonymous, exp.Placeholder)


def require_allowed(root: exp.Expr, dialect: Dialect) -> None:
    """Refuse the tree unless every node, argument, function and type in it is on the list.

    Raises `plan.unsupported`, naming the first that is not.
    """
    for node in root.walk():
        name = type(node).__name__
        if not isinstance(node, _QUOTED_WHEN_WRITTEN):
            _require_words(node, dialect)
        if name in FUNCTIONS or name in JSON_PATH:
            continue
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in ANONYMOUS[dialect] and not is_short_format(node, dialect):
                raise _unsupported(f"the function `{node.name.lower()}`")
            continue
        allowed = NODES.get(name)
        if allowed is None:
            raise _unsupported(_describe(node, dialect))
        for argument, value in node.args.items():
            if argument not in allowed and value not in (None, False, []):
                raise _unsupported(f"`{argument.rstrip('_').upper()}` in `{name.upper()}`")
        if isinstance(node, exp.Format) and not is_short_format(node, dialect):
            raise _unsupported("this use of `format`")
        if is_series(node) and not is_short_series(node, dialect):
            raise _unsupported(
                "a series that is not in FROM, or of more or other rows than are written down,"
            )
        _require_allowed_detail(node)


def _require_words(node: exp.Expr, dialect: Dialect) -> None:
    for value in node.args.values():
        if isinstance(value, str) and value and not _WORD.fullmatch(value):
            raise _unsupported(_describe(node, dialect))


def _require_allowed_detail(node: exp.Expr) -> None:
    if isinstance(node, exp.DataType) and node.this not in TYPES:
        raise _unsupported(f"the type `{node.sql()}`")
    if isinstance(node, exp.Join) and (node.method or "").upper() not in _JOIN_METHODS:
        raise _unsupported(f"a `{node.method}` join")
    if isinstance(node, exp.SetOperation) and not (_is_query(node.this) and _is_query(node.expression)):
        # `a UNION SELECT …`, with a name where a query belongs, is a tree to the parser.
        raise _unsupported(f"`{node.key.upper()}` of anything but queries")
    if isinstance(node, exp.Lateral) and not isinstance(node.this, exp.Subquery):
        raise _unsupported("a lateral function")
    if isinstance(node, exp.Table) and not (isinstance(node.this, exp.Identifier) or is_series(node.this)):
        raise _unsupported("a table function")
    if isinstance(node, exp.Placeholder):
        _require_named(node)
    if isinstance(node, exp.Array) and not isinstance(_outside_brackets(node), _TAKES_ARRAYS):
        raise _unsupported("an array outside of `= ANY (…)`")
    if isinstance(node, exp.Bracket) and not _is_place_in_list(node):
        raise _unsupported("a subscript, but for a number behind `array_agg(…)`,")
    if isinstance(node, exp.Kwarg) and not isinstance(node.parent, exp.MakeInterval):
        raise _unsupported("an argument with a name")
    if isinstance(node, exp.Pad) and not _is_short(node.expression):
        raise _unsupported(f"a text padded to more than {MAX_PADDING} characters, or to no fixed number,")
    if isinstance(node, exp.Interval) and node.unit:
        _require_unit(node.unit.name)
    if isinstance(node, exp.Collate) and node.expression.name.lower() not in _COLLATIONS:
        raise _unsupported("this collation")


def _is_place_in_list(node: exp.Bracket) -> bool:
    """True for `(array_agg(name ORDER BY price))[1]`: the first of a group."""
    listed = node.this.unnest()
    if isinstance(listed, exp.Filter):
        listed = listed.this
    places = [p for p in node.expressions if isinstance(p, exp.Literal) and p.name.isdecimal()]
    return isinstance(listed, exp.ArrayAgg) and len(places) == len(node.expressions) == 1


def _is_short(node: exp.Expr) -> bool:
    plain = isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal()
    return plain and len(node.name) <= 4 and int(node.name) <= MAX_PADDING


def _require_named(node: exp.Placeholder) -> None:
    if not isinstance(node.this, str):
        raise _unsupported("a parameter without a name")
    # Claims, `me.` and any text, are named in rules and mutations alone: a query that names one uses a
    # parameter that nobody declared. So it is with the keys of rows that a mutation makes.
    if not _PARAMETER.fullmatch(node.this) and not node.this.startswith(("me.", "new.")):
        raise _unsupported(f"the parameter name `{node.this}`")


def _require_unit(name: str) -> None:
    if not {name.upper(), name.upper().removesuffix("S")} & _UNITS:
        raise _unsupported(f"an interval of `{name.lower()}`")


def _is_query(node: object) -> bool:
    return isinstance(node, exp.Select | exp.SetOperation | exp.Subquery)


def _outside_brackets(node: exp.Expr) -> exp.Expr | None:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return parent


def _describe(node: exp.Expr, dialect: Dialect) -> str:
    values = node.find(exp.Literal) is not None
    text = render_fragment(node.transform(_without_value) if values else node, dialect)
    kind = "the function" if isinstance(node, exp.Func) else "the syntax"
    return f"{kind} `{text if len(text) <= 60 else text[:57] + '…'}`"


def _without_value(node: exp.Expr) -> exp.Expr:
    return exp.Var(this="…") if isinstance(node, exp.Literal) else node


def _unsupported(what: str) -> PlanError:
    return PlanError(
        "plan.unsupported",
        f"{what} is not allowed",
        hint="use plain SELECT syntax and standard aggregate, string, number and date functions",
    )
