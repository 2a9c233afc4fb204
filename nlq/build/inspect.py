"""What has to be done for a query, told from files, catalog and policy alone: no SQL is parsed here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nlq.build.lock import Locked
from nlq.build.place import BuildError
from nlq.build.roles import Audience, audiences, every_audience, names
from nlq.build.seal import View
from nlq.build.source import Query
from nlq.catalog import Catalog, RelationName
from nlq.catalog.fingerprint import fingerprint_column
from nlq.errors import StoreError
from nlq.plan import Plan
from nlq.policy import Policy
from nlq.settings import Settings

Need = Literal["nothing", "verify", "compile"]


@dataclass(frozen=True, slots=True)
class Inspected:
    """A query with what it needs, and why: `verify` without the model, `compile` with it."""

    query: Query
    locked: Locked | None
    audiences: tuple[Audience, ...]
    need: Need
    why: tuple[str, ...] = ()


class Inspector:
    """Inspects queries against one catalog and policy, as they are at this moment."""

    def __init__(self, catalog: Catalog, policy: Policy, plans: Path) -> None:
        """`plans` is the directory of the plan files."""
        self.catalog = catalog
        self.policy = policy
        self._plans = plans
        self._everyone = every_audience(policy)
        self.views = {a.role: View(catalog, policy, a) for a in self._everyone}

    def view(self, role: str) -> View:
        """What the role sees."""
        return self.views[role]

    def inspect(self, query: Query, locked: Locked | None) -> Inspected:
        """What the query needs.

        Raises `build.unknown_role`.
        """
        whom = audiences(query, self._everyone)
        if locked is None:
            return Inspected(query, None, whom, "compile", ("it is not built yet",))
        if why := self._asks_otherwise(query, locked):
            return Inspected(query, locked, whom, "compile", why)
        why = (*_declares_otherwise(query, locked, whom), *self._unsealed(locked))
        return Inspected(query, locked, whom, "verify" if why else "nothing", why)

    def _asks_otherwise(self, query: Query, locked: Locked) -> tuple[str, ...]:
        if locked.dialect != self.catalog.dialect:
            return (f"it was built for {locked.dialect}, and the database is {self.catalog.dialect}",)
        if locked.asks_the_same(query):
            return ()
        if locked.kind != query.kind:
            return (f"it was a {locked.kind}, and is a {query.kind}",)
        return ("its question changed" if locked.question != query.question else "its parameters changed",)

    def _unsealed(self, locked: Locked) -> tuple[str, ...]:
        """Why plans have to be verified again; what is said of one role is not said of the next."""
        why: dict[str, None] = {}
        for access in locked.access:
            if access.role not in self.views:
                continue  # told already: the roles changed
            file = access.plan or locked.plan
            try:
                content = (self._plans / file).read_bytes()
                plan = json.loads(content)
                if self.views[access.role].seal(content, plan) != access.seal:
                    what = self._what_changed(plan, access.role) if access.plan else ()
                    why.update(dict.fromkeys(what or self._what_else(plan)))
            except FileNotFoundError:
                why[f"its plan `{file}` is missing"] = None
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                why[f"its plan `{file}` cannot be read"] = None
        return tuple(why)

    def _what_changed(self, plan: Mapping[str, Any], role: str) -> list[str]:
        seen = self.views[role].seen
        found = []
        for schema, relations in plan["depends"].items():
            for name, columns in relations.items():
                relation = seen.relation(RelationName(schema, name))
                if relation is None:
                    found.append(f"`{name}` is gone, or `{role}` may not see it")
                    continue
                have = {c.name: fingerprint_column(c) for c in relation.columns}
                for column, fingerprint in columns.items():
                    if column not in have:
                        found.append(f"`{name}.{column}` is gone, or `{role}` may not see it")
                    elif have[column] != fingerprint:
                        found.append(f"`{name}.{column}` is of another type")
        return found

    def _what_else(self, plan: Mapping[str, Any]) -> tuple[str, ...]:
        try:
            Plan.from_json(plan)
        except StoreError:
            return ("its plan was edited",)
        return ("rules of what it reads, or the version of nlq, changed",)


def _declares_otherwise(query: Query, locked: Locked, whom: Iterable[Audience]) -> tuple[str, ...]:
    if not locked.declares_the_same(query):
        pairs = (
            ("cardinality", locked.cardinality, query.cardinality),
            ("roles", locked.roles, query.roles),
            ("notes", locked.notes, query.notes),
            ("nesting", locked.nested, query.nested),
            ("file", locked.source, query.place.file),
            ("defaults", locked.parameters, query.parameters),
        )
        return tuple(f"its {what} changed" for what, before, now in pairs if before != now)
    if tuple(a.role for a in locked.access) != tuple(sorted(names(whom))):
        return ("the roles of the policy changed",)
    return ()


def require_supported(query: Query, settings: Settings) -> None:
    """Refuse what cannot be built.

    Raises `build.unsupported`.
    """
    if query.kind != "mutation":
        return
    if not settings.mutations:
        raise BuildError(
            "build.unsupported",
            f"`{query.name}` changes rows, and mutations are not switched on",
            "set `mutations = true`, or make it `:many` if it only reads",
            query.place,
        )
    if optional := [p.name for p in query.parameters if p.optional]:
        raise BuildError(
            "build.unsupported",
            f"`{optional[0]}` of `{query.name}` is optional, and a mutation takes all its parameters",
            "leave out the `?`",
            query.place,
        )
