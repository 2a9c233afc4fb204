"""The one who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Scalar = str | int | float | bool | None
Claim = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `roles` decide which rules apply, `claims` are the values that rules compare with.

    `:me.id` in a rule is `id`; `:me.account_id` is `claims["account_id"]`.
    """

    id: Scalar = None
    roles: frozenset[str] = frozenset()
    claims: Mapping[str, Claim] = field(default_factory=lambda: MappingProxyType({}))
    is_owner: bool = False

    def claim(self, name: str) -> Claim:
        """The value of `:me.<name>`, or None where the principal has none: a rule then matches no row."""
        return self.id if name == "id" else self.claims.get(name)


OWNER = Principal(is_owner=True)
"""The local caller at a terminal without a policy: may read everything."""

ANONYMOUS = Principal()
"""A caller who proved nothing; has no role and no claim."""
