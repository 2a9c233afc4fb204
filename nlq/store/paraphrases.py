"""Plans by the canonical form of their questions, so that other words for a known question find its plan.

An index is kept for each scope and vocabulary, and brought up to date where a plan was stored or removed:
finding is a look into a dictionary. What it holds is as untrusted as the plan files are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock

from nlq.catalog import Dialect
from nlq.compiler.intake import Request
from nlq.compiler.neutral import Vocabulary
from nlq.compiler.paraphrase import fill, plan_keys, question_keys
from nlq.plan import Plan
from nlq.store.plans import PlanStore

INDEXES = 64
"""Indexes kept in memory, of as many scopes; all are forgotten when there are more."""


@dataclass(slots=True)
class _Index:
    """Ids of plans and the parameters that are filled, by key. `ids` are those that were looked at."""

    ids: frozenset[str] = frozenset()
    by_key: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)


class Paraphrases:
    """Finds stored plans by other words for their questions. Safe for many threads."""

    def __init__(self, plans: PlanStore) -> None:
        self._plans = plans
        self._indexes: dict[tuple[Dialect, str, Vocabulary], _Index] = {}
        self._lock = Lock()

    def find(
        self, request: Request, dialect: Dialect, scope: str, vocabulary: Vocabulary
    ) -> Iterator[tuple[Plan, Request]]:
        """Plans whose question means the same, each with the request in that plan's words."""
        by_key = self._current(dialect, scope, vocabulary).by_key
        for key, slots in question_keys(request.question, vocabulary):
            for id, names in by_key.get(key, {}).items():
                plan = self._plans.get(id)
                if isinstance(plan, Plan) and {p.name for p in plan.parameters} == {*names, *request.names}:
                    yield plan, fill(request, plan, names, slots)

    def _current(self, dialect: Dialect, scope: str, vocabulary: Vocabulary) -> _Index:
        ids = self._plans.ids()
        with self._lock:
            if len(self._indexes) >= INDEXES and (dialect, scope, vocabulary) not in self._indexes:
                self._indexes.clear()
            index = self._indexes.setdefault((dialect, scope, vocabulary), _Index())
            if index.ids != ids:
                index = self._indexes[dialect, scope, vocabulary] = self._updated(
                    index, ids, dialect, scope, vocabulary
                )
        return index

    def _updated(
        self, old: _Index, ids: frozenset[str], dialect: Dialect, scope: str, vocabulary: Vocabulary
    ) -> _Index:
        """A new index, for others may be looking into the old one."""
        by_key = {
            key: kept
            for key, found in old.by_key.items()
            if (kept := {id: names for id, names in found.items() if id in ids})
        }
        for id in sorted(ids - old.ids):
            plan = self._plans.get(id)
            # INVARIANT: what answers a question reads, whatever words an instruction was given in.
            if isinstance(plan, Plan) and (plan.kind, plan.dialect, plan.scope) == (
                "query",
                dialect,
                scope,
            ):
                for key, names in plan_keys(plan, vocabulary):
                    by_key.setdefault(key, {})[id] = names
        return _Index(ids, by_key)
