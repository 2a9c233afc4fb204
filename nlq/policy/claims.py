"""What a principal claims, as the policy declares it."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

from nlq.errors import PolicyError
from nlq.policy.principal import Claim, Principal
from nlq.policy.rules import ClaimKind, ClaimType, Policy

LARGEST = 2**63 - 1
"""The largest integer that every engine takes."""


def require_claims(principal: Principal, policy: Policy) -> Principal:
    """The principal itself, where each claim that the policy declares has the type that it declares.

    Nothing is converted: text that looks like a number is text. A claim that the principal does not
    have, or that is null, has every type: rules that compare with it match no row.

    Raises `policy.bad_claim`.
    """
    for name, declared in policy.claims.items():
        value = principal.claim(name)
        if value is not None and not _has_type(value, declared):
            wanted = f"a list of {declared.of}" if declared.is_list else declared.of
            raise PolicyError(
                "policy.bad_claim",
                f"the claim `{name}` is not {wanted}",
                "the policy's `[claims]` declares it",
            )
    return principal


def keep_declared(principal: Principal, policy: Policy) -> Principal:
    """The principal with those claims alone that the policy declares.

    What an issuer puts into tokens beside them is of no meaning here, and may be anything.
    """
    kept = {name: value for name, value in principal.claims.items() if name in policy.claims}
    return replace(principal, claims=MappingProxyType(kept))


def _has_type(value: Claim, declared: ClaimType) -> bool:
    if declared.is_list:
        return isinstance(value, tuple) and all(_is_of(member, declared.of) for member in value)
    return _is_of(value, declared.of)


def _is_of(value: Claim, kind: ClaimKind) -> bool:
    match value:
        case bool():
            return kind == "boolean"
        case str():
            return kind == "text" and is_text(value)
        case int():
            return kind in ("integer", "number") and -LARGEST <= value <= LARGEST
        case float():
            return kind == "number" and math.isfinite(value)
        case _:
            return False


def is_text(value: str) -> bool:
    r"""Whether every engine takes the value: it is Unicode without NUL.

    >>> is_text("né"), is_text("a\0"), is_text("\ud800")
    (True, False, False)
    """
    return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
