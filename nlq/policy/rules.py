"""The policy as data. `load.py` reads it from a file, `decide.py` applies it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from nlq.catalog import RelationName
from nlq.policy.principal import Principal


@dataclass(frozen=True, slots=True)
class ReadRule:
    """Lets a principal of any of `roles` (everyone, if empty) read the rows for which `sql` holds.

    `sql` is a predicate over the row and the principal (`:me.<claim>`); None means every row.
    """

    roles: frozenset[str] = frozenset()
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What may be seen of a column by those who may read its relation."""

    kind: Literal["visible", "hidden"] = "visible"
    sample: bool = False


@dataclass(frozen=True, slots=True)
class RelationRules:
    """Rules of one relation. No read rule: nobody reads it. A row is readable if any rule lets it be."""

    read: tuple[ReadRule, ...] = ()
    columns: Mapping[str, ColumnRule] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules per relation, which roles include which, and principals for development.

    `open_to_owner` is the policy of a terminal without a policy file: the owner reads everything.
    """

    relations: Mapping[RelationName, RelationRules] = field(default_factory=lambda: MappingProxyType({}))
    includes: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    principals: Mapping[str, Principal] = field(default_factory=lambda: MappingProxyType({}))
    open_to_owner: bool = False

    def effective_roles(self, principal: Principal) -> frozenset[str]:
        """The principal's roles and all that they include, however deep."""
        found: set[str] = set()
        todo = list(principal.roles)
        while todo:
            role = todo.pop()
            if role not in found:
                found.add(role)
                todo.extend(self.includes.get(role, ()))
        return frozenset(found)

    def scope(self, principal: Principal) -> str:
        """The name of all that decides what a principal may see, apart from claims.

        Plans never cross scopes: two principals share a plan only if their scopes are equal. Roles
        that no rule mentions are left out, so that they do not split the cache.
        """
        if principal.is_owner and self.open_to_owner:
            return "owner"
        mentioned = {r for rules in self.relations.values() for rule in rules.read for r in rule.roles}
        return "roles:" + ",".join(sorted(self.effective_roles(principal) & mentioned))


OPEN = Policy(open_to_owner=True)
"""No policy file: the owner reads everything, everyone else nothing."""
