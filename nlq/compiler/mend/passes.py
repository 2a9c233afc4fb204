"""The mends of a draft whose names bind, one after another."""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.both import mend_both
from nlq.compiler.mend.conditions import mend_conditions
from nlq.compiler.mend.dialect import mend_spans
from nlq.compiler.mend.either import mend_either
from nlq.compiler.mend.evidence import mend_evidence
from nlq.compiler.mend.examples import mend_examples
from nlq.compiler.mend.formulas import mend_formulas
from nlq.compiler.mend.groups import mend_groups
from nlq.compiler.mend.keys import mend_keys
from nlq.compiler.mend.kinds import mend_kinds
from nlq.compiler.mend.labels import mend_labels
from nlq.compiler.mend.lists import mend_lists
from nlq.compiler.mend.literals import leave_out_all, mend_literals
from nlq.compiler.mend.measures import mend_measures
from nlq.compiler.mend.noted import mend_noted
from nlq.compiler.mend.numbers import mend_numbers
from nlq.compiler.mend.once import mend_once
from nlq.compiler.mend.order import mend_order
from nlq.compiler.mend.patterns import mend_patterns
from nlq.compiler.mend.periods import mend_periods
from nlq.compiler.mend.ratios import mend_ratios
from nlq.compiler.mend.rejoin import mend_joins
from nlq.compiler.mend.roles import mend_roles
from nlq.compiler.mend.said import mend_said
from nlq.compiler.mend.shape import mend_shape
from nlq.compiler.mend.spoken import mend_spoken
from nlq.compiler.mend.superlative import mend_superlative
from nlq.compiler.mend.unsaid import mend_unsaid
from nlq.compiler.mend.without import mend_without
from nlq.compiler.mend.years import mend_years
from nlq.compiler.notes import read_notes
from nlq.compiler.schema_text import Samples
from nlq.compiler.words import without_notes
from nlq.plan.bind import bind


def mend_meaning(tree: exp.Expr, catalog: Catalog, question: str, values: Samples) -> tuple[str, ...]:
    """Changes to a tree whose names bind: what no one means by it, and what the question says otherwise."""
    if bind(tree, catalog).findings:
        return ()
    changes: tuple[str, ...] = ()
    # Notes behind a question name relations and columns, but `a status that is not known` asks for nothing.
    asked = without_notes(question)
    notes = read_notes(question, catalog)
    changes += leave_out_all(tree, catalog, question, values)
    for rule, text in (
        (mend_examples, question), (mend_numbers, asked), (mend_unsaid, question), (mend_spoken, asked),
        (mend_shape, question), (mend_joins, question), (mend_evidence, question), (mend_conditions, asked),
        (mend_roles, asked), (mend_measures, asked), (mend_groups, asked), (mend_both, asked),
        (mend_either, asked), (mend_superlative, asked), (mend_said, asked), (mend_keys, asked),
        (mend_ratios, question), (mend_labels, asked), (mend_periods, asked),
    ):  # fmt: skip
        if done := rule(tree, catalog, text):
            changes += done
            bind(tree, catalog)
    for of_notes in (mend_lists, mend_formulas, mend_noted):
        if done := of_notes(tree, catalog, question, notes):
            changes += done
            bind(tree, catalog)
    if done := mend_kinds(tree, catalog, asked, values):
        changes += done
        bind(tree, catalog)
    if done := mend_without(tree, catalog, asked, values):
        changes += done
        bind(tree, catalog)
    changes += mend_once(tree, catalog, asked)
    changes += mend_spans(tree, catalog.dialect, question)
    changes += mend_patterns(tree, catalog.dialect)
    changes += mend_years(tree, catalog.dialect, asked)
    changes += mend_literals(tree, catalog, values)
    return changes + mend_order(tree, catalog, values)
