"""Approvals: what a preview showed may be made once, soon, by whom it was shown to, and as it was shown.

They are kept beside the journal, so that any process knows those of every other, and one is used up in the
transaction of the change that it approves.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from nlq.catalog.fingerprint import digest
from nlq.engine.writing import Changed, Terms, Writing
from nlq.errors import ChangeError
from nlq.own_tables import SCHEMA

LIFETIME = timedelta(minutes=15)

_KEEP = f"INSERT INTO {SCHEMA}.approvals (token, who, shown, made_at) VALUES ($1, $2, $3, $4)"  # noqa: S608
_TAKE = f"DELETE FROM {SCHEMA}.approvals WHERE token = $1 AND who = $2 AND made_at >= $3 RETURNING shown"  # noqa: S608


def keep_approval(writing: Writing, shown: Changed, terms: Terms) -> None:
    """Note what a preview showed, under what the caller holds."""
    approval = terms.approval
    assert approval is not None
    of = {
        "asked": approval.asked,
        "plan": approval.plan_id,
        "now": terms.now.isoformat(),
        "digest": shown.digest,
    }
    writing.put(_KEEP, [digest(approval.token), terms.who, json.dumps(of), terms.now])


def take_approval(writing: Writing, terms: Terms) -> Terms:
    """The terms by which what was shown comes out again, or nothing. Nobody can take it again.

    Raises `change.moved_on` where it is unknown, too old, or of something else.
    """
    approval = terms.approval
    assert approval is not None
    found = writing.fetch(_TAKE, [digest(approval.token), terms.who, terms.now - LIFETIME])
    shown = json.loads(found[0][0] or "{}") if found else {}
    if shown.get("asked") != approval.asked:
        raise ChangeError(
            "change.moved_on",
            "this approval is not known, or not any more, or of something else",
            "ask for a preview again, and send the same with its approval",
        )
    if shown["plan"] != approval.plan_id:
        raise ChangeError("change.moved_on", "the plan is another than that of the preview", "look again")
    return replace(terms, expected=shown["digest"], as_of=datetime.fromisoformat(shown["now"]))
