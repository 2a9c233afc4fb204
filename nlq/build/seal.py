"""Seals: what was looked at when a plan was verified, as one hash. While it stays, nothing has to be again.

A seal covers the bytes of the plan's file; the columns that the plan reads, and those of the same relations
whose names stand in its SQL (a new one could make a name ambiguous), as the role sees them; the rules of
these relations, and of those that a mutation changes all that is known; and the version that verified. It
spares parsing SQL in a build, a check and at the start of a frozen server. It proves nothing of who wrote a
plan: whoever runs it checks it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from nlq.build.roles import Audience
from nlq.catalog import Catalog, RelationName
from nlq.catalog.fingerprint import digest, fingerprint_column
from nlq.policy import ACTIONS, Policy, column_rule, decide, decide_read, visible
from nlq.release import VERSION

_Columns = Mapping[str, str]
_STAR = re.compile(r"(?:SELECT|DISTINCT|,)\s+\*|\.\*")
"""All columns of a relation, as checked SQL writes it; `COUNT(*)` reads none of them."""


class View:
    """The catalog as one role sees it, in hashes that are made when they are first asked for."""

    def __init__(self, catalog: Catalog, policy: Policy, audience: Audience) -> None:
        self.scope = policy.scope(audience.principal)
        self._catalog = catalog
        self._policy = policy
        self.principal = audience.principal
        self.seen = visible(policy, audience.principal, catalog)
        self._relations: dict[RelationName, tuple[str, _Columns]] = {}

    def seal(self, content: bytes, plan: Mapping[str, Any]) -> str:
        """The seal of a plan, its file and its JSON object, for this role now: 16 hex digits.

        Raises KeyError, TypeError or AttributeError where the object is not that of a plan.
        """
        sql = "\n".join(plan["sql"])
        reads: list[object] = []
        for schema, relations in plan["depends"].items():
            for name, columns in relations.items():
                if plan["kind"] == "mutation":
                    reads.append([schema, name, self._whole(RelationName(schema, name))])
                    continue
                rules, have = self._relation(RelationName(schema, name))
                whole = _STAR.search(sql) is not None
                matter = {c: f for c, f in have.items() if c in columns or whole or f'"{c}"' in sql}
                reads.append([schema, name, rules, matter])
        return digest(
            [VERSION, self._catalog.dialect, self.scope, hashlib.sha256(content).hexdigest(), reads]
        )[:16]

    def _whole(self, name: RelationName) -> str:
        """Of a relation that is changed, everything matters: a new column may have to be filled in."""
        seen, relation = self.seen.relation(name), self._catalog.relation(name)
        if seen is None or relation is None:
            return ""
        rules = [decide(self._policy, self.principal, name, action).predicates for action in ACTIONS]
        columns = [column_rule(self._policy, self.principal, relation, c) for c in relation.columns]
        marks = [[r.kind, repr(r.mask), r.group, r.filterable, r.writable] for r in columns]
        return digest([rules, marks, repr(seen), repr(relation)])[:16]

    def _relation(self, name: RelationName) -> tuple[str, _Columns]:
        if (known := self._relations.get(name)) is None:
            known = self._relations[name] = self._look(name)
        return known

    def _look(self, name: RelationName) -> tuple[str, _Columns]:
        relation, whole = self.seen.relation(name), self._catalog.relation(name)
        if relation is None or whole is None:
            return "", {}
        rule = {c.name: column_rule(self._policy, self.principal, whole, c) for c in relation.columns}
        predicates = decide_read(self._policy, self.principal, name).predicates
        columns = {
            c.name: digest([fingerprint_column(c), r.kind, repr(r.mask), r.group, r.filterable])[:16]
            for c in relation.columns
            for r in (rule[c.name],)
        }
        return digest(predicates), columns
