"""Drafts whose names do not bind, mended without the model.

Small models swap aliases and forget joins more than anything else, and shown the error they repeat
themselves. Each change is noted: a mended plan is right less often than one that bound at first. What
is mended is checked as any draft is; a join that is added is subject to the same policy.

Where several changes would bind and neither names nor the question tell which is meant, nothing is
changed: the finding goes back to the model, for a guess would answer another question.
"""

from __future__ import annotations

from sqlglot import exp

from nlq.catalog import Catalog
from nlq.compiler.mend.columns import choose_owner, own_key, quote_text, rebind, rename_column, rename_own
from nlq.compiler.mend.joins import join_owner, join_qualifier, join_through, named_by
from nlq.compiler.mend.not_in import skip_missing_in_not_in
from nlq.compiler.mend.relations import Known, find_relation, rename_cte
from nlq.compiler.mend.roles import take_from_named
from nlq.compiler.mend.strangers import leave_out_stranger
from nlq.plan.bind import bind
from nlq.plan.scope import Binding, Finding

MAX_CHANGES = 8


def mend_names(tree: exp.Expr, catalog: Catalog, question: str = "") -> tuple[str, ...]:
    """Changes made to `tree` (in place) so that its names bind, in words; empty if none were needed.

    Of several that could be made, the words of `question` choose. Stops at the first finding that
    cannot be mended, which the check then reports.
    """
    known = Known(catalog, question)
    changes: list[str] = []
    while len(changes) < MAX_CHANGES:
        binding: Binding = bind(tree, catalog)
        done = next((c for c in (_mend_one(f, tree, known) for f in binding.findings) if c), None)
        if done is None:
            break
        changes.append(done)
    return (*changes, *skip_missing_in_not_in(tree))


def _mend_one(finding: Finding, tree: exp.Expr, known: Known) -> str | None:
    node = finding.node
    match finding.error.code:
        case "plan.unknown_relation" if isinstance(node, exp.Table):
            return find_relation(node, tree, known)
        case "plan.unknown_relation" if isinstance(node, exp.Column):
            if meant := named_by(node, known.catalog):
                return join_qualifier(node, finding, meant, known)
            return rebind(node, finding, known) or join_owner(node, finding, known)
        case "plan.unknown_column" if isinstance(node, exp.Column):
            return (
                quote_text(node, known.catalog)
                or own_key(node, finding)
                or leave_out_stranger(node, finding, known)
                or join_through(node, finding, known)
                or rebind(node, finding, known)
                or take_from_named(node, finding, known)
                or rename_own(node, finding)
                or join_owner(node, finding, known)
                or rename_column(node, finding)
            )
        case "plan.ambiguous_column" if isinstance(node, exp.Column):
            return choose_owner(node, finding, known)
        case "plan.reserved_name" if isinstance(node, exp.TableAlias):
            return rename_cte(node, known.catalog)
        case _:
            return None
