"""What a question says in so many words, where the draft does otherwise: put right without the model.

Each rule knows few words and acts only where they leave no choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.lifting import explained_numbers
from nlq.compiler.mend.tree import new_column
from nlq.compiler.words import words
from nlq.plan.meta import COLUMN, BoundColumn

_COMPARES: tuple[tuple[type[exp.Binary], str], ...] = (
    (exp.GTE, r"at least|no less than|no fewer than|a minimum of"),
    (exp.LTE, r"at most|no more than|not more than|a maximum of"),
    (
        exp.GT,
        r"(?:more|greater|higher|larger|longer|heavier|older|taller) than|over|above|exceeds?|exceeding",
    ),
    (exp.LT, r"(?:less|fewer|lower|smaller|shorter|lighter|younger) than|under|below"),
)
_NUMBER = r"\s+(?:an? |the )?[$€£]?\s*(?P<number>\d[\d,]*(?:\.\d+)?)(?![\w%]|[-/:]\d)"
_YEARS: tuple[tuple[type[exp.Binary], str], ...] = (
    (exp.GT, r"after|later than"),
    (exp.LT, r"before|earlier than|prior to"),
    (exp.GTE, r"since"),
)
_YEAR = r"\s+(?:the )?(?:year )?(?P<number>1[5-9]\d\d|20\d\d)(?![\w%]|[-/:.,]\d)"
_DENIED = re.compile(
    r"(?:\b(?:not|never|no|nor|neither|without)\b|n[’']t\b)"
    r"(?:(?!\b(?:and|but|or|who|which|that|whose|with|having|where|when)\b)[^.,;?])*$",
    re.IGNORECASE,
)
"""The end of what comes before an amount that is denied: `has never paid more than 500`."""
_NO_MORE = re.compile(r"\bno(?:t|r)?\s+$", re.IGNORECASE)
"""Part of a comparison: one treatment may cost no more than 500, and another more."""
_OR_SO = re.compile(r"\s*or (?:more|less|fewer|above|below|over|under|older|younger|higher|lower)\b", re.I)
_OPPOSITE: dict[type[exp.Binary], type[exp.Binary]] = {
    exp.GT: exp.LTE, exp.GTE: exp.LT, exp.LT: exp.GTE, exp.LTE: exp.GT,
}  # fmt: skip
_EITHER = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ)
_EVERYTHING = re.compile(
    r"\b(?:show|list|give|find|return|display|get|what (?:is|are))(?: me| us)?(?: the)? all "
    r"(?:of )?(?:the |its |their )?(?:available |other )?"
    r"(?:information|info|details?|data|columns|fields|attributes)\b",
    re.IGNORECASE,
)

_DISTINCT = re.compile(
    r"\b(?:different|distinct|unique|(?:them|each|all|every \w+)(?: just| only)? once(?! \w+ed\b))\b",
    re.IGNORECASE,
)
_MOST = re.compile(
    r"\b(most|least|fewest|largest|highest|greatest|biggest|lowest|smallest|longest|shortest|oldest|youngest)\b",
    re.IGNORECASE,
)
_KINDS = {
    "first": "first", "fore": "first", "given": "first", "middle": "middle",
    "last": "last", "sur": "last", "family": "last",
}  # fmt: skip
_NAME_SAID = re.compile(r"\b(first|fore|given|middle|last|sur|family)[ -]?names?\b", re.IGNORECASE)
_WHOLE_NAME = re.compile(r"\b(?:full|whole|complete|both) names?\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:which|what|who|whose|how|show|list|give|find|return|all|each|every)\b", re.I)
_NOT_ALL = re.compile(
    r"\b(?:top|some|any|few|several|handful|examples?|samples?|pages?|next|previous|latest|newest|recent(?:ly)?|"
    r"best|worst|limit|(?:first|last)(?!\s+names?\b))\b",
    re.IGNORECASE,
)
"""What may mean a few rows without saying how many."""
_ALL = re.compile(r"\b(?:all|every|each)\b", re.IGNORECASE)
_SORTED = re.compile(r",\s*(?:with )?(?:the )?\w+(?: \w+){0,2} first\b", re.IGNORECASE)
"""An order, not a part: `all rooms, the largest first`."""
_WHICH = re.compile(r"\s*(?:which|who|whose)\b", re.IGNORECASE)
_MORE_THAN_ONE = re.compile(
    r"\b(and|how|with (?:its|the|their) (?:number|count|total)|along|together|as well|each|every)\b|,",
    re.IGNORECASE,
)


def mend_said(tree: exp.Expr, catalog: Catalog, question: str) -> tuple[str, ...]:
    """Changes made to the bound `tree` (in place), in words."""
    rules: tuple[Callable[[exp.Expr, Catalog, str], Iterator[str]], ...] = (
        _compare_as_said,
        _count_once,
        _show_everything,
        _drop_the_measure,
        _drop_the_key,
        _drop_the_other_name,
        _drop_the_limit,
    )
    return tuple(change for rule in rules for change in rule(tree, catalog, question))


def _compare_as_said(tree: exp.Expr, _catalog: Catalog, question: str) -> Iterator[str]:
    """`under 30` is `< 30`, whatever the draft has."""
    for meant, said in said_amounts(question):
        number = float(said["number"].replace(",", ""))
        before = question[: said.start()].rstrip()
        if before.casefold().endswith(" or") or _OR_SO.match(question, said.end()):
            continue
        if len(re.findall(rf"(?<![\d.,]){re.escape(said['number'])}(?![\d]|[.,]\d)", question)) > 1:
            continue
        found = [n for n in tree.find_all(exp.Literal) if _is_number(n, number)]
        node = found[0].parent if len(found) == 1 else None
        if not isinstance(node, _EITHER) or node.expression is not found[0]:
            continue
        if _DENIED.search(before):
            if type(node) is meant and not tree.find(exp.Not, exp.Except):
                other = _OPPOSITE[meant]
                node.replace(other(this=node.this.copy(), expression=node.expression.copy()))
                yield f"compared as what is not `{said['how'].casefold()} {said['number']}`"
            continue
        if (
            type(node) is meant
            or isinstance(node.this, exp.Literal)
            or (isinstance(node, exp.EQ) and meant in (exp.GTE, exp.LTE))
        ):
            continue
        node.replace(meant(this=node.this.copy(), expression=node.expression.copy()))
        yield f"compared as `{said['how'].casefold()} {said['number']}` says"


def said_amounts(question: str) -> Iterator[tuple[type[exp.Binary], re.Match[str]]]:
    """The comparisons with numbers and years that a question says."""
    numbers = [(meant, rf"\b(?P<how>{phrase}){_NUMBER}") for meant, phrase in _COMPARES]
    years = [(meant, rf"\b(?P<how>{phrase}){_YEAR}") for meant, phrase in _YEARS]
    for meant, pattern in (*numbers, *years):
        for said in re.finditer(pattern, question, re.IGNORECASE):
            yield meant, said


def denied_comparison(part: exp.Expr, question: str) -> exp.Expr | None:
    """What no row may have, as the question says, of what `part` compares: `never more than 500`."""
    value = part.args.get("expression")
    if not isinstance(part, _EITHER) or not isinstance(part.this, exp.Column):
        return None
    if not isinstance(value, exp.Literal) or value.is_string:
        return None
    for meant, said in said_amounts(question):
        if _NO_MORE.search(question[: said.start()]):
            continue
        if _is_number(value, float(said["number"].replace(",", ""))) and _DENIED.search(
            question[: said.start()].rstrip()
        ):
            return meant(this=part.this.copy(), expression=value.copy())
    return None


def _is_number(literal: exp.Literal, number: float) -> bool:
    """Whether it is that number; years may be kept as text."""
    if literal.is_string:
        return len(literal.name) == 4 and literal.name.isdecimal() and float(literal.name) == number
    return float(literal.name) == number


def _count_once(tree: exp.Expr, _catalog: Catalog, question: str) -> Iterator[str]:
    """`different` rows are told once, and counted once."""
    if not isinstance(tree, exp.Select) or not _DISTINCT.search(question):
        return
    if tree.args.get("distinct") or tree.args.get("group"):
        return
    if all(isinstance(e.unalias(), exp.Column) for e in tree.expressions) and not tree.args.get("limit"):
        tree.set("distinct", exp.Distinct())
        yield "left out rows that are the same, for what differs is asked for"
        return
    only = tree.expressions[0].unalias() if len(tree.expressions) == 1 else None
    if isinstance(only, exp.Count) and isinstance(only.this, exp.Column):
        only.set("this", exp.Distinct(expressions=[only.this.copy()]))
        yield "counted what is the same once, for what differs is asked for"


def _show_everything(tree: exp.Expr, catalog: Catalog, question: str) -> Iterator[str]:
    """`all information on the ships` is all columns of the ships, not those that a draft thinks of."""
    if not isinstance(tree, exp.Select) or not _EVERYTHING.search(question):
        return
    if any(tree.args.get(key) for key in ("group", "distinct", "with_")):
        return
    shown = [e.unalias() for e in tree.expressions]
    bound = [e.meta.get(COLUMN) for e in shown if isinstance(e, exp.Column)]
    aliases = {e.table for e in shown if isinstance(e, exp.Column)}
    name = bound[0].relation if bound and bound[0] is not None else None
    relation = catalog.relation(name) if name is not None else None
    if relation is None or len(bound) != len(shown) or len(aliases) != 1 or None in bound:
        return
    columns = [c.name for c in relation.columns if not c.group]
    if len(shown) >= len(columns):
        return
    tree.set("expressions", [new_column(next(iter(aliases)), column) for column in columns])
    yield f"showed all columns of `{relation.name.name}`"


def _drop_the_measure(tree: exp.Expr, _catalog: Catalog, question: str) -> Iterator[str]:
    """Who has the most is asked for, not how many."""
    order, limit = tree.args.get("order"), tree.args.get("limit")
    if not isinstance(tree, exp.Select) or order is None or limit is None or len(tree.expressions) < 2:
        return
    # Of several, how much each has tells more than their order alone.
    if limit.expression.name != "1" or not _MOST.search(question) or _MORE_THAN_ONE.search(question):
        return
    by = order.expressions[0].this
    if isinstance(by, exp.Column) and by.table:
        # A column, too, unless it is asked for beside the superlative: `the age of the oldest`.
        said = [w for w in words(question) if w in words(by.name)]
        if said and not _WHICH.match(question):
            return
    measures = [
        e
        for e in tree.expressions
        if e.unalias() == by
        or (
            isinstance(e.unalias(), exp.AggFunc)
            and isinstance(by, exp.Column)
            and not by.table
            and e.alias == by.name
        )
    ]
    rest = [e for e in tree.expressions if e not in measures]
    if len(measures) != 1 or not rest or not all(isinstance(e.unalias(), exp.Column) for e in rest):
        return
    order.expressions[0].set("this", measures[0].unalias().copy())
    tree.set("expressions", rest)
    yield "left out what it is ordered by, which is not asked for"


def _drop_the_key(tree: exp.Expr, catalog: Catalog, question: str) -> Iterator[str]:
    """`id, name` where names are asked for."""
    if not isinstance(tree, exp.Select) or len(tree.expressions) < 2 or tree.args.get("distinct"):
        return
    if _EVERYTHING.search(question):
        return
    asked = set(words(question))
    bound: list[tuple[exp.Expr, BoundColumn | None]] = [
        (e, e.unalias().meta.get(COLUMN) if isinstance(e.unalias(), exp.Column) else None)
        for e in tree.expressions
    ]
    if any(found is not None and set(words(found.column.name)) & asked for _, found in bound):
        for item, found in bound:
            relation = catalog.relation(found.relation) if found and found.relation else None
            if relation is None or found is None or relation.primary_key != (found.column.name,):
                continue
            last = words(found.column.name)[-1:]
            if last == ("id",) and not asked & {"id", "identifier", "key", "number", "code", "detail"}:
                tree.set("expressions", [e for e in tree.expressions if e is not item])
                yield f"left out `{found.column.name}`, which is not asked for"
                return


def _drop_the_other_name(tree: exp.Expr, _catalog: Catalog, question: str) -> Iterator[str]:
    """`first_name, last_name` where first names are asked for."""
    if not isinstance(tree, exp.Select) or tree.args.get("distinct") or tree.args.get("group"):
        return
    shown = [(e, e.unalias()) for e in tree.expressions]
    names = [(e, c, kind) for e, c in shown if isinstance(c, exp.Column) and (kind := _name_kind(c.name))]
    said = {_KINDS.get(word.casefold(), word.casefold()) for word in _NAME_SAID.findall(question)}
    kinds = {kind for _, _, kind in names}
    if len({c.table for _, c, _ in names}) != 1 or not said & kinds or _WHOLE_NAME.search(question):
        return
    unsaid = [(e, c) for e, c, kind in names if kind not in said]
    if not unsaid or any(re.search(rf"\b{kind}\b", question, re.IGNORECASE) for kind in kinds - said):
        return
    tree.set("expressions", [e for e in tree.expressions if not any(e is other for other, _ in unsaid)])
    told = " and ".join(f"`{c.name}`" for _, c in unsaid)
    yield f"left out {told}, which is not asked for"


def _name_kind(column: str) -> str:
    """`first`, `middle` or `last`, of a column that is a part of somebody's name; else empty."""
    found = words(column)
    if len(found) == 2 and found[1] == "name":
        return _KINDS.get(found[0], "")
    return _KINDS.get(found[0].removesuffix("name"), "") if len(found) == 1 and found[0] != "name" else ""


def _drop_the_limit(tree: exp.Expr, _catalog: Catalog, question: str) -> Iterator[str]:
    """No `LIMIT 10` where nothing says ten, nor that some rows are enough."""
    limit = tree.args.get("limit")
    value = limit.expression if isinstance(limit, exp.Limit) else None
    if not isinstance(value, exp.Literal) or value.is_string or tree.args.get("offset"):
        return
    asked = _SORTED.sub("", question) if _ALL.search(question) else question
    if not _ASKS.search(question) or _NOT_ALL.search(asked) or _MOST.search(asked):
        return
    if asked != question or Decimal(value.name) not in explained_numbers(question):
        tree.set("limit", None)
        yield f"left out LIMIT {value.name}, which is not asked for"
