"""All that is done with text that nobody may trust, as one function: another process can run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.compiler.declared import make_optional
from nlq.compiler.draft import quote_names
from nlq.compiler.intake import fits
from nlq.compiler.lifting import liftable
from nlq.compiler.mend.beside import set_beside
from nlq.compiler.mend.dialect import speak_dialect
from nlq.compiler.mend.names import mend_names
from nlq.compiler.mend.passes import mend_meaning
from nlq.compiler.pseudo import spell_out_where, write_out
from nlq.compiler.schema_text import Samples
from nlq.plan import Checked, Slot, check, check_tree
from nlq.plan.allow import require_allowed
from nlq.plan.bind import require_bound
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
    text = untrusted.text
    if not untrusted.by_hand:
        text = spell_out_where(quote_names(text, catalog))
    tree = parse(text, catalog.dialect)
    mended: tuple[str, ...] = ()
    if not untrusted.by_hand:
        write_out(tree)
        tree, mended = set_beside(tree)
        mended += speak_dialect(tree, catalog.dialect)
    require_allowed(tree, catalog.dialect)
    if untrusted.by_hand:
        require_bound(tree, catalog)
    else:
        mended += mend_names(tree, catalog, untrusted.question)
        mended += mend_meaning(tree, catalog, untrusted.question, untrusted.values)
    make_optional(tree, untrusted.optional)
    return Examined(_check_lifted(tree, catalog, untrusted, untrusted.question), mended)


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
