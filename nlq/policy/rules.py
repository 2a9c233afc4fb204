"""The policy as data. `load.py` reads it from a file, `decide.py` applies it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from nlq.catalog import RelationName
from nlq.policy.mask import Mask
from nlq.policy.principal import Principal

Action = Literal["read", "create", "update", "delete"]
ACTIONS: tuple[Action, ...] = get_args(Action)
ClaimKind = Literal["text", "integer", "number", "boolean"]
CLAIM_KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)

SCOPES = 1000
"""Sets of roles of which the scope is remembered; roles come from tokens, which may hold any."""

_PLAIN = re.compile(r"[^\s,\"]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """Lets a principal of any of `roles` (everyone, if empty) act on the rows for which `sql` holds.

    `sql` is a predicate over the row and the principal (`:me.<claim>`); None means every row. `english` is
    what it was compiled from, if it was. INVARIANT: a rule that is not `reviewed` grants nothing.
    """

    roles: frozenset[str] = frozenset()
    sql: str | None = None
    english: str | None = None
    reviewed: bool = True


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What those who may read a relation may see of one of its columns, and do with it.

    `masked` has a `mask`; `aggregate` may be read only through sums and averages over at least `group`
    rows. Who has any of `exempt` sees it in full. A column that is not `filterable` may be shown, but
    not compared, sorted or grouped by; one that is not `writable` keeps the value that the schema gives it.
    """

    kind: Literal["visible", "hidden", "masked", "aggregate"] = "visible"
    mask: Mask | None = None
    group: int = 0
    exempt: frozenset[str] = frozenset()
    filterable: bool = True
    writable: bool = True
    sample: bool = False


@dataclass(frozen=True, slots=True)
class RelationRules:
    """Rules of one relation. No rule for an action: nobody does it. One that holds for a row is enough."""

    read: tuple[Rule, ...] = ()
    create: tuple[Rule, ...] = ()
    update: tuple[Rule, ...] = ()
    delete: tuple[Rule, ...] = ()
    columns: Mapping[str, ColumnRule] = field(default_factory=lambda: MappingProxyType({}))

    def rules(self, action: Action) -> tuple[Rule, ...]:
        """The rules for one action."""
        match action:
            case "read":
                return self.read
            case "create":
                return self.create
            case "update":
                return self.update
            case "delete":
                return self.delete


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules per relation, which roles include which, and principals for development.

    `claims` gives the types of claims that the policy declares; rows of `principals_are` are those who
    ask, which rules in English have to know. With `open_to_owner` the owner reads everything: at a
    terminal without a policy file, and where a policy is developed.
    """

    relations: Mapping[RelationName, RelationRules] = field(default_factory=lambda: MappingProxyType({}))
    includes: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    principals: Mapping[str, Principal] = field(default_factory=lambda: MappingProxyType({}))
    claims: Mapping[str, ClaimType] = field(default_factory=lambda: MappingProxyType({}))
    principals_are: RelationName | None = None
    open_to_owner: bool = False
    _scopes: dict[tuple[frozenset[str], bool], str] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

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
        key = (principal.roles, principal.is_owner)
        scope = self._scopes.get(key)
        if scope is None:
            if len(self._scopes) >= SCOPES:
                self._scopes.clear()
            scope = self._scopes[key] = self._name_scope(principal)
        return scope

    def _name_scope(self, principal: Principal) -> str:
        if principal.is_owner and self.open_to_owner:
            return "owner"
        return "roles:" + ",".join(
            # A role may be called `a,b`, which is not the roles `a` and `b`.
            role if _PLAIN.fullmatch(role) else json.dumps(role, ensure_ascii=False)
            for role in sorted(self.effective_roles(principal) & self.mentioned_roles())
        )

    def mentioned_roles(self) -> frozenset[str]:
        """The roles on which any rule depends."""
        return frozenset(
            role
            for rules in self.relations.values()
            for named in (
                *(rule.roles for action in ACTIONS for rule in rules.rules(action)),
                *(column.exempt for column in rules.columns.values()),
            )
            for role in named
        )

    def hashes(self) -> bool:
        """True where a column is hashed, for which a key is needed."""
        return any(
            column.mask is not None and column.mask.kind == "hash"
            for rules in self.relations.values()
            for column in rules.columns.values()
        )

    def unreviewed(self) -> tuple[tuple[RelationName, Action, Rule], ...]:
        """The rules in English that grant nothing, because nobody has approved of them."""
        return tuple(found for found in self.each_rule() if not found[2].reviewed)

    def each_rule(self) -> Iterator[tuple[RelationName, Action, Rule]]:
        """Every rule for rows, with its relation and action, in the order of the file."""
        for name, rules in self.relations.items():
            for action in ACTIONS:
                for rule in rules.rules(action):
                    yield name, action, rule


@dataclass(frozen=True, slots=True)
class ClaimType:
    """The type of a claim, or of each of its members where it is a list."""

    of: ClaimKind
    is_list: bool = False


OPEN = Policy(open_to_owner=True)
"""No policy file: the owner reads everything, everyone else nothing."""
