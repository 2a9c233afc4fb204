"""The catalog and policy of one moment, and what was derived from both."""

from __future__ import annotations

from dataclasses import dataclass, field

from nlq.catalog import Catalog
from nlq.compiler.neutral import Vocabulary
from nlq.compiler.schema_text import Samples
from nlq.defence import Identity, fingerprint, identify, require_enforceable
from nlq.errors import SettingsError
from nlq.guard import Statement, guard
from nlq.guard.predicate import require_applicable
from nlq.plan import Plan
from nlq.plan.nested import Path
from nlq.policy import Policy, Principal, visible
from nlq.settings import Settings

SCOPES = 1000
"""Parts of the catalog kept in memory, one for each scope."""
STATEMENTS = 10_000
"""Statements kept in memory; all are forgotten when there are more."""

HASH_KEY_LENGTH = 16
"""Who can guess the key can guess hashed values."""


@dataclass(frozen=True, slots=True)
class Known:
    """The catalog and policy of one moment, and what was derived from both.

    `fingerprint` names the rules that the database must enforce as `role`, where it must.

    INVARIANT: replaced as a whole, so that nothing made under an old policy outlives it.
    """

    catalog: Catalog
    policy: Policy
    role: str = ""
    fingerprint: str = ""
    statements: dict[tuple[str, str], Statement] = field(default_factory=dict)
    identities: dict[int, tuple[Principal, Identity]] = field(default_factory=dict)
    adopted: dict[tuple[str, str], Plan] = field(default_factory=dict)
    samples: dict[str, Samples] = field(default_factory=dict)
    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    seen: dict[str, Catalog] = field(default_factory=dict)

    def visible(self, principal: Principal) -> Catalog:
        """What the principal may know of the catalog, which its scope decides: kept per scope."""
        scope = self.policy.scope(principal)
        if (seen := self.seen.get(scope)) is None:
            if len(self.seen) >= SCOPES:
                self.seen.clear()
            seen = self.seen[scope] = visible(self.policy, principal, self.catalog)
        return seen

    def vocabulary(self, principal: Principal) -> Vocabulary:
        """The words that mean something in what the principal may know, kept per scope."""
        scope = self.policy.scope(principal)
        if (found := self.vocabularies.get(scope)) is None:
            found = self.vocabularies[scope] = Vocabulary.of(self.visible(principal))
        return found

    def guard(self, plan: Plan, principal: Principal, paths: tuple[Path, ...] = ()) -> Statement:
        """The plan as this principal may run it. Raises `store.*`, `plan.*` and `policy.*`."""
        seen = self.visible(principal)
        return guard(plan, self.policy, principal, self.catalog, seen, db_role=self.role, paths=paths)

    def statement(self, plan: Plan, principal: Principal, paths: tuple[Path, ...] = ()) -> Statement:
        """The same, kept per plan, scope and paths."""
        key = (f"{plan.id}{paths or ''}", self.policy.scope(principal))
        if (statement := self.statements.get(key)) is None:
            statement = self.guard(plan, principal, paths)
            if len(self.statements) >= STATEMENTS:
                self.statements.clear()
            self.statements[key] = statement
        return statement

    def identity(self, principal: Principal) -> Identity | None:
        """Who asks, for a database that enforces the policy itself."""
        if not self.fingerprint:
            return None
        # By its place in memory: who is recalled by their credentials is the same object each time.
        found = self.identities.get(id(principal))
        if found is None or found[0] is not principal:
            if len(self.identities) >= SCOPES:
                self.identities.clear()
            identity = identify(self.policy, principal, self.fingerprint)
            found = self.identities[id(principal)] = (principal, identity)
        return found[1]


def know(catalog: Catalog, policy: Policy, settings: Settings) -> Known:
    """Both as they may be used.

    Raises `policy.*` where a rule cannot be applied to the catalog, `settings.invalid` where the settings
    do not go with the policy.
    """
    require_applicable(policy, catalog)
    if policy.hashes() and len(settings.hash_key) < HASH_KEY_LENGTH:
        raise SettingsError(
            "settings.invalid",
            f"the policy hashes a column, and `hash_key` is not of {HASH_KEY_LENGTH} characters",
            "set `NLQ_HASH_KEY` to a long random text, and keep it",
        )
    return Known(catalog, policy, settings.db_role, _require_defence(catalog, policy, settings))


def _require_defence(catalog: Catalog, policy: Policy, settings: Settings) -> str:
    """The name of the rules that the database must enforce, if it must."""
    if not settings.db_role:
        return ""
    if policy.open_to_owner or catalog.dialect != "postgres":
        raise SettingsError(
            "settings.invalid",
            "`db_role` is for a policy that Postgres enforces",
            "name a policy and a Postgres database, or leave `db_role` empty",
        )
    require_enforceable(policy)
    return fingerprint(policy, writes=settings.mutations)
