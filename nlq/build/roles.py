"""Whom a query is for: the roles of the policy, each as a principal that has it and nothing more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlq.build.place import BuildError
from nlq.build.source import Query
from nlq.errors import did_you_mean
from nlq.policy import ANONYMOUS, OWNER, Policy, Principal

OWNERS = "owner"
"""The one role where there is no policy."""
NO_ROLE = "(no role)"
"""A caller whose roles no rule mentions."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A role and one who has it."""

    role: str
    principal: Principal


def every_audience(policy: Policy) -> tuple[Audience, ...]:
    """Each role that makes a difference, sorted; callers without any first."""
    if policy.open_to_owner:
        return (Audience(OWNERS, OWNER),)
    names = known_roles(policy)
    return (Audience(NO_ROLE, ANONYMOUS), *(_having(name) for name in names))


def known_roles(policy: Policy) -> tuple[str, ...]:
    """The roles that rules mention, that include others, or that a principal for development has."""
    return tuple(
        sorted(
            policy.mentioned_roles()
            | policy.includes.keys()
            | {role for includes in policy.includes.values() for role in includes}
            | {role for p in policy.principals.values() for role in p.roles}
        )
    )


def audiences(query: Query, everyone: Sequence[Audience]) -> tuple[Audience, ...]:
    """Those of `everyone` that the query is for: the roles that it names, else all.

    Raises `build.unknown_role` for one that the policy does not have.
    """
    by_name = {a.role: a for a in everyone}
    if not query.roles or everyone[0].principal.is_owner:
        return tuple(everyone)
    for role in query.roles:
        if role not in by_name:
            raise BuildError(
                "build.unknown_role",
                f"the policy knows no role `{role}`",
                did_you_mean(role, by_name) or "name one of the policy, or correct the policy",
                query.place,
            )
    return tuple(by_name[name] for name in query.roles)


def names(audience: Iterable[Audience]) -> tuple[str, ...]:
    """The names of the roles."""
    return tuple(a.role for a in audience)


def _having(role: str) -> Audience:
    return Audience(role, Principal(roles=frozenset({role})))
