"""All that is done with text that nobody may trust, as one function: another process can run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.beside import set_beside
from nlq.compiler.both import mend_both
from nlq.compiler.declared import make_optional
from nlq.compiler.dialect import mend_spans, speak_dialect
from nlq.compiler.draft import quote_names
from nlq.compiler.evidence import mend_evidence
from nlq.compiler.intake import fits
from nlq.compiler.lifting import liftable
from nlq.compiler.literals import mend_literals
from nlq.compiler.measures import mend_measures
from nlq.compiler.mend import mend
from nlq.compiler.order import mend_order
from nlq.compiler.ratios import mend_ratios
from nlq.compiler.rejoin import mend_joins
from nlq.compiler.roles import mend_roles
from nlq.compiler.said import mend_said
from nlq.compiler.schema_text import Samples
from nlq.compiler.shape import mend_shape
from nlq.compiler.without import mend_without
from nlq.compiler.words import without_notes
from nlq.plan import Checked, Slot, check, check_tree
from nlq.plan.allow import require_allowed
from nlq.plan.bind import bind, require_bound
from nlq.plan.dml import read_steps
from nlq.plan.mutation import Fill, check_mutation
from nlq.plan.syntax import parse


@dataclass(frozen=True, slots=True)
class Untrusted:
    """SQL that somebody wrote, with the names of the parameters that it may use.

    Of what answers a `question`, the literals of that, `slots`, are lifted. What a model wrote for it may
    be mended, by `values` that may be shown; what was written `by_hand`, or without a question, is taken as
    it is. What it filters by `optional` names is not filtered by NULL. With `fill` it is a mutation, and so
    much of its new rows is decided by rules.
    """

    text: str
    names: tuple[str, ...] = ()
    question: str | None = None
    slots: tuple[Slot, ...] = ()
    optional: tuple[str, ...] = ()
    values: Samples = field(default_factory=dict)
    fill: Fill | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """Checked SQL, and what was mended to get there."""

    checked: Checked
    mended: tuple[str, ...] = ()


class Examiner(Protocol):
    """Where untrusted text is examined."""

    def examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        """As the function `examine`; raises `plan.too_complex` where it takes too much, too."""

    def read_ddl(self, text: str, dialect: Dialect) -> Catalog:
        """The catalog that DDL describes; raises `catalog.invalid`, and `plan.too_complex` as above."""

    def close(self) -> None:
        """Give back what it holds. It may not be used afterwards."""


class Here:
    """Examines in this process: for the terminal, whose user can break nothing but their own."""

    def examine(self, untrusted: Untrusted, catalog: Catalog) -> Examined:
        """See `Examiner.examine`."""
        return examine(untrusted, catalog)

    def read_ddl(self, text: str, dialect: Dialect) -> Catalog:
        """See `Examiner.read_ddl`."""
        return catalog_from_ddl(text, dialect)

    def close(self) -> None:
        """See `Examiner.close`."""


def examine(untrusted: Untrusted, catalog: Catalog) -> Examined:
    """The text, parsed, mended where a model wrote it, and checked against `catalog`.

    Raises `plan.*`.
    """
    if untrusted.fill is not None:
        return _examine_steps(untrusted, untrusted.fill, catalog)
    if untrusted.question is None:
        return Examined(check(untrusted.text, catalog, named=untrusted.names))
    text = untrusted.text if untrusted.by_hand else quote_names(untrusted.text, catalog)
    tree = parse(text, catalog.dialect)
    mended: tuple[str, ...] = ()
    if not untrusted.by_hand:
        tree, mended = set_beside(tree)
        mended += speak_dialect(tree, catalog.dialect)
    require_allowed(tree, catalog.dialect)
    if untrusted.by_hand:
        require_bound(tree, catalog)
    else:
        mended += mend(tree, catalog, untrusted.question)
        mended += _mend_meaning(tree, catalog, untrusted.question, untrusted.values)
    make_optional(tree, untrusted.optional)
    return Examined(_check_lifted(tree, catalog, untrusted, untrusted.question), mended)


def _mend_meaning(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> tuple[str, ...]:
    """Changes to a tree whose names bind: what no one means by it, and what the question says otherwise."""
    if bind(tree, catalog).findings:
        return ()
    changes: tuple[str, ...] = ()
    # Notes behind a question name relations and columns, but `a status that is not known` asks for nothing.
    asked = without_notes(question)
    for rule, text in (
        (mend_shape, question), (mend_joins, question), (mend_evidence, question), (mend_roles, asked),
        (mend_measures, asked), (mend_both, asked), (mend_said, asked), (mend_ratios, question),
    ):  # fmt: skip
        if done := rule(tree, catalog, text):
            changes += done
            bind(tree, catalog)
    if done := mend_without(tree, catalog, asked, values):
        changes += done
        bind(tree, catalog)
    changes += mend_spans(tree, catalog.dialect, question)
    changes += mend_literals(tree, catalog, values)
    return changes + mend_order(tree, catalog)


def _examine_steps(untrusted: Untrusted, fill: Fill, catalog: Catalog) -> Examined:
    steps = read_steps(untrusted.text, catalog.dialect)
    question = untrusted.question
    slots: tuple[Slot, ...] = ()
    if question is not None:
        whole = exp.Tuple(expressions=[s.query.copy() for s in steps])
        slots = liftable(untrusted.slots, whole, question)
    found = check_mutation(
        untrusted.text, catalog, instruction=question, named=untrusted.names, slots=slots, fill=fill
    )
    return Examined(found.checked, found.added)


def _check_lifted(tree: exp.Expr, catalog: Catalog, untrusted: Untrusted, question: str) -> Checked:
    """The tree, checked, with those literals of the question lifted that may be."""
    slots = liftable(untrusted.slots, tree, question)
    while True:
        checked = check_tree(tree.copy(), catalog, slots=slots, named=untrusted.names)
        families = {p.name: p.family for p in checked.parameters}
        # `code = 5` over a column of text: the draft may write it, a parameter would not take it.
        fitting = [s for s in slots if s.name not in families or fits(families[s.name], s.value)]
        if len(fitting) == len(slots):
            return checked
        slots = tuple(fitting)
